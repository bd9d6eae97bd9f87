"""What a run tells while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is."""

    probes: int
    planned: int
    requests: int
    images: int
    cost: Decimal
    findings: int
    now: str = ""
    """What is being done, for people."""
