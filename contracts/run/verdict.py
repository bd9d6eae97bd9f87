"""What a run came to, as an exit code and the reasons for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.findings import Finding, Severity, at_least
from pixpact.contracts.judging.attribution import NOT_SEEN
from pixpact.contracts.run.result import CheckResult
from pixpact.specs.openapi.messages import plural

CLEAN, FOUND, UNUSABLE, UNSURE, INTERRUPTED = 0, 1, 2, 3, 130
"""2 is for what a user gave (flags, spec, baseline): no result ever has it."""


@dataclass(frozen=True, slots=True)
class CleanDemands:
    """What a run must show to be taken for clean."""

    fail_on: Severity = "warning"
    """A new finding at or above it counts."""
    min_coverage: float = 0.8
    """Share of the claims that must have been judged, 0 to 1."""
    strict_coverage: bool = False
    """The share is that of all claims: those that are not checkable count as not judged."""


ORDINARY = CleanDemands()
"""What a run must show unless told otherwise."""


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """An exit code, and why: sentences without a full stop, the deciding one first."""

    code: int
    reasons: tuple[str, ...]


def outcome(result: CheckResult, demands: CleanDemands = ORDINARY) -> RunVerdict:
    """The exit code of a run: 0 clean, 1 found, 3 could not check, 130 interrupted.

    An interruption wins over everything, since the user asked for it; a finding wins over what could not be checked.
    """
    reasons = tuple(_reasons(result, demands))
    if reasons:
        return RunVerdict(reasons[0][0], tuple(text for _, text in reasons))
    clean = f"all probes were carried out, no new finding is at or above {demands.fail_on}"
    return RunVerdict(CLEAN, (clean,))


def counting(result: CheckResult, demands: CleanDemands) -> tuple[Finding, ...]:
    """The new findings at or above the severity that fails a run."""
    return tuple(finding for finding in result.new if at_least(finding.severity, demands.fail_on))


def coverage(result: CheckResult, demands: CleanDemands) -> float:
    """Share of the claims that were judged, 0 to 1: of all of them if that is demanded, else of the checkable ones."""
    if not demands.strict_coverage or not result.judgements:
        return result.coverage
    return (result.count("kept") + result.count("broken")) / len(result.judgements)


def unseen_areas(result: CheckResult) -> list[tuple[str, str]]:
    """The areas of which something was planned and nothing was judged: what they are about, and the usual reason."""
    reasons: dict[str, Counter[str]] = {}
    judged: set[str] = set()
    for judgement in result.judgements:
        about = _about(judgement.claim)
        if judgement.verdict in ("kept", "broken"):
            judged.add(about)
        elif judgement.verdict == "unchecked":
            reasons.setdefault(about, Counter())[judgement.reason] += 1
    return [(about, counts.most_common(1)[0][0]) for about, counts in reasons.items() if about not in judged]


def _about(claim: Claim) -> str:
    """What a claim is about, in words; how many images a response names is seen without fetching one."""
    if claim.area != "image":
        return _ABOUT[claim.area]
    is_of_response = any(f"/{name}" in claim.id.partition(":image/")[2] for name in _OF_RESPONSES)
    return "image delivery" if is_of_response else "the images themselves"


_OF_RESPONSES = ("count", "as/", "lifetime")
_ABOUT = {
    "request": "what must be accepted",
    "refusal": "what must be refused",
    "normalisation": "corrected values",
    "answer": "what responses say",
    "lifecycle": "task lifecycles",
    "stream": "streams",
    "isolation": "isolation between accounts",
    "billing": "what is charged",
}


def percent(share: float) -> str:
    """A share as whole per cents, rounded down, so that 100 % means all."""
    return f"{int(share * 100 + 1e-9)} %"


def _reasons(result: CheckResult, demands: CleanDemands) -> Iterator[tuple[int, str]]:
    if result.interrupted:
        yield INTERRUPTED, "interrupted before the plan was finished"
    if count := len(counting(result, demands)):
        yield FOUND, f"{plural(count, 'new finding')} at or above {demands.fail_on}"
    unjudged = unseen_areas(result)
    for reason in dict.fromkeys(reason for _, reason in unjudged):
        areas = [area for area, why in unjudged if why == reason]
        yield UNSURE, f"nothing was judged about {', '.join(areas)}: {reason}"
    if failed := len(result.failures):
        yield UNSURE, f"{plural(failed, 'planned probe')} could not be carried out"
    share = coverage(result, demands)
    if share < demands.min_coverage:
        of = "all claims" if demands.strict_coverage else "the claims checkable with the given flags"
        yield (
            UNSURE,
            f"{percent(share)} of {of} were judged, {percent(demands.min_coverage)} are required{_mostly(result)}",
        )


def _mostly(result: CheckResult) -> str:
    """The reason for which most claims were not judged, where one is known."""
    reasons = Counter(
        judgement.reason
        for judgement in result.judgements
        if judgement.verdict == "unchecked" and judgement.reason not in _VAGUE
    )
    commonest = reasons.most_common(1)
    return f" (most often: {commonest[0][0]})" if commonest and commonest[0][1] > 1 else ""


_VAGUE = ("", NOT_SEEN)
