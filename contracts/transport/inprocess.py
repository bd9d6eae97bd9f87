"""Transport to an ASGI application in this process: no socket, no copy, some tens of microseconds per request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote

from pixpact.contracts.transport.response_reader import (
    IncomingResponse,
    OutgoingRequest,
    ResponseLimits,
    TransportFault,
)

Message = MutableMapping[str, Any]
App = Callable[[Any, Any, Any], Awaitable[None]]
_EARLY = "the connection was closed before the response was complete"


class AsgiTransport:
    """Sends requests to one application."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def carry(self, outgoing: OutgoingRequest, incoming: IncomingResponse, limits: ResponseLimits) -> None:
        """Call the application. Raises TransportFault, also for any exception of the application."""
        talk = _AsgiExchange(outgoing.body, incoming)
        try:
            await self._app(_scope(outgoing), talk.receive, talk.send)
        except Exception as error:  # like a remote server, the application cannot raise an exception here
            talk.fault = talk.fault or _fault(error)
        if talk.fault and not incoming.complete:
            raise talk.fault
        if not incoming.complete:
            raise TransportFault("reset", _EARLY)
        incoming.end()

    async def close(self) -> None:
        """Do nothing: no connection is open."""


class _AsgiExchange:
    """One request to the application and its response."""

    def __init__(self, body: bytes, incoming: IncomingResponse) -> None:
        self._body: bytes | None = body
        self._incoming = incoming
        self._gone: asyncio.Event | None = None
        self.fault: TransportFault | None = None

    async def receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        if not self._incoming.complete and self.fault is None:
            self._gone = self._gone or asyncio.Event()
            await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if self.fault is not None:
            raise OSError("the client is gone")  # as ASGI requires of a send after a disconnect
        try:
            self._take(message)
        except TransportFault as fault:
            self.fault = fault
            self._leave()
            raise OSError("the client is gone") from None

    def _take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message.get("headers", ())
            self._incoming.begin(
                message["status"], tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
            )
        elif message["type"] == "http.response.body" and not self._incoming.complete:
            if body := message.get("body", b""):
                self._incoming.more(body)
            if not message.get("more_body", False):
                self._incoming.complete = True
                self._leave()

    def _leave(self) -> None:
        if self._gone is not None:
            self._gone.set()


def _fault(error: Exception) -> TransportFault:
    if isinstance(error, TimeoutError):
        return TransportFault("timeout", str(error))
    if isinstance(error, ConnectionError):
        return TransportFault("reset", str(error))
    return TransportFault("protocol", f"the application raised {type(error).__name__}: {error}")


def _scope(outgoing: OutgoingRequest) -> Message:
    address = outgoing.place
    path, _, query = address.target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": outgoing.method,
        "scheme": address.scheme,
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in outgoing.headers],
        "server": (address.host, address.port),
        "client": ("127.0.0.1", 0),
        "state": {},
    }
