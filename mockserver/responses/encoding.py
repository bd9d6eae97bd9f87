"""The value of a response → the bytes of its media type: JSON, a text as it stands, a stream of events, or a file."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

import orjson

from pixpact.mockserver.responses.streaming import encoded
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.media import is_json, is_text
from pixpact.wire.bodies import STREAM


def encoder(media_type: str) -> Callable[[Json], bytes]:
    """How values are written in a media type."""
    if media_type == STREAM:  # JSON to whoever judges it, event by event
        return _as_events
    if is_json(media_type):
        return orjson.dumps
    return _as_text if is_text(media_type) else _as_file


def _as_events(value: Json) -> bytes:
    """A stream as the contract writes it, all at once."""
    return b"".join(encoded(event) for event in value)


def _as_text(value: Json) -> bytes:
    return value.encode() if isinstance(value, str) else orjson.dumps(value)


def _as_file(value: Json) -> bytes:
    """Painted bytes as they are; those of an example stand there as base64, for YAML has no other way to hold them."""
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(str(value), validate=True)
    except binascii.Error:
        return str(value).encode()
