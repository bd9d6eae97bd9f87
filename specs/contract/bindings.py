"""Bindings of response values: reads `x-value` and `x-when` as annotations of an instance.

The mock reads them from examples, to write responses; a check reads them from responses, to compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pixpact.specs.contract.model import ExampleBinding, ImageItem, WhenCondition
from pixpact.specs.dialect.applicators import AppliedKeyword, KeywordCollector, Path
from pixpact.specs.dialect.expressions import parse
from pixpact.specs.openapi import schemas
from pixpact.specs.openapi.document import Json, at

KEYWORDS = ("x-value", "x-when", "required")
IMAGE = "$image"


@dataclass(frozen=True, slots=True)
class BoundInstance:
    """The bindings of an instance: bound values, and list items that stand for one image each."""

    bindings: tuple[ExampleBinding, ...] = ()
    images: tuple[ImageItem, ...] = ()


def condition(written: Mapping[str, Json] | Literal[False]) -> WhenCondition:
    """Compile an `x-when`. Raises ExpressionError."""
    if written is False:
        return WhenCondition(never=True)
    tests = []
    absent = []
    wanted = []
    for text, schema in written.items():
        expression = parse(text)
        if schema is False:
            absent.append(expression)
        else:
            tests.append((expression, schemas.test(schema)))
            wanted.append(schema)
    return WhenCondition(tuple(tests), tuple(absent), schemas=tuple(wanted))


class BindingReader:
    """Reads the bindings of instances, for the schemas of one document."""

    def __init__(self, document: Mapping[str, Json], compiled: schemas.CompiledSchemas) -> None:
        self._document = document
        self._walks = KeywordCollector(document, KEYWORDS, compiled.test)

    def bound(self, schema: str, instance: Json) -> BoundInstance:
        """The bindings of `instance` by the schema at pointer `schema`. Raises ExpressionError."""
        walk = self._walks.compile(schema)
        if walk is None:
            return BoundInstance()
        marks: list[AppliedKeyword] = []
        walk(instance, (), marks)
        when = {mark.path: condition(mark.value) for mark in marks if mark.keyword == "x-when"}
        required = {(*mark.path, name) for mark in marks if mark.keyword == "required" for name in mark.value}
        values = {mark.path: mark for mark in marks if mark.keyword == "x-value" and mark.value != IMAGE}
        leaves = [self._binding(mark, mark.path in required) for mark in values.values()]
        return BoundInstance(
            tuple(leaves), tuple(ImageItem(path, when.get(path)) for path in _image_paths(marks, leaves))
        )

    def _binding(self, mark: AppliedKeyword, required: bool) -> ExampleBinding:
        schema = at(self._document, mark.schema)
        written = schema.get("type", ())
        types = (written,) if isinstance(written, str) else tuple(written)
        shown = _TYPES.get(type(mark.instance), "null")
        return ExampleBinding(
            path=mark.path,
            expression=parse(mark.value),
            types=(shown,) if not types or (shown in types and shown != "null") else _values(types),
            format=schema.get("format"),
            required=required,
            nullable="null" in types,
        )


def _values(types: tuple[str, ...]) -> tuple[str, ...]:
    """The types a value may be written as: a null example does not show the type."""
    return tuple(name for name in types if name != "null") or types


_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}


def _image_paths(marks: list[AppliedKeyword], leaves: list[ExampleBinding]) -> list[Path]:
    """The list items that stand for one image: those bound to `$image`, and bound texts that are items themselves."""
    items = dict.fromkeys(mark.path for mark in marks if mark.keyword == "x-value" and mark.value == IMAGE)
    for leaf in leaves:
        is_item = leaf.path and isinstance(leaf.path[-1], int) and leaf.expression.root == "image"
        if is_item and not any(leaf.path[:length] in items for length in range(len(leaf.path))):
            items[leaf.path] = None
    return list(items)
