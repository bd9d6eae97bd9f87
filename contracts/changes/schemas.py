"""Two schemas, compared keyword by keyword: what differs, wherever in the value it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pixpact.contracts.changes.alternatives import alternatives, families
from pixpact.contracts.changes.annotations import ANNOTATIONS
from pixpact.contracts.changes.differences import Difference, Site
from pixpact.contracts.changes.facing import Facing, Place
from pixpact.contracts.changes.limits import LIMITS
from pixpact.contracts.changes.members import MEMBERS
from pixpact.contracts.changes.plain import Plain
from pixpact.contracts.changes.shapes import Pointers, Reader
from pixpact.contracts.changes.structures import STRUCTURES, never
from pixpact.contracts.changes.values import VALUES

COMPARED: tuple[Callable[[Facing], Iterator[Difference]], ...] = (
    *VALUES,
    *MEMBERS,
    *STRUCTURES,
    families,
    *ANNOTATIONS,
    *LIMITS,
)


class Walk:
    """Compares the schemas of one site of two sides."""

    def __init__(self, before: Reader, after: Reader, plains: tuple[Plain, Plain], site: Site) -> None:
        self.before = before
        self.after = after
        self.plains = plains
        self.site = site
        self._open: set[tuple[Pointers, Pointers]] = set()

    def differences(self) -> list[Difference]:
        """Everything that differs between the schemas of the site."""
        return list(dict.fromkeys(self.compare(self.site.before, self.site.after, Place())))

    def compare(self, old: Pointers, new: Pointers, place: Place) -> Iterator[Difference]:
        """What differs between two schemas at one place; what leads back to itself is compared once."""
        before, after = self.before.shape(old), self.after.shape(new)
        # What they include tells a schema that leads back to itself, whatever the way to it.
        pair = (before.included, after.included)
        if pair in self._open:
            return
        self._open.add(pair)
        try:
            yield from self._compared(Facing(self, before, after, place))
        finally:
            self._open.discard(pair)

    def _compared(self, facing: Facing) -> Iterator[Difference]:
        if facing.before.never or facing.after.never:
            yield from never(facing)
            return
        chosen = alternatives(facing)
        if chosen is not None:
            yield from chosen
            for compared in (*ANNOTATIONS, *LIMITS):
                yield from compared(facing)
            return
        for compared in COMPARED:
            yield from compared(facing)
