"""The verdict of a run: an exit code with its reasons."""

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
"""The exit codes; 2 is for invalid input (flags, spec, baseline) and never belongs to a result."""


@dataclass(frozen=True, slots=True)
class CleanDemands:
    """The requirements for a clean run."""

    fail_on: Severity = "warning"
    """The lowest severity of a new finding that fails the run."""
    min_coverage: float = 0.8
    """Minimum share of claims that must be judged, 0 to 1."""
    strict_coverage: bool = False
    """Whether the share is of all claims, so that claims that are not checkable count as not judged."""


ORDINARY = CleanDemands()
"""The default requirements."""


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """An exit code and its reasons: sentences without a full stop, the deciding one first."""

    code: int
    reasons: tuple[str, ...]


def outcome(result: CheckResult, demands: CleanDemands = ORDINARY) -> RunVerdict:
    """The exit code of a run: 0 clean, 1 findings, 3 could not check, 130 interrupted.

    An interrupt takes precedence; a finding takes precedence over what could not be checked.
    """
    reasons = tuple(_reasons(result, demands))
    if reasons:
        return RunVerdict(reasons[0][0], tuple(text for _, text in reasons))
    clean = f"all probes were carried out, no new finding is at or above {demands.fail_on}"
    return RunVerdict(CLEAN, (clean,))


def counting(result: CheckResult, demands: CleanDemands) -> tuple[Finding, ...]:
    """The new findings severe enough to fail the run."""
    return tuple(finding for finding in result.new if at_least(finding.severity, demands.fail_on))


def coverage(result: CheckResult, demands: CleanDemands) -> float:
    """Share of claims that were judged, 0 to 1: of all claims with `strict_coverage`, else of the checkable ones."""
    if not demands.strict_coverage or not result.judgements:
        return result.coverage
    return (result.count("kept") + result.count("broken")) / len(result.judgements)


def unseen_areas(result: CheckResult) -> list[tuple[str, str]]:
    """The areas with planned claims of which none was judged: (area in words, the most frequent reason)."""
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
    """The area of a claim in words; image claims that a response alone shows are named apart."""
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
    """A share as whole per cent, rounded down, so that 100 % means all."""
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
    """The most frequent specific reason for unjudged claims, in parentheses; empty without one."""
    reasons = Counter(
        judgement.reason
        for judgement in result.judgements
        if judgement.verdict == "unchecked" and judgement.reason not in _VAGUE
    )
    commonest = reasons.most_common(1)
    return f" (most often: {commonest[0][0]})" if commonest and commonest[0][1] > 1 else ""


_VAGUE = ("", NOT_SEEN)
