"""Drops findings that are only the consequence of another finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pixpact.contracts.findings import Finding

Explanation = Callable[[Finding, Finding], bool]
"""(a finding, its possible cause) → whether the cause explains it."""


def explained(finding: Finding, causes: Iterable[Finding]) -> bool:
    """Whether one of the other findings explains this one."""
    return any(rule(finding, cause) for cause in causes if cause is not finding for rule in _RULES)


def _names_what_is_refused(finding: Finding, cause: Finding) -> bool:
    """A refusal names a field that is refused in every request, instead of the field that was made wrong."""
    return (
        finding.kind == "binding"
        and "$violation." in finding.promised
        and cause.kind == "refused"
        and cause.operation == finding.operation
    )


def _counts_what_is_missing(finding: Finding, cause: Finding) -> bool:
    """The usage counts images that were made but not delivered."""
    return (
        finding.kind == "binding"
        and "$usage." in finding.promised
        and cause.kind == "count"
        and cause.operation == finding.operation
    )


def _is_no_number_there(finding: Finding, cause: Finding) -> bool:
    """A progress of another type is in no range either."""
    return finding.kind == "progress" and cause.kind == "type" and _is_at(finding, cause)


def _falls_back_on_what_is_refused(finding: Finding, cause: Finding) -> bool:
    """A value that is no longer accepted cannot be the default either."""
    return (
        finding.claim.area == "normalisation"
        and cause.kind == "refused"
        and cause.claim.area == "request"
        and _is_same_field(finding, cause)
    )


def _follows_from_pixels(finding: Finding, cause: Finding) -> bool:
    """Stated sizes and token counts differ because the images have other pixels than promised."""
    reported = finding.kind == "stated-size" or (finding.kind == "binding" and "$usage.tokens" in finding.promised)
    return reported and cause.kind == "pixels" and cause.operation == finding.operation


def _is_not_found(finding: Finding, cause: Finding) -> bool:
    """A task that its link does not lead to is refused by all operations."""
    return finding.kind == "refused" and cause.kind == "link" and cause.operation == finding.operation


def _was_wrong_all_along(finding: Finding, cause: Finding) -> bool:
    """A wrong creation time in some responses differs from that in others."""
    return (
        finding.kind == "unstable"
        and finding.claim.id.endswith("/created")
        and cause.kind == "binding"
        and "$task.createdAt" in cause.promised
    )


def _comes_of_another_status(finding: Finding, cause: Finding) -> bool:
    """A body sent with a wrong status does not match what is documented for that status."""
    statuses = [str(exchange.status) for exchange in finding.trace.exchanges[-1:]]
    return finding.kind in ("content-type", "unreadable") and cause.kind == "status" and statuses == [cause.detail]


def _is_at(finding: Finding, cause: Finding) -> bool:
    """Whether both findings are about the same response field of the same operation."""
    return (finding.operation, finding.pointer_pattern) == (cause.operation, cause.pointer_pattern)


def _is_same_field(finding: Finding, cause: Finding) -> bool:
    """Whether the cause is about the rules of the field whose default the finding is about."""
    field = finding.claim.pointer.removesuffix("/default")
    return field != finding.claim.pointer and cause.claim.pointer.startswith(f"{field}/")


_RULES: tuple[Explanation, ...] = (
    _names_what_is_refused,
    _counts_what_is_missing,
    _is_no_number_there,
    _falls_back_on_what_is_refused,
    _follows_from_pixels,
    _is_not_found,
    _was_wrong_all_along,
    _comes_of_another_status,
)
