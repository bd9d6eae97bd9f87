"""Values of response fields in the unit of their expression, and the comparison of instants across two clocks."""

from __future__ import annotations

from typing import Any

from pixpact.contracts.claims.responses import BoundField
from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.contracts.traffic.unrecorded import lacks
from pixpact.specs.dialect.expression_inverse import read
from pixpact.specs.dialect.expressions import parse

APART = 900.0
"""Seconds that two clocks may differ; a wrong unit or time zone differs by more."""
_STANDING = 2.0


def natural(bound: BoundField) -> dict[str, Any] | None:
    """The value that a bound field implies for each root of its expression, see `expression_inverse.read`.

    None if the expression cannot have produced the value.
    """
    return read(parse(bound.expression), bound.value, bound.types, bound.format)


def stated_instant(step: ReadExchange, expression: str) -> float | None:
    """The instant in the field bound to `expression`, in epoch seconds; None if there is none to read."""
    for bound in step.body.bound if step.body else ():
        if bound.expression == expression:
            natural_value = natural(bound)
            return float(natural_value[expression]) if natural_value and expression in natural_value else None
    return None


def knows_time(case: TaskCase, step: ReadExchange) -> bool:
    """Whether the recording has the times of a step and of its submit."""
    return not any(
        lacks(exchange_step.exchange, "time") for exchange_step in (case.start, step) if exchange_step is not None
    )


def is_near(case: TaskCase, value: float, moment: float, *, before: float = 0.0, after: float = 0.0) -> bool:
    """Whether an instant lies between `before` seconds before and `after` seconds after `moment`, within clock error.

    `moment` is by our clock; it is moved to the server's clock, which the `Date` header shows.
    """
    apart = _STANDING if case.clock_stands else APART
    moment += case.skew
    return moment - before - apart <= value <= moment + after + apart
