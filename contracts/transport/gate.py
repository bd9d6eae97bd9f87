"""How fast requests may start, and how many may be under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil

from pixpact.wire.clock import Clock

POLITE = 1.0
"""Requests per second to a target that is not loopback, unless told otherwise."""
_AT_ONCE = 2
_AT_ONCE_HERE = 8


def at_once(live: bool, rate: float | None) -> int:
    """How many requests may be under way: to a live target two, or as many as start within a second."""
    return max(_AT_ONCE, ceil(rate or POLITE)) if live else _AT_ONCE_HERE


class RequestGate:
    """Lets requests through: `rate` per second (None: any), `concurrency` at a time."""

    def __init__(self, clock: Clock, rate: float | None, concurrency: int) -> None:
        if rate is not None and not rate > 0:
            raise ValueError(f"the rate must be above 0 requests a second: got {rate}")
        if concurrency < 1:
            raise ValueError(f"at least one request must be allowed at a time: got {concurrency}")
        self._clock = clock
        self._apart = 1 / rate if rate else 0.0
        self._next = 0.0
        self._places = asyncio.Semaphore(concurrency)

    @classmethod
    def towards(cls, live: bool, clock: Clock, rate: float | None, concurrency: int | None) -> RequestGate:
        """The gate to a target: a polite one if it is live and nothing else is said."""
        if not live:
            return cls(clock, rate, concurrency or at_once(live, rate))
        return cls(clock, POLITE if rate is None else rate, concurrency or at_once(live, rate))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Wait until one more may start; it counts as under way until the block ends."""
        async with self._places:
            if self._apart:
                now = self._clock.now()
                start = max(now, self._next)
                self._next = start + self._apart
                if start > now:
                    await self._clock.sleep(start - now)
            yield
