"""Retries requests that a busy server refused, and free requests that were lost.

A request that may have cost something is retried only if the server certainly did not accept it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pixpact.contracts.limits.backoff import is_busy, is_transient, retry_after, retry_delay
from pixpact.contracts.transport.transport import RequestSender
from pixpact.wire.clock import Clock
from pixpact.wire.exchange import Exchange

_MOST_TRIES = 6
"""Tries of a request while the server does not say when to retry."""
_LOST = 2
"""Tries of a free request that gets no response."""


@dataclass(slots=True)
class RetryingSender:
    """Sends requests with retries."""

    transport: RequestSender
    clock: Clock
    seen: Callable[[Exchange], None]
    """Called with each response that is followed by a retry."""
    counts: Counter[str] = field(default_factory=Counter)
    """Reason of a retry → how often."""

    async def sent(self, attempt: Callable[[], Awaitable[Exchange]], seconds: float, *, free: bool) -> Exchange:
        """Send until a retry is pointless or does not fit into `seconds`; return the last exchange.

        `free`: whether a request without a response may be retried. The note `tries` has the number of tries if above
        1.
        """
        until, tries = self.clock.now() + seconds, 0
        while True:
            exchange = await attempt()
            tries += 1
            wait = retry_delay(exchange, tries)
            if not _is_worth(exchange, tries, free) or self.clock.now() + wait > until:
                return exchange if tries == 1 else exchange.noted(tries=str(tries))
            self.again(exchange)
            if exchange.status == 429:
                self.transport.slow_down(wait)
            await self.clock.sleep(wait)

    def again(self, exchange: Exchange) -> None:
        """Record that a request is retried because of this exchange."""
        reason = exchange.note.get("fault") or str(exchange.status)
        self.counts[reason] += 1
        self.seen(exchange.noted(again=reason))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was sent again, one sentence for each reason."""
        return tuple(
            f"{count} request{'s were' if count != 1 else ' was'} sent again after {reason}"
            for reason, count in sorted(self.counts.items())
        )


def _is_worth(exchange: Exchange, tries: int, free: bool) -> bool:
    """Whether the request should be sent again."""
    if is_busy(exchange):
        # A server may send 503 without a Retry-After after it has accepted the work.
        took_nothing = free or exchange.status == 429 or retry_after(exchange) is not None
        return took_nothing and (tries < _MOST_TRIES or retry_after(exchange) is not None)
    if not is_transient(exchange) or tries >= _LOST:
        return False
    return (free and "fault" in exchange.note) or exchange.note.get("sent") == "no"
