"""A schema as self-contained JSON Schema: with its references, without our keys and annotations."""

from __future__ import annotations

from typing import Any

from pixpact.contracts.diff.read.applied_schemas import Pointers, ShapeReader
from pixpact.contracts.diff.regex.ecma import canonical
from pixpact.specs.openapi.document import Json, at, escaped

_KEPT_WORDS = """
type enum const minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern
minItems maxItems uniqueItems minContains maxContains minProperties maxProperties required
dependentRequired format
"""
_KEPT = frozenset(_KEPT_WORDS.split())
FLAT = tuple(word for word in _KEPT_WORDS.split() if word not in ("type", "required", "minContains", "maxContains"))
"""Keywords that do not look into a value, except for its type and required names."""
_ONE_WORDS = """
items additionalProperties contains propertyNames not if then else unevaluatedItems unevaluatedProperties
"""
_ONE = frozenset(_ONE_WORDS.split())
_LIST = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
_MAP = frozenset(("properties", "patternProperties", "dependentSchemas"))
# OpenAPI's own formats that limit a number (Format Registry of the OpenAPI Initiative). Those as wide as a number of 64
# bits limit nothing that anybody sends.
RANGES: dict[str, tuple[int, int]] = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32)},
}
UNLIMITED = frozenset(("int64", "double-int", "float", "double"))
# And those of texts: `byte` as RFC 4648 codes octets; the others take any text.
TEXTS = {
    "byte": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    "base64url": "^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2,3}|[A-Za-z0-9_-]{2}==|[A-Za-z0-9_-]{3}=)?$",
    **dict.fromkeys(("binary", "password", "commonmark", "html"), ""),
}
_MOST_WRITTEN_OUT = 60
"""The size of schemas up to which a reference is written out in place."""


def of_format(name: Json) -> dict[str, Json] | None:
    """The plain JSON Schema of a format that OpenAPI defines; None for any other format."""
    if not isinstance(name, str):
        return None
    if name in UNLIMITED:
        return {}
    if name == "uint64":
        return {"minimum": 0}
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
        self._contents = reader.side.contents
        self._made: dict[Pointers, Json] = {}
        self._written: dict[str, tuple[Json, dict[str, Json]]] = {}
        """What each reference stands for once it is written out, and the definitions that this needs."""

    def of(self, pointers: Pointers) -> Json:
        """One schema that combines all of these; true for none."""
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
            elif key == "pattern":
                out[key] = canonical(inner)
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
        write = canonical if pointer.endswith("/patternProperties") else str
        return {
            write(name): True if name in hidden else self._at(f"{pointer}/{escaped(name)}", definitions)
            for name in inner
        }

    def _finished(self, schema: dict[str, Any], out: dict[str, Any], definitions: dict[str, Json]) -> Json:
        """The schema with its references and the ranges of its number formats."""
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

    def flat(self, pointer: str) -> dict[str, Json]:
        """The rules of one schema that do not look into the value, without those it refers to."""
        schema = at(self._value, pointer)
        written = {key: canonical(schema[key]) if key == "pattern" else schema[key] for key in FLAT if key in schema}
        return dict(self._finished({"format": schema.get("format")}, written, {}))

    def piece(self, pointer: str, definitions: dict[str, Json]) -> Json:
        """One schema that refers only to `definitions`, to which what it needs is added."""
        return self._at(pointer, definitions)

    def _referred(self, target: str, definitions: dict[str, Json]) -> Json:
        if self._contents.size(target) <= _MOST_WRITTEN_OUT:
            if target not in self._written:
                own: dict[str, Json] = {}
                self._written[target] = (self._at(target, own), own)
            schema, own = self._written[target]
            definitions.update(own)
            return schema
        # Named after what it says, so that the same name never stands for two things.
        name = f"{target.rpartition('/')[2]}.{self._contents.digest(target)[:12]}".replace("~", "-")
        if name not in definitions:
            definitions[name] = True  # said before it is written out, which comes back here
            definitions[name] = self._at(target, definitions)
        return {"$ref": f"#/$defs/{name}"}

    def _hidden(self, pointer: str) -> set[str]:
        """The required fields that no message of this direction contains."""
        names = list(at(self._value, pointer).get("properties", {}))
        names += at(self._value, pointer).get("required", ())
        shape = self._reader.shape((pointer,))
        return {name for name in names if name not in shape.fields and _spoken(shape.parts, name)}


def _spoken(parts: Any, name: str) -> bool:
    return any(name in part.schema.get("properties", {}) for part in parts)


def standing_alone(schema: Json) -> Json:
    """A schema made of self-contained ones, with all their definitions at its root, where references expect them."""
    definitions: dict[str, Json] = {}
    rest = _taken_out(schema, definitions)
    return {**rest, "$defs": definitions} if definitions else schema


def _taken_out(schema: Json, definitions: dict[str, Json], names: bool = False) -> Json:
    if isinstance(schema, list):
        return [_taken_out(inner, definitions) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    if not names and "$defs" in schema:
        definitions.update(schema["$defs"])
    return {
        key: inner if not names and key in _KEPT else _taken_out(inner, definitions, not names and key in _MAP)
        for key, inner in schema.items()
        if names or key != "$defs"
    }


def weight(schema: Json, most: int) -> int:
    """The number of objects in a self-contained schema with its references written out, counted up to a bound."""
    definitions = schema.get("$defs", {}) if isinstance(schema, dict) else {}
    count, waiting = 0, [schema]
    while waiting and count <= most:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            count += 1
            waiting += [inner for key, inner in here.items() if key != "$defs"]
            name = str(here.get("$ref", "")).removeprefix("#/$defs/")
            waiting += [definitions[name]] if name in definitions else []
    return count
