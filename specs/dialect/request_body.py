"""Reads request bodies: branch → nulls → defaults → clamps → validation → promised images.

All rules are compiled when the spec is loaded; reading a body takes a few dictionary look-ups and one call of the
compiled validator.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from pixpact.specs.dialect.applicators import AppliedKeyword, KeywordCollector, Visit
from pixpact.specs.dialect.deciding_fields import DecidingFields
from pixpact.specs.dialect.expressions import ExpressionRequest
from pixpact.specs.dialect.images import ImagePromise, ImageStatements
from pixpact.specs.dialect.keyword_checks import (
    BrokenRule,
    Fetch,
    ImageRule,
    TotalRule,
    clamp_number,
    data_uris_without_image,
    may_hold_image,
)
from pixpact.specs.openapi.document import Json, at, escaped
from pixpact.specs.openapi.messages import listed, short_json
from pixpact.specs.openapi.schemas import CompiledSchemas, Violation, dotted_path, path_text, pointer_to

KEYWORDS = ("x-images", "x-image", "x-total")
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field of an object is changed before validation."""

    required: bool = False
    default: Json = _ABSENT
    clamp: Mapping[str, Json] | None = None
    fields: Mapping[str, FieldRule] = dataclasses.field(default_factory=dict)
    places: tuple[str, ...] = ()
    """JSON pointers of the schemas of the field, the most specific last."""

    @property
    def has_default(self) -> bool:
        """Whether a missing field gets a default."""
        return self.default is not _ABSENT


class BodyReading(NamedTuple):
    """A body as the vendor reads it, with all its violations."""

    body: Json
    violations: tuple[Violation, ...] = ()
    marks: tuple[AppliedKeyword, ...] = ()
    branch: BodyBranch | None = None


def no_fetch(_: str) -> bytes | None:
    """Return None: no URL is served by this server."""
    return None


class BodyBranch:
    """One alternative of a request schema."""

    def __init__(
        self, document: Mapping[str, Json], schemas: CompiledSchemas, walks: KeywordCollector, pointer: str
    ) -> None:
        self.pointer = pointer
        self.fields = fields_of(document, pointer)
        self.filled = _Filling(self.fields).filled
        self.document = document
        self._schemas = schemas
        self.is_valid = schemas.test(pointer)
        self._walks = walks
        self._walk: Visit | None = walks.compile(pointer)
        self._order = {name: position for position, name in enumerate(self.fields)}
        self._statements = ImageStatements(defaults_of(self.fields))
        self._rules: dict[str, ImageRule | TotalRule] = {}

    def read(self, body: Json, fetch: Fetch) -> BodyReading:
        """Read and validate one body of this branch."""
        body = self.filled(body)
        marks: list[AppliedKeyword] = []
        if self.is_valid(body):
            violations: list[Violation] = []
            if self._walk is not None:
                self._walk(body, (), marks)
        else:
            violations = self._schemas.violations(self.pointer, body)
            marks = self._marks_of_invalid(body)
        violations += self._derived(marks, fetch)
        if may_hold_image(body):
            violations += self._pictureless(body, fetch, {violation.pointer for violation in violations})
        if len(violations) > 1:
            violations.sort(key=self._sort_key)
        return BodyReading(body, tuple(violations), tuple(marks), self)

    @cached_property
    def deciding(self) -> tuple[str, ...] | None:
        """The top-level fields that decide the promise to a body without objects and lists; None if more decides it."""
        return DecidingFields(self.document, self._walks).of(self.pointer)

    def promise(self, reading: BodyReading, request: ExpressionRequest, fetch: Fetch) -> ImagePromise:
        """The images that a valid request must yield."""
        return self._statements.promise(reading.marks, request, fetch)

    def words(self, field: FieldRule) -> list[Json] | None:
        """The allowed values of a field, by its shortest enum; None without one."""
        schemas = [at(self.document, pointer) for pointer in field.places]
        listed_words = [schema["enum"] for schema in schemas if isinstance(schema, dict) and "enum" in schema]
        return min(listed_words, key=len, default=None)

    def _marks_of_invalid(self, body: Json) -> list[AppliedKeyword]:
        # The other rules are evaluated too, so that one response can list all violations.
        marks: list[AppliedKeyword] = []
        if self._walk is not None and isinstance(body, dict):
            self._walk(body, (), marks)
        return marks

    def _derived(self, marks: list[AppliedKeyword], fetch: Fetch) -> list[Violation]:
        violations = []
        for mark in marks:
            if mark.keyword != "x-images":
                violations += self._broken(mark, fetch)
        return violations

    def _broken(self, mark: AppliedKeyword, fetch: Fetch) -> list[Violation]:
        rule = self._rule(mark)
        if isinstance(rule, TotalRule):
            total = rule.broken(mark.instance, path_text(mark.path))
            return [
                _derived_violation(mark, broken, broken.text, dotted_path((*mark.path, *rule.first)))
                for broken in total
            ]
        name = path_text(mark.path) or "the body"
        violations = rule.broken(mark.instance, fetch)
        return [
            _derived_violation(mark, broken, f"{name} {broken.text}", dotted_path(mark.path)) for broken in violations
        ]

    def _pictureless(self, body: Json, fetch: Fetch, judged: set[str]) -> list[Violation]:
        """The violations of data URIs that declare an image but contain none, whatever the schema allows."""
        violations = []
        for path in data_uris_without_image(body, fetch):
            if pointer_to(path) not in judged:
                text = f"{path_text(path)} is a data URI that holds no image"
                violations.append(
                    Violation("body", pointer_to(path), "x-image/format", text, self.pointer, dotted_path(path))
                )
        return violations

    def _rule(self, mark: AppliedKeyword) -> ImageRule | TotalRule:
        key = f"{mark.schema}/{mark.keyword}"
        if key not in self._rules:
            self._rules[key] = (TotalRule if mark.keyword == "x-total" else ImageRule)(mark.value)
        return self._rules[key]

    def _sort_key(self, violation: Violation) -> tuple[int, bool]:
        """Sort violations by the order of the properties, with sums over several fields last."""
        first = violation.field.split(".")[0]
        return (self._order.get(first, len(self._order)), violation.keyword == "x-total")


def _derived_violation(mark: AppliedKeyword, broken: BrokenRule, message: str, name: str) -> Violation:
    keyword_pointer = f"{mark.schema}/{broken.keyword}"
    return Violation("body", pointer_to(mark.path), broken.keyword, message, keyword_pointer, name)


class BodyReader:
    """A request schema, compiled: its branches, and the field that selects one."""

    def __init__(self, document: Mapping[str, Json], schemas: CompiledSchemas, pointer: str) -> None:
        walks = KeywordCollector(document, KEYWORDS, schemas.test)
        schema = at(document, pointer)
        self.document = document
        self.pointer = pointer
        self.key, table = dispatch(document, pointer, schema)
        self.branches: dict[Json, BodyBranch] = {}
        made: dict[str, BodyBranch] = {}
        for value, position in table.items():
            made.setdefault(position, BodyBranch(document, schemas, walks, position))
            self.branches[value] = made[position]
        self._only = None if self.key else BodyBranch(document, schemas, walks, pointer)

    def read(self, body: Json, fetch: Fetch = no_fetch) -> BodyReading:
        """Read one decoded body."""
        if self._only is not None:
            return self._only.read(body, fetch)
        if not isinstance(body, dict):
            return BodyReading(body, (self._wrong("", "type", f"the body must be an object; got {short_json(body)}"),))
        value = body.get(self.key)
        branch = self.branches.get(value) if isinstance(value, str) else None
        return branch.read(body, fetch) if branch else BodyReading(body, (self._no_branch(value),))

    def all_branches(self) -> list[BodyBranch]:
        """All branches, in the order of the spec, without duplicates."""
        return list(dict.fromkeys(self.branches.values())) or ([self._only] if self._only else [])

    def _no_branch(self, value: Json) -> Violation:
        assert self.key is not None
        if value is None:
            return self._wrong(self.key, "required", f"{self.key} is required")
        names = listed(list(self.branches))
        return self._wrong(self.key, "enum", f"{self.key} must be one of {names}; got {short_json(value)}")

    def _wrong(self, name: str, keyword: str, message: str) -> Violation:
        pointer = f"/{escaped(name)}" if name else ""
        return Violation("body", pointer, keyword, message, f"{self.pointer}/oneOf", name)


def resolved(document: Mapping[str, Json], pointer: str) -> str:
    """The pointer behind a chain of `$ref`s. Raises KeyError if one leads nowhere."""
    visited = set()
    while isinstance(value := at(document, pointer), dict) and "$ref" in value and pointer not in visited:
        visited.add(pointer)
        pointer = value["$ref"].removeprefix("#")
    return pointer


def dispatch(document: Mapping[str, Json], pointer: str, schema: Json) -> tuple[str | None, dict[Json, str]]:
    """(the discriminating field of a `oneOf`, its value → pointer of the branch); (None, {}) without one.

    It is the first property that every branch requires with an `enum` of its own.
    """
    alternatives = schema.get("oneOf", ()) if isinstance(schema, dict) else ()
    pointers = [resolved(document, f"{pointer}/oneOf/{index}") for index in range(len(alternatives))]
    branches = [(pointer, enums_of(document, pointer)) for pointer in pointers]
    for key in branches[0][1] if branches else ():
        values = [value for _, enums in branches for value in enums.get(key, ())]
        if all(key in enums for _, enums in branches) and len(values) == len(set(values)):
            return key, {value: pointer for pointer, enums in branches for value in enums[key]}
    return None, {}


def enums_of(document: Mapping[str, Json], pointer: str) -> dict[str, list[Json]]:
    """The required fields of an object schema with an `enum` of texts."""
    values = {}
    for name in dict.fromkeys(name for _, part in conjuncts(document, pointer) for name in part.get("required", ())):
        for _, part in declarations_of(document, pointer, name):
            if isinstance(part, dict) and all(isinstance(value, str) for value in part.get("enum", [None])):
                values[name] = part["enum"]
    return values


def conjuncts(document: Mapping[str, Json], pointer: str) -> list[tuple[str, dict[str, Json]]]:
    """(pointer, schema) of a schema and all that it includes by `$ref` and `allOf`, the most specific last.

    Each schema is listed once; a boolean schema includes nothing. Circular references are excluded by lint.
    """
    parts: dict[str, dict[str, Json]] = {}
    _include(parts, document, pointer, at(document, pointer))
    return list(parts.items())


def _include(parts: dict[str, dict[str, Json]], document: Mapping[str, Json], pointer: str, schema: Json) -> None:
    if not isinstance(schema, dict) or pointer in parts:
        return
    if "$ref" in schema:
        target = schema["$ref"].removeprefix("#")
        _include(parts, document, target, at(document, target))
    for index, part in enumerate(schema.get("allOf", ())):
        _include(parts, document, f"{pointer}/allOf/{index}", part)
    parts[pointer] = schema


def declarations_of(document: Mapping[str, Json], pointer: str, name: str) -> list[tuple[str, Json]]:
    """(pointer, schema) of every schema that an object schema, with its included ones, has for the field `name`."""
    return [
        part
        for part_pointer, outer in conjuncts(document, pointer)
        if name in outer.get("properties", {})
        for part in _spoken(document, f"{part_pointer}/properties/{escaped(name)}")
    ]


def _spoken(document: Mapping[str, Json], pointer: str) -> list[tuple[str, Json]]:
    """A schema with all that it includes; a boolean schema alone."""
    return conjuncts(document, pointer) or [(pointer, at(document, pointer))]


def fields_of(
    document: Mapping[str, Json], *pointers: str, visited: frozenset[str] = frozenset()
) -> dict[str, FieldRule]:
    """How the fields of an object are read, by name; follows `properties`, `$ref` and `allOf` only.

    `pointers`: the schemas that together describe the object, the most specific last.
    """
    parts = [part for pointer in pointers if pointer not in visited for part in conjuncts(document, pointer)]
    required = {name for _, part in parts for name in part.get("required", ())}
    pointers_of_fields: dict[str, list[str]] = {}
    for part_pointer, part in parts:
        for name in part.get("properties", {}):
            pointers_of_fields.setdefault(name, []).append(f"{part_pointer}/properties/{escaped(name)}")
    inner = visited.union(pointers)
    return {name: _field(document, where, name in required, inner) for name, where in pointers_of_fields.items()}


def _field(document: Mapping[str, Json], pointers: list[str], required: bool, visited: frozenset[str]) -> FieldRule:
    default, clamp = _ABSENT, None
    parts = [part for pointer in pointers for part in _spoken(document, pointer)]
    for _, part in parts:
        if isinstance(part, dict):
            default, clamp = part.get("default", default), part.get("x-clamp", clamp)
    has_fields = any(isinstance(part, dict) and "properties" in part for _, part in parts)
    fields = fields_of(document, *pointers, visited=visited) if has_fields else {}
    return FieldRule(required, default, clamp, fields, tuple(pointer for pointer, _ in parts))


def field_at(fields: Mapping[str, FieldRule], names: Sequence[str]) -> FieldRule | None:
    """The field at nested names; None without one."""
    field = fields.get(names[0]) if names else None
    return field if field is None or len(names) == 1 else field_at(field.fields, names[1:])


def defaults_of(fields: Mapping[str, FieldRule], path: str = "") -> dict[str, Json]:
    """The defaults by the expression of their field: `$request.body#/metadata/resolution` → `2K`."""
    defaults: dict[str, Json] = {}
    for name, field in fields.items():
        inner = f"{path}/{escaped(name)}"
        if field.default is not _ABSENT:
            defaults[f"$request.body#{inner}"] = field.default
        defaults |= defaults_of(field.fields, inner)
    return defaults


def with_defaults(value: Json, fields: Mapping[str, FieldRule]) -> Json:
    """A copy of an object without nulls of optional fields, with defaults filled in and numbers clamped.

    Null counts as omitted for an optional field: the vendors' gateways decode JSON so, and an official SDK sends every
    unset option as null.
    """
    if type(value) is not dict:
        return value
    optional = {name: field for name, field in fields.items() if not field.required}
    result = {name: field.default for name, field in optional.items() if field.has_default}
    result |= {name: inner for name, inner in value.items() if inner is not None or name not in optional}
    for name, field in fields.items():
        if name in result:
            result[name] = _settled(result[name], field)
    return result


class _Filling:
    """A fast `with_defaults` for the fields of one object: most bodies need only their defaults."""

    def __init__(self, fields: Mapping[str, FieldRule]) -> None:
        self._fields = fields
        self._defaults = {name: rule.default for name, rule in fields.items() if not rule.required and rule.has_default}
        self._particular = {name for name, rule in fields.items() if rule.clamp is not None or rule.fields}
        self._always = any(name in self._particular for name in self._defaults)

    def filled(self, value: Json) -> Json:
        """The same as `with_defaults`."""
        if self._always or type(value) is not dict or not self._particular.isdisjoint(value) or None in value.values():
            return with_defaults(value, self._fields)
        return self._defaults | value


def _settled(value: Json, field: FieldRule) -> Json:
    if field.clamp is not None:
        value = clamp_number(value, field.clamp)
    return with_defaults(value, field.fields) if field.fields else value
