"""Facts of images in exchanges."""

from __future__ import annotations

import base64
import json
import random
from io import BytesIO

import pytest
from PIL import Image

from pixpact.contracts.traffic.images import facts_of, image_in, image_of
from pixpact.contracts.traffic.recording import recorded_exchange
from pixpact.wire.exchange import Exchange
from pixpact.wire.images import read_image_facts

URL = "https://cdn.example/a.png"


def noise(size=(24, 24), mode="RGB", kind="PNG"):
    """An image that does not compress: its base64 is long enough to be shortened."""
    chance = random.Random(5)
    data = bytes(chance.randrange(256) for _ in range(size[0] * size[1] * len(mode)))
    stream = BytesIO()
    Image.frombytes(mode, size, data).save(stream, kind)
    return stream.getvalue()


def download(body, status=200, **more):
    return Exchange(0.0, "GET", URL, status=status, response_body=body, **more)


def response(value):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Exchange(0.0, "POST", URL, status=200, response_headers=JSON, response_body=body)


JSON = (("content-type", "application/json"),)
IMAGES = {
    "png": noise(),
    "alpha": noise(mode="RGBA"),
    "jpeg": noise(kind="JPEG"),
    "webp": noise(kind="WEBP"),
    "cut": noise()[:-30],
    "cut jpeg": noise(kind="JPEG")[:-200],
}


@pytest.mark.parametrize("name", IMAGES)
def test_a_download_is_judged_alike_live_and_recorded(name):
    """Facts and hash are those of the bytes, whether these are there or not."""
    live = download(IMAGES[name])
    kept = recorded_exchange(live)

    assert read_image_facts(IMAGES[name]) == facts_of(live) == facts_of(kept)
    assert image_of(live) == image_of(kept)
    assert IMAGES[name] not in kept.response_body
    assert len(kept.response_body) < 80


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_base64_in_a_response_is_judged_alike_live_and_recorded(name, prefix):
    """Also that a data URI stands where plain base64 was promised can still be seen."""
    live = response({"data": [{"b64_json": prefix + base64.b64encode(IMAGES[name]).decode()}]})
    kept = recorded_exchange(live)
    texts = [json.loads(it.response_body)["data"][0]["b64_json"] for it in (live, kept)]

    assert [True, True] == [text.startswith(prefix) for text in texts]
    assert len(texts[1]) < 80
    assert read_image_facts(IMAGES[name]) == facts_of(live, texts[0]) == facts_of(kept, texts[1])
    assert image_in(live, texts[0]) == image_in(kept, texts[1])


def test_images_in_a_stream_are_found():
    """Each event's data is looked into."""
    encoded = base64.b64encode(IMAGES["png"]).decode()
    body = f'event: image\ndata: {{"b64_json": "{encoded}"}}\n\ndata: [DONE]\n\n'.encode()
    kept = recorded_exchange(
        Exchange(0.0, "POST", URL, response_headers=(("content-type", "text/event-stream"),), response_body=body)
    )
    text = kept.response_body.decode().partition('"b64_json": "')[2].partition('"')[0]

    assert "sha256" in text
    assert read_image_facts(IMAGES["png"]) == facts_of(kept, text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("not base64 at all", "is not base64"),
        ("", "is not base64"),
        ("QUJD", "not an image"),
        ("QUJ", "is not base64"),
        ("https://cdn.example/a.png", "is not base64"),
        (base64.urlsafe_b64encode(noise()).decode().rstrip("="), "is not base64"),
        (base64.b64encode(bytes(900) + b"x").decode(), "not an image"),
    ],
)
def test_a_text_that_is_no_image_says_why(text, problem):
    """The same live and recorded."""
    live = response({"b64_json": text})
    kept = recorded_exchange(live)
    found = [image_in(it, json.loads(it.response_body)["b64_json"]) for it in (live, kept)]

    assert [None, None] == [it.facts for it in found]
    assert problem in found[0].problem
    assert found[0] == found[1]


@pytest.mark.parametrize("body", [b"<html>not found</html>", b"\x89PNG but no more", b"Moved", b""])
def test_a_download_that_is_no_image_stays_as_it_is(body):
    """Whoever reads the recording sees what came instead."""
    kept = recorded_exchange(download(body))

    assert body == kept.response_body
    assert image_of(kept).facts is None
    assert image_of(kept).problem


@pytest.mark.parametrize(
    "exchange",
    [
        download(b"", note={"truncated": "response"}),
        download(b"", note={"bytes": "48211"}),
        download(b"", response_headers=(("Content-Length", "48211"),)),
        download(IMAGES["png"][:100], note={"truncated": "true"}),
        download(IMAGES["png"][:100], status=206),
        download(b"", status=302),
        download(b"", status=0),
        download(b"[48211 bytes, sha256 0a1b2c3d4e5f6071]"),
        Exchange(0.0, "HEAD", URL, status=200),
    ],
)
def test_where_the_recording_does_not_report_nothing_is_said(exchange):
    """A body that was left out or cut, a part, a redirect, a mark without its note."""
    assert image_of(exchange) is None
    assert facts_of(exchange) is None


@pytest.mark.parametrize(
    "text", ["[68 bytes, sha256 0123456789abcdef]", "[redacted]", "data:image/png;base64,[cut off]"]
)
def test_a_mark_without_a_note_says_nothing(text):
    """A mock's journal keeps the mark only."""
    assert image_in(response({"b64_json": text}), text) is None
