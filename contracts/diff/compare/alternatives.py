"""`oneOf` and `anyOf`: which alternative of one side is which of the other, and what differs in those that are both's.

Alternatives are told apart by the values of a field that all of them require (the model, a status word), else by the
component they refer to, else by being the same, else by their type. Nothing is guessed from names that look alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from pixpact.contracts.diff.compare.differences import AlternativeChoice, ContractDifference, StatedAt
from pixpact.contracts.diff.compare.fields import counted
from pixpact.contracts.diff.compare.schema_pair import SchemaPair, family_id
from pixpact.contracts.diff.compare.values import listed, types_of
from pixpact.contracts.diff.read.applied_schemas import AlternativeFamily, AppliedSchemas, Pointers, ShapeReader
from pixpact.contracts.diff.read.standalone_schema import StandaloneWriter
from pixpact.specs.openapi.document import Json, at

_ANY = frozenset(("*",))
_ANNOTATIONS = frozenset(
    (
        "title",
        "description",
        "default",
        "example",
        "examples",
        "deprecated",
        "discriminator",
        "externalDocs",
        "$comment",
    )
)


@dataclass(frozen=True, slots=True)
class SchemaAlternative:
    """One alternative of a side: its schemas, and the side's ways of reading them."""

    pointers: Pointers
    reader: ShapeReader
    plain: StandaloneWriter

    @property
    def shape(self) -> AppliedSchemas:
        """Everything that the alternative includes."""
        return self.reader.shape(self.pointers)

    def reference(self) -> str:
        """The component that the alternative refers to; empty for one written out."""
        schema = at(self.reader.side.value, self.pointers[0]) if self.pointers else None
        return str(schema.get("$ref", "")) if isinstance(schema, dict) else ""

    def words(self, depth: int = 0) -> dict[str, list[Json]]:
        """The required fields that list their values; of an alternative that is a choice, those of all its forms."""
        found = {}
        for name in self.shape.required:
            values = listed(self.reader.shape(self.shape.fields.get(name, ())))
            if values is not None:
                found[name] = list(values.values)
        for family in self.shape.families if depth < _MOST_NESTED else ():
            inner = [replace(self, pointers=branch).words(depth + 1) for branch in family.branches]
            for name in inner[0] if inner else ():
                if name not in found and all(name in it for it in inner):
                    found[name] = [value for it in inner for value in it[name]]
        return found

    def kinds(self, depth: int = 0) -> frozenset[str] | None:
        """The types that a value of it may have, of all its forms together; None for any."""
        own = types_of(self.shape)
        for family in self.shape.families if own is None and depth < _MOST_NESTED else ():
            inner = [replace(self, pointers=branch).kinds(depth + 1) for branch in family.branches]
            if all(it is not None for it in inner):
                return frozenset[str]().union(*(it for it in inner if it is not None))
        return own


_MOST_NESTED, _SMALL = 4, 60


Pair = tuple[SchemaAlternative | None, SchemaAlternative | None]


def alternatives(facing: SchemaPair) -> Iterator[ContractDifference] | None:
    """What differs where a side is nothing but a choice of alternatives; None where neither is."""
    sides = [_choices(facing, new) for new in (0, 1)]
    if not any(chosen for _, chosen in sides):
        return None
    if any(not shape.parts for shape in (facing.before, facing.after)):
        return None  # nothing is said on one side: the choice as a whole is new or gone
    keywords = {chosen.keyword for _, chosen in sides if chosen}
    if len(keywords) != 1:
        return _kinds(facing)
    within = replace(facing, place=facing.place.among(sides[0][1], sides[1][1]))
    return _matched(within, sides[0][0], sides[1][0], keywords.pop())


def families(facing: SchemaPair) -> Iterator[ContractDifference]:
    """Choices that stand beside other rules: compared when each side has one of a kind, else told as a whole."""
    for keyword in ("oneOf", "anyOf"):
        old, new = (
            [it for it in shape.families if it.keyword == keyword and family_id(it, new) not in facing.place.chosen]
            for new, shape in enumerate((facing.before, facing.after))
        )
        if len(old) == len(new) == 1:
            sides = [
                [SchemaAlternative(branch, reader, plain) for branch in family.branches]
                for family, (_, reader, plain) in zip((old[0], new[0]), _sides(facing), strict=True)
            ]
            beside = replace(facing, place=facing.place.beside(counted(facing)).among(old[0], new[0]))
            yield from _matched(beside, sides[0], sides[1], keyword)
        else:
            yield from _wholes(facing, keyword, old, new)


def _sides(facing: SchemaPair) -> list[tuple[AppliedSchemas, ShapeReader, StandaloneWriter]]:
    walk = facing.walk
    return [(facing.before, walk.before, walk.plains[0]), (facing.after, walk.after, walk.plains[1])]


def _choices(facing: SchemaPair, new: int) -> tuple[list[SchemaAlternative], AlternativeFamily | None]:
    """The alternatives of a shape that is nothing but a choice; else the shape itself as the only one."""
    shape, reader, plain = _sides(facing)[new]
    family = shape.families[0] if len(shape.families) == 1 else None
    chosen = family is not None and family_id(family, new) in facing.place.chosen
    if family is None or chosen or not all(_silent(part.schema, family.keyword) for part in shape.parts):
        return [SchemaAlternative(shape.pointers, reader, plain)], None
    return [SchemaAlternative(branch, reader, plain) for branch in family.branches], family


def _silent(schema: dict[str, Json], keyword: str) -> bool:
    """Whether a schema says nothing beside the choice."""
    return all(key in (keyword, "$ref", "allOf") or key in _ANNOTATIONS or key.startswith("x-") for key in schema)


def _kinds(facing: SchemaPair) -> Iterator[ContractDifference]:
    plain = facing.plain(facing.before.pointers, facing.after.pointers)
    before, after = StatedAt(facing.before.parts[-1].pointer), StatedAt(facing.after.parts[-1].pointer)
    yield facing.says("alternatives", "changed", before, after, local=plain, keywords=_ANY)


def _wholes(
    facing: SchemaPair, keyword: str, old: list[AlternativeFamily], new: list[AlternativeFamily]
) -> Iterator[ContractDifference]:
    plains = [
        [(_family(plain, family), family) for family in found]
        for found, (_, _, plain) in zip((old, new), _sides(facing), strict=True)
    ]
    gone = [it for it in plains[0] if it[0] not in [other[0] for other in plains[1]]]
    come = [it for it in plains[1] if it[0] not in [other[0] for other in plains[0]]]
    opposites = [StatedAt(shape.parts[-1].pointer) if shape.parts else None for shape, _, _ in _sides(facing)]
    for schema, family in gone:
        spot = StatedAt(f"{family.pointer}/{keyword}")
        yield facing.says("alternatives", "removed", spot, opposites[1], local=(schema, True), keywords=_ANY)
    for schema, family in come:
        spot = StatedAt(f"{family.pointer}/{keyword}")
        yield facing.says("alternatives", "added", opposites[0], spot, local=(True, schema), keywords=_ANY)


def _family(plain: StandaloneWriter, family: AlternativeFamily) -> Json:
    return {family.keyword: [plain.of(branch) for branch in family.branches]}


def _matched(
    facing: SchemaPair, old: list[SchemaAlternative], new: list[SchemaAlternative], keyword: str
) -> Iterator[ContractDifference]:
    pairs = list(_pairs(facing, old, new))
    alone = _apart(old) | _apart(new)
    local = (_choice(keyword, old), _choice(keyword, new))
    left = [it for pair in pairs if None in pair for it in pair if it is not None]
    for one, other in pairs:
        apart = keyword == "anyOf" or all(it is None or id(it) in alone for it in (one, other))
        choice = _choice_of(one, other, () if apart else old, () if apart else new)
        if one and other:
            place = facing.place if apart else facing.place.choosing(choice)
            if len(pairs) > 1:
                place = place.guarded(one.pointers, other.pointers)
            yield from facing.deeper(one.pointers, other.pointers, place)
            continue
        reported = one or other
        assert reported is not None
        spot = StatedAt(reported.pointers[0] if reported.pointers else "", None)
        yield replace(facing, place=facing.place.choosing(choice)).says(
            "alternative",
            "removed" if one else "added",
            spot if one else _opposite(facing.before),
            _opposite(facing.after) if one else spot,
            # The alternatives of both sides stay the same in this comparison, so that only this one is judged.
            local=_alone(
                keyword, [it for pair in pairs for it in pair[:1] if pair[0] and pair[1] and it], reported, bool(one)
            )
            if apart and _shares_nothing(reported, left, new if one else old)
            else local,
            keywords=_ANY,
            detail=_named(reported),
        )


def _choice_of(
    one: SchemaAlternative | None,
    other: SchemaAlternative | None,
    old: Iterable[SchemaAlternative],
    new: Iterable[SchemaAlternative],
) -> AlternativeChoice:
    return AlternativeChoice(
        one.pointers if one else (),
        other.pointers if other else (),
        tuple(it.pointers for it in old if it is not one),
        tuple(it.pointers for it in new if it is not other),
    )


def _shares_nothing(
    reported: SchemaAlternative, left: list[SchemaAlternative], others: list[SchemaAlternative]
) -> bool:
    """Whether it is none of the other side that has no counterpart either: one may have been split into several."""
    own = (reported.kinds(), reported.words())
    rest = [it for it in left if any(it is other for other in others)]
    return all(_two_apart(own, (it.kinds(), it.words())) for it in rest)


def _alone(keyword: str, kept: list[SchemaAlternative], reported: SchemaAlternative, gone: bool) -> tuple[Json, Json]:
    with_it, without = _choice(keyword, [*kept, reported]), _choice(keyword, kept)
    return (with_it, without) if gone else (without, with_it)


def _choice(keyword: str, found: list[SchemaAlternative]) -> Json:
    return {keyword: [it.plain.of(it.pointers) for it in found]} if found else False


def _opposite(shape: AppliedSchemas) -> StatedAt | None:
    family = shape.families[0] if shape.families else None
    if family is not None:
        return StatedAt(f"{family.pointer}/{family.keyword}")
    return StatedAt(shape.parts[-1].pointer) if shape.parts else None


def _named(reported: SchemaAlternative) -> str:
    """What an alternative is for people: the values that lead to it, its component, or its type."""
    for name, values in reported.words().items():
        if values:
            return f"{name} {' or '.join(str(value) for value in values)}"
    if reported.reference():
        return reported.reference().rpartition("/")[2]
    return " or ".join(sorted(reported.kinds() or ("anything",)))


def _apart(found: list[SchemaAlternative]) -> set[int]:
    """The alternatives that no value shares with another: a required field tells them apart, or their types do."""
    reported = [(it.kinds(), it.words()) for it in found]
    return {
        id(it)
        for index, it in enumerate(found)
        if all(_two_apart(reported[index], other) for place, other in enumerate(reported) if place != index)
    }


Reporting = tuple[frozenset[str] | None, dict[str, list[Json]]]


def _two_apart(one: Reporting, other: Reporting) -> bool:
    if one[0] is None or other[0] is None:
        return False
    shared = one[0] & other[0]
    if not shared:
        return True
    names = [name for name in one[1] if name in other[1]]
    return shared == frozenset(("object",)) and any(
        {repr(value) for value in one[1][name]}.isdisjoint(map(repr, other[1][name])) for name in names
    )


Matcher = Callable[[SchemaAlternative, SchemaAlternative], bool]


def _pairs(facing: SchemaPair, old: list[SchemaAlternative], new: list[SchemaAlternative]) -> Iterator[Pair]:
    """Each alternative with the one it is on the other side, in the order of the base; then what is new."""
    left, right = list(old), list(new)
    found: dict[int, SchemaAlternative] = {}
    for one in left:  # the very same ones first, each with one, however often they stand there
        other = next((it for it in right if _by_sameness(one, it)), None)
        if other is not None:
            found[id(one)] = other
            right.remove(other)
    for same in _matchers(facing):
        for one in [it for it in left if id(it) not in found]:
            fits = [other for other in right if same(one, other)]
            backs = [it for it in left if id(it) not in found and fits and same(it, fits[0])]
            if len(fits) == 1 == len(backs):
                found[id(one)] = fits[0]
                right.remove(fits[0])
    for one in left:
        yield one, found.get(id(one))
    for other in right:
        yield None, other


def _by_word(one: SchemaAlternative, other: SchemaAlternative) -> bool:
    words, others = one.words(), other.words()
    return any(name in others and any(value in others[name] for value in values) for name, values in words.items())


def _by_reference(one: SchemaAlternative, other: SchemaAlternative) -> bool:
    return bool(one.reference()) and one.reference() == other.reference()


def _by_sameness(one: SchemaAlternative, other: SchemaAlternative) -> bool:
    contents = one.reader.side.contents, other.reader.side.contents
    if len(one.pointers) == len(other.pointers) and all(
        contents[0].digest(it) == contents[1].digest(that)
        for it, that in zip(one.pointers, other.pointers, strict=True)
    ):
        return True
    small = all(sum(map(it.size, of.pointers)) <= _SMALL for it, of in zip(contents, (one, other), strict=True))
    return small and bool(one.plain.of(one.pointers) == other.plain.of(other.pointers))


def _by_type(one: SchemaAlternative, other: SchemaAlternative) -> bool:
    if _told_apart(one, other):
        return False
    kinds = one.kinds()
    return kinds is not None and kinds == other.kinds()


def _by_items(one: SchemaAlternative, other: SchemaAlternative) -> bool:
    """Lists of the same: of objects, of lists of objects."""
    return _listed(one) is not None and _listed(one) == _listed(other)


def _listed(alternative: SchemaAlternative, depth: int = 0) -> tuple[str, ...] | None:
    """The types of the items of a list, and of theirs; None for what is no list."""
    if alternative.kinds() != frozenset(("array",)) or depth >= _MOST_NESTED:
        return None
    items = replace(alternative, pointers=alternative.reader.items(alternative.pointers))
    return ("array", *(_listed(items, depth + 1) or sorted(items.kinds() or ())))


def _told_apart(one: SchemaAlternative, other: SchemaAlternative) -> bool:
    """Whether both require a field and list other values for it: then they are two things, not one that changed."""
    words, others = one.words(), other.words()
    return any(name in others and not any(value in others[name] for value in values) for name, values in words.items())


def _matchers(facing: SchemaPair) -> tuple[Matcher, ...]:
    def alike(one: SchemaAlternative, other: SchemaAlternative) -> bool:
        """Nothing differs but what no validator knows."""
        return next(iter(facing.deeper(one.pointers, other.pointers, facing.place)), None) is None

    return alike, _by_word, _by_reference, _by_items, _by_type
