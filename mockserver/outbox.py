"""What the mock sends by itself: callbacks of tasks that came to their outcome, when the clock passes it.

On a standing clock that is when the clock is moved, under true time when a timer ends, and where a task ends at a
look, at that look. Retries are due by the same clock.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from pixpact.mockserver.journal import Journal
from pixpact.mockserver.posting import Reply, post
from pixpact.mockserver.store import Store
from pixpact.mockserver.ticking import Ticking
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


@dataclass(frozen=True, slots=True)
class Delivery:
    """One callback of one task. `write` makes the letter of an attempt; `takes` tells whether a status ends it."""

    token: str
    vendor: str
    url: str
    write: Callable[[float], Awaitable[Letter]]
    takes: Callable[[int], bool]
    timeout: float
    retries: tuple[float, ...]
    note: Mapping[str, str]
    attempt: int = 1


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
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine by its very text; no name is looked up."""
    host = (urlsplit(url).hostname or "").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Outbox:
    """The deliveries to come."""

    def __init__(self, clock: Ticking, store: Store, journal: Journal, receivers: Mapping[str, Receiver]) -> None:
        self._clock = clock
        self._store = store
        self._journal = journal
        self._receivers = receivers
        self._numbers = itertools.count()
        self._due: list[tuple[float, int, Delivery]] = []
        self._at_look: dict[str, list[Delivery]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._closed = False

    def secret(self, vendor: str) -> str | None:
        """The secret that a vendor's callbacks are signed with."""
        found = self._receivers.get(vendor)
        return found.secret if found else None

    def add(self, delivery: Delivery, due: float | None) -> None:
        """Send it when the clock comes to `due`; None: when its task is completed by a look."""
        if due is None:
            self._at_look.setdefault(delivery.token, []).append(delivery)
        else:
            heapq.heappush(self._due, (due, next(self._numbers), delivery))
            self.wake()

    def completed(self, token: str) -> None:
        """A task was completed by a look: send what waits for it."""
        for delivery in self._at_look.pop(token, ()):
            self.add(delivery, self._clock.now())

    def wake(self) -> None:
        """Begin to send what is due; where no event loop runs, the next call does."""
        if not self._due or self._closed:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        now = self._clock.now()
        due = []
        while self._due and self._due[0][0] <= now:
            due.append(heapq.heappop(self._due)[2])
        if due:
            sending = loop.create_task(self._send_all(due))
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)
        self._arm(loop, now)

    def _arm(self, loop: asyncio.AbstractEventLoop, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if self._due and not self._clock.standing:
            self._timer = loop.call_later(max(self._due[0][0] - now, 0.001), self.wake)

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

    async def _send_all(self, deliveries: Iterable[Delivery]) -> None:
        if not self._clock.standing:  # one slow receiver does not hold up the others
            await asyncio.gather(*(self._attempt(delivery) for delivery in deliveries))
            return
        for delivery in deliveries:  # in order: what is repeated is repeated exactly
            await self._attempt(delivery)

    async def _attempt(self, delivery: Delivery) -> None:
        if await self._store.by_token(delivery.token) is None:
            return  # forgotten by a reset
        started, letter, reply, problem = self._clock.now(), Letter((), b""), Reply(0), ""
        try:
            self._permit(delivery)
            letter = await delivery.write(started)
            reply = await post(delivery.url, letter.headers, letter.body, delivery.timeout)
        except Unsendable as error:
            problem = f"not sent: {error}"
        except TimeoutError:
            problem = f"no answer within {delivery.timeout:g} seconds"
        except OSError as error:
            problem = f"not delivered: {error.strerror or error}"
        self._record(delivery, started, letter, reply, problem)
        taken = reply.status != 0 and delivery.takes(reply.status)
        if not taken and not problem.startswith("not sent") and delivery.retries:
            again = replace(delivery, retries=delivery.retries[1:], attempt=delivery.attempt + 1)
            self.add(again, self._clock.now() + delivery.retries[0])

    def _permit(self, delivery: Delivery) -> None:
        receiver = self._receivers.get(delivery.vendor)
        try:
            here, origin = is_loopback(delivery.url), origin_of(delivery.url)
        except ValueError as error:
            raise Unsendable(f"{delivery.url!r} is no address: {error}") from None
        if here or (receiver and receiver.origin == origin):
            return
        raise Unsendable(f"{origin} is not this machine; allow it with --webhook {delivery.vendor}={origin}")

    def _record(self, delivery: Delivery, started: float, letter: Letter, reply: Reply, problem: str) -> None:
        note = {**delivery.note, "attempt": str(delivery.attempt)}
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
