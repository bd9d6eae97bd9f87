"""Faults of downloads: what strikes an image or an upload on its way to the client."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from functools import partial

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pixpact.mockserver.context import FILES, MockContext
from pixpact.mockserver.core.addresses import base_of
from pixpact.mockserver.core.identity import SeededChance, entropy
from pixpact.mockserver.core.problem import send_problem
from pixpact.mockserver.faults.fault import BadFault, Fault, FaultOccasion
from pixpact.mockserver.faults.faulty_send import FaultySend, ResponseCut
from pixpact.mockserver.faults.names import NOT_CARRIED_OUT, STREAMED
from pixpact.mockserver.faults.redirecting import is_redirected, redirect
from pixpact.mockserver.files.object_store import Response, refusal
from pixpact.mockserver.requests.fault_matching import chance_of, model_of
from pixpact.mockserver.requests.journaling import journal_exchange
from pixpact.mockserver.responses.response_choice import preference

_DRIP = 10.0


class FaultyDownloads:
    """The files below `/_files`, with the faults that strike them."""

    def __init__(self, files: ASGIApp, context: MockContext) -> None:
        self._files = files
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one download, and record it."""
        asked = dict(scope["headers"]).get(b"prefer")
        if asked is None and not await self._context.store.faults():
            return await journal_exchange(partial(self._files, scope, receive), "(file)", self._context, scope, send)
        try:
            wish = _of_downloads(preference(asked).fault)
        except BadFault as error:
            problem = partial(send_problem, status=400, title="No such fault", detail=str(error))
            return await journal_exchange(problem, "(file)", self._context, scope, send)
        faults = await self._striking(scope, wish)
        number = await self._context.store.next_request_number("download")
        delays = {fault.number: self._seconds(fault, number) for fault in faults}
        return await self._under(faults, delays, scope, receive, _reporting(faults, send))

    async def _striking(self, scope: Scope, asked: Fault | None) -> list[Fault]:
        """The faults that strike, at most one beside latency."""
        occasion = await self._occasion(scope["path"])
        faults: list[Fault] = []
        for fault in [*filter(None, [asked]), *await self._context.store.faults()]:
            superfluous = fault.fault != "latency" and any(fault_found.fault != "latency" for fault_found in faults)
            if superfluous or not _is_of_downloads(fault) or not _concerns(fault, scope):
                continue
            if fault.number == 0 or (fault.fits(occasion) and await self._strikes(fault)):
                faults.append(fault)
        return faults

    async def _occasion(self, path: str) -> FaultOccasion:
        vendor, _, name = path.removeprefix(FILES + "/").partition("/")
        task = await self._context.store.task_by_token(name[:24])
        if task is None:
            return FaultOccasion((vendor,), "", "download")
        return FaultOccasion(
            (vendor, task.contract), task.operation, "download", model_of(task.request), None, task.request.body
        )

    async def _strikes(self, fault: Fault) -> bool:
        return await self._context.store.match_fault(fault, chance_of(self._context, fault))

    async def _under(
        self, faults: Sequence[Fault], delays: Mapping[int, float], scope: Scope, receive: Receive, send: Send
    ) -> None:
        note = {"fault": ", ".join(fault.fault for fault in faults)} if faults else {}
        for fault in faults:
            if fault.fault == "latency":
                await self._context.clock.sleep(delays[fault.number])
        spoiling = next((fault for fault in faults if fault.fault != "latency"), None)
        if spoiling is None:
            await journal_exchange(partial(self._files, scope, receive), "(file)", self._context, scope, send, note)
            return
        seconds, pause = delays[spoiling.number], self._context.clock.sleep
        if (instead := _instead(spoiling, scope)) is not None:
            await journal_exchange(partial(_send, instead), "(file)", self._context, scope, send, note)
            return
        if spoiling.fault == "no-cors":
            await journal_exchange(
                partial(self._without_cors, scope, receive), "(file)", self._context, scope, send, note
            )
            return
        lost = spoiling.fault in NOT_CARRIED_OUT
        kind = Fault("reset-after") if lost else spoiling

        async def response(watched: Send) -> None:
            wire = FaultySend(kind, watched, second=b"{}", seconds=seconds, pause=pause)
            with contextlib.suppress(ResponseCut):
                await self._files(scope, receive, wire)

        await journal_exchange(response, "(file)", self._context, scope, send, note)
        await FaultySend(kind, send).finish(scope, receive, self._context.closing)

    async def _without_cors(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def bare(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [field for field in message["headers"] if not field[0].startswith(b"access-control-")]
                message = {**message, "headers": kept}
            await send(message)

        await self._files(scope, receive, bare)

    def _seconds(self, fault: Fault, number: int) -> float:
        """The delay of a fault that strikes the download of this number."""
        if fault.delay is None:
            return 1.0 if fault.fault == "latency" else _DRIP
        settings, started = self._context.settings, self._context.clock.started
        return fault.delay.drawn(SeededChance(entropy(settings.seed, started, "download", number, fault.number)))


def _instead(fault: Fault, scope: Scope) -> Response | None:
    """What the host sends instead of the file; None where the file comes after all."""
    if fault.fault == "redirect":
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        status, headers = redirect(fault, scope, base_of(scope, host))
        return status, [*headers, (b"access-control-allow-origin", b"*")], b""
    if not fault.is_of_files or fault.fault == "no-cors":
        return None
    status = 400 if fault.fault == "authorization-refused" else int(fault.status or 503)
    return refusal(status)


async def _send(response: Response, send: Send) -> None:
    status, headers, body = response
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _concerns(fault: Fault, scope: Scope) -> bool:
    """Whether a fault says something of this very request."""
    if fault.fault == "redirect":
        return not is_redirected(scope)
    return fault.fault != "authorization-refused" or any(name == b"authorization" for name, _ in scope["headers"])


def _is_of_downloads(fault: Fault) -> bool:
    spoils = fault.is_transport and fault.fault not in STREAMED
    return spoils or fault.is_of_files or fault.fault == "latency"


def _of_downloads(fault: Fault | None) -> Fault | None:
    """The same fault. Raises BadFault for one that says nothing of a download."""
    if fault is None or _is_of_downloads(fault):
        return fault
    raise BadFault(
        f"{fault.fault!r} does not apply to downloads; use latency or a fault of the response body or connection"
    )


def _reporting(faults: Sequence[Fault], send: Send) -> Send:
    """A `send` that tells in `Preference-Applied` which faults struck."""
    if not faults:
        return send
    applied = ", ".join(f"fault={fault.fault}" for fault in faults).encode("latin-1")

    async def reporting(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"preference-applied", applied)]}
        await send(message)

    return reporting
