"""A rule that was seen broken by what was taken → the same rule, loosened to that, and bounded by what was refused.

Where nothing at all was refused for a rule, and enough was tried, nobody enforces it: then there is no loosening of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pixpact.contracts.propose.bounds import BOUNDS, X_TOTAL, RequestLimit, bound_at, limit, observed_sides
from pixpact.contracts.propose.finding_context import FindingContext
from pixpact.contracts.propose.operations import Operation, SetValue
from pixpact.contracts.traffic.case import ReadExchange
from pixpact.specs.dialect.expressions import UNDEFINED, value_at
from pixpact.specs.openapi.document import Json, at, steps
from pixpact.specs.openapi.messages import listed, short_json
from pixpact.specs.openapi.schemas import matches

FURTHEST = 8
"""A limit that is not met at so many times the value is taken for none."""
_ENOUGH = 2
"""Values outside an enum that must be taken, and none refused, before it is no rule."""
_SHORT = 40
"""Characters of a text that is named as it is."""
_FORM = re.compile(r"data:image/[a-z0-9.+-]+;base64,|https?://")


@dataclass(frozen=True, slots=True)
class RuleLoosening:
    """What a rule at a pointer becomes, and how to say it, with what remains unknown."""

    pointer: str
    said: str
    operation: Operation


def loosened_rule(context: FindingContext, pointer: str) -> RuleLoosening | None:
    """The rule at a pointer as far as it was seen to be looser; None where it is none, or cannot be loosened."""
    keyword = steps(pointer)[-1]
    if keyword == "enum":
        return _words(context, pointer)
    if keyword == "pattern":
        return _form(context, pointer)
    limit = passed(context, pointer)
    return None if limit is None else _bound(context, pointer, limit)


def passed(context: FindingContext, pointer: str) -> RequestLimit | None:
    """The bound that the taken request lies beyond."""
    rule = at(context.document, pointer)
    names = [f"{pointer}/{word}" for word in BOUNDS if isinstance(rule, dict) and word in rule]
    for request_limit in (bound_at(context, name) for name in (names or [pointer])):
        if request_limit is None or context.step is None:
            continue
        value = next(
            (
                request_limit.measure(step, mark)
                for step, mark in context.marks(request_limit.statement)
                if step is context.step
            ),
            None,
        )
        stated = at(context.document, request_limit.pointer)
        if isinstance(value, (int, float)) and value * request_limit.side >= stated * request_limit.side + (
            0 if request_limit.exclusive else 1e-9
        ):
            return request_limit
    return None


def _bound(context: FindingContext, pointer: str, request_limit: RequestLimit) -> RuleLoosening | None:
    sides, stated = observed_sides(context, request_limit), at(context.document, request_limit.pointer)
    if sides.taken is None:
        return None
    name, value = steps(request_limit.pointer)[-1], limit(request_limit, sides.taken)
    if sides.refused is not None:
        between = "" if sides.adjacent else f"; {short_json(sides.refused)} is refused; in between is unknown"
    elif request_limit.side > 0 and sides.taken < max(1, stated) * FURTHEST and X_TOTAL not in steps(pointer):
        between = "; above that is unknown"
    else:
        return None
    return RuleLoosening(pointer, f"{name} is {short_json(value)}{between}", SetValue(request_limit.pointer, value))


def _words(context: FindingContext, pointer: str) -> RuleLoosening | None:
    """An enum with the words that were taken beside those that it lists."""
    words = at(context.document, pointer)
    taken, refused = _outside(context, pointer)
    new = [value for value in taken if value not in words and value not in refused]
    if not new or (len(new) >= _ENOUGH and not refused):
        return None
    rest = f"{_named(refused)} {'is' if len(refused) == 1 else 'are'} refused" if refused else ""
    unknown = f"; {rest}, any other is unknown" if rest else "; any other is unknown"
    what = f"{_named(new)} {'is' if len(new) == 1 else 'are'} accepted too"
    return RuleLoosening(pointer, what + unknown, SetValue(pointer, [*words, *new]))


def _form(context: FindingContext, pointer: str) -> RuleLoosening | None:
    """A pattern that takes the form of an image or an address as well: as much of it as tells the form."""
    pattern = at(context.document, pointer)
    taken, refused = _outside(context, pointer)
    texts = [value for value in taken if isinstance(value, str) and not matches(pattern, value)]
    forms = list(dict.fromkeys(match[0] for text in texts if (match := _FORM.match(text))))
    if not forms or (not refused and len(forms) < len(texts)):
        return None
    inner = pattern.removeprefix("^")
    anchored = pattern.startswith("^") and "|" not in re.sub(r"\(.*\)", "", inner)
    wider = f"^({inner}|{'|'.join(map(_literal, forms))})" if anchored else f"{pattern}|^({'|'.join(forms)})"
    rest = f"; {_named(refused)} {'is' if len(refused) == 1 else 'are'} refused" if refused else ""
    return RuleLoosening(pointer, f"{_named(forms)} at the beginning is accepted too{rest}", SetValue(pointer, wider))


def _named(values: Sequence[Json]) -> str:
    return listed(
        [value if isinstance(value, str) and len(value) < _SHORT else short_json(value) for value in values], "and"
    )


def _literal(text: str) -> str:
    """A text as a pattern that means just it, also to readers of other dialects."""
    return re.sub(r"([.+*?^$()\[\]{}|\\])", r"\\\1", text)


def _outside(context: FindingContext, pointer: str) -> tuple[list[Json], list[Json]]:
    """The values that break the rule at a pointer and no other, as far as they were taken, and refused."""
    taken: list[Json] = []
    refused: list[Json] = []
    for step, value in _breaking(context, pointer):
        kept = taken if step.accepted else refused if step.refused else []
        if value not in kept:
            kept.append(value)
    return taken, refused


def _breaking(context: FindingContext, pointer: str) -> Iterator[tuple[ReadExchange, Json]]:
    for step in context.seen.steps:
        violations = step.asked.violations if step.asked else ()
        if len(violations) == 1 and violations[0].schema == pointer:
            value = value_at(step.sent, steps(violations[0].pointer))
            if value is not UNDEFINED:
                yield step, value
