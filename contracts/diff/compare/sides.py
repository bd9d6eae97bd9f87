"""Two sides of a comparison, with what it takes to read them in each direction."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from pixpact.contracts.diff.compare.differences import ContractDifference, MessageSite
from pixpact.contracts.diff.compare.schemas import Compared, Reading, SchemaWalk
from pixpact.contracts.diff.read.applied_schemas import Direction, ShapeReader
from pixpact.contracts.diff.read.closed_schemas import ClosedSchemas
from pixpact.contracts.diff.read.contract_version import ContractVersion
from pixpact.contracts.diff.read.discriminators import told_apart
from pixpact.contracts.diff.read.operations import OperationNames
from pixpact.contracts.diff.read.standalone_schema import StandaloneWriter


class ComparedSides:
    """Two sides, with what it takes to read them in each direction."""

    def __init__(self, base: ContractVersion, revision: ContractVersion) -> None:
        self.base, self.revision = told_apart(base, revision)
        self._readings: dict[tuple[bool, Direction], Reading] = {}
        self._known: dict[Direction, Compared] = {"request": {}, "response": {}}

    def reading(self, new: bool, direction: Direction) -> Reading:
        """One side, read for one direction."""
        if (new, direction) not in self._readings:
            reader = ShapeReader(self.revision if new else self.base, direction)
            plain = StandaloneWriter(reader)
            self._readings[new, direction] = Reading(reader, plain, ClosedSchemas(reader, plain))
        return self._readings[new, direction]

    def reader(self, new: bool, direction: Direction) -> ShapeReader:
        """How one side reads its schemas."""
        return self.reading(new, direction).reader

    def plain(self, new: bool, direction: Direction) -> StandaloneWriter:
        """How one side writes out its schemas."""
        return self.reading(new, direction).plain

    @cached_property
    def names(self) -> OperationNames:
        """How operations are shown."""
        return OperationNames(self.base, self.revision)

    def place(self, site: MessageSite) -> str:
        """An operation and one of its messages: `POST /v1/images application/json`."""
        return f"{self.names.shown(site.operation)} {site.name}".strip()

    def schemas(self, site: MessageSite) -> Iterator[ContractDifference]:
        """What differs between the schemas of a site."""
        sides = self.reading(False, site.direction), self.reading(True, site.direction)
        yield from SchemaWalk(sides, site, self._known[site.direction]).differences()
