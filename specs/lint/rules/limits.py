"""Lint rules for keywords and limits without effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pixpact.specs.dialect.applicators import KeywordCollector
from pixpact.specs.dialect.request_body import BodyBranch, FieldRule, conjuncts
from pixpact.specs.lint.rules.subject import CompiledSpec, LintFault
from pixpact.specs.openapi.document import Json, at, steps

_READ_IN = {
    "x-images": "request bodies",
    "x-image": "request bodies",
    "x-total": "request bodies",
    "x-clamp": "request bodies, along properties, $ref and allOf",
    "x-value": "answers",
    "x-when": "answers",
}


def unread_keyword(spec: CompiledSpec) -> Iterator[LintFault]:
    """An `x-` key where nothing reads it: in the wrong message, below `not`, or in an unused schema."""
    fields = frozenset(pointer for _, field in spec.fields for pointer in field.places)
    responses = _read_in_responses(spec) | _header_schemas(spec)
    read = {"x-clamp": fields, "x-value": responses, "x-when": responses}
    for site in spec.parts.schema_objects:
        for keyword in _READ_IN.keys() & site.value.keys():
            if site.pointer not in read.get(keyword, spec.read_in_requests):
                message = f"nothing reads {keyword} here; it is read in {_READ_IN[keyword]}"
                remedy = "move it where properties, items, allOf, oneOf, anyOf, then, else or dependentSchemas lead"
                yield LintFault(f"{site.pointer}/{keyword}", message, remedy)


def _read_in_responses(spec: CompiledSpec) -> frozenset[str]:
    """JSON pointers of all schemas of responses and callback bodies."""
    callbacks = [
        media.pointer
        for operation in spec.contract.operations
        for callback in operation.callbacks
        for media in callback.media
    ]
    walks = KeywordCollector(spec.value, (), spec.schemas.test)
    for pointer in [*(media.pointer for _, media in spec.responses), *callbacks]:
        walks.compile(f"{pointer}/schema")
    return walks.visited


def _header_schemas(spec: CompiledSpec) -> frozenset[str]:
    sites = [*spec.parts.of_kind("header"), *spec.parts.of_kind("sent-header")]
    schemas = [f"{site.pointer}/schema" for site in sites]
    return frozenset(pointer for schema_pointer in schemas for pointer, _ in conjuncts(spec.value, schema_pointer))


def unreachable_limit(spec: CompiledSpec) -> Iterator[LintFault]:
    """A total that the limits of its parts never reach, or a limit that the total always precedes."""
    for branch in spec.branches:
        for pointer in _totals(spec, branch.pointer):
            yield from _judged(spec, branch, pointer)


def _totals(spec: CompiledSpec, pointer: str) -> Iterator[str]:
    """Yield the pointers of `x-total` in a branch, including its conditional parts."""
    for part_pointer, part in conjuncts(spec.value, pointer):
        if "x-total" in part:
            yield f"{part_pointer}/x-total"
        for keyword in ("then", "else"):
            if keyword in part:
                yield from _totals(spec, f"{part_pointer}/{keyword}")


def _judged(spec: CompiledSpec, branch: BodyBranch, pointer: str) -> Iterator[LintFault]:
    total = at(spec.value, pointer)
    most = [_most(spec, branch.fields, steps(f"/{name}")) for name in total["of"]]
    limits = [limit for limit, _ in most if limit is not None]
    remedy = "none; no request can show it"
    if len(limits) == len(most) and sum(limits) <= total["maximum"]:
        message = f"no request reaches this total of {total['maximum']}: its parts end at {sum(limits)}"
        yield LintFault(pointer, message, remedy)
        return
    for name, (limit, where) in zip(total["of"], most, strict=True):
        if limit is not None and limit >= total["maximum"]:
            message = f"the limit {limit} of {name} is never reached before the total of {total['maximum']}"
            yield LintFault(where, message, remedy)


def _most(spec: CompiledSpec, fields: Mapping[str, FieldRule], path: tuple[str, ...]) -> tuple[int | None, str]:
    """(the maximum that one part adds to a total, the pointer of that limit); (None, "") without a limit."""
    field = fields.get(path[0])
    if field is None:
        return None, ""
    if len(path) > 1:
        return _most(spec, field.fields, path[1:])
    limits = [limit for part_pointer in field.places for limit in _limits(at(spec.value, part_pointer), part_pointer)]
    return min(limits, default=(None, ""))


def _limits(part: Json, pointer: str) -> Iterator[tuple[int, str]]:
    if not isinstance(part, dict):
        return
    for keyword in ("maximum", "maxItems"):
        if keyword in part:
            yield int(part[keyword]), f"{pointer}/{keyword}"
    clamp = part.get("x-clamp", {})
    if "maximum" in clamp:
        yield int(clamp["maximum"]), f"{pointer}/x-clamp/maximum"
    if isinstance(part.get("then"), dict):  # a list or a single value: `if: {type: array}`
        yield from _limits(part["then"], f"{pointer}/then")
