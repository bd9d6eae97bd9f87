"""Keywords that hold schemas of their own: items, conditions, exclusions. What differs, one function each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pixpact.contracts.diff.compare.differences import ITEM, ContractDifference, StatedAt, change_of
from pixpact.contracts.diff.compare.fields import counted
from pixpact.contracts.diff.compare.schema_pair import SchemaPair
from pixpact.contracts.diff.read.applied_schemas import AppliedSchemas, Pointers, SchemaPart
from pixpact.contracts.diff.read.standalone_schema import StandaloneWriter
from pixpact.specs.openapi.document import Json

_ANY = frozenset(("*",))


def items(pair: SchemaPair) -> Iterator[ContractDifference]:
    """The items of a list."""
    old, new = (_places(shape, "items") for shape in (pair.before, pair.after))
    if not old and not new:
        return
    yield from pair.deeper(old, new, pair.place.below(ITEM).inside(not counted(pair) and not _tupled(pair)))


def _tupled(pair: SchemaPair) -> bool:
    """How many items stand before the rest differs, so that `items` is about others."""
    counts = [
        max((len(part.schema["prefixItems"]) for part in shape.having("prefixItems")), default=0)
        for shape in (pair.before, pair.after)
    ]
    return counts[0] != counts[1]


def _places(shape: AppliedSchemas, keyword: str) -> Pointers:
    return tuple(f"{part.pointer}/{keyword}" for part in shape.having(keyword))


def prefix_items(pair: SchemaPair) -> Iterator[ContractDifference]:
    """The first items of a list, one by one."""
    old, new = (_prefixes(shape) for shape in (pair.before, pair.after))
    for index in range(max(len(old), len(new))):
        if index < len(old) and index < len(new):
            value_place = pair.place.below(f"[{index}]").inside(not counted(pair) and not _tupled(pair))
            yield from pair.deeper(old[index], new[index], value_place)
            continue
        added = index < len(new)
        rests = [_places(shape, "items") for shape in (pair.before, pair.after)]
        plain = pair.plain(old[index] if not added else rests[0], new[index] if added else rests[1])
        same_rest = _places(pair.before, "items") == () == _places(pair.after, "items") and not counted(pair)
        rules = [{"prefixItems": [*[True] * index, schema]} for schema in plain]
        yield pair.says(
            "prefix-item",
            "added" if added else "removed",
            StatedAt(old[index][0]) if not added else None,
            StatedAt(new[index][0]) if added else None,
            path=(*pair.place.path, f"[{index}]"),
            local=(rules[0], rules[1]),
            monotone=pair.place.monotone and same_rest,
            keywords=_ANY,
            detail=index,
        )


def _prefixes(shape: AppliedSchemas) -> list[Pointers]:
    prefixes: list[Pointers] = []
    for part in shape.having("prefixItems"):
        for index in range(len(part.schema["prefixItems"])):
            pointer = f"{part.pointer}/prefixItems/{index}"
            if index < len(prefixes):
                prefixes[index] = (*prefixes[index], pointer)
            else:
                prefixes.append((pointer,))
    return prefixes


Together = Callable[[StandaloneWriter, SchemaPart], Json]
"""A rule of several keywords as plain JSON Schema, for comparing and for equality."""


def _written(*keywords: str) -> Together:
    def together(plain: StandaloneWriter, part: SchemaPart) -> Json:
        whole = plain.of((part.pointer,))
        return {key: whole[key] for key in (*keywords, "$defs") if key in whole}

    return together


def _rules(subject: str, keyword: str, together: Together) -> Callable[[SchemaPair], Iterator[ContractDifference]]:
    """Rules that are compared as a whole: the same on both sides, or added, removed, changed."""

    def compared(pair: SchemaPair) -> Iterator[ContractDifference]:
        old, new = (
            [(together(plain, part), f"{part.pointer}/{keyword}") for part in shape.having(keyword)]
            for plain, shape in zip(pair.walk.plains, (pair.before, pair.after), strict=True)
        )
        gone = [rule_of_side for rule_of_side in old if rule_of_side[0] not in [counterpart[0] for counterpart in new]]
        come = [rule_of_side for rule_of_side in new if rule_of_side[0] not in [counterpart[0] for counterpart in old]]
        if len(gone) == len(come) == 1:
            yield _rule(pair, subject, gone[0], come[0])
            return
        for rule in gone:
            yield _rule(pair, subject, rule, None)
        for rule in come:
            yield _rule(pair, subject, None, rule)

    return compared


def _rule(
    pair: SchemaPair, subject: str, old: tuple[Json, str] | None, new: tuple[Json, str] | None
) -> ContractDifference:
    monotone = pair.place.monotone and subject != "unevaluated" and not counted(pair)
    return pair.says(
        subject,
        change_of(old, new),
        StatedAt(old[1], old[0]) if old else None,
        StatedAt(new[1], new[0]) if new else None,
        local=(old[0] if old else True, new[0] if new else True),
        monotone=monotone,
        keywords=_ANY,
    )


def conditions(pair: SchemaPair) -> Iterator[ContractDifference]:
    """`if` with `then` and `else`: those of the same `if` are compared further in."""
    plains, shapes = pair.walk.plains, (pair.before, pair.after)
    old, new = (list(shape.having("if")) for shape in shapes)
    for part in list(old):
        asked = plains[0].of((f"{part.pointer}/if",))
        counterpart = next(
            (candidate for candidate in new if plains[1].of((f"{candidate.pointer}/if",)) == asked), None
        )
        if counterpart is not None:
            old.remove(part)
            new.remove(counterpart)
            yield from _consequences(pair, part, counterpart)
    if len(old) == len(new) == 1:
        yield _condition(pair, old[0], new[0])
        return
    for part in old:
        yield _condition(pair, part, None)
    for part in new:
        yield _condition(pair, None, part)


def _consequences(pair: SchemaPair, old: SchemaPart, new: SchemaPart) -> Iterator[ContractDifference]:
    for keyword in ("then", "else"):
        pointers = [(f"{part.pointer}/{keyword}",) if keyword in part.schema else () for part in (old, new)]
        if any(pointers):
            beside = pair.place.beside(counted(pair))
            value_place = beside.guarded((f"{old.pointer}/if",), (f"{new.pointer}/if",), keyword == "then")
            yield from pair.deeper(pointers[0], pointers[1], value_place)


def _condition(pair: SchemaPair, old: SchemaPart | None, new: SchemaPart | None) -> ContractDifference:
    together = _written("if", "then", "else")
    plains = pair.walk.plains
    before = (together(plains[0], old), f"{old.pointer}/if") if old else None
    after = (together(plains[1], new), f"{new.pointer}/if") if new else None
    return _rule(pair, "condition", before, after)


def never(pair: SchemaPair) -> Iterator[ContractDifference]:
    """A field that may not be used at all: its schema is `false`."""
    old, new = pair.before.never, pair.after.never
    if bool(old) == bool(new):
        return
    plain: Any = pair.plain(pair.before.pointers, pair.after.pointers)
    yield pair.says(
        "use",
        "removed" if new else "added",
        StatedAt(old) if old else None,
        StatedAt(new) if new else None,
        local=plain,
        keywords=frozenset(("false",)),
    )


STRUCTURES: tuple[Callable[[SchemaPair], Iterator[ContractDifference]], ...] = (
    items,
    prefix_items,
    conditions,
    _rules("contains", "contains", _written("contains", "minContains", "maxContains")),
    _rules("exclusion", "not", _written("not")),
    _rules("field-names", "propertyNames", _written("propertyNames")),
    _rules("unevaluated", "unevaluatedProperties", _written("unevaluatedProperties")),
    _rules("unevaluated", "unevaluatedItems", _written("unevaluatedItems")),
)
