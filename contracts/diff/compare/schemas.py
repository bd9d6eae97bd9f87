"""Two schemas, compared keyword by keyword: what differs, wherever in the value it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pixpact.contracts.diff.compare.alternatives import alternatives, families
from pixpact.contracts.diff.compare.annotations import ANNOTATIONS
from pixpact.contracts.diff.compare.differences import ContractDifference, MessageSite
from pixpact.contracts.diff.compare.fields import FIELDS
from pixpact.contracts.diff.compare.limits import LIMITS
from pixpact.contracts.diff.compare.schema_pair import SchemaPair, ValuePlace
from pixpact.contracts.diff.compare.structures import STRUCTURES, never
from pixpact.contracts.diff.compare.values import VALUES
from pixpact.contracts.diff.read.shapes import Pointers, ShapeReader
from pixpact.contracts.diff.read.standalone_schema import StandaloneWriter

COMPARED: tuple[Callable[[SchemaPair], Iterator[ContractDifference]], ...] = (
    *VALUES,
    *FIELDS,
    *STRUCTURES,
    families,
)


Pair = tuple[Pointers, Pointers]
"""What the schemas of two sides include."""


class SchemaWalk:
    """Compares the schemas of one site of two sides. `same` keeps the pairs that are known not to differ."""

    def __init__(
        self,
        before: ShapeReader,
        after: ShapeReader,
        plains: tuple[StandaloneWriter, StandaloneWriter],
        site: MessageSite,
        same: set[Pair] | None = None,
    ) -> None:
        self.before = before
        self.after = after
        self.plains = plains
        self.site = site
        self._open: dict[Pair, int] = {}
        self._led_back = 0
        self._same = same if same is not None else set()

    def differences(self) -> list[ContractDifference]:
        """Everything that differs between the schemas of the site."""
        return list(dict.fromkeys(self.compare(self.site.before, self.site.after, ValuePlace())))

    def compare(self, old: Pointers, new: Pointers, place: ValuePlace) -> Iterator[ContractDifference]:
        """What differs between two schemas at one place; what leads back to itself is compared once."""
        before, after = self.before.shape(old), self.after.shape(new)
        # What they include tells a schema that leads back to itself, whatever the way to it.
        pair = (before.included, after.included)
        if pair in self._same:
            return
        if pair in self._open:
            self._led_back = min(self._led_back, self._open[pair])
            return
        depth = self._open[pair] = len(self._open)
        outer, self._led_back = self._led_back, depth
        reported = False
        try:
            for difference in self._compared(SchemaPair(self, before, after, place)):
                reported = True
                yield difference
            # Nothing differs, and nothing was left open further out: so it is wherever these two meet again.
            if not reported and self._led_back >= depth:
                self._same.add(pair)
        finally:
            self._led_back = min(outer, self._led_back)
            del self._open[pair]

    def _compared(self, facing: SchemaPair) -> Iterator[ContractDifference]:
        if facing.before.never or facing.after.never:
            yield from never(facing)
            return
        chosen = alternatives(facing)
        if chosen is not None:
            yield from chosen
        for compared in COMPARED if chosen is None else ():
            yield from compared(facing)
        for compared in ANNOTATIONS:
            yield from compared(facing)
        # Our own keys have the form that is expected only where the dialect was read.
        if self.before.side.contract is not None and self.after.side.contract is not None:
            for compared in LIMITS:
                yield from compared(facing)
