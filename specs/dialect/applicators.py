"""Collects the `x-` keywords that apply to an instance, as JSON Schema annotations, by closures compiled once.

`x-images`, `x-value`, `x-when`, `x-image` and `x-total` are annotations (JSON Schema 2020-12, core, section 7.7): they
count where their subschema applies. Evaluating a whole document costs hundreds of microseconds; visiting only the
branches with such keywords costs a few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pixpact.specs.openapi.document import Json, at, escaped

Path = tuple[str | int, ...]


class AppliedKeyword(NamedTuple):
    """A keyword that applies: its value, the instance, the path of the instance, and the subschema."""

    keyword: str
    value: Json
    instance: Json
    path: Path
    schema: str
    """JSON pointer of the subschema with the keyword."""


Visit = Callable[[Json, Path, list[AppliedKeyword]], None]
IsValid = Callable[[str], Callable[[Json], bool]]
"""JSON pointer of a subschema → its compiled test."""


class KeywordCollector:
    """Compiles the functions that collect a set of keywords, for one document.

    They follow `$ref`, `allOf`, `oneOf`, `anyOf`, `dependentSchemas`, `properties`, `items`, and `if` with `then` and
    `else`, but no other keyword: lint refuses `x-` keywords in other subschemas.
    """

    def __init__(self, document: Mapping[str, Json], keywords: Iterable[str], test: IsValid) -> None:
        self._document = document
        self._keywords = tuple(keywords)
        self._test = test
        self._compiled: dict[str, Visit | None] = {}
        self._open: set[str] = set()

    @property
    def visited(self) -> frozenset[str]:
        """JSON pointers of all schemas that the functions compiled so far can reach."""
        return frozenset(self._compiled)

    def compile(self, pointer: str) -> Visit | None:
        """The collecting function of the schema at `pointer`; None when none of the keywords can apply in it."""
        return self._walk(pointer, at(self._document, pointer))

    def _walk(self, pointer: str, schema: Json) -> Visit | None:
        if pointer in self._open:
            return self._later(pointer)
        if pointer not in self._compiled:
            self._open.add(pointer)
            self._compiled[pointer] = self._schema(pointer, schema)
            self._open.discard(pointer)
        return self._compiled[pointer]

    def _later(self, pointer: str) -> Visit:
        """The function of a recursive schema, looked up when called, because it is not compiled yet."""

        def visit(instance: Json, path: Path, marks: list[AppliedKeyword]) -> None:
            walk = self._compiled[pointer]
            if walk is not None:
                walk(instance, path, marks)

        return visit

    def _schema(self, pointer: str, schema: Json) -> Visit | None:
        if not isinstance(schema, dict):
            return None
        walks = [
            *self._referred(schema),
            *self._all_of(pointer, schema),
            *self._alternatives(pointer, schema),
            *self._dependent(pointer, schema),
            *self._own(pointer, schema),
            *self._fields(pointer, schema),
            *self._items(pointer, schema),
            *self._conditional(pointer, schema),
        ]
        return _sequence(walks)

    def _referred(self, schema: dict[str, Any]) -> Iterator[Visit]:
        if "$ref" in schema and (walk := self.compile(schema["$ref"].removeprefix("#"))):
            yield walk

    def _all_of(self, pointer: str, schema: dict[str, Any]) -> Iterator[Visit]:
        for index, inner in enumerate(schema.get("allOf", ())):
            if walk := self._walk(f"{pointer}/allOf/{index}", inner):
                yield walk

    def _alternatives(self, pointer: str, schema: dict[str, Any]) -> Iterator[Visit]:
        for keyword in ("oneOf", "anyOf"):
            for index, inner in enumerate(schema.get(keyword, ())):
                branch_pointer = f"{pointer}/{keyword}/{index}"
                if walk := self._walk(branch_pointer, inner):
                    yield _guarded(self._test(branch_pointer), walk, None)

    def _dependent(self, pointer: str, schema: dict[str, Any]) -> Iterator[Visit]:
        for name, inner in schema.get("dependentSchemas", {}).items():
            if walk := self._walk(f"{pointer}/dependentSchemas/{escaped(name)}", inner):
                yield _guarded(_holds(name), walk, None)

    def _own(self, pointer: str, schema: dict[str, Any]) -> Iterator[Visit]:
        return (_mark(keyword, schema[keyword], pointer) for keyword in self._keywords if keyword in schema)

    def _fields(self, pointer: str, schema: dict[str, Any]) -> Iterator[Visit]:
        fields = (
            (name, f"{pointer}/properties/{escaped(name)}", subschema)
            for name, subschema in schema.get("properties", {}).items()
        )
        walks = {name: walk for name, field_pointer, inner in fields if (walk := self._walk(field_pointer, inner))}
        if walks:
            yield _properties(walks)

    def _items(self, pointer: str, schema: dict[str, Any]) -> Iterator[Visit]:
        if "items" in schema and (walk := self._walk(f"{pointer}/items", schema["items"])):
            yield _items(walk)

    def _conditional(self, pointer: str, schema: dict[str, Any]) -> Iterator[Visit]:
        if "if" in schema:
            then, otherwise = (
                self._walk(f"{pointer}/{keyword}", schema[keyword]) if keyword in schema else None
                for keyword in ("then", "else")
            )
            if then or otherwise:
                yield _guarded(_quick(schema["if"], self._test(f"{pointer}/if")), then, otherwise)


def _sequence(walks: list[Visit]) -> Visit | None:
    steps: list[Visit] = []
    for walk in walks:
        steps += walk.steps if isinstance(walk, _Sequence) else [walk]
    joined: list[Visit] = []
    for step in steps:
        if joined and isinstance(step, _Marks) and isinstance(joined[-1], _Marks):
            joined[-1] = _Marks(joined[-1].keywords + step.keywords)
        else:
            joined.append(step)
    return _Sequence(joined) if len(joined) > 1 else next(iter(joined), None)


class _Sequence:
    """Several functions for the same instance, called in order."""

    def __init__(self, steps: list[Visit]) -> None:
        self.steps = steps

    def __call__(self, instance: Json, path: Path, marks: list[AppliedKeyword]) -> None:
        for step in self.steps:
            step(instance, path, marks)


class _Marks:
    """The keywords that apply to the same instance: (keyword, value, pointer of the schema)."""

    def __init__(self, keywords: tuple[tuple[str, Json, str], ...]) -> None:
        self.keywords = keywords

    def __call__(self, instance: Json, path: Path, marks: list[AppliedKeyword]) -> None:
        for keyword, value, pointer in self.keywords:
            marks.append(_new(AppliedKeyword, (keyword, value, instance, path, pointer)))


_new = tuple.__new__
"""Creates a named tuple without processing names: this runs for every keyword of every request."""


def _mark(keyword: str, value: Json, pointer: str) -> Visit:
    return _Marks(((keyword, value, pointer),))


def _holds(name: str) -> Callable[[Json], bool]:
    return lambda instance: isinstance(instance, dict) and name in instance


def _quick(condition: Json, test: Callable[[Json], bool]) -> Callable[[Json], bool]:
    """The same test, without the validator where one field decides: a constant, or a required field that is missing.

    `required` and `properties` do not constrain non-objects (JSON Schema 2020-12, validation, section 6.5).
    """
    required = condition.get("required") if isinstance(condition, dict) else None
    if not required:
        return test
    name, properties = required[0], condition.get("properties", {})
    text = properties.get(name, {}).get("const") if isinstance(properties.get(name), dict) else None
    if isinstance(text, str) and condition == {"properties": {name: {"const": text}}, "required": [name]}:
        return lambda instance: instance.get(name) == text if type(instance) is dict else test(instance)
    return lambda instance: (type(instance) is not dict or name in instance) and test(instance)


def _guarded(test: Callable[[Json], bool], then: Visit | None, otherwise: Visit | None) -> Visit:
    def visit(instance: Json, path: Path, marks: list[AppliedKeyword]) -> None:
        walk = then if test(instance) else otherwise
        if walk is not None:
            walk(instance, path, marks)

    return visit


def _properties(walks: dict[str, Visit]) -> Visit:
    def visit(instance: Json, path: Path, marks: list[AppliedKeyword]) -> None:
        if type(instance) is dict:
            for name, walk in walks.items():
                if name in instance:
                    walk(instance[name], (*path, name), marks)

    return visit


def _items(walk: Visit) -> Visit:
    def visit(instance: Json, path: Path, marks: list[AppliedKeyword]) -> None:
        if type(instance) is list:
            for index, item in enumerate(instance):
                walk(item, (*path, index), marks)

    return visit
