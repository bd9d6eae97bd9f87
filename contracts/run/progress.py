"""The progress of a run, reported while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Counts of a run so far."""

    probes: int
    planned: int
    requests: int
    images: int
    cost: Decimal
    findings: int
    now: str = ""
    """A description of the current probe."""
