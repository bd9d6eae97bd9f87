"""What is still known of exchanges that made room in the journal: how many there were of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from pixpact.wire.exchange import Exchange

MOST_KINDS = 1000
_NOTES = ("vendor", "operation", "account", "fault", "callback")
COUNTED = frozenset({"vendor", "operation", "key", "fault", "status", "method", "callback"})
"""The criteria that the exchanges of one kind meet all together, or not at all."""


@dataclass(frozen=True, slots=True)
class EvictedGroup:
    """Exchanges of one kind: what they have in common, how many they were, when the first and the last began.

    `common` is None for a mixture, of which only the number and the times are known; `sure`: whether all of them are
    meant, once it was asked for some.
    """

    common: Exchange | None
    count: int
    first: float
    last: float
    sure: bool = True

    @property
    def is_callback(self) -> bool:
        """Whether the mock itself sent them."""
        return self.common is not None and "callback" in self.common.note

    def with_another(self, started: float) -> EvictedGroup:
        """These and one more, begun at this time."""
        return replace(self, count=self.count + 1, first=min(self.first, started), last=max(self.last, started))


class CountedExchange(Protocol):
    """What an exchange is counted by."""

    @property
    def started(self) -> float:
        """When it began."""

    @property
    def method(self) -> str:
        """Its method."""

    @property
    def status(self) -> int:
        """The status of its response."""

    @property
    def note(self) -> Mapping[str, str]:
        """What its recorder knew."""


class _Count:
    """How many exchanges of one kind were forgotten, and when the first and the last of them began."""

    __slots__ = ("_none_yet", "count", "first", "last")

    def __init__(self, none_yet: EvictedGroup) -> None:
        self._none_yet = none_yet
        self.count, self.first, self.last = none_yet.count, none_yet.first, none_yet.last

    def read(self) -> EvictedGroup:
        return replace(self._none_yet, count=self.count, first=self.first, last=self.last)


class Tally:
    """Counts what is forgotten, by kind; beyond `MOST_KINDS` of them the rest is one mixture."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[object, ...] | None, _Count] = {}

    def add(self, exchange: CountedExchange) -> None:
        """Count an exchange that is forgotten now."""
        self.add_one(kind_of(exchange), exchange)

    def add_one(self, key: tuple[object, ...] | None, exchange: CountedExchange) -> None:
        """Count an exchange of a kind that is known already."""
        count = self._kinds.get(key)
        if count is None and len(self._kinds) >= MOST_KINDS:
            key, count = None, self._kinds.get(None)
        if count is None:
            count = self._kinds[key] = _Count(first_of(exchange, mixed=key is None))
        started = exchange.started
        count.count += 1
        if started < count.first:
            count.first = started
        elif started > count.last:
            count.last = started

    def read(self) -> tuple[EvictedGroup, ...]:
        """What was counted until now."""
        return tuple([count.read() for count in self._kinds.values()])

    def clear(self) -> None:
        """Begin again."""
        self._kinds.clear()


def kind_of(exchange: CountedExchange) -> tuple[object, ...]:
    """What exchanges of one kind have in common."""
    return (exchange.status, exchange.method, *map(exchange.note.get, _NOTES))


def first_of(exchange: CountedExchange, *, mixed: bool) -> EvictedGroup:
    """None yet of the kind of an exchange; `mixed`: of all kinds that are not counted by themselves."""
    return EvictedGroup(None if mixed else _common(exchange), 0, exchange.started, exchange.started)


def _common(exchange: CountedExchange) -> Exchange:
    note: Mapping[str, str] = {name: exchange.note[name] for name in _NOTES if name in exchange.note}
    return Exchange(exchange.started, exchange.method, "", status=exchange.status, note=note)
