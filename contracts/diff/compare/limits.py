"""Our own keywords on request schemas: limits of images and sums, clamps, and promised images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pixpact.contracts.diff.compare.differences import ContractDifference, StatedAt, change_of
from pixpact.contracts.diff.compare.schema_pair import SchemaPair
from pixpact.contracts.diff.read.applied_schemas import AppliedSchemas
from pixpact.specs.dialect.images import merged
from pixpact.specs.openapi.document import Json, at, escaped
from pixpact.wire.json_values import is_number


def images(pair: SchemaPair) -> Iterator[ContractDifference]:
    """`x-image`: one JSON Schema for each property of an image; the rules of several parts all apply."""
    old, new = (_image_rules(shape) for shape in (pair.before, pair.after))
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name), new.get(name)
        if before and after and before.value == after.value:
            continue
        rules = (before.value if before else True, after.value if after else True)
        facts = {"local": rules, "keywords": frozenset((f"x-image/{name}",)), "detail": name}
        yield pair.says("image-limit", change_of(before, after), before, after, **facts)


def _image_rules(shape: AppliedSchemas) -> dict[str, StatedAt]:
    rules: dict[str, StatedAt] = {}
    for part in shape.having("x-image"):
        for name, rule in part.schema["x-image"].items():
            earlier = rules.get(name)
            value = {"allOf": [earlier.value, rule]} if earlier and earlier.value != rule else rule
            rules[name] = StatedAt(f"{part.pointer}/x-image/{escaped(name)}", value)
    return rules


def totals(pair: SchemaPair) -> Iterator[ContractDifference]:
    """`x-total`: the maximum of a sum of fields."""
    old, new = (_totals(shape) for shape in (pair.before, pair.after))
    for names in dict.fromkeys((*old, *new)):
        before, after = old.get(names), new.get(names)
        if before and after and before.value == after.value:
            continue
        action = change_of(before, after)
        if before and after:
            action = "raised" if after.value > before.value else "lowered"
        yield pair.says("total", action, before, after, keywords=frozenset(("x-total",)), detail=list(names))


def _totals(shape: AppliedSchemas) -> dict[tuple[str, ...], StatedAt]:
    least: dict[tuple[str, ...], StatedAt] = {}
    for part in shape.having("x-total"):
        rule = part.schema["x-total"]
        names = tuple(sorted(rule["of"]))
        if names not in least or rule["maximum"] < least[names].value:
            least[names] = StatedAt(f"{part.pointer}/x-total/maximum", rule["maximum"])
    return least


def clamps(pair: SchemaPair) -> Iterator[ContractDifference]:
    """`x-clamp`: the bounds to which a number is clamped."""
    old, new = (_clamp(shape) for shape in (pair.before, pair.after))
    if (old.value if old else None) == (new.value if new else None):
        return
    yield pair.says("clamp", change_of(old, new), old, new)


def _clamp(shape: AppliedSchemas) -> StatedAt | None:
    clamp = None
    for part in shape.having("x-clamp"):
        clamp = StatedAt(f"{part.pointer}/x-clamp", part.schema["x-clamp"])
    return clamp


_NUMBERS = ("price", "lifetime")
"""The promises that may be a plain number, which is reported as raised or lowered."""


def promises(pair: SchemaPair) -> Iterator[ContractDifference]:
    """`x-images`: the images that a request yields, one difference for each promise."""
    old, new = (_statement(shape) for shape in (pair.before, pair.after))
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name), new.get(name)
        if (before.value if before else None) == (after.value if after else None):
            continue
        action = change_of(before, after)
        if before and after and name in _NUMBERS and is_number(before.value) and is_number(after.value):
            action = "raised" if after.value > before.value else "lowered"
        cells = _cells(before, after)
        sides = (
            before and StatedAt(_cell(pair.before, name, cells, before.pointer), before.value),
            after and StatedAt(_cell(pair.after, name, cells, after.pointer), after.value),
        )
        yield pair.says(f"images-{name}", action, *sides, path=(), detail=cells)


def _statement(shape: AppliedSchemas) -> dict[str, StatedAt]:
    """The statements of all parts, merged; each promise with the pointer of the part that decides it."""
    promises = merged(
        {key: promise for key, promise in part.schema["x-images"].items() if key != "x-evidence"}
        for part in shape.having("x-images")
    )
    pointers = {
        name: f"{part.pointer}/x-images/{name}" for part in shape.having("x-images") for name in part.schema["x-images"]
    }
    return {name: StatedAt(pointers[name], value) for name, value in promises.items()}


def _cell(shape: AppliedSchemas, name: str, cells: dict[str, Any], pointer: str) -> str:
    """The pointer of the first reported cell; `pointer` if no part here contains it."""
    reported = [cell for kind in ("changed", "added", "removed") for cell in cells[kind]]
    for cell in reported:
        for part in shape.having("x-images"):
            cell_pointer = f"{part.pointer}/x-images/{name}/{cell}"
            if _there(part.schema["x-images"].get(name), f"/{cell}"):
                return cell_pointer
    return pointer


def _there(value: Json, pointer: str) -> bool:
    try:
        at(value, pointer)
    except KeyError:
        return False
    return True


def _cells(before: StatedAt | None, after: StatedAt | None) -> dict[str, Any]:
    """The new, removed and changed cells of a table, by the kind of change."""
    old, new = (dict(_leaves(spot.value)) if spot and isinstance(spot.value, dict) else {} for spot in (before, after))
    return {
        "added": sorted("/".join(map(escaped, key)) for key in new if key not in old),
        "removed": sorted("/".join(map(escaped, key)) for key in old if key not in new),
        "changed": sorted("/".join(map(escaped, key)) for key in old if key in new and old[key] != new[key]),
    }


def _leaves(table: Mapping[str, Json], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Json]]:
    for key, inner in table.items():
        if isinstance(inner, dict):
            yield from _leaves(inner, (*path, key))
        else:
            yield (*path, key), str(inner)


LIMITS: tuple[Callable[[SchemaPair], Iterator[ContractDifference]], ...] = (images, totals, clamps, promises)
