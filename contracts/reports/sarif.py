"""Writes notices as a SARIF 2.1.0 log (OASIS Standard, errata 01); section numbers refer to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pixpact
from pixpact.contracts.findings import Severity
from pixpact.contracts.reports.notice import NoticeRule, ReportNotice

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: dict[Severity, str] = {"breaking": "error", "warning": "warning", "info": "note"}
_ROOT = "%SRCROOT%"
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


@dataclass(frozen=True, slots=True)
class SarifRun:
    """The run itself. `successful`: it could do what was requested (section 3.20.14)."""

    command: str
    exit_code: int
    successful: bool
    started: str
    ended: str
    failures: tuple[str, ...] = ()
    """Why something could not be done, one sentence each."""
    compared: bool = False
    """Whether a baseline was used: only then is a result new or unchanged (section 3.27.24)."""
    properties: Mapping[str, object] | None = None


def sarif_log(notices: Sequence[ReportNotice], run: SarifRun) -> dict[str, Any]:
    """The log as a JSON value, with one run."""
    rules = list({notice.rule.id: notice.rule for notice in notices}.values())
    numbers = {rule.id: number for number, rule in enumerate(rules)}
    written: dict[str, Any] = {
        "tool": {"driver": _driver(rules)},
        "automationDetails": {"id": f"{run.command}/"},
        "invocations": [_invocation(run)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(notice, numbers[notice.rule.id], run.compared) for notice in notices],
    }
    if run.properties:
        written["properties"] = dict(run.properties)
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [written]}


def _driver(rules: Iterable[NoticeRule]) -> dict[str, Any]:
    version = pixpact.__version__
    return {"name": "Pixpact", "version": version, "semanticVersion": version, "rules": [_rule(rule) for rule in rules]}


def _rule(rule: NoticeRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.replace("/", "-").split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.help},
        "help": {"text": rule.help},
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": ["contract", rule.id.partition("/")[0]]},
    }


def _invocation(run: SarifRun) -> dict[str, Any]:
    notifications = [{"level": "error", "message": {"text": literal(text)}} for text in run.failures]
    return {
        "executionSuccessful": run.successful,
        "exitCode": run.exit_code,
        "startTimeUtc": run.started,
        "endTimeUtc": run.ended,
        "toolExecutionNotifications": notifications,
    }


def _result(notice: ReportNotice, number: int, compared: bool) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": notice.rule.id,
        "ruleIndex": number,
        "kind": "fail",
        "level": LEVELS[notice.severity],
        "message": {"text": literal(f"{notice.title}\n{notice.message}")},
        "locations": [_location(notice)],
        "partialFingerprints": {
            "pixpact/v1": notice.fingerprint,
            # GitHub identifies results by this fingerprint, and derives it from the line's text without it.
            "primaryLocationLineHash": f"{notice.fingerprint}:1",
        },
        "suppressions": [],
        "properties": {**notice.properties, **({"repro": notice.command} if notice.command else {})},
    }
    if compared:
        result["baselineState"] = "new" if notice.accepted is None else "unchanged"
    if notice.accepted is not None:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": notice.accepted}]
    return result


def literal(text: str) -> str:
    """A message with placeholders (section 3.11.5) and links (section 3.11.6) disabled."""
    return _PLACEHOLDER.sub(r"{{\1}}", text).replace("](", "] (")


def _location(notice: ReportNotice) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if notice.file:
        physical: dict[str, Any] = {"artifactLocation": _artifact(notice.file)}
        if notice.line:
            physical["region"] = {"startLine": notice.line}
        location["physicalLocation"] = physical
    if notice.subject:
        location["logicalLocations"] = [{"fullyQualifiedName": notice.subject, "kind": "member"}]
    return location


def _artifact(file: str) -> dict[str, str]:
    """A relative reference below the source root, or an absolute URI (section 3.4.3)."""
    if Path(file).is_absolute():
        return {"uri": Path(file).as_uri()}
    return {"uri": quote(file), "uriBaseId": _ROOT}
