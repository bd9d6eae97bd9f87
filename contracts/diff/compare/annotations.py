"""Keywords that no validator judges but clients notice: defaults, readOnly and writeOnly, encodings, meanings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pixpact.contracts.diff.compare.differences import ContractDifference, StatedAt, change_of
from pixpact.contracts.diff.compare.schema_pair import SchemaPair
from pixpact.contracts.diff.read.applied_schemas import AppliedSchemas, ShapeReader
from pixpact.contracts.diff.read.readable import UNREAD
from pixpact.specs.openapi.document import at, escaped
from pixpact.wire.json_values import same_json


def _last(shape: AppliedSchemas, keyword: str) -> StatedAt | None:
    """The value of a keyword; the most specific part decides."""
    last = None
    for part in shape.having(keyword):
        last = StatedAt(f"{part.pointer}/{keyword}", part.schema[keyword])
    return last


def default(pair: SchemaPair) -> Iterator[ContractDifference]:
    """`default`: the value of a field that is left out."""
    old, new = _last(pair.before, "default"), _last(pair.after, "default")
    if (old or new) and not (old and new and same_json(old.value, new.value)):
        yield pair.says("default", change_of(old, new), old, new)


def flag(keyword: str, subject: str) -> Callable[[SchemaPair], Iterator[ContractDifference]]:
    """A keyword that is true or absent."""

    def compared(pair: SchemaPair) -> Iterator[ContractDifference]:
        old, new = (_last(shape, keyword) for shape in (pair.before, pair.after))
        was, is_now = old is not None and old.value is True, new is not None and new.value is True
        if was != is_now:
            yield pair.says(subject, change_of(was, is_now), old, new)

    return compared


def unread(pair: SchemaPair) -> Iterator[ContractDifference]:
    """Keywords that could not be read, and whose values differ."""
    old, new = (_unread(shape) for shape in (pair.before, pair.after))
    if old != new:
        before, after = (_last(shape, UNREAD) for shape in (pair.before, pair.after))
        names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        yield pair.says("unread", "changed", before, after, detail=" and ".join(names))


def _unread(shape: AppliedSchemas) -> dict[str, str]:
    return {name: text for part in shape.having(UNREAD) for name, text in part.schema[UNREAD].items()}


def coding(keyword: str) -> Callable[[SchemaPair], Iterator[ContractDifference]]:
    """`contentEncoding` and the like: what a text contains."""

    def compared(pair: SchemaPair) -> Iterator[ContractDifference]:
        old, new = (_last(shape, keyword) for shape in (pair.before, pair.after))
        if (old.value if old else None) != (new.value if new else None):
            yield pair.says("coding", "changed", old, new, detail=keyword)

    return compared


def discriminator(pair: SchemaPair) -> Iterator[ContractDifference]:
    """`discriminator`: the field that distinguishes alternatives, and its values."""
    old, new = _last(pair.before, "discriminator"), _last(pair.after, "discriminator")
    named = [spot.value.get("propertyName") if spot and isinstance(spot.value, dict) else None for spot in (old, new)]
    if named[0] != named[1]:
        before, after = old and StatedAt(old.pointer, named[0]), new and StatedAt(new.pointer, named[1])
        yield pair.says("discriminator", change_of(named[0] is not None, named[1] is not None), before, after)
    elif named[0] is not None and old is not None and new is not None:
        yield from _mapped(pair, old, new)


def _mapped(pair: SchemaPair, old: StatedAt, new: StatedAt) -> Iterator[ContractDifference]:
    written = [spot.value.get("mapping") for spot in (old, new)]
    left, right = (spot if isinstance(spot, dict) else {} for spot in written)
    forms = _referred(pair.walk.before, pair.before), _referred(pair.walk.after, pair.after)
    for name in dict.fromkeys((*left, *right)):
        if left.get(name) == right.get(name):
            continue
        if (name in left) != (name in right) and all(forms) and (_reference(left, right, name) in forms[0] ^ forms[1]):
            continue  # reported with the alternative, which is new or gone itself
        before = StatedAt(f"{old.pointer}/mapping/{escaped(name)}", left[name]) if name in left else old
        after = StatedAt(f"{new.pointer}/mapping/{escaped(name)}", right[name]) if name in right else new
        yield pair.says("discriminator-value", change_of(name in left, name in right), before, after, detail=name)


def _reference(left: dict[str, Any], right: dict[str, Any], name: str) -> str:
    written = str(left.get(name, right.get(name)))
    return written if "/" in written else f"#/components/schemas/{written}"


def _referred(reader: ShapeReader, shape: AppliedSchemas) -> set[str]:
    """What the alternatives of a shape refer to."""
    branches = (at(reader.side.value, branch[0]) for family in shape.families for branch in family.branches)
    return {branch["$ref"] for branch in branches if isinstance(branch, dict) and "$ref" in branch}


def meaning(pair: SchemaPair) -> Iterator[ContractDifference]:
    """Our `x-value`: what a field of a response contains."""
    sides = pair.walk.before.side, pair.walk.after.side
    if pair.walk.site.direction == "request" or any(side.contract is None for side in sides):
        return
    old, new = _last(pair.before, "x-value"), _last(pair.after, "x-value")
    if pair.before.parts and pair.after.parts and (old.value if old else None) != (new.value if new else None):
        yield pair.says("meaning", change_of(old, new), old, new)


ANNOTATIONS: tuple[Callable[[SchemaPair], Iterator[ContractDifference]], ...] = (
    default,
    flag("deprecated", "field-deprecated"),
    flag("readOnly", "read-only"),
    flag("writeOnly", "write-only"),
    coding("contentEncoding"),
    coding("contentMediaType"),
    coding("contentSchema"),
    discriminator,
    meaning,
)
