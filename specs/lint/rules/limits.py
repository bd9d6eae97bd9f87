"""Keywords and limits that no request comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pixpact.specs.dialect.applicators import Applicators
from pixpact.specs.dialect.request_body import Branch, Member, conjuncts
from pixpact.specs.lint.rules.subject import Fault, Meaning
from pixpact.specs.openapi.document import Json, at, steps

_READ_IN = {
    "x-images": "request bodies",
    "x-image": "request bodies",
    "x-total": "request bodies",
    "x-clamp": "request bodies, along properties, $ref and allOf",
    "x-value": "answers",
    "x-when": "answers",
}


def unread_keyword(spec: Meaning) -> Iterator[Fault]:
    """One of our keywords where nothing reads it: in the wrong message, below `not`, or in a schema nobody uses."""
    members = frozenset(place for _, member in spec.members for place in member.places)
    answers = _read_in_answers(spec) | _header_schemas(spec)
    read = {"x-clamp": members, "x-value": answers, "x-when": answers}
    for site in spec.parts.schema_objects:
        for keyword in _READ_IN.keys() & site.value.keys():
            if site.pointer not in read.get(keyword, spec.read_in_requests):
                message = f"nothing reads {keyword} here; it is read in {_READ_IN[keyword]}"
                remedy = "move it where properties, items, allOf, oneOf, anyOf, then, else or dependentSchemas lead"
                yield Fault(f"{site.pointer}/{keyword}", message, remedy)


def _read_in_answers(spec: Meaning) -> frozenset[str]:
    """JSON pointers of every schema that an answer is read by, and what callbacks send."""
    callbacks = [site.pointer for site in spec.parts.of_kind("media-type") if "/callbacks/" in site.pointer]
    walks = Applicators(spec.value, (), spec.schemas.test)
    for pointer in [*(media.pointer for _, media in spec.answers), *callbacks]:
        walks.compile(f"{pointer}/schema")
    return walks.visited


def _header_schemas(spec: Meaning) -> frozenset[str]:
    sites = [*spec.parts.of_kind("header"), *spec.parts.of_kind("sent-header")]
    places = [f"{site.pointer}/schema" for site in sites]
    return frozenset(pointer for place in places for pointer, _ in conjuncts(spec.value, place))


def unreachable_limit(spec: Meaning) -> Iterator[Fault]:
    """A total that the single limits never let through, or a single limit that the total always forestalls."""
    for branch in spec.branches:
        for place in _totals(spec, branch.pointer):
            yield from _judged(spec, branch, place)


def _totals(spec: Meaning, pointer: str) -> Iterator[str]:
    """Where `x-total` stands in a branch, also under its conditions."""
    for place, part in conjuncts(spec.value, pointer):
        if "x-total" in part:
            yield f"{place}/x-total"
        for keyword in ("then", "else"):
            if keyword in part:
                yield from _totals(spec, f"{place}/{keyword}")


def _judged(spec: Meaning, branch: Branch, place: str) -> Iterator[Fault]:
    total = at(spec.value, place)
    most = [_most(spec, branch.members, steps(f"/{name}")) for name in total["of"]]
    known = [limit for limit, _ in most if limit is not None]
    remedy = "nothing to do; no probe can show it"
    if len(known) == len(most) and sum(known) <= total["maximum"]:
        message = f"no request reaches this total of {total['maximum']}: its parts end at {sum(known)}"
        yield Fault(place, message, remedy)
        return
    for name, (limit, where) in zip(total["of"], most, strict=True):
        if limit is not None and limit >= total["maximum"]:
            message = f"the limit {limit} of {name} lies behind the total of {total['maximum']}"
            yield Fault(where, message, remedy)


def _most(spec: Meaning, members: Mapping[str, Member], path: tuple[str, ...]) -> tuple[int | None, str]:
    """The most that one part can add to a total (None: no end), and where that limit stands."""
    member = members.get(path[0])
    if member is None:
        return None, ""
    if len(path) > 1:
        return _most(spec, member.members, path[1:])
    limits = [limit for place in member.places for limit in _limits(at(spec.value, place), place)]
    return min(limits, default=(None, ""))


def _limits(part: Json, place: str) -> Iterator[tuple[int, str]]:
    if not isinstance(part, dict):
        return
    for keyword in ("maximum", "maxItems"):
        if keyword in part:
            yield int(part[keyword]), f"{place}/{keyword}"
    clamp = part.get("x-clamp", {})
    if "maximum" in clamp:
        yield int(clamp["maximum"]), f"{place}/x-clamp/maximum"
    if isinstance(part.get("then"), dict):  # a list or a single value: `if: {type: array}`
        yield from _limits(part["then"], f"{place}/then")
