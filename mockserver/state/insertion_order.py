"""The order in which the keys of a dictionary came."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

_STALE = 1000
"""Keys that may have gone before their turn, beyond as many as there are."""


class ArrivalOrder:
    """Finds the oldest key of a dictionary at once.

    The dictionary itself keeps that order too, but it would walk past every key that went before, and of a hundred
    thousand that are kept while as many go, those are ten thousands.
    """

    def __init__(self, keys: Collection[str]) -> None:
        self._keys = keys
        self._order: deque[str] = deque()
        self.add = self._order.append
        """A key has come that was not there."""

    def take(self) -> str:
        """The oldest key that is there, which is about to go. Raises IndexError when there is none."""
        while (key := self._order.popleft()) not in self._keys:
            pass
        return key

    def tidy(self) -> None:
        """A key has gone before its turn: when many have, begin again with those that are there."""
        if len(self._order) > 2 * len(self._keys) + _STALE:
            self._order.clear()
            self._order.extend(self._keys)

    def clear(self) -> None:
        """Begin again."""
        self._order.clear()
