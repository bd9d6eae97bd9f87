"""A clock that tells when it was moved, so that what is due is sent at once."""

from __future__ import annotations

from collections.abc import Callable

from pixpact.wire.clock import Clock

LATEST = 221_845_392_000.0
"""9000-01-01T00:00:00Z: what is counted on from there still has a date."""


class ObservableClock:
    """Another clock, and who wants to know that it was moved by hand."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.started = clock.started
        self.now: Callable[[], float] = clock.now
        self.moved: list[Callable[[], None]] = []
        self.advanced = 0.0
        """Seconds that it was moved by hand, in all."""

    @property
    def standing(self) -> bool:
        """Whether only `advance` moves the time."""
        return self._clock.standing

    def stand(self, still: bool) -> None:
        """Let the time stand still until it is advanced, or run on."""
        self._clock.stand(still)
        self._report()

    def advance(self, seconds: float) -> None:
        """Move the time forward, and tell. Raises ValueError beyond `LATEST`, where dates end."""
        if self.now() + seconds > LATEST:
            raise ValueError(f"the clock goes to the year 9000 at most; {seconds:g} seconds from now are beyond it")
        self._clock.advance(seconds)
        self.advanced += seconds
        self._report()

    def _report(self) -> None:
        for report in self.moved:
            report()

    async def sleep(self, seconds: float) -> None:
        """Wait; on a standing clock the wait is over at once, and the time has passed."""
        if self.standing:
            self.advance(min(seconds, LATEST - self.now()))
        else:
            await self._clock.sleep(seconds)

    def release(self) -> None:
        """Let every sleeper go, now and from now on."""
        self._clock.release()
