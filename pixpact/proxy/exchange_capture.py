"""Captures an exchange while it is forwarded, within limits, for judging and recording."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from threading import Lock

from starlette.types import Message, Receive

from pixpact.contracts.transport.content_coding import BadCoding, ContentDecoder
from pixpact.contracts.transport.response_reader import IncomingResponse, TransportFault, fault_note
from pixpact.wire.exchange import Exchange, Headers, header

MOST_BODY = 64 * 2**20
"""Maximum bytes of one body that are kept until it is judged."""
MOST_HELD = 256 * 2**20
"""Maximum bytes of all bodies together."""


class ClientGone(Exception):
    """The app closed the connection."""


class ByteBudget:
    """A limit on the bytes held at once."""

    def __init__(self, most: int = MOST_HELD) -> None:
        self._free = most
        self._lock = Lock()

    def take(self, number: int) -> bool:
        """Reserve `number` bytes; return whether they fit."""
        with self._lock:
            if number > self._free:
                return False
            self._free -= number
            return True

    def give(self, number: int) -> None:
        """Release `number` bytes."""
        with self._lock:
            self._free += number


class BodyCapture:
    """The bytes of a forwarded body, up to a limit."""

    def __init__(self, room: ByteBudget, most: int) -> None:
        self.cut = False
        self._room, self._most = room, most
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        """Add a piece; nothing more is kept once the limit is reached."""
        if self.cut:
            return
        if self._size + len(piece) > self._most or not self._room.take(len(piece)):
            self.cut = True
            return
        self._pieces.append(piece)
        self._size += len(piece)

    @property
    def raw(self) -> bytes:
        """The bytes kept so far."""
        return b"".join(self._pieces)

    def release(self) -> None:
        """Drop the bytes."""
        self._room.give(self._size)
        self._pieces, self._size = [], 0


@dataclass(slots=True, eq=False)
class PassingExchange:
    """An exchange while it is forwarded; times are seconds since the epoch."""

    started: float
    method: str
    url: str
    request_headers: Headers
    sent: BodyCapture
    response: BodyCapture
    status: int = 0
    response_headers: Headers = ()
    ended: float = 0.0
    complete: bool = False
    """Whether the response is complete."""
    fault: TransportFault | None = None
    image: bool = False
    """Whether it is a download of an image."""
    readers: int = 1
    """How many judges (of the response, of the request) have not read it yet."""
    violations: asyncio.Future[bytes] | None = field(default=None, repr=False)
    """The future value of the header with the request's violations."""

    def release(self) -> None:
        """Drop the bodies."""
        self.sent.release()
        self.response.release()

    def request(self) -> Exchange:
        """The request alone, decoded."""
        body, cut = _uncoded(self.sent.raw, self.request_headers)
        note = {"truncated": "request"} if cut or self.sent.cut else {}
        return Exchange(self.started, self.method, self.url, self.request_headers, body, note=note)

    def exchange(self) -> Exchange:
        """The whole exchange, with content codings decoded."""
        asked = self.request()
        incoming, fault = IncomingResponse(MOST_BODY), self.fault
        cut = self.response.cut
        try:
            incoming.begin(self.status, self.response_headers)
            incoming.more(self.response.raw)
            if self.complete and not cut:
                incoming.end()
        except TransportFault as found:
            cut = cut or found.name == "too-large"
            fault = fault or (None if cut else found)
        names = [name for name, is_cut in (("request", "truncated" in asked.note), ("response", cut)) if is_cut]
        return Exchange(
            self.started,
            self.method,
            self.url,
            self.request_headers,
            asked.request_body,
            self.status,
            self.response_headers,
            bytes(incoming.body),
            max(0.0, self.ended - self.started),
            {**({"truncated": " ".join(names)} if names else {}), **(fault_note(fault) if fault else {})},
        )


def _uncoded(raw: bytes, headers: Headers) -> tuple[bytes, bool]:
    """(a request's body with its content coding decoded, whether that was incomplete)."""
    body = bytearray()
    try:
        for piece in ContentDecoder(header(headers, "content-encoding")).decode(raw):
            body += piece
            if len(body) > MOST_BODY:
                return bytes(body[:MOST_BODY]), True
    except BadCoding:
        return bytes(body), True
    return bytes(body), False


class RequestInflow:
    """A request's body while it comes from the app, and the app's disconnection."""

    def __init__(self, receive: Receive, capture: BodyCapture | None, whole: Callable[[], None]) -> None:
        """`capture` keeps the body; `whole` is called when it is complete."""
        self._receive = receive
        self._capture = capture
        self._whole = whole
        self._first: Message | None = None
        self._read = asyncio.Event()

    async def begin(self) -> None:
        """Read the first piece, usually the whole body. Raises ClientGone."""
        self._first = await self._message()

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body piece by piece. Raises ClientGone."""
        message, self._first = self._first, None
        while message is not None:
            if piece := message.get("body", b""):
                yield piece
            message = await self._message() if message.get("more_body", False) else None

    async def all(self) -> bytes:
        """The whole body. Raises ClientGone."""
        return b"".join([piece async for piece in self.pieces()])

    async def gone(self) -> None:
        """Return when the app disconnects; only observed after the body was read."""
        await self._read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def stop(self) -> None:
        """Stop waiting for the rest of the body."""
        self._read.set()

    async def _message(self) -> Message:
        message = await self._receive()
        if message["type"] != "http.request":
            raise ClientGone
        if self._capture is not None:
            self._capture.add(message.get("body", b""))
        if not message.get("more_body", False):
            self._whole()
            self._read.set()
        return message
