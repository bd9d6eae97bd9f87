"""Keywords that limit single values: types, lists of values, bounds, patterns, formats; one function each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pixpact.contracts.diff.compare.differences import ContractDifference, StatedAt, change_of
from pixpact.contracts.diff.compare.schema_pair import SchemaPair, whole
from pixpact.contracts.diff.read.applied_schemas import AppliedSchemas, SchemaPart
from pixpact.contracts.diff.read.standalone_schema import of_format
from pixpact.specs.openapi.document import Json
from pixpact.wire.json_values import same_json


def types_of(shape: AppliedSchemas) -> frozenset[str] | None:
    """The JSON types that a value may have; None for any."""
    types: frozenset[str] | None = None
    for part in shape.having("type"):
        written = part.schema["type"]
        kinds = frozenset([written] if isinstance(written, str) else written)
        kinds |= frozenset(("integer",)) if "number" in kinds else frozenset[str]()
        kinds |= frozenset(("null",)) if part.nullable else frozenset[str]()
        types = kinds if types is None else types & kinds
    return types


def _spot(shape: AppliedSchemas, keyword: str, value: Json) -> StatedAt | None:
    pointer = next((part.pointer for part in shape.having(keyword)), None)
    return StatedAt(f"{pointer}/{keyword}", value) if pointer is not None else whole(shape, value)


def _reported(kinds: frozenset[str] | None) -> list[str] | None:
    if kinds is None:
        return None
    return sorted(kinds - {"integer"} if "number" in kinds else kinds)


def types(pair: SchemaPair) -> Iterator[ContractDifference]:
    """The types, and apart from them whether null is allowed."""
    old, new = types_of(pair.before), types_of(pair.after)
    if old == new:
        return
    if old is not None and new is not None and ("null" in old) != ("null" in new):
        yield _nullness(pair, "null" in new, old, new)
        old, new = old - {"null"}, new - {"null"}
        if old == new:
            return
    wider = old is not None and (new is None or old < new)
    narrower = new is not None and (old is None or new < old)
    yield pair.says(
        "type",
        "widened" if wider else "narrowed" if narrower else "changed",
        _spot(pair.before, "type", _reported(old)),
        _spot(pair.after, "type", _reported(new)),
        local=(_typed(old), _typed(new)),
    )


def _typed(kinds: frozenset[str] | None) -> Json:
    return True if kinds is None else {"type": _reported(kinds)} if kinds else False


def _nullness(pair: SchemaPair, allowed: bool, old: frozenset[str], new: frozenset[str]) -> ContractDifference:
    # Compared over what else the value may be, so that this says nothing of other types.
    remaining = (old | new) - {"null"}
    local = (_typed(remaining | (old & {"null"})), _typed(remaining | (new & {"null"})))
    before, after = _null_spot(pair.before), _null_spot(pair.after)
    keywords = frozenset(("type", "anyOf", "oneOf"))
    return pair.says("null", "added" if allowed else "removed", before, after, local=local, keywords=keywords)


def _null_spot(shape: AppliedSchemas) -> StatedAt | None:
    for part in shape.having("type"):
        written = part.schema["type"]
        if isinstance(written, list) and "null" in written:
            return StatedAt(f"{part.pointer}/type/{written.index('null')}", True)
    return _spot(shape, "type", False)


@dataclass(frozen=True, slots=True)
class ListedValues:
    """The values that a shape lists, each with its place."""

    values: tuple[Json, ...]
    places: tuple[str, ...]
    pointer: str

    def spot(self, values: list[Json]) -> StatedAt:
        """Where the first of these stands."""
        for value, pointer in zip(self.values, self.places, strict=True):
            if any(same_json(value, wanted) for wanted in values):
                return StatedAt(pointer, values)
        return StatedAt(self.pointer, values)


def listed(shape: AppliedSchemas) -> ListedValues | None:
    """What `enum` and `const` leave; None where neither stands."""
    values: ListedValues | None = None
    for part in shape.parts:
        for keyword in ("const", "enum"):
            if keyword in part.schema:
                values = _narrowed(values, _listed_by(part, keyword))
    return values


def _listed_by(part: SchemaPart, keyword: str) -> ListedValues:
    """The values that one keyword lists, and null where the part says nothing of it."""
    pointer, value = f"{part.pointer}/{keyword}", part.schema[keyword]
    values: tuple[Json, ...] = (value,) if keyword == "const" else tuple(value)
    pointers = tuple(f"{pointer}/{index}" for index in range(len(values))) if keyword == "enum" else (pointer,)
    if part.nullable:
        values, pointers = (*values, None), (*pointers, part.pointer)
    return ListedValues(values, pointers, pointer)


def _narrowed(earlier: ListedValues | None, more: ListedValues) -> ListedValues:
    if earlier is None:
        return more
    pairs = [
        (value, pointer)
        for value, pointer in zip(more.values, more.places, strict=True)
        if any(same_json(value, earlier_value) for earlier_value in earlier.values)
    ]
    return ListedValues(tuple(value for value, _ in pairs), tuple(pointer for _, pointer in pairs), more.pointer)


def enums(pair: SchemaPair) -> Iterator[ContractDifference]:
    """The values listed: the list as a whole, or single values of it."""
    old, new = listed(pair.before), listed(pair.after)
    keywords = frozenset(("enum", "const"))
    if old is None and new is None:
        return
    if old is None or new is None:
        before = StatedAt(old.pointer, list(old.values)) if old else None
        after = StatedAt(new.pointer, list(new.values)) if new else None
        local = (_enum(old), _enum(new))
        yield pair.says("enum", "removed" if new is None else "added", before, after, local=local, keywords=keywords)
        return
    is_new, is_old = _among(new.values), _among(old.values)
    gone = [value for value in old.values if not is_new(value)]
    come = [value for value in new.values if not is_old(value)]
    kept = [value for value in old.values if is_new(value)]
    if gone:
        local = ({"enum": [*kept, *gone]}, {"enum": kept} if kept else False)
        after = StatedAt(new.pointer, list(new.values))
        yield pair.says("enum-value", "removed", old.spot(gone), after, local=local, keywords=keywords, detail=gone)
    if come:
        local = ({"enum": kept} if kept else False, {"enum": [*kept, *come]})
        before = StatedAt(old.pointer, list(old.values))
        yield pair.says("enum-value", "added", before, new.spot(come), local=local, keywords=keywords, detail=come)


def _among(values: Iterable[Json]) -> Callable[[Json], bool]:
    """Whether a value is one of these, in JSON's words; a thousand texts are not gone through for each."""
    texts = {value for value in values if isinstance(value, str)}
    remaining = [value for value in values if not isinstance(value, str)]
    return lambda value: (
        value in texts if isinstance(value, str) else any(same_json(value, candidate) for candidate in remaining)
    )


def _enum(listing: ListedValues | None) -> Json:
    return True if listing is None else {"enum": list(listing.values)} if listing.values else False


Limit = tuple[Any, bool]
"""A bound, and whether the bound itself is allowed."""

_BOUNDS: tuple[tuple[str, str, bool], ...] = (
    ("minimum", "exclusiveMinimum", False),
    ("maximum", "exclusiveMaximum", True),
    ("minLength", "", False),
    ("maxLength", "", True),
    ("minItems", "", False),
    ("maxItems", "", True),
    ("minProperties", "", False),
    ("maxProperties", "", True),
)
"""Keyword, the same without the bound itself, whether it is an upper one."""


def bound(shape: AppliedSchemas, keyword: str, exclusive: str, upper: bool) -> StatedAt | None:
    """The bound that decides: the least of several upper ones. Its value is a `Limit`."""
    bounds: list[tuple[Limit, str]] = []
    for word, allowed in ((keyword, True), (exclusive, False)):
        bounds += [((part.schema[word], allowed), f"{part.pointer}/{word}") for part in shape.having(word) if word]
    if not bounds:
        return None
    limit, pointer = (min if upper else max)(bounds, key=lambda entry: (entry[0][0], entry[0][1] == upper))
    return StatedAt(pointer, limit)


def bounds(pair: SchemaPair) -> Iterator[ContractDifference]:
    """Every bound that is raised, lowered, new or gone."""
    for keyword, exclusive, upper in _BOUNDS:
        old = bound(pair.before, keyword, exclusive, upper)
        new = bound(pair.after, keyword, exclusive, upper)
        if (old.value if old else None) == (new.value if new else None):
            continue
        facts = {
            "local": (_bounded(old, keyword, exclusive), _bounded(new, keyword, exclusive)),
            "keywords": frozenset((keyword, exclusive)),
        }
        if old is None or new is None:
            yield pair.says(keyword, change_of(old, new), old, new, **facts)
        else:
            looser = _height(new.value, upper) > _height(old.value, upper)
            yield pair.says(keyword, "raised" if looser else "lowered", old, new, **facts)


def _height(limit: Limit, upper: bool) -> tuple[Any, bool]:
    return limit[0], limit[1] == upper


def _bounded(spot: StatedAt | None, keyword: str, exclusive: str) -> Json:
    return True if spot is None else {keyword if spot.value[1] else exclusive: spot.value[0]}


def _texts(keyword: str) -> Callable[[SchemaPair], Iterator[ContractDifference]]:
    """Keywords of which every part adds one more condition: patterns, formats, multiples."""
    # A range or a pattern is how a format of OpenAPI's own is judged.
    keywords = frozenset((keyword, "minimum", "maximum", "pattern") if keyword == "format" else (keyword,))

    def compared(pair: SchemaPair) -> Iterator[ContractDifference]:
        old, new = _each(pair.before, keyword), _each(pair.after, keyword)
        gone = [spot for spot in old if not any(same_json(spot.value, candidate.value) for candidate in new)]
        come = [spot for spot in new if not any(same_json(spot.value, candidate.value) for candidate in old)]
        if len(gone) == len(come) == 1:
            local = (_alone(keyword, gone[0].value), _alone(keyword, come[0].value))
            yield pair.says(keyword, "changed", gone[0], come[0], local=local, keywords=keywords)
            return
        for spot in gone:
            local = (_alone(keyword, spot.value), True)
            yield pair.says(keyword, "removed", spot, None, local=local, keywords=keywords)
        for spot in come:
            local = (True, _alone(keyword, spot.value))
            yield pair.says(keyword, "added", None, spot, local=local, keywords=keywords)

    return compared


def _alone(keyword: str, value: Json) -> Json:
    rule = of_format(value) if keyword == "format" else None
    return {keyword: value} if rule is None else rule


def _each(shape: AppliedSchemas, keyword: str) -> list[StatedAt]:
    spots: list[StatedAt] = []
    for part in shape.having(keyword):
        if not any(same_json(part.schema[keyword], spot.value) for spot in spots):
            spots.append(StatedAt(f"{part.pointer}/{keyword}", part.schema[keyword]))
    return spots


def unique(pair: SchemaPair) -> Iterator[ContractDifference]:
    """Whether an item may stand twice."""
    old, new = (_true(shape, "uniqueItems") for shape in (pair.before, pair.after))
    if (old is None) != (new is None):
        local = (True if old is None else {"uniqueItems": True}, True if new is None else {"uniqueItems": True})
        before, after = old or whole(pair.before, False), new or whole(pair.after, False)
        yield pair.says("uniqueItems", "added" if old is None else "removed", before, after, local=local)


def _true(shape: AppliedSchemas, keyword: str) -> StatedAt | None:
    return next(
        (StatedAt(f"{part.pointer}/{keyword}", True) for part in shape.having(keyword) if part.schema[keyword] is True),
        None,
    )


VALUES: tuple[Callable[[SchemaPair], Iterator[ContractDifference]], ...] = (
    types,
    enums,
    bounds,
    _texts("multipleOf"),
    _texts("pattern"),
    _texts("format"),
    unique,
)
