"""The reports of a drill: one function for each format.

Within one `format` of the JSON, fields are never removed and never change their meaning; new ones may be added.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pixpact
from pixpact.contracts.diff.rules.rules import TODO
from pixpact.drill.advice import advice, response_description
from pixpact.drill.result import VERDICTS, DriftResult, DrillResult, exit_code
from pixpact.specs.openapi.messages import plural
from pixpact.wire.control_characters import visible_json, visible_text

FORMAT = 1
SCHEMA = Path(__file__).parent / "schema.json"


@dataclass(frozen=True, slots=True)
class DrillReport:
    """A result, and the score required in per cent."""

    result: DrillResult
    fail_under: float | None = None


def document(reported: DrillReport) -> dict[str, Any]:
    """The report as a JSON value."""
    result = reported.result
    code, reasons = exit_code(result, reported.fail_under)
    return {
        "report": "drill",
        "format": FORMAT,
        "pixpact": pixpact.__version__,
        "contract": result.contract,
        "vendor": result.vendor,
        "pace": result.pace,
        "seed": result.seed,
        "exit_code": code,
        "reasons": list(reasons),
        "interrupted": result.interrupted,
        "fail_under": reported.fail_under,
        "score": None if result.score is None else round(result.score, 2),
        "summary": _summary(result),
        "clean": {
            "requests": result.clean.requests,
            "called": dict(result.clean.called),
            "seconds": round(result.clean.seconds, 3),
            "time_limit": round(result.clean.limit, 3),
        },
        "baseline_notes": list(result.notes),
        "drifts": [{**_drift(drill), "accepted": result.accepted(drill) or None} for drill in result.drills],
        "unfit": [{"name": drift.name, "reason": reason} for drift, reason in result.unfit],
    }


def _summary(result: DrillResult) -> dict[str, Any]:
    counting = {verdict: len(result.of(verdict, counting=True)) for verdict in VERDICTS}
    harmless = {verdict: len(result.of(verdict, counting=False)) for verdict in VERDICTS}
    return {"drifts": len(result.drills), "exercised": result.exercised, "counting": counting, "harmless": harmless}


def _drift(drilled: DriftResult) -> dict[str, Any]:
    drift, means, outcome = drilled.drift, drilled.meaning, drilled.outcome
    return {
        "name": drift.name,
        "title": drift.title,
        "own": drift.own,
        "breaks": drift.breaks,
        "severity": means.severity,
        "kind": means.kind,
        "counts": means.counts,
        "says": list(means.says),
        "places": list(means.places),
        "operations": list(means.operations),
        "verdict": outcome.verdict,
        "how": outcome.how or None,
        "reason": outcome.reason or None,
        "seconds": outcome.seconds,
        "tests": list(outcome.tests),
        "seen": [asdict(sighting) for sighting in outcome.seen],
        "called": list(outcome.called),
        "advice": list(advice(drilled)),
        "change": drift.change,
    }


def as_json(reported: DrillReport) -> str:
    """The report as JSON text."""
    return visible_json(json.dumps(document(reported), ensure_ascii=False, indent=2, allow_nan=False)) + "\n"


def as_html(reported: DrillReport) -> str:
    """The report as an HTML page."""
    from pixpact.drill.page_html import html

    return html(reported.result, reported.fail_under, headline(reported.result))


def headline(result: DrillResult) -> str:
    """The result in one line."""
    if result.score is None:
        return f"{result.contract}: no score: the suite saw none of the drifts that count"
    noticed = len(result.of("noticed", counting=True))
    share = f"the suite noticed {noticed} of the {plural(result.exercised, 'drift')} that it saw"
    return f"{result.contract}: {share} ({result.score:.0f} %)"


def as_markdown(reported: DrillReport) -> str:
    """The report as Markdown, for a comment on a pull request or a job summary."""
    result = reported.result
    lines = [f"### {_plain(headline(result))}", "", "| drifts | that count | harmless |", "| --- | ---: | ---: |"]
    for verdict in VERDICTS:
        counts = [len(result.of(verdict, counting=counted)) for counted in (True, False)]
        lines += [f"| {verdict.replace('-', ' ')} | {counts[0]} | {counts[1]} |"] if any(counts) else []
    through = [drilled for drilled in result.of("let-through", counting=True) if not result.accepted(drilled)]
    lines += ["", "#### Let through", ""] if through else []
    for drilled in through:
        lines.append(
            f"- **{drilled.drift.name}** ({drilled.meaning.severity}; {TODO[drilled.meaning.kind]}):"
            f" {_plain(drilled.drift.title)}"
        )
        lines += [f"  - {_plain(response_description(sighting))}" for sighting in drilled.outcome.seen]
        lines += [f"  - {_plain(text)}" for text in advice(drilled)]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Escape a text for Markdown and HTML."""
    escaped = "".join(f"\\{one}" if one in "\\`*_[]<>|#" else one for one in visible_text(text))
    return escaped.replace("&", "&amp;")


FORMATS: Mapping[str, Callable[[DrillReport], str]] = {
    "html": as_html,
    "json": as_json,
    "markdown": as_markdown,
}
"""Report format → the function that writes it."""
