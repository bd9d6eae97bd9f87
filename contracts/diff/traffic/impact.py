"""What a change breaks for one user: each recorded call is judged by both sides. Equal effects are only counted.

A call breaks if its request is refused now, if its promise got weaker, or if a field of its recorded response can
have a value now that was forbidden before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from pixpact.contracts.diff.compare.compare import ComparedContracts
from pixpact.contracts.diff.compare.differences import shown
from pixpact.contracts.diff.proof.promises import SAID, WEAKER
from pixpact.contracts.diff.proof.search_space import values_at
from pixpact.contracts.diff.report import ContractChange, ContractComparison, json_of
from pixpact.contracts.diff.traffic.calls import JudgedRequest, OperationJudge, RecordedCall, SideCalls
from pixpact.specs.openapi.document import Json
from pixpact.wire.exchange import Exchange
from pixpact.wire.redaction import redacted_url

Outcome = Literal["refused", "changed", "same", "refused before", "unknown"]
OUTCOMES: tuple[Outcome, ...] = ("refused", "changed", "same", "refused before", "unknown")


@dataclass(frozen=True, slots=True)
class CallEffect:
    """The effect on one call: outcome, reasons, fields of its response, costs before and after."""

    operation: str
    outcome: Outcome
    breaks: bool = False
    reasons: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    price: tuple[str, str] | None = None


@dataclass(slots=True)
class EffectTally:
    """How many calls have one effect, and the first of them."""

    count: int
    first: int
    """Its index in the recording."""
    url: str


@dataclass(frozen=True, slots=True)
class CallImpact:
    """All effects, each with its number of calls; breaking ones first."""

    effects: tuple[tuple[CallEffect, EffectTally], ...]

    @property
    def calls(self) -> int:
        """The number of calls, judged or not."""
        return sum(tally.count for _, tally in self.effects)

    @property
    def breaking(self) -> int:
        """The number of calls that break."""
        return sum(tally.count for effect, tally in self.effects if effect.breaks)

    def count(self, outcome: Outcome) -> int:
        """The number of calls with this outcome."""
        return sum(tally.count for effect, tally in self.effects if effect.outcome == outcome)


def impact(both: ComparedContracts, comparison: ContractComparison, exchanges: Iterable[Exchange]) -> CallImpact:
    """Judge every exchange. Memory grows with the number of different effects, not of calls."""
    judge = CallJudging(both, comparison)
    tallies: dict[CallEffect, EffectTally] = {}
    for index, exchange in enumerate(exchanges):
        effect = judge.effect(exchange)
        tally = tallies.get(effect)
        if tally is None:
            tallies[effect] = EffectTally(1, index, f"{exchange.method} {redacted_url(exchange.url)}")
        else:
            tally.count += 1
    order = sorted(
        tallies.items(), key=lambda entry: (not entry[0].breaks, OUTCOMES.index(entry[0].outcome), entry[1].first)
    )
    return CallImpact(tuple(order))


@dataclass(frozen=True)
class CallJudging:
    """Judges calls by two contracts."""

    both: ComparedContracts
    comparison: ContractComparison
    _sides: list[SideCalls] = field(default_factory=list)
    _touching: dict[str, list[ContractChange]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sides.extend(SideCalls(self.both, new) for new in (False, True))
        for change in self.comparison.changes:
            if change.direction == "response" and change.severity != "info":
                for location, path in change.paths:
                    self._touching.setdefault(location, []).append(replace(change, path=path))

    def effect(self, exchange: Exchange) -> CallEffect:
        """The effect on one call."""
        recorded = RecordedCall.of(exchange)
        old, new = (side.find(recorded) for side in self._sides)
        if old is None:
            return CallEffect(f"{exchange.method} ?", "unknown", reasons=("no operation of the base",))
        label = self.both.names.shown(old.call.label)
        recorded = recorded.with_key(old.credentials)
        before = self._sides[0].judged(old, recorded)
        if before.refusals:
            return CallEffect(label, "refused before", reasons=before.refusals[:1])
        if new is None:
            return CallEffect(label, "refused", True, ("the operation is gone",))
        after = self._sides[1].judged(new, recorded)
        if after.refusals:
            return CallEffect(label, "refused", True, after.refusals)
        return self._answered(label, recorded, before, after, (old, new))

    def _answered(
        self,
        label: str,
        recorded: RecordedCall,
        before: JudgedRequest,
        after: JudgedRequest,
        judges: tuple[OperationJudge, OperationJudge],
    ) -> CallEffect:
        weaker, price = _promises(before, after)
        changes = self._changes(label, recorded, judges[0])
        breaking = [
            change for change in changes if change.severity == "breaking" and self._can_be(recorded, judges, after)
        ]
        reasons = (*weaker, *(change.message for change in changes))
        fields = tuple(dict.fromkeys(shown(change.path) for change in changes if change.path))
        outcome: Outcome = "changed" if reasons or price else "same"
        return CallEffect(label, outcome, bool(weaker or breaking), reasons, fields, price)

    def _changes(self, label: str, recorded: RecordedCall, old: OperationJudge) -> list[ContractChange]:
        """The changes of responses that concern the recorded response."""
        entry = old.response(recorded)
        if entry is None:
            return []
        status, media = entry
        headers = (f"{label} {status} {name}" for name in recorded.response_headers)
        names = (f"{label} {status} {media}".strip(), f"{label} {status}", label, *headers)
        touching = [change for name in dict.fromkeys(names) for change in self._touching.get(name, ())]
        return [
            change
            for change in touching
            if not change.path or change.area != "response" or values_at(recorded.response, change.path)
        ]

    def _can_be(
        self, recorded: RecordedCall, judges: tuple[OperationJudge, OperationJudge], after: JudgedRequest
    ) -> bool:
        """Whether the revision may answer this very request with a response that the base forbids.

        In our dialect an example may apply to other requests only (`x-when`).
        """
        examples = self._sides[1].examples(judges[1], recorded, after)
        return examples is None or any(self._sides[0].forbids(judges[0], recorded, value) for value in examples)


def _promises(before: JudgedRequest, after: JudgedRequest) -> tuple[tuple[str, ...], tuple[str, str] | None]:
    """The promises that got weaker, and the costs of the call before and after if they differ."""
    old, new = before.promised, after.promised
    if old is None or new is None:
        return (), None
    weaker = tuple(
        f"{name}: {SAID[name](new)}, before {SAID[name](old)}"
        for name, is_weaker in WEAKER.items()
        if is_weaker(old, new)
    )
    costs = [
        promised.promise.price * promised.promise.count if promised.promise.price is not None else None
        for promised in (old, new)
    ]
    if costs[0] == costs[1]:
        return weaker, None
    return weaker, (_cost(costs[0]), _cost(costs[1]))


def _cost(amount: Decimal | None) -> str:
    return "not stated" if amount is None else f"{amount.normalize():f}"


def json_of_impact(call_impact: CallImpact) -> dict[str, Json]:
    """The impact as plain JSON."""
    counts: Mapping[str, int] = {outcome: call_impact.count(outcome) for outcome in OUTCOMES}
    return {
        "calls": call_impact.calls,
        "breaking": call_impact.breaking,
        "outcomes": dict(counts),
        "effects": [
            {
                "operation": effect.operation,
                "outcome": effect.outcome,
                "breaks": effect.breaks,
                "reasons": list(effect.reasons),
                "members": list(effect.fields),
                "price": list(effect.price) if effect.price else None,
                "calls": tally.count,
                "first": {"entry": tally.first, "call": tally.url},
            }
            for effect, tally in call_impact.effects
        ],
    }


def json_of_comparison(comparison: ContractComparison, call_impact: CallImpact | None = None) -> dict[str, Json]:
    """The comparison and its impact as plain JSON."""
    whole: dict[str, Json] = {
        "base": comparison.base,
        "revision": comparison.revision,
        "changes": [json_of(change) for change in comparison.changes],
        "notes": [str(note) for note in comparison.notes],
    }
    return whole | ({"traffic": json_of_impact(call_impact)} if call_impact is not None else {})
