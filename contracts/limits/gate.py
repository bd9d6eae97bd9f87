"""Limits the rate of requests, and how many are in flight."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil

from pixpact.wire.clock import Clock

POLITE = 1.0
"""Default requests per second to a target that is not loopback."""
_AT_ONCE = 2
_AT_ONCE_HERE = 8
_SLOWER, _FASTER = 2.0, 0.75
_SLOWEST = 10.0
"""Maximum seconds between two requests, however often a server is busy."""
_APART_AT_FIRST = 0.25
_STEADY = 20
"""Consecutive requests that must get through before the rate rises again."""


def max_in_flight(live: bool, rate: float | None) -> int:
    """Maximum number of requests in flight: 2 to a live target, or as many as start in a second; else 8."""
    return max(_AT_ONCE, ceil(rate or POLITE)) if live else _AT_ONCE_HERE


class RequestGate:
    """Lets requests through: `rate` per second (None: unlimited), `concurrency` at a time."""

    def __init__(self, clock: Clock, rate: float | None, concurrency: int) -> None:
        if rate is not None and not rate > 0:
            raise ValueError(f"the rate must be above 0 requests a second: got {rate}")
        if concurrency < 1:
            raise ValueError(f"at least one request must be allowed at a time: got {concurrency}")
        self._clock = clock
        self._apart = self._usual = 1 / rate if rate else 0.0
        self._next = 0.0
        self._slowed_at = 0.0
        self._steady = 0
        self._slots = asyncio.Semaphore(concurrency)

    @classmethod
    def towards(cls, live: bool, clock: Clock, rate: float | None, concurrency: int | None) -> RequestGate:
        """The gate to a target, with defaults that are polite to a live one."""
        if not live:
            return cls(clock, rate, concurrency or max_in_flight(live, rate))
        return cls(clock, POLITE if rate is None else rate, concurrency or max_in_flight(live, rate))

    def slow_down(self, wait: float) -> None:
        """Start no request for `wait` seconds, then half as many per second as before: the server is busy.

        Requests already in flight at the first such response do not halve the rate again.
        """
        now = self._clock.now()
        if now >= self._slowed_at:
            self._apart = min(max(_SLOWER * self._apart, _APART_AT_FIRST), max(_SLOWEST, self._usual))
        self._steady = 0
        self._next = max(self._next, now + wait)
        self._slowed_at = self._next

    def _recover(self) -> None:
        self._steady += 1
        if self._steady >= _STEADY and self._apart > self._usual:
            self._steady, self._apart = 0, max(self._usual, _FASTER * self._apart)
            if self._apart <= _APART_AT_FIRST:
                self._apart = self._usual

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Wait until one more request may start; it is in flight until the block ends."""
        async with self._slots:
            self._recover()
            if self._apart or self._next:
                now = self._clock.now()
                start = max(now, self._next)
                self._next = start + self._apart
                if start > now:
                    await self._clock.sleep(start - now)
            yield
