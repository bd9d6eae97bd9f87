"""Which finding is only the consequence of another."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pixpact.contracts.findings import Finding

Explanation = Callable[[Finding, Finding], bool]
"""(a finding, another) → whether the other explains it."""


def explained(finding: Finding, others: Iterable[Finding]) -> bool:
    """Whether one of the others explains a finding."""
    return any(rule(finding, other) for other in others if other is not finding for rule in _RULES)


def _names_what_is_refused(finding: Finding, other: Finding) -> bool:
    """A refusal names the member that requests are refused for now, not the one that was made wrong."""
    return (
        finding.kind == "binding"
        and "$violation." in finding.promised
        and other.kind == "refused"
        and other.operation == finding.operation
    )


def _counts_what_is_missing(finding: Finding, other: Finding) -> bool:
    """The usage counts pictures that were made and are not there."""
    return (
        finding.kind == "binding"
        and "$usage." in finding.promised
        and other.kind == "count"
        and other.operation == finding.operation
    )


_RULES: tuple[Explanation, ...] = (_names_what_is_refused, _counts_what_is_missing)
