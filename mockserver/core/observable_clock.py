"""A clock that tells when it was moved, so that what is due is sent at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pixpact.wire.clock import Clock

LATEST = 221_845_392_000.0
"""9000-01-01T00:00:00Z: what is counted on from there still has a date."""


class SharedTime(Protocol):
    """Moves the clock of all processes that share it, this one's included."""

    async def advance(self, seconds: float) -> None:
        """Move the time forward for all."""

    async def stand(self, still: bool) -> None:
        """Let the time stand still for all, or run on."""


class ObservableClock:
    """Another clock, and who wants to know that it was moved by hand; `shared` moves that of other processes too."""

    def __init__(self, clock: Clock, shared: SharedTime | None = None) -> None:
        self._clock = clock
        self._shared = shared
        self.now: Callable[[], float] = clock.now
        self.moved: list[Callable[[], None]] = []
        self.advanced = 0.0
        """Seconds that it was moved by hand, in all."""

    @property
    def started(self) -> float:
        """When this clock began to be used."""
        return self._clock.started

    @property
    def stands_still(self) -> bool:
        """Whether only `advance` moves the time."""
        return self._clock.stands_still

    def stand(self, still: bool) -> None:
        """Let the time stand still until it is advanced, or run on."""
        self._clock.stand(still)
        self.report()

    def advance(self, seconds: float) -> None:
        """Move the time forward, and tell. Raises ValueError beyond `LATEST`, where dates end."""
        self._check(seconds)
        self._clock.advance(seconds)
        self.advanced += seconds
        self.report()

    async def forward(self, seconds: float) -> None:
        """Move the time forward for everybody who shares it, and tell. Raises ValueError beyond `LATEST`."""
        if self._shared is None:
            self.advance(seconds)
        else:
            self._check(seconds)
            await self._shared.advance(seconds)
            self.advanced += seconds
            self.report()

    async def hold(self, still: bool) -> None:
        """Let the time stand still for everybody who shares it, or run on."""
        if self._shared is None:
            self.stand(still)
        else:
            await self._shared.stand(still)
            self.report()

    def _check(self, seconds: float) -> None:
        if self.now() + seconds > LATEST:
            raise ValueError(f"the clock goes to the year 9000 at most; {seconds:g} seconds from now is later")

    def report(self) -> None:
        """Tell that the time has moved."""
        for report in self.moved:
            report()

    async def sleep(self, seconds: float) -> None:
        """Wait; on a standing clock the wait is over at once, and the time has passed."""
        if self.stands_still:
            await self.forward(min(seconds, LATEST - self.now()))
        else:
            await self._clock.sleep(seconds)

    def release(self) -> None:
        """Let every sleeper go, now and from now on."""
        self._clock.release()
