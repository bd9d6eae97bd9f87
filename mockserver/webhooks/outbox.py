"""What the mock sends by itself: callbacks of tasks that came to their outcome, when the clock passes it.

On a standing clock that is when the clock is moved, under true time when a timer ends, and where a task ends at a
look, at that look. Retries are due by the same clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import urlsplit

from pixpact.mockserver.core.observable_clock import ObservableClock
from pixpact.mockserver.state.journal import ExchangeJournal, JournalPlace
from pixpact.mockserver.state.store import Store, Task, WebhookDelivery
from pixpact.mockserver.webhooks.http import WebhookReply, is_loopback, post
from pixpact.specs.contract.model import Callback
from pixpact.wire.exchange import Exchange

Headers = tuple[tuple[str, str], ...]


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


class Webhook(Protocol):
    """A callback of a contract, as its outbox knows it: who it is from, what it says, and when it is said again."""

    @property
    def note(self) -> Mapping[str, str]:
        """What the journal says of each attempt."""

    @property
    def callback(self) -> Callback:
        """Its statement: answers that end it, time-out, retries, where it may go."""

    async def written(self, task: Task, base: str, now: float) -> WebhookRequest:
        """The letter of an attempt. Raises Unsendable."""


@dataclass(slots=True)
class DeliveryAttempt:
    """One attempt under way: of the task with this id, begun then. `letter` is None where it is not sent at all."""

    delivery: WebhookDelivery
    notice: Webhook
    task: str
    started: float
    place: JournalPlace
    here: bool = False
    letter: WebhookRequest | None = None
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
        self, clock: ObservableClock, store: Store, journal: ExchangeJournal, receivers: Mapping[str, WebhookReceiver]
    ) -> None:
        self._clock = clock
        self._store = store
        self._journal = journal
        self._receivers = receivers
        self._notices: dict[tuple[str, str, str], Webhook] = {}
        self._next: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._closed = False

    def secret(self, vendor: str) -> str | None:
        """The secret that a vendor's callbacks are signed with."""
        found = self._receivers.get(vendor)
        return found.secret if found else None

    def serve(self, contract: str, operation: str, notice: Webhook) -> None:
        """Know what a callback of an operation says."""
        self._notices[contract, operation, notice.callback.name] = notice

    def notice(self, delivery: WebhookDelivery) -> Webhook | None:
        """What is served as the callback of a delivery; None where it is served no more."""
        return self._notices.get((delivery.contract, delivery.operation, delivery.callback))

    async def add(self, delivery: WebhookDelivery, due: float | None) -> None:
        """Send it when the clock comes to `due`; None: when its task is completed by a poll."""
        await self._store.post(delivery, due)
        self._expect(due)

    async def completed(self) -> None:
        """A task was completed by a poll: send what waited for it."""
        self._expect(await self._store.next_due())

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
        if self._next is not None and not self._clock.standing:
            self._timer = loop.call_later(max(self._next - now, 0.001), self.wake)

    async def settled(self) -> None:
        """Return when everything that is due by now has been sent and answered, or given up."""
        self.wake()
        while self._sending:
            await asyncio.wait(self._sending)

    def close(self) -> None:
        """Send nothing more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for sending in self._sending:
            sending.cancel()

    # ------------------------------------------------------------------ one attempt

    async def _send_due(self, now: float) -> None:
        attempts = [it for delivery in await self._store.take_due(now) if (it := await self._begun(delivery, now))]
        self._expect(await self._store.next_due())
        if not self._clock.standing:  # one slow receiver does not hold up the others
            await asyncio.gather(*map(self._made, attempts))
            return
        for attempt in attempts:  # in order: what is repeated is repeated exactly
            await self._made(attempt)

    async def _begun(self, delivery: WebhookDelivery, now: float) -> DeliveryAttempt | None:
        """What is sent, with its place in the journal: both depend on when it is due, not on how long others take."""
        notice, task = self.notice(delivery), await self._store.by_token(delivery.token)
        if task is None or notice is None:
            return None  # forgotten by a reset, or served no more
        attempt = DeliveryAttempt(delivery, notice, task.id, now, self._journal.keep_place())
        try:
            attempt.here = self._permit(delivery, notice)
            attempt.letter = await self.written(notice, delivery, task, now)
        except WebhookRefused as error:
            attempt.problem = f"not sent: {error}"
        return attempt

    async def _made(self, attempt: DeliveryAttempt) -> None:
        delivery, letter, callback = attempt.delivery, attempt.letter, attempt.notice.callback
        if letter is None:
            return self._record(attempt, WebhookRequest((), b""), WebhookReply(0))
        reply = WebhookReply(0)
        try:
            reply = await post(delivery.url, letter.headers, letter.body, callback.timeout, here=attempt.here)
        except TimeoutError:
            attempt.problem = f"no response within {callback.timeout:g} seconds"
        except OSError as error:
            attempt.problem = f"not delivered: {error.strerror or error}"
        self._record(attempt, letter, reply)
        if not _takes(callback, reply.status):
            await self._again(attempt, callback.retries[delivery.attempt - 1 :])
        return None

    async def written(self, notice: Webhook, delivery: WebhookDelivery, task: Task, now: float) -> WebhookRequest:
        """The letter of one attempt. Raises Unsendable."""
        return await notice.written(task, delivery.base, now)

    async def _again(self, attempt: DeliveryAttempt, retries: Sequence[float]) -> None:
        if retries:
            delivery = replace(attempt.delivery, attempt=attempt.delivery.attempt + 1)
            await self.add(delivery, attempt.started + self._lasted(attempt) + retries[0])

    def _lasted(self, attempt: DeliveryAttempt) -> float:
        """Seconds since its beginning; a standing clock is not moved by it, whoever else moves it meanwhile."""
        return 0.0 if self._clock.standing else self._clock.now() - attempt.started

    def _permit(self, delivery: WebhookDelivery, notice: Webhook) -> bool:
        """Whether it stays on this machine. Raises Unsendable where it may not go."""
        receiver = self._receivers.get(delivery.vendor)
        try:
            here, origin = is_loopback(delivery.url), origin_of(delivery.url)
        except ValueError as error:
            raise WebhookRefused(f"{delivery.url!r} is no address: {error}") from None
        if receiver and notice.callback.same_origin and not receiver.has(origin):
            raise WebhookRefused(
                f"{origin} is not the origin of the webhook, {receiver.origin}, as the contract asks for"
            )
        if here or (receiver and receiver.has(origin)):
            return here
        raise WebhookRefused(f"{origin} is not this machine; allow it with --webhook {delivery.vendor}={origin}")

    def _record(self, attempt: DeliveryAttempt, letter: WebhookRequest, reply: WebhookReply) -> None:
        delivery = attempt.delivery
        note = {**attempt.notice.note, "task": attempt.task, "attempt": str(delivery.attempt)}
        if attempt.problem:
            note["problem"] = attempt.problem
        exchange = Exchange(
            started=attempt.started,
            method="POST",
            url=delivery.url,
            request_headers=letter.headers,
            request_body=letter.body,
            status=reply.status,
            response_headers=reply.headers,
            response_body=reply.body,
            duration=self._lasted(attempt),
            note=note,
        )
        self._journal.add(exchange, self.secret(delivery.vendor) or "", attempt.place)


def _takes(callback: Callback, status: int) -> bool:
    """Whether a response ends the delivery."""
    return bool(status) and any(it in (str(status), f"{status // 100}XX", "default") for it in callback.taken)
