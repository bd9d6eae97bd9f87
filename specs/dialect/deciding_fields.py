"""Finds the top-level fields of a request body that decide which images are promised and whether rules hold.

Two bodies without objects and lists that agree in these fields are promised the same images, whatever their prompts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pixpact.specs.dialect.applicators import KeywordCollector
from pixpact.specs.dialect.expressions import field_of
from pixpact.specs.dialect.images import expressions_in
from pixpact.specs.openapi.document import Json, at, escaped, steps

_IN_PLACE = ("allOf", "anyOf", "oneOf")
_CONDITIONS = ("if", "then", "else", "not")
_SILENT = frozenset({"type", "title", "description", "default", "examples", "example", "deprecated", "$comment"})
"""Keywords that do not read a field of an object."""


class _UndecidedError(Exception):
    """The promise depends on more than the fields of a body."""


class DecidingFields:
    """Finds the deciding fields in the schemas of a document, along the walks of a keyword collector."""

    def __init__(self, document: Mapping[str, Json], walks: KeywordCollector) -> None:
        self._document = document
        self._walks = walks

    def of(self, pointer: str) -> tuple[str, ...] | None:
        """The fields for the schema at `pointer`, sorted; None if the promise depends on more than fields."""
        try:
            return tuple(sorted(set(self._deciding(pointer, set()))))
        except _UndecidedError:
            return None

    def _deciding(self, pointer: str, visited: set[str]) -> Iterator[str]:
        """The fields that the walk of a schema tests, and those that its keywords read."""
        if pointer in visited or self._walks.compile(pointer) is None:
            return
        visited.add(pointer)
        schema = at(self._document, pointer)
        yield from _of_keywords(schema)
        if "if" in schema:
            yield from self._tested(schema["if"])
        for keyword in ("anyOf", "oneOf"):
            for inner in schema.get(keyword, ()):
                yield from self._tested(inner)
        yield from schema.get("dependentSchemas", ())
        for name in schema.get("properties", ()):
            if self._walks.compile(f"{pointer}/properties/{escaped(name)}") is not None:
                yield name
        for inner_pointer in _below(pointer, schema):
            yield from self._deciding(inner_pointer, visited)

    def _tested(self, schema: Json) -> Iterator[str]:
        """The fields that a schema tests when it is used as a condition."""
        if not isinstance(schema, dict):
            return
        for keyword, value in schema.items():
            if keyword in ("properties", "required", "dependentSchemas"):
                yield from value
            elif keyword == "$ref":
                yield from self._tested(at(self._document, value.removeprefix("#")))
            elif keyword not in (*_IN_PLACE, *_CONDITIONS, *_SILENT) and not keyword.startswith("x-"):
                raise _UndecidedError
        inner = [part for keyword in _IN_PLACE for part in schema.get(keyword, ())]
        inner += [schema[keyword] for keyword in _CONDITIONS if keyword in schema]
        for part in (*inner, *schema.get("dependentSchemas", {}).values()):
            yield from self._tested(part)


def _of_keywords(schema: dict[str, Any]) -> Iterator[str]:
    """The fields that the `x-` keywords of a schema read."""
    for text in expressions_in(schema.get("x-images", {})):
        path = field_of(text)
        if not path:
            raise _UndecidedError
        yield path[0]
    for name in schema.get("x-total", {}).get("of", ()):
        yield steps(f"/{name}")[0]


def _below(pointer: str, schema: dict[str, Any]) -> Iterator[str]:
    """The schemas that a walk visits next, without those of list items."""
    if "$ref" in schema:
        yield str(schema["$ref"]).removeprefix("#")
    for keyword in _IN_PLACE:
        yield from (f"{pointer}/{keyword}/{index}" for index in range(len(schema.get(keyword, ()))))
    for keyword in ("dependentSchemas", "properties"):
        yield from (f"{pointer}/{keyword}/{escaped(name)}" for name in schema.get(keyword, ()))
    yield from (f"{pointer}/{keyword}" for keyword in ("then", "else") if keyword in schema)
