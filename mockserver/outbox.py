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

from pixpact.mockserver.journal import Journal
from pixpact.mockserver.posting import Reply, is_loopback, post
from pixpact.mockserver.store import Delivery, Store, Task
from pixpact.mockserver.ticking import Ticking
from pixpact.specs.model import Callback
from pixpact.wire.exchange import Exchange

Headers = tuple[tuple[str, str], ...]


class Unsendable(Exception):
    """Why a callback is not sent at all."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who gets a vendor's callbacks beside this machine: an origin such as `https://dev.example`, and its secret."""

    origin: str
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """What one attempt sends."""

    headers: Headers
    body: bytes


class Notice(Protocol):
    """A callback of a contract, as its outbox knows it: who it is from, what it says, and when it is said again."""

    @property
    def note(self) -> Mapping[str, str]:
        """What the journal says of each attempt."""

    @property
    def callback(self) -> Callback:
        """Its statement: answers that end it, time-out, retries, where it may go."""

    async def written(self, task: Task, base: str, now: float) -> Letter:
        """The letter of an attempt. Raises Unsendable."""


def receiver(text: str) -> tuple[str, Receiver]:
    """`VENDOR=ORIGIN[,SECRET]` → (vendor, receiver). Raises ValueError that names no secret."""
    vendor, equals, rest = text.partition("=")
    origin, _, secret = rest.partition(",")
    try:
        parts = urlsplit(origin)
        right = parts.scheme in ("http", "https") and parts.hostname and parts.path in ("", "/") and not parts.query
        port = parts.port
    except ValueError:
        right, port = None, None
    if not (vendor and equals and right) or port == 0:
        raise ValueError("write VENDOR=ORIGIN[,SECRET], such as toy=https://dev.example,SECRET")
    return vendor, Receiver(origin_of(origin), secret or None)


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL (RFC 6454), the usual ports written out."""
    parts = urlsplit(url)
    port, host = parts.port or (443 if parts.scheme == "https" else 80), parts.hostname or ""
    return f"{parts.scheme}://[{host}]:{port}" if ":" in host else f"{parts.scheme}://{host.lower()}:{port}"


class Outbox:
    """Sends the callbacks that the store holds, when they are due."""

    def __init__(self, clock: Ticking, store: Store, journal: Journal, receivers: Mapping[str, Receiver]) -> None:
        self._clock = clock
        self._store = store
        self._journal = journal
        self._receivers = receivers
        self._notices: dict[tuple[str, str, str], Notice] = {}
        self._next: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._closed = False

    def secret(self, vendor: str) -> str | None:
        """The secret that a vendor's callbacks are signed with."""
        found = self._receivers.get(vendor)
        return found.secret if found else None

    def serve(self, contract: str, operation: str, notice: Notice) -> None:
        """Know what a callback of an operation says."""
        self._notices[contract, operation, notice.callback.name] = notice

    def notice(self, delivery: Delivery) -> Notice | None:
        """What is served as the callback of a delivery; None where it is served no more."""
        return self._notices.get((delivery.contract, delivery.operation, delivery.callback))

    async def add(self, delivery: Delivery, due: float | None) -> None:
        """Send it when the clock comes to `due`; None: when its task is completed by a look."""
        await self._store.post(delivery, due)
        self._expect(due)

    async def completed(self) -> None:
        """A task was completed by a look: send what waited for it."""
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
        due = await self._store.take_due(now)
        self._expect(await self._store.next_due())
        if not self._clock.standing:  # one slow receiver does not hold up the others
            await asyncio.gather(*(self._attempt(delivery) for delivery in due))
            return
        for delivery in due:  # in order: what is repeated is repeated exactly
            await self._attempt(delivery)

    async def _attempt(self, delivery: Delivery) -> None:
        notice, task = self.notice(delivery), await self._store.by_token(delivery.token)
        if task is None or notice is None:
            return  # forgotten by a reset, or served no more
        started, letter, reply, problem = self._clock.now(), Letter((), b""), Reply(0), ""
        try:
            here = self._permit(delivery, notice)
            letter = await self.written(notice, delivery, task, started)
            timeout = notice.callback.timeout
            reply = await post(delivery.url, letter.headers, letter.body, timeout, here=here)
        except Unsendable as error:
            problem = f"not sent: {error}"
        except TimeoutError:
            problem = f"no answer within {notice.callback.timeout:g} seconds"
        except OSError as error:
            problem = f"not delivered: {error.strerror or error}"
        self._record(delivery, notice, task.id, started, letter, reply, problem)
        if not problem.startswith("not sent") and not _takes(notice.callback, reply.status):
            await self._again(delivery, notice.callback.retries[delivery.attempt - 1 :])

    async def written(self, notice: Notice, delivery: Delivery, task: Task, now: float) -> Letter:
        """The letter of one attempt. Raises Unsendable."""
        return await notice.written(task, delivery.base, now)

    async def _again(self, delivery: Delivery, retries: Sequence[float]) -> None:
        if retries:
            await self.add(replace(delivery, attempt=delivery.attempt + 1), self._clock.now() + retries[0])

    def _permit(self, delivery: Delivery, notice: Notice) -> bool:
        """Whether it stays on this machine. Raises Unsendable where it may not go."""
        receiver = self._receivers.get(delivery.vendor)
        try:
            here, origin = is_loopback(delivery.url), origin_of(delivery.url)
        except ValueError as error:
            raise Unsendable(f"{delivery.url!r} is no address: {error}") from None
        if receiver and notice.callback.same_origin and receiver.origin != origin:
            raise Unsendable(f"{origin} is not the origin of the webhook, {receiver.origin}, as the contract asks for")
        if here or (receiver and receiver.origin == origin):
            return here
        raise Unsendable(f"{origin} is not this machine; allow it with --webhook {delivery.vendor}={origin}")

    def _record(
        self,
        delivery: Delivery,
        notice: Notice,
        task: str,
        started: float,
        letter: Letter,
        reply: Reply,
        problem: str,
    ) -> None:
        note = {**notice.note, "task": task, "attempt": str(delivery.attempt)}
        if problem:
            note["problem"] = problem
        exchange = Exchange(
            started=started,
            method="POST",
            url=delivery.url,
            request_headers=letter.headers,
            request_body=letter.body,
            status=reply.status,
            response_headers=reply.headers,
            response_body=reply.body,
            duration=self._clock.now() - started,
            note=note,
        )
        self._journal.add(exchange, self.secret(delivery.vendor) or "")


def _takes(callback: Callback, status: int) -> bool:
    """Whether an answer ends the delivery."""
    return bool(status) and any(it in (str(status), f"{status // 100}XX", "default") for it in callback.taken)
