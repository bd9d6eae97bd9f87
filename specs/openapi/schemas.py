"""Compiles JSON Schemas and validates values, with violations that point into the document; imports jsonschema-rs.

One call compiles every subschema of a document. The pointer of a violation leads to a line of the YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import jsonschema_rs

from pixpact.specs.openapi.document import Json, at, escaped
from pixpact.specs.openapi.messages import error_text

_NAME = "urn:pixpact:document"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule of a request or a response."""

    kind: str
    """The location: body, query, header, path, media-type or auth."""
    pointer: str
    """JSON pointer into the instance."""
    keyword: str
    """The broken JSON Schema keyword, or an `x-` keyword: `x-total`, `x-image/bytes` …"""
    message: str
    """A sentence that names the field."""
    schema: str
    """JSON pointer of the keyword in the document."""
    field: str
    """Dotted path of the field, up to the first list: `metadata.resolution`, `image_urls`."""


def dotted_path(path: list[str | int] | tuple[str | int, ...]) -> str:
    """The dotted path of a field, up to the first list."""
    names = []
    for step in path:
        if isinstance(step, int):
            break
        names.append(step)
    return ".".join(names)


def path_text(path: list[str | int] | tuple[str | int, ...]) -> str:
    """The whole path in messages: `image_urls[2].url`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def pointer_to(path: list[str | int] | tuple[str | int, ...]) -> str:
    """The JSON pointer of a path."""
    return "".join(f"/{escaped(step)}" for step in path)


class CompiledSchemas:
    """The compiled schemas of one document.

    All are compiled at once while the spec is linted. `release` then frees them: tests in use stay with their users,
    and other schemas are compiled again when needed.
    """

    def __init__(self, document: dict[str, Json], *, are_valid: bool = False) -> None:
        """`are_valid`: they were checked before, and each is compiled when somebody asks."""
        self._document = {"$schema": _DIALECT, **document}
        self._all: jsonschema_rs.ValidatorMap | None = None
        if not are_valid:
            self._all = jsonschema_rs.validator_map_for(self._document)
        self._some: dict[str, jsonschema_rs.Validator] = {}
        self._registry: jsonschema_rs.Registry | None = None

    def release(self) -> None:
        """Free the compiled schemas that are not in use: some megabytes per document."""
        self._all = None

    def fault(self, pointer: str) -> str | None:
        """Why the schema at `pointer` is invalid; None if it is valid."""
        if self._all is not None and self._all.get(_uri(pointer)) is not None:
            return None
        try:
            jsonschema_rs.meta.validate(at(self._document, pointer))
            self._compiled(pointer)
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            return _first_line(error)
        return None

    def test(self, pointer: str) -> Callable[[Json], bool]:
        """The compiled test of the schema at `pointer`: whether a value matches."""
        return self._validator(pointer).is_valid

    def violations(self, pointer: str, instance: Json, kind: str = "body", *, closer: bool = True) -> list[Violation]:
        """The violations of `instance` against the schema at `pointer`.

        `closer`: for alternatives, report the violation of the closest one if it has only one; else that none matches.
        """
        errors = self._validator(pointer).iter_errors(instance)
        return [_violation(_closer(error) if closer else error, pointer, kind) for error in errors]

    def _validator(self, pointer: str) -> jsonschema_rs.Validator:
        if self._all is not None:
            return self._all[_uri(pointer)]
        if pointer not in self._some:
            self._some[pointer] = self._compiled(pointer)
        return self._some[pointer]

    def _compiled(self, pointer: str) -> jsonschema_rs.Validator:
        if self._registry is None:
            self._registry = jsonschema_rs.Registry([(_NAME, self._document)])
        reference = f"{_NAME}#{quote(pointer)}"  # a URI fragment: `{` of a path template must be encoded
        return jsonschema_rs.Draft202012Validator({"$ref": reference}, registry=self._registry)


def test(schema: Json) -> Callable[[Json], bool]:
    """The compiled test of a standalone schema (a condition of `x-when`, a derived number)."""
    return jsonschema_rs.Draft202012Validator(schema).is_valid


def fault_of(schema: Json) -> str | None:
    """Why a standalone schema is invalid; None if it is valid."""
    try:
        jsonschema_rs.Draft202012Validator(schema)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        return _first_line(error)
    return None


def _first_line(error: Exception) -> str:
    return str(getattr(error, "message", None) or error).splitlines()[0]


class KeywordSchema:
    """A schema of Pixpact's own (`dialect.yaml`), compiled."""

    def __init__(self, schema: Json) -> None:
        self._validator = jsonschema_rs.Draft202012Validator(schema)

    def errors(self, instance: Json) -> Iterator[Any]:
        """The errors of `instance`, as jsonschema-rs reports them."""
        return iter(self._validator.iter_errors(instance))


def _closer(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    # "Not valid under any of" does not help: report what the closest alternative misses, if it is one thing.
    return _nearest(getattr(error.kind, "context", ())) or error


def _nearest(context: Sequence[Sequence[jsonschema_rs.ValidationError]]) -> jsonschema_rs.ValidationError | None:
    """The single error of the alternative closest to the value; None if none is closest."""
    single = [(_nearness(errors[0]), errors[0]) for errors in context if len(errors) == 1]
    most = max((nearness for nearness, _ in single), default=None)
    best = [error for nearness, error in single if nearness == most]
    return best[0] if len(best) == 1 and [] not in context else None


def _nearness(error: jsonschema_rs.ValidationError) -> tuple[int, bool]:
    """How far the value matches an alternative; a wrong type ranks last."""
    return len(error.instance_path), error.kind.name != "type"


def described(
    error: jsonschema_rs.ValidationError, whole: str
) -> tuple[list[str | int], str, str, jsonschema_rs.ValidationError]:
    """The path of an error, its keyword, a sentence, and for a name that breaks a rule the error of the name.

    `whole` is what the sentence calls the value itself.
    """
    path = list(error.instance_path)
    keyword = str(error.schema_path[-1]) if error.schema_path else "false"
    if error.kind.name == "falseSchema":
        keyword = "false"
    if error.kind.name == "required":
        keyword = "required"
        path = [*path, error.kind.property]  # type: ignore[attr-defined]  # a field of this kind
    name = path_text(path) or whole
    if error.kind.name == "propertyNames":
        name, error = f"a key of {name}", error.kind.error  # type: ignore[attr-defined]  # likewise
    return path, keyword, error_text(error, keyword, name), error


def _violation(error: jsonschema_rs.ValidationError, pointer: str, kind: str) -> Violation:
    path, keyword, message, error = described(error, "the body")
    return Violation(
        kind=kind,
        pointer=pointer_to(path),
        keyword=keyword,
        message=message,
        schema=_pointer_of(error, pointer),
        field=dotted_path(path),
    )


def _pointer_of(error: jsonschema_rs.ValidationError, pointer: str) -> str:
    """The pointer of the broken keyword; jsonschema-rs starts paths at the document after a `$ref`, else the schema."""
    inside = "".join(f"/{escaped(step)}" for step in error.schema_path)
    first = error.schema_path[0] if error.schema_path else ""
    return inside if first in ("components", "paths") else pointer + inside


def _uri(pointer: str) -> str:
    return "#" + pointer


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> Callable[[Json], bool] | None:
    try:
        return test({"type": "string", "pattern": pattern})
    except ValueError:
        return None


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern (ECMA-262) matches within a text, in bounded time; an invalid pattern matches nothing.

    It uses the validator that also judges requests, so that both read a pattern alike.
    """
    compiled = _pattern(pattern)
    return compiled is not None and compiled(text)
