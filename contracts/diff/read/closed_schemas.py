"""What a sender sends that keeps to its contract: only fields that the contract names.

Which fields these are depends on the alternative that the object matches. Required fields count as named. If the
contract allows other fields (`additionalProperties: true`, or a schema for them), any may be sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from pixpact.contracts.diff.read.applied_schemas import AlternativeFamily, Pointers, SchemaPart, ShapeReader
from pixpact.contracts.diff.read.standalone_schema import StandaloneWriter
from pixpact.specs.openapi.containment import StandaloneSchema
from pixpact.specs.openapi.document import Json

Chosen = frozenset[str]
"""Choices (`oneOf`, `anyOf`) of which one alternative is already among the schemas."""
_MOST_CHOICES, _MOST_TOGETHER, _MOST_BODIES = 4, 4, 4000


class ClosedSchemas:
    """What may be sent for the schemas of one side."""

    def __init__(self, reader: ShapeReader, plain: StandaloneWriter) -> None:
        self._reader = reader
        self._plain = plain
        self._names: dict[tuple[Pointers, Chosen], str] = {}
        self._pool: dict[str, Json] = {}
        self._made: dict[Pointers, Json] = {}
        self._leads: dict[str, frozenset[str]] = {}
        self._compiled: tuple[Pointers, StandaloneSchema] | None = None

    def of(self, pointers: Pointers) -> Json:
        """What may be sent, as self-contained JSON Schema."""
        if pointers not in self._made:
            closed = self._closed(pointers, frozenset())
            whole = self._plain.of(pointers)
            if closed is not True and isinstance(whole, dict):
                rest = {key: inner for key, inner in whole.items() if key != "$defs"}
                needed = {**whole.get("$defs", {}), **self._needed(closed)}
                whole = {"allOf": [rest, closed], "$defs": needed}
            self._made[pointers] = whole
        return self._made[pointers]

    def names(self, pointers: Pointers, chosen: Chosen = frozenset()) -> set[str] | None:
        """The field names of an object, within the chosen alternatives; None if any name is allowed."""
        parts = self._reader.spread(pointers, chosen)
        declared = self._declared(parts)
        least = max((part.schema["minProperties"] for part in parts if "minProperties" in part.schema), default=0)
        named = any("properties" in part.schema for part in parts)
        return set(declared) if named and not any(map(_names_others, parts)) and least <= len(declared) else None

    def judge(self, pointers: Pointers) -> StandaloneSchema:
        """What may be sent, compiled. Only the last result is kept, since each may be large."""
        if self._compiled is None or self._compiled[0] != pointers:
            self._compiled = pointers, StandaloneSchema(self.of(pointers))
        return self._compiled[1]

    def _needed(self, schema: Json) -> dict[str, Json]:
        """The definitions that a schema refers to, directly or not."""
        needed: dict[str, Json] = {}
        waiting = list(_references(schema))
        while waiting:
            name = waiting.pop()
            if name in self._pool and name not in needed:
                needed[name] = self._pool[name]
                if name not in self._leads:
                    self._leads[name] = frozenset(_references(self._pool[name]))
                waiting += self._leads[name]
        return needed

    def _closed(self, pointers: Pointers, chosen: Chosen) -> Json:
        """The restriction to what may be sent, to be added to the schemas themselves."""
        if (pointers, chosen) not in self._names:
            if len(self._names) >= _MOST_BODIES:
                return True  # too large to be closed
            name = self._names[pointers, chosen] = f"sent{len(self._names)}"
            self._pool[name] = True
            self._pool[name] = self._body(pointers, chosen)
            return True if self._pool[name] is True else {"$ref": f"#/$defs/{name}"}
        name = self._names[pointers, chosen]
        return {"$ref": f"#/$defs/{name}"}

    def _body(self, pointers: Pointers, chosen: Chosen) -> Json:
        family = self._choice(pointers, chosen)
        if family is None:
            return self._object(self._reader.spread(pointers, chosen))
        done = chosen | {f"{family.pointer}/{family.keyword}"}
        forms = list(family.branches)
        if family.keyword == "anyOf" and len(forms) <= _MOST_TOGETHER:
            forms += [(*first, *second) for first, second in combinations(family.branches, 2)]
        made = [self._form(pointers, form, done) for form in forms]
        return {"anyOf": made} if made else True

    def _form(self, pointers: Pointers, form: Pointers, done: Chosen) -> Json:
        """What is sent for one alternative, or for several at once."""
        own = [self._plain.piece(pointer, self._pool) for pointer in form]
        closed = self._closed((*pointers, *form), done)
        return {"allOf": own if closed is True else [*own, closed]}

    def _choice(self, pointers: Pointers, chosen: Chosen) -> AlternativeFamily | None:
        """The first choice whose alternatives have different fields."""
        if len(chosen) >= _MOST_CHOICES:
            return None
        for family in self._reader.shape(pointers).families:
            if f"{family.pointer}/{family.keyword}" not in chosen:
                names = [set(self._reader.declared(branch)) for branch in family.branches]
                inner = any(self._reader.shape(branch).families for branch in family.branches)
                if (inner and any(names)) or any(declared != names[0] for declared in names):
                    return family
        return None

    def _object(self, parts: Sequence[SchemaPart]) -> Json:
        out: dict[str, Any] = {}
        fields = {name: self._closed(schemas, frozenset()) for name, schemas in self._declared(parts).items()}
        least = max((part.schema["minProperties"] for part in parts if "minProperties" in part.schema), default=0)
        undeclared = self._places(parts, "additionalProperties")
        named = any("properties" in part.schema for part in parts)
        if named and not any(map(_names_others, parts)) and least <= len(fields):
            out = {"properties": fields, "additionalProperties": False}
        elif undeclared:
            out = {"properties": fields, "additionalProperties": self._closed(undeclared, frozenset())}
        elif any(closed is not True for closed in fields.values()):
            out = {"properties": fields}
        items = self._places(parts, "items")
        if items and not any("prefixItems" in part.schema for part in parts):
            closed = self._closed(items, frozenset())
            out |= {"items": closed} if closed is not True else {}
        patterns = [f"{part.pointer}/patternProperties" for part in parts if "patternProperties" in part.schema]
        return (
            True
            if out == {"properties": {}, "additionalProperties": True} or (patterns and undeclared)
            else out or True
        )

    def _places(self, parts: Sequence[SchemaPart], keyword: str) -> Pointers:
        return tuple(
            dict.fromkeys(f"{part.pointer}/{keyword}" for part in parts if isinstance(part.schema.get(keyword), dict))
        )

    def _declared(self, parts: Sequence[SchemaPart]) -> dict[str, Pointers]:
        """Every field that the parts declare, require or test in a condition, with its schemas."""
        schemas = self._reader.fields_of(parts)
        for part in parts:
            wanted = [name for names in part.schema.get("dependentRequired", {}).values() for name in names]
            condition = self._reader.shape((f"{part.pointer}/if",)) if "if" in part.schema else None
            asked = (*condition.fields, *condition.required) if condition is not None else ()
            for name in (*part.schema.get("required", ()), *wanted, *asked):
                if not any(name in declaring.schema.get("properties", {}) for declaring in parts):
                    schemas.setdefault(name, ())
        return schemas


def _references(schema: Json) -> Iterator[str]:
    """The names of the definitions that a schema refers to."""
    if isinstance(schema, list):
        for inner in schema:
            yield from _references(inner)
    elif isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].removeprefix("#/$defs/")
        for inner in schema.values():
            yield from _references(inner)


def _names_others(part: SchemaPart) -> bool:
    """Whether a schema allows or restricts fields that it does not name."""
    undeclared = [part.schema[key] for key in ("additionalProperties", "unevaluatedProperties") if key in part.schema]
    listed = [value for value in (*part.schema.get("enum", ()), part.schema.get("const")) if isinstance(value, dict)]
    return bool(part.schema.get("patternProperties")) or any(rule is not False for rule in undeclared) or bool(listed)
