"""Lists the statements of a schema: each keyword, with the path of the value it constrains and its conditions.

Schemas are walked through `$ref`, `allOf`, `oneOf`, `anyOf`, `properties`, `items`, `dependentSchemas`, and `if` with
`then` and `else`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pixpact.specs.openapi.document import Json, at, escaped, steps

ITEM = "*"
"""Stands for any item of a list in the path of a statement."""

ASSERTIONS = (
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "required",
    "dependentRequired",
    "additionalProperties",
    "minProperties",
    "maxProperties",
    "propertyNames",
    "not",
    "oneOf",
    "anyOf",
)
"""The assertion keywords of JSON Schema; `format` is an annotation (section 7.2.1)."""
FALSE = "false"
"""The keyword of a field whose schema is `false`: it must be absent."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SchemaGuard:
    """A condition on the value at `path`: the schema at `pointer` matches (`holds`) or not, or `field` is present."""

    pointer: str
    path: Path
    holds: bool = True
    field: str = ""


@dataclass(frozen=True, slots=True)
class SchemaStatement:
    """One keyword of a schema. `path` leads from the root value to the value that it constrains."""

    pointer: str
    keyword: str
    value: Json
    path: Path
    guards: tuple[SchemaGuard, ...] = ()

    @property
    def schema(self) -> str:
        """The pointer of the schema that contains the keyword."""
        return self.pointer if self.keyword == FALSE else self.pointer.rpartition("/")[0]


def statements(document: Mapping[str, Json], pointer: str, keywords: Iterable[str] = ()) -> Iterator[SchemaStatement]:
    """Yield all statements of the schema at `pointer`: those of JSON Schema, and of `keywords`."""
    walk = _SchemaWalk(document, (*ASSERTIONS, *keywords))
    yield from walk.schema(pointer, (), ())


class _SchemaWalk:
    def __init__(self, document: Mapping[str, Json], keywords: tuple[str, ...]) -> None:
        self._document = document
        self._keywords = keywords
        self._open: set[tuple[str, Path]] = set()

    def schema(self, pointer: str, path: Path, guards: tuple[SchemaGuard, ...]) -> Iterator[SchemaStatement]:
        schema = at(self._document, pointer)
        key = (pointer, path)
        if schema is False:
            yield SchemaStatement(pointer, FALSE, False, path, guards)
        if not isinstance(schema, dict) or key in self._open or len(path) > _DEEPEST:
            return
        self._open.add(key)
        if "$ref" in schema:
            yield from self.schema(schema["$ref"].removeprefix("#"), path, guards)
        for keyword in self._keywords:
            if keyword in schema:
                yield SchemaStatement(f"{pointer}/{keyword}", keyword, schema[keyword], path, guards)
        for inner, deeper, more in _parts(schema, pointer, path):
            yield from self.schema(inner, deeper, guards + more)
        self._open.discard(key)


_DEEPEST = 12
"""Levels of a recursive schema that are walked."""


def _parts(schema: Mapping[str, Json], pointer: str, path: Path) -> Iterator[tuple[str, Path, tuple[SchemaGuard, ...]]]:
    """Yield the subschemas: (pointer, path of their value, further guards)."""
    for index in range(len(schema.get("allOf", ()))):
        yield f"{pointer}/allOf/{index}", path, ()
    for name in schema.get("properties", {}):
        yield f"{pointer}/properties/{escaped(name)}", (*path, name), ()
    if "items" in schema:
        yield f"{pointer}/items", (*path, ITEM), ()
    for keyword in ("oneOf", "anyOf"):
        for index in range(len(schema.get(keyword, ()))):
            part_pointer = f"{pointer}/{keyword}/{index}"
            yield part_pointer, path, (SchemaGuard(part_pointer, path),)
    for name in schema.get("dependentSchemas", {}):
        part_pointer = f"{pointer}/dependentSchemas/{escaped(name)}"
        yield part_pointer, path, (SchemaGuard(part_pointer, path, field=name),)
    for keyword in ("then", "else"):
        if "if" in schema and keyword in schema:
            yield f"{pointer}/{keyword}", path, (SchemaGuard(f"{pointer}/if", path, keyword == "then"),)


# Steps of a pointer that only locate a schema within OpenAPI.
_PLUMBING = frozenset(["components", "schemas", "responses", "properties", "content", "schema", "requestBody"])
_FORM = "multipart/form-data"


def short_pointer(pointer: str, within: str = "") -> str:
    """A readable pointer for messages and ids: without the steps of OpenAPI, `*` for the items of a list."""
    named = steps(pointer.removeprefix(within))
    kept = [
        ITEM if step == "items" else step
        for step in named
        if step not in _PLUMBING and step != _FORM and "/json" not in step
    ]
    return "/".join(kept)
