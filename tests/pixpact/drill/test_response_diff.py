"""What differs between two responses, as a client sees it."""

from __future__ import annotations

import base64
import io
import json

import pytest
from PIL import Image

from pixpact.drill.twins.response_diff import MOST, SentResponse, response_differences

JSON = (("Content-Type", "application/json"),)


def image(kind, size):
    buffer = io.BytesIO()
    Image.effect_noise(size, 50).save(buffer, kind)
    return buffer.getvalue()


def response(value, status=200, headers=JSON):
    return SentResponse(status, headers, value if isinstance(value, bytes) else json.dumps(value).encode())


def found(was, now, request=()):
    return [
        (difference.place, difference.was, difference.now) for difference in response_differences(request, was, now)
    ]


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", "1", "2")]),
        ({"a": 1}, {"a": 1.0}, [("a", "1", "1.0")]),
        ({"a": 1}, {"a": True}, [("a", "1", "true")]),
        ({"a": None}, {}, [("a", "null", "absent")]),
        ({}, {"a": {"b": 1}}, [("a", "absent", '{"b": 1}')]),
        ({"a": [{"b": "x"}, {"b": "x"}]}, {"a": [{"b": "y"}, {"b": "z"}]}, [("a[].b", '"x"', '"z"')]),
        ({"a": [1]}, {"a": [1, 2]}, [("a", "1 item", "2 items")]),
        ([1], {"a": 1}, [("body", "[1]", '{"a": 1}')]),
        ({"a": "x" * 50 + "1"}, {"a": "x" * 50 + "2"}, [("a", f'"…{"x" * 20}1"', f'"…{"x" * 20}2"')]),
    ],
)
def test_values(was, now, expected):
    """Fields by name, items together, and of long texts the part that differs."""
    assert expected == found(response(was), response(now))


def test_status_and_headers():
    """The status comes first; headers that say nothing of the contract are left out."""
    was = SentResponse(200, (("Content-Type", "text/plain"), ("Date", "1"), ("X-Trace", "a")), b"x")
    now = SentResponse(202, (("content-type", "text/plain"), ("Date", "2"), ("Retry-After", "3")), b"x")

    expected = [("status", "200", "202"), ("header retry-after", "absent", "3"), ("header x-trace", "a", "absent")]
    assert expected == found(was, now)


def test_images_are_compared_by_their_facts():
    """Other bytes are no difference, another size or format is."""
    headers = (("Content-Type", "image/png"),)
    small, again, large = (image("png", size) for size in ((20, 10), (20, 10), (20, 30)))

    assert [] == found(response(small, headers=headers), response(again, headers=headers))
    assert [("picture.height", "10", "30")] == found(response(small, headers=headers), response(large, headers=headers))


def test_images_in_json_too():
    """An image in base64 is named by its facts."""
    png, other, jpeg = (base64.b64encode(image(kind, (40, 40))).decode() for kind in ("png", "png", "jpeg"))

    assert [] == found(response({"b64": png}), response({"b64": other}))
    assert [("b64", '"[40x40 png]"', '"[40x40 jpeg]"')] == found(response({"b64": png}), response({"b64": jpeg}))


def test_the_ending_of_a_images_address_is_the_mocks_own():
    """What an image is, only shows who fetches it."""
    url = "http://127.0.0.1:1/_files/toy/0123456789abcdef01234567-0"

    assert [] == found(response({"url": f"{url}.png"}), response({"url": f"{url}.jpg"}))
    assert ["url"] == [
        place for place, _, _ in found(response({"url": f"{url}.png"}), response({"url": f"{url[:-1]}1.png"}))
    ]


def test_streams_are_compared_by_event():
    """The name and the data of each."""
    kind = (("Content-Type", "text/event-stream"),)
    was = b'event: one\ndata: {"n": 1}\n\ndata: [DONE]\n\n'

    assert [] == found(response(was, headers=kind), response(was.replace(b"\n", b"\r\n"), headers=kind))
    assert [("events[].data.n", "1", "2")] == found(
        response(was, headers=kind), response(was.replace(b"1", b"2"), headers=kind)
    )


def test_no_secret_is_reported():
    """What was sent as a key, and what stands under a secret name, is blacked out."""
    request = (("Authorization", "Bearer sk-live-9f8e7d6c"),)
    was, now = response({"error": "x"}), response({"error": "no such key: sk-live-9f8e7d6c"})
    reported = found(was, now, request)

    assert ["error"] == [place for place, _, _ in reported]
    assert "9f8e7d6c" not in str(reported)
    assert [("body", "[redacted]", "[redacted]")] == found(
        response({"api_key": "abcdefgh"}), response({"api_key": "ijklmnop"})
    )


def test_few_are_reported_of_one_response():
    """A response that changed altogether does not fill a page."""
    reported = found(response({str(n): 1 for n in range(20)}), response({str(n): 2 for n in range(20)}))

    assert MOST == len(reported)
