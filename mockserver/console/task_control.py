"""A task taken by the hand: put into a state now, ended with another outcome, its images expired.

What was drawn for it is replaced from now on: its charge, its callbacks and its images follow. One that is over stays
as it ended; its images can still be let expire.
"""

from __future__ import annotations

from dataclasses import replace

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.core.identity import SeededChance, entropy
from pixpact.mockserver.requests.current_snapshot import current_snapshot
from pixpact.mockserver.requests.task_override import keep_steered, steered
from pixpact.mockserver.state.store import Task
from pixpact.specs.contract.model import Operation
from pixpact.specs.dialect.lifecycle import Lifecycle, Route, RouteStage, draw_route
from pixpact.specs.openapi.messages import listed


class CannotSteer(ValueError):
    """A task that is over, a state that it cannot come to; says what can be done."""


async def push(context: MockContext, task: Task, state: str, *, hold: bool = False) -> Task:
    """Put a task into a state that can follow; it goes on from there, or stays if it is to be held. Raises CannotSteer.

    An outcome ends it now: a failure is refunded and a success paid for as the contract bills it.
    """
    operation, lifecycle = _served(context, task)
    snapshot, _ = await current_snapshot(context, task)
    if snapshot.over:
        raise CannotSteer(f"task {task.id} is over: it ended as {snapshot.state.name!r}")
    ways = _routes_from(lifecycle, snapshot.state.name)
    if state not in ways:
        raise CannotSteer(f"{snapshot.state.name!r} is never followed by {state!r}; choose from {listed(list(ways))}")
    seed = entropy(context.settings.seed, task.token, "steered", state)
    speed = task.pace.speed or context.tempo.pace.speed or 1.0
    rest = _rest(lifecycle, state, SeededChance(seed), speed, hold)
    skipped = [RouteStage(lifecycle.states[name], 0.0) for name in ways[state][1:-1]]
    return await steered(context, task, operation, snapshot.state, (*skipped, *rest))


def following(context: MockContext, task: Task, state: str) -> list[str]:
    """The states that can still follow, the next ones first; none where its contract is no longer served."""
    try:
        return list(_routes_from(_served(context, task)[1], state))
    except CannotSteer:
        return []


def _routes_from(lifecycle: Lifecycle, state: str) -> dict[str, list[str]]:
    """Each state that can follow, with the way that leads there from this one, both included."""
    ways = {state: [state]}
    queue = [state]
    for step in queue:
        for word in lifecycle.following(step):
            if word in lifecycle.states and word not in ways:
                ways[word] = [*ways[step], word]
                queue.append(word)
    return {word: way for word, way in ways.items() if word != state}


def _rest(lifecycle: Lifecycle, state: str, chance: SeededChance, speed: float, hold: bool) -> Route:
    """The stages from a state on: the usual way to an outcome, at a speed; or the state alone, for ever."""
    names = [state]
    while not hold and (following := lifecycle.states[names[-1]].next) and following[0] not in names:
        names.append(following[0])
    stages = draw_route([lifecycle.states[name] for name in names], chance)
    return tuple(replace(stage, seconds=stage.seconds / speed) for stage in stages)


async def expire(context: MockContext, task: Task) -> Task:
    """Let the images of a task that succeeded be gone now. Raises CannotSteer."""
    snapshot, ended_at = await current_snapshot(context, task)
    if snapshot.state.outcome != "success" or task.promise is None or ended_at is None:
        raise CannotSteer(f"task {task.id} has no images yet; complete it first")
    lifetime = max(context.clock.now() - ended_at, 0.0)
    expired = replace(task, promise=replace(task.promise, lifetime=lifetime))
    operation, _ = _served(context, task)
    await keep_steered(context, expired, operation)
    return expired


def _served(context: MockContext, task: Task) -> tuple[Operation, Lifecycle]:
    """The operation and lifecycle of a task. Raises CannotSteer where they are served no more."""
    for contract in context.faults.contracts:
        if contract.name == task.contract:
            operation = contract.operation(task.operation)
            assert operation.role is not None
            assert operation.role.lifecycle is not None
            return operation, contract.lifecycles[operation.role.lifecycle]
    raise CannotSteer(f"{task.contract} is no longer served")
