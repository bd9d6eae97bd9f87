"""What differs between two answers, as a client sees it."""

from __future__ import annotations

import base64
import io
import json

import pytest
from PIL import Image

from pixpact.drill.response_diff import MOST, Answer, differences

JSON = (("Content-Type", "application/json"),)


def picture(kind, size):
    buffer = io.BytesIO()
    Image.effect_noise(size, 50).save(buffer, kind)
    return buffer.getvalue()


def answer(value, status=200, headers=JSON):
    return Answer(status, headers, value if isinstance(value, bytes) else json.dumps(value).encode())


def found(was, now, request=()):
    return [(it.place, it.was, it.now) for it in differences(request, was, now)]


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
        ({"a": [1]}, {"a": [1, 2]}, [("a", "1 items", "2 items")]),
        ([1], {"a": 1}, [("body", "[1]", '{"a": 1}')]),
        ({"a": "x" * 50 + "1"}, {"a": "x" * 50 + "2"}, [("a", f'"…{"x" * 20}1"', f'"…{"x" * 20}2"')]),
    ],
)
def test_values(was, now, expected):
    """Members by name, items together, and of long texts the part that differs."""
    assert expected == found(answer(was), answer(now))


def test_status_and_headers():
    """The status comes first; headers that say nothing of the contract are left out."""
    was = Answer(200, (("Content-Type", "text/plain"), ("Date", "1"), ("X-Trace", "a")), b"x")
    now = Answer(202, (("content-type", "text/plain"), ("Date", "2"), ("Retry-After", "3")), b"x")

    expected = [("status", "200", "202"), ("header retry-after", "absent", "3"), ("header x-trace", "a", "absent")]
    assert expected == found(was, now)


def test_pictures_are_compared_by_their_facts():
    """Other bytes are no difference, another size or format is."""
    headers = (("Content-Type", "image/png"),)
    small, again, large = (picture("png", size) for size in ((20, 10), (20, 10), (20, 30)))

    assert [] == found(answer(small, headers=headers), answer(again, headers=headers))
    assert [("picture.height", "10", "30")] == found(answer(small, headers=headers), answer(large, headers=headers))


def test_pictures_in_json_too():
    """A picture in base64 is named by its facts."""
    png, other, jpeg = (base64.b64encode(picture(kind, (40, 40))).decode() for kind in ("png", "png", "jpeg"))

    assert [] == found(answer({"b64": png}), answer({"b64": other}))
    assert [("b64", '"[40x40 png]"', '"[40x40 jpeg]"')] == found(answer({"b64": png}), answer({"b64": jpeg}))


def test_the_ending_of_a_pictures_address_is_the_mocks_own():
    """What a picture is, only shows who fetches it."""
    url = "http://127.0.0.1:1/_files/toy/0123456789abcdef01234567-0"

    assert [] == found(answer({"url": f"{url}.png"}), answer({"url": f"{url}.jpg"}))
    assert ["url"] == [
        place for place, _, _ in found(answer({"url": f"{url}.png"}), answer({"url": f"{url[:-1]}1.png"}))
    ]


def test_streams_are_compared_by_event():
    """The name and the data of each."""
    kind = (("Content-Type", "text/event-stream"),)
    was = b'event: one\ndata: {"n": 1}\n\ndata: [DONE]\n\n'

    assert [] == found(answer(was, headers=kind), answer(was.replace(b"\n", b"\r\n"), headers=kind))
    assert [("events[].data.n", "1", "2")] == found(
        answer(was, headers=kind), answer(was.replace(b"1", b"2"), headers=kind)
    )


def test_no_secret_is_told():
    """What was sent as a key, and what stands under a secret name, is blacked out."""
    request = (("Authorization", "Bearer sk-live-9f8e7d6c"),)
    was, now = answer({"error": "x"}), answer({"error": "no such key: sk-live-9f8e7d6c"})
    told = found(was, now, request)

    assert ["error"] == [place for place, _, _ in told]
    assert "9f8e7d6c" not in str(told)
    assert [("body", "[redacted]", "[redacted]")] == found(
        answer({"api_key": "abcdefgh"}), answer({"api_key": "ijklmnop"})
    )


def test_few_are_told_of_one_answer():
    """An answer that changed altogether does not fill a page."""
    told = found(answer({str(n): 1 for n in range(20)}), answer({str(n): 2 for n in range(20)}))

    assert MOST == len(told)
