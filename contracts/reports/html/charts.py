"""Geometry of the charts in an HTML report: bars in per cent of a timeline, image frames in CSS pixels."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pixpact.contracts.run.timelines import ImagePair, TaskTimeline, TimelineStep

_SIDE = 112
"""CSS pixels of the longer side of a frame."""
_NEUTRAL = 4
"""Number of colours for states that do not end a task."""


@dataclass(frozen=True, slots=True)
class TimelineBar:
    """A time that a task spent in one state: `x` and `width` in per cent of the task, `tone` names a colour."""

    state: str
    x: float
    width: float
    tone: str
    seconds: float


@dataclass(frozen=True, slots=True)
class TimelineMark:
    """One exchange on a timeline, `x` in per cent of the task."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class ImageFrame:
    """An image as a rectangle with its proportions: sides in CSS pixels, and a label."""

    width: int
    height: int
    label: str


@dataclass(frozen=True, slots=True)
class ModelSpending:
    """Totals of the tasks of one operation and model; `cost` None if a price is unknown."""

    operation: str
    model: str
    tasks: int
    images: int
    cost: Decimal | None


def state_bars(task: TaskTimeline) -> list[TimelineBar]:
    """The bars of a task's states as responses showed them, each until the next response with another state."""
    whole = task.seconds
    shown = [step for step in task.steps if step.role != "download"] or list(task.steps)
    if not whole:  # it came at once
        return [TimelineBar(_state(shown[-1]), 0.0, 100.0, _tone(shown[-1], ()), 0.0)]
    ends = [*(step.at for step in shown[1:]), task.seconds]
    words = list(dict.fromkeys(step.state for step in shown if not step.outcome))
    lines: list[TimelineBar] = []
    for step, end in zip(shown, ends, strict=True):
        bar = TimelineBar(
            _state(step), 100 * step.at / whole, 100 * (end - step.at) / whole, _tone(step, words), end - step.at
        )
        if lines and lines[-1].state == bar.state:
            before = lines.pop()
            bar = TimelineBar(bar.state, before.x, before.width + bar.width, bar.tone, before.seconds + bar.seconds)
        lines.append(bar)
    return [bar for bar in lines if bar.width > 0 or len(lines) == 1]


def _state(step: TimelineStep) -> str:
    return step.state or {"start": "submitted", "run": "response"}.get(step.role, step.role)


def _tone(step: TimelineStep, words: Sequence[str]) -> str:
    if step.outcome:
        return {"success": "good", "failure": "bad"}.get(step.outcome, "warn")
    if step.role == "run":
        return "good" if 200 <= step.status < 300 else "bad"
    return f"tone{words.index(step.state) % _NEUTRAL}" if step.state in words else "tone0"


def exchange_marks(task: TaskTimeline) -> list[TimelineMark]:
    """The marks of all exchanges of a task."""
    whole = task.seconds or 1.0
    return [
        TimelineMark(100 * step.at / whole, f"{step.role} at {step.at:.2f} s: {step.status} {step.state}".rstrip())
        for step in task.steps
    ]


def requested(pair: ImagePair) -> ImageFrame | None:
    """The frame of the promised image; None if nothing is promised."""
    promise = pair.promise
    if promise is None:
        return None
    size = f"{promise.width}\u00d7{promise.height}" if promise.promised else "any size"
    return ImageFrame(*_scaled(promise.width, promise.height), f"{size} {promise.format}")


def received_frame(pair: ImagePair) -> ImageFrame | None:
    """The frame of the measured image; None if nothing was measured."""
    if pair.measured is None:
        return None
    facts = pair.measured
    transparent = ", transparent" if facts.transparent else ""
    label = f"{facts.width}\u00d7{facts.height} {facts.format}{transparent}, {size_of(facts.bytes)}"
    return ImageFrame(*_scaled(facts.width, facts.height), label)


def _scaled(width: int, height: int) -> tuple[int, int]:
    """Both sides, scaled so that the longer one is `_SIDE`; at least 1."""
    longest = max(width, height)
    return max(1, round(_SIDE * width / longest)), max(1, round(_SIDE * height / longest))


def size_of(count: int) -> str:
    """A file size in decimal units, as browsers show it: `48 kB`, `1.2 MB`."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def preview(pair: ImagePair) -> str:
    """The thumbnail as a data URI; empty without one."""
    return f"data:image/jpeg;base64,{b64encode(pair.preview).decode()}" if pair.preview else ""


def spending_by_model(tasks: Iterable[TaskTimeline]) -> list[ModelSpending]:
    """The spending by operation and model, the most expensive first."""
    groups: dict[tuple[str, str], list[TaskTimeline]] = {}
    for task in tasks:
        groups.setdefault((task.operation, task.model), []).append(task)
    rows = [
        ModelSpending(operation, model, len(tasks), sum(len(task.images) for task in tasks), _sum(tasks))
        for (operation, model), tasks in groups.items()
    ]
    return sorted(rows, key=lambda row: (-(row.cost or 0), -row.images))


def _sum(tasks: Iterable[TaskTimeline]) -> Decimal | None:
    costs = [task.cost for task in tasks]
    stated = [cost for cost in costs if cost is not None]
    return sum(stated, Decimal(0)) if len(stated) == len(costs) else None
