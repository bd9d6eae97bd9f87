"""Two schemas at one place of a message: the input of the comparisons of single keywords."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from pixpact.contracts.diff.compare.differences import (
    Action,
    AlternativeChoice,
    ContractDifference,
    DifferenceGuard,
    MessageSite,
    Path,
    Scope,
    StatedAt,
)
from pixpact.contracts.diff.read.applied_schemas import AlternativeFamily, AppliedSchemas, Pointers, ShapeReader
from pixpact.contracts.diff.read.closed_schemas import ClosedSchemas
from pixpact.contracts.diff.read.standalone_schema import StandaloneWriter
from pixpact.specs.openapi.document import Json


def family_id(family: AlternativeFamily, new: int) -> str:
    """The id of a choice of the base (0) or the revision (1), whose pointers may be the same."""
    return f"{new}{family.pointer}/{family.keyword}"


@dataclass(frozen=True, slots=True)
class ValuePlace:
    """Where in a message two schemas are compared."""

    path: Path = ()
    guards: tuple[DifferenceGuard, ...] = ()
    monotone: bool = True
    """Whether a wider schema here allows more messages."""
    partial: bool = False
    """Whether other schemas, not compared here, also apply to the value."""
    scopes: tuple[Scope, ...] = ()
    """The schemas that lead here, the nearest first, as far as wider ones there allow more messages."""
    choices: tuple[AlternativeChoice, ...] = ()
    """The alternatives of a `oneOf` on the way, if a value might match several at once."""
    counted: bool = False
    """Whether an outer `unevaluated…` depends on which fields or items are declared here."""
    chosen: frozenset[str] = frozenset()
    """The choices whose alternative is being compared: one that leads back to its choice is compared once."""

    def below(self, step: str) -> ValuePlace:
        """The place one step further into the value."""
        return replace(self, path=(*self.path, step), counted=False, chosen=frozenset())

    def holding(self, difference: ContractDifference, site: MessageSite) -> ContractDifference:
        """A difference of what stands here, as one of the whole message of a site."""
        whole = difference.subject.startswith("images-")  # a promise is about the message, wherever it is stated
        inner = difference.scopes
        if self.path or self.choices:
            inner = tuple(
                scope._replace(path=(*self.path, *scope.path), choices=scope.choices + len(self.choices))
                for scope in inner
            )
        return replace(
            difference,
            site=site,
            path=difference.path if whole else (*self.path, *difference.path),
            guards=(*self.guards, *(replace(guard, path=(*self.path, *guard.path)) for guard in difference.guards)),
            scopes=(*inner, *self.scopes),
            choices=(*self.choices, *difference.choices),
        )

    def within(self, old: Pointers, new: Pointers) -> ValuePlace:
        """The same place, of these two schemas."""
        if not self.monotone or self.counted:
            return self
        return replace(self, scopes=(Scope(old, new, self.path, self.partial, len(self.choices)), *self.scopes))

    def beside(self, counted: bool) -> ValuePlace:
        """The same place, for a schema that speaks of the value beside others."""
        return replace(self, partial=True, counted=self.counted or counted)

    def guarded(self, old: Pointers, new: Pointers, holds: bool = True) -> ValuePlace:
        """The same place, in messages only that these schemas take, or do not take."""
        return replace(self, guards=(*self.guards, DifferenceGuard(self.path, old, new, holds)))

    def among(self, *choices: AlternativeFamily | None) -> ValuePlace:
        """The same place, for an alternative of a choice of the base, of the revision, or of both."""
        named = (family_id(family, new) for new, family in enumerate(choices) if family is not None)
        return replace(self, chosen=self.chosen.union(named))

    def choosing(self, choice: AlternativeChoice) -> ValuePlace:
        """The same place, within one alternative."""
        return replace(self, choices=(*self.choices, choice))

    def inside(self, monotone: bool) -> ValuePlace:
        """The same place, under a keyword where wider is not always wider."""
        return replace(self, monotone=self.monotone and monotone)


class SchemaComparer(Protocol):
    """What compares whole schemas of one site (`schemas.SchemaWalk`)."""

    before: ShapeReader
    after: ShapeReader
    plains: tuple[StandaloneWriter, StandaloneWriter]
    sendings: tuple[ClosedSchemas, ClosedSchemas]
    site: MessageSite

    def compare(self, old: Pointers, new: Pointers, value_place: ValuePlace) -> Iterator[ContractDifference]:
        """What differs between two schemas at one place."""


def whole(shape: AppliedSchemas, value: Json = None) -> StatedAt | None:
    """The pointer of a schema as a whole, for what it says by saying nothing; None if there is no schema."""
    return StatedAt(shape.parts[-1].pointer, value) if shape.parts else None


@dataclass(frozen=True, slots=True)
class SchemaPair:
    """Both shapes, and where they are."""

    walk: SchemaComparer
    before: AppliedSchemas
    after: AppliedSchemas
    place: ValuePlace

    def says(
        self, subject: str, action: Action, before: StatedAt | None, after: StatedAt | None, **facts: Any
    ) -> ContractDifference:
        """A difference at this place; a side without a statement of its own is represented by its schema as a whole."""
        before, after = before or whole(self.before), after or whole(self.after)
        facts.setdefault("keywords", frozenset((subject,)))
        if not self.place.monotone:
            facts["monotone"] = False
        path = facts.pop("path", self.place.path)
        facts["scopes"], facts["choices"] = self.place.scopes, self.place.choices
        return ContractDifference(subject, action, self.walk.site, path, before, after, self.place.guards, **facts)

    def deeper(self, old: Pointers, new: Pointers, value_place: ValuePlace) -> Iterator[ContractDifference]:
        """What differs between two schemas further in."""
        return self.walk.compare(old, new, value_place)

    def plain(self, old: Pointers, new: Pointers) -> tuple[Json, Json]:
        """Two schemas of the two sides as plain JSON Schema."""
        return self.walk.plains[0].of(old), self.walk.plains[1].of(new)
