"""Values on the wire: a parameter, a header and a simple field of a form are texts, whatever their type.

Several values have the same text: `5` and `"5"`, one item and a list of one. A receiver takes a text if any value with
that text is valid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

from pixpact.contracts.diff.compare.differences import ITEM, MessageSite, Path
from pixpact.contracts.diff.compare.values import types_of
from pixpact.contracts.diff.read.applied_schemas import Pointers, ShapeReader
from pixpact.contracts.diff.read.standalone_schema import StandaloneWriter
from pixpact.contracts.diff.regex.comparison import within
from pixpact.specs.openapi.containment import BrokenKeyword, StandaloneSchema
from pixpact.specs.openapi.document import Json

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,39})")
_WRITTEN = {"integer": "^-?(0|[1-9][0-9]*)$", "number": "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?$"}
"""Type → the pattern of the texts of its values."""
MOST_DIGITS = 15
"""With more digits a number may be written with an exponent."""
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,39})(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,2})?")
_MOST_MIXED = 6
"""The longest list whose items are each read in several ways."""
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
SIMPLE = ["string", "number", "boolean"]
_STRINGS = frozenset(("minLength", "maxLength", "pattern", "format", "enum", "const"))
_PLAIN = frozenset(("type", "enum", "const", "items", "minItems", "maxItems", "uniqueItems", *_STRINGS)) | frozenset(
    ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
)
_BOUNDS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum", "const"))


def form_of(site: MessageSite) -> bool:
    """Whether the message is a form, whose simple fields are texts."""
    return site.area == "body" and site.name.partition(";")[0].lower() in FORMS


def written_as_text(site: MessageSite, path: Path) -> bool:
    """Whether a value is a text on the wire, whatever its type.

    These are parameters, headers, items and fields of theirs, and simple fields of forms.
    """
    if site.plain_text:
        return len(path) <= 1 or all(step == ITEM for step in path)
    return form_of(site) and bool(path) and all(step == ITEM for step in path[1:])


def listable(site: MessageSite, path: Path) -> bool:
    """Whether a text at a path may be the only item of a list: not if it is inside a list or an object."""
    return len(path) == (0 if site.plain_text else 1)


def texts(value: Json) -> Json:
    """A value as it is written: a text, a list of texts, texts by name; null stays."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return [texts(item) for item in value]
    if isinstance(value, dict):
        return {name: texts(inner) for name, inner in value.items()}
    return value


def writable(value: Json) -> bool:
    """Whether a value can be written as texts: null, an empty list and an empty object cannot."""
    if isinstance(value, (list, dict)):
        return bool(value) and all(map(_simple, value.values() if isinstance(value, dict) else value))
    return value is not None


def _simple(value: Json) -> bool:
    return value is not None and not isinstance(value, (list, dict))


# ---------------------------------------------------------------------- reading


def readings(written: Json, joined: bool = False) -> Iterator[Json]:
    """Every value with this text. `joined`: a list is one text, its items separated by commas."""
    if isinstance(written, str):
        yield from _of_text(written)
        yield from ([item] for item in _of_text(written))
        if joined and "," in written:
            yield from _lists(written.split(","))
    elif isinstance(written, list):
        yield from _lists(written)
        if len(written) == 1 and isinstance(written[0], str):
            yield from _of_text(written[0])
        elif joined and all(isinstance(item, str) for item in written):
            yield ",".join(written)
    else:
        yield written


def _lists(items: list[Json]) -> Iterator[list[Json]]:
    """Lists of every combination of readings of the items; for long lists only those that read all items alike."""
    read = [list(_of_text(item)) if isinstance(item, str) else [item] for item in items]
    yield from ([of[min(index, len(of) - 1)] for of in read] for index in range(max(map(len, read), default=1)))
    if len(items) <= _MOST_MIXED:
        yield from map(list, product(*read))


def _of_text(text: str) -> Iterator[Json]:
    yield text
    if _INTEGER.fullmatch(text):
        yield int(text)
    elif _NUMBER.fullmatch(text):
        yield float(text)
    elif text in ("true", "false"):
        yield text == "true"


class TextJudge:
    """Judges a parameter or header, whose text is taken if one reading of it is valid."""

    def __init__(self, reader: ShapeReader, plain: StandaloneWriter, pointers: Pointers, joined: bool = False) -> None:
        self.kinds = types_of(reader.shape(pointers))
        self._reader, self._plain, self._pointers = reader, plain, pointers
        self._joined = joined
        self._standalone = StandaloneSchema(plain.of(pointers))

    def takes(self, message: Json) -> bool:
        """Whether the text breaks nothing."""
        return any(self._standalone.holds(value) for value in self._readings(message))

    def refusals(self, message: Json) -> list[BrokenKeyword]:
        """Everything that the text breaks, read as the nearest value."""
        return next((self._standalone.refusals(value) for value in self.nearest(message)), [])

    def _readings(self, message: Json) -> Iterator[Json]:
        if isinstance(message, dict):
            fields = FormJudge(self._reader, self._plain, self._pointers)
            return iter([fields.read(message)])
        return readings(texts(message), self._joined)

    def nearest(self, message: Json) -> Iterator[Json]:
        """The readings of a message: the valid ones, else one that is at least of the right type."""
        readings = list(self._readings(message))
        valid = [value for value in readings if self._standalone.holds(value)]
        yield from valid or sorted(readings, key=self._distance)[:1]

    def _distance(self, value: Json) -> tuple[bool, int, int]:
        """How far a reading is from a valid one: wrong type itself, wrong type inside, any other fault."""
        refusals = self._standalone.refusals(value)
        types = [refusal for refusal in refusals if refusal.keyword == "type"]
        return any(not refusal.path for refusal in types), len(types), len(refusals)


class FormJudge:
    """Judges a form, or an object parameter: each simple field is read as its schema wants the text to be read."""

    def __init__(self, reader: ShapeReader, plain: StandaloneWriter, pointers: Pointers) -> None:
        self._fields = {
            name: [TextJudge(reader, plain, (schema,)) for schema in schemas]
            for name, schemas in reader.declared(pointers).items()
        }
        undeclared = [
            f"{part.pointer}/additionalProperties"
            for part in reader.spread(pointers)
            if isinstance(part.schema.get("additionalProperties"), dict)
        ]
        self._others = [TextJudge(reader, plain, (schema,)) for schema in undeclared]
        self._standalone = StandaloneSchema(plain.of(pointers))

    def takes(self, message: Json) -> bool:
        """Whether the form breaks nothing."""
        return not self.refusals(message)

    def refusals(self, message: Json) -> list[BrokenKeyword]:
        """Everything that the form breaks."""
        if not isinstance(message, dict):
            return self._standalone.refusals(message)
        return self._standalone.refusals(self.read(message))

    def read(self, message: dict[str, Json]) -> dict[str, Json]:
        """The form with each field as the value that its text stands for."""
        return {name: self._read(name, value) for name, value in message.items()}

    def _read(self, name: str, value: Json) -> Json:
        if not writable(value) or isinstance(value, dict):
            return value
        judges = self._fields.get(name, self._others)
        valid = (read for judge in judges if judge.takes(value) for read in judge.nearest(value))
        return next(valid, next((read for judge in judges for read in judge.nearest(value)), value))


# ---------------------------------------------------------------------- proving


def widened(schema: Json, joined: bool = False, listed: bool = True) -> Json:
    """A schema that also takes values with the same texts as those this one takes: not always all, but no others.

    `listed`: a value may be the only item of a list, which it may not be within a list.
    """
    if not isinstance(schema, dict):
        return schema
    keys = set(schema)
    if keys == {"anyOf"}:
        return {"anyOf": [widened(inner, joined, listed) for inner in schema["anyOf"]]}
    if keys == {"allOf"} and len(schema["allOf"]) == 1:
        return widened(schema["allOf"][0], joined, listed)
    if not keys <= _PLAIN:
        return schema
    more = [*_of_words(schema), *_of_kinds(schema, joined, listed)]
    return {"anyOf": [schema, *more]} if more else schema


def _of_words(schema: dict[str, Any]) -> Iterator[Json]:
    """The values with the text of one of the values that a schema lists."""
    words = [value for value in (*schema.get("enum", ()), *_constant(schema)) if _simple(value)]
    judge = StandaloneSchema(schema)
    alike = [read for value in words if judge.holds(value) for read in _of_text(texts(value))]
    if alike:
        yield {"enum": list({repr(value): value for value in alike}.values())}


def _constant(schema: dict[str, Any]) -> list[Json]:
    return [schema["const"]] if "const" in schema else []


def _of_kinds(schema: dict[str, Any], joined: bool, listed: bool) -> Iterator[Json]:
    written = schema.get("type", [])
    kinds = [written] if isinstance(written, str) else written
    if "string" in kinds:
        yield from _of_texts(schema)
        if joined and _any_text(schema):
            yield {"type": "array", "items": {"type": SIMPLE}}
    if "boolean" in kinds and _BOUNDS.isdisjoint(schema):
        yield {"enum": ["true", "false"]}
    if ("integer" in kinds or "number" in kinds) and _BOUNDS.isdisjoint(schema):
        yield {"type": "string", "pattern": "^-?(0|[1-9][0-9]{0,15})$"}
    if "array" in kinds and listed:
        items = widened(schema.get("items", True), listed=False)
        if items is not True:
            yield {**schema, "type": "array", "items": items}
        if schema.get("minItems", 0) <= 1 <= schema.get("maxItems", 1) and not {"enum", "const"} & set(schema):
            # A text with a comma may be read as several items.
            one = {"type": SIMPLE, "pattern": "^[^,]*$"} if joined and "maxItems" in schema else {"type": SIMPLE}
            yield {"allOf": [items, one]} if items is not True else one


def _any_text(schema: dict[str, Any]) -> bool:
    return _STRINGS & set(schema) <= {"minLength"} and schema.get("minLength", 0) <= 1


def _of_texts(schema: dict[str, Any]) -> Iterator[Json]:
    """The numbers and truth values whose texts a schema of texts takes."""
    if _any_text(schema):
        yield {"type": ["number", "boolean"]}
        return
    judge = StandaloneSchema(schema)
    yield {"enum": [value for value in (True, False) if judge.holds(texts(value))]}
    rules = _STRINGS & set(schema)
    if rules == {"pattern"}:
        for kind, pattern in _WRITTEN.items():
            if within(pattern, schema["pattern"]):
                yield {"type": kind}
    elif rules <= {"minLength", "maxLength"} and schema.get("minLength", 0) <= 1 <= schema["maxLength"] <= MOST_DIGITS:
        most: int = schema["maxLength"]
        yield {"type": "integer", "minimum": min(0, 1 - 10 ** (most - 1)), "maximum": 10**most - 1}


def never_written() -> Json:
    """The schema of what no sender writes: null, an empty list."""
    return {"anyOf": [{"type": "null"}, {"type": "array", "maxItems": 0}]}
