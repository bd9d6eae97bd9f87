"""Decides about the issues of a watch: one is open for the present findings, the others are closed.

A finding whose claims were not judged this time stays in the issue: nobody knows whether it is fixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pixpact.watch.marker import WatchMark
from pixpact.watch.report_reader import CheckReport, claims_of


@dataclass(frozen=True, slots=True)
class WatchIssue:
    """An existing issue of a watch."""

    number: int
    is_open: bool
    mark: WatchMark


@dataclass(frozen=True, slots=True)
class OpenIssue:
    """Open a new issue."""

    mark: WatchMark


@dataclass(frozen=True, slots=True)
class UpdateIssue:
    """Update the body of an issue; `again`: it is closed, and must be reopened."""

    number: int
    mark: WatchMark
    again: bool = False


@dataclass(frozen=True, slots=True)
class CloseIssue:
    """Close an issue. `clean`: nothing is found any more; otherwise another issue replaces it."""

    number: int
    clean: bool


Action = OpenIssue | UpdateIssue | CloseIssue


def actions(watch: str, report: CheckReport, issues: Iterable[WatchIssue]) -> Iterator[Action]:
    """The actions in order; none if there are no findings and no open issue."""
    own = [issue for issue in issues if issue.mark.watch == watch]
    still, cases = _still(report, own)
    mark = WatchMark(watch, still, cases)
    current = _current(mark, own)
    if mark.findings:
        yield OpenIssue(mark) if current is None else UpdateIssue(current.number, mark, again=not current.is_open)
    for issue in own:
        if issue.is_open and issue is not current:
            yield CloseIssue(issue.number, clean=not mark.findings)


def _still(report: CheckReport, own: list[WatchIssue]) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """The claims and the case of each finding: those found now, and earlier ones that were not checked again."""
    claims_by_fingerprint = {finding["fingerprint"]: claims_of(finding) for finding in report.found}
    cases = {finding["fingerprint"]: str(finding["case"]) for finding in report.found if finding.get("case")}
    for issue in own:
        for fingerprint, claims in issue.mark.findings.items() if issue.is_open else ():
            case = issue.mark.cases.get(fingerprint, "")
            if fingerprint not in claims_by_fingerprint and report.says_nothing_of(claims, case):
                claims_by_fingerprint[fingerprint] = claims
                cases |= {fingerprint: case} if case else {}
    return claims_by_fingerprint, cases


def _current(mark: WatchMark, own: list[WatchIssue]) -> WatchIssue | None:
    """The issue with the same set of findings: open ones first, then the lowest number."""
    same = [issue for issue in own if mark.findings and issue.mark.set == mark.set]
    return min(same, key=lambda issue: (not issue.is_open, issue.number), default=None)
