"""The outcome of a run: every claim with its verdict, the findings, and what it took."""

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
    """Requests sent, images bought, money spent (None: the contract states no price)."""

    requests: int = 0
    images: int = 0
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a run, or a poll at recorded traffic, came to."""

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
    """The most that the plan could have cost, as printed beforehand."""
    currency: str = "USD"
    failures: tuple[str, ...] = ()
    """Why a planned probe could not be carried out: one sentence each; empty when all were."""
    notes: tuple[str, ...] = ()
    """What was left out without being a failure, a sentence each."""
    again: tuple[str, ...] = ()
    """What was sent a second time, and after what: a sentence for each reason."""
    next: tuple[str, ...] = ()
    """What to do where the plan was not carried out to its end, a sentence each."""
    cases: tuple[str, ...] = ()
    """The requests that were judged, see `Probe.case`."""
    interrupted: bool = False
    exchanges: int = 0
    """How many exchanges were judged."""
    accepted: Mapping[str, str] = field(default_factory=dict)
    """Fingerprint → reason of the findings that the baseline holds."""
    baseline_notes: tuple[str, ...] = ()
    """Expired and unused entries of the baseline, a sentence each."""
    timelines: tuple[TaskTimeline, ...] = ()
    """The first tasks, where the run was to keep them."""

    def count(self, verdict: Verdict) -> int:
        """How many claims have this verdict."""
        return sum(judgement.verdict == verdict for judgement in self.judgements)

    @property
    def new(self) -> tuple[Finding, ...]:
        """The findings that no baseline holds."""
        return tuple(finding for finding in self.findings if finding.fingerprint not in self.accepted)

    @property
    def coverage(self) -> float:
        """Share of the claims checkable with the given flags that were judged, 0 to 1; 1 when there are none."""
        checkable = len(self.judgements) - self.count("not-checkable")
        judged = self.count("kept") + self.count("broken")
        return judged / checkable if checkable else 1.0
