"""The kinds of parts of an OpenAPI document as data: which fields hold which kind, and the shape of each kind.

Documents of any origin are read: only shapes are judged, not style (OpenAPI 3.1.1, section 4.8).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pixpact.specs.openapi.document import DocumentNode, Json, SpecDocument, at, escaped
from pixpact.specs.openapi.problems import SpecProblem

Form = Literal["one", "list", "map"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
ANY = "*"
"""Stands for every field of an object."""

_SCHEMA: dict[str, tuple[Form, str]] = {
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), ("list", "schema")),
    **dict.fromkeys(("properties", "patternProperties", "dependentSchemas", "$defs"), ("map", "schema")),
    **dict.fromkeys(
        ("items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else"), ("one", "schema")
    ),
    **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties", "contentSchema"), ("one", "schema")),
}
_CARRIER: dict[str, tuple[Form, str]] = {"schema": ("one", "schema"), "content": ("map", "media")}
PARTS: dict[str, dict[str, tuple[Form, str]]] = {
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
"""Kind of object → field → (one, list or map of objects; their kind)."""


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
    parts = PARTS[site.kind]
    for key, inner in value.items():
        part = parts.get(key) or (None if key.startswith("x-") else parts.get(ANY))
        if part is not None:
            for child in _children(DocumentPart(part[1], f"{site.pointer}/{escaped(key)}", inner), part[0]):
                yield from _sites(child)


def _children(site: DocumentPart, form: Form) -> list[DocumentPart]:
    if form == "one":
        return [site]
    value = site.node.value
    if not isinstance(value, dict if form == "map" else list):
        return []
    fields = value.items() if isinstance(value, dict) else enumerate(value)
    return [
        DocumentPart(site.kind, f"{site.pointer}/{escaped(key)}", inner)
        for key, inner in fields
        if not (form == "map" and site.kind == "path" and str(key).startswith("x-"))
    ]


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
