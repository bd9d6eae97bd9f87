"""What must be sent before an exchange so that it can be sent again: a poll needs its task, a download its address."""

from __future__ import annotations

from collections.abc import Sequence

from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.contracts.traffic.shown import delivering


def leading(case: TaskCase, indices: Sequence[int]) -> tuple[int, ...]:
    """The steps of a case at `indices`, with those that lead there from the submission, in their order."""
    start, found = case.start, set(indices)
    for index in indices:
        step = case.steps[index]
        if start is not None and start.accepted and step.role in ("show", "download"):
            found.add(start.index)
            found |= {it.index for it in case.steps[:index] if _is_same_poll(it, step)}
        if step.role == "download" and (shows := delivering(case)) is not None:
            found |= {shows.index, *(it.index for it in case.steps[: shows.index] if _is_same_poll(it, shows))}
    return tuple(sorted(found))


def _is_same_poll(one: ReadExchange, other: ReadExchange) -> bool:
    """Whether a task was polled in the same way before: it takes as many polls, or as long, until it is so far."""
    return one.role == other.role == "show" and one.exchange.url == other.exchange.url
