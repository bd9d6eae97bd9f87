"""Finds the exchanges that must be repeated first: a poll needs its task, a download its URL."""

from __future__ import annotations

from collections.abc import Sequence

from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.contracts.traffic.case_images import delivering


def leading_steps(case: TaskCase, indices: Sequence[int]) -> tuple[int, ...]:
    """The indices of the steps at `indices`, and of the steps they depend on, in order."""
    start, leads = case.start, set(indices)
    for index in indices:
        step = case.steps[index]
        if start is not None and start.accepted and step.role in ("show", "download"):
            leads.add(start.index)
            leads |= {poll.index for poll in case.steps[:index] if _is_same_poll(poll, step)}
        if step.role == "download" and (shows := delivering(case)) is not None:
            leads |= {shows.index, *(step.index for step in case.steps[: shows.index] if _is_same_poll(step, shows))}
    return tuple(sorted(leads))


def _is_same_poll(one: ReadExchange, second: ReadExchange) -> bool:
    """Whether both are polls of the same URL: a task may need as many polls to get this far."""
    return one.role == second.role == "show" and one.exchange.url == second.exchange.url
