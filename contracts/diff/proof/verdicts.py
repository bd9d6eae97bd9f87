"""What is known about a difference: a witness that it matters, a proof that it does not, or why neither was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pixpact.contracts.diff.compare.compare import ComparedContracts
from pixpact.contracts.diff.compare.differences import ITEM, ContractDifference, DifferenceGuard, MessageSite, shown
from pixpact.contracts.diff.compare.fields import FREE
from pixpact.contracts.diff.compare.values import listed, types_of
from pixpact.contracts.diff.proof.containment import is_superset
from pixpact.contracts.diff.proof.find_witness import OF_PARENT, find_witness
from pixpact.contracts.diff.proof.judges import MessageJudge, judge_of, written_as_text
from pixpact.contracts.diff.proof.presence import decided
from pixpact.contracts.diff.proof.promises import read_otherwise, weakened
from pixpact.contracts.diff.proof.search_space import WitnessSearch, as_text, at_path
from pixpact.contracts.diff.proof.witness import DifferenceVerdict, harmful, harmless, undecided
from pixpact.contracts.diff.read.standalone_schema import RANGES, TEXTS
from pixpact.contracts.diff.rules.message_rules import OTHERS
from pixpact.specs.openapi.containment import covers
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import short

# The formats that validators judge; of others nobody can say what they take.
_JUDGED_FORMATS_WORDS = """
date-time date time duration email idn-email hostname idn-hostname ipv4 ipv6 uri uri-reference iri
iri-reference uuid uri-template json-pointer relative-json-pointer regex
"""
_JUDGED_FORMATS = frozenset((*_JUDGED_FORMATS_WORDS.split(), *RANGES, *TEXTS))
_ABOUT: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), frozenset(("integer", "number"))),
    **dict.fromkeys(("minLength", "maxLength", "pattern"), frozenset(("string",))),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems", "contains", "prefix-item"), frozenset(("array",))),
    **dict.fromkeys(("minProperties", "maxProperties", "member-names", "pattern-members"), frozenset(("object",))),
    **dict.fromkeys(("required", "required-member", "optional-member"), frozenset(("object",))),
    **dict.fromkeys(("dependent-required", "dependent-schema", "other-members"), frozenset(("object",))),
}
"""Subject → the types of the values that its rules are about."""
_REQUIRED = frozenset(("required", "required-member", "required-parameter", "parameter-required"))
_OURS = frozenset(("picture-limit", "total", "clamp"))
"""Subjects that no plain JSON Schema tells of."""


class VerdictDecider:
    """Decides differences of two documents; what was prepared for one site serves all of its differences."""

    def __init__(self, both: ComparedContracts) -> None:
        self.both = both
        self._grounds: dict[tuple[MessageSite, tuple[DifferenceGuard, ...]], WitnessSearch] = {}
        self._judges: dict[MessageSite, tuple[MessageJudge, MessageJudge]] = {}
        self._wholes: dict[MessageSite, bool] = {}

    def verdict(self, difference: ContractDifference) -> DifferenceVerdict:
        """What is known of one difference."""
        if difference.subject.startswith("images-"):
            return self._promise(difference)
        if difference.subject in ("default", "clamp"):
            return self._reading(difference)
        if self._filled_in(difference):
            return undecided("it is required and has a default: nothing says whether one is filled in for it")
        if (difference.subject, difference.action) in OTHERS or difference.subject == "meaning":
            return decided(difference)
        return self._schema(difference)

    def _filled_in(self, difference: ContractDifference) -> bool:
        """Whether what is required now has a default, in a document that does not say how defaults are read."""
        if difference.action != "added" or difference.subject not in _REQUIRED or not _asks(difference):
            return False
        if self.both.revision.contract is not None:
            return False
        reader, pointers = self.both.reader(True, "request"), difference.site.after
        path = difference.path if difference.site.area == "body" else ()
        return any("default" in part.schema for part in reader.shape(at_path(reader, pointers, path)).parts)

    def ground(self, site: MessageSite, guards: tuple[DifferenceGuard, ...] = ()) -> WitnessSearch:
        """Where witnesses for a site are looked for."""
        if (site, guards) not in self._grounds:
            if site not in self._judges:
                self._judges[site] = (self._judge(site, False), self._judge(site, True))
            self._grounds[site, guards] = WitnessSearch(self.both, site, self._judges[site], guards)
        return self._grounds[site, guards]

    def _judge(self, site: MessageSite, new: bool) -> MessageJudge:
        both = self.both
        dialect = both.base.contract is not None and both.revision.contract is not None and not site.callback
        reader, plain = both.reader(new, site.direction), both.plain(new, site.direction)
        return judge_of(reader, plain, site.after if new else site.before, site.area, dialect)

    # ------------------------------------------------------------------ schemas

    def _schema(self, difference: ContractDifference) -> DifferenceVerdict:
        if difference.subject in ("member-deprecated", "read-only", "write-only"):
            return harmless("what is valid stays the same")
        if difference.subject.startswith("discriminator"):
            return _discriminator(difference)
        if difference.subject == "coding":
            return undecided("no validator reads what a text holds")
        if (reason := _unjudged_format(difference)) is not None:
            return undecided(reason)
        if self._narrower(difference):
            return harmless(_PROOF)
        found = find_witness(self.ground(difference.site, difference.guards), difference)
        if found is not None and difference.detail == FREE and difference.subject == "optional-member":
            return undecided("the other side names no fields, so that any may stand there, also one of this name")
        if found is not None:
            return _shown(difference, found.message, found.refusal.message)
        if difference.subject not in _OURS and self._whole(difference.site):
            return harmless(f"{_PROOF}: another rule already forbids what this one would")
        return undecided(
            "no message was found that one side takes and the other refuses, nor a proof that there is none"
        )

    def _narrower(self, difference: ContractDifference) -> bool:
        """Whether the rule alone is proven to harm nobody, and stands where that is enough."""
        if difference.subject == "total":
            return (difference.action in ("raised", "removed")) == (difference.site.direction == "request")
        if difference.local is None or not difference.monotone:
            return False
        before, after = difference.local
        if is_superset(after, before) if difference.site.direction == "request" else is_superset(before, after):
            return True
        if written_as_text(difference.site, difference.path) and self._same_as_text(difference):
            return True
        return self._never_sent(difference)

    def _same_as_text(self, difference: ContractDifference) -> bool:
        """Whether the texts stay the same: there is no null among them, and a receiver of any text takes each."""
        if difference.subject == "null" or self._few_texts(difference):
            return True
        if difference.subject == "enum-value" and difference.before and difference.after:
            lists = [spot.value for spot in (difference.before, difference.after) if isinstance(spot.value, list)]
            texts, others = ({as_text(value) for value in it} for it in (lists if _asks(difference) else lists[::-1]))
            return texts <= others
        if difference.subject != "type":
            return False
        ground = self.ground(difference.site, difference.guards)
        sent, kinds = (types_of(it.shape(at_path(it, places, difference.path))) for it, places in ground.sides)
        if sent is not None and not sent.isdisjoint(("array", "object")):
            return False
        if kinds is not None and "array" in kinds and "string" not in kinds:  # a list of one is written as its item
            reader, pointers = ground.receiver
            kinds = types_of(reader.shape(reader.items(at_path(reader, pointers, difference.path))))
        return kinds is None or "string" in kinds

    def _few_texts(self, difference: ContractDifference) -> bool:
        """Whether only a few texts can be sent, and each is taken."""
        ground = self.ground(difference.site, difference.guards)
        reader, pointers = ground.sender
        shape = reader.shape(pointers)
        words = listed(shape)
        if words is None and types_of(shape) != frozenset(("boolean",)):
            return False
        texts = [as_text(value) for value in (words.values if words else (True, False))]
        return not difference.path and not any(ground.sent(text) and ground.refused(text) for text in texts)

    def _never_sent(self, difference: ContractDifference) -> bool:
        """Whether it is about what the sender can never send: the bounds of a text where it sends numbers."""
        reader, pointers = self.ground(difference.site, difference.guards).sender
        path = difference.path[:-1] if difference.subject in OF_PARENT else difference.path
        for length, step in enumerate(path):
            kinds = types_of(reader.shape(at_path(reader, pointers, path[:length])))
            if kinds is not None and ("array" if step == ITEM or step.startswith("[") else "object") not in kinds:
                return True
        kinds = types_of(reader.shape(at_path(reader, pointers, path)))
        return kinds is not None and kinds.isdisjoint(_ABOUT.get(difference.subject, kinds))

    def _whole(self, site: MessageSite) -> bool:
        """Whether the whole message is proven to harm nobody, as senders send what their contract names."""
        if site not in self._wholes:
            direction = site.direction
            plains = self.both.plain(False, direction), self.both.plain(True, direction)
            old, new = plains[0].of(site.before), plains[1].of(site.after)
            if direction == "request":
                proven = covers(new, {"allOf": [old, plains[0].closed(site.before)]})
            else:
                proven = covers(old, {"allOf": [new, plains[1].closed(site.after)]})
            self._wholes[site] = proven and site.area not in ("parameter", "header")
        return self._wholes[site]

    # ------------------------------------------------------------------ readings and promises

    def _reading(self, difference: ContractDifference) -> DifferenceVerdict:
        if difference.site.direction == "response":
            return harmless("a response is read as it is")
        if difference.site.area != "body":
            return _default_of(difference)
        ground = self.ground(difference.site, difference.guards)
        worse = weakened(ground, difference)
        if worse is not None:
            return _promised(difference, worse)
        if difference.subject == "default" and difference.action == "added":
            return _default_of(difference)
        other = read_otherwise(ground, difference)
        if other is not None:
            was, now = ("left out" if value is None else short(value) for value in other[1:])
            says = f"{shown(difference.path)} is read as {now}; it was read as {was}"
            return harmful("reading", difference, other[0], says)
        return _default_of(difference) if difference.subject == "default" else undecided("no request is read otherwise")

    def _promise(self, difference: ContractDifference) -> DifferenceVerdict:
        worse = weakened(self.ground(difference.site, difference.guards), difference)
        if worse is not None:
            return _promised(difference, worse)
        if self._grows(difference):
            return harmless("what was promised before still is")
        return undecided("no request was found whose promise is weaker, nor a proof that there is none")

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
        reader, pointers = self.ground(site).sender
        return any(name in part.schema.get("x-images", {}) for part in reader.spread(pointers))


def _discriminator(difference: ContractDifference) -> DifferenceVerdict:
    """A value more that may be sent, or one less that may come, leads nobody astray."""
    looser = "added" if _asks(difference) or difference.subject == "discriminator" else "removed"
    if difference.action == looser:
        return harmless("what is valid stays the same")
    return undecided("a discriminator says nothing of what is valid, only of what it is read as")


def _asks(difference: ContractDifference) -> bool:
    return difference.site.direction == "request"


_PROOF = "proven: every message that one side may send, the other takes"


def _unjudged_format(difference: ContractDifference) -> str | None:
    if difference.subject != "format":
        return None
    values = [spot.value for spot in (difference.before, difference.after) if spot and isinstance(spot.value, str)]
    unknown = [value for value in values if value not in _JUDGED_FORMATS]
    loosened = difference.action == ("removed" if difference.site.direction == "request" else "added")
    return f"no validator judges the format {unknown[0]!r}" if unknown and not loosened else None


def _shown(difference: ContractDifference, message: Json, says: str) -> DifferenceVerdict:
    asks = difference.site.direction == "request"
    reported = f"taken before, refused now: {says}" if asks else f"possible now, forbidden before: {says}"
    return harmful("request" if asks else "answer", difference, message, reported)


def _promised(difference: ContractDifference, worse: Any) -> DifferenceVerdict:
    says = f"taken by both; promised {worse.after}, before {worse.before}"
    return harmful("promise", difference, worse.message, says)


def _default_of(difference: ContractDifference) -> DifferenceVerdict:
    """A default says by itself what a request without the field means."""
    if difference.action == "added":
        return harmless("nothing was said before of what it means when left out")
    old, new = (spot.value if spot else None for spot in (difference.before, difference.after))
    now = short(new) if difference.action == "changed" else "nothing that is said"
    says = f"{shown(difference.path) or difference.site.name} left out means {now}; it meant {short(old)}"
    return harmful("reading", difference, None, says)
