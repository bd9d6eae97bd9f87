"""What a bound is measured against, and what was seen taken and refused on its two sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pixpact.contracts.propose.finding_context import FindingContext
from pixpact.contracts.traffic.case import ReadExchange, with_files
from pixpact.specs.dialect.applicators import AppliedKeyword
from pixpact.specs.dialect.expressions import UNDEFINED, value_at
from pixpact.specs.dialect.keyword_checks import Fetch, numbers_of
from pixpact.specs.openapi.document import Json, at, steps
from pixpact.specs.openapi.schemas import Violation
from pixpact.wire.json_values import is_number

BOUNDS = {
    "maximum": 1,
    "exclusiveMaximum": 1,
    "maxItems": 1,
    "maxLength": 1,
    "minimum": -1,
    "exclusiveMinimum": -1,
    "minItems": -1,
    "minLength": -1,
}
"""Keyword → 1 for an upper bound, -1 for a lower one."""
X_IMAGE, X_TOTAL, X_CLAMP = "x-image", "x-total", "x-clamp"


@dataclass(frozen=True, slots=True)
class RequestLimit:
    """One limit of a request: where its number stands, which side it limits, and how a request is measured by it."""

    pointer: str
    side: int
    statement: str
    """Pointer of the keyword that the applicators know: of `x-image`, not of the number in it."""
    measure: Callable[[ReadExchange, AppliedKeyword], Any]
    exclusive: bool = False

    def is_of(self, violation: Violation) -> bool:
        """Whether a violation is of this limit, and not of another beside it."""
        return f"{self.pointer}/".startswith(f"{violation.schema}/")


@dataclass(frozen=True, slots=True)
class ObservedLimit:
    """What was seen of one limit: the outermost value that was taken, and the innermost that was refused beyond it."""

    taken: Any
    refused: Any

    @property
    def adjacent(self) -> bool:
        """Whether no whole number lies between them, so that the limit is known."""
        whole = isinstance(self.taken, int) and isinstance(self.refused, int)
        return whole and abs(self.refused - self.taken) == 1


def bound_at(context: FindingContext, pointer: str) -> RequestLimit | None:
    """The limit whose number stands at a pointer; None where none does."""
    names = steps(pointer)
    keyword = names[-1]
    if X_IMAGE in names and keyword in BOUNDS:
        statement = pointer.rsplit("/", 2)[0]
        number = names[-2]
        return RequestLimit(
            pointer,
            BOUNDS[keyword],
            statement,
            lambda step, mark: _of_image(mark.instance, number, with_files(step.exchange, context.seen.fetch)),
            keyword.startswith("exclusive"),
        )
    if keyword == X_TOTAL or (len(names) > 1 and names[-2] == X_TOTAL):
        statement = pointer if keyword == X_TOTAL else pointer.rpartition("/")[0]
        return RequestLimit(f"{statement}/maximum", 1, statement, _total)
    if len(names) > 1 and names[-2] == X_CLAMP:
        return RequestLimit(pointer, BOUNDS[keyword], pointer.rpartition("/")[0], _sent)
    if keyword in BOUNDS:
        return RequestLimit(pointer, BOUNDS[keyword], pointer, _size(keyword), keyword.startswith("exclusive"))
    return None


def _of_image(instance: Json, number: str, fetch: Fetch) -> Any:
    """A derived number of an image that a request holds, by whatever stands for it; None where there is none."""
    return (numbers_of(instance, fetch) or {}).get(number)


def observed_sides(context: FindingContext, bound: RequestLimit) -> ObservedLimit:
    """What requests showed of a limit. None on a side of which nothing was seen."""
    taken: list[Any] = []
    refused: list[Any] = []
    for step, mark in context.marks(bound.statement):
        value = bound.measure(step, mark)
        if is_number(value):
            (taken if step.accepted else refused if step.refused and _alone(step, bound) else []).append(value)
    furthest = max(taken, key=lambda size: size * bound.side, default=None)
    beyond = [size for size in refused if furthest is None or size * bound.side > furthest * bound.side]
    return ObservedLimit(furthest, min(beyond, key=lambda size: size * bound.side, default=None))


def _alone(step: ReadExchange, bound: RequestLimit) -> bool:
    """Whether a refused request breaks no other rule than this one."""
    violations = step.asked.violations if step.asked else ()
    if not violations and step.expects:
        return False  # it was to be refused, for something that is no rule of a schema
    return len(violations) <= 1 and all(bound.is_of(violation) for violation in violations)


def limit(bound: RequestLimit, taken: Any) -> Any:
    """The number to write so that `taken` is the last value within."""
    return taken + bound.side if bound.exclusive else taken


def _size(keyword: str) -> Callable[[ReadExchange, AppliedKeyword], Any]:
    kinds: dict[str, type[list[Json]] | type[str]] = {"Items": list, "Length": str}
    kind = next((kind for word, kind in kinds.items() if keyword.endswith(word)), None)
    if kind is None:
        return _sent
    return lambda _, mark: len(mark.instance) if isinstance(mark.instance, kind) else None


def _sent(step: ReadExchange, mark: AppliedKeyword) -> Json:
    """The number as it was sent: a reading has clamped it already."""
    value = value_at(step.sent, tuple(map(str, mark.path)))
    return mark.instance if value is UNDEFINED else value


def _total(_: ReadExchange, mark: AppliedKeyword) -> Json:
    return total_of(mark.value, mark.instance)


def total_of(rule: Json, instance: Json) -> int:
    """What the fields that an `x-total` names come to: numbers count themselves, texts one, lists their length."""
    total = 0
    for name in rule["of"]:
        value = value_at(instance, steps(f"/{name}"))
        if isinstance(value, (list, tuple)):
            total += len(value)
        elif is_number(value):
            total += int(value)
        elif isinstance(value, str):
            total += 1
    return total


def rule_of(context: FindingContext, pointer: str) -> Json:
    """What a limit says now."""
    return at(context.document, pointer)
