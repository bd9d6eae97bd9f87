"""The kinds of parts of an OpenAPI document as data: which fields hold which kind, and the shape of each kind.

Documents of any origin are read: only shapes are judged, not style (OpenAPI 3.1.1, section 4.8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pixpact.specs.openapi.document import DocumentNode, Json, SpecDocument, at, escaped
from pixpact.specs.openapi.problems import SpecProblem

Form = Literal["one", "list", "map"]
Part = tuple[Form, str]
"""What a field holds: one object, or a list or map of objects; and their kind."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
ANY = "*"
"""Stands for every field of an object."""

_SCHEMA: dict[str, Part] = {
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), ("list", "schema")),
    **dict.fromkeys(("properties", "patternProperties", "dependentSchemas", "$defs"), ("map", "schema")),
    **dict.fromkeys(
        ("items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else"), ("one", "schema")
    ),
    **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties", "contentSchema"), ("one", "schema")),
}
_CARRIER: dict[str, Part] = {"schema": ("one", "schema"), "content": ("map", "media")}
PARTS: dict[str, dict[str, Part]] = {
    "openapi": {"paths": ("map", "path"), "webhooks": ("map", "path"), "components": ("one", "components")},
    "components": {
        "schemas": ("map", "schema"),
        "responses": ("map", "response"),
        "parameters": ("map", "parameter"),
        "requestBodies": ("map", "body"),
        "headers": ("map", "header"),
        "securitySchemes": ("map", "scheme"),
        "links": ("map", "link"),
        "callbacks": ("map", "callback"),
        "pathItems": ("map", "path"),
    },
    "path": {"parameters": ("list", "parameter"), **dict.fromkeys(METHODS, ("one", "operation"))},
    "operation": {
        "parameters": ("list", "parameter"),
        "requestBody": ("one", "body"),
        "responses": ("map", "response"),
        "callbacks": ("map", "callback"),
    },
    "callback": {ANY: ("one", "path")},
    "parameter": _CARRIER,
    "header": _CARRIER,
    "body": {"content": ("map", "media")},
    "response": {"headers": ("map", "header"), "content": ("map", "media"), "links": ("map", "link")},
    "media": {"schema": ("one", "schema")},
    "schema": _SCHEMA,
    "scheme": {},
    "link": {},
}
"""Kind of object → field → what it holds."""
_EXAMPLES: dict[str, Part] = {"examples": ("map", "example")}
PARTS_AND_EXAMPLES = {
    **PARTS,
    **{kind: {**PARTS[kind], **_EXAMPLES} for kind in ("media", "parameter", "header", "components")},
    "example": {},
}


_SECURITY = {
    "type": "array",
    "items": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
}
_SERVERS = {"type": "array", "items": {"type": "object", "properties": {"url": {"type": "string"}}}}
FORMS: dict[str, Json] = {
    "openapi": {"properties": {"security": _SECURITY, "servers": _SERVERS}},
    "operation": {"properties": {"security": _SECURITY, "operationId": {"type": "string"}}},
    "parameter": {"properties": {"name": {"type": "string"}, "in": {"type": "string"}}, "required": ["name", "in"]},
    "link": {"properties": {"parameters": {"type": "object"}}},
    "scheme": {"properties": {"type": {"type": "string"}}},
}
"""Kind of object → JSON Schema for its fields other than parts; references are validated elsewhere."""


@dataclass(frozen=True, slots=True)
class DocumentPart:
    """An object of a document: kind, JSON pointer, node."""

    kind: str
    pointer: str
    node: DocumentNode


def sites(document: SpecDocument) -> Iterator[DocumentPart]:
    """Yield every object of the document that has a kind, parents first; objects of the wrong shape are skipped."""
    yield from _sites(DocumentPart("openapi", "", document.root))


def _sites(site: DocumentPart) -> Iterator[DocumentPart]:
    value = site.node.value
    if not isinstance(value, dict):
        if site.kind == "schema" and isinstance(value, bool):
            yield site
        return
    yield site
    for key, inner in value.items():
        if (part := part_at(site.kind, key)) is not None:
            items = inner if part[0] == "one" else inner.value
            for pointer, child in held_by(part, f"{site.pointer}/{escaped(key)}", items):
                yield from _sites(DocumentPart(part[1], pointer, child))


def part_at(kind: str, key: str, parts: Mapping[str, Mapping[str, Part]] = PARTS) -> Part | None:
    """What a field of an object of this kind holds; None for a field that holds no part."""
    fields = parts.get(kind, {})
    return fields.get(key) or (None if key.startswith("x-") else fields.get(ANY))


def held_by(part: Part, pointer: str, value: Any) -> Iterator[tuple[str, Any]]:
    """(pointer, object) of what stands in a field: the value itself, or its items; nothing if the form is another."""
    form, kind = part
    if form == "one":
        yield pointer, value
    elif isinstance(value, dict if form == "map" else list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if not (kind == "path" and str(key).startswith("x-")):
                yield f"{pointer}/{escaped(key)}", inner


def with_parts_changed(
    node: DocumentNode,
    kind: str,
    change: Callable[[DocumentNode, str], DocumentNode],
    parts: Mapping[str, Mapping[str, Part]] = PARTS,
) -> DocumentNode:
    """An object with what its fields hold changed, by node and kind; the same node if nothing is."""
    return with_values_changed(node, lambda key, inner: _field_changed(part_at(kind, key, parts), inner, change))


def _field_changed(
    part: Part | None, node: DocumentNode, change: Callable[[DocumentNode, str], DocumentNode]
) -> DocumentNode:
    if part is None:
        return node
    form, kind = part
    if form == "one":
        return change(node, kind)
    has_form = isinstance(node.value, dict if form == "map" else list)
    return with_values_changed(node, lambda _, inner: change(inner, kind)) if has_form else node


def with_values_changed(node: DocumentNode, change: Callable[[Any, DocumentNode], DocumentNode]) -> DocumentNode:
    """An object or list with each value changed, by key or index and node; the same node if none is."""
    value: Any = node.value
    values = {
        key: change(key, inner) for key, inner in (value.items() if isinstance(value, dict) else enumerate(value))
    }
    if all(changed is value[key] for key, changed in values.items()):
        return node
    return DocumentNode(values if isinstance(value, dict) else list(values.values()), node.origin)


def wrong_shape(site: DocumentPart, wanted: str) -> SpecProblem:
    """The problem of a part that does not have the wanted shape."""
    what = "nothing" if site.node.value is None else type(site.node.value).__name__
    names = {
        "str": "a text",
        "int": "a number",
        "float": "a number",
        "list": "a list",
        "dict": "an object",
        "bool": "a truth value",
    }
    message = f"{site.pointer or 'the document'} must be {wanted}; got {names.get(what, what)}"
    return SpecProblem(site.node.origin, "wrong-shape", message, "see the OpenAPI specification")


def resolved(value: Json, pointer: str) -> str:
    """The pointer behind a chain of `$ref`s. Raises KeyError if one leads nowhere."""
    visited = set()
    while isinstance(here := at(value, pointer), dict) and isinstance(here.get("$ref"), str) and pointer not in visited:
        visited.add(pointer)
        pointer = here["$ref"].removeprefix("#")
    return pointer
