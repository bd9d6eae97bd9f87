"""The result of a check: every claim with its verdict, the findings, and what was spent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pixpact.contracts.claims.claim import Judgement, Verdict
from pixpact.contracts.findings import Finding
from pixpact.contracts.run.timelines import TaskTimeline

VERDICTS: tuple[Verdict, ...] = ("kept", "broken", "unchecked", "not-checkable")


@dataclass(frozen=True, slots=True)
class RunSpending:
    """Requests sent, images bought, money spent (None if no price is known)."""

    requests: int = 0
    images: int = 0
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of a check, or of judging a recording."""

    contract: str
    """As the user named it: `vendor` or `vendor@overlay`."""
    vendor: str
    target: str
    """A URL, `the mock in process`, or the names of recordings."""
    started: float
    """Seconds since the epoch."""
    duration: float
    seed: int
    judgements: tuple[Judgement, ...]
    findings: tuple[Finding, ...]
    spent: RunSpending = RunSpending()
    ceiling: RunSpending = RunSpending()
    """The maximum cost of the plan, as printed beforehand."""
    currency: str = "USD"
    failures: tuple[str, ...] = ()
    """Why planned probes could not be carried out, one sentence each."""
    notes: tuple[str, ...] = ()
    """What was left out without being a failure, one sentence each."""
    again: tuple[str, ...] = ()
    """Which requests were sent again, one sentence for each reason."""
    next: tuple[str, ...] = ()
    """How to continue an incomplete run, one sentence each."""
    cases: tuple[str, ...] = ()
    """The ids (`Probe.case`) of the requests that were judged."""
    interrupted: bool = False
    exchanges: int = 0
    """The number of exchanges judged."""
    accepted: Mapping[str, str] = field(default_factory=dict)
    """Fingerprint → reason of the findings that the baseline accepts."""
    baseline_notes: tuple[str, ...] = ()
    """Expired and unused entries of the baseline, one sentence each."""
    timelines: tuple[TaskTimeline, ...] = ()
    """The first tasks, if the run keeps them."""

    def count(self, verdict: Verdict) -> int:
        """How many claims have this verdict."""
        return sum(judgement.verdict == verdict for judgement in self.judgements)

    @property
    def new(self) -> tuple[Finding, ...]:
        """The findings that the baseline does not accept."""
        return tuple(finding for finding in self.findings if finding.fingerprint not in self.accepted)

    @property
    def coverage(self) -> float:
        """Share of the checkable claims that were judged, 0 to 1; 1 when there are none."""
        checkable = len(self.judgements) - self.count("not-checkable")
        judged = self.count("kept") + self.count("broken")
        return judged / checkable if checkable else 1.0
