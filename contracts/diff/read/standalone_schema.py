"""A schema as plain JSON Schema that stands alone: references written out, our keys and annotations left out."""

from __future__ import annotations

from typing import Any

from pixpact.contracts.diff.read.openapi import PARTS
from pixpact.contracts.diff.read.shapes import Pointers, ShapeReader
from pixpact.specs.openapi.document import Json, at, escaped

_KEPT_WORDS = """
type enum const minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern
minItems maxItems uniqueItems minContains maxContains minProperties maxProperties required
dependentRequired format
"""
_KEPT = frozenset(_KEPT_WORDS.split())
_ONE_WORDS = """
items additionalProperties contains propertyNames not if then else unevaluatedItems unevaluatedProperties
"""
_ONE = frozenset(_ONE_WORDS.split())
_LIST = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
_MAP = frozenset(("properties", "patternProperties", "dependentSchemas"))
# OpenAPI's own formats that limit a number (Format Registry of the OpenAPI Initiative).
_FLOAT, _DOUBLE = 3.4028234663852886e38, 1.7976931348623157e308
RANGES: dict[str, tuple[float, float]] = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
    "double-int": (-(2**53) + 1, 2**53 - 1),
    "float": (-_FLOAT, _FLOAT),
    "double": (-_DOUBLE, _DOUBLE),
}
# And those of texts: `byte` as RFC 4648 codes octets; the others take any text.
TEXTS = {
    "byte": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    "base64url": "^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2,3}|[A-Za-z0-9_-]{2}==|[A-Za-z0-9_-]{3}=)?$",
    **dict.fromkeys(("password", "commonmark", "html"), ""),
}
_DEEPEST = 5


def of_format(name: Json) -> dict[str, Json] | None:
    """What a format of OpenAPI's own asks of a value, as plain JSON Schema; None for any other format."""
    if not isinstance(name, str):
        return None
    if name in RANGES:
        return {"minimum": RANGES[name][0], "maximum": RANGES[name][1]}
    if name in TEXTS:
        return {"pattern": TEXTS[name]} if TEXTS[name] else {}
    return None


class StandaloneWriter:
    """Writes out the schemas of one reader."""

    def __init__(self, reader: ShapeReader) -> None:
        self._reader = reader
        self._value = reader.side.value
        self._recursive: dict[str, bool] = {}
        self._made: dict[Pointers, Json] = {}
        self._written: dict[str, tuple[Json, dict[str, Json]]] = {}
        """What each reference stands for once it is written out, and the definitions that this needs."""
        self._leads: dict[str, set[str]] = {}

    def of(self, pointers: Pointers) -> Json:
        """One schema that says what all of these say; true for none."""
        if pointers not in self._made:
            self._made[pointers] = self._whole(pointers)
        return self._made[pointers]

    def _whole(self, pointers: Pointers) -> Json:
        definitions: dict[str, Json] = {}
        written = [self._at(pointer, definitions) for pointer in pointers]
        schema: Json = written[0] if len(written) == 1 else {"allOf": written} if written else True
        if not definitions:
            return schema
        if not isinstance(schema, dict):
            return schema
        return {**schema, "$defs": definitions}

    def _at(self, pointer: str, definitions: dict[str, Json]) -> Json:
        schema = at(self._value, pointer)
        if not isinstance(schema, dict):
            return schema
        hidden = self._hidden(pointer)
        out: dict[str, Any] = {}
        for key, inner in schema.items():
            if key == "required":
                out[key] = [name for name in inner if name not in hidden]
            elif key in _KEPT:
                out[key] = inner
            elif key in _ONE:
                out[key] = self._at(f"{pointer}/{key}", definitions)
            elif key in _LIST:
                out[key] = [self._at(f"{pointer}/{key}/{index}", definitions) for index in range(len(inner))]
            elif key in _MAP:
                out[key] = self._map(f"{pointer}/{key}", inner, hidden if key == "properties" else set(), definitions)
        return self._finished(schema, out, definitions)

    def _map(self, pointer: str, inner: dict[str, Json], hidden: set[str], definitions: dict[str, Json]) -> Json:
        return {name: True if name in hidden else self._at(f"{pointer}/{escaped(name)}", definitions) for name in inner}

    def _finished(self, schema: dict[str, Any], out: dict[str, Any], definitions: dict[str, Json]) -> Json:
        """With the references and the ranges of number formats among what applies."""
        more: list[Json] = []
        if "$ref" in schema:
            more.append(self._referred(schema["$ref"].removeprefix("#"), definitions))
        if (rule := of_format(schema.get("format"))) is not None:
            del out["format"]
            more += [rule] if rule else []
        if not more:
            return out
        if len(more) == 1 and not out:
            return more[0]
        return {**out, "allOf": [*out.get("allOf", ()), *more]}

    def _referred(self, target: str, definitions: dict[str, Json]) -> Json:
        if not self._leads_to_itself(target):
            if target not in self._written:
                own: dict[str, Json] = {}
                self._written[target] = (self._at(target, own), own)
            schema, own = self._written[target]
            definitions.update(own)
            return schema
        name = target.replace("~", "~0").replace("/", ".")
        if name not in definitions:
            definitions[name] = True  # said before it is written out, which comes back here
            definitions[name] = self._at(target, definitions)
        return {"$ref": f"#/$defs/{name.replace('~', '~0')}"}

    def _leads_to_itself(self, target: str) -> bool:
        if target not in self._recursive:
            seen: set[str] = set()
            waiting = list(self._led(target))
            while waiting:
                step = waiting.pop()
                if step not in seen:
                    seen.add(step)
                    waiting += self._led(step)
            # A reference into a schema from within it is as recursive as one to the schema itself.
            self._recursive[target] = any(step == target or target.startswith(f"{step}/") for step in seen)
        return self._recursive[target]

    def _led(self, pointer: str) -> set[str]:
        if pointer not in self._leads:
            self._leads[pointer] = _targets(at(self._value, pointer))
        return self._leads[pointer]

    def _hidden(self, pointer: str) -> set[str]:
        """The required fields that no message of this direction holds."""
        names = list(at(self._value, pointer).get("properties", {}))
        names += at(self._value, pointer).get("required", ())
        shape = self._reader.shape((pointer,))
        return {name for name in names if name not in shape.fields and _spoken(shape.parts, name)}

    def closed(self, pointers: Pointers, depth: int = 0, seen: frozenset[Pointers] = frozenset()) -> Json:
        """Nothing but the fields that the schemas name: what a sender that keeps to its contract sends."""
        if depth > _DEEPEST or pointers in seen:
            return True
        seen |= {pointers}
        out: dict[str, Any] = {}
        fields = self._reader.declared(pointers)
        if fields:
            out["properties"] = {name: self.closed(places, depth + 1, seen) for name, places in fields.items()}
        parts = self._reader.spread(pointers)
        if not any(_names_others(part.schema) for part in parts) and any(_is_object(part.schema) for part in parts):
            out["additionalProperties"] = False
        if items := self._reader.items(pointers):
            out["items"] = self.closed(items, depth + 1, seen)
        return out or True


def _spoken(parts: Any, name: str) -> bool:
    return any(name in part.schema.get("properties", {}) for part in parts)


def _names_others(schema: dict[str, Any]) -> bool:
    """Whether a schema speaks of fields that it does not name: a map."""
    others = (schema.get("additionalProperties", True), schema.get("unevaluatedProperties", True))
    return bool(schema.get("patternProperties")) or any(rule not in (True, False) for rule in others)


def _is_object(schema: dict[str, Any]) -> bool:
    return "properties" in schema


def _targets(schema: Json) -> set[str]:
    """Where the references anywhere in a schema lead."""
    if not isinstance(schema, dict):
        return set()
    found = {schema["$ref"].removeprefix("#")} if "$ref" in schema else set[str]()
    for key, (form, _) in PARTS["schema"].items():
        inner = schema.get(key, {} if form == "map" else [])
        inside = [inner] if form == "one" else inner.values() if isinstance(inner, dict) else inner
        found = found.union(*[_targets(it) for it in inside])
    return found
