"""Finds a witness: a message that one side allows and the other refuses because of the difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pixpact.contracts.diff.compare.differences import ITEM, ContractDifference, Path
from pixpact.contracts.diff.proof import images
from pixpact.contracts.diff.proof.lifting import enclose_value, overlapping
from pixpact.contracts.diff.proof.samples import unlike
from pixpact.contracts.diff.proof.search_space import REMOVED, WitnessSearch, at_path, normal, put, values_at, varied
from pixpact.contracts.diff.proof.wire import MOST_DIGITS, written_as_text
from pixpact.contracts.diff.read.standalone_schema import standing_alone
from pixpact.contracts.diff.regex.comparison import outside
from pixpact.contracts.diff.regex.language import LanguageTooLarge
from pixpact.contracts.diff.regex.pattern import UnsupportedPattern
from pixpact.specs.openapi.containment import BrokenKeyword, StandaloneSchema
from pixpact.specs.openapi.document import Json

_COMPOSED = frozenset(("oneOf", "anyOf", "allOf", "not", "if", "contains", "false"))
_MOST_SEEDS, _MOST_MESSAGES, _MOST_VALUES, _MOST_LENGTH, _MOST_LIFTED = 8, 250, 150, 1000, 60


@dataclass(frozen=True, slots=True)
class FoundWitness:
    """A message that one side sends and the other refuses, and why it does."""

    message: Json
    refusal: BrokenKeyword


def find_witness(search: WitnessSearch, difference: ContractDifference) -> FoundWitness | None:
    """The smallest message found; None when none was."""
    for message, before in _tried(search, difference):
        if not search.sent(message):
            continue
        blamed = _blamed(search, difference, message, before)
        if blamed is not None:
            return _shrunk(search, difference, FoundWitness(message, blamed))
    return None


def find_overlap(search: WitnessSearch, difference: ContractDifference) -> FoundWitness | None:
    """A message that matches two alternatives now, because the difference made one wider; None if none was found."""
    particular, usual = _values(search, difference)
    for message in overlapping(search, difference, [*particular, *usual[:_MOST_LIFTED]]):
        if search.sent(message):
            for refusal in search.refused(message):
                if refusal.keyword == "oneOf" and _about(difference.path, normal(refusal.path)):
                    return FoundWitness(message, refusal)
    return None


def _tried(search: WitnessSearch, difference: ContractDifference) -> Iterator[tuple[Json, list[BrokenKeyword]]]:
    """Messages, each with what was refused of it before the value in question was put into it."""
    if difference.subject == "image-limit":
        yield from _imaged(search, difference)
        return
    particular, usual = _values(search, difference)
    path = () if difference.subject == "total" else difference.path  # its values are whole messages
    # On the wire one item is a list of one, so a rule about items may concern a value that is no list.
    if not written_as_text(search.site, path):
        yield from (
            (message, []) for message in enclose_value(search, difference, [*particular, *usual[:_MOST_LIFTED]])
        )
    ways = (path, path[:-1]) if path[-1:] == (ITEM,) and written_as_text(search.site, path) else (path,)
    for seed in search.seeds[:_MOST_SEEDS] or [None]:  # no message lacks the value: the message grows around it
        refusals = search.refused(seed) if seed is not None else []
        before = [
            refusal
            for refusal in refusals
            if not (len(refusal.path) >= len(path) and _about(path, normal(refusal.path)))
        ]
        for way in ways:
            yield from ((search.put(seed, way, value), before) for value in [*particular, *usual])
    yield from ((message, []) for message in _around(search, path))
    if "*" in difference.keywords and not written_as_text(search.site, path):
        yield from ((message, []) for message in enclose_value(search, difference, _varied(search, path)))


def _varied(search: WitnessSearch, path: Path) -> list[Json]:
    """Values of the sender's alternatives with one field changed: the refusal may be about one of their fields."""
    side = search.sender
    pointers = at_path(side.reader, side.pointers, path)
    drafts = [side.samples.one(pointers), *islice(side.samples.alternatives(pointers), _MOST_SEEDS)]
    return list(islice((value for draft in unlike(drafts) for value in varied(side, pointers, draft)), _MOST_MESSAGES))


def _around(search: WitnessSearch, path: Path) -> Iterator[Json]:
    """Other values for the parents of the value, the nearest first: the refusal may depend on its siblings."""
    for length in range(len(path) - 1, -1, -1):
        values_of_sides = [
            samples.several(at_path(reader, pointers, path[:length])) for reader, pointers, samples in search.sides
        ]
        values = unlike(value for values in values_of_sides for value in values)[:_MOST_VALUES]
        for seed in search.seeds[:3] if length else [None]:
            yield from (search.put(seed, path[:length], value) for value in values)


def _imaged(search: WitnessSearch, difference: ContractDifference) -> Iterator[tuple[Json, list[BrokenKeyword]]]:
    """Images at the limits. They are large, so they are made one by one and tried in few messages."""
    for text in images.texts(str(difference.detail), list(difference.local or ())):
        for seed in search.seeds[:2]:
            yield put(seed, difference.path, text), []


def _values(search: WitnessSearch, difference: ContractDifference) -> tuple[list[Any], list[Any]]:
    """(values that the difference is about, other values for the same place)."""
    particular: list[Any] = []
    if isinstance(difference.detail, list):
        particular += difference.detail
    if difference.subject == "total":
        return list(_totals(search, difference)), []
    if difference.subject == "pattern":
        particular += _reporting(search, difference)
    if difference.subject in ("minimum", "maximum"):
        particular += _multiples(search, difference)
    if difference.subject == "maxLength" and written_as_text(search.site, difference.path):
        particular += _long_numbers(difference)
    if "required" in difference.keywords or difference.subject.endswith("-field"):
        particular.append(REMOVED)
    usual: list[Any] = []
    for reader, pointers, samples in search.sides:
        at_value = at_path(reader, pointers, difference.path)
        usual += samples.several(at_value) if at_value else ["a"]
    return particular, [*unlike(usual)[:_MOST_VALUES], REMOVED]


def _reporting(search: WitnessSearch, difference: ContractDifference) -> list[Json]:
    """Texts that only the sender's pattern matches: the shortest, and the shortest of each minimum length."""
    rules = difference.local or (True, True)
    sent, taken = (
        rule.get("pattern", "") if isinstance(rule, dict) else "" for rule in (rules if search.asks else rules[::-1])
    )
    lengths = {0}
    for reader, pointers, _ in search.sides:
        for part in reader.spread(at_path(reader, pointers, difference.path)):
            lengths.add(part.schema.get("minLength", 0))
    texts: list[Json] = []
    for least in sorted(length for length in lengths if isinstance(length, int) and length <= _MOST_LENGTH):
        with suppress(UnsupportedPattern, LanguageTooLarge):
            texts.append(outside(sent, taken, least))
    return [text for text in texts if text is not None]


def _multiples(search: WitnessSearch, difference: ContractDifference) -> Iterator[Json]:
    """Multiples of what the sender uses, just beyond the bounds of either side."""
    reader, pointers, _ = search.sender
    parts = reader.spread(at_path(reader, pointers, difference.path))
    for step in {part.schema["multipleOf"] for part in parts if "multipleOf" in part.schema}:
        for spot in (difference.before, difference.after):
            limit = spot.value[0] if spot is not None and isinstance(spot.value, tuple) else None
            if limit is not None:
                nearest = round(limit / step)
                yield from (step * (nearest + steps) for steps in (0, 1, -1))


def _long_numbers(difference: ContractDifference) -> Iterator[Json]:
    """Numbers that are one digit, or one digit and a sign, longer than a text may be."""
    for spot in (difference.before, difference.after):
        most = spot.value[0] if spot is not None and isinstance(spot.value, tuple) else 0
        if 0 < most <= MOST_DIGITS:
            yield from (10**most, -(10 ** (most - 1)))


def _totals(search: WitnessSearch, difference: ContractDifference) -> Iterator[Json]:
    """Fields raised until their sum is just above the limits."""
    limits = [spot.value for spot in (difference.before, difference.after) if spot and isinstance(spot.value, int)]
    for limit in limits:
        for seed in search.seeds[:_MOST_SEEDS]:
            paths = [(*difference.path, *name.split("/")) for name in difference.detail]
            yield from _raised(search, seed, paths, limit + 1)


def _raised(search: WitnessSearch, seed: Json, paths: list[Path], wanted: int) -> Iterator[Json]:
    """One field as high as allowed, another for the rest; each field takes its turn as the high one."""
    for first in paths:
        for share in range(wanted, 0, -1):
            message = _counted(search, seed, first, share)
            if message is None or not search.sent(message):
                continue
            rest = wanted - share
            for second in [path for path in paths if path != first]:
                more = _counted(search, message, second, rest) if rest else message
                if more is not None:
                    yield more
            yield message
            break


def _counted(search: WitnessSearch, message: Json, path: Path, count: int) -> Json | None:
    """The message with a number, or a list of that many items, at a path."""
    reader, pointers, samples = search.sender
    at_value = at_path(reader, pointers, path)
    if not at_value:
        return None
    if reader.items(at_value):
        return put(message, path, samples.items(at_value, count)) if count <= 1000 else None
    return put(message, path, count)


def _blamed(
    search: WitnessSearch, difference: ContractDifference, message: Json, before: list[BrokenKeyword]
) -> BrokenKeyword | None:
    """The refusal that the difference causes: one that was not there before."""
    refusals = search.refused(message)
    earlier = {(entry.path, entry.keyword) for entry in before}
    near = [
        entry
        for entry in refusals
        if _about(difference.path, normal(entry.path)) and (entry.path, entry.keyword) not in earlier
    ]
    if "*" in difference.keywords:
        return next(iter(near), None) if near and _its_own(search, difference, message) else None
    for refusal in near:
        if refusal.keyword in difference.keywords:
            return refusal
        if refusal.keyword in _COMPOSED and not before and _its_own(search, difference, message):
            return refusal
    return None


def _its_own(search: WitnessSearch, difference: ContractDifference, message: Json) -> bool:
    """Whether the rule of the difference alone decides: the sender's takes the value, the receiver's does not."""
    if difference.local is None:
        return True
    sender, receiver = difference.local if search.asks else (difference.local[1], difference.local[0])
    path = difference.path[:-1] if difference.subject in OF_PARENT else difference.path
    judges = StandaloneSchema(standing_alone(sender)), StandaloneSchema(standing_alone(receiver))
    return any(judges[0].holds(value) and not judges[1].holds(value) for value in values_at(search.read(message), path))


OF_PARENT = frozenset(
    ("required", "required-field", "optional-field", "other-fields", "dependent-required", "prefix-item")
)
"""Subjects whose path names the field and whose rule is about the object."""


def _about(path: Path, beyond: Path) -> bool:
    """Whether one of two paths leads on from the other."""
    for step, counterpart in zip(path, beyond, strict=False):
        if step != counterpart and not (step.startswith(("*", "/", "[")) or counterpart == "[]"):
            return False
    return True


def _shrunk(search: WitnessSearch, difference: ContractDifference, witness: FoundWitness) -> FoundWitness:
    """The same witness with as few fields as possible. Messages with images are small already, and images are large."""
    if difference.subject == "image-limit":
        return witness
    while True:
        for less in smaller(witness.message):
            if search.sent(less):
                blamed = _blamed(search, difference, less, [])
                if blamed is not None and blamed.keyword == witness.refusal.keyword:
                    witness = FoundWitness(less, blamed)
                    break
        else:
            return witness


def smaller(message: Json) -> Iterable[Json]:
    """The message with one field or item less, anywhere in it."""
    if isinstance(message, dict):
        for name, inner in message.items():
            yield {key: value for key, value in message.items() if key != name}
            for less in smaller(inner):
                yield {**message, name: less}
    elif isinstance(message, list) and message:
        for index in range(len(message) if len(message) < 30 else 1):
            yield message[:index] + message[index + 1 :]
            for less in smaller(message[index]):
                yield [*message[:index], less, *message[index + 1 :]]
