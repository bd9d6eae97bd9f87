"""The walk of one request through the proxy, as an ASGI application.

Read the beginning of the request → send it on, once → give the answer to the app piece by piece as it comes → hand
what passed to the judge. When the app goes, the way to the vendor is closed; when the vendor goes, so is the app's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import partial

from starlette.types import Message, Receive, Scope, Send

from pixpact.contracts.transport.hosts import Place
from pixpact.contracts.transport.incoming import Fault
from pixpact.mockserver.core.problem import send_problem
from pixpact.mockserver.faults.connection import end
from pixpact.proxy.addresses import PICTURES
from pixpact.proxy.control import Control
from pixpact.proxy.downloads import Forgotten, Pictures
from pixpact.proxy.headers import Raw, has_body, texts, towards_app, towards_vendor
from pixpact.proxy.judging import Judge
from pixpact.proxy.passing import MOST_BODY, Capture, Gone, Inflow, Passing, Room
from pixpact.proxy.rewriting import Rewriting
from pixpact.proxy.upstream import Answer, Call, Upstream
from pixpact.proxy.violations import HEADER, LATE
from pixpact.wire.clock import Clock
from pixpact.wire.exchange import header

CONTROL = "/_pixpact"
PATIENCE = 0.25
"""Seconds that the beginning of an answer waits, at most, for what is wrong with its request."""
_STATUSES = range(200, 600)
"""Of a final answer: no other can be passed on."""
_NOT_SENT = "The request did not get there, so that nothing was bought."
_MAY_BE = (
    "The request may have been carried out, and charged. It was sent once and is not sent again; whether it may be "
    "is for you to say."
)


@dataclass(slots=True)
class _Request:
    """One request of the app, and what is on its way for it."""

    scope: Scope
    send: Send
    passing: Passing
    inflow: Inflow
    base: str
    """Where the app reaches the proxy."""
    call: Call
    anew: bool
    """Whether its body is written anew, and judged as it goes on."""
    begun: bool = False
    """Whether an answer has begun towards the app."""


class Proxy:
    """Stands before one vendor, or a mock, whose base URL `place` is."""

    def __init__(
        self,
        place: Place,
        upstream: Upstream,
        judge: Judge,
        control: Control,
        clock: Clock,
        pictures: Pictures | None = None,
        *,
        patience: float = PATIENCE,
        room: Room | None = None,
        most_body: int = MOST_BODY,
    ) -> None:
        """`pictures`: downloads lead through the proxy; None: bodies are forwarded byte for byte."""
        self._place = place
        self._prefix = place.target.rstrip("/")
        self._upstream = upstream
        self._judge = judge
        self._control = control
        self._clock = clock
        self._pictures = pictures
        self._rewriting: Rewriting | None = pictures.rewriting if pictures else None
        self._patience = patience
        self._room = room or Room()
        self._most_body = most_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] != "http":
            return await send({"type": "websocket.close"})
        path: str = scope["raw_path"].decode("latin-1")
        if path.startswith(PICTURES) and self._pictures is not None:
            try:
                call = await self._pictures.call(scope, path)
            except Forgotten as error:
                return await send_problem(send, error.status, error.title, str(error))
        elif path == CONTROL or path.startswith(CONTROL + "/"):
            return await self._control(scope, receive, send)
        else:
            query = scope["query_string"].decode("latin-1")
            place = self._place._replace(target=self._prefix + path + (f"?{query}" if query else ""))
            call = Call(scope["method"], place, towards_vendor(scope["headers"], place.authority))
        return await self._forward(self._request(scope, receive, send, call, picture=path.startswith(PICTURES)))

    async def close(self) -> None:
        """Close every connection to the vendor."""
        await self._upstream.close()

    def _request(self, scope: Scope, receive: Receive, send: Send, call: Call, *, picture: bool) -> _Request:
        passing = Passing(
            self._clock.now(),
            call.method,
            call.url or call.place.url,
            texts(call.headers),
            Capture(self._room, self._most_body),
            Capture(self._room, self._most_body),
            picture=picture,
        )
        anew = self._pictures is not None and self._pictures.may_name_ours(scope["headers"], self._most_body)
        inflow = Inflow(receive, None if anew else passing.sent, partial(self._ask, passing, anew=anew))
        return _Request(scope, send, passing, inflow, _base(scope, self._place), call, anew)

    def _ask(self, passing: Passing, *, anew: bool) -> None:
        if not anew:
            self._judge.ask(passing)

    # ---- there and back

    async def _forward(self, request: _Request) -> None:
        """Carry the request until its answer is complete or the app is gone, whichever is first."""
        passing = request.passing
        carrying = asyncio.create_task(self._carry(request))
        watching = asyncio.create_task(request.inflow.gone())
        try:
            await asyncio.wait({carrying, watching}, return_when=asyncio.FIRST_COMPLETED)
            if not carrying.done() and not passing.complete:
                passing.fault = Fault("reset", "the app closed the connection before its answer was complete")
                carrying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await carrying
            if passing.fault is not None and request.begun and not passing.complete and not watching.done():
                await self._give_up(request, passing.fault, watching)
        except asyncio.CancelledError:
            carrying.cancel()
            if not passing.complete:
                passing.fault = Fault("reset", "the proxy was stopped before the answer was complete")
                await self._give_up(request, passing.fault, watching)
        finally:
            self._hand_over(passing)  # first, for whoever stops the proxy may not wait for the rest
            await _stopped(carrying, watching)

    async def _give_up(self, request: _Request, fault: Fault, watching: asyncio.Task[None]) -> None:
        """Let the app know that nothing more comes: in words where nothing has come yet."""
        if request.begun:
            await end(request.scope, partial(_when, watching))
        else:
            await self._refuse(request, fault)

    async def _carry(self, request: _Request) -> None:
        try:
            await request.inflow.begin()
            async with self._upstream.answered(await self._outgoing(request)) as answer:
                request.inflow.stop()
                await self._give(request, answer)
            self._hand_over(request.passing, complete=True)
            await request.send({"type": "http.response.body", "body": b""})
        except Gone:
            request.passing.fault = Fault("reset", "the app closed the connection before its request was complete")
        except Fault as fault:
            if not request.passing.complete:
                request.passing.fault = fault
            if not request.begun:
                await self._refuse(request, fault)

    async def _outgoing(self, request: _Request) -> Call:
        call, inflow = request.call, request.inflow
        if not has_body(request.scope["headers"]):
            return call
        if self._pictures is None or not request.anew:
            return replace(call, body=inflow.pieces())
        headers, body = self._pictures.restored(call.headers, await inflow.all())
        request.passing.request_headers = texts(headers)
        request.passing.sent.add(body)
        self._judge.ask(request.passing)
        return replace(call, headers=headers, body=_once(body))

    async def _give(self, request: _Request, answer: Answer) -> None:
        """The answer, piece by piece as it comes; what is wrong with the request stands in a header."""
        passing = request.passing
        if answer.status not in _STATUSES:
            raise Fault("protocol", f"the status {answer.status} is none of HTTP (RFC 9110, section 15)")
        passing.status, passing.response_headers = answer.status, texts(answer.headers)
        headers, pieces = towards_app(answer.status, answer.headers), self._captured(answer, passing)
        if self._rewriting is not None and passing.picture:
            headers = self._rewriting.location(headers, passing.url, request.base)
        elif self._rewriting is not None:
            rewritten = await asyncio.to_thread(self._rewriting.of, passing, request.base)
            if rewritten is not None:
                headers, pieces = rewritten.headers(headers), rewritten.pieces(pieces)
        headers += await self._violations(passing)
        if _length(passing) == 0:
            self._hand_over(passing, complete=True)
        await request.send({"type": "http.response.start", "status": answer.status, "headers": headers})
        request.begun = True
        async for piece in pieces:
            await request.send({"type": "http.response.body", "body": piece, "more_body": True})

    async def _captured(self, answer: Answer, passing: Passing) -> AsyncIterator[bytes]:
        left = _length(passing)
        async for piece in answer.pieces():
            passing.answer.add(piece)
            left = None if left is None else left - len(piece)
            if left == 0:
                self._hand_over(passing, complete=True)
            yield piece

    def _hand_over(self, passing: Passing, *, complete: bool = False) -> None:
        """Nothing more comes: judge it. Before the app has the last byte, so that it may ask at once what was found."""
        if passing.ended:
            return
        passing.complete = complete
        passing.ended = self._clock.now()
        self._judge.end(passing)

    async def _violations(self, passing: Passing) -> Raw:
        """The header that says what is wrong with the request, if something is."""
        if passing.violations is None:
            return []
        await asyncio.wait({passing.violations}, timeout=self._patience)
        value = passing.violations.result() if passing.violations.done() else LATE
        return [(HEADER, value)] if value else []

    async def _refuse(self, request: _Request, fault: Fault) -> None:
        """Say that no answer came, and whether the request may have been carried out all the same."""
        origin = request.call.place.origin
        detail = f"{origin}: {fault.detail.rstrip('.')}. {_MAY_BE if fault.sent else _NOT_SENT}"
        await send_problem(
            request.send, 502, "No answer from upstream", detail, fault=fault.name, sent="maybe" if fault.sent else "no"
        )


def _length(passing: Passing) -> int | None:
    """How many bytes an answer has; None where it does not say so (RFC 9112, section 6.3)."""
    if passing.method == "HEAD" or passing.status in (204, 304):
        return 0
    names = [name.lower() for name, _ in passing.response_headers]
    length = header(passing.response_headers, "content-length")
    return int(length) if length and length.isdigit() and "transfer-encoding" not in names else None


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def _when(watching: asyncio.Task[None]) -> Message:
    """What a server tells once the app is gone."""
    await asyncio.wait({watching})
    return {"type": "http.disconnect"}


async def _stopped(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):  # the loop cancels everything once more as it ends
        await asyncio.gather(*tasks, return_exceptions=True)


def _base(scope: Scope, place: Place) -> str:
    """The address under which the app reached the proxy."""
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    server = scope.get("server")
    if server and (not host or host == place.authority):
        host = f"{server[0]}:{server[1]}"  # the vendor's own name would lead past the proxy
    return f"{scope['scheme']}://{host}"
