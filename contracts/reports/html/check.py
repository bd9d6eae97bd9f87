"""Writes a check as one HTML file: findings, a map of the claims, tasks, images, costs."""

from __future__ import annotations

from dataclasses import dataclass

from pixpact.contracts.claims.claim import Area
from pixpact.contracts.reports.html import charts
from pixpact.contracts.reports.html.page import rendered
from pixpact.contracts.reports.view import AREAS, JudgedClaim, ReportView, money_text
from pixpact.contracts.run.result import VERDICTS
from pixpact.contracts.run.verdict import percent
from pixpact.specs.openapi.messages import plural


@dataclass(frozen=True, slots=True)
class NumberedClaim:
    """A claim with its number on the page."""

    number: int
    judged: JudgedClaim


@dataclass(frozen=True, slots=True)
class MapRow:
    """The claims of one operation, by area."""

    operation: str
    cells: dict[Area, list[NumberedClaim]]


def html(view: ReportView) -> str:
    """The HTML page."""
    claims = [NumberedClaim(number, judged) for number, judged in enumerate(view.judged, 1)]
    pairs = [(task, pair) for task in view.timelines for pair in task.images]
    pairs.sort(key=lambda pair: pair[1].as_promised is not False)
    return rendered(
        "check.html",
        {
            "view": view,
            "claims": claims,
            "areas": view.areas(),
            "rows": _rows(claims),
            "verdicts": VERDICTS,
            "counts": {verdict: len(view.of(verdict)) for verdict in VERDICTS},
            "numbers": {finding.fingerprint: n for n, finding in enumerate((*view.new, *view.accepted), 1)},
            "coverage": percent(view.coverage),
            "spent": money_text(view.spent.cost, view.currency),
            "ceiling": money_text(view.ceiling.cost, view.currency),
            "pairs": pairs,
            "charts": charts,
            "spending": charts.spending_by_model(view.timelines),
            "money": money_text,
            "plural": plural,
        },
    )


def _rows(claims: list[NumberedClaim]) -> list[MapRow]:
    """The rows of the map: operations in the contract's order, areas in the order of a request."""
    rows: dict[str, dict[Area, list[NumberedClaim]]] = {}
    for claim in claims:
        statement = claim.judged.statement
        cells = rows.setdefault(statement.operation, {area: [] for area in AREAS})
        cells[statement.area].append(claim)
    return [MapRow(operation, cells) for operation, cells in rows.items()]
