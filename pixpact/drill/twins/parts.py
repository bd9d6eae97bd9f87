"""What a mock and its twin share: the time of a request, the faults, and the images."""

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
    """Run an action at a fixed time; in it, time only passes when it sleeps.

    Timers that the action starts use the same time until the action ends.
    """
    moment = [now]
    token = _MOMENT.set(moment)
    try:
        await action()
    finally:
        moment.clear()
        _MOMENT.reset(token)


class SharedClock:
    """The clock of a mock or its twin. Only the clock that `leads` moves the underlying clock."""

    def __init__(self, clock: Clock, leads: bool) -> None:
        self._clock = clock
        self._leads = leads
        self.started = clock.started

    @property
    def stands_still(self) -> bool:
        """Whether time only passes with `advance`."""
        return self._clock.stands_still

    def now(self) -> float:
        """The time of the request being handled; otherwise the present time."""
        moment = _MOMENT.get()
        return moment[0] if moment else self._clock.now()

    def advance(self, seconds: float) -> None:
        """Move ahead, also for the request being handled. Raises ValueError for a negative number."""
        if self._leads:
            self._clock.advance(seconds)
        self._passed(seconds)

    async def sleep(self, seconds: float) -> None:
        """Wait, and add the seconds to the time of the request being handled."""
        if self._leads or not self._clock.stands_still:
            await self._clock.sleep(seconds)
        self._passed(seconds)

    def _passed(self, seconds: float) -> None:
        if moment := _MOMENT.get():
            moment[0] += seconds

    def release(self) -> None:
        """Wake all sleepers."""
        self._clock.release()

    def stand(self, still: bool) -> None:
        """Stop the clock until it is advanced, or let it run again."""
        if self._leads:
            self._clock.stand(still)


class LeadingStore(MemoryStore):
    """A store that passes faults and resets on to a second store."""

    def __init__(self, follower: MemoryStore) -> None:
        super().__init__()
        self._follower = follower

    async def add_fault(self, fault: Fault) -> Fault:
        """Add a fault to both stores."""
        await self._follower.add_fault(fault)
        return await super().add_fault(fault)

    async def remove_faults(self, number: int | None = None) -> int:
        """Remove one fault, or all faults, in both stores."""
        await self._follower.remove_faults(number)
        return await super().remove_faults(number)

    async def reset(self, what: str) -> None:
        """Reset both stores."""
        await self._follower.reset(what)
        await super().reset(what)


class SameGallery(ImageCache):
    """Takes an image from another gallery if both tasks promise the same; otherwise paints it."""

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
    """Collects the deliveries that a twin would make, in order, without sending them."""

    def __init__(self, clock: ObservableClock, store: Store, receivers: Mapping[str, WebhookReceiver]) -> None:
        super().__init__(clock, store, ExchangeJournal(most=1), receivers)
        self.waiting: list[WebhookDelivery] = []

    async def add(self, delivery: WebhookDelivery, due: float | None) -> None:
        """Keep the delivery."""
        self.waiting.append(delivery)

    async def request(self, index: int, now: float) -> WebhookRequest | None:
        """The request of the delivery at `index`; None if there is none."""
        if index >= len(self.waiting):
            return None
        delivery = self.waiting[index]
        template, task = self.template(delivery), await self._store.task_by_token(delivery.token)
        return await self.written(template, delivery, task, now) if template and task else None


class ComparedOutbox(WebhookOutbox):
    """Sends webhooks, and passes each request with the twin's request at the same index to `report`."""

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
        """The first delivery that only the twin would make."""
        added = len(self._positions)
        return self._twin.waiting[added] if added < len(self._twin.waiting) else None

    async def add(self, delivery: WebhookDelivery, due: float | None) -> None:
        """Send it when it is due."""
        self._positions.setdefault(replace(delivery, attempt=1), len(self._positions))
        await super().add(delivery, due)

    async def written(
        self, template: WebhookTemplate, delivery: WebhookDelivery, task: Task, now: float
    ) -> WebhookRequest:
        """The request of one attempt; `report` receives it with the twin's request."""
        request = await super().written(template, delivery, task, now)
        index = self._positions[replace(delivery, attempt=1)]
        self.report(delivery, request, await self._twin.request(index, now))
        return request


@dataclass(slots=True)
class ResponseCollector:
    """Collects the messages of a response, and passes them on to `send` if it is set."""

    send: Send | None = None
    _start: Message | None = None
    _body: list[bytes] = field(default_factory=list)
    _complete: bool = False

    async def __call__(self, message: Message) -> None:
        """Collect one message."""
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            self._body.append(message.get("body", b""))
            self._complete = not message.get("more_body", False)
        if self.send is not None:
            await self.send(message)

    @property
    def response(self) -> SentResponse | None:
        """The whole response; None if it is missing or incomplete."""
        if self._start is None or not self._complete:
            return None
        headers = self._start.get("headers", ())
        texts = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
        return SentResponse(self._start["status"], texts, b"".join(self._body))
