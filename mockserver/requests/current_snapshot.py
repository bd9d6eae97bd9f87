"""Where a task stands now, for whoever looks in from behind: no poll of theirs counts."""

from __future__ import annotations

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.faults.fault import Fault
from pixpact.mockserver.state.store import Task
from pixpact.mockserver.state.task_snapshot import snapshot_at
from pixpact.specs.dialect.lifecycle import FOREVER, TaskSnapshot


async def current_snapshot(context: MockContext, task: Task) -> tuple[TaskSnapshot, float | None]:
    """Where a task stands, as those who looked last saw it, and when it ended."""
    polls = await context.store.poll_count(task)
    if task.pace.polls is not None and not polls.count:
        state = task.route[0].state
        return TaskSnapshot(state, state.progress[0] if state.progress else None), None
    elapsed = context.clock.now() - task.created_at
    if task.ends_after == 0.0:  # it was answered together with its outcome
        state = task.route[-1].state
        return TaskSnapshot(state, state.progress[1] if state.progress else None), task.created_at
    snapshot = snapshot_at(task.route, task.fate, task.pace, elapsed, polls.count)
    if not snapshot.over:
        return snapshot, None
    return snapshot, polls.ended_at if task.ends_after is None else task.created_at + task.ends_after


async def under_way(context: MockContext, account: str, fault: Fault) -> int:
    """How many tasks of an account have no outcome yet, of those that a fault speaks of."""
    tasks = [task for task in await context.store.tasks() if task.account == account and _meant(task, fault)]
    return sum([await _goes_on(context, task) for task in tasks])


def _meant(task: Task, fault: Fault) -> bool:
    body = task.request.body
    model = body.get("model") if isinstance(body, dict) else None
    return fault.operation in (None, task.operation) and fault.model in (None, model)


async def _goes_on(context: MockContext, task: Task) -> bool:
    if task.ends_after == 0.0:  # its client waits for it
        endless = task.route[-1].state.outcome is None
        return endless or context.clock.now() < task.created_at + waited(context, task)
    snapshot, _ = await current_snapshot(context, task)
    return not snapshot.over


def waited(context: MockContext, task: Task) -> float:
    """Seconds that a client waits for the outcome of a synchronous operation: what is injected at any pace."""
    waits = task.pace.waits and not context.clock.stands_still
    seconds = task.pace.duration(task.route) if waits else 0.0
    return (0.0 if seconds == FOREVER else seconds) + task.fate.queue + task.fate.run
