"""Keywords about the fields of objects: which are declared, which are required, which others are allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pixpact.contracts.diff.compare.differences import OTHER, Action, ContractDifference, StatedAt
from pixpact.contracts.diff.compare.schema_pair import SchemaPair
from pixpact.contracts.diff.read.applied_schemas import AppliedSchemas, Pointers, ShapeReader
from pixpact.specs.openapi.document import Json, escaped


def fields(pair: SchemaPair) -> Iterator[ContractDifference]:
    """Fields that are new or gone, and what differs in the common ones."""
    walk = pair.walk
    old, new = _spoken(walk.before, pair.before), _spoken(walk.after, pair.after)
    for name in [*old, *(name for name in new if name not in old)]:
        if name in old and name in new:
            value_place = pair.place.below(name).inside(not counted(pair))
            yield from pair.deeper(old[name], new[name], value_place)
        elif name in pair.before.fields or name in pair.after.fields:
            yield _field(pair, name)


def _spoken(reader: ShapeReader, shape: AppliedSchemas) -> dict[str, Pointers]:
    """Every field that a side declares, or requires without declaring or refusing it."""
    required = {name: reader.field(shape, name) for name in shape.required if name not in shape.fields}
    return {**shape.fields, **{name: unsaid for name, (unsaid, allowed) in required.items() if allowed}}


def counted(pair: SchemaPair) -> bool:
    """Whether `unevaluated…` depends on the fields or items here: then no rule about them decides alone."""
    parts = (*pair.before.parts, *pair.after.parts)
    return pair.place.counted or any(not _LEFT.isdisjoint(part.schema) for part in parts)


_LEFT = frozenset(("unevaluatedProperties", "unevaluatedItems"))


def _field(pair: SchemaPair, name: str) -> ContractDifference:
    """One field that only one side declares."""
    added = name in pair.after.fields
    walk = pair.walk
    shape = pair.after if added else pair.before
    opposite_shape, other_reader = (pair.before, walk.before) if added else (pair.after, walk.after)
    required = name in shape.required
    unsaid, allowed = other_reader.field(opposite_shape, name)
    declared_plain = walk.plains[added].of(shape.fields[name])
    # A sender sends what its contract names; a receiver that names nothing takes anything, or nothing if it is closed.
    undeclared: Json = walk.plains[not added].of(unsaid) if allowed else False
    named = walk.sendings[not added].names(opposite_shape.pointers)
    sends_undeclared = (walk.site.direction == "request") == added
    if sends_undeclared and not unsaid and named is not None and name not in named and not pair.place.partial:
        undeclared = False
    here = _holding(name, declared_plain, required)
    elsewhere = _holding(name, undeclared, name in opposite_shape.required)
    subject = "required-field" if required else "optional-field"
    spot = StatedAt(shape.fields[name][0], name)
    return pair.says(
        subject,
        "added" if added else "removed",
        None if added else spot,
        spot if added else None,
        path=(*pair.place.path, name),
        # Where `unevaluated…` depends on the field, its rule alone decides nothing.
        local=None if counted(pair) else (elsewhere, here) if added else (here, elsewhere),
        monotone=pair.place.monotone and not counted(pair),
        keywords=_ANY if (pair.place.partial or named is None) and not counted(pair) else _OF_FIELDS,
        detail=None if named is not None else FREE,
    )


FREE = "free"
"""The detail of a field that the other side does not name because it names none: it allows any."""
_OF_FIELDS = frozenset(("required", "additionalProperties", "false", "unevaluatedProperties"))


def _holding(name: str, schema: Json, required: bool) -> Json:
    return {"properties": {name: schema}, **({"required": [name]} if required else {})}


def required(pair: SchemaPair) -> Iterator[ContractDifference]:
    """Fields that only one side requires, declared or not."""
    old, new = pair.before, pair.after
    for name in dict.fromkeys((*old.required, *new.required)):
        if (name in old.required) == (name in new.required):
            continue
        spoken = name in _spoken(pair.walk.before, old), name in _spoken(pair.walk.after, new)
        if not all(spoken) and (name in old.fields or name in new.fields):
            continue  # reported with the field
        added = name in new.required
        held = {"required": [name]}
        yield pair.says(
            "required",
            "added" if added else "removed",
            StatedAt(old.required[name]) if not added else _place_of(old, name),
            StatedAt(new.required[name]) if added else _place_of(new, name),
            path=(*pair.place.path, name),
            local=(True, held) if added else (held, True),
            keywords=frozenset(("required",)),
        )


def _place_of(shape: AppliedSchemas, name: str) -> StatedAt | None:
    return StatedAt(shape.fields[name][0]) if name in shape.fields else None


def others(pair: SchemaPair) -> Iterator[ContractDifference]:
    """`additionalProperties`: what undeclared fields may be."""
    old, new = (_rest(shape) for shape in (pair.before, pair.after))
    if not old and not new:
        return
    beyond = [_listed_elsewhere(shape) for shape in (pair.before, pair.after)]
    if len(old) == len(new) == 1 and _is_schema(old[0]) and _is_schema(new[0]) and beyond[0] == beyond[1]:
        yield from pair.deeper((old[0].pointer,), (new[0].pointer,), pair.place.below(OTHER).inside(not counted(pair)))
        return
    plain = [_rest_plain(pair, shape, index) for index, shape in enumerate((pair.before, pair.after))]
    kinds_of_sides = [sorted(str(_kind(spot)) for spot in spots) for spots in (old, new)]
    if kinds_of_sides[0] == kinds_of_sides[1] and plain[0] == plain[1]:
        return
    if kinds_of_sides[0] == kinds_of_sides[1] == ["closed"] and not any(beyond):
        return  # which fields are named is reported field by field
    closed = ["closed" in kinds for kinds in kinds_of_sides]
    action: Action = "changed"
    if not old or not new or closed[0] != closed[1]:
        action = "narrowed" if not old or (closed[1] and bool(new)) else "widened"
    yield pair.says(
        "other-fields",
        action,
        old[0] if old else None,
        new[0] if new else None,
        local=(plain[0], plain[1]),
        monotone=pair.place.monotone and not counted(pair),
        path=pair.place.path if any(beyond) else (*pair.place.path, OTHER),
        keywords=_ANY,
    )


def _listed_elsewhere(shape: AppliedSchemas) -> set[str]:
    """Fields that one part declares but the `additionalProperties` of another part covers."""
    judged = [part.schema for part in shape.having("additionalProperties") if part.schema["additionalProperties"] != {}]
    rules = [schema.get("properties", {}) for schema in judged if schema["additionalProperties"] is not True]
    return {name for name in shape.fields if any(name not in listed for listed in rules)}


def _rest(shape: AppliedSchemas) -> list[StatedAt]:
    return [
        StatedAt(f"{part.pointer}/additionalProperties", part.schema["additionalProperties"])
        for part in shape.having("additionalProperties")
        if part.schema["additionalProperties"] not in (True, {})
    ]


def _kind(spot: StatedAt) -> str:
    return "closed" if spot.value is False else "schema"


def _is_schema(spot: StatedAt) -> bool:
    return isinstance(spot.value, dict)


def _rest_plain(pair: SchemaPair, shape: AppliedSchemas, index: int) -> Json:
    """`additionalProperties` alone; the fields that either side declares are allowed."""
    names = {name: True for side in (pair.before, pair.after) for name in side.fields if name not in shape.fields}
    rules = [
        {
            "properties": {**names, **dict.fromkeys(part.schema.get("properties", {}), True)},
            "patternProperties": dict.fromkeys(part.schema.get("patternProperties", {}), True),
            "additionalProperties": pair.walk.plains[index].of((f"{part.pointer}/additionalProperties",)),
        }
        for part in shape.having("additionalProperties")
    ]
    return {"allOf": rules} if rules else True


def named(keyword: str, subject: str) -> Callable[[SchemaPair], Iterator[ContractDifference]]:
    """The comparison of a keyword that maps names to schemas: common names are compared further in."""

    def compared(pair: SchemaPair) -> Iterator[ContractDifference]:
        old, new = (_by_name(shape, keyword) for shape in (pair.before, pair.after))
        for name in dict.fromkeys((*old, *new)):
            if name in old and name in new:
                beside = pair.place.beside(counted(pair))
                value_place = beside if keyword == "dependentSchemas" else pair.place.below(f"/{name}/")
                yield from pair.deeper(old[name], new[name], value_place.inside(not counted(pair)))
                continue
            plain = pair.plain(old.get(name, ()), new.get(name, ()))
            alone = keyword == "dependentSchemas" or not (_rest(pair.before) or _rest(pair.after))
            yield pair.says(
                subject,
                "removed" if name in old else "added",
                StatedAt(old[name][0], name) if name in old else None,
                StatedAt(new[name][0], name) if name in new else None,
                local=({keyword: {name: plain[0]}}, {keyword: {name: plain[1]}}) if alone else None,
                monotone=pair.place.monotone and not counted(pair) and keyword == "dependentSchemas",
                keywords=_ANY,
                detail=name,
            )

    return compared


_ANY = frozenset(("*",))
"""Any keyword may be broken: the rule contains a whole schema."""


def _by_name(shape: AppliedSchemas, keyword: str) -> dict[str, Pointers]:
    pointers: dict[str, Pointers] = {}
    for part in shape.having(keyword):
        for name in part.schema[keyword]:
            pointers[name] = (*pointers.get(name, ()), f"{part.pointer}/{keyword}/{escaped(name)}")
    return pointers


def dependent_required(pair: SchemaPair) -> Iterator[ContractDifference]:
    """`dependentRequired`: fields that are required if another is present."""
    old, new = (_dependent(shape) for shape in (pair.before, pair.after))
    for names in dict.fromkeys((*old, *new)):
        if names in old and names in new:
            continue
        rule: dict[str, Any] = {"dependentRequired": {names[0]: [names[1]]}}
        yield pair.says(
            "dependent-required",
            "removed" if names in old else "added",
            StatedAt(old[names]) if names in old else None,
            StatedAt(new[names]) if names in new else None,
            path=(*pair.place.path, names[1]),
            local=(rule, True) if names in old else (True, rule),
            keywords=frozenset(("dependentRequired", "required")),
            detail=names[0],
        )


def _dependent(shape: AppliedSchemas) -> dict[tuple[str, str], str]:
    return {
        (name, dependent): f"{part.pointer}/dependentRequired/{escaped(name)}"
        for part in shape.having("dependentRequired")
        for name, wanted in part.schema["dependentRequired"].items()
        for dependent in wanted
    }


FIELDS: tuple[Callable[[SchemaPair], Iterator[ContractDifference]], ...] = (
    fields,
    required,
    others,
    named("patternProperties", "pattern-fields"),
    named("dependentSchemas", "dependent-schema"),
    dependent_required,
)
