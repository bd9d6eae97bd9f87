"""The outcome of a run: all that was observed, and why it ended early if it did."""

from __future__ import annotations

from dataclasses import dataclass, field

from pixpact.contracts.judging.observation_log import ObservationLog
from pixpact.contracts.limits.budget import OverBudget
from pixpact.wire.exchange import Exchange


@dataclass(slots=True)
class RunOutcome:
    """All that a run observed."""

    ledger: ObservationLog
    exchanges: list[Exchange] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    """What was left out, without being a failure."""
    again: tuple[str, ...] = ()
    """Which requests were sent again, and why."""
    interrupted: bool = False
    cut: str = ""
    """Why the plan was not carried out to the end; empty when it was."""
    caps: set[str] = field(default_factory=set)
    """The caps that were reached: `requests`, `images`, `cost`."""

    def failed(self, what: str, error: Exception) -> None:
        """Record that a probe could not be carried out, and why."""
        self.failures.append(f"{what}: {error}" if what else str(error))
        if isinstance(error, OverBudget):
            self.caps.add(error.cap)
