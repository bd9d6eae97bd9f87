"""What is known about a difference: a witness that it matters, a proof that it does not, or why neither was found."""

from __future__ import annotations

from typing import Any

from pixpact.contracts.diff.compare.compare import ComparedContracts
from pixpact.contracts.diff.compare.differences import ContractDifference, DifferenceGuard, MessageSite, shown
from pixpact.contracts.diff.compare.fields import FREE
from pixpact.contracts.diff.compare.values import listed, types_of
from pixpact.contracts.diff.proof.find_witness import find_overlap, find_witness
from pixpact.contracts.diff.proof.judges import MessageJudge, judge_of
from pixpact.contracts.diff.proof.presence import non_schema_verdict
from pixpact.contracts.diff.proof.promises import read_otherwise, weakened
from pixpact.contracts.diff.proof.proofs import Proofs
from pixpact.contracts.diff.proof.samples import SchemaSamples
from pixpact.contracts.diff.proof.search_space import WitnessSearch, at_path
from pixpact.contracts.diff.proof.wire import form_of, texts
from pixpact.contracts.diff.proof.witness import (
    IGNORED_NOW,
    REFUSED_NOW,
    DifferenceVerdict,
    harmful,
    harmless,
    undecided,
)
from pixpact.contracts.diff.read.applied_schemas import Direction
from pixpact.contracts.diff.read.standalone_schema import RANGES, TEXTS, UNLIMITED
from pixpact.contracts.diff.rules.message_rules import MESSAGE_CHANGES
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import short_json

# The formats that validators judge; of others nobody can say what they take.
_JUDGED_FORMATS_WORDS = """
date-time date time duration email idn-email hostname idn-hostname ipv4 ipv6 uri uri-reference iri
iri-reference uuid uri-template json-pointer relative-json-pointer regex
"""
_JUDGED_FORMATS = frozenset((*_JUDGED_FORMATS_WORDS.split(), *RANGES, *TEXTS, *UNLIMITED, "uint64"))
_SPEAKING = {"properties": "object", "required": "object", "additionalProperties": "object", "items": "array"}
"""Keyword → the only type that it restricts."""
_OF_OTHERS = frozenset(("other-fields", "pattern-fields", "field-names", "unevaluated"))
"""Subjects about fields that a schema does not name."""
_REQUIRED = frozenset(("required", "required-field", "required-parameter", "parameter-required"))
_MOST_GROUNDS = 6
"""How many searches are kept at once: each holds compiled schemas and messages, and differences come site by site."""
_TOO_DEEP = "schemas lead on from there in too many ways, or too deep"
_OURS = frozenset(("image-limit", "total", "clamp"))
"""Subjects that plain JSON Schema cannot express."""


class VerdictDecider:
    """Decides differences of two documents. What is prepared for a site serves all of its differences."""

    def __init__(self, both: ComparedContracts) -> None:
        self.both = both
        self._begin()

    def _begin(self) -> None:
        self._grounds: dict[tuple[MessageSite, tuple[DifferenceGuard, ...]], WitnessSearch] = {}
        self._judges: dict[MessageSite, tuple[MessageJudge, MessageJudge]] = {}
        self._samples: dict[tuple[Direction, bool], SchemaSamples] = {}
        self._proofs = Proofs(self.both, self.samples)

    def verdict(self, difference: ContractDifference) -> DifferenceVerdict:
        """The verdict on one difference: undecided if its schemas are nested too deep."""
        try:
            return self._verdict(difference)
        except RecursionError:
            self._begin()  # proofs under way are incomplete
            return undecided(_TOO_DEEP)

    def _verdict(self, difference: ContractDifference) -> DifferenceVerdict:
        if (fault := self._fault(difference)) is not None:
            return undecided(f"what is said there cannot be read: {fault}")
        if difference.subject.startswith("images-"):
            return self._promise(difference)
        if difference.subject in ("default", "clamp"):
            return self._reading(difference)
        if self._filled_in(difference):
            return undecided("it is required and has a default: it is not stated whether the default is used")
        if (difference.subject, difference.action) in MESSAGE_CHANGES or difference.subject == "meaning":
            return non_schema_verdict(difference, self.both)
        return self._schema(difference)

    def _fault(self, difference: ContractDifference) -> str | None:
        """Why a part that the difference is about could not be read; None if all could."""
        for new, side in ((False, self.both.base), (True, self.both.revision)):
            spot = difference.after if new else difference.before
            for faulty, fault in side.faults.items() if spot is not None else ():
                if spot is not None and _within(spot.pointer, faulty):
                    return fault
            if side.faults and difference.scopes:
                reader = self.both.reader(new, difference.site.direction)
                shape = reader.shape(difference.scopes[0].after if new else difference.scopes[0].before)
                if reason := next((side.faults[pointer] for pointer in shape.included if pointer in side.faults), None):
                    return reason
        return None

    def _filled_in(self, difference: ContractDifference) -> bool:
        """Whether what is required now has a default, in a document that does not say how defaults are read."""
        if difference.action != "added" or difference.subject not in _REQUIRED or not _asks(difference):
            return False
        if self.both.revision.contract is not None:
            return False
        reader, pointers = self.both.reader(True, "request"), difference.site.after
        path = difference.path if difference.site.area == "body" else ()
        return any("default" in part.schema for part in reader.shape(at_path(reader, pointers, path)).parts)

    def search(self, site: MessageSite, guards: tuple[DifferenceGuard, ...] = ()) -> WitnessSearch:
        """The search for witnesses of one site."""
        if (site, guards) not in self._grounds:
            while len(self._grounds) >= _MOST_GROUNDS:
                del self._grounds[next(iter(self._grounds))]
            if site not in self._judges:
                self._judges.clear()
                self._judges[site] = (self._judge(site, False), self._judge(site, True))
            samples = self.samples(site.direction, False), self.samples(site.direction, True)
            self._grounds[site, guards] = WitnessSearch(self.both, site, self._judges[site], samples, guards)
        return self._grounds[site, guards]

    def samples(self, direction: Direction, new: bool) -> SchemaSamples:
        """Values for the schemas of base or revision."""
        if (direction, new) not in self._samples:
            reading = self.both.reading(new, direction)
            self._samples[direction, new] = SchemaSamples(reading.reader, reading.plain)
        return self._samples[direction, new]

    def _judge(self, site: MessageSite, new: bool) -> MessageJudge:
        both = self.both
        dialect = both.base.contract is not None and both.revision.contract is not None and not site.callback
        reader, plain = both.reader(new, site.direction), both.plain(new, site.direction)
        return judge_of(reader, plain, site.after if new else site.before, site, dialect)

    # ------------------------------------------------------------------ schemas

    def _schema(self, difference: ContractDifference) -> DifferenceVerdict:
        if difference.subject == "unread":
            return undecided("what could not be read was not compared")
        if difference.subject == "ways":
            return undecided(_TOO_DEEP)
        if difference.subject in ("field-deprecated", "read-only", "write-only"):
            return harmless("what is valid stays the same")
        if difference.subject.startswith("discriminator"):
            return _discriminator(difference)
        if difference.subject == "coding":
            return undecided("no validator checks the content of a text")
        if (reason := _unjudged_format(difference)) is not None:
            if self._told_by_type(difference):
                return harmless("the types are equivalent")
            return harmless("the values are listed one by one") if self._listed(difference) else undecided(reason)
        if self._meant_otherwise(difference):
            return undecided("no type is stated, but all rules are about objects or lists: these may have been meant")
        if why := self._proofs.alone(difference) or self._around(difference):
            return self._harmless(difference, why)
        witness = find_witness(self.search(difference.site, difference.guards), difference)
        if witness is None and difference.guards and difference.choices:
            witness = find_overlap(self.search(difference.site), difference)
        if witness is not None and difference.detail == FREE and difference.subject == "optional-field":
            return undecided("the other side accepts any fields there, including one with this name")
        if witness is not None:
            return _shown(difference, witness.message, witness.refusal.message)
        if self._proofs.sends_nothing(difference):
            return undecided("no message can keep the rules of the sending side, so they prove nothing")
        return undecided(
            "found neither a message that one side accepts and the other refuses, nor a proof that there is none"
        )

    def _meant_otherwise(self, difference: ContractDifference) -> bool:
        """Whether a receiver without a type has rules for objects or lists only, and something else is sent now."""
        if difference.subject != "type" or not difference.scopes:
            return False
        asks, scope = _asks(difference), difference.scopes[0]
        reader = self.both.reader(asks, difference.site.direction)
        taken = reader.shape(scope.after if asks else scope.before)
        sender = self.both.reader(not asks, difference.site.direction)
        sent = types_of(sender.shape(scope.before if asks else scope.after))
        spoken = {kind for word, kind in _SPEAKING.items() if any(taken.having(word))}
        return types_of(taken) is None and bool(spoken) and sent is not None and spoken.isdisjoint(sent)

    def _listed(self, difference: ContractDifference) -> bool:
        """Whether the receiver lists its values, so that a format adds nothing."""
        if not difference.scopes:
            return False
        new, scope = _asks(difference), difference.scopes[0]
        reader = self.both.reader(new, difference.site.direction)
        return listed(reader.shape(scope.after if new else scope.before)) is not None

    def _told_by_type(self, difference: ContractDifference) -> bool:
        """Whether a format adds nothing to the types: `integer` of integers, or the type is another now."""
        if not difference.scopes:
            return False
        scope, direction = difference.scopes[0], difference.site.direction
        old = types_of(self.both.reader(False, direction).shape(scope.before))
        new = types_of(self.both.reader(True, direction).shape(scope.after))
        formats = {spot.value for spot in (difference.before, difference.after) if spot and isinstance(spot.value, str)}
        if old is None or new is None:
            return False
        return (old - {"null"}).isdisjoint(new) or (len(formats) == 1 and formats == old - {"null"} == new - {"null"})

    def _harmless(self, difference: ContractDifference, why: str) -> DifferenceVerdict:
        """The verdict for a sender that sends only named fields; it adds whom a rule for other fields may break."""
        of_others = difference.subject in _OF_OTHERS and difference.action not in ("removed", "widened")
        if of_others and _asks(difference) and not self._proofs.of_any_fields(difference):
            return harmless(REFUSED_NOW)
        if difference.subject == "alternative" and difference.action == "removed" and self._ignores_fields(difference):
            return harmless(IGNORED_NOW)
        return harmless(why)

    def _ignores_fields(self, difference: ContractDifference) -> bool:
        """Whether the removed alternative named request fields that nothing names any more."""
        if not _asks(difference) or not difference.choices or not difference.scopes:
            return False
        gone = self.both.reader(False, "request").declared(difference.choices[-1].before)
        return not gone.keys() <= self.both.reader(True, "request").declared(difference.scopes[0].after).keys()

    def _around(self, difference: ContractDifference) -> str:
        """What the schemas around the rule prove; nothing for our own keywords, which JSON Schema cannot express."""
        return "" if difference.subject in _OURS else self._proofs.around(difference)

    # ------------------------------------------------------------------ readings and promises

    def _reading(self, difference: ContractDifference) -> DifferenceVerdict:
        if difference.site.direction == "response":
            return harmless("a response is read as it is")
        if difference.site.area != "body":
            return _default_of(difference)
        search = self.search(difference.site, difference.guards)
        worse = weakened(search, difference)
        if worse is not None:
            return _promised(difference, worse)
        if difference.subject == "default" and difference.action == "added":
            return _default_of(difference)
        reading = read_otherwise(search, difference)
        if reading is not None:
            was, now = ("left out" if value is None else short_json(value) for value in reading[1:])
            says = f"{shown(difference.path)} is read as {now}; it was read as {was}"
            return harmful("reading", difference, reading[0], says)
        return _default_of(difference) if difference.subject == "default" else undecided("all requests are read alike")

    def _promise(self, difference: ContractDifference) -> DifferenceVerdict:
        worse = weakened(self.search(difference.site, difference.guards), difference)
        if worse is not None:
            return _promised(difference, worse)
        if self._grows(difference):
            return harmless("what was promised before still is")
        return undecided("found neither a request with a weaker promise, nor a proof that there is none")

    def _grows(self, difference: ContractDifference) -> bool:
        """Whether the promise can only have become stronger."""
        name = difference.subject.removeprefix("images-")
        if (name, difference.action) in (("lifetime", "raised"), ("price", "lowered")):
            return True
        old, new = (spot.value if spot else None for spot in (difference.before, difference.after))
        if difference.action == "added":
            return name != "count" and not self._stated_elsewhere(difference.site, name)
        if isinstance(old, dict) and isinstance(new, dict) and difference.detail:
            kept = {key: value for key, value in old.items() if key != "table"}
            same = kept == {key: value for key, value in new.items() if key != "table"}
            return same and not difference.detail["removed"] and not difference.detail["changed"]
        return False

    def _stated_elsewhere(self, site: MessageSite, name: str) -> bool:
        reader, pointers, _ = self.search(site).sender
        return any(name in part.schema.get("x-images", {}) for part in reader.spread(pointers))


def _within(pointer: str, fault: str) -> bool:
    """Whether a pointer leads into a faulty part; of a faulty schema only its own keywords count."""
    return pointer == fault or pointer.rpartition("/")[0] == fault


def _discriminator(difference: ContractDifference) -> DifferenceVerdict:
    """Harmless to clients: a request may hold one more value, or a response holds one value less."""
    looser = "added" if _asks(difference) or difference.subject == "discriminator" else "removed"
    if difference.action == looser:
        return harmless("what is valid stays the same")
    return undecided("a discriminator does not affect what is valid, only how it is read")


def _asks(difference: ContractDifference) -> bool:
    return difference.site.direction == "request"


def _unjudged_format(difference: ContractDifference) -> str | None:
    if difference.subject != "format":
        return None
    values = [spot.value for spot in (difference.before, difference.after) if spot and isinstance(spot.value, str)]
    unknown = [value for value in values if value not in _JUDGED_FORMATS]
    loosened = difference.action == ("removed" if difference.site.direction == "request" else "added")
    return f"no validator checks the format {unknown[0]!r}" if unknown and not loosened else None


def _shown(difference: ContractDifference, message: Json, says: str) -> DifferenceVerdict:
    asks = difference.site.direction == "request"
    content = texts(message) if difference.site.plain_text or form_of(difference.site) else message
    reported = f"accepted before, refused now: {says}" if asks else f"possible now, forbidden before: {says}"
    return harmful("request" if asks else "response", difference, content, reported)


def _promised(difference: ContractDifference, worse: Any) -> DifferenceVerdict:
    says = f"accepted by both; promised {worse.after}, before {worse.before}"
    return harmful("promise", difference, worse.message, says)


def _default_of(difference: ContractDifference) -> DifferenceVerdict:
    """The verdict on a default: it alone says what a request without the field means."""
    if difference.action == "added":
        return harmless("its meaning when left out was not stated before")
    old, new = (spot.value if spot else None for spot in (difference.before, difference.after))
    now = short_json(new) if difference.action == "changed" else "nothing that is said"
    says = f"{shown(difference.path) or difference.site.name} left out means {now}; it meant {short_json(old)}"
    return harmful("reading", difference, None, says)
