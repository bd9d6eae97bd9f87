"""Whether a side takes a message, by the validators that the mock and the checks use too."""

from __future__ import annotations

import json
import re
from typing import Protocol

from pixpact.contracts.diff.compare.differences import MessageSite, Path
from pixpact.contracts.diff.compare.values import types_of
from pixpact.contracts.diff.read.openapi import resolved
from pixpact.contracts.diff.read.shapes import Pointers, ShapeReader
from pixpact.contracts.diff.read.standalone_schema import StandaloneWriter
from pixpact.specs.dialect.request_body import BodyReader, BodyReading
from pixpact.specs.openapi.containment import BrokenKeyword, StandaloneSchema
from pixpact.specs.openapi.document import Json, steps

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]+)?")


class MessageJudge(Protocol):
    """What one side says of a message."""

    def takes(self, message: Json) -> bool:
        """Whether the message breaks nothing: `not refusals(message)`, without saying why."""

    def refusals(self, message: Json) -> list[BrokenKeyword]:
        """Everything that the message breaks; empty when it is taken."""


class SchemaJudge:
    """A message judged by its schema alone, formats included."""

    def __init__(self, schema: Json) -> None:
        self._standalone = StandaloneSchema(schema)
        self.takes = self._standalone.holds

    def refusals(self, message: Json) -> list[BrokenKeyword]:
        """Everything that the message breaks."""
        return [] if self._standalone.holds(message) else self._standalone.refusals(message)


class TextJudge:
    """A parameter or header: a text or a list of them, read as the first type of the schema that each can be."""

    def __init__(self, reader: ShapeReader, pointers: Pointers, schema: Json) -> None:
        self.kinds = types_of(reader.shape(pointers))
        self._of_items = types_of(reader.shape(reader.items(pointers)))
        self._standalone = StandaloneSchema(schema)

    def takes(self, message: Json) -> bool:
        """Whether the text breaks nothing."""
        return not self.refusals(message)

    def refusals(self, message: Json) -> list[BrokenKeyword]:
        """Everything that the text breaks once it is read."""
        if self.kinds is None and self._read_otherwise(message):
            return []
        return self._standalone.refusals(self._read(message))

    def _read_otherwise(self, text: Json) -> bool:
        """Whether a text that may be of any type is taken as one of them."""
        return any(self._standalone.holds(_typed(text, kind)) for kind in _KINDS)

    def _read(self, text: Json) -> Json:
        kinds = self.kinds or frozenset[str]()
        if isinstance(text, list):
            return [_as_first(item, self._of_items) for item in text]
        read = _as_first(text, kinds)
        if read is text and isinstance(text, str) and "array" in kinds and "string" not in kinds:
            return [_as_first(text, self._of_items)]  # a list of one is written as its item
        return read


def _as_first(text: Json, kinds: frozenset[str] | None) -> Json:
    """A text as the first of these types that it can be."""
    read = (_typed(text, kind) for kind in _KINDS if kind in (kinds or ()))
    return next((value for value in read if value is not text), text)


_KINDS = ("integer", "number", "boolean")


def _typed(text: Json, kind: str) -> Json:
    """A text as a value of one type; the text itself where it is none."""
    if not isinstance(text, str):
        return text
    if kind == "boolean":
        return text == "true" if text in ("true", "false") else text
    if kind == "integer":
        return int(text) if _INTEGER.fullmatch(text) else text
    return float(text) if _NUMBER.fullmatch(text) else text


def is_list(judge: MessageJudge) -> bool:
    """Whether it judges a parameter that may be a list of texts."""
    return isinstance(judge, TextJudge) and "array" in (judge.kinds or ())


_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def written_as_text(site: MessageSite, path: Path) -> bool:
    """Whether a value is a text on the wire, whatever its type: a parameter, a header, a simple field of a form."""
    if site.area in ("parameter", "header"):
        return not path
    return site.area == "body" and len(path) == 1 and site.name.partition(";")[0].lower() in _FORMS


class BodyJudge:
    """A request body in our dialect: branch, nulls, defaults, clamps, rules, formats."""

    def __init__(self, body: BodyReader, schema: Json) -> None:
        self.body = body
        self._formats = StandaloneSchema(schema) if '"format"' in json.dumps(schema) else None

    def reading(self, message: Json) -> BodyReading:
        """The body as the vendor understands it."""
        return self.body.read(message)

    def takes(self, message: Json) -> bool:
        """Whether the body breaks nothing."""
        return not self.refusals(message)

    def refusals(self, message: Json) -> list[BrokenKeyword]:
        """Everything that the body breaks."""
        reading = self.body.read(message)
        found = [
            BrokenKeyword(_path(violation.pointer), violation.keyword, violation.message)
            for violation in reading.violations
        ]
        if not found and self._formats is not None and not self._formats.holds(reading.body):
            found = [refusal for refusal in self._formats.refusals(reading.body) if refusal.keyword == "format"]
        return found


def _path(pointer: str) -> tuple[str | int, ...]:
    return tuple(int(step) if step.isdecimal() else step for step in steps(pointer))


def judge_of(
    reader: ShapeReader, plain: StandaloneWriter, pointers: Pointers, area: str, dialect: bool
) -> MessageJudge:
    """Who judges the messages of one site of one side."""
    schema = plain.of(pointers)
    if area in ("parameter", "header"):
        return TextJudge(reader, pointers, schema)
    contract = reader.side.contract
    if area == "body" and dialect and contract is not None and len(pointers) == 1:
        place = resolved(reader.side.value, pointers[0])
        return BodyJudge(BodyReader(reader.side.value, contract.schemas, place), schema)
    return SchemaJudge(schema)
