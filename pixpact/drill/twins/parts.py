"""The parts of two mocks that live side by side: one moment for both, one set of faults, one set of images."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from starlette.types import Message, Send

from pixpact.drill.twins.response_diff import SentResponse
from pixpact.mockserver.core.observable_clock import ObservableClock
from pixpact.mockserver.faults.fault import Fault
from pixpact.mockserver.images.cache import ImageCache
from pixpact.mockserver.state.journal import ExchangeJournal
from pixpact.mockserver.state.memory import MemoryStore
from pixpact.mockserver.state.store import Store, Task, WebhookDelivery
from pixpact.mockserver.webhooks.outbox import WebhookOutbox, WebhookReceiver, WebhookRequest, WebhookTemplate
from pixpact.wire.clock import Clock

_MOMENT: ContextVar[list[float] | None] = ContextVar("moment", default=None)


async def at_moment(now: float, action: Callable[[], Awaitable[None]]) -> None:
    """Do something at one moment: the time passes only where it is waited for.

    Timers that are set meanwhile inherit the moment; it is over for them too when the action is.
    """
    moment = [now]
    token = _MOMENT.set(moment)
    try:
        await action()
    finally:
        moment.clear()
        _MOMENT.reset(token)


class SharedClock:
    """A clock that two mocks share. Only the one that `leads` moves it."""

    def __init__(self, clock: Clock, leads: bool) -> None:
        self._clock = clock
        self._leads = leads
        self.started = clock.started

    @property
    def standing(self) -> bool:
        """Whether only `advance` moves the time."""
        return self._clock.standing

    def now(self) -> float:
        """The moment of the request at hand, or the present time."""
        moment = _MOMENT.get()
        return moment[0] if moment else self._clock.now()

    def advance(self, seconds: float) -> None:
        """Move ahead, for the request at hand too. Raises ValueError for a negative number."""
        if self._leads:
            self._clock.advance(seconds)
        self._passed(seconds)

    async def sleep(self, seconds: float) -> None:
        """Wait, and let the request at hand know."""
        if self._leads or not self._clock.standing:
            await self._clock.sleep(seconds)
        self._passed(seconds)

    def _passed(self, seconds: float) -> None:
        if moment := _MOMENT.get():
            moment[0] += seconds

    def release(self) -> None:
        """Let every sleeper go."""
        self._clock.release()

    def stand(self, still: bool) -> None:
        """Let the time stand still until it is advanced, or run on."""
        if self._leads:
            self._clock.stand(still)


class LeadingStore(MemoryStore):
    """A store whose faults and resets are those of another store too, however they are asked for."""

    def __init__(self, follower: MemoryStore) -> None:
        super().__init__()
        self._follower = follower

    async def add_fault(self, fault: Fault) -> Fault:
        """Let a fault stand in both."""
        await self._follower.add_fault(fault)
        return await super().add_fault(fault)

    async def remove_faults(self, number: int | None = None) -> int:
        """Remove the fault of a number, or all, in both."""
        await self._follower.remove_faults(number)
        return await super().remove_faults(number)

    async def reset(self, what: str) -> None:
        """Forget in both."""
        await self._follower.reset(what)
        await super().reset(what)


class SameGallery(ImageCache):
    """Takes an image from another mock where both promise the same, and paints what differs."""

    def __init__(self, seed: int, store: MemoryStore, gallery: ImageCache) -> None:
        super().__init__(seed)
        self._store = store
        self._gallery = gallery

    async def content(self, task: Task, index: int) -> bytes:
        """The bytes of the image at `index` of a task."""
        twin_task = await self._store.task_by_token(task.token)
        if twin_task is not None and twin_task.promise == task.promise:
            return await self._gallery.content(twin_task, index)
        return await super().content(task, index)


class UnsentOutbox(WebhookOutbox):
    """The deliveries that a twin would make, in order. Nothing is sent."""

    def __init__(self, clock: ObservableClock, store: Store, receivers: Mapping[str, WebhookReceiver]) -> None:
        super().__init__(clock, store, ExchangeJournal(most=1), receivers)
        self.waiting: list[WebhookDelivery] = []

    async def add(self, delivery: WebhookDelivery, due: float | None) -> None:
        """Keep it."""
        self.waiting.append(delivery)

    async def request(self, index: int, now: float) -> WebhookRequest | None:
        """What the delivery at a place says; None where there is none."""
        if index >= len(self.waiting):
            return None
        delivery = self.waiting[index]
        template, task = self.template(delivery), await self._store.task_by_token(delivery.token)
        return await self.written(template, delivery, task, now) if template and task else None


class ComparedOutbox(WebhookOutbox):
    """Sends, and lets `report` compare each request with that of the delivery at the same place in `other`."""

    def __init__(
        self,
        clock: ObservableClock,
        store: Store,
        journal: ExchangeJournal,
        receivers: Mapping[str, WebhookReceiver],
        twin: UnsentOutbox,
    ) -> None:
        super().__init__(clock, store, journal, receivers)
        self._twin = twin
        self._positions: dict[WebhookDelivery, int] = {}
        self.report: Callable[[WebhookDelivery, WebhookRequest, WebhookRequest | None], None] = lambda *_: None

    @property
    def missing(self) -> WebhookDelivery | None:
        """A delivery that only the other would make."""
        added = len(self._positions)
        return self._twin.waiting[added] if added < len(self._twin.waiting) else None

    async def add(self, delivery: WebhookDelivery, due: float | None) -> None:
        """Send it when it is due."""
        self._positions.setdefault(replace(delivery, attempt=1), len(self._positions))
        await super().add(delivery, due)

    async def written(
        self, template: WebhookTemplate, delivery: WebhookDelivery, task: Task, now: float
    ) -> WebhookRequest:
        """The request of one attempt, compared with the other's."""
        request = await super().written(template, delivery, task, now)
        index = self._positions[replace(delivery, attempt=1)]
        self.report(delivery, request, await self._twin.request(index, now))
        return request


@dataclass(slots=True)
class ResponseCollector:
    """Takes the messages of a response, and hands them on where somebody waits for them."""

    send: Send | None = None
    _start: Message | None = None
    _body: list[bytes] = field(default_factory=list)
    _complete: bool = False

    async def __call__(self, message: Message) -> None:
        """Take one message."""
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            self._body.append(message.get("body", b""))
            self._complete = not message.get("more_body", False)
        if self.send is not None:
            await self.send(message)

    @property
    def response(self) -> SentResponse | None:
        """The whole response; None where none came, or only a part of it."""
        if self._start is None or not self._complete:
            return None
        headers = self._start.get("headers", ())
        texts = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
        return SentResponse(self._start["status"], texts, b"".join(self._body))
