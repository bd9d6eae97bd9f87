"""What comes of a response, within limits, whoever brings it: a socket, or an application in this process."""

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
"""What can happen to an exchange below the contract. `reset`: also a connection that ends too early. `unresolved`: no
such host. The last three happen to downloads only."""


class TransportFault(Exception):
    """What a remote party, or the way to it, did to an exchange. `sent`: it may have got the request."""

    def __init__(self, name: FaultName, detail: str, *, sent: bool = True) -> None:
        super().__init__(f"{name}: {detail}")
        self.name: FaultName = name
        self.detail = detail
        self.sent = sent


@dataclass(frozen=True, slots=True)
class ResponseLimits:
    """How long and how much, in seconds and bytes (after decoding)."""

    connect: float = 15.0
    silence: float = 240.0
    """Between two pieces of a response; a synchronous operation answers when its images are made."""
    total: float = 300.0
    size: int = 64 * 2**20


DOWNLOAD = ResponseLimits(connect=10.0, silence=30.0, total=30.0)


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request as it goes out. `address`: connect there, whatever the name of the host resolves to by then."""

    method: str
    place: HttpAddress
    headers: Headers
    body: bytes = b""
    address: str | None = None
    alone: bool = False
    """On a connection of its own, so that a server that closes an idle one cannot lose it."""


class IncomingResponse:
    """A response so far."""

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
        """Status and headers have come. Raises Fault."""
        self.status, self.headers = status, headers
        kind = media_type(headers)
        self._holds_values = kind.endswith("json") or kind.startswith("text/")
        codings = [value for name, value in headers if name.lower() == "content-encoding"]
        try:
            self._decoder = ContentDecoder(",".join(codings))
        except BadCoding as error:
            raise TransportFault("bad-encoding", str(error)) from None

    def more(self, data: bytes) -> None:
        """Some of the body has come. Raises Fault."""
        self._raw += len(data)  # deflate can also spend any number of bytes on saying nothing
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
        """The whole response has come. Raises Fault."""
        self.complete = True
        try:
            self._decoder.end()
        except BadCoding as error:
            raise TransportFault("bad-encoding", str(error)) from None


class Transport(Protocol):
    """A way to carry a request to whoever answers it, and the response back."""

    async def carry(self, outgoing: OutgoingRequest, incoming: IncomingResponse, limits: ResponseLimits) -> None:
        """Send it and hand over what comes. Raises Fault; whoever waits cancels it when the time is up."""

    async def close(self) -> None:
        """Hold nothing open any more."""


async def perform(
    line: Transport, outgoing: OutgoingRequest, limits: ResponseLimits, until: float, clock: Clock
) -> Exchange:
    """The exchange that a request led to; a fault stands in its note. `until`: a time of the event loop."""
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
    """A fault as the note of an exchange: `fault`, `detail`, and `sent: no` if nobody got the request."""
    return {"fault": fault.name, "detail": fault.detail, **({} if fault.sent else {"sent": "no"})}


def location(exchange: Exchange) -> str | None:
    """Where a redirect leads, as it is written; None for anything else."""
    return header(exchange.response_headers, "location") if exchange.status in (301, 302, 303, 307, 308) else None
