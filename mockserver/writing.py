"""The last steps of the walk: an answer's example becomes headers and bytes, and the exchange is recorded."""

from __future__ import annotations

import orjson

from pixpact.mockserver.actions import Actions
from pixpact.mockserver.call import Call
from pixpact.mockserver.context import Context
from pixpact.mockserver.negotiation import Answer
from pixpact.mockserver.recording import exchange_of
from pixpact.mockserver.streaming import send_events
from pixpact.mockserver.tasks import Tasks
from pixpact.specs.model import Contract, Operation

_CORS = ((b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"*"))


class Writing:
    """Writes the answers of one operation."""

    def __init__(
        self, contract: Contract, operation: Operation, tasks: Tasks, actions: Actions, context: Context
    ) -> None:
        self._tasks = tasks
        self._actions = actions
        self._context = context
        self._note = {"vendor": contract.name, "operation": operation.id}

    async def write(self, call: Call, answer: Answer) -> None:
        """Send one answer, after the time that a synchronous operation takes."""
        running = self._actions.verb == "run" and call.view is not None
        if running and answer.events is not None:
            await self._stream(call, answer)
            return
        if running:
            if call.wait:
                await self._context.clock.sleep(call.wait)
            self._end(call)
        for image in call.roots.images if answer.paints else ():
            await self._tasks.paint(image)
        value = answer.render(call.roots)
        await self._actions.remember(call, value)
        await self._send(call, answer, orjson.dumps(value))

    def _end(self, call: Call) -> None:
        """Put the outcome of a synchronous operation where expressions find it."""
        assert call.view is not None
        call.view = self._tasks.ended(call.view.task)
        self._tasks.fill(call.roots, call.view, call.base)

    async def _send(self, call: Call, answer: Answer, body: bytes) -> None:
        headers = self._headers(call, answer)
        headers.append((b"content-length", b"%d" % len(body)))
        await call.send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await call.send({"type": "http.response.body", "body": body})
        self._record(call, answer.status, headers, body)

    def _headers(self, call: Call, answer: Answer) -> list[tuple[bytes, bytes]]:
        headers = answer.headers(call.roots)
        headers += [(b"content-type", answer.content_type), *_CORS]
        if call.wish.applied:
            headers.append((b"preference-applied", call.wish.applied.encode("latin-1")))
        return headers

    async def _stream(self, call: Call, answer: Answer) -> None:
        self._end(call)
        assert answer.events is not None
        headers = self._headers(call, answer)
        body = await send_events(
            call.send,
            answer.status,
            headers,
            answer.events,
            call.roots,
            paint=self._tasks.paint if answer.paints else None,
            sleep=self._context.clock.sleep,
            seconds=call.wait,
        )
        self._record(call, answer.status, headers, body)

    def _record(self, call: Call, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        note = self._note
        if call.view is not None:
            note = {**note, "task": call.view.id}
        if call.wish.applied:
            note = {**note, "preference": call.wish.applied}
        exchange = exchange_of(
            call.scope,
            call.base,
            call.started,
            self._context.clock.now() - call.started,
            status=status,
            headers=headers,
            note=note,
            request_body=call.raw,
            response_body=body,
        )
        self._context.journal.add(exchange, call.key)
