"""What a run has seen until it ended, and why it ended early where it did."""

from __future__ import annotations

from dataclasses import dataclass, field

from pixpact.contracts.judging.ledger import JudgementLedger
from pixpact.contracts.limits.budget import OverBudget
from pixpact.wire.exchange import Exchange


@dataclass(slots=True)
class RunOutcome:
    """What a run has seen."""

    ledger: JudgementLedger
    exchanges: list[Exchange] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    """What was left out without being a failure."""
    again: tuple[str, ...] = ()
    """What was sent a second time, and after what."""
    interrupted: bool = False
    cut: str = ""
    """Why the plan was not carried out to its end; empty when it was."""
    caps: set[str] = field(default_factory=set)
    """The caps that struck: `requests`, `images`, `cost`."""

    def failed(self, what: str, error: Exception) -> None:
        """A probe could not be carried out, for this reason."""
        self.failures.append(f"{what}: {error}" if what else str(error))
        if isinstance(error, OverBudget):
            self.caps.add(error.cap)
