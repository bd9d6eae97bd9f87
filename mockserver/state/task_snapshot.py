"""Where a task stands: its route at the mock's pace, and the seconds that it is held beyond that.

A pace divides the contract's durations; what is injected is in seconds of the clock, whatever the pace.
"""

from __future__ import annotations

from dataclasses import replace

from pixpact.mockserver.core.pace import TaskPace
from pixpact.mockserver.state.store import Task, TaskOverrides
from pixpact.specs.dialect.lifecycle import FOREVER, Route, RouteStage, TaskSnapshot


def duration(route: Route, fate: TaskOverrides, pace: TaskPace) -> float:
    """Seconds from submission to outcome; endless when it depends on polls or never comes."""
    return pace.duration(route) + fate.queue + fate.run


def timed(route: Route, fate: TaskOverrides, pace: TaskPace) -> tuple[Route, TaskOverrides]:
    """A route and a fate that last as long as the fate says: held at the end, or shorter throughout."""
    if fate.takes is None:
        return route, fate
    usual = _without_holds(route, pace)
    if fate.takes >= usual:
        return route, replace(fate, run=fate.run + fate.takes - usual)
    share = fate.takes / usual
    return tuple(
        RouteStage(stage.state, stage.seconds if stage.seconds == FOREVER else stage.seconds * share) for stage in route
    ), fate


def snapshot_at(route: Route, fate: TaskOverrides, pace: TaskPace, elapsed: float, poll: int) -> TaskSnapshot:
    """Where a task stands `elapsed` seconds of the clock after its submission, at its `poll`-th poll."""
    if not fate.queue and not fate.run:
        return pace.snapshot(route, elapsed, poll)
    under_way = [stage for stage in route if stage.state.outcome is None and stage.state.after != (0.0, 0.0)]
    if not under_way:
        return pace.snapshot(route, elapsed - fate.queue - fate.run, poll)
    if elapsed < fate.queue:
        return _held(under_way[0], end=0)
    snapshot = pace.snapshot(route, elapsed - fate.queue, poll)
    if not snapshot.over or elapsed >= fate.queue + fate.run + _without_holds(route, pace):
        return snapshot
    return _held(under_way[-1], end=1)


def entered(task: Task, state: str) -> float | None:
    """When a task comes to a state; None where it does not, or where that depends on polls."""
    seconds = 0.0
    for stage in task.route:
        if stage.state.name == state:
            return task.created_at + seconds if task.pace.polls is None or not seconds else None
        seconds += stage.seconds / (task.pace.speed or FOREVER) + task.fate.queue * (not seconds)
    return None


def _without_holds(route: Route, pace: TaskPace) -> float:
    seconds = pace.duration(route)
    return 0.0 if seconds == FOREVER else seconds  # looks: the last of them has been taken


def _held(stage: RouteStage, end: int) -> TaskSnapshot:
    """At the beginning (0) or the end (1) of a stage."""
    progress = stage.state.progress
    return TaskSnapshot(stage.state, None if progress is None else progress[end])
