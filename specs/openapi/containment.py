"""Decides whether one schema contains another, and what a value breaks of a schema; imports jsonschema-rs.

Only plain JSON Schema is supported: `x-` keys must be compared separately. Formats are asserted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema_rs
from jsonschema_rs import canonical

from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.schemas import described


@dataclass(frozen=True, slots=True)
class BrokenKeyword:
    """A broken rule: path in the value, keyword, message."""

    path: tuple[str | int, ...]
    keyword: str
    message: str


def covers(wide: Json, narrow: Json) -> bool:
    """Whether it is proven that `wide` accepts every value that `narrow` accepts. False: not proven."""
    if wide is True or narrow is False or wide == narrow:
        return True
    try:
        outer, inner = _canonical(wide), _canonical(narrow)
        return bool(outer.covers(inner) == canonical.Containment.YES)
    except ValueError:  # the schema or a pattern has no canonical form
        return False


def is_empty(schema: Json) -> bool:
    """Whether it is proven that no value matches the schema."""
    return schema is False or covers(False, schema)


def _canonical(schema: Json) -> Any:
    return jsonschema_rs.canonicalize(schema, draft=jsonschema_rs.Draft202012, validate_formats=True)


@cache
def is_pattern(text: str) -> bool:
    """Whether a text is a regular expression that validators can read."""
    try:
        jsonschema_rs.Draft202012Validator({"pattern": text})
    except ValueError:
        return False
    return True


class StandaloneSchema:
    """A compiled schema without external references. Raises ValueError for an invalid schema."""

    def __init__(self, schema: Json) -> None:
        try:
            self._validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        except jsonschema_rs.ReferencingError as error:
            raise ValueError(str(error)) from None
        self.holds = self._validator.is_valid

    def refusals(self, instance: Json) -> list[BrokenKeyword]:
        """All violations of the value."""
        return [_refusal(error) for error in self._validator.iter_errors(instance)]


def _refusal(error: jsonschema_rs.ValidationError) -> BrokenKeyword:
    path, keyword, message, _ = described(error, "the value")
    return BrokenKeyword(tuple(path), keyword, message)


@cache
def _metaschema() -> Any:
    return jsonschema_rs.Draft202012Validator({"$ref": "https://json-schema.org/draft/2020-12/schema"})


def faults(schema: Json) -> list[BrokenKeyword]:
    """The violations of JSON Schema 2020-12 in a schema; paths lead into the schema."""
    return [_refusal(error) for error in _metaschema().iter_errors(schema)]
