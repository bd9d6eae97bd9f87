"""The ASGI application of the proxy: forwards each request once, and passes the exchange to the judge.

Steps: read the start of the request → send it upstream → give the response to the app piece by piece → hand the
exchange to the judge. If the app disconnects, so does the proxy from the vendor, and the other way round.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import partial

from starlette.types import Message, Receive, Scope, Send

from pixpact.contracts.transport.hosts import HttpAddress
from pixpact.contracts.transport.response_reader import TransportFault
from pixpact.mockserver.core.problem import send_problem
from pixpact.mockserver.faults.connection import end
from pixpact.proxy.addresses import IMAGES
from pixpact.proxy.control import ProxyControl
from pixpact.proxy.downloads import ForgottenAddress, ProxiedImages
from pixpact.proxy.exchange_capture import (
    MOST_BODY,
    BodyCapture,
    ByteBudget,
    ClientGone,
    PassingExchange,
    RequestInflow,
)
from pixpact.proxy.exchange_judge import ExchangeJudge
from pixpact.proxy.headers import Raw, has_body, header_texts, towards_app, towards_vendor
from pixpact.proxy.rewriting import ResponseRewriter
from pixpact.proxy.upstream import UpstreamClient, UpstreamRequest, UpstreamResponse
from pixpact.proxy.violations import HEADER, LATE
from pixpact.wire.clock import Clock
from pixpact.wire.exchange import header

CONTROL = "/_pixpact"
PATIENCE = 0.25
"""Maximum seconds that the start of a response waits for the violations of its request."""
_STATUSES = range(200, 600)
"""Statuses of final responses; others cannot be forwarded."""
_NOT_SENT = "The request did not arrive, so nothing was bought."
_MAY_BE = (
    "The request may have been carried out, and charged. The proxy sent it once and does not retry; whether to retry "
    "is for you to decide."
)


@dataclass(slots=True)
class _ProxiedRequest:
    """A request of the app while it is forwarded."""

    scope: Scope
    send: Send
    passing: PassingExchange
    inflow: RequestInflow
    base: str
    """The base URL by which the app reached the proxy."""
    call: UpstreamRequest
    anew: bool
    """Whether its body is rewritten, and judged when it is forwarded."""
    begun: bool = False
    """Whether the response to the app has started."""


class ProxyApp:
    """Forwards to one vendor, or mock, with the base URL `address`."""

    def __init__(
        self,
        address: HttpAddress,
        upstream: UpstreamClient,
        judge: ExchangeJudge,
        control: ProxyControl,
        clock: Clock,
        images: ProxiedImages | None = None,
        *,
        patience: float = PATIENCE,
        room: ByteBudget | None = None,
        most_body: int = MOST_BODY,
    ) -> None:
        """`images`: downloads go through the proxy; None: bodies are forwarded byte for byte."""
        self._address = address
        self._prefix = address.target.rstrip("/")
        self._upstream = upstream
        self._judge = judge
        self._control = control
        self._clock = clock
        self._images = images
        self._rewriting: ResponseRewriter | None = images.rewriting if images else None
        self._patience = patience
        self._room = room or ByteBudget()
        self._most_body = most_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            return await send({"type": "websocket.close"})
        path: str = scope["raw_path"].decode("latin-1")
        if path.startswith(IMAGES) and self._images is not None:
            try:
                call = await self._images.call(scope, path)
            except ForgottenAddress as error:
                return await send_problem(send, error.status, error.title, str(error))
        elif path == CONTROL or path.startswith(CONTROL + "/"):
            return await self._control(scope, receive, send)
        else:
            query = scope["query_string"].decode("latin-1")
            target = self._address._replace(target=self._prefix + path + (f"?{query}" if query else ""))
            call = UpstreamRequest(scope["method"], target, towards_vendor(scope["headers"], target.authority))
        return await self._forward(self._request(scope, receive, send, call, image=path.startswith(IMAGES)))

    async def close(self) -> None:
        """Close every connection to the vendor."""
        await self._upstream.close()

    def _request(
        self, scope: Scope, receive: Receive, send: Send, call: UpstreamRequest, *, image: bool
    ) -> _ProxiedRequest:
        passing = PassingExchange(
            self._clock.now(),
            call.method,
            call.url or call.place.url,
            header_texts(call.headers),
            BodyCapture(self._room, self._most_body),
            BodyCapture(self._room, self._most_body),
            image=image,
        )
        anew = self._images is not None and self._images.may_name_ours(scope["headers"], self._most_body)
        inflow = RequestInflow(receive, None if anew else passing.sent, partial(self._ask, passing, anew=anew))
        return _ProxiedRequest(scope, send, passing, inflow, _base(scope, self._address), call, anew)

    def _ask(self, passing: PassingExchange, *, anew: bool) -> None:
        if not anew:
            self._judge.ask(passing)

    # ---- forwarding

    async def _forward(self, request: _ProxiedRequest) -> None:
        """Forward the request until its response is complete or the app disconnects."""
        passing = request.passing
        carrying = asyncio.create_task(self._carry(request))
        watching = asyncio.create_task(request.inflow.gone())
        try:
            await asyncio.wait({carrying, watching}, return_when=asyncio.FIRST_COMPLETED)
            if not carrying.done() and not passing.complete:
                passing.fault = TransportFault(
                    "reset", "the app closed the connection before its response was complete"
                )
                carrying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await carrying
            if passing.fault is not None and request.begun and not passing.complete and not watching.done():
                await self._give_up(request, passing.fault, watching)
        except asyncio.CancelledError:
            carrying.cancel()
            if not passing.complete:
                passing.fault = TransportFault("reset", "the proxy was stopped before the response was complete")
                await self._give_up(request, passing.fault, watching)
        finally:
            self._hand_over(passing)  # first: a stopped proxy may not wait for the rest
            await _stopped(carrying, watching)

    async def _give_up(self, request: _ProxiedRequest, fault: TransportFault, watching: asyncio.Task[None]) -> None:
        """End the app's request: with an error response if none has started yet."""
        if request.begun:
            await end(request.scope, partial(_when, watching))
        else:
            await self._refuse(request, fault)

    async def _carry(self, request: _ProxiedRequest) -> None:
        try:
            await request.inflow.begin()
            async with self._upstream.answered(await self._outgoing(request)) as response:
                request.inflow.stop()
                await self._give(request, response)
            self._hand_over(request.passing, complete=True)
            await request.send({"type": "http.response.body", "body": b""})
        except ClientGone:
            request.passing.fault = TransportFault(
                "reset", "the app closed the connection before its request was complete"
            )
        except TransportFault as fault:
            if not request.passing.complete:
                request.passing.fault = fault
            if not request.begun:
                await self._refuse(request, fault)

    async def _outgoing(self, request: _ProxiedRequest) -> UpstreamRequest:
        call, inflow = request.call, request.inflow
        if not has_body(request.scope["headers"]):
            return call
        if self._images is None or not request.anew:
            return replace(call, body=inflow.pieces())
        headers, body = self._images.restored(call.headers, await inflow.all())
        request.passing.request_headers = header_texts(headers)
        request.passing.sent.add(body)
        self._judge.ask(request.passing)
        return replace(call, headers=headers, body=_once(body))

    async def _give(self, request: _ProxiedRequest, response: UpstreamResponse) -> None:
        """Send the response piece by piece; a header lists the violations of the request."""
        passing = request.passing
        if response.status not in _STATUSES:
            raise TransportFault(
                "protocol", f"the status {response.status} is not an HTTP status (RFC 9110, section 15)"
            )
        passing.status, passing.response_headers = response.status, header_texts(response.headers)
        headers, pieces = towards_app(response.status, response.headers), self._captured(response, passing)
        if self._rewriting is not None and passing.image:
            headers = self._rewriting.location(headers, passing.url, request.base)
        elif self._rewriting is not None:
            rewritten = await asyncio.to_thread(self._rewriting.of, passing, request.base)
            if rewritten is not None:
                headers, pieces = rewritten.headers(headers), rewritten.pieces(pieces)
        headers += await self._violations(passing)
        if _length(passing) == 0:
            self._hand_over(passing, complete=True)
        await request.send({"type": "http.response.start", "status": response.status, "headers": headers})
        request.begun = True
        async for piece in pieces:
            await request.send({"type": "http.response.body", "body": piece, "more_body": True})

    async def _captured(self, response: UpstreamResponse, passing: PassingExchange) -> AsyncIterator[bytes]:
        left = _length(passing)
        async for piece in response.pieces():
            passing.response.add(piece)
            left = None if left is None else left - len(piece)
            if left == 0:
                self._hand_over(passing, complete=True)
            yield piece

    def _hand_over(self, passing: PassingExchange, *, complete: bool = False) -> None:
        """Hand the exchange to the judge: before the app gets the last byte, so that it can query findings at once."""
        if passing.ended:
            return
        passing.complete = complete
        passing.ended = self._clock.now()
        self._judge.end(passing)

    async def _violations(self, passing: PassingExchange) -> Raw:
        """The header with the violations of the request, as a list; empty without any."""
        if passing.violations is None:
            return []
        await asyncio.wait({passing.violations}, timeout=self._patience)
        value = passing.violations.result() if passing.violations.done() else LATE
        return [(HEADER, value)] if value else []

    async def _refuse(self, request: _ProxiedRequest, fault: TransportFault) -> None:
        """Send an error response that says whether the request may have been carried out nevertheless."""
        origin = request.call.place.origin
        detail = f"{origin}: {fault.detail.rstrip('.')}. {_MAY_BE if fault.sent else _NOT_SENT}"
        await send_problem(
            request.send,
            502,
            "No response from upstream",
            detail,
            fault=fault.name,
            sent="maybe" if fault.sent else "no",
        )


def _length(passing: PassingExchange) -> int | None:
    """The length of a response's body; None if it is not stated (RFC 9112, section 6.3)."""
    if passing.method == "HEAD" or passing.status in (204, 304):
        return 0
    names = [name.lower() for name, _ in passing.response_headers]
    length = header(passing.response_headers, "content-length")
    return int(length) if length and length.isdigit() and "transfer-encoding" not in names else None


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def _when(watching: asyncio.Task[None]) -> Message:
    """The disconnect message of ASGI, once the app has disconnected."""
    await asyncio.wait({watching})
    return {"type": "http.disconnect"}


async def _stopped(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):  # the loop cancels everything again when it ends
        await asyncio.gather(*tasks, return_exceptions=True)


def _base(scope: Scope, address: HttpAddress) -> str:
    """The base URL by which the app reached the proxy."""
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    server = scope.get("server")
    if server and (not host or host == address.authority):
        host = f"{server[0]}:{server[1]}"  # the vendor's own name would bypass the proxy
    return f"{scope['scheme']}://{host}"
