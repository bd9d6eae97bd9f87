"""Writes a check as Markdown, for the step summary of a workflow."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.claims.claim import Verdict
from pixpact.contracts.reports.markdown import code, escape_markdown, fenced_block, table
from pixpact.contracts.reports.view import ReportView, ShownFinding, money_text
from pixpact.contracts.run.result import VERDICTS
from pixpact.contracts.run.verdict import percent
from pixpact.specs.openapi.messages import plural

_MOST_FINDINGS = 50
_MOST_REASONS = 20
_MOST_BYTES = 900_000
"""A step summary may have at most 1 MiB."""


def markdown(view: ReportView) -> str:
    """The Markdown page."""
    parts = list(_parts(view))
    while len("\n\n".join(parts).encode()) > _MOST_BYTES:
        parts.pop()
    return "\n\n".join(parts) + "\n"


def _parts(view: ReportView) -> Iterator[str]:
    yield f"## {escape_markdown(view.headline)}"
    yield f"Target {code(view.target)}. {escape_markdown('; '.join(view.outcome.reasons))}."
    yield _numbers(view)
    yield _areas(view)
    for finding in view.new[:_MOST_FINDINGS]:
        yield _finding(finding)
    if len(view.new) > _MOST_FINDINGS:
        yield f"{plural(len(view.new) - _MOST_FINDINGS, 'more finding')} in the JSON report."
    if view.accepted:
        yield "### Accepted in the baseline"
        yield table(
            ["severity", "claim", "reason"],
            [
                [accepted.severity, code(accepted.statement.short), escape_markdown(accepted.accepted or "")]
                for accepted in view.accepted
            ],
        )
    yield from _lists(view)


def _numbers(view: ReportView) -> str:
    spent, ceiling = view.spent, view.ceiling
    rows = [
        ["requests", str(spent.requests), str(ceiling.requests)],
        ["images", str(spent.images), str(ceiling.images)],
    ]
    if spent.cost is not None or ceiling.cost is not None:
        rows.append(["cost", money_text(spent.cost, view.currency), money_text(ceiling.cost, view.currency)])
    rows.append(["coverage", percent(view.coverage), f"at least {percent(view.demands.min_coverage)}"])
    return table(["", "this run", "planned"], rows, right=frozenset({1, 2}))


def _areas(view: ReportView) -> str:
    rows = [[area, *(str(len(view.of(verdict, area))) for verdict in VERDICTS)] for area in view.areas()]
    rows.append(["**all**", *(f"**{len(view.of(verdict))}**" for verdict in VERDICTS)])
    return table(["claims about", *map(_words, VERDICTS)], rows, right=frozenset(range(1, 5)))


def _finding(finding: ShownFinding) -> str:
    lines = [f"### {finding.severity}: {code(finding.statement.short)}", ""]
    lines.append(f"- promised: {escape_markdown(finding.promised)} ({code(finding.statement.place)})")
    observed = f"- seen: {code(finding.observed)}"
    lines.append(f"{observed} at {code(finding.pointer)}" if finding.pointer else observed)
    lines += [
        f"- {word}: {escape_markdown(fact)}" for word, fact in finding.facts() if word not in ("promised", "seen")
    ]
    lines.append(f"- fingerprint: {code(finding.fingerprint)}")
    if finding.repro:
        lines += ["", fenced_block(finding.repro, "sh")]
    return "\n".join(lines)


def _lists(view: ReportView) -> Iterator[str]:
    for title, items in _notices(view):
        if items:
            yield f"### {title}"
            yield "\n".join(f"- {escape_markdown(item)}" for item in items[:_MOST_REASONS])
    unjudged: tuple[Verdict, ...] = ("unchecked", "not-checkable")
    for verdict in unjudged:
        reasons = view.reasons(verdict)
        if reasons:
            yield f"### {_words(verdict).capitalize()}"
            rows = [[str(count), escape_markdown(reason)] for reason, count in reasons[:_MOST_REASONS]]
            left = sum(count for _, count in reasons[_MOST_REASONS:])
            rows += [[str(left), "other reasons"]] if left else []
            yield table(["claims", "why"], rows, right=frozenset({0}))


def _notices(view: ReportView) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("Could not be carried out", view.failures),
        ("Left out", view.left_out),
        ("Sent again", view.again),
        ("Baseline", view.notes),
    )


def _words(verdict: Verdict) -> str:
    return verdict.replace("-", " ")
