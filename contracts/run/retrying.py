"""Sends again what a busy server turned away, and what is free and was lost on its way.

What a paid request may have bought is never asked for twice: it goes out again only where the server took nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pixpact.contracts.limits.backoff import is_busy, is_passing, pause, retry_after
from pixpact.contracts.transport.transport import RequestSender
from pixpact.wire.clock import Clock
from pixpact.wire.exchange import Exchange

_MOST_TRIES = 6
"""Tries of one request while the server does not say how long it will be busy."""
_LOST = 2
"""Tries of a free request that gets no response."""


@dataclass(slots=True)
class RetryingSender:
    """Requests that are sent again, within a time."""

    transport: RequestSender
    clock: Clock
    seen: Callable[[Exchange], None]
    """What becomes of a response that is not the last one."""
    counts: Counter[str] = field(default_factory=Counter)
    """Why requests were sent again, and how often."""

    async def sent(self, attempt: Callable[[], Awaitable[Exchange]], seconds: float, *, free: bool) -> Exchange:
        """The last exchange of as many attempts as it takes, or as fit into so many seconds.

        `free`: whether a request that got no response may be sent again. The number of tries stands in the note
        where there were several.
        """
        until, tries = self.clock.now() + seconds, 0
        while True:
            exchange = await attempt()
            tries += 1
            wait = pause(exchange, tries)
            if not _is_worth(exchange, tries, free) or self.clock.now() + wait > until:
                return exchange if tries == 1 else exchange.noted(tries=str(tries))
            self.again(exchange)
            if exchange.status == 429:
                self.transport.slow_down(wait)
            await self.clock.sleep(wait)

    def again(self, exchange: Exchange) -> None:
        """A request is sent once more, for what became of this one."""
        reason = exchange.note.get("fault") or str(exchange.status)
        self.counts[reason] += 1
        self.seen(exchange.noted(again=reason))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was sent again, a sentence for each reason."""
        return tuple(
            f"{count} request{'s were' if count != 1 else ' was'} sent again after {reason}"
            for reason, count in sorted(self.counts.items())
        )


def _is_worth(exchange: Exchange, tries: int, free: bool) -> bool:
    """Whether a request should be sent once more."""
    if is_busy(exchange):
        # A 503 that names no time may have come after the work was taken on.
        took_nothing = free or exchange.status == 429 or retry_after(exchange) is not None
        return took_nothing and (tries < _MOST_TRIES or retry_after(exchange) is not None)
    if not is_passing(exchange) or tries >= _LOST:
        return False
    return (free and "fault" in exchange.note) or exchange.note.get("sent") == "no"
