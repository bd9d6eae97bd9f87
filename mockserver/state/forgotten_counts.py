"""What was forgotten because there was no room for it: how much of each kind, and a line the first time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

ForgottenKind = Literal["tasks", "uploads", "webhooks", "accounts", "charges", "idempotency keys", "rate windows"]
"""What a store has a bound for, beside standing faults, which are refused beyond theirs."""


class ForgottenCounts:
    """Counts what made room. `report` is told once of each kind, in a sentence."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._reported: set[str] = set()
        self.report: Callable[[str], None] | None = None

    def add(self, kind: ForgottenKind, number: int = 1) -> None:
        """So many of a kind are forgotten now."""
        if number > 0:
            self._counts[kind] = self._counts.get(kind, 0) + number
            if kind not in self._reported:
                self._report_once(kind)

    def follow(self, counts: Mapping[str, int]) -> None:
        """These are the counts of some kinds now, whoever counted them."""
        self._counts.update(counts)
        for kind in counts:
            self._report_once(kind)

    def _report_once(self, kind: str) -> None:
        if self.report is not None and kind not in self._reported:
            self._reported.add(kind)
            self.report(f"there is no room for more {kind}: the oldest are forgotten; /_pixpact/health counts them")

    def read(self) -> dict[str, int]:
        """How many of each kind were forgotten; kinds of which none was are left out."""
        return dict(self._counts)
