"""Generates a sample value of a schema: one that the schema states, else the smallest that its type allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pixpact.specs.adopt.draft import DraftDocument
from pixpact.specs.openapi.document import Json

_DEEPEST = 6
_MOST_ITEMS, _MOST_CHARACTERS = 100, 10_000
"""Limits of a sample: a document may require more, and lint then reports that to the author."""
_FORMATS = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "uri": "https://example.com/image.png",
    "url": "https://example.com/image.png",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "email": "someone@example.com",
    "ipv4": "192.0.2.1",
    "hostname": "example.com",
    "byte": "aGVsbG8=",
}
_FORMS: dict[str, Any] = {
    **dict.fromkeys(("allOf", "oneOf", "anyOf", "required", "examples", "enum"), list),
    **dict.fromkeys(("minItems", "maxItems", "minLength", "maxLength"), int),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), (int, float)),
    "properties": dict,
    "format": str,
    "type": (str, list),
}
"""The Python types of keyword values; a keyword with another type is ignored."""
_PLAIN: dict[str, Json] = {"boolean": False, "null": None, "object": {}, "array": []}


def sample(draft: DraftDocument, schema: Json, depth: int = 0) -> Json:
    """A sample value; it may break rules that cannot be satisfied simply, such as a pattern."""
    part = _merged(draft, schema, depth)
    for shown in _shown(part):
        if _is(shown, part.get("type")):
            return shown
    kind = part.get("type", "object" if "properties" in part else "array" if "items" in part else "string")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind == "object":
        return _object(draft, part, depth)
    if kind == "array":
        return _array(draft, part, depth)
    if kind in ("integer", "number"):
        return _number(part)
    return _text(part) if kind == "string" else _PLAIN.get(kind)


def _shown(part: Mapping[str, Json]) -> Iterator[Json]:
    """The values that a schema states, the most binding first."""
    for keyword in ("const", "default"):
        if keyword in part:
            yield part[keyword]
    for keyword in ("examples", "enum"):
        yield from part.get(keyword, ())


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def _is(value: Json, kind: Json) -> bool:
    """Whether a value has a type that the schema allows: documents also state values of other types."""
    kinds = [kind] if isinstance(kind, str) else kind if isinstance(kind, list) else list(_TYPES)
    return any(type(value) in _TYPES.get(one, ()) for one in kinds)


def _merged(draft: DraftDocument, schema: Json, depth: int) -> dict[str, Json]:
    """The keywords of a schema merged with those of its included schemas, and of its first alternative."""
    part = draft.resolved(schema)
    if not isinstance(part, dict) or depth > 2 * _DEEPEST:
        return {}
    part = {key: value for key, value in part.items() if isinstance(value, _FORMS.get(key, object))}
    inner = [*part.get("allOf", ()), *part.get("oneOf", ())[:1], *part.get("anyOf", ())[:1]]
    once = {one.get("$ref", id(one)): one for one in inner if isinstance(one, dict)}
    merged: dict[str, Any] = {}
    for one in [*(_merged(draft, part, depth + 1) for part in once.values()), part]:
        properties = {**merged.get("properties", {}), **one.get("properties", {})}
        required = [*merged.get("required", ()), *one.get("required", ())]
        merged |= one
        merged |= {"properties": properties} if properties else {}
        merged |= {"required": required} if required else {}
    return merged


def _object(draft: DraftDocument, part: Mapping[str, Json], depth: int) -> Json:
    required = set(part.get("required", ()))
    fields = part.get("properties", {})
    shown = {
        name: sample(draft, inner, depth + 1)
        for name, inner in fields.items()
        if inner is not False and (name in required or depth < _DEEPEST)
    }
    rest = part.get("additionalProperties", True)
    return shown | {name: sample(draft, rest, depth + 1) for name in sorted(required - set(fields))}


def _array(draft: DraftDocument, part: Mapping[str, Json], depth: int) -> Json:
    least = part.get("minItems", 0)
    if depth < _DEEPEST and part.get("maxItems") != 0:
        least = max(least, 1)
    return [sample(draft, part.get("items", {}), depth + 1) for _ in range(min(least, _MOST_ITEMS))]


def _number(part: Mapping[str, Json]) -> Json:
    value = part.get("minimum", 0)
    if "exclusiveMinimum" in part:
        value = max(value, part["exclusiveMinimum"] + 1)
    value = min(value, part.get("maximum", value))
    if "exclusiveMaximum" in part and value >= part["exclusiveMaximum"]:
        value = part["exclusiveMaximum"] - 1
    step = part.get("multipleOf")
    return -(-value // step) * step if step else value


def _text(part: Mapping[str, Json]) -> str:
    text = _FORMATS.get(part.get("format", ""), "text")
    text = text.ljust(min(part.get("minLength", 0), _MOST_CHARACTERS), "-")
    return text[: part.get("maxLength", len(text))]
