"""Values of responses in their natural form, and when an instant is near enough to another."""

from __future__ import annotations

from typing import Any

from pixpact.contracts.claims.responses import BoundField
from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.contracts.traffic.unrecorded import lacks
from pixpact.specs.dialect.expression_inverse import read
from pixpact.specs.dialect.expressions import parse

APART = 900.0
"""Seconds that two clocks may be apart; a wrong unit or time zone is more."""
_STANDING = 2.0


def natural(bound: BoundField) -> dict[str, Any] | None:
    """What the value of a binding says of each root, see `specs.backwards`; None: it cannot come from there."""
    return read(parse(bound.expression), bound.value, bound.types, bound.format)


def stated_instant(step: ReadExchange, expression: str) -> float | None:
    """The instant that a field bound to `expression` tells; None without one that can be read."""
    for bound in step.body.bound if step.body else ():
        if bound.expression == expression:
            natural_value = natural(bound)
            return float(natural_value[expression]) if natural_value and expression in natural_value else None
    return None


def knows_time(case: TaskCase, step: ReadExchange) -> bool:
    """Whether the times at which a step and its submit were sent were recorded."""
    return not any(
        lacks(exchange_step.exchange, "time") for exchange_step in (case.start, step) if exchange_step is not None
    )


def is_near(case: TaskCase, value: float, moment: float, *, before: float = 0.0, after: float = 0.0) -> bool:
    """Whether an instant lies at `moment`, or up to so many seconds before or after, as well as clocks agree.

    `moment` is by our clock; the server's may be another, which its `Date` tells.
    """
    apart = _STANDING if case.clock_stands else APART
    moment += case.skew
    return moment - before - apart <= value <= moment + after + apart
