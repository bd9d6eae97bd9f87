"""What must be sent before an exchange so that it can be sent again: a poll needs its task, a download its address."""

from __future__ import annotations

from collections.abc import Sequence

from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.contracts.traffic.case_images import delivering


def leading_steps(case: TaskCase, indices: Sequence[int]) -> tuple[int, ...]:
    """The steps of a case at `indices`, with those that lead there from the submission, in their order."""
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
    """Whether a task was polled in the same way before: it takes as many polls, or as long, until it is so far."""
    return one.role == second.role == "show" and one.exchange.url == second.exchange.url
