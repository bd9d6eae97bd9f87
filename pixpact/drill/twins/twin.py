"""A mock that finds the effects of a drift: every request is answered by an undrifted twin as well.

Both use the same seed and the same time, so ids, random choices and times are equal, and any difference comes from the
drift. The twin's responses go nowhere. After the first difference the twin is dropped, because later differences may
only be consequences.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from pixpact.drill.twins.parts import (
    ComparedOutbox,
    LeadingStore,
    ResponseCollector,
    SameGallery,
    SharedClock,
    UnsentOutbox,
    at_moment,
)
from pixpact.drill.twins.response_diff import ABSENT, ResponseDifference, SentResponse, response_differences
from pixpact.drill.twins.twin_log import DOWNLOAD, DriftSighting, SightingLog
from pixpact.mockserver.app import CONTROL, MockApp
from pixpact.mockserver.context import FILES, MockContext, MockSettings
from pixpact.mockserver.core.observable_clock import ObservableClock
from pixpact.mockserver.core.pace import CurrentPace
from pixpact.mockserver.faults.connection import TRANSPORT
from pixpact.mockserver.images.cache import ImageCache
from pixpact.mockserver.playback.recording import RecordedGallery, Recording
from pixpact.mockserver.state.active_faults import ActiveFaults, LedgerView, run_sync
from pixpact.mockserver.state.journal import ExchangeJournal
from pixpact.mockserver.state.memory import MemoryStore
from pixpact.mockserver.state.store import WebhookDelivery
from pixpact.mockserver.webhooks.outbox import WebhookRequest
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.contract.routes import RouteTable
from pixpact.wire.clock import Clock

UNKNOWN = "(unknown)"
"""The name of an operation that the undrifted contract does not have."""

Play = Callable[[], Recording | None]


class TwinnedApp(MockApp):
    """A mock of `contracts`, drifted or not, that writes to `log` where it differs from a mock of `usual`.

    `play` creates the recording to play, a new one at each call. The mock and its twin run in one event loop.
    """

    def __init__(
        self,
        contracts: Iterable[Contract],
        usual: Iterable[Contract],
        settings: MockSettings,
        clock: Clock,
        log: SightingLog,
        play: Play = lambda: None,
    ) -> None:
        plain_contracts = list(usual)
        self._log = log
        self._outbox, own, beside = _contexts(settings, clock, play)
        super().__init__(contracts, own)
        self._twin: MockApp | None = MockApp(plain_contracts, beside)
        self._routes = {
            contract.name: RouteTable((operation, operation) for operation in contract.operations)
            for contract in plain_contracts
        }
        self._vendors = {contract.name: contract.vendor for contract in plain_contracts}
        self._outbox.report = self._letters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request (ASGI 3), also by the twin, and compare."""
        path: str = scope.get("path", "")
        if scope["type"] != "http" or path == "/" or path.startswith(CONTROL):
            return await super().__call__(scope, receive, send)
        request = await _whole(receive)
        if request is None:
            return None
        vendor, operation = self._called(scope, path)
        self._log.called(vendor, operation)
        heard, now, twin = ResponseCollector(send), self.context.clock.now(), self._twin
        own = partial(super().__call__, scope, _again(request, receive), heard)
        if twin is None:
            return await own()
        unheard = ResponseCollector()
        rehearsed = partial(twin, _without_connection(scope), _again(request, _gone), unheard)
        lost, strange = await asyncio.gather(at_moment(now, own), at_moment(now, rehearsed), return_exceptions=True)
        if isinstance(strange, Exception) and not isinstance(strange, OSError):
            raise strange
        if heard.response is not None and unheard.response is not None:
            headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
            self._report(vendor, operation, response_differences(headers, unheard.response, heard.response))
        if lost is not None:
            raise lost
        return None

    def _called(self, scope: Scope, path: str) -> tuple[str, str]:
        """The vendor and the operation of a request."""
        vendor, rest = self._by_host(scope), path
        if path.startswith(FILES + "/"):
            return path.removeprefix(FILES + "/").partition("/")[0], DOWNLOAD
        if vendor is None:
            mount, slash, tail = path[1:].partition("/")
            vendor, rest = self.mounts.get(mount), slash + tail
        if vendor is None:
            return "", UNKNOWN
        operation = self._operation(vendor.contract.name, scope["method"], rest)
        return vendor.contract.vendor, operation.id if operation else UNKNOWN

    def _operation(self, contract: str, method: str, path: str) -> Operation | None:
        routes = self._routes.get(contract)
        match = routes.find(method, path) if routes else None
        return match.target if match else None

    # ------------------------------------------------------------------ what differs

    def _report(self, vendor: str, operation: str, differences: Iterable[ResponseDifference]) -> None:
        for difference in differences:
            self._log.differed(vendor, DriftSighting(operation, difference.place, difference.was, difference.now))
            self._twin = None

    def _letters(self, delivery: WebhookDelivery, now: WebhookRequest, was: WebhookRequest | None) -> None:
        if self._twin is None:
            return
        operation = f"{delivery.operation} callback"
        letters = [ResponseDifference("callback", ABSENT, "sent")]
        if was is not None:
            old, new = (SentResponse(200, letter.headers, letter.body) for letter in (was, now))
            letters = response_differences((), old, new)
        self._report(delivery.vendor, operation, letters)

    def close(self) -> None:
        """Report missing callbacks and different charges, which no response shows. Call it in the event loop."""
        if self._twin is not None and (missing := self._outbox.missing) is not None:
            self._report(
                missing.vendor, f"{missing.operation} callback", [ResponseDifference("callback", "sent", ABSENT)]
            )
        if self._twin is not None:
            self._charges(self._twin.context)
        self._log.close()

    def _charges(self, twin: MockContext) -> None:
        now = self.context.clock.now()
        mine, theirs = (run_sync(context.store.charges(now)) for context in (self.context, twin))
        for was, own_charge in zip(theirs, mine, strict=False):
            if (was.intent, was.amount, was.currency) != (own_charge.intent, own_charge.amount, own_charge.currency):
                reported = (
                    f"{charge.intent} {_amount(charge.amount)} {charge.currency or ''}" for charge in (was, own_charge)
                )
                self._report(
                    own_charge.vendor, own_charge.operation, [ResponseDifference("charge", *map(str.strip, reported))]
                )
                break


def _amount(amount: Any) -> str:
    return "an amount that is not known" if amount is None else f"{amount:f}"


def _contexts(settings: MockSettings, clock: Clock, play: Play) -> tuple[ComparedOutbox, MockContext, MockContext]:
    """The outbox and the context of a mock, and the context of its twin."""
    follower, twin_clock = MemoryStore(), ObservableClock(SharedClock(clock, leads=False))
    store, own = LeadingStore(follower), ObservableClock(SharedClock(clock, leads=True))
    tempo, journal = CurrentPace(settings.pace), ExchangeJournal()
    unsent = UnsentOutbox(twin_clock, follower, settings.webhooks)
    outbox = ComparedOutbox(own, store, journal, settings.webhooks, unsent)
    own.moved.append(outbox.wake)
    recording, again = play(), play()
    gallery = RecordedGallery(settings.seed, recording) if recording is not None else ImageCache(settings.seed)
    same = SameGallery(settings.seed, store, gallery)
    faults, books = ActiveFaults(store), LedgerView(store, own)
    mine = MockContext(settings, own, store, journal, gallery, outbox, faults, books, tempo, recording)
    faults, books = ActiveFaults(follower), LedgerView(follower, twin_clock)
    beside = MockContext(
        settings, twin_clock, follower, ExchangeJournal(most=1), same, unsent, faults, books, tempo, again
    )
    return outbox, mine, beside


async def _whole(receive: Receive) -> Message | None:
    """The request with its whole body as one message; None if the client disconnected."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return {"type": "http.request", "body": b"".join(chunks), "more_body": False}


def _again(request: Message, receive: Receive) -> Receive:
    """A `receive` that returns the whole request first, then whatever follows."""
    waiting = [request]

    async def given() -> Message:
        return waiting.pop() if waiting else await receive()

    return given


async def _gone() -> Message:
    return {"type": "http.disconnect"}


def _without_connection(scope: Scope) -> Scope:
    """A copy of the scope without the connection of the client, for the twin."""
    extensions = {name: extension for name, extension in (scope.get("extensions") or {}).items() if name != TRANSPORT}
    return {**scope, "extensions": extensions}
