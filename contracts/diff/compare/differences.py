"""What differs between two contracts, as frozen values. Whether it matters is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from pixpact.contracts.diff.read.applied_schemas import Direction, Pointers
from pixpact.contracts.diff.read.styles import ParameterStyle
from pixpact.specs.openapi.document import Json

Action = Literal["added", "removed", "raised", "lowered", "widened", "narrowed", "changed"]
MIRRORED: dict[Action, Action] = {
    "added": "removed",
    "removed": "added",
    "raised": "lowered",
    "lowered": "raised",
    "widened": "narrowed",
    "narrowed": "widened",
    "changed": "changed",
}
Path = tuple[str, ...]
"""The way to a value: names of fields, `[]` for the items of a list, `*` for fields without a name of their own."""
ITEM = "[]"
OTHER = "*"


@dataclass(frozen=True, slots=True)
class StatedAt:
    """Where a statement of one side is, and what it says."""

    pointer: str
    value: Json = field(default=None, hash=False)


Spots = tuple[StatedAt | None, StatedAt | None]
"""Before and after."""


def change_of(before: object, after: object) -> Action:
    """What happened to something that is there before, after, or both."""
    return "changed" if before and after else "removed" if before else "added"


def of_both(spots: Iterable[StatedAt | None]) -> Spots:
    """Two places as a pair."""
    before, after = spots
    return before, after


@dataclass(frozen=True, slots=True)
class MessageSite:
    """The message, or the part of one, in which something differs; both sides have it."""

    direction: Direction
    area: str
    """body, response, parameter, header, status, media-type, operation, security, lifecycle, billing, link, server."""
    operation: str
    """`POST /v1/images`, with `{}` for the parameters of the path."""
    name: str = ""
    """`200 application/json`, `query language`: which of several messages."""
    before: Pointers = ()
    after: Pointers = ()
    callback: bool = False
    styles: tuple[ParameterStyle, ParameterStyle] | None = None
    """How a parameter is written, before and after."""
    coded: bool = False
    """Whether a parameter or header contains a document of a media type, such as JSON, instead of plain text."""

    @property
    def plain_text(self) -> bool:
        """Whether the message is a parameter or header whose values are written as texts."""
        return self.area in ("parameter", "header") and not self.coded

    @property
    def joined(self) -> bool:
        """Whether the items of a list are one text, joined by a separator."""
        return self.area == "header" or (self.styles is not None and not self.styles[1].explode)

    def swapped(self) -> MessageSite:
        """The same site seen from the other side."""
        styles = (self.styles[1], self.styles[0]) if self.styles else None
        return replace(self, before=self.after, after=self.before, styles=styles)


@dataclass(frozen=True, slots=True)
class DifferenceGuard:
    """The messages that a difference is about: those that match an alternative or an `if` (`holds`), or do not."""

    path: Path
    before: Pointers
    after: Pointers
    holds: bool = True

    def swapped(self) -> DifferenceGuard:
        """The same guard seen from the other side."""
        return replace(self, before=self.after, after=self.before)


class Scope(NamedTuple):
    """Two schemas at one place. `partial`: other schemas, not compared here, also apply to the value."""

    before: Pointers
    after: Pointers
    path: Path = ()
    partial: bool = False
    choices: int = 0
    """How many of the difference's choices are outside of it."""


class AlternativeChoice(NamedTuple):
    """An alternative of a `oneOf` on both sides, () on a side that lacks it, and the others of each side."""

    before: Pointers
    after: Pointers
    beside_before: tuple[Pointers, ...] = ()
    beside_after: tuple[Pointers, ...] = ()

    def swapped(self) -> AlternativeChoice:
        """The same choice seen from the other side."""
        return AlternativeChoice(self.after, self.before, self.beside_after, self.beside_before)


@dataclass(frozen=True, slots=True)
class ContractDifference:
    """One statement that only one side makes, or that both make differently."""

    subject: str
    action: Action
    site: MessageSite
    path: Path = ()
    before: StatedAt | None = None
    after: StatedAt | None = None
    guards: tuple[DifferenceGuard, ...] = ()
    local: tuple[Json, Json] | None = field(default=None, compare=False)
    """The rule alone on both sides, as plain JSON Schema; None if the rule alone decides nothing."""
    monotone: bool = True
    """Whether a wider rule here allows more messages."""
    keywords: frozenset[str] = frozenset()
    """The keywords that a validator names when this rule is broken."""
    detail: Any = field(default=None, compare=False)
    """Details of the subject, the same in both directions of the comparison."""
    scopes: tuple[Scope, ...] = field(default=(), compare=False)
    """The schemas around it, the nearest first. If a message differs at all, it differs in each of them."""
    choices: tuple[AlternativeChoice, ...] = field(default=(), compare=False)
    """The alternatives that lead to it, the outermost first, if a value might match several of them at once."""

    def mirrored(self) -> ContractDifference:
        """The same difference, read from the revision to the base."""
        local = (self.local[1], self.local[0]) if self.local else None
        return replace(
            self,
            action=MIRRORED[self.action],
            site=self.site.swapped(),
            before=self.after,
            after=self.before,
            guards=tuple(guard.swapped() for guard in self.guards),
            local=local,
            scopes=tuple(scope._replace(before=scope.after, after=scope.before) for scope in self.scopes),
            choices=tuple(choice.swapped() for choice in self.choices),
        )


def shown(path: Path) -> str:
    """A path as people write it: `data[].url`, `metadata.*`."""
    text = ""
    for step in path:
        text += step if step == ITEM else f".{step}" if text else step
    return text
