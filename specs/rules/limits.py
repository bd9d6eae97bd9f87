"""Limits that no request can reach, because another stands before them."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.specs.document import Json, at, escaped
from pixpact.specs.problems import Problem
from pixpact.specs.reading import conjuncts, declared
from pixpact.specs.rules.subject import Meaning


def unreachable_limit(spec: Meaning) -> Iterator[Problem]:
    """A note: a total that the single limits never let through, or a single limit that the total always forestalls."""
    for operation in spec.contract.operations:
        for media in operation.body.media if operation.body else ():
            for branch in media.reader.all_branches():
                for place in _totals(spec, branch.pointer):
                    yield from _judged(spec, branch.pointer, place)


def _totals(spec: Meaning, pointer: str) -> Iterator[str]:
    """Where `x-total` stands in a branch, also under its conditions."""
    for place, part in conjuncts(spec.value, pointer):
        if "x-total" in part:
            yield f"{place}/x-total"
        for keyword in ("then", "else"):
            if keyword in part:
                yield from _totals(spec, f"{place}/{keyword}")


def _judged(spec: Meaning, branch: str, place: str) -> Iterator[Problem]:
    total = at(spec.value, place)
    most = [_most(spec, branch, name.split("/")) for name in total["of"]]
    known = [limit for limit, _ in most if limit is not None]
    if len(known) == len(most) and sum(known) <= total["maximum"]:
        message = f"no request reaches this total of {total['maximum']}: its parts end at {sum(known)}"
        yield spec.problem("unreachable-limit", place, message, "nothing to do; no probe can show it", note=True)
        return
    for name, (limit, origin) in zip(total["of"], most, strict=True):
        if limit is not None and limit >= total["maximum"]:
            message = f"the limit {limit} of {name} lies behind the total of {total['maximum']}"
            yield spec.problem("unreachable-limit", origin, message, "nothing to do; no probe can show it", note=True)


def _most(spec: Meaning, pointer: str, path: list[str]) -> tuple[int | None, str]:
    """The most that one part can add to a total, and where that limit stands."""
    for step in path[:-1]:
        places = [place for place, part in declared(spec.value, pointer, step) if isinstance(part, dict)]
        if not places:
            return None, pointer
        pointer = places[-1]
    for place, part in declared(spec.value, pointer, path[-1]):
        for keyword, inner in _limits(part, place):
            return keyword, inner
    return None, pointer


def _limits(part: Json, place: str) -> Iterator[tuple[int, str]]:
    if not isinstance(part, dict):
        return
    for keyword in ("maximum", "maxItems"):
        if keyword in part:
            yield int(part[keyword]), f"{place}/{escaped(keyword)}"
    clamp = part.get("x-clamp", {})
    if "maximum" in clamp:
        yield int(clamp["maximum"]), f"{place}/x-clamp/maximum"
    if isinstance(part.get("then"), dict):  # a list or a single value: `if: {type: array}`
        yield from _limits(part["then"], f"{place}/then")
