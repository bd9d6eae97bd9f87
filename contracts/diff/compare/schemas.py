"""Two schemas, compared keyword by keyword: what differs, wherever in the value it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from pixpact.contracts.diff.compare.alternatives import alternatives, families
from pixpact.contracts.diff.compare.annotations import ANNOTATIONS, unread
from pixpact.contracts.diff.compare.differences import ContractDifference, MessageSite, StatedAt, of_both
from pixpact.contracts.diff.compare.fields import FIELDS
from pixpact.contracts.diff.compare.limits import LIMITS
from pixpact.contracts.diff.compare.schema_pair import SchemaPair, ValuePlace
from pixpact.contracts.diff.compare.structures import STRUCTURES, never
from pixpact.contracts.diff.compare.values import VALUES
from pixpact.contracts.diff.read.applied_schemas import Pointers, ShapeReader
from pixpact.contracts.diff.read.closed_schemas import ClosedSchemas
from pixpact.contracts.diff.read.standalone_schema import StandaloneWriter

COMPARED: tuple[Callable[[SchemaPair], Iterator[ContractDifference]], ...] = (
    *VALUES,
    *FIELDS,
    *STRUCTURES,
    families,
)


Pair = tuple[Pointers, Pointers]
"""What the schemas of two sides include."""
Compared = dict[tuple[Pointers, Pointers, bool, bool, bool, frozenset[str]], tuple[ContractDifference, ...]]
"""Two schemas, and what their place says of others: the differences, as if they were the whole message."""
_MOST_TRIES = 6
"""How often two schemas are compared anew that lead back to schemas further out."""
_MOST_WAYS, _DEEPEST = 100, 40
"""Of the same lines, how many ways that lead to them are followed; and how many schemas into each other."""


class Reading(NamedTuple):
    """One side, read for one direction of traffic."""

    reader: ShapeReader
    plain: StandaloneWriter
    sending: ClosedSchemas


class SchemaWalk:
    """Compares the schemas of one site of two sides. `known` keeps what was compared before, at whatever place."""

    def __init__(self, sides: tuple[Reading, Reading], site: MessageSite, compared: Compared) -> None:
        self.before, self.after = (side.reader for side in sides)
        self.plains = sides[0].plain, sides[1].plain
        self.sendings = sides[0].sending, sides[1].sending
        self.site = site
        self._open: dict[Pair, int] = {}
        self._led_back = 0
        self._known = compared
        self._incomplete: dict[tuple[object, ...], list[tuple[ContractDifference, ...]]] = {}

    def differences(self) -> list[ContractDifference]:
        """Everything that differs between the schemas of the site."""
        try:
            return list(dict.fromkeys(self.compare(self.site.before, self.site.after, ValuePlace())))
        except RecursionError:  # what is finished stays known; what is said of the rest is that it is too deep
            spots = of_both(
                StatedAt(pointers[0]) if pointers else None for pointers in (self.site.before, self.site.after)
            )
            return [ContractDifference("ways", "changed", self.site, (), *spots)]

    def compare(self, old: Pointers, new: Pointers, value_place: ValuePlace) -> Iterator[ContractDifference]:
        """What differs between two schemas at one place; what leads back to itself is compared once."""
        if self._alike(old, new):
            return
        key = (old, new, value_place.monotone, value_place.partial, value_place.counted, value_place.chosen)
        differences = self._known.get(key)
        if differences is None:
            differences = self._found(key)
        yield from (value_place.holding(difference, self.site) for difference in differences)

    def _found(
        self, key: tuple[Pointers, Pointers, bool, bool, bool, frozenset[str]]
    ) -> tuple[ContractDifference, ...]:
        old, new, monotone, partial, counted, chosen = key
        before, after = self.before.shape(old), self.after.shape(new)
        # What they include tells a schema that leads back to itself, whatever the way to it.
        included = (before.included, after.included)
        if included in self._open:
            self._led_back = min(self._led_back, self._open[included])
            return ()
        depth = self._open[included] = len(self._open)
        value_place = ValuePlace(monotone=monotone, partial=partial, counted=counted, chosen=chosen).within(old, new)
        pair = SchemaPair(self, before, after, value_place)
        if depth > _DEEPEST:
            del self._open[included]
            return _followed(pair, (), given_up=True)
        outer, self._led_back = self._led_back, depth
        tries = self._incomplete.setdefault((*included, *key[2:]), [])
        if len(tries) < _MOST_TRIES:
            differences = _followed(pair, self._compared(pair))
            if not any(difference.path == () for difference in differences):
                differences += tuple(unread(pair))
        else:
            differences = _followed(pair, tries[-1], given_up=bool(tries[-1]))
        if self._led_back >= depth:  # nothing was left open further out: so it is wherever these two meet again
            self._known[key] = differences
        elif len(tries) < _MOST_TRIES:
            tries.append(differences)
        self._led_back = min(outer, self._led_back)
        del self._open[included]
        return differences

    def _alike(self, old: Pointers, new: Pointers) -> bool:
        """Whether both sides say the same in the same words: that needs no comparison."""
        if len(old) != len(new):
            return False
        contents = self.before.side.contents, self.after.side.contents
        return all(
            contents[0].digest(before) == contents[1].digest(after) for before, after in zip(old, new, strict=True)
        )

    def _compared(self, pair: SchemaPair) -> Iterator[ContractDifference]:
        if pair.before.never or pair.after.never:
            yield from never(pair)
            return
        chosen = alternatives(pair)
        if chosen is not None:
            yield from chosen
        for compared in COMPARED if chosen is None else ():
            yield from compared(pair)
        for compared in ANNOTATIONS:
            yield from compared(pair)
        # Our own keys have the form that is expected only where the dialect was read.
        if self.before.side.contract is not None and self.after.side.contract is not None:
            for compared in LIMITS:
                yield from compared(pair)


def _followed(
    pair: SchemaPair, differences: Iterable[ContractDifference], given_up: bool = False
) -> tuple[ContractDifference, ...]:
    """The differences, of the same lines those of so many ways; that others were given up is one more difference."""
    ways: Counter[tuple[object, ...]] = Counter()
    followed: dict[ContractDifference, None] = {}
    for difference in differences:
        spots = (spot and spot.pointer for spot in (difference.before, difference.after))
        line = (difference.subject, difference.action, *spots, repr(difference.detail))
        if difference in followed:
            continue
        ways[line] += 1
        if ways[line] <= (1 if difference.subject == "ways" else _MOST_WAYS):
            followed[difference] = None
        else:
            given_up = given_up or difference.subject != "ways"
    if given_up:
        followed[pair.says("ways", "changed", None, None)] = None
    return tuple(followed)
