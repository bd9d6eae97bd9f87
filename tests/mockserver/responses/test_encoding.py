"""The bytes of a value by its media type."""

from __future__ import annotations

import pytest

from pixpact.mockserver.responses.encoding import encoder


@pytest.mark.parametrize(
    ("media_type", "value", "body"),
    [
        ("application/json", {"n": 1}, b'{"n":1}'),
        ("application/problem+json", [1], b"[1]"),
        ("text/plain", "busy", b"busy"),
        ("text/html; charset=utf-8", "<p>busy</p>", b"<p>busy</p>"),
        (
            "text/event-stream",
            [{"event": "done", "data": {"n": 1}}, {"data": "[DONE]"}],
            b'event: done\ndata: {"n":1}\n\ndata: [DONE]\n\n',
        ),
        ("image/png", b"\x89PNG", b"\x89PNG"),
        ("image/png", "iVBORw==", b"\x89PNG"),
    ],
)
def test_a_value_is_written_as_its_media_type_has_it(media_type, value, body):
    """JSON, a text as it stands, events, or a file, which an example holds as base64."""
    assert body == encoder(media_type)(value)
