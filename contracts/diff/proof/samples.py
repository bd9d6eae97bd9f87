"""Values worth trying for a schema: those it names, its bounds, one step past them, one of each type. None is random.

They are candidates only: a validator decides whether a side takes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import combinations, islice
from typing import Any

from pixpact.contracts.diff.compare.values import listed, types_of
from pixpact.contracts.diff.proof import images
from pixpact.contracts.diff.read.applied_schemas import AppliedSchemas, Pointers, SchemaPart, ShapeReader
from pixpact.contracts.diff.read.standalone_schema import RANGES, StandaloneWriter
from pixpact.contracts.diff.regex import samples as regex_samples
from pixpact.specs.openapi.containment import StandaloneSchema
from pixpact.specs.openapi.document import Json, escaped
from pixpact.wire.json_values import is_integer, is_number

_DEEPEST, _NEVER, _MOST_FIRST = 6, 10**6, 60
_MOST_JUDGES = 50
"""How many compiled schemas are kept: each contains everything that it refers to."""
_PLAIN = frozenset(
    ("type", "properties", "items", "required", "title", "description", "default", "deprecated", "readOnly")
)
"""Keywords that every value made for them meets."""
_MOST_TOGETHER = 4
_MOST_CHARACTERS, _MOST_ITEMS = 200_000, 1000
_OF_TYPE: dict[str, list[Json]] = {
    "string": ["a", "other", "", "https://example.com/a.png"],
    "integer": [1, 0, 2, -1],
    "number": [0.5, 1, 0, -1.5],
    "boolean": [True, False],
    "null": [None],
    "array": [[], ["a"]],
    "object": [{}, {"other": "a"}],
}
_OF_FORMAT: dict[str, list[Json]] = {
    "date-time": ["2026-01-31T12:00:00Z"],
    "date": ["2026-01-31"],
    "time": ["12:00:00Z"],
    "duration": ["P1D"],
    "email": ["a@example.com"],
    "hostname": ["example.com"],
    "ipv4": ["192.0.2.1"],
    "ipv6": ["2001:db8::1"],
    "uri": ["https://example.com/a"],
    "uri-reference": ["/a", "https://example.com/a"],
    "uuid": ["123e4567-e89b-12d3-a456-426614174000"],
    "json-pointer": ["/a"],
    "relative-json-pointer": ["1/a"],
    "regex": ["^a$"],
    "idn-email": ["b\u00fc@example.com", "a@example.com"],
    "idn-hostname": ["b\u00fccher.example", "example.com"],
    "iri": ["https://example.com/\u00fc", "https://example.com/a"],
    "iri-reference": ["/\u00fc", "/a"],
    "uri-template": ["/{a}"],
    "byte": ["YQ==", ""],
    "base64url": ["_w"],
    **{name: [low, high, low - 1, high + 1] for name, (low, high) in RANGES.items()},
    **{name: [1.5] for name in ("float", "double")},
    "uint64": [1, -1],
}
_OF_LISTS = frozenset(("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems", "unevaluatedItems"))


def unlike(values: Iterable[Json]) -> list[Json]:
    """The values without those that are the same as JSON."""
    return list({json.dumps(value, sort_keys=True): value for value in values}.values())


class SchemaSamples:
    """Makes values for the schemas of one reader."""

    def __init__(self, reader: ShapeReader, plain: StandaloneWriter) -> None:
        self._reader, self._plain = reader, plain
        self._ones: dict[Pointers, Json] = {}
        self._open: dict[Pointers, int] = {}
        self._led_back = _NEVER
        self._judges: dict[Pointers, StandaloneSchema] = {}

    def takes(self, pointers: Pointers, value: Json) -> bool:
        """Whether the schemas take a value."""
        if pointers not in self._judges:
            while len(self._judges) >= _MOST_JUDGES:
                del self._judges[next(iter(self._judges))]
            self._judges[pointers] = StandaloneSchema(self._plain.of(pointers))
        return bool(self._judges[pointers].holds(value))

    def some(self, pointers: Pointers, most: int) -> list[Json]:
        """Small values that the schemas take, into which other values can be put."""
        tried = unlike(islice((self.one(pointers), *self._tried(pointers, 0)), _MOST_FIRST))
        return [value for value in tried if self.takes(pointers, value)][:most]

    def one(self, pointers: Pointers, depth: int = 0) -> Json:
        """A small value that the schemas take if one is easily found; else any."""
        if pointers in self._ones:
            return self._ones[pointers]
        if pointers in self._open:
            self._led_back = min(self._led_back, self._open[pointers])
            return None
        level = self._open[pointers] = len(self._open)
        outer, self._led_back = self._led_back, _NEVER
        made = self._first(pointers, depth)
        del self._open[pointers]
        if self._led_back >= level:  # complete: no recursion cut it short
            self._ones[pointers] = made
        self._led_back = min(outer, self._led_back if self._led_back < level else _NEVER)
        return made

    def _first(self, pointers: Pointers, depth: int) -> Json:
        """The first candidate that is taken; the first of all if none is."""
        tried = self._tried(pointers, depth)
        first = next(tried, "a")
        if self._plainly(pointers) or self.takes(pointers, first):
            return first
        return next((value for value in islice(tried, _MOST_FIRST) if self.takes(pointers, value)), first)

    def _plainly(self, pointers: Pointers) -> bool:
        """Whether every value made for the schemas is taken, so that no validator has to be asked."""
        shape = self._reader.shape(pointers)
        return not shape.families and all(_PLAIN.issuperset(part.schema) for part in shape.parts)

    def _tried(self, pointers: Pointers, depth: int) -> Iterator[Json]:
        """Small candidates, the most promising first."""
        shape = self._reader.shape(pointers)
        kinds = types_of(shape)
        chosen = list(self._chosen(shape.parts))
        objects = bool(shape.fields or shape.required)
        if shape.families and not _first_object(chosen):
            yield from self._of_families(shape, objects, depth)
        yield from (value for value in chosen if not (objects and isinstance(value, dict)))
        if objects or (kinds and "object" in kinds):
            yield self._object(pointers, depth)
            yield from (value for value in chosen if isinstance(value, dict))
            yield self._full(pointers, depth)
        if (kinds and "array" in kinds) or any("items" in part.schema for part in shape.parts):
            yield self._list(pointers, depth)
        yield from self._edges(shape.parts, kinds)

    def _of_families(self, shape: AppliedSchemas, objects: bool, depth: int) -> Iterator[Json]:
        """A value of each alternative, with the fields that the schemas around it require."""
        around = self._object(shape.pointers, depth) if objects else {}
        for branch in (branch for family in shape.families for branch in family.branches):
            inner = self.one(branch, depth + 1)
            if not isinstance(inner, dict):
                yield inner
                continue
            # What an alternative requires may be declared beside it only.
            beside = shape.fields.keys() & inner.keys() - self._reader.declared(branch).keys()
            inner = inner | {name: self.one(shape.fields[name], depth + 1) for name in sorted(beside)}
            yield {**around, **inner} if objects else inner
            # An optional field may be all that distinguishes it from the others.
            yield from ({**around, **inner, **more} for more in self._optional(branch, depth))

    def _optional(self, pointers: Pointers, depth: int) -> Iterator[dict[str, Json]]:
        """The optional fields: first those that list their values, then all."""
        shape = self._reader.shape(pointers)
        free = {name: schemas for name, schemas in shape.fields.items() if name not in shape.required}
        telling = [name for name, schemas in free.items() if listed(self._reader.shape(schemas)) is not None]
        for names in (telling, list(free)):
            if names:
                yield {name: self.one(free[name], depth + 1) for name in names}

    def _object(self, pointers: Pointers, depth: int) -> dict[str, Json]:
        shape = self._reader.shape(pointers)
        needed = {name: shape.fields.get(name) or self._reader.field(shape, name)[0] for name in shape.required}
        made = {name: self.one(schemas, depth + 1) for name, schemas in needed.items()}
        least = max((part.schema["minProperties"] for part in shape.having("minProperties")), default=0)
        for name in list(shape.fields)[: max(0, least - len(made))]:
            made.setdefault(name, self.one(shape.fields[name], depth + 1))
        return made | {f"other{index}": "a" for index in range(min(_MOST_ITEMS, least) - len(made))}

    def _full(self, pointers: Pointers, depth: int) -> dict[str, Json]:
        """An object with every field, so that no field lacks another that it requires."""
        shape = self._reader.shape(pointers)
        asked = [part.schema["dependentRequired"].values() for part in shape.having("dependentRequired")]
        fields = dict.fromkeys((name for rules in asked for names in rules for name in names), ()) | shape.fields
        return self._object(pointers, depth) | {name: self.one(schemas, depth + 1) for name, schemas in fields.items()}

    def _list(self, pointers: Pointers, depth: int) -> list[Json]:
        shape = self._reader.shape(pointers)
        least = max((part.schema["minItems"] for part in shape.having("minItems")), default=0)
        made = [self.one((f"{part.pointer}/contains",), depth + 1) for part in shape.having("contains")]
        return made + self.items(pointers, max(0, min(least, _MOST_ITEMS) - len(made)), depth)

    def items(self, pointers: Pointers, count: int, depth: int = 0) -> list[Json]:
        """`count` items of a list, different from each other where that is easy."""
        schemas = self._reader.items(pointers)
        words = list(self._listed(self._reader.spread(schemas)))
        first = self.one(schemas, depth + 1)
        return [words[index % len(words)] if words else self._unlike(schemas, first, index) for index in range(count)]

    def _unlike(self, schemas: Pointers, first: Json, index: int) -> Json:
        """The same value, a little different each time, as long as it is still taken."""
        tried = [_numbered(first, index), *([str(index), f"{index}{first}"] if isinstance(first, str) else [])]
        if isinstance(first, dict):
            tried = [{**first, name: _numbered(inner, index)} for name, inner in first.items()] or [first]
        return next((value for value in tried if not schemas or self.takes(schemas, value)), first)

    def _listed(self, parts: tuple[SchemaPart, ...]) -> Iterator[Json]:
        return (value for part in parts for value in part.schema.get("enum", ()))

    def several(self, pointers: Pointers, depth: int = 0) -> list[Json]:
        """Values worth trying, the usual ones first: named values, bounds, one of each type."""
        parts = self._reader.spread(pointers)
        kinds = self._kinds(parts)
        values = [*self._chosen(parts), self.one(pointers, depth), *self._edges(parts, kinds)]
        if depth < _DEEPEST:
            values += self.alternatives(pointers, depth)
            values += self._lists(pointers, parts, depth)
            values += self._objects(pointers, parts, depth)
            for part in parts:
                if "not" in part.schema:
                    values += self.several((f"{part.pointer}/not",), depth + 1)[:4]
        values += [value for kind in _OF_TYPE for value in _OF_TYPE[kind][:1]]
        return unlike(values)

    def _kinds(self, parts: tuple[SchemaPart, ...]) -> frozenset[str] | None:
        kinds: set[str] = set()
        for part in parts:
            written = part.schema.get("type", ())
            kinds.update([written] if isinstance(written, str) else written)
        return frozenset(kinds) or None

    def _chosen(self, parts: tuple[SchemaPart, ...]) -> Iterator[Json]:
        """The values that the schema itself names."""
        for part in parts:
            schema = part.schema
            if "const" in schema:
                yield schema["const"]
            yield from schema.get("enum", ())
            if isinstance(schema.get("examples"), list):
                yield from schema["examples"]
            yield from [schema[key] for key in ("example", "default") if key in schema]

    def _edges(self, parts: tuple[SchemaPart, ...], kinds: frozenset[str] | None) -> Iterator[Json]:
        for part in parts:
            yield from _texts(part.schema)
            yield from _numbers(part.schema)
            yield from images.sizes_of(part.schema)
        for kind in kinds or ():
            yield from _OF_TYPE[kind]

    def alternatives(self, pointers: Pointers, depth: int = 0) -> Iterator[Json]:
        """A value of each alternative, with the required fields around it, and objects that match two at once."""
        shape = self._reader.shape(pointers)
        yield from self._of_families(shape, bool(shape.fields or shape.required), depth)
        for family in shape.families:
            made = [self.one(branch, depth + 1) for branch in family.branches[:_MOST_TOGETHER]]
            objects = [value for value in made if isinstance(value, dict)]
            yield from ({**first, **second} for first, second in combinations(objects, 2))

    def _lists(self, pointers: Pointers, parts: tuple[SchemaPart, ...], depth: int) -> Iterator[Json]:
        counts = [
            count
            for part in parts
            for keyword, steps in (("minItems", (0, -1)), ("maxItems", (0, 1)))
            if keyword in part.schema
            for count in (part.schema[keyword] + step for step in steps)
        ]
        if any(not _OF_LISTS.isdisjoint(part.schema) for part in parts):
            for count in dict.fromkeys((*counts, 1, 2)):
                if 0 <= count <= _MOST_ITEMS:
                    yield self.items(pointers, count, depth)
            yield self.items(pointers, 1, depth) * 2
        for part in parts:
            if "contains" in part.schema:
                yield from self._containing(part, depth)
            if prefix := part.schema.get("prefixItems"):
                positions = [f"{part.pointer}/prefixItems/{index}" for index in range(len(prefix))]
                first = [self.one((position,), depth + 1) for position in positions]
                rest = self.several(self._reader.items(pointers), depth + 1)[:6]
                yield from (first, *([*first, item] for item in (*rest, "a", 1)))

    def _containing(self, part: SchemaPart, depth: int) -> Iterator[Json]:
        """Lists with as many matching items as `contains` allows and one more or less, alone and beside other items."""
        inner = self.several((f"{part.pointer}/contains",), depth + 1)[:6]
        yield from ([item] for item in inner)
        counts = [part.schema.get(keyword) for keyword in ("minContains", "maxContains")]
        for count in dict.fromkeys(
            (2, *(limit + step for limit in counts if limit is not None for step in (-1, 0, 1)))
        ):
            if 0 <= count <= _MOST_ITEMS:
                yield [inner[0]] * count
        yield from ([inner[0], stranger] for stranger in ("a", 1, None))

    def _objects(self, pointers: Pointers, parts: tuple[SchemaPart, ...], depth: int) -> Iterator[Json]:
        """Objects that meet and miss conditions, with more or fewer fields, with all kinds of field names."""
        made = self._object(pointers, depth)
        yield self._full(pointers, depth)
        for part in parts:
            yield from self._conditional(made, part, depth)
            for pattern in part.schema.get("patternProperties", ()):
                schema = f"{part.pointer}/patternProperties/{escaped(pattern)}"
                values = [*self.several((schema,), depth + 1)[:4], "a", 1]
                for name in regex_samples.samples(pattern)[:2]:
                    yield from ({**made, name: value} for value in values)
        yield from self._maps(pointers, parts, made, depth)

    def _maps(
        self, pointers: Pointers, parts: tuple[SchemaPart, ...], made: dict[str, Json], depth: int
    ) -> Iterator[Json]:
        keywords = ("additionalProperties", "unevaluatedProperties")
        rests = [
            f"{part.pointer}/{key}" for part in parts for key in keywords if isinstance(part.schema.get(key), dict)
        ]
        limits = [
            part.schema[key] for part in parts for key in ("minProperties", "maxProperties") if key in part.schema
        ]
        free = any(part.schema.get("additionalProperties") is True for part in parts) or not (
            rests or any("properties" in part.schema for part in parts)
        )
        if not rests and not limits and not (free and "object" in (self._kinds(parts) or ())):
            return
        names = [
            f"{part.pointer}/propertyNames" for part in parts if isinstance(part.schema.get("propertyNames"), dict)
        ]
        words = [word for schema in names for word in self.several((schema,), depth + 1)[:12] if isinstance(word, str)]
        values = self.several((rests[0],), depth + 1)[:4] if rests else ["a"]
        yield from ({**made, name: values[0]} for name in words)
        declared = {name: self.one(schemas, depth + 1) for name, schemas in self._reader.declared(pointers).items()}
        for count in dict.fromkeys((1, *(limit + step for limit in limits for step in (-1, 0, 1)))):
            if 0 <= count - len(made) <= _MOST_ITEMS:
                named = [name for name in declared if name not in made]
                yield {**made, **{name: declared[name] for name in named[: count - len(made)]}}
                free_names = [*words, *(f"other{index}" for index in range(count))][: count - len(made)]
                yield from ({**made, **dict.fromkeys(free_names, value)} for value in values)

    def _conditional(self, made: dict[str, Json], part: SchemaPart, depth: int) -> Iterator[Json]:
        """Objects that meet the conditions of a part and that do not, with different values for the consequences."""
        if "if" in part.schema:
            inner = self._reader.declared((f"{part.pointer}/if",))
            consequences = [f"{part.pointer}/{keyword}" for keyword in ("then", "else") if keyword in part.schema]
            asked = [(name, value) for name in inner for value in self.several(inner[name], depth + 1)[:4]]
            whole = self.one((f"{part.pointer}/if",), depth + 1)
            met = [{**made, **whole}] if isinstance(whole, dict) else []
            for base in (*met, made, *({**made, name: value} for name, value in asked)):
                yield from self._following(base, consequences, depth)
        for name, wanted in part.schema.get("dependentRequired", {}).items():
            declared = self._reader.declared((part.pointer,))
            yield {**made, **{key: self.one(declared.get(key, ()), depth + 1) for key in (name, *wanted)}}
        for name in part.schema.get("dependentSchemas", ()):
            base = {**made, name: self.one(self._reader.declared((part.pointer,)).get(name, ()), depth + 1)}
            yield from self._following(base, [f"{part.pointer}/dependentSchemas/{escaped(name)}"], depth)

    def _following(self, base: dict[str, Json], consequences: list[str], depth: int) -> Iterator[Json]:
        yield base
        for consequence in consequences:
            wanted = self.one((consequence,), depth + 1)
            if isinstance(wanted, dict):
                yield {**base, **wanted}
            for name, inner in self._reader.declared((consequence,)).items():
                yield from ({**base, name: value} for value in self.several(inner, depth + 1)[:8])


def _first_object(chosen: list[Json]) -> bool:
    return bool(chosen) and isinstance(chosen[0], dict)


def _numbered(value: Json, index: int) -> Json:
    """The same value, a little different each time, so that a list need not repeat itself."""
    if isinstance(value, str):
        return f"{value}{index}" if index else value
    if is_number(value):
        return value + index
    return value


def _texts(schema: dict[str, Any]) -> Iterator[Json]:
    low, high = schema.get("minLength"), schema.get("maxLength")
    for length in (low, low and low - 1, high, high is not None and high + 1):
        if is_integer(length) and 0 <= length <= _MOST_CHARACTERS:
            yield "a" * length
    if "pattern" in schema:
        yield from regex_samples.near(schema["pattern"])
        for sample in regex_samples.samples(schema["pattern"])[:2]:
            if isinstance(low, int) and len(sample) < low <= _MOST_CHARACTERS:
                yield sample + sample[-1:] * (low - len(sample))
    yield from _OF_FORMAT.get(schema.get("format", ""), ())


def _numbers(schema: dict[str, Any]) -> Iterator[Json]:
    step = schema.get("multipleOf", 1)
    whole = schema.get("type") != "number"
    for keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        if isinstance(limit := schema.get(keyword), (int, float)):
            steps = (
                [limit, limit - step, limit + step]
                if whole
                else [limit, limit - step, limit + step, limit - 0.5, limit + 0.5]
            )
            yield from steps
    if "multipleOf" in schema:
        yield from (step, step * 2, step * 3, step * 4, 1, 2, 3, 5, step / 2 if step % 2 else step // 2)
    for limit in schema.get("x-clamp", {}).values():
        yield from (limit, limit + 1, limit - 1)
