"""What the schemas of one side say together about a value, whether by `$ref`, in `allOf` or inline.

A value is described by a tuple of JSON pointers, all of which apply to it; an empty tuple allows anything.
`AppliedSchemas` is everything that they include, flattened, each part with its pointer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from pixpact.contracts.diff.read.contract_version import ContractVersion
from pixpact.specs.openapi.document import Json, at, escaped
from pixpact.specs.openapi.parts import resolved

Pointers = tuple[str, ...]
Direction = Literal["request", "response"]

# What says nothing about null by itself, so that `anyOf: [{type: "null"}, X]` is X with null allowed.
_BESIDE_NULL_WORDS = """
$ref type enum const properties patternProperties additionalProperties required dependentRequired
propertyNames minProperties maxProperties items prefixItems contains minContains maxContains minItems
maxItems uniqueItems minLength maxLength pattern format minimum maximum exclusiveMinimum exclusiveMaximum
multipleOf unevaluatedProperties title description default examples example deprecated readOnly writeOnly
externalDocs xml discriminator $comment
"""
_BESIDE_NULL = frozenset(_BESIDE_NULL_WORDS.split())


@dataclass(frozen=True, slots=True)
class SchemaPart:
    """One schema object that applies. `nullable`: only to values that are not null."""

    pointer: str
    schema: dict[str, Any]
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class AlternativeFamily:
    """A `oneOf` or `anyOf` and its alternatives."""

    keyword: str
    pointer: str
    branches: tuple[Pointers, ...]


@dataclass(frozen=True)
class AppliedSchemas:
    """Everything that applies to one value."""

    pointers: Pointers
    parts: tuple[SchemaPart, ...]
    families: tuple[AlternativeFamily, ...]
    never: str = ""
    """The pointer of a `false` schema, which allows no value; empty if there is none."""
    fields: dict[str, Pointers] = field(default_factory=dict)
    required: dict[str, str] = field(default_factory=dict)
    """Name → the pointer that requires it."""

    @property
    def included(self) -> Pointers:
        """The pointer of each part."""
        return (*(part.pointer for part in self.parts), self.never)

    def having(self, keyword: str) -> Iterator[SchemaPart]:
        """The parts that have this keyword."""
        return (part for part in self.parts if keyword in part.schema)


class ShapeReader:
    """Reads the schemas of one side for one direction: no request has read-only fields, no response write-only ones."""

    def __init__(self, side: ContractVersion, direction: Direction) -> None:
        self.side = side
        self.direction = direction
        self._hiding = "readOnly" if direction == "request" else "writeOnly"
        self._shapes: dict[Pointers, AppliedSchemas] = {}
        self._spread: dict[tuple[Pointers, frozenset[str]], tuple[SchemaPart, ...]] = {}
        self._declared: dict[Pointers, dict[str, Pointers]] = {}
        self._unspoken: dict[Pointers, bool] = {}
        self._open: set[str] = set()

    def shape(self, pointers: Pointers) -> AppliedSchemas:
        """Everything that these schemas include."""
        if pointers not in self._shapes:
            self._shapes[pointers] = self._shape(pointers)
        return self._shapes[pointers]

    def _shape(self, pointers: Pointers) -> AppliedSchemas:
        parts: list[SchemaPart] = []
        families: list[AlternativeFamily] = []
        refused = [self._include(pointer, parts, families, False) for pointer in pointers]
        fields: dict[str, Pointers] = {}
        required: dict[str, str] = {}
        for part in parts:
            for name in part.schema.get("properties", {}):
                fields[name] = (*fields.get(name, ()), f"{part.pointer}/properties/{escaped(name)}")
            for index, name in enumerate(part.schema.get("required", ())):
                required.setdefault(name, f"{part.pointer}/required/{index}")
        for name in [name for name, schemas in fields.items() if self.hidden(schemas)]:
            del fields[name]
            required.pop(name, None)
        return AppliedSchemas(
            pointers, tuple(parts), tuple(families), next(filter(None, refused), ""), fields, required
        )

    def _include(self, pointer: str, parts: list[SchemaPart], families: list[AlternativeFamily], nullable: bool) -> str:
        """Add what a schema includes, once. Returns the pointer of a `false` schema in it, or an empty text."""
        pointer, schema = self._at(pointer)
        if not isinstance(schema, dict):
            return "" if schema or nullable else pointer
        if any(part.pointer == pointer and part.nullable == nullable for part in parts):
            return ""  # it is included already
        refused = []
        if "$ref" in schema:
            refused.append(self._include(schema["$ref"].removeprefix("#"), parts, families, nullable))
        included = [f"{pointer}/allOf/{index}" for index in range(len(schema.get("allOf", ())))]
        refused += [self._include(part_pointer, parts, families, nullable) for part_pointer in included]
        parts.append(SchemaPart(pointer, schema, nullable))
        for keyword in ("oneOf", "anyOf"):
            if keyword in schema:
                family = AlternativeFamily(
                    keyword, pointer, tuple((f"{pointer}/{keyword}/{i}",) for i in range(len(schema[keyword])))
                )
                only = self._beside_null(family)
                if only is None:
                    families.append(family)
                else:
                    self._include(only, parts, families, True)
        return next(filter(None, refused), "")

    def _at(self, pointer: str) -> tuple[str, Json]:
        """The schema at a pointer; for a bare reference, its target."""
        schema = at(self.side.value, pointer)
        if isinstance(schema, dict) and set(schema) <= {"$ref", "description", "summary"} and "$ref" in schema:
            pointer = resolved(self.side.value, pointer)
            schema = at(self.side.value, pointer)
        return pointer, schema

    def _beside_null(self, family: AlternativeFamily) -> str | None:
        """The other alternative of a family of two of which one is null; None for any other family."""
        if len(family.branches) != 2:
            return None
        if family.pointer in self._open:
            return None  # an alternative that leads back to the family
        self._open.add(family.pointer)
        try:
            return self._other(family)
        finally:
            self._open.discard(family.pointer)

    def _other(self, family: AlternativeFamily) -> str | None:
        branches = [self._at(branch[0]) for branch in family.branches]
        remaining = [pointer for pointer, schema in branches if not _is_null(schema)]
        if len(remaining) != 1:
            return None
        parts, families = list[SchemaPart](), list[AlternativeFamily]()
        refused = self._include(remaining[0], parts, families, True)
        plain = all(key in _BESIDE_NULL or key == "allOf" for part in parts for key in part.schema)
        takes_null = any(_says_null(part.schema) for part in parts)
        if family.keyword == "oneOf" and not any(not _NULL_REFUSED.isdisjoint(part.schema) for part in parts):
            return None  # a schema without a type takes null too, which would match both
        return remaining[0] if plain and not families and not refused and not takes_null else None

    def hidden(self, pointers: Pointers) -> bool:
        """Whether no message of this direction contains such a value: `readOnly`, `writeOnly`."""
        if pointers not in self._unspoken:
            self._unspoken[pointers] = self._is_hidden(pointers)
        return self._unspoken[pointers]

    def _is_hidden(self, pointers: Pointers) -> bool:
        parts: list[SchemaPart] = []
        for pointer in pointers:
            self._include(pointer, parts, [], False)
        return any(part.schema.get(self._hiding) is True for part in parts)

    def field(self, shape: AppliedSchemas, name: str) -> tuple[Pointers, bool]:
        """(the schemas of an undeclared field, whether it is allowed at all).

        () and True: any value is allowed, since no schema applies.
        """
        schemas = [
            f"{part.pointer}/additionalProperties"
            for part in shape.having("additionalProperties")
            if name not in part.schema.get("properties", {}) and not part.schema.get("patternProperties")
        ]
        speaking = tuple(candidate for candidate in schemas if at(self.side.value, candidate) is not True)
        return speaking, not any(at(self.side.value, candidate) is False for candidate in speaking)

    def spread(self, pointers: Pointers, chosen: frozenset[str] = frozenset()) -> tuple[SchemaPart, ...]:
        """Every part that may apply to the value, also in conditions, and in alternatives except the chosen ones.

        `chosen`: pointers of `oneOf` and `anyOf`.
        """
        if (pointers, chosen) not in self._spread:
            parts: dict[str, SchemaPart] = {}
            waiting = list(pointers)
            while waiting:
                for part in self.shape((waiting.pop(),)).parts:
                    if part.pointer not in parts:
                        parts[part.pointer] = part
                        waiting += [way for way in _ways(part) if way.rpartition("/")[0] not in chosen]
            self._spread[pointers, chosen] = tuple(parts.values())
        return self._spread[pointers, chosen]

    def declared(self, pointers: Pointers) -> dict[str, Pointers]:
        """Every field that any part declares, with its schemas."""
        if pointers not in self._declared:
            self._declared[pointers] = self.fields_of(self.spread(pointers))
        return self._declared[pointers]

    def fields_of(self, parts: Iterable[SchemaPart]) -> dict[str, Pointers]:
        """The fields that these parts declare, except hidden ones, with their schemas."""
        fields: dict[str, Pointers] = {}
        for part in parts:
            for name in part.schema.get("properties", {}):
                pointer = f"{part.pointer}/properties/{escaped(name)}"
                if not self.hidden((pointer,)):
                    fields[name] = (*fields.get(name, ()), pointer)
        return fields

    def items(self, pointers: Pointers) -> Pointers:
        """The schemas of the items of a list."""
        return tuple(f"{part.pointer}/items" for part in self.spread(pointers) if "items" in part.schema)


_NULL_REFUSED = frozenset(("type", "enum", "const"))
"""Keywords that refuse null unless they name it."""
_UNJUDGED = frozenset(("title", "description", "default", "example", "examples", "deprecated", "externalDocs"))


def _is_null(schema: Json) -> bool:
    """Whether a schema takes null, and nothing else."""
    if not isinstance(schema, dict) or schema.get("type") != "null":
        return False
    plain = all(key in ("type", "enum", "const") or key in _UNJUDGED or key.startswith("x-") for key in schema)
    return plain and None in schema.get("enum", [None]) and schema.get("const") is None


def _says_null(schema: dict[str, Any]) -> bool:
    """Whether a schema itself names null: then a null would match two alternatives of a `oneOf`."""
    kinds = schema.get("type", ())
    listed = [*schema.get("enum", ()), schema.get("const", 0)]
    return "null" in ([kinds] if isinstance(kinds, str) else kinds) or None in listed


def _ways(part: SchemaPart) -> list[str]:
    """The subschemas that may apply to the same value."""
    schema, pointers = part.schema, list[str]()
    for keyword in ("oneOf", "anyOf"):
        pointers += [f"{part.pointer}/{keyword}/{index}" for index in range(len(schema.get(keyword, ())))]
    pointers += [f"{part.pointer}/{keyword}" for keyword in ("then", "else") if keyword in schema]
    pointers += [f"{part.pointer}/dependentSchemas/{escaped(name)}" for name in schema.get("dependentSchemas", {})]
    return pointers
