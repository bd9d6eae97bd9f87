"""Judgements of checks → one finding per fault, and a verdict for every claim.

A judgement may name several claims that could be at fault. Those that were seen to be kept elsewhere are cleared; what
another finding explains is no finding of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from pixpact.contracts.claim import Claim, Judgement
from pixpact.contracts.claims import Claims
from pixpact.contracts.findings import Finding, Severity
from pixpact.contracts.ledger import Entry, Ledger
from pixpact.wire.exchange import Trace

Repro = Callable[[Trace], str]


def findings_of(ledger: Ledger, repro: Repro) -> tuple[Finding, ...]:
    """The findings of a run, one per fault, in the order in which they were seen."""
    blamed = list(_blamed(ledger))
    made: dict[tuple[str, str, str], Finding] = {}
    for claim, entry in blamed:
        finding = _finding(claim, entry, repro)
        key = (claim.id, finding.kind, finding.detail)
        known = made.get(key)
        made[key] = (
            finding
            if known is None
            else replace(known, seen=known.seen + finding.seen, billed=known.billed + finding.billed)
        )
    return tuple(_grouped(made.values()))


def _blamed(ledger: Ledger) -> Iterator[tuple[Claim, Entry]]:
    """Each broken judgement with the claim that is at fault."""
    broken = [entry for entry in ledger.entries if entry.seen.kept is False]
    sure = {entry.seen.claims[0].id for entry in broken if len(entry.seen.claims) == 1}
    doubtful = []
    for entry in broken:
        if len(entry.seen.claims) == 1:
            yield entry.seen.claims[0], entry
        elif not sure & {claim.id for claim in entry.seen.claims}:
            doubtful.append(entry)
    for entry in doubtful:
        if sure & {claim.id for claim in entry.seen.claims}:
            continue
        left = [claim for claim in entry.seen.claims if claim.id not in ledger.kept]
        claim = _likeliest(left) or _together(ledger.claims, entry) or entry.seen.claims[0]
        sure.add(claim.id)
        yield claim, entry


def _likeliest(claims: list[Claim]) -> Claim | None:
    """Of several claims the one about a value: before what is left out, and before a whole example."""
    ranks = sorted(claims, key=lambda claim: ("/example/" in claim.id, claim.id.endswith("/left-out")))
    return ranks[0] if ranks else None


def _together(claims: Claims, entry: Entry) -> Claim | None:
    """All that a refused request holds is taken elsewhere: it is what goes together."""
    return claims.valid.get(entry.case.steps[0].operation.id) if entry.seen.kind == "refused" else None


def _finding(claim: Claim, entry: Entry, repro: Repro) -> Finding:
    seen = entry.seen
    trace = entry.case.trace(seen.steps)
    step = entry.case.steps[seen.steps[-1]] if seen.steps else entry.case.steps[0]
    severity: Severity = seen.severity
    return Finding(
        claim=claim,
        kind=seen.kind,
        severity=severity,
        operation=step.asked.operation.id if step.asked else claim.operation,
        pointer=seen.pointer,
        promised=seen.promised or claim.text,
        observed=seen.observed,
        trace=trace,
        repro=repro(trace),
        claims=tuple(other for other in seen.claims if other.id != claim.id),
        detail=seen.detail,
        seen=entry.times,
        once=seen.chance,
        billed=entry.probe.images if entry.probe and seen.kind == "accepted" else 0,
    )


def _grouped(found: Iterable[Finding]) -> Iterator[Finding]:
    """Findings of the same kind on several parts of one statement are one: the rows of a table, the values of an enum."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        groups.setdefault((finding.claim.group or finding.claim.id, finding.kind), []).append(finding)
    for (group, _), members in groups.items():
        if len(members) == 1 or members[0].claim.id == group:
            yield from members[:1] if len({it.claim.id for it in members}) == 1 and len(members) == 1 else members
            continue
        first = members[0]
        others = tuple(dict.fromkeys(it.claim for it in members))
        wider = replace(first.claim, id=group, group="")
        yield replace(first, claim=wider, claims=others, seen=sum(it.seen for it in members))


def judgements(ledger: Ledger, findings: Iterable[Finding], beyond: Mapping[str, str]) -> tuple[Judgement, ...]:
    """The verdict of every claim."""
    by_claim: dict[str, Finding] = {}
    for finding in findings:
        for claim in (
            finding.claim,
            *(finding.claims if finding.claim.id.endswith(finding.claim.group or "\0") else ()),
        ):
            by_claim.setdefault(claim.id, finding)
        if any(claim.group == finding.claim.id for claim in finding.claims):
            for claim in finding.claims:
                by_claim.setdefault(claim.id, finding)
    reasons = {
        claim.id: entry.seen.reason
        for entry in ledger.entries
        if entry.seen.kept is None
        for claim in entry.seen.claims
    }
    first = next(iter(by_claim.values()), None)
    return tuple(_judgement(claim, ledger, by_claim, reasons, beyond, first) for claim in ledger.claims.all)


def _judgement(
    claim: Claim,
    ledger: Ledger,
    by_claim: Mapping[str, Finding],
    reasons: Mapping[str, str],
    beyond: Mapping[str, str],
    first: Finding | None,
) -> Judgement:
    if (finding := by_claim.get(claim.id)) is not None:
        return Judgement(claim, "broken", finding=finding.fingerprint)
    if claim.id in ledger.kept:
        return Judgement(claim, "kept")
    if claim.id in beyond:
        return Judgement(claim, "not-checkable", beyond[claim.id])
    if (blocking := _blocking(claim, ledger, by_claim)) is not None:
        return Judgement(claim, "unchecked", f"blocked by {blocking.fingerprint}", blocking.fingerprint)
    if claim.id in reasons:
        return Judgement(claim, "unchecked", reasons[claim.id])
    if claim.id in ledger.unsent:
        return Judgement(claim, "unchecked", ledger.unsent[claim.id])
    if first is not None:
        return Judgement(claim, "unchecked", f"blocked by {first.fingerprint}", first.fingerprint)
    return Judgement(claim, "unchecked", "no answer showed it")


def _blocking(claim: Claim, ledger: Ledger, by_claim: Mapping[str, Finding]) -> Finding | None:
    """The finding of a request that should have shown a claim."""
    for entry in ledger.entries:
        if entry.seen.kept is False and entry.probe and claim.id in entry.probe.claims:
            for other in entry.seen.claims:
                if other.id in by_claim:
                    return by_claim[other.id]
    return None
