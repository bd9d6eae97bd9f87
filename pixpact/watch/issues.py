"""What is to be done with the issues of a watch: one is open for what is found now, all others are closed.

A finding whose claim was not judged this time stays in the issue: nobody knows that it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pixpact.watch.marker import WatchMark
from pixpact.watch.report_reader import CheckReport, claims_of


@dataclass(frozen=True, slots=True)
class WatchIssue:
    """An issue of a watch that is there already."""

    number: int
    is_open: bool
    mark: WatchMark


@dataclass(frozen=True, slots=True)
class OpenIssue:
    """Open a new issue."""

    mark: WatchMark


@dataclass(frozen=True, slots=True)
class UpdateIssue:
    """Write an issue's body anew; `again`: it was closed, and is opened again."""

    number: int
    mark: WatchMark
    again: bool = False


@dataclass(frozen=True, slots=True)
class CloseIssue:
    """Close an issue. `clean`: nothing of it is found any more; else another issue has taken its place."""

    number: int
    clean: bool


Action = OpenIssue | UpdateIssue | CloseIssue


def actions(watch: str, report: CheckReport, issues: Iterable[WatchIssue]) -> Iterator[Action]:
    """What to do, in this order; nothing where nothing was found and nothing is open."""
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
    """What is found now, and before and not looked at since: the claims, and the request that shows it."""
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
    """The issue of this very set: an open one before a closed one, and the oldest of several."""
    same = [issue for issue in own if mark.findings and issue.mark.set == mark.set]
    return min(same, key=lambda issue: (not issue.is_open, issue.number), default=None)
