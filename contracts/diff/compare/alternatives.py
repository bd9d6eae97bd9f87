"""`oneOf` and `anyOf`: matches the alternatives of both sides, and compares those that match.

Two alternatives match if they are equal; else if they share values of a field that both require (the model, a status
word), refer to the same component, or have the same type. Nothing is guessed from similar names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from pixpact.contracts.diff.compare.differences import AlternativeChoice, ContractDifference, StatedAt
from pixpact.contracts.diff.compare.fields import counted
from pixpact.contracts.diff.compare.schema_pair import SchemaPair, family_id, whole
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
    """One alternative of a side: its schemas, and what reads them."""

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
        """Required field → its listed values; of an alternative that is a choice itself, those of all its forms."""
        listing = {}
        for name in self.shape.required:
            values = listed(self.reader.shape(self.shape.fields.get(name, ())))
            if values is not None:
                listing[name] = list(values.values)
        for family in self.shape.families if depth < _MOST_NESTED else ():
            inner = [replace(self, pointers=branch).words(depth + 1) for branch in family.branches]
            for name in inner[0] if inner else ():
                if name not in listing and all(name in of_form for of_form in inner):
                    listing[name] = [value for of_form in inner for value in of_form[name]]
        return listing

    def kinds(self, depth: int = 0) -> frozenset[str] | None:
        """The types that its values may have, in all its forms; None for any."""
        own = types_of(self.shape)
        for family in self.shape.families if own is None and depth < _MOST_NESTED else ():
            inner = [replace(self, pointers=branch).kinds(depth + 1) for branch in family.branches]
            if all(of_form is not None for of_form in inner):
                return frozenset[str]().union(*(of_form for of_form in inner if of_form is not None))
        return own


_MOST_NESTED, _SMALL = 4, 60


Pair = tuple[SchemaAlternative | None, SchemaAlternative | None]


def alternatives(pair: SchemaPair) -> Iterator[ContractDifference] | None:
    """What differs if at least one side is nothing but a choice of alternatives; None if neither is."""
    sides = [_choices(pair, new) for new in (0, 1)]
    if not any(chosen for _, chosen in sides):
        return None
    if any(not shape.parts for shape in (pair.before, pair.after)):
        return None  # one side has no rules: the choice as a whole is new or gone
    keywords = {chosen.keyword for _, chosen in sides if chosen}
    if len(keywords) != 1:
        return _kinds(pair)
    within = replace(pair, place=pair.place.among(sides[0][1], sides[1][1]))
    return _matched(within, sides[0][0], sides[1][0], keywords.pop())


def families(pair: SchemaPair) -> Iterator[ContractDifference]:
    """Choices beside other rules: compared if each side has exactly one of a kind, else reported as a whole."""
    for keyword in ("oneOf", "anyOf"):
        old, new = (
            [
                choice
                for choice in shape.families
                if choice.keyword == keyword and family_id(choice, new) not in pair.place.chosen
            ]
            for new, shape in enumerate((pair.before, pair.after))
        )
        if len(old) == len(new) == 1:
            sides = [
                [SchemaAlternative(branch, reader, plain) for branch in family.branches]
                for family, (_, reader, plain) in zip((old[0], new[0]), _sides(pair), strict=True)
            ]
            beside = replace(pair, place=pair.place.beside(counted(pair)).among(old[0], new[0]))
            yield from _matched(beside, sides[0], sides[1], keyword)
        else:
            yield from _wholes(pair, keyword, old, new)


def _sides(pair: SchemaPair) -> list[tuple[AppliedSchemas, ShapeReader, StandaloneWriter]]:
    walk = pair.walk
    return [(pair.before, walk.before, walk.plains[0]), (pair.after, walk.after, walk.plains[1])]


def _choices(pair: SchemaPair, new: int) -> tuple[list[SchemaAlternative], AlternativeFamily | None]:
    """The alternatives of a shape that is nothing but a choice; of any other, the shape itself as the only one."""
    shape, reader, plain = _sides(pair)[new]
    family = shape.families[0] if len(shape.families) == 1 else None
    chosen = family is not None and family_id(family, new) in pair.place.chosen
    if family is None or chosen or not all(_silent(part.schema, family.keyword) for part in shape.parts):
        return [SchemaAlternative(shape.pointers, reader, plain)], None
    return [SchemaAlternative(branch, reader, plain) for branch in family.branches], family


def _silent(schema: dict[str, Json], keyword: str) -> bool:
    """Whether a schema says nothing beside the choice."""
    return all(key in (keyword, "$ref", "allOf") or key in _ANNOTATIONS or key.startswith("x-") for key in schema)


def _kinds(pair: SchemaPair) -> Iterator[ContractDifference]:
    plain = pair.plain(pair.before.pointers, pair.after.pointers)
    yield pair.says("alternatives", "changed", None, None, local=plain, keywords=_ANY)


def _wholes(
    pair: SchemaPair, keyword: str, old: list[AlternativeFamily], new: list[AlternativeFamily]
) -> Iterator[ContractDifference]:
    plains = [
        [(_family(plain, family), family) for family in choices]
        for choices, (_, _, plain) in zip((old, new), _sides(pair), strict=True)
    ]
    gone = [entry for entry in plains[0] if entry[0] not in [counterpart[0] for counterpart in plains[1]]]
    come = [entry for entry in plains[1] if entry[0] not in [counterpart[0] for counterpart in plains[0]]]
    for schema, family in gone:
        spot = StatedAt(f"{family.pointer}/{keyword}")
        yield pair.says("alternatives", "removed", spot, None, local=(schema, True), keywords=_ANY)
    for schema, family in come:
        spot = StatedAt(f"{family.pointer}/{keyword}")
        yield pair.says("alternatives", "added", None, spot, local=(True, schema), keywords=_ANY)


def _family(plain: StandaloneWriter, family: AlternativeFamily) -> Json:
    return {family.keyword: [plain.of(branch) for branch in family.branches]}


def _matched(
    pair: SchemaPair, old: list[SchemaAlternative], new: list[SchemaAlternative], keyword: str
) -> Iterator[ContractDifference]:
    pairs = list(_pairs(pair, old, new))
    alone = _apart(old) | _apart(new)
    local = (_choice(keyword, old), _choice(keyword, new))
    left = [form for both in pairs if None in both for form in both if form is not None]
    for alternative, match in pairs:
        apart = keyword == "anyOf" or all(form is None or id(form) in alone for form in (alternative, match))
        choice = _choice_of(alternative, match, () if apart else old, () if apart else new)
        if alternative and match:
            value_place = pair.place if apart else pair.place.choosing(choice)
            if len(pairs) > 1:
                value_place = value_place.guarded(alternative.pointers, match.pointers)
            yield from pair.deeper(alternative.pointers, match.pointers, value_place)
            continue
        reported = alternative or match
        assert reported is not None
        spot = StatedAt(reported.pointers[0] if reported.pointers else "", None)
        yield replace(pair, place=pair.place.choosing(choice)).says(
            "alternative",
            "removed" if alternative else "added",
            spot if alternative else _opposite(pair.before),
            _opposite(pair.after) if alternative else spot,
            # The alternatives of both sides stay the same in this comparison, so that only this one is judged.
            local=_alone(
                keyword,
                [before for before, after in pairs if before and after],
                reported,
                bool(alternative),
            )
            if apart and _shares_nothing(reported, left, new if alternative else old)
            else local,
            keywords=_ANY,
            detail=_named(reported),
        )


def _choice_of(
    before: SchemaAlternative | None,
    after: SchemaAlternative | None,
    old: Iterable[SchemaAlternative],
    new: Iterable[SchemaAlternative],
) -> AlternativeChoice:
    return AlternativeChoice(
        before.pointers if before else (),
        after.pointers if after else (),
        tuple(form.pointers for form in old if form is not before),
        tuple(form.pointers for form in new if form is not after),
    )


def _shares_nothing(
    reported: SchemaAlternative, left: list[SchemaAlternative], counterparts: list[SchemaAlternative]
) -> bool:
    """Whether it overlaps no unmatched alternative of the other side: it may have been split into several of those."""
    own = (reported.kinds(), reported.words())
    rest = [unmatched for unmatched in left if any(unmatched is counterpart for counterpart in counterparts)]
    return all(_two_apart(own, (unmatched.kinds(), unmatched.words())) for unmatched in rest)


def _alone(keyword: str, kept: list[SchemaAlternative], reported: SchemaAlternative, gone: bool) -> tuple[Json, Json]:
    with_it, without = _choice(keyword, [*kept, reported]), _choice(keyword, kept)
    return (with_it, without) if gone else (without, with_it)


def _choice(keyword: str, forms: list[SchemaAlternative]) -> Json:
    return {keyword: [form.plain.of(form.pointers) for form in forms]} if forms else False


def _opposite(shape: AppliedSchemas) -> StatedAt | None:
    family = shape.families[0] if shape.families else None
    if family is not None:
        return StatedAt(f"{family.pointer}/{family.keyword}")
    return whole(shape)


def _named(reported: SchemaAlternative) -> str:
    """The name of an alternative in reports: the values that lead to it, its component, or its type."""
    for name, values in reported.words().items():
        if values:
            return f"{name} {' or '.join(str(value) for value in values)}"
    if reported.reference():
        return reported.reference().rpartition("/")[2]
    return " or ".join(sorted(reported.kinds() or ("anything",)))


def _apart(forms: list[SchemaAlternative]) -> set[int]:
    """The ids of the alternatives that overlap no other: a required field or the type distinguishes them."""
    reported = [(form.kinds(), form.words()) for form in forms]
    return {
        id(form)
        for index, form in enumerate(forms)
        if all(
            _two_apart(reported[index], counterpart)
            for position, counterpart in enumerate(reported)
            if position != index
        )
    }


Reporting = tuple[frozenset[str] | None, dict[str, list[Json]]]


def _two_apart(first: Reporting, second: Reporting) -> bool:
    if first[0] is None or second[0] is None:
        return False
    shared = first[0] & second[0]
    if not shared:
        return True
    names = [name for name in first[1] if name in second[1]]
    return shared == frozenset(("object",)) and any(
        {repr(value) for value in first[1][name]}.isdisjoint(map(repr, second[1][name])) for name in names
    )


Matcher = Callable[[SchemaAlternative, SchemaAlternative], bool]


def _pairs(pair: SchemaPair, old: list[SchemaAlternative], new: list[SchemaAlternative]) -> Iterator[Pair]:
    """Each alternative with its match on the other side, in the order of the base; then the new ones."""
    left, right = list(old), list(new)
    matches: dict[int, SchemaAlternative] = {}
    for alternative in left:  # equal ones first, one to one, however often each occurs
        match = next((candidate for candidate in right if _by_sameness(alternative, candidate)), None)
        if match is not None:
            matches[id(alternative)] = match
            right.remove(match)
    for same in _matchers(pair):
        for alternative in [candidate for candidate in left if id(candidate) not in matches]:
            fits = [option for option in right if same(alternative, option)]
            backs = [
                candidate for candidate in left if id(candidate) not in matches and fits and same(candidate, fits[0])
            ]
            if len(fits) == 1 == len(backs):
                matches[id(alternative)] = fits[0]
                right.remove(fits[0])
    for alternative in left:
        yield alternative, matches.get(id(alternative))
    for unmatched in right:
        yield None, unmatched


def _by_word(first: SchemaAlternative, second: SchemaAlternative) -> bool:
    words, other_words = first.words(), second.words()
    return any(
        name in other_words and any(value in other_words[name] for value in values) for name, values in words.items()
    )


def _by_reference(first: SchemaAlternative, second: SchemaAlternative) -> bool:
    return bool(first.reference()) and first.reference() == second.reference()


def _by_sameness(first: SchemaAlternative, second: SchemaAlternative) -> bool:
    contents = first.reader.side.contents, second.reader.side.contents
    if len(first.pointers) == len(second.pointers) and all(
        contents[0].digest(pointer) == contents[1].digest(counterpart)
        for pointer, counterpart in zip(first.pointers, second.pointers, strict=True)
    ):
        return True
    small = all(
        sum(map(pointer.size, form.pointers)) <= _SMALL for pointer, form in zip(contents, (first, second), strict=True)
    )
    return small and bool(first.plain.of(first.pointers) == second.plain.of(second.pointers))


def _by_type(first: SchemaAlternative, second: SchemaAlternative) -> bool:
    if _told_apart(first, second):
        return False
    kinds = first.kinds()
    return kinds is not None and kinds == second.kinds()


def _by_items(first: SchemaAlternative, second: SchemaAlternative) -> bool:
    """Whether both are lists of the same types, at every level."""
    return _listed(first) is not None and _listed(first) == _listed(second)


def _listed(alternative: SchemaAlternative, depth: int = 0) -> tuple[str, ...] | None:
    """The types of the items of a list, and of their items; None if it is no list."""
    if alternative.kinds() != frozenset(("array",)) or depth >= _MOST_NESTED:
        return None
    items = replace(alternative, pointers=alternative.reader.items(alternative.pointers))
    return ("array", *(_listed(items, depth + 1) or sorted(items.kinds() or ())))


def _told_apart(first: SchemaAlternative, second: SchemaAlternative) -> bool:
    """Whether both require a field but share no listed value of it: then they are two things, not one that changed."""
    words, other_words = first.words(), second.words()
    return any(
        name in other_words and not any(value in other_words[name] for value in values)
        for name, values in words.items()
    )


def _matchers(pair: SchemaPair) -> tuple[Matcher, ...]:
    def alike(first: SchemaAlternative, second: SchemaAlternative) -> bool:
        """Whether nothing differs."""
        return next(iter(pair.deeper(first.pointers, second.pointers, pair.place)), None) is None

    return alike, _by_word, _by_reference, _by_items, _by_type
