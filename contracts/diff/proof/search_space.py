"""Where witnesses are searched: messages that the sender may send, small ones first, from examples and schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from pixpact.contracts.diff.compare.compare import ComparedContracts
from pixpact.contracts.diff.compare.differences import ITEM, OTHER, DifferenceGuard, MessageSite, Path
from pixpact.contracts.diff.proof.judges import BodyJudge, MessageJudge
from pixpact.contracts.diff.proof.samples import SchemaSamples, unlike
from pixpact.contracts.diff.proof.wire import form_of, writable
from pixpact.contracts.diff.read.applied_schemas import Pointers, ShapeReader
from pixpact.contracts.diff.regex import samples as regex_samples
from pixpact.specs.openapi.containment import BrokenKeyword, StandaloneSchema
from pixpact.specs.openapi.document import Json, at, escaped
from pixpact.specs.openapi.parts import resolved

REMOVED = object()
"""Stands for no value: the field is left out."""
_MOST_SEEDS, _MOST_TRIED = 12, 1500


class SampledSide(NamedTuple):
    """What one side says of the messages of a site, and values for it."""

    reader: ShapeReader
    pointers: Pointers
    samples: SchemaSamples


class WitnessSearch:
    """One site: who sends and who receives, how each judges, and messages that the sender may send.

    Only messages that pass all guards are considered.
    """

    def __init__(
        self,
        both: ComparedContracts,
        site: MessageSite,
        judges: tuple[MessageJudge, MessageJudge],
        samples: tuple[SchemaSamples, SchemaSamples],
        guards: tuple[DifferenceGuard, ...] = (),
    ) -> None:
        self.both = both
        self.site = site
        self.asks = site.direction == "request"
        self._judges = judges
        sending = both.reading(not self.asks, site.direction)
        self._samples = samples
        self._guards = [
            (guard, StandaloneSchema(sending.plain.of(guard.before if self.asks else guard.after)).holds)
            for guard in guards
        ]
        pointers = self.sender.pointers
        self._sent = sending.sending.judge(pointers)
        self._grown: dict[Path, Json] = {}

    @property
    def sender(self) -> SampledSide:
        """The side that sends: for requests the base's clients, for responses the revision's servers."""
        return self.side(not self.asks)

    @property
    def receiver(self) -> SampledSide:
        """The side that may refuse."""
        return self.side(self.asks)

    @property
    def sides(self) -> tuple[SampledSide, SampledSide]:
        """The sender and the receiver."""
        return self.sender, self.receiver

    def side(self, new: bool) -> SampledSide:
        """The reader and the schemas of base or revision, and values for them."""
        pointers = self.site.after if new else self.site.before
        return SampledSide(self.both.reader(new, self.site.direction), pointers, self._samples[new])

    def judge(self, new: bool) -> MessageJudge:
        """The judge of base or revision."""
        return self._judges[new]

    def sent(self, message: Json) -> bool:
        """Whether the sender may send the message and it passes the guards."""
        return self._written(message) and self._within(message)

    def _written(self, message: Json) -> bool:
        if not self._sent.holds(message):
            return False
        if self.site.plain_text:
            return writable(message)
        if form_of(self.site):
            return isinstance(message, dict) and all(map(writable, message.values()))
        judge = self._judges[not self.asks]
        return judge.takes(message) if isinstance(judge, BodyJudge) else True

    def put(self, message: Json, path: Path, value: Any) -> Json:
        """A copy of a message with another value at a path; what is missing on the way is grown."""
        return put(message, path, value, self._usual)

    def _usual(self, path: Path) -> Json:
        """A small value of the sender at a path."""
        if path not in self._grown:
            reader, pointers, samples = self.sender
            self._grown[path] = samples.one(at_path(reader, pointers, path))
        return self._grown[path]

    def _within(self, message: Json) -> bool:
        if not self._guards:
            return True
        body = self.read(message)
        return all(
            any(holds(value) == guard.holds for value in values_at(body, guard.path)) for guard, holds in self._guards
        )

    def read(self, message: Json) -> Json:
        """The message as the sender's side reads it: conditions apply to a body with its defaults."""
        judge = self._judges[not self.asks]
        return judge.reading(message).body if isinstance(judge, BodyJudge) else message

    def refused(self, message: Json) -> list[BrokenKeyword]:
        """The keywords of the receiver's contract that the message breaks."""
        return self._judges[self.asks].refusals(message)

    @cached_property
    def seeds(self) -> list[Json]:
        """A few messages that the sender may send: one of each alternative, and the documented examples."""
        sent = islice(filter(self.sent, unlike(self._drafts())), _MOST_SEEDS)
        return sorted(sent, key=lambda message: (self.refused(message) != [], len(repr(message))))

    @cached_property
    def messages(self) -> list[Json]:
        """The seeds, and the seeds with another value in one field."""
        tried = islice(self._variants(), _MOST_TRIED)
        return unlike([*self.seeds, *(message for message in tried if self.sent(message))])

    def _drafts(self) -> Iterator[Json]:
        for reader, pointers, samples in self.sides:
            yield samples.one(pointers)
            yield from samples.several(pointers)[:12] if self._small else samples.alternatives(pointers)
            for pointer in pointers:
                yield from _examples(reader.side.value, pointer)

    @property
    def _small(self) -> bool:
        """Whether the whole message is one simple value, or a list of such."""
        return self.site.area in ("parameter", "header")

    def _variants(self) -> Iterator[Json]:
        for seed in self.seeds if self.site.area == "body" else ():
            for side in self.sides:
                yield from varied(side, side.pointers, seed)


def varied(side: SampledSide, pointers: Pointers, value: Json) -> Iterator[Json]:
    """An object with another value, or none, in one of its fields."""
    for name, schemas in side.reader.declared(pointers).items() if isinstance(value, dict) else ():
        yield from (put(value, (name,), new) for new in (*side.samples.several(schemas)[:10], REMOVED))


def _examples(document: dict[str, Json], schema: str) -> Iterator[Json]:
    """The documented examples of the message whose schema stands at this pointer."""
    owner = at(document, schema.rpartition("/")[0])
    if not isinstance(owner, dict):
        return
    if "example" in owner:
        yield owner["example"]
    examples = owner.get("examples")
    if isinstance(examples, dict):
        for name in examples:
            pointer = resolved(document, f"{schema.rpartition('/')[0]}/examples/{escaped(name)}")
            example = at(document, pointer)
            if isinstance(example, dict) and "value" in example:
                yield example["value"]


def values_at(message: Json, path: Path) -> list[Json]:
    """Every value at a path: one for each item of the lists on the way."""
    values = [message]
    for step in path:
        if step == ITEM:
            values = [item for value in values if isinstance(value, list) for item in value]
        elif step == OTHER:
            values = [inner for value in values if isinstance(value, dict) for inner in value.values()]
        elif step.startswith("[") and step.endswith("]"):
            index = int(step[1:-1])
            values = [value[index] for value in values if isinstance(value, list) and index < len(value)]
        else:
            values = [value[_name(step)] for value in values if isinstance(value, dict) and _name(step) in value]
    return values


def at_path(reader: ShapeReader, pointers: Pointers, path: Path) -> Pointers:
    """The schemas of the value at a path; () if there are none."""
    for step in path:
        if step == ITEM:
            pointers = reader.items(pointers)
        elif step == OTHER:
            pointers = _others(reader, pointers, "additionalProperties", "")
        elif step.startswith("/") and step.endswith("/") and len(step) > 1:
            pointers = _others(reader, pointers, "patternProperties", step[1:-1])
        elif step.startswith("[") and step.endswith("]"):
            pointers = _others(reader, pointers, "prefixItems", step[1:-1])
        else:
            declared = reader.declared(pointers).get(step, ())
            pointers = declared or _others(reader, pointers, "additionalProperties", "")
    return pointers


def _others(reader: ShapeReader, pointers: Pointers, keyword: str, name: str) -> Pointers:
    ending = f"/{escaped(name)}" if name else ""
    candidates = [f"{part.pointer}/{keyword}{ending}" for part in reader.spread(pointers) if keyword in part.schema]
    return tuple(candidate for candidate in candidates if _there(reader, candidate))


def _there(reader: ShapeReader, pointer: str) -> bool:
    try:
        return isinstance(at(reader.side.value, pointer), dict)
    except KeyError:
        return False


Grow = Callable[[Path], Json]


def put(value: Json, path: Path, new: Any, grow: Grow = lambda _: None, done: Path = ()) -> Json:
    """A copy of a value with another one at a path; what is missing on the way is grown."""
    if not path:
        return value if new is REMOVED else new
    step, rest = path[0], path[1:]
    if not isinstance(value, list if step.startswith("[") else dict):
        value = grow(done) if done or value is None else value
    if step.startswith("[") and step.endswith("]"):
        return _put_item(value, path, new, grow, done)
    name = _name(step)
    fields = dict(value) if isinstance(value, dict) else {}
    if not rest and new is REMOVED:
        fields.pop(name, None)
    elif not (new is REMOVED and name not in fields):
        fields[name] = put(fields.get(name), rest, new, grow, (*done, step))
    return fields


def _name(step: str) -> str:
    if step == OTHER:
        return "other"
    if step.startswith("/") and step.endswith("/") and len(step) > 1:
        return next(iter(regex_samples.samples(step[1:-1])), "other")
    return step


def _put_item(value: Json, path: Path, new: Any, grow: Grow, done: Path) -> Json:
    step, rest = path[0], path[1:]
    items = list(value) if isinstance(value, list) else []
    index = 0 if step == ITEM else int(step[1:-1])
    if not rest and new is REMOVED:
        return items[:index] + items[index + 1 :]
    items += [grow((*done, ITEM)) for _ in range(index + 1 - len(items))]
    items[index] = put(items[index], rest, new, grow, (*done, step))
    return items


def normal(path: Iterable[str | int]) -> Path:
    """The path of a refusal as differences write it: `[]` for every index."""
    return tuple(ITEM if isinstance(step, int) else step for step in path)
