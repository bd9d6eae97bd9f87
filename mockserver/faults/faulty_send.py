"""What a transport fault does to a response on its way out: an ASGI `send` in place of the real one.

It remembers what really left, for the journal. What ends the connection is done after that, by `finish`.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from math import ceil
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from pixpact.mockserver.faults import connection
from pixpact.mockserver.faults.connection import ServerClosing
from pixpact.mockserver.faults.fault import Fault
from pixpact.mockserver.faults.gateways import page
from pixpact.mockserver.faults.names import RESPONSE_LOST, STREAMED
from pixpact.wire.bodies import STREAM

Headers = list[tuple[bytes, bytes]]
Response = tuple[int, Headers, bytes]

PIECES = 10
"""Into how many pieces `slow-drip` divides a body."""


HEARTBEAT = b": keep-alive\n\n"
"""A comment (HTML standard, section 9.2.7), as services send it to keep a connection open."""
USUAL_SECONDS = {"slow-drip": 10.0, "sse-comments": 1.0}
"""What a fault takes, or waits between heartbeats, unless it is told otherwise."""
_FEW_BYTES = 7
_AS_THEY_COME = frozenset({*STREAMED, "chunked"})
"""What is done to each event of a stream when it comes: the stream is not held back."""
_EVENTS = STREAM.encode()
_MOST_CHUNKS = 500


class ResponseCut(Exception):
    """The rest of a response is of no use: the connection is about to end."""


class FaultySend:
    """The `send` of one request under one fault.

    `second` is what `two-json-objects` adds; `pause` waits seconds; `instead` gives the response that is sent in place
    of the usual one.
    """

    def __init__(
        self,
        fault: Fault,
        send: Send,
        *,
        second: bytes = b"",
        seconds: float = 0.0,
        pause: Callable[[float], Awaitable[None]] | None = None,
        instead: Callable[[], Response] | None = None,
    ) -> None:
        self._fault = fault.fault
        self._instead = instead
        self._status = fault.page_status if fault.is_gateway else 0
        self._send = send
        self._second = second
        self._seconds = seconds
        self._pause = pause
        self._held: Response = (0, [], b"")
        self._streams = False
        self.status = 0
        self.headers: Headers = []
        self.body = b""

    @property
    def heartbeat(self) -> float | None:
        """Seconds between the comments of a stream that waits; None where there are none."""
        return self._seconds if self._fault == "sse-comments" else None

    async def __call__(self, message: Message) -> None:
        """Send what the fault leaves of one message. Raises ResponseCut once nothing more can follow."""
        if self._fault in RESPONSE_LOST:
            return
        if self._fault == "stream-cut":
            await self._cut(message)
        elif self._streams:
            await self._event(message.get("body", b""), more=message.get("more_body", False))
        elif message["type"] == "http.response.start" and self._is_stream(list(message["headers"])):
            self._streams = True
            headers = [(name, value) for name, value in message["headers"] if name != b"content-length"]
            await self._start(message["status"], headers)
        elif message["type"] == "http.response.start":
            self._held = message["status"], list(message["headers"]), b""
        else:
            status, headers, body = self._held
            self._held = status, headers, body + message.get("body", b"")
            if not message.get("more_body"):
                await self._whole(*self._held)

    def _is_stream(self, headers: Headers) -> bool:
        kind = next((value for name, value in headers if name == b"content-type"), b"")
        return self._instead is None and self._fault in _AS_THEY_COME and kind.startswith(_EVENTS)

    async def _event(self, event: bytes, *, more: bool) -> None:
        """Send one event, or a comment, as the fault has it."""
        if self._fault == "chunked":
            await self._in_chunks(event, more=more)
        else:
            await self._more(_SPOILED[self._fault](0, [], event, b"")[2], more=more)

    async def finish(self, scope: Scope, receive: Receive, closing: ServerClosing) -> None:
        """Do to the connection what the fault says. In process it is raised."""
        if self._fault == "hang":
            await connection.hang(scope, receive, closing)
        elif self._fault == "reset-after":
            await connection.reset(scope, receive)
        elif self._fault in ("accept-then-drop", "stream-cut"):
            await connection.end(scope, receive)

    async def _whole(self, status: int, headers: Headers, body: bytes) -> None:
        if self._instead is not None:
            status, headers, body = self._instead()
        elif self._status:
            status, headers, body = self._status, _typed(headers, b"text/html"), page(self._status)
        else:
            status, headers, body = _SPOILED[self._fault](status, headers, body, self._second)
        headers = [(name, value) for name, value in headers if name not in (b"content-length", b"cache-control")]
        if self._fault == "chunked":
            await self._start(status, headers)
            await self._in_chunks(body, more=False)
            return
        headers.append((b"content-length", b"%d" % len(body)))
        await self._start(status, headers)
        if self._fault == "slow-drip" and self._pause is not None and body:
            size = ceil(len(body) / PIECES)
            for start in range(0, len(body), size):
                await self._pause(self._seconds / ceil(len(body) / size))
                await self._more(body[start : start + size], more=start + size < len(body))
        else:
            await self._more(body, more=False)

    async def _in_chunks(self, body: bytes, *, more: bool) -> None:
        size = max(_FEW_BYTES, len(body) // _MOST_CHUNKS)
        for start in range(0, len(body), size):
            await self._more(body[start : start + size], more=True)
            await asyncio.sleep(0)
        if not more:
            await self._more(b"", more=False)

    async def _cut(self, message: Message) -> None:
        """Let the first event of a stream pass, or half of a body whose length was reported."""
        if message["type"] == "http.response.start":
            await self._start(message["status"], list(message["headers"]))
            return
        body = message.get("body", b"")
        reported = any(name == b"content-length" for name, _ in self.headers)
        await self._more(body[: len(body) // 2] if reported else body, more=True)
        raise ResponseCut

    async def _start(self, status: int, headers: Headers) -> None:
        self.status, self.headers = status, headers
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _more(self, body: bytes, *, more: bool) -> None:
        self.body += body
        await self._send({"type": "http.response.body", "body": body, "more_body": more})


def _typed(headers: Headers, kind: bytes) -> Headers:
    return [*((name, value) for name, value in headers if name != b"content-type"), (b"content-type", kind)]


def _coded(headers: Headers) -> Headers:
    return [*headers, (b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")]


def _with_comments(body: bytes) -> bytes:
    """A stream in which a comment stands before, between and inside of the events (HTML standard, section 9.2.5)."""
    events = [event + b"\n\n" for event in body.split(b"\n\n") if event]
    return b"".join(event if event == HEARTBEAT else b": an event\n" + event + HEARTBEAT for event in events)


Spoil = Callable[[int, Headers, bytes, bytes], Response]
_SPOILED: dict[str, Spoil] = {
    "empty": lambda status, headers, body, _: (status, headers, b""),
    "malformed-json": lambda status, headers, body, _: (status, headers, body[: len(body) * 2 // 3] or b"{"),
    "two-json-objects": lambda status, headers, body, second: (status, headers, body + (second or body)),
    "wrong-content-type": lambda status, headers, body, _: (status, _typed(headers, b"text/plain"), body),
    "truncated-image": lambda status, headers, body, _: (status, headers, body[: len(body) // 2]),
    "compressed": lambda status, headers, body, _: (status, _coded(headers), gzip.compress(body, mtime=0)),
    "chunked": lambda status, headers, body, _: (status, headers, body),
    "sse-comments": lambda status, headers, body, _: (status, headers, _with_comments(body)),
    "sse-crlf": lambda status, headers, body, _: (status, headers, body.replace(b"\n", b"\r\n")),
    "slow-drip": lambda status, headers, body, _: (status, headers, body),
}


def truncated(content: Any) -> bytes:
    """The first half of an image."""
    return bytes(content[: len(content) // 2])
