"""What the mock sends by itself: callbacks of tasks that came to their outcome, when the clock passes it.

On a standing clock that is when the clock is moved, under true time when a timer ends, and where a task ends at a
look, at that look. Retries are due by the same clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

from pixpact.mockserver.core.observable_clock import ObservableClock
from pixpact.mockserver.state.journal import ExchangeRecord, JournalPlace, wire_exchange
from pixpact.mockserver.state.store import Store, Task, WebhookDelivery
from pixpact.mockserver.stores.backend import StoreUnavailable
from pixpact.mockserver.webhooks.faults import FORGED, LOST, echo, lateness
from pixpact.mockserver.webhooks.http import WebhookReply, credentials_of, is_loopback, post
from pixpact.specs.contract.model import Callback
from pixpact.wire.exchange import Exchange, status_keys

Headers = tuple[tuple[str, str], ...]
MOST_PATIENCE = 15.0
"""Seconds of true time that callbacks are waited for which another process sends."""
_SYNC_SECONDS = 0.02


class WebhookRefused(Exception):
    """Why a callback is not sent at all."""


@dataclass(frozen=True, slots=True)
class WebhookReceiver:
    """Who gets a vendor's callbacks beside this machine: an origin such as `https://dev.example`, and its secret.

    Port 0 of this machine stands for any: a test's receiver has a free one, and nobody knows it before.
    """

    origin: str
    secret: str | None = None

    def has(self, origin: str) -> bool:
        """Whether an origin is this one's."""
        host, _, port = self.origin.rpartition(":")
        return origin == self.origin or (port == "0" and origin.rpartition(":")[0] == host)


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """What one attempt sends."""

    headers: Headers
    body: bytes


class WebhookTemplate(Protocol):
    """A callback of a contract, as its outbox knows it: who it is from, what it says, and when it is said again."""

    @property
    def note(self) -> Mapping[str, str]:
        """What the journal says of each attempt."""

    @property
    def callback(self) -> Callback:
        """Its statement: the statuses that end it, time-out, retries, where it may go."""

    async def written(
        self, task: Task, base: str, now: float, state: str = "", *, forged: bool = False
    ) -> WebhookRequest:
        """The request of an attempt that reports a state, or the outcome; `forged`: signed with another secret.

        Raises WebhookRefused.
        """


@dataclass(slots=True)
class DeliveryAttempt:
    """One attempt under way: of the task with this id, begun then. `request` is None where it is not sent at all."""

    delivery: WebhookDelivery
    template: WebhookTemplate
    task: str
    started: float
    place: JournalPlace = field(default_factory=lambda: JournalPlace(0))
    here: bool = False
    request: WebhookRequest | None = None
    reply: WebhookReply = field(default_factory=lambda: WebhookReply(0))
    problem: str = ""


def receiver(text: str) -> tuple[str, WebhookReceiver]:
    """`VENDOR=ORIGIN[,SECRET]` → (vendor, receiver). Raises ValueError that names no secret."""
    vendor, equals, rest = text.partition("=")
    origin, _, secret = rest.partition(",")
    try:
        parts = urlsplit(origin)
        right = parts.scheme in ("http", "https") and parts.hostname and parts.path in ("", "/") and not parts.query
        port = parts.port
    except ValueError:
        right, port = None, None
    if not (vendor and equals and right) or (port == 0 and not is_loopback(origin)):
        raise ValueError("write VENDOR=ORIGIN[,SECRET], such as toy=https://dev.example,SECRET")
    return vendor, WebhookReceiver(origin_of(origin), secret or None)


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL (RFC 6454), the usual ports written out."""
    parts = urlsplit(url)
    port, host = parts.port, parts.hostname or ""
    port = (443 if parts.scheme == "https" else 80) if port is None else port
    return f"{parts.scheme}://[{host}]:{port}" if ":" in host else f"{parts.scheme}://{host.lower()}:{port}"


class WebhookOutbox:
    """Sends the callbacks that the store holds, when they are due."""

    def __init__(
        self, clock: ObservableClock, store: Store, journal: ExchangeRecord, receivers: Mapping[str, WebhookReceiver]
    ) -> None:
        self._clock = clock
        self._store = store
        self._journal = journal
        self._receivers = receivers
        self._templates: dict[tuple[str, str, str], WebhookTemplate] = {}
        self._next: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._closed = False
        self._waiting: list[DeliveryAttempt] = []
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()
        self.seed = 0
        """Of the chance by which faults strike."""
        self.own_ports: set[int] = set()
        """Where the mock itself listens on this machine: nobody makes it write to itself."""
        self.is_local = True
        """Whether only programs of this machine reach the mock: others may not make it write to what they cannot reach
        themselves."""

    def secret(self, vendor: str) -> str | None:
        """The secret that a vendor's callbacks are signed with."""
        receiver = self._receivers.get(vendor)
        return receiver.secret if receiver else None

    def serve(self, contract: str, operation: str, template: WebhookTemplate) -> None:
        """Know what a callback of an operation says."""
        self._templates[contract, operation, template.callback.name] = template

    def template(self, delivery: WebhookDelivery) -> WebhookTemplate | None:
        """What is served as the callback of a delivery; None where it is no longer served."""
        return self._templates.get((delivery.contract, delivery.operation, delivery.callback))

    async def add(self, delivery: WebhookDelivery, due: float | None) -> None:
        """Send it when the clock comes to `due`; None: when its task is completed by a poll."""
        await self._store.add_delivery(replace(delivery, due=due), due)
        self._expect(due)

    async def completed(self) -> None:
        """A task was completed by a poll: send what waited for it."""
        self._expect(await self._store.next_delivery_due())

    def _expect(self, due: float | None) -> None:
        if due is not None:
            self._next = due if self._next is None else min(self._next, due)
            self.wake()

    def wake(self) -> None:
        """Begin to send what is due; where no event loop runs, the next call does."""
        if self._next is None or self._closed:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        now = self._clock.now()
        if self._next <= now:
            self._next = None
            sending = loop.create_task(self._send_due(now))
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)
        self._arm(loop, now)

    def _arm(self, loop: asyncio.AbstractEventLoop, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if self._next is not None and not self._clock.stands_still:
            self._timer = loop.call_later(max(self._next - now, 0.001), self.wake)

    async def settled(self) -> None:
        """Return when everything that is due by now has been sent and answered, or given up."""
        self.wake()
        while self._sending:
            await asyncio.wait(self._sending)
        now = self._clock.now()
        with suppress(TimeoutError):
            async with asyncio.timeout(MOST_PATIENCE):  # whoever shares the store may have taken some
                while await self._store.is_delivering(now):
                    await asyncio.sleep(_SYNC_SECONDS)

    def close(self) -> None:
        """Send nothing more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for sending in self._sending:
            sending.cancel()

    # ------------------------------------------------------------------ one attempt

    async def _send_due(self, now: float) -> None:
        with suppress(StoreUnavailable):  # what cannot be taken, or reported, is taken again when the store is back
            await self._send_all(now)

    async def _send_all(self, now: float) -> None:
        begun = await self._begin_due(now)
        self._expect(await self._store.next_delivery_due())
        if self._clock.stands_still:
            self._waiting += begun
            async with self._turn:
                await self._catch_up()
        else:  # one slow receiver does not hold up the others
            await asyncio.gather(*map(self._deliver, begun))

    async def _begin_due(self, now: float) -> list[DeliveryAttempt]:
        """The attempts that are due by now, each at its own time where the clock stands."""
        still, begun = self._clock.stands_still, []
        for delivery in await self._store.take_due_deliveries(now):
            due = now if delivery.due is None or not still else delivery.due
            begun.append(await self._begun(delivery, due))
        return [attempt for attempt in begun if attempt is not None]

    async def _catch_up(self) -> None:
        """Make what waits in the order of time, so that what is repeated is repeated exactly.

        What follows from it is done at its own time too, however far the clock has jumped.
        """
        while self._waiting:
            self._waiting.sort(key=lambda attempt: (attempt.started, attempt.place.number))
            await self._deliver(self._waiting.pop(0))
            self._waiting += await self._begin_due(self._clock.now())

    async def recorded(self) -> None:
        """Return when another attempt has been recorded."""
        await self._changed.wait()

    async def _begun(self, delivery: WebhookDelivery, now: float) -> DeliveryAttempt | None:
        """What is sent, with its place in the journal: both depend on when it is due, not on how long others take."""
        template, task = self.template(delivery), await self._store.task_by_token(delivery.token)
        if task is None or template is None:
            await self._store.finish_delivery(delivery)
            return None  # forgotten by a reset, or served no more
        late = 0.0 if delivery.begun else lateness(delivery.fault, *self._seed_of(delivery))
        delivery = replace(delivery, begun=True)
        if late:
            await self.add(delivery, now + late)
            return None
        attempt = DeliveryAttempt(delivery, template, task.id, now)
        attempt.place = await self._journal.arrive(partial(self._exchange, attempt), lasting=True)
        try:
            attempt.here = self._permit(delivery, template)
            request = await self.written(template, delivery, task, now)
            attempt.request = replace(request, headers=(*credentials_of(delivery.url), *request.headers))
        except WebhookRefused as error:
            attempt.problem = f"not sent: {error}"
        return attempt

    def _seed_of(self, delivery: WebhookDelivery) -> tuple[object, ...]:
        return self.seed, self._clock.started, delivery.token

    async def _deliver(self, attempt: DeliveryAttempt) -> None:
        delivery, request, callback = attempt.delivery, attempt.request, attempt.template.callback
        if request is None:
            return await self._end(attempt, "not sent")
        try:
            attempt.reply = await post(delivery.url, request.headers, request.body, callback.timeout, here=attempt.here)
        except TimeoutError:
            attempt.problem = f"no response within {callback.timeout:g} seconds"
        except OSError as error:
            attempt.problem = f"not delivered: {error.strerror or error}"
        retries = callback.retries[delivery.attempt - 1 :]
        if _ends_delivery(callback, attempt.reply.status):
            seconds = None if delivery.echo else echo(delivery.fault, *self._seed_of(delivery))
            if seconds is None:
                return await self._end(attempt, "delivered")
            await self._record(attempt, "delivered")
            await self._schedule_next(attempt, replace(delivery, attempt=1, echo=True), seconds)
        elif retries:
            await self._record(attempt, "retried")
            await self._schedule_next(attempt, replace(delivery, attempt=delivery.attempt + 1), retries[0])
        else:
            await self._end(attempt, "given up")
        return None

    async def _end(self, attempt: DeliveryAttempt, outcome: str) -> None:
        """Record the last attempt of a callback: nobody has to send it any more."""
        await self._record(attempt, outcome)
        await self._store.finish_delivery(attempt.delivery)

    async def written(
        self, template: WebhookTemplate, delivery: WebhookDelivery, task: Task, now: float
    ) -> WebhookRequest:
        """The request of one attempt. Raises WebhookRefused."""
        name = delivery.fault.fault if delivery.fault else ""
        if name == LOST:
            raise WebhookRefused(f"the fault {LOST} was applied")
        return await template.written(task, delivery.base, now, delivery.state, forged=name == FORGED)

    async def _schedule_next(self, attempt: DeliveryAttempt, delivery: WebhookDelivery, seconds: float) -> None:
        """Let another attempt follow, so many seconds after this one was due and answered."""
        due = attempt.delivery.due
        since = attempt.started if due is None else due
        await self.add(delivery, since + self._lasted(attempt) + seconds)

    def _lasted(self, attempt: DeliveryAttempt) -> float:
        """Seconds since its beginning; a standing clock is not moved by it, whoever else moves it meanwhile."""
        return 0.0 if self._clock.stands_still else self._clock.now() - attempt.started

    def _permit(self, delivery: WebhookDelivery, template: WebhookTemplate) -> bool:
        """Whether it stays on this machine. Raises WebhookRefused where it may not go."""
        receiver = self._receivers.get(delivery.vendor)
        try:
            here, origin = is_loopback(delivery.url), origin_of(delivery.url)
        except ValueError as error:
            raise WebhookRefused(f"{delivery.url!r} is not an address: {error}") from None
        if here and urlsplit(delivery.url).port in self.own_ports:
            raise WebhookRefused(f"{origin} is the mock itself, which accepts no callbacks")
        if receiver and template.callback.same_origin and not receiver.has(origin):
            raise WebhookRefused(
                f"{origin} is not the origin of the webhook, {receiver.origin}, which the contract requires"
            )
        if (here and self.is_local) or (receiver and receiver.has(origin)):
            return here
        where = "of this machine, and other machines reach the mock" if here else "not this machine"
        raise WebhookRefused(f"{origin} is {where}; allow it with --webhook {delivery.vendor}={origin}")

    async def _record(self, attempt: DeliveryAttempt, outcome: str) -> None:
        exchange = self._exchange(attempt).noted(outcome=outcome)
        over = wire_exchange(exchange, self.secret(attempt.delivery.vendor) or "")
        await self._journal.record(over, attempt.place)
        self._changed.set()
        self._changed = asyncio.Event()

    def _exchange(self, attempt: DeliveryAttempt) -> Exchange:
        delivery, request, reply = attempt.delivery, attempt.request or WebhookRequest((), b""), attempt.reply
        note = {**attempt.template.note, "task": attempt.task, "attempt": str(delivery.attempt)}
        if delivery.state:
            note["state"] = delivery.state
        if delivery.fault:
            note["fault"] = delivery.fault.fault
        if attempt.problem:
            note["problem"] = attempt.problem
        return Exchange(
            started=attempt.started,
            method="POST",
            url=delivery.url,
            request_headers=request.headers,
            request_body=request.body,
            status=reply.status,
            response_headers=reply.headers,
            response_body=reply.body,
            duration=self._lasted(attempt),
            note=note,
        )


def _ends_delivery(callback: Callback, status: int) -> bool:
    """Whether a response ends the delivery."""
    return bool(status) and not set(status_keys(status)).isdisjoint(callback.taken)
