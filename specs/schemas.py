"""Compiled JSON Schemas → violations. The door to jsonschema-rs.

One call compiles every subschema of a document; violations point back into the document, so that each one leads
to a line of the YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from pixpact.specs.document import Json, at, escaped
from pixpact.specs.messages import said

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule of a request or an answer."""

    kind: str
    """Where: body, query, header, path, media-type or auth."""
    pointer: str
    """JSON pointer into the instance."""
    keyword: str
    """The JSON Schema keyword broken, or ours: `x-total`, `x-image/bytes` …"""
    message: str
    """A sentence that names the member."""
    schema: str
    """JSON pointer of the keyword in the document."""
    field: str
    """Dotted path of the member, up to the first list: `metadata.resolution`, `image_urls`."""


def dotted(path: list[str | int] | tuple[str | int, ...]) -> str:
    """The name of a member for people: its dotted path, up to the first list."""
    names = []
    for step in path:
        if isinstance(step, int):
            break
        names.append(step)
    return ".".join(names)


def whole(path: list[str | int] | tuple[str | int, ...]) -> str:
    """The whole path for people: `image_urls[2].url`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def pointer_to(path: list[str | int] | tuple[str | int, ...]) -> str:
    """The JSON pointer of a path."""
    return "".join(f"/{escaped(step)}" for step in path)


class Schemas:
    """Every schema of one document, compiled."""

    def __init__(self, document: dict[str, Json]) -> None:
        self._document = document
        self._map = jsonschema_rs.validator_map_for({"$schema": _DIALECT, **document})

    def fault(self, pointer: str) -> str | None:
        """Why the schema at `pointer` cannot be used; None when it can."""
        if _uri(pointer) in self._map:
            return None
        try:
            jsonschema_rs.meta.validate(at(self._document, pointer))
            jsonschema_rs.Draft202012Validator({"$ref": _uri(pointer), **self._document})
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            return getattr(error, "message", None) or str(error).splitlines()[0]
        return None

    def test(self, pointer: str) -> Callable[[Json], bool]:
        """The compiled yes-or-no test of the schema at `pointer`."""
        return self._map[_uri(pointer)].is_valid

    def violations(self, pointer: str, instance: Json, kind: str = "body") -> list[Violation]:
        """Everything that `instance` breaks of the schema at `pointer`."""
        return [
            _violation(error, pointer, kind) for error in _errors(self._map[_uri(pointer)], instance)
        ]


def test(schema: Json) -> Callable[[Json], bool]:
    """The compiled yes-or-no test of a schema that stands alone (a condition of `x-when`, a derived number)."""
    return jsonschema_rs.Draft202012Validator(schema).is_valid


class Grammar:
    """A schema of our own (`dialect.yaml`), compiled."""

    def __init__(self, schema: Json) -> None:
        self._validator = jsonschema_rs.Draft202012Validator(schema)

    def errors(self, instance: Json) -> Iterator[Any]:
        """Every error of `instance`, as jsonschema-rs tells it."""
        return iter(self._validator.iter_errors(instance))


def _errors(validator: jsonschema_rs.Validator, instance: Json) -> list[jsonschema_rs.ValidationError]:
    found: list[jsonschema_rs.ValidationError] = []
    for error in validator.iter_errors(instance):
        context = getattr(error.kind, "context", None)
        nearest = min(context, key=len) if context else None
        # "Not valid under any of" helps nobody: say what the nearest branch misses, when it misses one thing.
        found += nearest if nearest and len(nearest) == 1 else [error]
    return found


def _violation(error: jsonschema_rs.ValidationError, pointer: str, kind: str) -> Violation:
    path = list(error.instance_path)
    keyword = str(error.schema_path[-1]) if error.schema_path else "false"
    if error.kind.name == "falseSchema":
        keyword = "false"
    if error.kind.name == "required":
        keyword = "required"
        path = [*path, error.kind.property]  # type: ignore[attr-defined]  # a member of this kind
    return Violation(
        kind=kind,
        pointer=pointer_to(path),
        keyword=keyword,
        message=said(error, keyword, whole(path) or "the body"),
        schema=_place(error, pointer),
        field=dotted(path),
    )


def _place(error: jsonschema_rs.ValidationError, pointer: str) -> str:
    """jsonschema-rs tells paths from the document behind a `$ref`, and from the schema itself otherwise."""
    inside = "".join(f"/{escaped(step)}" for step in error.schema_path)
    first = error.schema_path[0] if error.schema_path else ""
    return inside if first in ("components", "paths") else pointer + inside


def _uri(pointer: str) -> str:
    return "#" + pointer
