"""Leaves out what no reader of OpenAPI could use: parts and fields of another type than their place wants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from pixpact.specs.adopt.draft import DraftDocument
from pixpact.specs.openapi.document import Json, escaped
from pixpact.specs.openapi.parts import ANY, PARTS_AND_EXAMPLES, Part, held_by, part_at
from pixpact.wire.json_values import is_number

Test = Callable[[Json], bool]


def _is(*types: type) -> Test:
    return lambda value: isinstance(value, types)


def _are_texts(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(inner, str) for inner in value)


def _are_objects(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(inner, dict) for inner in value)


def _is_type(value: Json) -> bool:
    return isinstance(value, str) or (_are_texts(value) and bool(value))


def _is_security(value: Json) -> bool:
    return _are_objects(value) and all(_are_texts(scopes) for scheme in value for scopes in scheme.values())


_TEXT, _OBJECT, _LIST, _FLAG = _is(str), _is(dict), _is(list), _is(bool)
_FIELDS: dict[str, dict[str, Test]] = {
    ANY: {"$ref": _TEXT, "description": _TEXT, "summary": _TEXT, "deprecated": _FLAG},
    "openapi": {"info": _OBJECT, "servers": _are_objects, "tags": _LIST, "security": _is_security},
    "path": {"servers": _are_objects},
    "operation": {"operationId": _TEXT, "servers": _are_objects, "tags": _LIST, "security": _is_security},
    "parameter": {"name": _TEXT, "in": _TEXT, "required": _FLAG},
    "body": {"required": _FLAG},
    "media": {"encoding": _OBJECT},
    "scheme": dict.fromkeys(("type", "name", "in", "scheme"), _TEXT),
    "link": {"parameters": _OBJECT, "operationId": _TEXT},
    "schema": {
        "type": _is_type,
        "required": _are_texts,
        "enum": _LIST,
        "examples": _LIST,
        "discriminator": _OBJECT,
        **dict.fromkeys(("pattern", "format", "title"), _TEXT),
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"), is_number),
    },
}
"""Kind of object → field that is no part → whether its value is of the right type."""


def drop_wrong_shapes(draft: DraftDocument) -> None:
    """Leave out, with a note, every part and field whose type is wrong, so that all others can be read."""
    kinds: dict[str, str] = {}
    _mend(draft, "openapi", "", draft.value, kinds)
    for pointer, kind in kinds.items():
        value = draft.at(pointer)
        reference = value.get("$ref") if isinstance(value, dict) else None
        if reference is not None and reference.startswith("#") and not _leads_to(kind, reference[1:], kinds):
            del value["$ref"]
            draft.note(pointer, "left-out", f"$ref that leads to no {kind}: {reference[:80]}")


def _leads_to(kind: str, pointer: str, kinds: dict[str, str]) -> bool:
    return kind in (kinds.get(pointer), kinds.get(unquote(pointer)))


def _mend(draft: DraftDocument, kind: str, pointer: str, value: dict[str, Any], kinds: dict[str, str]) -> None:
    kinds[pointer] = kind
    tests = {**_FIELDS[ANY], **_FIELDS.get(kind, {})} if kind != "callback" else {}
    for key, inner in list(value.items()):
        field = f"{pointer}/{escaped(key)}"
        part = part_at(kind, key, PARTS_AND_EXAMPLES)
        if (part is None and key in tests and not tests[key](inner)) or (part and not _is_part(inner, part)):
            del value[key]
            draft.note(pointer, "left-out", f"{key} of a wrong type: {field}")
        elif part is not None:
            _drop_wrong_items(draft, part, field, inner)
            for child_pointer, child in held_by(part, field, inner):
                if isinstance(child, dict):
                    _mend(draft, part[1], child_pointer, child, kinds)


def _is_part(value: Json, part: Part) -> bool:
    form, kind = part
    if form == "one":
        return _is_object(value, kind)
    return isinstance(value, dict if form == "map" else list)


def _is_object(value: Json, kind: str) -> bool:
    return isinstance(value, dict) or (kind == "schema" and isinstance(value, bool))


def _drop_wrong_items(draft: DraftDocument, part: Part, pointer: str, value: Any) -> None:
    """Leave out the items of a list or map of parts that are none."""
    form, kind = part
    if form == "one":
        return
    steps = list(value) if form == "map" else range(len(value))
    for step in reversed(steps):
        if not _is_object(value[step], kind) and not str(step).startswith("x-"):
            item = f"{pointer}/{escaped(step)}"
            draft.note(pointer, "left-out", f"{step} of a wrong type: {item}")
            draft.drop(item)
