"""The result of a drill: the meaning of each drift, and whether the suite noticed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pixpact.contracts.diff.rules.rules import ORDER, TODO
from pixpact.contracts.findings import Severity
from pixpact.drill.baseline import DrillBaseline
from pixpact.drill.drifts import VendorDrift
from pixpact.drill.twins.twin_log import DriftSighting

Verdict = Literal["let-through", "noticed", "not-read", "not-exercised", "unsteady", "unfit", "not-run"]
VERDICTS: Mapping[Verdict, str] = {
    "let-through": "the suite saw it and passed",
    "noticed": "the suite failed, or did not end in time",
    "not-read": "the suite saw it and passed, and no source file names the field that changed",
    "not-exercised": "no response changed: the suite never requests what the drift changes",
    "unsteady": "the suite is flaky: it failed although no response changed",
    "unfit": "it cannot be applied to what the tests request",
    "not-run": "the drill was interrupted before",
}
"""Verdict → what it means."""


@dataclass(frozen=True, slots=True)
class DriftMeaning:
    """What a drift does to a client: its worst change, as judged by `pixpact diff`.

    `kind` is what a client must do, a key of `TODO`; `says`: messages about the changes; `places`: the operations and
    messages where they show; `operations`: the ids of these operations.
    """

    severity: Severity
    kind: str
    says: tuple[str, ...]
    places: tuple[str, ...]
    operations: tuple[str, ...]
    fields: tuple[str, ...] = ()
    """The response fields that the harmful changes are about; () if one of these is about something else."""

    @property
    def counts(self) -> bool:
        """Whether a suite should notice the drift; one that harms no client should be let through."""
        return self.severity != "info"


@dataclass(frozen=True, slots=True)
class DriftOutcome:
    """The outcome of one drift. `tests`: the tests that failed; `seen`: differences in responses."""

    verdict: Verdict
    how: str = ""
    seconds: float = 0.0
    tests: tuple[str, ...] = ()
    seen: tuple[DriftSighting, ...] = ()
    called: tuple[str, ...] = ()
    """The operations of the vendor that the suite called."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DriftResult:
    """One drift, its meaning, and its outcome."""

    drift: VendorDrift
    meaning: DriftMeaning
    outcome: DriftOutcome


@dataclass(frozen=True, slots=True)
class CleanRun:
    """The run without a drift. `limit`: the seconds that each drifted run may take."""

    called: Mapping[str, int]
    seconds: float
    limit: float

    @property
    def requests(self) -> int:
        """The number of requests."""
        return sum(self.called.values())


@dataclass(frozen=True, slots=True)
class DrillResult:
    """A whole drill, in the order of the drifts. `unfit`: drifts that cannot be applied to the contract, and why."""

    contract: str
    vendor: str
    pace: str
    seed: int
    clean: CleanRun
    drills: tuple[DriftResult, ...]
    unfit: tuple[tuple[VendorDrift, str], ...] = ()
    interrupted: bool = False
    baseline: DrillBaseline | None = None

    @property
    def new(self) -> tuple[DriftResult, ...]:
        """The drifts that count, are let through and are not in the baseline; () without a baseline."""
        reasons = self.baseline.reasons if self.baseline else None
        through = self.of("let-through", counting=True)
        return tuple(drilled for drilled in through if reasons is not None and drilled.drift.name not in reasons)

    def accepted(self, drilled: DriftResult) -> str:
        """The reason why a drift is accepted; empty if it is not."""
        reasons = self.baseline.reasons if self.baseline else {}
        return reasons.get(drilled.drift.name, "")

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes about entries of the baseline."""
        noticed = [drilled.drift.name for drilled in self.of("noticed")]
        return tuple(self.baseline.notes(noticed)) if self.baseline else ()

    def of(self, verdict: Verdict, counting: bool | None = None) -> tuple[DriftResult, ...]:
        """The drifts of one verdict, worst first. `counting` selects those that count, or those that do not."""
        drills = [
            drill
            for drill in self.drills
            if drill.outcome.verdict == verdict and counting in (None, drill.meaning.counts)
        ]
        kinds = list(TODO)
        return tuple(
            sorted(
                drills, key=lambda drilled: (ORDER.index(drilled.meaning.severity), kinds.index(drilled.meaning.kind))
            )
        )

    @property
    def exercised(self) -> int:
        """The number of drifts that count and were seen by the suite."""
        return len(self.of("noticed", True)) + len(self.of("let-through", True))

    @property
    def score(self) -> float | None:
        """The per cent of the exercised drifts that were noticed; None if none was exercised."""
        return 100 * len(self.of("noticed", True)) / self.exercised if self.exercised else None


def exit_code(result: DrillResult, fail_under: float | None) -> tuple[int, tuple[str, ...]]:
    """The exit code of a drill, and the reasons for it."""
    if result.interrupted:
        return 130, ("interrupted",)
    if fail_under is not None and result.score is not None and result.score < fail_under:
        return 1, (f"the score {result.score:.0f} % is below the {fail_under:g} % required",)
    if result.new:
        return 1, tuple(f"{drilled.drift.name} is let through and not in the baseline" for drilled in result.new)
    unknown = [drill for drill in result.drills if drill.outcome.verdict in ("unfit", "unsteady")]
    if unknown:
        return 3, tuple(
            f"{drilled.drift.name} could not be checked: {VERDICTS[drilled.outcome.verdict]}" for drilled in unknown
        )
    if fail_under is not None and result.score is None:
        return 3, ("there is no score: the suite saw none of the drifts that count",)
    return 0, ("every drift was tried",)
