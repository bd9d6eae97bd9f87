"""Clocks: the only module that reads the time, and parses times and durations.

Times are seconds since the epoch (float, UTC), durations are seconds. Everything that needs the time gets a clock as an
argument, so that a jump of 25 hours is one assignment.
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
    """A clock: gives the time, and waits."""

    @property
    def stands_still(self) -> bool:
        """Whether the time moves only by `advance`."""

    @property
    def started(self) -> float:
        """The time at which this clock was created."""

    def now(self) -> float:
        """The current time."""

    def advance(self, seconds: float) -> None:
        """Move the time forward. Raises ValueError for a negative number."""

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed, by real time or `advance`, or when `release` is called."""

    def release(self) -> None:
        """Wake all sleepers, now and from now on, because the program is about to end."""

    def stand(self, still: bool) -> None:
        """Stop the time until it is advanced (True), or let it run (False); a clock that cannot run stays stopped."""


def true_time() -> float:
    """The machine's current time, including its corrections: comparable between machines."""
    return time.time()


class SystemClock:
    """A clock with real time, plus what it was advanced by."""

    def __init__(self) -> None:
        self.stands_still = False
        self._offset = time.time() - time.monotonic()
        """What is added to the time that the machine counts."""
        self._stood = 0.0
        self._released = False
        self._advanced = asyncio.Event()
        self.started = self.now()

    def now(self) -> float:
        """The machine's time plus all advances, minus the time that the clock was stopped.

        Later corrections of the machine's time have no effect, so the clock never goes back.
        """
        return self._stood if self.stands_still else time.monotonic() + self._offset

    def advance(self, seconds: float) -> None:
        """Move forward and wake the sleepers; call it in their event loop."""
        self._offset += _forward(seconds)
        self._stood += seconds
        self._wake()

    def release(self) -> None:
        """Wake all sleepers, now and from now on."""
        self._released = True
        self._wake()

    def _wake(self) -> None:
        self._advanced.set()
        self._advanced = asyncio.Event()

    def stand(self, still: bool) -> None:
        """Stop at the current time, or run on from there; current sleepers are woken."""
        if still != self.stands_still:
            now, self.stands_still = self.now(), still
            self._stood, self._offset = now, now - time.monotonic()
            self._wake()

    async def sleep(self, seconds: float) -> None:
        """Wait in real time, less any advance meanwhile; if the clock is stopped, advance it instead."""
        if self.stands_still:
            return self.advance(seconds)
        until = self.now() + seconds
        while not (self._released or self.stands_still) and (rest := until - self.now()) > 0:
            try:
                await asyncio.wait_for(self._advanced.wait(), rest)
            except TimeoutError:
                return None
        return None


class ManualClock:
    """A clock that moves only by `advance`."""

    stands_still = True

    def __init__(self, start: float) -> None:
        self.started = start
        self._now = start

    def now(self) -> float:
        """The start time plus all advances."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward."""
        self._now += _forward(seconds)

    async def sleep(self, seconds: float) -> None:
        """Advance the clock by `seconds` instead of waiting."""
        self.advance(seconds)

    def release(self) -> None:
        """Do nothing: nobody sleeps on a stopped clock."""

    def stand(self, still: bool) -> None:
        """Do nothing: this clock is always stopped."""


def _forward(seconds: float) -> float:
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"time only moves forward, by a finite number of seconds: got {seconds}")
    return seconds


def duration(text: str) -> float:
    """Seconds of `90`, `1.5`, `25h`, `10ms` or an ISO 8601 duration such as `PT25H`, `P1DT2H`, `PT0.5H` or `P2W`.

    Raises ValueError with the text. Years and months have no fixed length, and are not supported.
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
    """Epoch seconds of a number, an ISO 8601 text (UTC by default) or a datetime; None for None. Raises ValueError."""
    if written is None or isinstance(written, (int, float)):
        return written
    try:
        moment = datetime.fromisoformat(written) if isinstance(written, str) else written
    except ValueError:
        raise ValueError(f"{written!r} is not an ISO 8601 time, such as 2026-01-01T00:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
