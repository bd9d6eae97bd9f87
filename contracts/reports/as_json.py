"""Writes a check as one JSON document; its JSON Schema is `schema.json`.

Within one `format`, fields are neither removed nor changed in meaning; new ones may be added.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pixpact
from pixpact.contracts.claims.claim import Area, Verdict
from pixpact.contracts.findings import SEVERITIES
from pixpact.contracts.reports.view import JudgedClaim, ReportView, ShownClaim, ShownFinding
from pixpact.contracts.run.result import VERDICTS, RunSpending
from pixpact.wire.control_characters import visible_json

FORMAT = 1
SCHEMA = Path(__file__).parent / "schema.json"


def json_text(document: Any) -> str:
    """A JSON value as indented text; visible characters are not escaped, invisible ones are."""
    return visible_json(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)) + "\n"


def document(view: ReportView) -> dict[str, Any]:
    """The report as a JSON value."""
    return {
        "report": "check",
        "format": FORMAT,
        "pixpact": pixpact.__version__,
        "contract": view.contract,
        "vendor": view.vendor,
        "target": view.target,
        "started": view.started,
        "duration": view.duration,
        "seed": view.seed,
        "exit_code": view.outcome.code,
        "reasons": list(view.outcome.reasons),
        "interrupted": view.interrupted,
        "demands": _demands(view),
        "summary": _summary(view),
        "findings": [_finding(finding) for finding in view.findings],
        "unchecked": [_unjudged(judged) for judged in view.of("unchecked")],
        "not_checkable": [_unjudged(judged) for judged in view.of("not-checkable")],
        "sent_again": list(view.again),
        "cases": list(view.cases),
        "kept": [judged.statement.id for judged in view.of("kept")],
        "failures": list(view.failures),
        "baseline_notes": list(view.notes),
        "left_out": list(view.left_out),
        "next": list(view.next),
    }


def _demands(view: ReportView) -> dict[str, Any]:
    demands = view.demands
    return {
        "fail_on": demands.fail_on,
        "min_coverage": demands.min_coverage,
        "strict_coverage": demands.strict_coverage,
    }


def _summary(view: ReportView) -> dict[str, Any]:
    by_severity = {word: sum(finding.severity == word for finding in view.findings) for word in reversed(SEVERITIES)}
    counts = {"total": len(view.findings), "new": len(view.new), "accepted": len(view.accepted)}
    return {
        "claims": {"total": len(view.judged), **_verdicts(view)},
        "areas": {area: _verdicts(view, area) for area in view.areas()},
        "coverage": round(view.coverage, 4),
        "findings": counts | by_severity,
        **_spending(view.spent),
        "currency": view.currency,
        "ceiling": _spending(view.ceiling),
        "exchanges": view.exchanges,
    }


def _verdicts(view: ReportView, area: Area | None = None) -> dict[str, int]:
    return {_field(verdict): len(view.of(verdict, area)) for verdict in VERDICTS}


def _field(verdict: Verdict) -> str:
    return verdict.replace("-", "_")


def _spending(spending: RunSpending) -> dict[str, Any]:
    cost = None if spending.cost is None else float(spending.cost)
    return {"requests": spending.requests, "images": spending.images, "cost": cost}


def _finding(finding: ShownFinding) -> dict[str, Any]:
    return {
        "fingerprint": finding.fingerprint,
        "claim": finding.statement.id,
        **_source(finding.statement),
        "kind": finding.kind,
        "severity": finding.severity,
        "new": finding.accepted is None,
        "accepted": finding.accepted,
        "counts": finding.counts,
        "operation": finding.operation,
        "pointer": finding.pointer,
        "promised": finding.promised,
        "observed": finding.observed,
        "effect": finding.effect,
        "detail": finding.detail,
        "known": finding.known or None,
        "seen": finding.seen,
        "once": finding.once,
        "billed": finding.billed,
        "also": [statement.id for statement in finding.also],
        "one_of": [statement.id for statement in finding.one_of],
        "case": finding.case or None,
        "repro": finding.repro,
        "trace": [
            {
                "started": step.started,
                "duration": step.duration,
                "method": step.method,
                "url": step.url,
                "status": step.status,
                "request": step.request,
                "answer": step.response,
            }
            for step in finding.trace
        ],
    }


def _unjudged(judged: JudgedClaim) -> dict[str, Any]:
    statement = judged.statement
    return {
        "claim": statement.id,
        **_source(statement),
        "operation": statement.operation,
        "reason": judged.reason,
        "finding": judged.finding or None,
    }


def _source(statement: ShownClaim) -> dict[str, Any]:
    source = {"file": statement.file, "line": statement.line, "pointer": statement.pointer}
    return {"area": statement.area, "statement": statement.text, "source": source}
