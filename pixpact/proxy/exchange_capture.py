"""One exchange while it passes: what is kept of it for those who judge it, within bounds."""

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
"""Bytes of one body that are kept until it is judged."""
MOST_HELD = 256 * 2**20
"""Bytes of all of them together."""


class ClientGone(Exception):
    """The app has closed the connection."""


class ByteBudget:
    """Bytes that may be held at once."""

    def __init__(self, most: int = MOST_HELD) -> None:
        self._free = most
        self._lock = Lock()

    def take(self, number: int) -> bool:
        """Whether there is room for so many bytes more, which is taken then."""
        with self._lock:
            if number > self._free:
                return False
            self._free -= number
            return True

    def give(self, number: int) -> None:
        """So many bytes are held no longer."""
        with self._lock:
            self._free += number


class BodyCapture:
    """The bytes of a body that passes, up to a bound."""

    def __init__(self, room: ByteBudget, most: int) -> None:
        self.cut = False
        self._room, self._most = room, most
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        """Some more of it; once there is no room, nothing more is kept."""
        if self.cut:
            return
        if self._size + len(piece) > self._most or not self._room.take(len(piece)):
            self.cut = True
            return
        self._pieces.append(piece)
        self._size += len(piece)

    @property
    def raw(self) -> bytes:
        """What was kept."""
        return b"".join(self._pieces)

    def release(self) -> None:
        """Keep nothing any more."""
        self._room.give(self._size)
        self._pieces, self._size = [], 0


@dataclass(slots=True, eq=False)
class PassingExchange:
    """One exchange so far; times are seconds since the epoch."""

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
    """Whether the whole response came."""
    fault: TransportFault | None = None
    image: bool = False
    """Whether an image is fetched."""
    readers: int = 1
    """How many have not read it yet: who judges the response, and who judges the request."""
    violations: asyncio.Future[bytes] | None = field(default=None, repr=False)
    """What is wrong with the request, as the value of a header, once that is known."""

    def release(self) -> None:
        """Keep no bodies any more."""
        self.sent.release()
        self.response.release()

    def request(self) -> Exchange:
        """The request alone."""
        body, cut = _uncoded(self.sent.raw, self.request_headers)
        note = {"truncated": "request"} if cut or self.sent.cut else {}
        return Exchange(self.started, self.method, self.url, self.request_headers, body, note=note)

    def exchange(self) -> Exchange:
        """The whole exchange, as its readers saw it: content codings undone."""
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
    """A request's body with its content coding undone, and whether that could not be done to the end."""
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
    """A request's body as it comes from the app, and whether the app is still there."""

    def __init__(self, receive: Receive, capture: BodyCapture | None, whole: Callable[[], None]) -> None:
        """`capture` keeps what comes; `whole` is called when all of it has."""
        self._receive = receive
        self._capture = capture
        self._whole = whole
        self._first: Message | None = None
        self._read = asyncio.Event()

    async def begin(self) -> None:
        """Read the first piece, which usually is all. Raises ClientGone."""
        self._first = await self._message()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, piece by piece. Raises ClientGone."""
        message, self._first = self._first, None
        while message is not None:
            if piece := message.get("body", b""):
                yield piece
            message = await self._message() if message.get("more_body", False) else None

    async def all(self) -> bytes:
        """The whole body. Raises ClientGone."""
        return b"".join([piece async for piece in self.pieces()])

    async def gone(self) -> None:
        """Return when the app has gone; only watched once the body was read."""
        await self._read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def stop(self) -> None:
        """Nobody wants what is left of the body."""
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
