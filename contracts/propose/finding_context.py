"""One finding with all that was seen around it: what an edit is derived from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.findings import Finding
from pixpact.contracts.propose.operations import Operation
from pixpact.contracts.propose.replay import ReplayedTraffic
from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.specs.dialect.applicators import AppliedKeyword, KeywordCollector
from pixpact.specs.dialect.expressions import UNDEFINED, value_at
from pixpact.specs.openapi.document import Json, at, steps

TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


@dataclass(frozen=True, slots=True)
class ContractEdit:
    """One way to make a contract true again: what to say of it, and the operations on the document."""

    said: str
    """A sentence part: what the contract says afterwards."""
    operations: tuple[Operation, ...]
    renamed: tuple[str, str, str] | None = None
    """(pointer of the `properties`, old name, new name) of a field that has another name now."""


def edit(text: str, *operations: Operation, renamed: tuple[str, str, str] | None = None) -> ContractEdit:
    """An edit of these operations."""
    return ContractEdit(text, operations, renamed)


@dataclass(frozen=True)
class FindingContext:
    """A finding by the contract as it stands now."""

    finding: Finding
    seen: ReplayedTraffic

    @property
    def document(self) -> dict[str, Json]:
        """The contract's document."""
        return self.seen.contract.document.value

    @property
    def claim(self) -> Claim:
        """The claim that is broken first."""
        return self.finding.claim

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Every claim that is broken by this fault."""
        return (self.finding.claim, *self.finding.claims)

    @property
    def statement(self) -> Json:
        """What the contract says at the claim's place."""
        return at(self.document, self.claim.pointer)

    @cached_property
    def case(self) -> TaskCase | None:
        """The case that shows it."""
        last = _identity(self.finding.trace.exchanges[-1]) if self.finding.trace.exchanges else None
        for case in self.seen.cases:
            if any(_identity(step.exchange) == last for step in case.steps):
                return case
        return None

    @cached_property
    def step(self) -> ReadExchange | None:
        """The exchange that differs."""
        if self.case is None:
            return None
        last = _identity(self.finding.trace.exchanges[-1])
        return next(step for step in self.case.steps if _identity(step.exchange) == last)

    @property
    def observed(self) -> Json:
        """The value in the response that the finding points at; UNDEFINED where nothing is."""
        return value_at(self.step.value if self.step else None, steps(self.finding.pointer))

    def shown(self, media: str, pointer: str) -> Json:
        """What stood at a place of a response of one media type, named by its pointer; UNDEFINED where nothing did.

        The exchange that differs comes before any other.
        """
        steps_ = [self.step, *self.seen.steps] if self.step else self.seen.steps
        values = (value_at(step.value, steps(pointer)) for step in steps_ if step.media and step.media.pointer == media)
        return next((value for value in values if value is not UNDEFINED), UNDEFINED)

    @property
    def kept(self) -> bool:
        """Whether some response keeps what this one breaks: then what was promised is still said as well."""
        return any(self.claim.id == claim.id for step in self.seen.steps if step.body for claim in step.body.kept)

    # ---- requests

    def marks(self, statement: str) -> Iterator[tuple[ReadExchange, AppliedKeyword]]:
        """Every request in which a statement at this pointer counted, with the value it was about."""
        schema, _, keyword = statement.rpartition("/")
        for step in self.seen.steps:
            for mark in self.marks_of(step, keyword):
                if mark.schema == schema:
                    yield step, mark

    def marks_of(self, step: ReadExchange, keyword: str) -> list[AppliedKeyword]:
        """What a keyword counts for in one request."""
        reading = step.asked.reading if step.asked else None
        if reading is None or reading.branch is None:
            return []
        walk = self._walks(keyword).compile(reading.branch.pointer)
        marks: list[AppliedKeyword] = []
        if walk is not None:
            walk(reading.body, (), marks)
        return marks

    def _walks(self, keyword: str) -> KeywordCollector:
        collectors: dict[str, KeywordCollector] = self.__dict__.setdefault("_applicators", {})
        if keyword not in collectors:
            collectors[keyword] = KeywordCollector(self.document, (keyword,), self.seen.contract.schemas.test)
        return collectors[keyword]


def _identity(exchange: Any) -> tuple[Any, ...]:
    return exchange.started, exchange.method, exchange.url, exchange.status, exchange.note.get("probe")


def type_of(value: Json) -> str:
    """The name that JSON Schema has for the type of a value."""
    return "null" if value is None else TYPES[type(value)]
