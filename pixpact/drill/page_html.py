"""The HTML report of a drill, a single file in the style of the other reports."""

from __future__ import annotations

from pathlib import Path

from pixpact.contracts.diff.rules.rules import TODO
from pixpact.contracts.reports.html.page import rendered
from pixpact.contracts.reports.sanitize import TextSanitizer
from pixpact.drill.advice import advice, response_description
from pixpact.drill.result import VERDICTS, DriftResult, DrillResult, Verdict, exit_code
from pixpact.specs.openapi.messages import plural


def html(result: DrillResult, fail_under: float | None, headline: str) -> str:
    """The report. `fail_under` is the score required, in per cent."""
    plain = TextSanitizer()
    code, reasons = exit_code(result, fail_under)
    groups = [(verdict, VERDICTS[verdict], _drifts(result, verdict, plain)) for verdict in VERDICTS]
    return rendered(
        "drill.html",
        {
            "result": result,
            "contract": plain(result.contract),
            "headline": plain(headline),
            "exit_code": code,
            "reasons": [plain(reason) for reason in reasons],
            "counts": {verdict: len(result.of(verdict, counting=True)) for verdict in VERDICTS},
            "groups": [(verdict, means, drifts) for verdict, means, drifts in groups if drifts],
            "plural": plural,
        },
        Path(__file__).parent,
    )


def _drifts(result: DrillResult, verdict: Verdict, plain: TextSanitizer) -> list[dict[str, object]]:
    """The drifts of one verdict, worst first, with texts made safe to display."""
    return [_drift(drill, plain) for drill in result.of(verdict)]


def _drift(drill: DriftResult, plain: TextSanitizer) -> dict[str, object]:
    return {
        "name": plain(drill.drift.name),
        "title": plain(drill.drift.title),
        "severity": drill.meaning.severity,
        "counts": drill.meaning.counts,
        "todo": TODO[drill.meaning.kind],
        "seconds": drill.outcome.seconds,
        "how": plain(drill.outcome.how),
        "reason": plain(drill.outcome.reason),
        "tests": [plain(test) for test in drill.outcome.tests],
        "seen": [plain(response_description(sighting)) for sighting in drill.outcome.seen],
        "advice": [plain(text) for text in advice(drill)],
        "change": plain.block(drill.drift.change),
    }
