"""Decodes forms into JSON values, with the types of their schema.

A part becomes a number, a boolean, an object or a list (as JSON) where the schema allows that and the text is one.
Repeated parts, also written `NAME[]`, are items of a list where the schema allows a list; otherwise the last one
counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl

from pixpact.specs.contract.parameters import typed_value
from pixpact.specs.dialect.applicators import Path
from pixpact.specs.dialect.keyword_checks import holds_no_image
from pixpact.specs.dialect.request_body import BodyBranch, BodyReader, FieldRule, conjuncts
from pixpact.specs.openapi.document import Json, at
from pixpact.specs.openapi.media import FORM, MULTIPART
from pixpact.specs.openapi.messages import short_json
from pixpact.wire.bodies import FilePart, UndecodableBody, json_of, parts_of

Pairs = Iterable[tuple[str, str]]


def decoded(reader: BodyReader, raw: bytes, content_type: str) -> tuple[Json, dict[str, FilePart]]:
    """(the value of a form, its files by `cid:` URL), typed by the reader's schema. Raises UndecodableBody."""
    name = content_type.partition(";")[0].strip().lower()
    if name == MULTIPART:
        pairs, files = parts_of(raw, content_type)
    elif name == FORM:
        pairs, files = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True), {}
    else:
        raise UndecodableBody(f"{name} is not a form")
    return form_object(reader, pairs), files


def parts(body: Json) -> list[tuple[str, Json]]:
    """(name, value) of the parts of a form: a list has one part per item (OpenAPI 3.1.0, section 4.8.14.4)."""
    fields = body if isinstance(body, dict) else {}
    return [
        (name, item)
        for name, value in fields.items()
        for item in (value if isinstance(value, list) and value else [value])
    ]


def text(value: Json) -> str:
    """The value as the text of a form part."""
    return value if isinstance(value, str) else json.dumps(value)


def form_object(reader: BodyReader, pairs: Pairs) -> dict[str, Json]:
    """The object for the parts of a form, typed by the schema."""
    texts: dict[str, list[str]] = {}
    for name, text in pairs:
        texts.setdefault(name, []).append(text)
    key = texts.get(reader.key or "", [""])[-1]
    branch = reader.branches.get(key) or reader.all_branches()[0]
    fields = branch.fields
    shaped_fields: dict[str, Json] = {}
    for name, values in texts.items():
        plain = name.removesuffix("[]")
        owner = name if name in fields or plain not in fields else plain
        shaped_fields[owner] = _value(reader.document, fields.get(owner), values, repeated=owner != name)
    return shaped_fields


def _value(document: Mapping[str, Json], field: FieldRule | None, texts: list[str], repeated: bool) -> Json:
    types = types_of(document, field)
    if "array" in types and (repeated or len(texts) > 1 or "string" not in types):
        whole = _as_json(texts[0], list) if len(texts) == 1 and not repeated else None
        return whole if whole is not None else [_typed(text, _items(document, field)) for text in texts]
    return _typed(texts[-1], types)


def _typed(text: str, types: tuple[str, ...]) -> Json:
    """The text as a value of its schema's type; unchanged if it is none."""
    if "object" in types and (value := _as_json(text, dict)) is not None:
        return value
    return text if "string" in types else typed_value(text, types)


def _as_json(text: str, kind: type) -> Json:
    try:
        value = json_of(text.encode())
    except UndecodableBody:
        return None
    return value if isinstance(value, kind) else None


def types_of(document: Mapping[str, Json], field: FieldRule | None) -> tuple[str, ...]:
    """The JSON types that a field's schemas allow; empty if they do not say."""
    return _types(document, field.places) if field else ()


def _items(document: Mapping[str, Json], field: FieldRule | None) -> tuple[str, ...]:
    """The types of a list's items."""
    lists = [pointer for pointer in (field.places if field else ()) if _has_items(document, pointer)]
    return _types(document, (part for pointer in lists for part, _ in conjuncts(document, f"{pointer}/items")))


def _has_items(document: Mapping[str, Json], pointer: str) -> bool:
    schema = at(document, pointer)
    return isinstance(schema, dict) and "items" in schema


def _types(document: Mapping[str, Json], pointers: Iterable[str]) -> tuple[str, ...]:
    types: list[str] = []
    for pointer in pointers:
        schema = at(document, pointer)
        for part in [schema, *_forms(schema)] if isinstance(schema, dict) else ():
            written = part.get("type", ()) if isinstance(part, dict) else ()
            types += [written] if isinstance(written, str) else written
            types += [_TYPES[type(value)] for value in part.get("enum", ()) if type(value) in _TYPES]
    return tuple(dict.fromkeys(types))


def _forms(schema: Mapping[str, Json]) -> list[Json]:
    return [form for keyword in ("oneOf", "anyOf") for form in schema.get(keyword, ())]


_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def without_file(branch: BodyBranch, body: Json, files: Mapping[str, FilePart]) -> list[tuple[Path, str]]:
    """(path, what is wrong) of form fields that need a file and have a text, or a file that is no image as declared.

    The text continues the field's name. JavaScript's `form.append("image", object)` sends `[object Object]`, a text.
    """
    routes: list[tuple[Path, str]] = []
    for path, item in _parts_of(body):
        file = files.get(item) if isinstance(item, str) else None
        if file is None and _wants_file(branch.document, branch.fields.get(str(path[0]))):
            routes.append((path, f"must be a file, sent with a filename; got the text {short_json(item)}"))
        elif file is not None and file.media_type.startswith("image/") and holds_no_image(file.content):
            routes.append((path, f"is sent as {file.media_type} and holds no image"))
    return routes


def _parts_of(body: Json) -> Iterator[tuple[Path, Json]]:
    for name, value in body.items() if isinstance(body, dict) else ():
        if isinstance(value, list):
            yield from (((name, index), item) for index, item in enumerate(value))
        else:
            yield (name,), value


def _wants_file(document: Mapping[str, Json], field: FieldRule | None) -> bool:
    """Whether a field, or each of its items, must be a file."""
    pointers = field.places if field else ()
    items = [
        part
        for pointer in pointers
        if _has_items(document, pointer)
        for part, _ in conjuncts(document, f"{pointer}/items")
    ]
    schemas = [at(document, pointer) for pointer in (*pointers, *items)]
    return any(isinstance(schema, dict) and schema.get("format") == "binary" for schema in schemas)
