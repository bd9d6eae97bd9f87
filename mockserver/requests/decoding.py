"""What arrives over ASGI → header fields and bytes. What the bytes say is read in `pixpact.wire.bodies`."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Receive, Scope

MOST_BODY = 64 * 1024 * 1024
"""Bytes of a request body that are read at most."""


class BodyTooLarge(Exception):
    """The request body is larger than the mock reads."""


class Encoded(Exception):
    """The request body is compressed, or otherwise encoded; `str()` gives the codings."""


class ClientDisconnected(Exception):
    """The client went away before its request was complete."""


async def body_of(receive: Receive) -> bytes:
    """The whole request body. Raises TooLarge or Disconnected."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return bytes(message.get("body", b""))  # the usual case: one message
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
        message = await receive()


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """The request's headers by lower-case name; of repeated ones the last."""
    return dict(scope["headers"])


def check_coding(headers: Mapping[bytes, bytes]) -> None:
    """Raise Encoded for a body in a content coding (RFC 9110, section 8.4): no contract speaks of them."""
    codings = headers.get(b"content-encoding", b"").decode("latin-1")
    if any(word.strip().lower() not in ("", "identity") for word in codings.split(",")):
        raise Encoded(codings)
