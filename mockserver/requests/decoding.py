"""What arrives over ASGI → header fields and bytes. What the bytes say is read in `pixpact.wire.bodies`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.types import Message, Receive, Scope

from pixpact.mockserver.core.body_memory import BodyMemory

MOST_BODY = 64 * 1024 * 1024
"""Bytes of a request body that are read at most."""


_SMALL = 1024 * 1024
"""Bytes that need no room."""
_SILENCE = 60.0
"""Seconds between two pieces of a body, at most."""


class BodyTooLarge(Exception):
    """The request body is larger than the mock reads."""


class Encoded(Exception):
    """The request body is compressed, or otherwise encoded; `str()` gives the codings."""


class ClientDisconnected(Exception):
    """The client went away before its request was complete."""


async def body_of(receive: Receive, headers: Mapping[bytes, bytes], room: BodyMemory) -> bytes:
    """The whole request body. Raises BodyTooLarge or ClientDisconnected, the latter after a silent minute too."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return bytes(message.get("body", b""))  # the usual case: one message
    length = headers.get(b"content-length", b"")
    stated = int(length) if length.isdigit() and len(length) < 20 else MOST_BODY
    if stated > MOST_BODY and length:
        raise BodyTooLarge
    needed = 0 if stated <= _SMALL else stated
    await room.take(needed)
    try:
        return await _collected(message, receive)
    finally:
        room.free(needed)


async def _collected(message: Message, receive: Receive) -> bytes:
    chunks, size = [], 0
    while True:
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MOST_BODY:
            raise BodyTooLarge
        if not message.get("more_body"):
            return b"".join(chunks)
        try:
            message = await asyncio.wait_for(receive(), _SILENCE)
        except TimeoutError:
            raise ClientDisconnected from None


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """The request's headers by lower-case name; of repeated ones the last."""
    return dict(scope["headers"])


def check_coding(headers: Mapping[bytes, bytes]) -> None:
    """Raise Encoded for a body in a content coding (RFC 9110, section 8.4): no contract speaks of them."""
    codings = headers.get(b"content-encoding", b"").decode("latin-1")
    if any(word.strip().lower() not in ("", "identity") for word in codings.split(",")):
        raise Encoded(codings)
