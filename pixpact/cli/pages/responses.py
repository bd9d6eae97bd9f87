"""The responses of an operation as text: fields with limits and meaning, and examples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pixpact.cli.pages.limits import limits_of
from pixpact.specs.contract.model import MediaType, Operation, Response
from pixpact.specs.dialect.request_body import conjuncts
from pixpact.specs.openapi.document import Json, escaped

_MOST_TEXT = 48
"""The most characters of a text in an example: base64 may be megabytes long."""
_MEANINGS = {
    "$task.id": "the id of the task",
    "$task.status": "the state of the task",
    "$task.progress": "progress in per cent",
    "$task.createdAt": "when the task was submitted",
    "$task.completedAt": "when the task ended",
    "$task.expiresAt": "when the result expires",
    "$task.cost": "what the task costs",
    "$image.url": "the URL of an image",
    "$image.base64": "an image as base64",
    "$image.bytes": "an image",
    "$image.size": "its width and height in pixels",
    "$image.width": "its width in pixels",
    "$image.height": "its height in pixels",
    "$image.format": "its format",
    "$image.expiresAt": "when its URL expires",
    "$upload.url": "the URL to send as a reference image",
    "$violation.message": "what is wrong with the request",
    "$violation.field": "the field that is wrong",
    "$account.balance": "what the key has left",
}


@dataclass(frozen=True, slots=True)
class ResponseField:
    """A field of a response: its depth in the body, and texts with its meaning and limits."""

    depth: int
    name: str
    texts: tuple[str, ...]


def response_fields(document: Mapping[str, Json], media: MediaType) -> list[ResponseField]:
    """The fields of a body; those of objects follow their parent; lists are shown as `name[]`."""
    meanings = {
        _generic(binding.path): _MEANINGS[binding.expression.text]
        for example in media.examples
        for binding in example.bindings
        if binding.expression.text in _MEANINGS
    }
    return [] if media.schema is None else list(_fields(document, media.schema, (), meanings))


def _generic(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """A path without list indexes: `data, [], url`."""
    return tuple("[]" if isinstance(step, int) else step for step in path)


def _fields(
    document: Mapping[str, Json], pointer: str, path: tuple[str, ...], meanings: Mapping[tuple[str, ...], str]
) -> Iterator[ResponseField]:
    parts = list(_forms(document, pointer))
    required = {name for _, part in parts for name in part.get("required", ())}
    pointers_of_fields: dict[str, list[str]] = {}
    for part_pointer, part in parts:
        for name in part.get("properties", {}):
            pointers_of_fields.setdefault(name, []).append(f"{part_pointer}/properties/{escaped(name)}")
    for name, pointers in pointers_of_fields.items():
        yield from _field(document, name, pointers, path, meanings, name in required)


def _field(
    document: Mapping[str, Json],
    name: str,
    pointers: list[str],
    path: tuple[str, ...],
    meanings: Mapping[tuple[str, ...], str],
    required: bool,
) -> Iterator[ResponseField]:
    own = (*path, name)
    parts = [part for pointer in pointers for part in _forms(document, pointer)]
    lists = [f"{pointer}/items" for pointer, part in parts if isinstance(part.get("items"), dict)]
    limits = [text for _, part in parts for text in limits_of(document, part) if text != "each object"]
    meaning = [meanings[own]] if own in meanings else []
    texts = [*meaning, *limits, *([] if required else ["may be missing"])]
    depth = sum(step != "[]" for step in path)
    yield ResponseField(depth, f"{name}[]" if lists else name, tuple(dict.fromkeys(texts)))
    visited: set[str] = set()
    for pointer, inner in [(pointer, own) for pointer in pointers] + [(pointer, (*own, "[]")) for pointer in lists]:
        for field in _fields(document, pointer, inner, meanings):
            if not (field.depth == depth + 1 and field.name in visited):
                visited |= {field.name} if field.depth == depth + 1 else set()
                yield field


def _forms(document: Mapping[str, Json], pointer: str) -> Iterator[tuple[str, dict[str, Json]]]:
    """A schema, the schemas it includes, and its alternatives."""
    for part_pointer, part in conjuncts(document, pointer):
        yield part_pointer, part
        for keyword in ("oneOf", "anyOf"):
            for index in range(len(part.get(keyword, ()))):
                yield from _forms(document, f"{part_pointer}/{keyword}/{index}")


def examples(response: Response) -> Iterator[tuple[str, list[str]]]:
    """(name, lines of JSON) of each example of a response."""
    for media in response.media:
        for example in media.examples:
            text = json.dumps(_cut(example.value), ensure_ascii=False, indent=2)
            yield example.name, text.splitlines()


def error_line(response: Response) -> str:
    """An error in one line: its first example as JSON, or its description."""
    for media in response.media:
        for example in media.examples:
            return json.dumps(_cut(example.value), ensure_ascii=False)
    return response.description


def _cut(value: Json) -> Json:
    if isinstance(value, str):
        return value if len(value) <= _MOST_TEXT else f"{value[: _MOST_TEXT - 1]}…"
    if isinstance(value, dict):
        return {key: _cut(inner) for key, inner in value.items()}
    return [_cut(inner) for inner in value] if isinstance(value, list) else value


def leads_to(operation: Operation) -> Iterator[str]:
    """The links of an operation: `getImage with id = the response's id`, one text each."""
    for response in operation.responses:
        for link in response.links:
            given = (f"{name} = {_source(value.text)}" for name, value in link.parameters.items())
            yield f"{link.operation} with {', '.join(given)}"


def _source(text: str) -> str:
    for start, whose in (("$response.body#/", "of this response"), ("$request.body#/", "of the request")):
        if text.startswith(start):
            return f"{text.removeprefix(start).replace('/', '.')} {whose}"
    return text
