"""The connection under a request: ended, reset, or left without a response.

On the mock's own server the socket itself is treated so. In process, where there is no socket, what a client's
transport would meet is raised: `ConnectionReset`, `ConnectionEnded`, `NoResponse`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import sys
from typing import Any

from starlette.types import Receive, Scope

TRANSPORT = "pixpact.testing.transport"
"""The ASGI extension under which the server gives the transport of a request."""

_LINGER_NOT = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class ConnectionReset(ConnectionResetError):
    """The peer reset the connection (in process)."""


class ConnectionEnded(ConnectionError):
    """The peer closed the connection before its response was complete (in process)."""


class NoResponse(TimeoutError):
    """The response does not come (in process)."""


class ServerClosing:
    """Tells those who wait for ever that the server ends."""

    def __init__(self) -> None:
        self._closed = False
        self._event = asyncio.Event()

    def close(self) -> None:
        """Let everybody go, now and from now on."""
        self._closed = True
        self._event.set()

    @property
    def closed(self) -> bool:
        """Whether the server ends."""
        return self._closed

    async def wait(self) -> None:
        """Return when the server ends."""
        if not self._closed:
            await self._event.wait()


async def reset(scope: Scope, receive: Receive) -> None:
    """Reset the connection: what was written and not yet sent is lost, the client meets a TCP RST."""
    transport = _transport(scope)
    if transport is None:
        raise ConnectionReset("the mock reset the connection, as requested")
    _without_linger(transport)
    transport.abort()
    await _gone(receive)


async def end(scope: Scope, receive: Receive) -> None:
    """Close the connection once everything written is sent, whether the response is complete or not."""
    transport = _transport(scope)
    if transport is None:
        raise ConnectionEnded("the mock closed the connection before its response was complete, as requested")
    transport.close()
    await _gone(receive)


async def hang(scope: Scope, receive: Receive, closing: ServerClosing) -> None:
    """Leave the client without a response until it goes, or the server ends."""
    transport = _transport(scope)
    if transport is None:
        raise NoResponse("the mock gives no response, as requested")
    waits = [asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(closing.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    if not transport.is_closing():
        await reset(scope, receive)


def _transport(scope: Scope) -> Any:
    return (scope.get("extensions") or {}).get(TRANSPORT)


async def _gone(receive: Receive) -> None:
    """Return when the client is gone; what it still sends is not read."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _without_linger(transport: Any) -> None:
    """Let the socket be closed by RST instead of FIN (SO_LINGER with 0 seconds).

    uvloop's own socket objects take no options: there it is set on a copy of the descriptor.
    """
    given = transport.get_extra_info("socket")
    with contextlib.suppress(OSError):
        if hasattr(given, "_sock"):  # asyncio's view of a real socket
            given.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            return
        with socket.socket(fileno=os.dup(given.fileno())) as copy:
            copy.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
