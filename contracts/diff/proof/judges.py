"""Whether a side takes a message, by the validators that the mock and the checks use too."""

from __future__ import annotations

import json
from typing import Protocol

from pixpact.contracts.diff.compare.differences import MessageSite
from pixpact.contracts.diff.proof.wire import FormJudge, TextJudge, form_of
from pixpact.contracts.diff.read.applied_schemas import Pointers, ShapeReader
from pixpact.contracts.diff.read.standalone_schema import StandaloneWriter
from pixpact.specs.dialect.request_body import BodyReader, BodyReading
from pixpact.specs.openapi.containment import BrokenKeyword, StandaloneSchema
from pixpact.specs.openapi.document import Json, steps
from pixpact.specs.openapi.parts import resolved


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


def is_list(judge: MessageJudge) -> bool:
    """Whether it judges a parameter that may be a list of texts."""
    return isinstance(judge, TextJudge) and "array" in (judge.kinds or ())


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
        refusals = [
            BrokenKeyword(_path(violation.pointer), violation.keyword, violation.message)
            for violation in reading.violations
        ]
        if not refusals and self._formats is not None and not self._formats.holds(reading.body):
            refusals = [refusal for refusal in self._formats.refusals(reading.body) if refusal.keyword == "format"]
        return refusals


def _path(pointer: str) -> tuple[str | int, ...]:
    return tuple(int(step) if step.isdecimal() else step for step in steps(pointer))


def judge_of(
    reader: ShapeReader, plain: StandaloneWriter, pointers: Pointers, site: MessageSite, dialect: bool
) -> MessageJudge:
    """Who judges the messages of one site of one side."""
    schema = plain.of(pointers)
    if site.plain_text:
        return TextJudge(reader, plain, pointers, site.joined)
    contract = reader.side.contract
    if site.area == "body" and dialect and contract is not None and len(pointers) == 1:
        schema_pointer = resolved(reader.side.value, pointers[0])
        return BodyJudge(BodyReader(reader.side.value, contract.schemas, schema_pointer), schema)
    return FormJudge(reader, plain, pointers) if form_of(site) else SchemaJudge(schema)
