"""The one place that knows what time it is.

Times are seconds since the epoch (float, UTC), durations are seconds. A clock is an argument of everything that
asks for the time, so that a jump of 25 hours is one assignment.
"""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime
from typing import Protocol

_AMOUNT = r"(\d+(?:\.\d+)?)"
_DURATION = re.compile(rf"P(?:{_AMOUNT}W)?(?:{_AMOUNT}D)?(?:T(?=\d)(?:{_AMOUNT}H)?(?:{_AMOUNT}M)?(?:{_AMOUNT}S)?)?")
_OF_PARTS = (604_800.0, 86_400.0, 3600.0, 60.0, 1.0)
_SECONDS = re.compile(r"\d+(?:\.\d+)?")
_SHORT = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Clock(Protocol):
    """What time it is, and how to wait."""

    @property
    def standing(self) -> bool:
        """Whether only `advance` moves the time."""

    @property
    def started(self) -> float:
        """When this clock began to be used."""

    def now(self) -> float:
        """The present time."""

    def advance(self, seconds: float) -> None:
        """Move the time forward at once. Raises ValueError for a negative number."""

    async def sleep(self, seconds: float) -> None:
        """Return when the time has moved on by `seconds`, by itself or by `advance`, or when `release` is called."""

    def release(self) -> None:
        """Let every sleeper go, now and from now on: the program is about to end."""

    def stand(self, still: bool) -> None:
        """Let the time stand still until it is advanced, or run on; a clock that cannot run stays as it is."""


def true_time() -> float:
    """What this machine takes for the present time, corrections of it included: what machines have in common."""
    return time.time()


class SystemClock:
    """True time, plus what it was advanced by."""

    def __init__(self) -> None:
        self.standing = False
        self._offset = time.time() - time.monotonic()
        """What is added to the time that the machine counts."""
        self._stood = 0.0
        self._released = False
        self._advanced = asyncio.Event()
        self.started = self.now()

    def now(self) -> float:
        """The machine's time plus everything it was advanced by, less the time that it stood still.

        It goes on from when this clock began by what the machine counts: no correction of its time turns us back.
        """
        return self._stood if self.standing else time.monotonic() + self._offset

    def advance(self, seconds: float) -> None:
        """Move ahead and wake whoever sleeps; call it in the event loop that the sleepers use."""
        self._offset += _forward(seconds)
        self._stood += seconds
        self._wake()

    def release(self) -> None:
        """Let every sleeper go, now and from now on."""
        self._released = True
        self._wake()

    def _wake(self) -> None:
        self._advanced.set()
        self._advanced = asyncio.Event()

    def stand(self, still: bool) -> None:
        """Stand still at the present time, or run on from there; whoever sleeps meanwhile is let go."""
        if still != self.standing:
            now, self.standing = self.now(), still
            self._stood, self._offset = now, now - time.monotonic()
            self._wake()

    async def sleep(self, seconds: float) -> None:
        """Wait in real time, less whatever is advanced meanwhile; while the time stands, whoever waits moves it."""
        if self.standing:
            return self.advance(seconds)
        until = self.now() + seconds
        while not (self._released or self.standing) and (rest := until - self.now()) > 0:
            try:
                await asyncio.wait_for(self._advanced.wait(), rest)
            except TimeoutError:
                return None
        return None


class ManualClock:
    """Time that stands still until it is advanced."""

    standing = True

    def __init__(self, start: float) -> None:
        self.started = start
        self._now = start

    def now(self) -> float:
        """The start plus everything it was advanced by."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move ahead."""
        self._now += _forward(seconds)

    async def sleep(self, seconds: float) -> None:
        """Whoever waits on a standing clock moves it: the wait is over at once, and the time has passed."""
        self.advance(seconds)

    def release(self) -> None:
        """Nobody sleeps on a standing clock."""

    def stand(self, still: bool) -> None:
        """It always stands."""


def _forward(seconds: float) -> float:
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"time only moves forward, by a finite number of seconds: got {seconds}")
    return seconds


def duration(text: str) -> float:
    """Seconds of `90`, `1.5`, `25h`, `10ms` or an ISO 8601 duration such as `PT25H`, `P1DT2H`, `PT0.5H` or `P2W`.

    Raises ValueError naming the text. Years and months are not durations of a known length.
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    if short := _SHORT.fullmatch(text):
        return float(short[1]) * _UNITS[short[2]]
    parts = _DURATION.fullmatch(text.replace(",", "."))
    given = list(zip(parts.groups(), _OF_PARTS, strict=True)) if parts else []
    numbers = [(number, unit) for number, unit in given if number is not None]
    if not numbers or any("." in number for number, _ in numbers[:-1]):  # only the last may have a fraction
        raise ValueError(f"{text!r} is not a duration: write seconds (90), 25h, or ISO 8601 (PT25H)")
    return sum(float(number) * unit for number, unit in numbers)


def parse_instant(written: float | str | datetime | None) -> float | None:
    """Seconds since the epoch; a text is ISO 8601, UTC unless it says otherwise. Raises ValueError."""
    if written is None or isinstance(written, (int, float)):
        return written
    try:
        moment = datetime.fromisoformat(written) if isinstance(written, str) else written
    except ValueError:
        raise ValueError(f"{written!r} is not an ISO 8601 time, such as 2026-01-01T00:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
