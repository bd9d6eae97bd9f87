"""How fast the mock's tasks live: the spec's durations, divided, skipped, counted in looks, or moved by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pixpact.specs.dialect.lifecycle import FOREVER, Route, TaskSnapshot, at_poll, at_time, seconds_to_outcome

_SPEED = re.compile(r"([0-9]+(?:\.[0-9]+)?)x")
_POLLS = re.compile(r"polls:([0-9]+)")


@dataclass(frozen=True, slots=True)
class TaskPace:
    """`speed` divides the spec's durations; `polls` counts polls instead; both None: the outcome at once."""

    text: str
    speed: float | None = None
    polls: int | None = None

    @property
    def manual(self) -> bool:
        """Whether only the clock endpoint moves time."""
        return self.text == "manual"

    @property
    def waits(self) -> bool:
        """Whether a synchronous response lets the client wait."""
        return self.speed is not None and not self.manual

    def snapshot(self, route: Route, elapsed: float, poll: int) -> TaskSnapshot:
        """Where a task stands `elapsed` seconds after submission, at its `poll`-th poll."""
        if self.polls is not None:
            return at_poll(route, poll, self.polls)
        return at_time(route, FOREVER if self.speed is None else elapsed * self.speed)

    def duration(self, route: Route) -> float:
        """Seconds from submission to outcome; endless when it depends on polls or never comes."""
        return self.lasts(seconds_to_outcome(route))

    def lasts(self, seconds: float) -> float:
        """The same for a task that comes to its outcome after so many of the spec's seconds, or never."""
        if self.polls is not None or seconds == FOREVER:
            return FOREVER
        return 0.0 if self.speed is None else seconds / self.speed


@dataclass(slots=True)
class CurrentPace:
    """The pace of the tasks that are submitted from now on; those under way keep theirs."""

    pace: TaskPace


def parse(text: str) -> TaskPace:
    """`10x`, `1x`, `instant`, `polls:3` or `manual`. Raises ValueError naming the text."""
    if text == "manual":
        return TaskPace(text, speed=1.0)
    if text == "instant":
        return TaskPace(text)
    if (speed := _SPEED.fullmatch(text)) and float(speed[1]) > 0:
        return TaskPace(text, speed=float(speed[1]))
    if speed := _POLLS.fullmatch(text):
        return TaskPace(text, polls=int(speed[1]))
    raise ValueError(f"{text!r} is not a pace: write 10x, 1x, instant, polls:N or manual")
