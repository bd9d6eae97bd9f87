"""A task whose route is replaced from now on, by a client that ends it or by hand; charge and callbacks follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.core.pace import parse
from pixpact.mockserver.requests.tasks import paid_images
from pixpact.mockserver.state.store import USUAL, Task
from pixpact.specs.contract.model import Operation
from pixpact.specs.dialect.lifecycle import FOREVER, LifecycleState, Route, RouteStage, seconds_to_outcome

TRUE_PACE = parse("1x")
"""What a steered task lives by: its stages are in seconds of the clock."""


async def steered(
    context: MockContext, task: Task, operation: Operation, state: LifecycleState, rest: Iterable[RouteStage]
) -> Task:
    """The task, kept, of an operation: it is in a state now, and goes on along these stages."""
    route = (*_passed(task, state, context.clock.now() - task.created_at), *rest)
    ends_after = seconds_to_outcome(route)
    changed = replace(
        task,
        route=route,
        pace=TRUE_PACE,
        fate=replace(USUAL, withheld=task.fate.withheld, example=task.fate.example),
        ends_after=None if ends_after == FOREVER else ends_after,
    )
    await keep_steered(context, changed, operation)
    return changed


async def ended(
    context: MockContext, task: Task, operation: Operation, state: LifecycleState, outcome: LifecycleState
) -> Task:
    """The task, ended now as an outcome by its client."""
    return await steered(context, task, operation, state, [RouteStage(outcome, FOREVER)])


def finished_at_submit(task: Task) -> Task:
    """The same task, over as soon as it is begun: nobody waits where the clock stands, or where polls count."""
    if task.route[-1].state.outcome is None:
        return task
    stages = [replace(stage, seconds=0.0) for stage in task.route[:-1]]
    return replace(task, route=(*stages, task.route[-1]), pace=TRUE_PACE, ends_after=0.0)


async def keep_steered(context: MockContext, task: Task, operation: Operation) -> None:
    """Keep a changed task; what it costs and when its callbacks are sent follow."""
    due = None if task.ends_after is None else task.created_at + task.ends_after
    if due is None:
        due = (await context.store.poll_count(task)).ended_at
    kept = paid_images(task, operation.billing) if operation.billing else 0
    await context.store.replace_task(task, kept, due)
    await context.outbox.completed()


def _passed(task: Task, state: LifecycleState, elapsed: float) -> Route:
    """The stages that lie behind a task in a state, in seconds of the clock."""
    passed: list[RouteStage] = []
    for stage in task.route:
        if stage.state == state:
            break
        passed.append(replace(stage, seconds=stage.seconds / (task.pace.speed or FOREVER)))
    before = sum(stage.seconds for stage in passed)
    return (*passed, RouteStage(state, max(elapsed - before, 0.0)))
