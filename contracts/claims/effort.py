"""Limits the work for the requests of one operation, counted in bodies read, so that it is equal on every machine."""

from __future__ import annotations

from pixpact.specs.openapi.document import Json

PLANNED = 12_000
"""The most bodies that are read for claims and a plan; the contracts shipped with Pixpact need up to 5,500."""
GENERATED = 6000
"""The most bodies that are read for generated requests."""
_VALUES, _RULES = 50, 50
"""This many values in a body, or rules that it is read with, count as one more small body."""


class PlanningEffort:
    """Counts the bodies that are read, up to a limit."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    @property
    def is_spent(self) -> bool:
        """Whether no more bodies should be tried."""
        return self._left <= 0

    def allow(self, limit: int) -> None:
        """Start again with this limit."""
        self._left = limit

    def spend(self, body: Json, rules: int) -> None:
        """Count one body that was read with this many rules."""
        self._left -= 1 + _values(body) // _VALUES + rules // _RULES


def _values(body: Json) -> int:
    """The number of values in a body."""
    inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return 1 + sum(map(_values, inner))
