"""Reads the JSON report of a check."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class CheckReport:
    """One run of a check: its findings, and what it says about earlier findings."""

    contract: str
    target: str
    started: str
    exit_code: int
    reasons: tuple[str, ...]
    found: tuple[dict[str, Any], ...]
    """The new findings that make the run fail, as in the report."""
    judged: frozenset[str]
    """Ids of the claims that were kept or broken."""
    unjudged: frozenset[str]
    """Ids of the claims that were not checked."""
    cases: frozenset[str] | None = None
    """The requests that were judged; None if the report does not list them."""

    def says_nothing_of(self, claims: tuple[str, ...], case: str = "") -> bool:
        """Whether an earlier finding was not checked this time: its request, or all its claims.

        If another request keeps a claim, that says nothing about the request that broke it.
        """
        if case and self.cases is not None and case not in self.cases:
            return True
        return bool(self.unjudged & set(claims)) and not self.judged & set(claims)


def claims_of(finding: dict[str, Any]) -> tuple[str, ...]:
    """The claims that a finding breaks."""
    return (finding["claim"], *finding["also"])


def read_report(path: Path) -> CheckReport | None:
    """The run in a report; None if the file is missing or incomplete."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        broken = {claim for finding in report["findings"] for claim in claims_of(finding)}
        return CheckReport(
            contract=report["contract"],
            target=report["target"],
            started=report["started"],
            exit_code=report["exit_code"],
            reasons=tuple(report["reasons"]),
            found=tuple(finding for finding in report["findings"] if finding["counts"]),
            judged=frozenset(report["kept"]) | broken,
            cases=frozenset(report["cases"]) if report.get("cases") else None,
            unjudged=frozenset(entry["claim"] for entry in (*report["unchecked"], *report["not_checkable"])),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
