"""Streaming: events come in the documented order, and what is refused is refused with plain JSON."""

from __future__ import annotations

import pytest

from pixpact.contracts.checks.streaming import streaming

from .conftest import START, generate, stream

MADE, FAILED, OVER = (f"image_generation.{name}" for name in ("partial_succeeded", "partial_failed", "completed"))
COMMON = {"model": "seedream-5-0-260128", "created": int(START)}
IMAGE = (MADE, {"type": MADE, **COMMON, "image_index": 0, "url": "https://vendor.example/kite.jpg", "size": "64x64"})
ERROR = (FAILED, {"type": FAILED, **COMMON, "image_index": 1, "error": {"code": "x", "message": "y"}})
USAGE = {"generated_images": 1, "output_tokens": 16, "total_tokens": 16}
END = (OVER, {"type": OVER, **COMMON, "usage": USAGE})
DONE = ("", "[DONE]")
ORDER, REFUSAL = "createImage:stream/order", "createImage:stream/refusal"
REFUSED = {"error": {"message": "no", "type": "invalid_request_error"}}


@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        ((IMAGE, END, DONE), "kept"),
        ((ERROR, IMAGE, END, DONE), "kept"),
        ((END, IMAGE, DONE), "broken"),
        ((IMAGE, DONE, END), "broken"),
        ((IMAGE, DONE), "broken"),
        ((IMAGE, END), "unjudged"),  # `body` says that its end is missing
    ],
)
def test_the_order_of_events(said, events, verdict):
    """Images in any order, then the usage, then the end."""
    response = generate(stream(*events), kind="text/event-stream", stream=True)

    assert {ORDER: verdict} == said(streaming, "apiyi", response)


@pytest.mark.parametrize(("kind", "verdict"), [("application/json", "kept"), ("text/event-stream", "broken")])
def test_a_refusal_stays_json(said, kind, verdict):
    """Also where a stream was asked for."""
    response = generate(REFUSED, status=400, kind=kind, stream=True, n=9)

    assert {REFUSAL: verdict} == said(streaming, "apiyi", response)


def test_who_asked_for_no_stream_is_not_judged(said):
    """Neither the order nor the refusal."""
    assert {} == said(streaming, "apiyi", generate(REFUSED, status=400, n=9))
