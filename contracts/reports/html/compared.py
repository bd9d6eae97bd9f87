"""Writes a diff as one HTML file: actions for clients, changes with proof, affected recorded calls."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pixpact.contracts.diff.report import ContractChange, ContractComparison
from pixpact.contracts.diff.rules.rules import ORDER, TODO
from pixpact.contracts.diff.traffic.impact import CallEffect, CallImpact, EffectTally
from pixpact.contracts.reports.html.page import rendered
from pixpact.contracts.reports.sanitize import TextSanitizer, cut_text
from pixpact.contracts.reports.view import file_of
from pixpact.specs.openapi.messages import plural

_MOST = 4000
"""Maximum characters of a witness: it may be an image of many megabytes."""


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change as the page shows it, with sanitized texts."""

    severity: str
    direction: str
    rule: str
    message: str
    lines: tuple[str, ...]
    places: tuple[str, ...]
    proof: str
    content: str
    """The witness as JSON; empty without one."""


@dataclass(frozen=True, slots=True)
class ShownCalls:
    """Recorded calls with the same effect."""

    count: int
    operation: str
    outcome: str
    breaks: bool
    reasons: tuple[str, ...]
    example: str


def html(comparison: ContractComparison, impact: CallImpact | None, now: str, exit_code: int) -> str:
    """The HTML page."""
    plain = TextSanitizer()
    groups = [
        (title, [_shown(change, plain) for change in comparison.changes if change.action == action])
        for action, title in TODO.items()
    ]
    return rendered(
        "diff.html",
        {
            "base": plain(comparison.base),
            "revision": plain(comparison.revision),
            "now": now,
            "exit_code": exit_code,
            "counts": {name: sum(change.severity == name for change in comparison.changes) for name in ORDER},
            "undecided": sum(bool(change.undecided) for change in comparison.changes),
            "groups": [(number, title, changes) for number, (title, changes) in enumerate(groups, 1) if changes],
            "impact": impact,
            "calls": [_calls(effect, tally, plain) for effect, tally in impact.effects] if impact else [],
            "notes": [plain(note.message) for note in comparison.notes],
            "plural": plural,
        },
    )


def _shown(change: ContractChange, plain: TextSanitizer) -> ShownChange:
    witness = change.witness
    content = "" if witness is None or witness.content is None else _json(witness.content)
    origins = [origin for origin in (change.before, change.after) if origin is not None]
    undecided = f"Undecided: {change.undecided}" if change.undecided else ""
    return ShownChange(
        severity=change.severity,
        direction=change.direction,
        rule=change.rule,
        message=plain.block(change.message, _MOST),
        lines=tuple(dict.fromkeys(plain(f"{file_of(origin)}:{origin.line}") for origin in origins)),
        places=tuple(map(plain, change.places)),
        proof=plain.block(witness.says if witness else undecided or change.reason, _MOST),
        content=plain.block(cut_text(content, _MOST), _MOST + 100),
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _calls(effect: CallEffect, tally: EffectTally, plain: TextSanitizer) -> ShownCalls:
    return ShownCalls(
        count=tally.count,
        operation=plain(effect.operation),
        outcome=effect.outcome,
        breaks=effect.breaks,
        reasons=tuple(map(plain, effect.reasons)),
        example=plain(tally.url),
    )
