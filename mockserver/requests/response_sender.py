"""The last steps of the walk: a response's example becomes headers and bytes, and the exchange is recorded."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from functools import partial

import orjson

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.core.problem import TYPE, problem_body
from pixpact.mockserver.core.unread_fields import HEADER
from pixpact.mockserver.faults.fault import Fault, FaultInjection
from pixpact.mockserver.faults.faulty_send import USUAL_SECONDS, FaultySend, ResponseCut, truncated
from pixpact.mockserver.faults.gateways import page
from pixpact.mockserver.faults.redirecting import redirect
from pixpact.mockserver.requests.actions import OperationAction
from pixpact.mockserver.requests.call import RequestState
from pixpact.mockserver.requests.expression_values import ImageView
from pixpact.mockserver.requests.fault_matching import FaultMatcher
from pixpact.mockserver.requests.idempotency import IdempotencyKeys, replay_header
from pixpact.mockserver.requests.journaling import exchange_from, exchange_of
from pixpact.mockserver.requests.tasks import ContractTasks
from pixpact.mockserver.responses.response_choice import ChosenExample
from pixpact.mockserver.responses.streaming import Events, send_events
from pixpact.mockserver.state.journal import WireExchange
from pixpact.mockserver.state.store import StoredResponse
from pixpact.mockserver.stores.backend import StoreUnavailable
from pixpact.specs.contract.model import Contract, Operation
from pixpact.wire.exchange import Exchange

Sent = tuple[int, list[tuple[bytes, bytes]], bytes]
NO_CONTENT = 204
CORS = ((b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"*"))


class ResponseSender:
    """Writes the responses of one operation."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        tasks: ContractTasks,
        actions: OperationAction,
        context: MockContext,
        injections: FaultMatcher,
        repeats: IdempotencyKeys | None,
    ) -> None:
        self._tasks = tasks
        self._actions = actions
        self._context = context
        self._injections = injections
        self._repeats = repeats
        self._replayed = replay_header(operation)
        self._second = _refusal_of(operation)
        self._note = {"vendor": contract.name, "operation": operation.id}
        self._lasting = actions.verb != "show" and operation.method != "GET"

    async def write(self, call: RequestState, response: ChosenExample) -> None:
        """Send one response, after the time that a synchronous operation takes."""
        if call.injection is None and call.instead is None:
            return await self._record(call, *await self._answered(call, response))
        return await self._through_faults(call, lambda: self._answered(call, response))

    async def repeat(self, call: RequestState, kept: StoredResponse) -> None:
        """Send the response that an earlier request with the same idempotency key was given."""
        headers = [*kept.headers, *self._applied(call)]
        if self._replayed:
            headers.append((self._replayed, b"true"))
        call.repeated = kept.task or "nothing"
        await self._through_faults(call, lambda: self._send(call, kept.status, headers, kept.body))

    async def play(self, call: RequestState, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Send a response that was recorded."""
        await self._through_faults(call, lambda: self._played(call, status, headers, body))

    async def _played(self, call: RequestState, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> Sent:
        if call.injection is not None:
            await self._delay(call.injection)
        headers = [*headers, *CORS, *self._applied(call), (b"content-length", b"%d" % len(body))]
        if call.claim and self._repeats is not None and status < 400:  # who is refused may come again
            await self._repeats.settle(call, status, headers, body)
        return await self._send(call, status, headers, body)

    async def explain(
        self, call: RequestState, status: int, title: str, detail: str, *fields: tuple[bytes, bytes]
    ) -> None:
        """Say why the mock itself cannot do what was asked."""
        body = problem_body(status, title, detail)
        headers = [(b"content-type", TYPE), (b"content-length", b"%d" % len(body)), *fields, *CORS]
        await self._record(call, *await self._send(call, status, headers, body))

    async def redirect(self, call: RequestState, fault: Fault) -> None:
        """Lead the client elsewhere; nothing is done here."""
        status, headers = redirect(fault, call.scope, call.base)
        await self._record(call, *await self._send(call, status, [*headers, *CORS, *self._applied(call)], b""))

    async def refuse(self, call: RequestState, refusal: Callable[[], Sent]) -> None:
        """Send a refusal in place of doing anything."""
        if call.injection is not None:
            await self._delay(call.injection)
        await self._record(call, *await self._send(call, *refusal()))

    def refusal(self, call: RequestState, response: ChosenExample | None, status: int = 0) -> Sent:
        """A refusal as the contract has it; without a response the page of a gateway, of this status."""
        if response is not None:
            body = response.encode(response.render(call.roots))
            status, headers = response.status, self._headers(call, response)
        else:
            body, headers = page(status), [(b"content-type", b"text/html"), *CORS, *self._applied(call)]
            if call.retry_after is not None:
                headers.append((b"retry-after", b"%d" % call.retry_after))
        return status, [*headers, (b"content-length", b"%d" % len(body))], body

    async def lose(self, call: RequestState, fault: Fault) -> None:
        """Give no response, and do to the connection what a fault asks."""
        await self._record(call, 0, [], b"")
        await FaultySend(fault, call.send).finish(call.scope, call.receive, self._context.closing)

    async def _through_faults(self, call: RequestState, sending: Callable[[], Awaitable[Sent]]) -> None:
        """Let a response go out as the faults that strike it leave it, and record what left."""
        transport = call.injection.transport if call.injection else None
        if transport is None and call.instead is not None:
            transport = Fault("response")
        if transport is None:
            await self._record(call, *await sending())
            return
        seconds = self._injections.drawn(transport, call, usual=USUAL_SECONDS.get(transport.fault, 0.0))
        pause = self._context.clock.sleep
        wire = FaultySend(transport, call.send, second=self._second, seconds=seconds, pause=pause, instead=call.instead)
        call.send = wire
        with contextlib.suppress(ResponseCut):
            await sending()
        await self._record(call, wire.status, wire.headers, wire.body)
        await wire.finish(call.scope, call.receive, self._context.closing)

    async def _answered(self, call: RequestState, response: ChosenExample) -> Sent:
        running = call.role is not None and call.role.verb == "run" and call.view is not None
        paint = await self._paint(call) if response.paints else None
        if running and response.events is not None:
            return await self._stream(call, response, response.events, paint)
        if running:
            if call.wait:
                await self._context.clock.sleep(call.wait)
            self._end(call)
        if paint is not None:
            for image in call.roots.images:
                await paint(image)
        value = response.render(call.roots)
        await self._actions.remember(call, value)
        if call.wait and not running:  # what the task will be by then is known
            await self._context.clock.sleep(call.wait)
        if call.injection is not None:
            await self._delay(call.injection)
        body = response.encode(value)
        headers = self._headers(call, response)
        if response.status != NO_CONTENT:  # RFC 9110, section 8.6
            headers.append((b"content-length", b"%d" % len(body)))
        if call.claim and self._repeats is not None:
            await self._repeats.settle(call, response.status, headers, body)
        try:
            return await self._send(call, response.status, headers, body)
        finally:  # a response that is lost or cut on its way stops none
            await self._actions.expect_callbacks(call)

    async def _delay(self, injection: FaultInjection) -> None:
        if injection.wait:
            await self._context.clock.sleep(injection.wait)

    async def _paint(self, call: RequestState) -> Callable[[ImageView], Awaitable[None]]:
        """How the images in a response are painted: as they should be, or only half of each."""
        fault = await self._injections.of_images(call) if call.injection is not None else None
        if fault is None or call.injection is None:
            return self._tasks.paint
        call.injection.names.append(fault.fault)

        async def paint_half(image: ImageView) -> None:
            await self._tasks.paint(image)
            image.content = truncated(image.content or b"")

        return paint_half

    def _end(self, call: RequestState) -> None:
        """Put the outcome of a synchronous operation where expressions find it."""
        assert call.view is not None
        call.view = self._tasks.ended(call.view.task)
        self._tasks.fill(call.roots, call.view, call.base)

    async def _send(self, call: RequestState, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> Sent:
        if self._context.shared is not None and not isinstance(call.send, FaultySend):
            await self._record(call, status, headers, body)  # whoever has the response finds it, wherever he asks
        await call.send({"type": "http.response.start", "status": status, "headers": headers})
        await call.send({"type": "http.response.body", "body": body})
        return status, headers, body

    def _headers(self, call: RequestState, response: ChosenExample) -> list[tuple[bytes, bytes]]:
        headers = response.headers(call.roots)
        headers += [*([] if response.bodyless else [(b"content-type", response.content_type)]), *CORS]
        if call.wish.applied or call.injection is not None or call.unread:
            headers += self._applied(call)
        if call.advice:
            headers.append((b"x-pixpact-advice", call.advice.encode("latin-1", "replace")))
        if call.retry_after is not None:
            headers = [field for field in headers if field[0] != b"retry-after"]
            headers.append((b"retry-after", b"%d" % call.retry_after))
        return headers

    def _applied(self, call: RequestState) -> list[tuple[bytes, bytes]]:
        applied = call.applied
        headers = [(b"preference-applied", applied.encode("latin-1", "replace"))] if applied else []
        return [*headers, (HEADER, call.unread.encode("latin-1", "replace"))] if call.unread else headers

    async def _stream(
        self,
        call: RequestState,
        response: ChosenExample,
        events: Events,
        paint: Callable[[ImageView], Awaitable[None]] | None,
    ) -> Sent:
        self._end(call)
        if call.injection is not None:
            await self._delay(call.injection)
        headers = self._headers(call, response)
        body = await send_events(
            call.send,
            response.status,
            headers,
            events,
            call.roots,
            paint=paint,
            sleep=self._context.clock.sleep,
            seconds=call.wait,
            heartbeat=call.send.heartbeat if isinstance(call.send, FaultySend) else None,
        )
        if call.claim and self._repeats is not None:
            await self._repeats.settle(call, response.status, headers, body)
        return response.status, headers, body

    async def arrive(self, call: RequestState) -> None:
        """Put a request into the journal, whatever becomes of it."""
        under_way = partial(self._exchange, call, 0, [], b"")
        call.place = await self._context.journal.arrive(under_way, lasting=self._lasting)

    async def abandon(self, call: RequestState, problem: str) -> None:
        """Record a request that is not answered."""
        await self._record(call, 0, [], b"", problem=problem)

    async def _record(
        self, call: RequestState, status: int, headers: list[tuple[bytes, bytes]], body: bytes, **facts: str
    ) -> None:
        if call.place is None:
            return  # it is recorded already, or its store could not take it
        entry, call.place = call.place, None
        scope, note = call.scope, {**self._notes(call), **facts}
        duration = self._context.clock.now() - call.started
        target = (scope["method"], call.base, scope["path"], scope["query_string"])
        made = partial(
            exchange_from,
            target,
            call.started,
            duration,
            status,
            tuple(scope["headers"]),
            tuple(headers),
            note,
            (call.raw, memoryview(body).tobytes()),  # a copy: what is written has a kilobyte of room behind it
        )
        size = len(call.raw) + len(body)
        over = WireExchange(made, call.key, call.started, scope["method"], status, note, size)
        with contextlib.suppress(StoreUnavailable):  # what was done is answered, whether it can be written down or not
            await self._context.journal.record(over, entry)

    def _exchange(self, call: RequestState, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> Exchange:
        return exchange_of(
            call.scope,
            call.base,
            call.started,
            self._context.clock.now() - call.started,
            status=status,
            headers=headers,
            note=self._notes(call),
            request_body=call.raw,
            response_body=body,
        )

    def _notes(self, call: RequestState) -> dict[str, str]:
        note = dict(self._note)
        if call.account:
            note["account"] = call.account
        if call.view is not None:
            note["task"] = call.view.id
        if call.wish.applied:
            note["preference"] = call.wish.applied
        if call.unread:
            note["not-read"] = call.unread
        if call.recorded:
            note["recorded"] = call.recorded
        if call.repeated:
            note |= {"task": call.repeated, "replayed": "true"}
        if call.injection is not None and call.injection.names:
            note["fault"] = ", ".join(call.injection.names)
        return note


def _refusal_of(operation: Operation) -> bytes:
    """The contract's response when the service fails; empty where it has none."""
    for _, example in operation.examples():
        if example.subject == "server-error":
            return orjson.dumps(example.value)
    return b""
