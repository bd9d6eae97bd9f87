"""The one moment that all processes of a shared store live in, and each one's clock that follows it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

_SYNC_SECONDS = 0.25
"""Seconds until a clock on which somebody waits looks whether another process has moved it."""


@dataclass(frozen=True, slots=True)
class SharedMoment:
    """A clock as it is written down: true time plus `ahead`; where it stands, `stood` in the place of true time.

    `started` is when it began, `fixed` whether it can never run, `pace` how fast tasks live from now on.
    """

    started: float
    pace: str
    ahead: float = 0.0
    stood: float | None = None
    fixed: bool = False

    def at(self, true_time: float) -> float:
        """What it says at a true time."""
        return (true_time if self.stood is None else self.stood) + self.ahead

    def begun_again(self, true_time: float) -> SharedMoment:
        """The same moment in a store that has lost everything: other names are given from now on."""
        return self if self.fixed else replace(self, started=self.at(true_time))

    def standing_still(self, still: bool, true_time: float) -> SharedMoment:
        """The same moment, from which on the time stands or runs."""
        if self.fixed or still == (self.stood is not None):
            return self
        now, stood = self.at(true_time), true_time if still else None
        return replace(self, stood=stood, ahead=now - true_time)


class StoredClock:
    """A clock that goes as its store says. `sync` reads the store, and lets the clock follow it."""

    def __init__(self, moment: SharedMoment, true_time: Callable[[], float]) -> None:
        self.moment = moment
        self.sync: Callable[[], Awaitable[None]] = _nowhere
        self._true = true_time
        self._released = False
        self._moved = asyncio.Event()

    @property
    def started(self) -> float:
        """When the clock of this store began."""
        return self.moment.started

    @property
    def stands_still(self) -> bool:
        """Whether only `advance` moves the time."""
        return self.moment.stood is not None

    def now(self) -> float:
        """The present time."""
        return self.moment.at(self._true())

    def follow(self, moment: SharedMoment) -> bool:
        """Go as the store says from now on; whether that is news."""
        if moment == self.moment:
            return False
        self.moment = moment
        self._wake()
        return True

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    def advance(self, seconds: float) -> None:
        """Only its store can move it. Raises RuntimeError."""
        raise RuntimeError(f"this clock is shared: await the store's advance({seconds:g}) instead")

    def stand(self, still: bool) -> None:
        """Only its store can let it stand. Raises RuntimeError."""
        raise RuntimeError(f"this clock is shared: await the store's stand({still}) instead")

    async def sleep(self, seconds: float) -> None:
        """Wait in true time, less whatever any process advances the clock by meanwhile."""
        until = self.now() + seconds
        while not (self._released or self.stands_still) and (rest := until - self.now()) > 0:
            try:
                await asyncio.wait_for(self._moved.wait(), min(rest, _SYNC_SECONDS))
            except TimeoutError:
                await self.sync()

    def release(self) -> None:
        """Let every sleeper go, now and from now on."""
        self._released = True
        self._wake()


async def _nowhere() -> None:
    """Read no store."""
