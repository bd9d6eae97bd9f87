"""Where the values of an answer come from: `x-value` and `x-when`, read as annotations of an instance.

The mock reads them off its examples, to write them; a runner reads them off an answer, to compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pixpact.specs import schemas
from pixpact.specs.applicators import Applicators, Mark, Path
from pixpact.specs.document import Json, at
from pixpact.specs.expressions import parse
from pixpact.specs.model import Binding, Condition, ImageItem

KEYWORDS = ("x-value", "x-when")
IMAGE = "$image"


@dataclass(frozen=True, slots=True)
class Bound:
    """What an instance is bound to: computed leaves, and list items that stand for one image each."""

    bindings: tuple[Binding, ...] = ()
    images: tuple[ImageItem, ...] = ()


def condition(written: Mapping[str, Json]) -> Condition:
    """Compile an `x-when`. Raises ExpressionError."""
    tests = []
    absent = []
    for text, schema in written.items():
        expression = parse(text)
        if schema is False:
            absent.append(expression)
        else:
            tests.append((expression, schemas.test(schema)))
    return Condition(tuple(tests), tuple(absent))


class BindingReader:
    """Reads the bindings of instances of the schemas of one document."""

    def __init__(self, document: Mapping[str, Json], compiled: schemas.Schemas) -> None:
        self._document = document
        self._walks = Applicators(document, KEYWORDS, compiled.test)

    def bound(self, schema: str, instance: Json) -> Bound:
        """What the annotations of the schema at pointer `schema` say of `instance`. Raises ExpressionError."""
        walk = self._walks.compile(schema)
        if walk is None:
            return Bound()
        marks: list[Mark] = []
        walk(instance, (), marks)
        when = {mark.path: condition(mark.value) for mark in marks if mark.keyword == "x-when"}
        values = {mark.path: mark for mark in marks if mark.keyword == "x-value"}
        items = [ImageItem(path, when.get(path)) for path, mark in values.items() if mark.value == IMAGE]
        leaves = [self._binding(mark) for mark in values.values() if mark.value != IMAGE]
        return Bound(tuple(leaves), tuple(items))

    def _binding(self, mark: Mark) -> Binding:
        schema = at(self._document, mark.schema)
        written = schema.get("type", ())
        return Binding(
            path=mark.path,
            expression=parse(mark.value),
            types=(written,) if isinstance(written, str) else tuple(written),
            format=schema.get("format"),
            required=self._required(mark),
        )

    def _required(self, mark: Mark) -> bool:
        """Whether the object schema around the leaf's schema requires it."""
        parent, _, name = mark.schema.rpartition("/properties/")
        if not parent or "/" in name:
            return False
        return bool(mark.path) and mark.path[-1] in at(self._document, parent).get("required", ())


def is_prefix(path: Path, longer: Path) -> bool:
    """Whether `longer` lies at or below `path`."""
    return longer[: len(path)] == path
