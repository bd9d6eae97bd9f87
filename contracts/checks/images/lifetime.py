"""Checks how long an image can be downloaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pixpact.contracts.checks.images.image_observation import broken_claim
from pixpact.contracts.checks.observation import Observation, kept
from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.contracts.traffic.instants import APART, knows_time, stated_instant

_DRIFT = 60.0
"""Seconds that a stated expiry may be off: only the vendor knows when the task ended."""


def lifetime(case: TaskCase, start: ReadExchange, response: ReadExchange) -> Iterator[Observation]:
    """Whether a stated expiry is the promised time after the task's end."""
    exercise = start.exercise
    assert exercise is not None
    assert exercise.promise is not None
    claim, promised = exercise.promised.get("lifetime"), exercise.promise.lifetime
    ended = stated_instant(response, "$task.completedAt")
    for expression in ("$image.expiresAt", "$task.expiresAt"):
        expires = stated_instant(response, expression)
        if claim is None or promised is None or expires is None:
            continue
        begun, shown = start.exchange.started + case.skew, response.exchange.started + case.skew
        drift = 2.0 if case.clock_stands else APART
        timed = knows_time(case, start) and knows_time(case, response)
        if not timed and ended is None:
            continue
        if timed and ended is not None and not begun - drift <= ended <= shown + response.exchange.duration + drift:
            ended = None  # impossible as an end: `bindings` reports it
        since = shown if ended is None else ended
        if abs(expires - since) > 400 * 86400:
            continue  # not in epoch seconds: `bindings` reports it
        slack = 2.0 if ended is not None and case.clock_stands else _DRIFT
        earlier, later = (_unseen(case, response), response.exchange.duration) if ended is None else (0.0, 0.0)
        if -slack - earlier <= expires - since - promised <= slack + later:
            yield from kept(claim)
        else:
            observed = _hours(expires - since, promised)
            indices = (start.index, response.index)
            observation = broken_claim((claim,), "lifetime", f"{promised / 3600:g} h", observed, indices, "", observed)
            yield replace(observation, root=f"lifetime of {expression}")  # one fault for all kinds of request


def _unseen(case: TaskCase, response: ReadExchange) -> float:
    """Seconds before a response in which the task may have ended unseen, from the start of the previous exchange."""
    before = [step.exchange.started for step in case.steps if step.index < response.index and step.asked]
    return response.exchange.started - max(before, default=response.exchange.started)


def _hours(seconds: float, promised: float) -> str:
    """Seconds as hours, with enough digits to differ from the promised hours."""
    return (
        next(text for digits in (3, 5, 8, 12) if (text := f"{seconds / 3600:.{digits}g}") != f"{promised / 3600:g}")
        + " h"
    )


def available(case: TaskCase, start: ReadExchange) -> Iterator[Observation]:
    """Whether an image can still be downloaded shortly before its lifetime ends."""
    exercise = start.exercise
    assert exercise is not None
    claim = exercise.promised.get("available")
    late = [step for step in case.of("download") if step.exchange.note.get("late")]
    for step in late if claim else ():
        assert claim is not None
        if step.accepted:
            yield from kept(claim)
        elif step.answered:
            observed = f"{step.exchange.status} {step.exchange.note['late']} after the task ended"
            yield broken_claim((claim,), "expired", claim.text, observed, (start.index, step.index))
