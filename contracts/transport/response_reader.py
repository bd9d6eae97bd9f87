"""Reads responses within limits of time and size, from a socket or an in-process application."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal, Protocol

from pixpact.contracts.transport.content_coding import BadCoding, ContentDecoder
from pixpact.contracts.transport.hosts import HttpAddress
from pixpact.wire.bodies import MOST_VALUES, values_in
from pixpact.wire.clock import Clock
from pixpact.wire.exchange import Exchange, Headers, header, media_type

FaultName = Literal[
    "timeout",
    "reset",
    "refused-connection",
    "unresolved",
    "tls",
    "too-large",
    "bad-encoding",
    "protocol",
    "forbidden-address",
    "forbidden-url",
    "redirects",
]
"""Faults of an exchange below the contract. `reset`: also an early end of the connection. `unresolved`: unknown host.

The last three occur in downloads only.
"""


class TransportFault(Exception):
    """A fault of the remote server, or on the way to it. `sent`: the server may have received the request."""

    def __init__(self, name: FaultName, detail: str, *, sent: bool = True) -> None:
        super().__init__(f"{name}: {detail}")
        self.name: FaultName = name
        self.detail = detail
        self.sent = sent


@dataclass(frozen=True, slots=True)
class ResponseLimits:
    """Limits of time in seconds, and of size in bytes (after decoding)."""

    connect: float = 15.0
    silence: float = 240.0
    """Maximum time between two pieces: a synchronous operation responds only when its images are done."""
    total: float = 300.0
    size: int = 64 * 2**20


DOWNLOAD = ResponseLimits(connect=10.0, silence=30.0, total=30.0)


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request as it is sent. `address`: connect there, whatever the host resolves to by then."""

    method: str
    place: HttpAddress
    headers: Headers
    body: bytes = b""
    address: str | None = None
    alone: bool = False
    """Use a connection of its own: a reused one may be closed by the server, and the request be lost."""


class IncomingResponse:
    """A response while it is being received."""

    def __init__(self, most: int) -> None:
        self.status = 0
        self.headers: Headers = ()
        self.body = bytearray()
        self.complete = False
        self._most = most
        self._raw = 0
        self._values = 0
        self._holds_values = False
        self._decoder = ContentDecoder(None)

    def begin(self, status: int, headers: Headers) -> None:
        """Take status and headers. Raises TransportFault."""
        self.status, self.headers = status, headers
        kind = media_type(headers)
        self._holds_values = kind.endswith("json") or kind.startswith("text/")
        codings = [value for name, value in headers if name.lower() == "content-encoding"]
        try:
            self._decoder = ContentDecoder(",".join(codings))
        except BadCoding as error:
            raise TransportFault("bad-encoding", str(error)) from None

    def more(self, data: bytes) -> None:
        """Take a piece of the body. Raises TransportFault."""
        self._raw += len(data)  # deflate data may also decode to nothing
        try:
            for piece in self._decoder.decode(data):
                self.body += piece
                if len(self.body) > self._most or self._raw > self._most:
                    del self.body[self._most :]
                    raise TransportFault("too-large", f"the response has more than {self._most} bytes")
                self._values += values_in(piece) if self._holds_values else 0
                if self._values > MOST_VALUES:
                    raise TransportFault("too-large", f"the response has more than {MOST_VALUES} values")
        except BadCoding as error:
            raise TransportFault("bad-encoding", str(error)) from None

    def end(self) -> None:
        """Take the end of the response. Raises TransportFault."""
        self.complete = True
        try:
            self._decoder.end()
        except BadCoding as error:
            raise TransportFault("bad-encoding", str(error)) from None


class Transport(Protocol):
    """Carries a request to a server, or application, and its response back."""

    async def carry(self, outgoing: OutgoingRequest, incoming: IncomingResponse, limits: ResponseLimits) -> None:
        """Send the request and feed the response to `incoming`. Raises TransportFault; cancelled at the time limit."""

    async def close(self) -> None:
        """Close all connections."""


async def perform(
    line: Transport, outgoing: OutgoingRequest, limits: ResponseLimits, until: float, clock: Clock
) -> Exchange:
    """Send a request; return the exchange, with a fault in its note. `until`: a time of the event loop."""
    incoming = IncomingResponse(limits.size)
    started, note = clock.now(), {}
    try:
        async with asyncio.timeout_at(until):
            await line.carry(outgoing, incoming, limits)
    except TransportFault as fault:
        note = fault_note(fault)
    except TimeoutError:
        if not incoming.complete:
            note = fault_note(TransportFault("timeout", f"not done after {limits.total:g} seconds"))
    return Exchange(
        started,
        outgoing.method,
        outgoing.place.url,
        outgoing.headers,
        outgoing.body,
        incoming.status,
        incoming.headers,
        bytes(incoming.body),
        clock.now() - started,
        note,
    )


def fault_note(fault: TransportFault) -> dict[str, str]:
    """The note for a fault: `fault`, `detail`, and `sent: no` if no server received the request."""
    return {"fault": fault.name, "detail": fault.detail, **({} if fault.sent else {"sent": "no"})}


def location(exchange: Exchange) -> str | None:
    """The Location header of a redirect; None for any other response."""
    return header(exchange.response_headers, "location") if exchange.status in (301, 302, 303, 307, 308) else None
