"""Attributes observations to faults: one finding per fault, and a verdict for every claim.

An observation may name several claims that could be broken. Claims that were kept elsewhere are cleared. Claims that
break together are one finding; a finding that another one explains is dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pixpact.contracts.checks.acceptance import message_of
from pixpact.contracts.checks.observation import Observation
from pixpact.contracts.claims.claim import Claim, Judgement
from pixpact.contracts.findings import Finding, pattern_of
from pixpact.contracts.judging.consequences import explained
from pixpact.contracts.judging.observation_log import JudgementEntry, ObservationLog
from pixpact.contracts.judging.refusal_suspects import is_of_no_field, named_suspects
from pixpact.contracts.repro.prerequisites import leading_steps
from pixpact.wire.exchange import Trace

Repro = Callable[[Trace], str]

NOT_SEEN = "no response showed it"
"""Why a claim was not judged if no other reason applies; a finding, if there is one, blocks it."""
_STATEMENTS = ("request", "refusal", "normalisation", "image", "billing", "lifecycle")
"""Areas where claims at one pointer are one statement: a bound is accepted, one step past it is refused."""


@dataclass(slots=True)
class _FaultGroup:
    """Claims that are broken together, by id, and the observations that show it."""

    claims: dict[str, Claim] = field(default_factory=dict)
    shown: dict[str, JudgementEntry] = field(default_factory=dict)
    """The first observation of each claim."""
    entries: list[JudgementEntry] = field(default_factory=list)

    def add(self, claim: Claim, entry: JudgementEntry) -> None:
        self.claims.setdefault(claim.id, claim)
        self.shown.setdefault(claim.id, entry)
        self.entries.append(entry)

    def take(self, joined: _FaultGroup) -> None:
        self.claims = {**joined.claims, **self.claims}
        self.shown = {**joined.shown, **self.shown}
        self.entries += joined.entries


def findings_of(ledger: ObservationLog, repro: Repro) -> tuple[Finding, ...]:
    """The findings of a check, one per fault, in the order they were seen."""
    order = {claim.id: index for index, claim in enumerate(ledger.claims.all)}
    findings = [_finding(fault, order, repro, ledger) for fault in _faults(_blamed(ledger))]
    return tuple(finding for finding in findings if not explained(finding, findings))


def _blamed(ledger: ObservationLog) -> Iterator[tuple[Claim, JudgementEntry]]:
    """Yield each broken observation with the claim at fault."""
    broken = [*(entry for entry in ledger.entries if entry.seen.kept is False), *ledger.lasting]
    nothing = [
        (nothing_taken, entry) for entry in broken if (nothing_taken := _nothing_taken(entry, ledger)) is not None
    ]
    if len({id(entry.case) for _, entry in nothing}) == 1:  # a single request may have shown that its value is wrong
        nothing = [(claim, entry) for claim, entry in nothing if len(entry.seen.claims) > 1]
    yield from nothing
    broken = [entry for entry in broken if not any(entry is claim for _, claim in nothing)]
    sure = {entry.seen.claims[0].id for entry in broken if len(entry.seen.claims) == 1}
    doubtful = []
    for entry in broken:
        if len(entry.seen.claims) == 1:
            yield entry.seen.claims[0], entry
        elif not sure & {claim.id for claim in entry.seen.claims}:
            doubtful.append(entry)
    doubtful = [entry for entry in doubtful if not sure & {claim.id for claim in entry.seen.claims}]
    yield from _likeliest(doubtful, ledger, Counter(claim.pointer for entry in broken for claim in entry.seen.claims))


def _likeliest(
    doubtful: list[JudgementEntry], ledger: ObservationLog, broken: Mapping[str, int]
) -> Iterator[tuple[Claim, JudgementEntry]]:
    """Yield the claim that explains most doubtful observations, then the one that explains most of the rest.

    Between equals the statement that is in question most often is at fault: operations may share one (`broken`: by
    its JSON pointer).
    """
    while doubtful:
        counts = Counter(claim for entry in doubtful for claim in _suspects(entry, ledger))
        worst = max(counts, key=lambda claim: (counts[claim], -_vagueness(claim), broken[claim.pointer]))
        yield from ((worst, entry) for entry in doubtful if worst in _suspects(entry, ledger))
        doubtful = [entry for entry in doubtful if worst not in _suspects(entry, ledger)]


def _suspects(entry: JudgementEntry, ledger: ObservationLog) -> tuple[Claim, ...]:
    """The claims that could be at fault: those never seen kept; else the claim on valid requests as a whole."""
    together = _together(entry, ledger)
    if together and len(entry.seen.claims) > 1 and is_of_no_field(entry, ledger.claims):
        return (together,)
    left = tuple(claim for claim in entry.seen.claims if claim.id not in ledger.kept)
    left = named_suspects(left, entry, ledger.claims) or left
    return left or ((together,) if together else entry.seen.claims[:1])


def _together(entry: JudgementEntry, ledger: ObservationLog) -> Claim | None:
    """The claim on valid requests as a whole, for a refused request; None for any other observation."""
    asked = entry.case.steps[entry.seen.steps[-1] if entry.seen.steps else 0].asked
    return ledger.claims.valid.get(asked.operation.id) if asked and entry.seen.kind == "refused" else None


def _nothing_taken(entry: JudgementEntry, ledger: ObservationLog) -> Claim | None:
    """That claim where no request of the operation was accepted: then no single value is at fault."""
    together = _together(entry, ledger)
    return together if together is not None and together.id not in ledger.kept else None


def _vagueness(claim: Claim) -> int:
    """The rank of a claim as an explanation: a value before an omitted field, and that before a whole example."""
    return 2 if "/example/" in claim.id else 1 if claim.id.endswith("/left-out") else 0


# ---- joining what breaks together


def _faults(blamed: Iterable[tuple[Claim, JudgementEntry]]) -> list[_FaultGroup]:
    """Join observations that share a key into one fault, whatever claims they are about."""
    by_key: dict[tuple[str, ...], _FaultGroup] = {}
    faults: list[_FaultGroup] = []
    for claim, entry in blamed:
        keys = list(_keys(claim, entry))
        distinct = list({id(by_key[key]): by_key[key] for key in keys if key in by_key}.values())
        fault = distinct[0] if distinct else _FaultGroup()
        if not distinct:
            faults.append(fault)
        for another in distinct[1:]:
            fault.take(another)
            faults = [kept for kept in faults if kept is not another]
            by_key |= {key: fault for key, joined in by_key.items() if joined is another}
        fault.add(claim, entry)
        by_key |= dict.fromkeys(keys, fault)
    return faults


def _keys(claim: Claim, entry: JudgementEntry) -> Iterator[tuple[str, ...]]:
    """The keys that an observation shares with others of the same fault."""
    observation = entry.seen
    yield "claim", claim.id, observation.kind, observation.detail
    if claim.group:
        yield "group", claim.group, observation.kind
    if observation.root:
        yield "root", observation.root
    if claim.area in _STATEMENTS and not (observation.detail and observation.kind == "refused"):
        yield "statement", claim.pointer.partition("/x-clamp/")[0]
    if claim.area == "answer" and observation.pointer:  # several forms may have the same field
        yield "place", claim.operation, observation.kind, observation.detail, pattern_of(observation.pointer)
    if (
        observation.kind == "refused" and "/x-image/" in claim.pointer
    ):  # at the bound of one side, the other side is short too
        yield "picture", claim.operation, claim.pointer.partition("/x-image/")[0]
    if observation.kind == "unknown-member":  # a gateway adds a field to all responses
        yield "unknown-member", observation.pointer.rpartition("/")[2]
    if observation.kind == "accepted":  # a field that is no longer checked
        yield "member", claim.operation, observation.pointer
    if observation.kind == "status":  # a response whose status changed has it for every body
        yield "answer", claim.pointer.partition("/content/")[0], observation.detail


def _alternatives(fault: _FaultGroup, chosen: Claim, ledger: ObservationLog) -> tuple[Claim, ...]:
    """The other claims that may be at fault instead, because no observation distinguishes them."""
    if any(len(entry.seen.claims) == 1 for entry in fault.entries):
        return ()
    sets = [dict.fromkeys(_suspects(entry, ledger)) for entry in fault.entries]
    return tuple(claim for claim in sets[0] if claim != chosen and all(claim in claims_of for claims_of in sets))


def _finding(fault: _FaultGroup, order: Mapping[str, int], repro: Repro, ledger: ObservationLog) -> Finding:
    # "The outcome changed" is less precise than a claim about the value that changed.
    times = Counter(claim.id for entry in fault.entries for claim in entry.seen.claims)

    def rank(claim: Claim) -> tuple[bool, int, int]:
        is_changed = fault.shown[claim.id].seen.kind == "changed"
        return is_changed, -times[claim.id] if is_changed else 0, order[claim.id]

    claims = sorted(fault.claims.values(), key=rank)
    first = claims[0]
    entry = fault.shown[first.id]
    alike = [claim for claim in claims if claim.group and claim.group == first.group]
    claim = replace(first, id=first.group, group="") if len(alike) > 1 else first
    observation, trace = _of_another_field(entry, first), entry.case.trace(entry.seen.steps)
    step = entry.case.steps[observation.steps[-1]] if observation.steps else entry.case.steps[0]
    return Finding(
        claim=claim,
        kind=observation.kind,
        severity=observation.severity,
        operation=step.asked.operation.id if step.asked else first.operation,
        pointer=observation.pointer,
        promised=observation.promised or first.text,
        observed=observation.observed,
        trace=trace,
        repro=repro(entry.shown or entry.case.trace(leading_steps(entry.case, observation.steps))),
        claims=tuple(rival for rival in claims if rival.id != claim.id),
        detail=observation.detail,
        seen=sum(entry.times for entry in fault.entries),
        once=observation.chance,
        case=entry.probe.case if entry.probe else "",
        one_of=_alternatives(fault, first, ledger),
        billed=sum(entry.probe.images for entry in fault.entries if entry.probe and entry.seen.kind == "accepted"),
    )


def _of_another_field(entry: JudgementEntry, blamed: Claim) -> Observation:
    """The observation; where a refusal names a field that is valid, an observation that this field was refused."""
    observation = entry.seen
    if observation.kind != "binding" or blamed.area != "request":
        return observation
    step = entry.case.steps[observation.steps[-1]]
    observed = f"{step.exchange.status} {message_of(step.value)}".strip()
    return replace(observation, kind="refused", promised=blamed.text, observed=observed, pointer="", detail="")


# ---- the verdict of every claim


def judgements(
    ledger: ObservationLog,
    findings: Iterable[Finding],
    beyond: Mapping[str, str],
    unseen: str = NOT_SEEN,
    cut: str = "",
) -> tuple[Judgement, ...]:
    """The verdict of every claim.

    `beyond`: claim id → why it cannot be checked. `unseen`: the reason for any other unjudged claim. `cut`: why the
    plan was not carried out to the end; it then replaces that reason.
    """
    by_claim: dict[str, Finding] = {}
    for finding in findings:
        for claim in (finding.claim, *finding.claims):
            by_claim.setdefault(claim.id, finding)
    reasons = {
        claim.id: entry.seen.reason
        for entry in ledger.entries
        if entry.seen.kept is None
        for claim in entry.seen.claims
    }
    verdicts = _ClaimVerdicts(ledger, by_claim, reasons, beyond, unseen, cut)
    return tuple(verdicts.of(claim) for claim in ledger.claims.all)


@dataclass(frozen=True, slots=True)
class _ClaimVerdicts:
    ledger: ObservationLog
    by_claim: Mapping[str, Finding]
    reasons: Mapping[str, str]
    beyond: Mapping[str, str]
    unseen: str
    cut: str

    def of(self, claim: Claim) -> Judgement:
        if (finding := self.by_claim.get(claim.id)) is not None:
            return Judgement(claim, "broken", finding=finding.fingerprint)
        if claim.id in self.ledger.kept and not self.ledger.is_broken(claim.id):
            return Judgement(claim, "kept")
        if claim.id in self.beyond:
            return Judgement(claim, "not-checkable", self.beyond[claim.id])
        blocking = self._blocking(claim)
        reason = self.reasons.get(claim.id) or self.ledger.unsent.get(claim.id)
        if blocking is None and reason is None and not self.cut:
            blocking = next(iter(self.by_claim.values()), None)
        if blocking is not None:
            return Judgement(claim, "unchecked", f"blocked by {blocking.fingerprint}", blocking.fingerprint)
        return Judgement(claim, "unchecked", reason or self.cut or self.unseen)

    def _blocking(self, claim: Claim) -> Finding | None:
        """The finding of a request that should have exercised the claim."""
        for entry in self.ledger.entries:
            if entry.seen.kept is False and entry.probe and claim.id in entry.probe.claims:
                for another in entry.seen.claims:
                    if another.id in self.by_claim:
                        return self.by_claim[another.id]
        return None
