"""Proofs that a difference harms nobody: of the rule alone, or of the schemas around it, each pair proven once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pixpact.contracts.diff.compare.compare import ComparedContracts
from pixpact.contracts.diff.compare.differences import ITEM, ContractDifference, MessageSite, Scope
from pixpact.contracts.diff.compare.schemas import Reading
from pixpact.contracts.diff.compare.values import types_of
from pixpact.contracts.diff.proof.containment import covers_soon, is_superset
from pixpact.contracts.diff.proof.find_witness import OF_PARENT
from pixpact.contracts.diff.proof.inclusion import SchemaInclusion
from pixpact.contracts.diff.proof.samples import SchemaSamples
from pixpact.contracts.diff.proof.search_space import at_path
from pixpact.contracts.diff.proof.wire import listable, never_written, widened, written_as_text
from pixpact.contracts.diff.read.applied_schemas import Direction, Pointers
from pixpact.contracts.diff.read.standalone_schema import standing_alone
from pixpact.specs.openapi.document import Json

_ABOUT: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), frozenset(("integer", "number"))),
    **dict.fromkeys(("minLength", "maxLength", "pattern"), frozenset(("string",))),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems", "contains", "prefix-item"), frozenset(("array",))),
    **dict.fromkeys(("minProperties", "maxProperties", "field-names", "pattern-fields"), frozenset(("object",))),
    **dict.fromkeys(("required", "required-field", "optional-field"), frozenset(("object",))),
    **dict.fromkeys(("dependent-required", "dependent-schema", "other-fields"), frozenset(("object",))),
}
"""Subject → the types of the values that its rules are about."""
_PROOF = "proven: the other side accepts every message that one side may send"
_ELSEWHERE = f"{_PROOF}: another rule already forbids what this one would"


class Proofs:
    """What is proven of two documents."""

    def __init__(self, both: ComparedContracts, samples: Callable[[Direction, bool], SchemaSamples]) -> None:
        self._both, self._samples = both, samples
        self._covered: dict[tuple[str, Pointers, Pointers, bool, bool, bool], bool] = {}
        self._nothing: dict[tuple[str, Pointers], bool] = {}
        self._supersets: dict[tuple[Any, ...], bool] = {}
        self._inclusions: dict[Direction, SchemaInclusion] = {}

    def alone(self, difference: ContractDifference) -> str:
        """Whether the rule alone harms nobody, and stands where that is enough; empty: not proven."""
        why = self._alone(difference)
        own = difference.subject == "alternative"
        led = difference.choices[:-1] if own else difference.choices
        # What follows from the alternatives beside it is worth nothing where none of them can be sent.
        scopes = difference.scopes if led else difference.scopes[:1] if own else ()
        return "" if why and self._any_empty(difference.site, scopes) else why

    def _alone(self, difference: ContractDifference) -> str:
        if difference.subject == "total":
            return _PROOF if (difference.action in ("raised", "removed")) == _asks(difference.site) else ""
        if not difference.monotone or not self._apart(difference, len(difference.choices) - 1):
            return ""
        if difference.subject == "alternative":
            return _PROOF if self._alternative(difference) else ""
        if difference.local is None or not self._apart(difference):
            return ""
        sent, taken = difference.local if _asks(difference.site) else difference.local[::-1]
        if self._superset(difference, taken, sent):
            return _PROOF
        if not written_as_text(difference.site, difference.path):
            return _PROOF if self._never_sent(difference) else ""
        if difference.subject == "null":
            return _PROOF  # nothing stands for null in a text
        if difference.subject in ("type", "items") and self._by_type_alone(difference):
            sent = self._one_item(difference, sent)
            if self._as_text(difference, taken, sent):
                return _PROOF
        return _PROOF if self._read_alike(difference) and self._never_sent(difference) else ""

    def _superset(self, difference: ContractDifference, taken: Json, sent: Json) -> bool:
        """Whether one rule takes what another takes, asked once of the same lines wherever they show."""
        nearest = difference.scopes[:1]
        around = [(scope.before, scope.after) for scope in nearest]
        spots = difference.before, difference.after
        lines = tuple(spot.pointer if spot else "" for spot in spots)
        what = difference.subject, difference.action, repr(difference.detail)
        key = (difference.site.direction, *what, difference.path[-1:], *lines, *around)
        if not around:
            return is_superset(taken, sent)
        if key not in self._supersets:
            self._supersets[key] = is_superset(taken, sent)
        return self._supersets[key]

    def _apart(self, difference: ContractDifference, most: int | None = None) -> bool:
        """Whether no value is of one of the alternatives that lead here and of another one, sent or taken."""
        asks, inclusion = _asks(difference.site), self._inclusion(difference.site.direction)
        for choice in difference.choices[:most] if most != -1 else ():
            sent, taken, beside_sent, beside_taken = choice if asks else choice.swapped()
            with_rest = [
                (sibling, (sent, *(more for more in beside_sent if more != sibling))) for sibling in beside_sent
            ]
            if sent and not all(inclusion.apart(sent, beside_sent, sibling) for sibling in beside_taken):
                return False
            if taken and not all(
                inclusion.apart(sibling, tuple(filter(None, rest)), taken) for sibling, rest in with_rest
            ):
                return False
        return True

    def _alternative(self, difference: ContractDifference) -> bool:
        """Whether an alternative that is new to the receiver takes nothing of the others, or what is sent is taken."""
        sent, taken, beside, _ = difference.choices[-1] if _asks(difference.site) else difference.choices[-1].swapped()
        if taken:
            return self._apart(difference)
        scope = difference.scopes[0] if difference.scopes else None
        if scope is None or scope.partial or scope.path != difference.path:
            return False
        union = scope.after if _asks(difference.site) else scope.before
        return self._inclusion(difference.site.direction).holds_one(sent, beside, union)

    def _one_item(self, difference: ContractDifference, sent: Json) -> Json:
        """What the sender sends for what is said of items: where it sends no list, the value itself is the one item."""
        if difference.path[-1:] != (ITEM,):
            return sent
        reading, at_value = next(self._sides(difference))
        asks = _asks(difference.site)
        pointers = difference.site.before if asks else difference.site.after
        outer = at_path(reading.reader, pointers, difference.path[:-1])
        kinds = types_of(reading.reader.shape(outer))
        single = len(outer) == 1 and not at_value and kinds is not None and "array" not in kinds
        return reading.plain.of(outer) if single else sent

    def _by_type_alone(self, difference: ContractDifference) -> bool:
        """Whether the receiver says no more than types: then whichever way a text is read meets no other rule."""
        _, (reading, pointers) = self._sides(difference)
        whole = reading.plain.of(pointers)
        return not isinstance(whole, dict) or {"type", "items", "$defs"}.issuperset(whole)

    def _as_text(self, difference: ContractDifference, taken: Json, sent: Json) -> bool:
        """Whether every text of what is sent is taken; what stands in a list is no list of one itself."""
        wide = widened(taken, difference.site.joined, listable(difference.site, difference.path))
        return covers_soon({"anyOf": [wide, never_written()]}, sent)

    def _read_alike(self, difference: ContractDifference) -> bool:
        """Whether both sides give the value the same types, so that no text is read as another one."""
        kinds = [types_of(reading.reader.shape(pointers)) for reading, pointers in self._sides(difference)]
        return kinds[0] is not None and kinds[0] == kinds[1]

    def _sides(self, difference: ContractDifference) -> Iterator[tuple[Reading, Pointers]]:
        """The sender and the receiver, each with its schemas of the value."""
        path = difference.path[:-1] if difference.subject in OF_PARENT else difference.path
        for new in (not _asks(difference.site), _asks(difference.site)):
            reading = self._both.reading(new, difference.site.direction)
            pointers = difference.site.after if new else difference.site.before
            yield reading, at_path(reading.reader, pointers, path)

    def _never_sent(self, difference: ContractDifference) -> bool:
        """Whether it is about what the sender can never send: the bounds of a text where it sends numbers."""
        asks = _asks(difference.site)
        reader = self._both.reader(not asks, difference.site.direction)
        path = difference.path[:-1] if difference.subject in OF_PARENT else difference.path
        for scope in difference.scopes:
            kinds = types_of(reader.shape(scope.before if asks else scope.after))
            if kinds is None:
                continue
            if len(scope.path) < len(path):
                step = path[len(scope.path)]
                if ("array" if step == ITEM or step.startswith("[") else "object") not in kinds:
                    return True
            elif scope.path == path and kinds.isdisjoint(_ABOUT.get(difference.subject, kinds)):
                return True
        return False

    # ------------------------------------------------------------------ of the schemas around

    def around(self, difference: ContractDifference) -> str:
        """Whether any of the schemas around the rule harms nobody; empty: not proven."""
        for index, scope in enumerate(difference.scopes):
            if self._apart(difference, scope.choices) and self._harms_nobody(difference.site, scope):
                empty = self._any_empty(difference.site, difference.scopes[: index + 1])
                return "" if empty else _ELSEWHERE
        return ""

    def of_any_fields(self, difference: ContractDifference) -> bool:
        """Whether all is accepted as before even of a sender that adds fields which its contract does not name."""
        sender, receiver = (self._both.reading(new, "request") for new in (False, True))
        inclusion = SchemaInclusion(sender, receiver, closed=False)
        return any(
            inclusion.holds(scope.before, scope.after)
            or covers_soon(standing_alone(receiver.plain.of(scope.after)), sender.plain.of(scope.before))
            for scope in difference.scopes
            if not scope.partial
        )

    def _harms_nobody(self, site: MessageSite, scope: Scope) -> bool:
        text = written_as_text(site, scope.path)
        key = (site.direction, scope.before, scope.after, scope.partial, text, site.joined)
        if key not in self._covered:
            self._covered[key] = self._covers(site, scope, text)
        return self._covered[key]

    def _covers(self, site: MessageSite, scope: Scope, text: bool) -> bool:
        asks = _asks(site)
        sender, receiver = (self._both.reading(new, site.direction) for new in (not asks, asks))
        sent, taken = (scope.before, scope.after) if asks else (scope.after, scope.before)
        if not scope.partial and self._inclusion(site.direction).holds(sent, taken):
            return True
        wide = receiver.plain.of(taken)
        if text:
            wide = {"anyOf": [widened(wide, site.joined, listable(site, scope.path)), never_written()]}
        elif site.plain_text:
            return False
        narrow = sender.plain.of(sent) if scope.partial else sender.sending.of(sent)
        return covers_soon(standing_alone(wide), narrow)

    def _inclusion(self, direction: Direction) -> SchemaInclusion:
        if direction not in self._inclusions:
            asks = direction == "request"
            sender, receiver = (self._both.reading(new, direction) for new in (not asks, asks))
            self._inclusions[direction] = SchemaInclusion(sender, receiver)
        return self._inclusions[direction]

    # ------------------------------------------------------------------ of a sender that sends nothing

    def sends_nothing(self, difference: ContractDifference) -> bool:
        """Whether no value keeps to the sender's rules, of a schema around the difference or of the whole message.

        Nothing is proven by a sender that can send nothing at all: such a contract was not meant so.
        """
        site = difference.site
        return self._any_empty(site, (*difference.scopes, Scope(site.before, site.after)))

    def _any_empty(self, site: MessageSite, scopes: Iterable[Scope]) -> bool:
        sent = dict.fromkeys(scope.before if _asks(site) else scope.after for scope in scopes)
        return any(self._nothing_of(site, pointers) for pointers in sent if pointers)

    def _nothing_of(self, site: MessageSite, pointers: Pointers) -> bool:
        key = (site.direction, pointers)
        if key not in self._nothing:
            self._nothing[key] = self._is_nothing(site, pointers)
        return self._nothing[key]

    def _is_nothing(self, site: MessageSite, pointers: Pointers) -> bool:
        new = not _asks(site)
        schema = self._both.plain(new, site.direction).of(pointers)
        samples = self._samples(site.direction, new)
        if schema in (True, {}) or samples.takes(pointers, samples.one(pointers)):
            return False
        return covers_soon(False, schema)


def _asks(site: MessageSite) -> bool:
    return site.direction == "request"
