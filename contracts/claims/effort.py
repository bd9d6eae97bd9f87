"""How much work the requests of one operation may take, counted in bodies read: the same on every machine."""

from __future__ import annotations

from pixpact.specs.openapi.document import Json

PLANNED = 12_000
"""Bodies that are read for claims and a plan at most; the contracts that come along take up to 5,500."""
GENERATED = 6000
"""Bodies that are read for generated requests at most."""
_VALUES, _RULES = 50, 50
"""Values in a body, and rules that are read with it, that take as long as one more small body."""


class PlanningEffort:
    """Counts the bodies that are read, up to a limit."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    @property
    def is_spent(self) -> bool:
        """Whether no further body should be tried."""
        return self._left <= 0

    def allow(self, limit: int) -> None:
        """Allow so much from now on, whatever was left."""
        self._left = limit

    def spend(self, body: Json, rules: int) -> None:
        """One body was read with so many rules."""
        self._left -= 1 + _values(body) // _VALUES + rules // _RULES


def _values(body: Json) -> int:
    """How many values there are in a body."""
    inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return 1 + sum(map(_values, inner))
