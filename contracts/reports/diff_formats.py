"""Writes a diff as JSON, HTML, SARIF, GitHub annotations, JUnit and Markdown."""

from __future__ import annotations

import json as standard
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from pixpact.contracts.diff.report import ContractChange, ContractComparison
from pixpact.contracts.diff.rules.rules import ORDER, TODO
from pixpact.contracts.diff.traffic.impact import CallImpact, json_of_comparison
from pixpact.contracts.reports import markdown as words
from pixpact.contracts.reports.annotations import lines
from pixpact.contracts.reports.as_json import json_text
from pixpact.contracts.reports.junit import Ending, TestCase, TestSuite, xml
from pixpact.contracts.reports.notice import NoticeRule, ReportNotice
from pixpact.contracts.reports.sanitize import TextSanitizer
from pixpact.contracts.reports.sarif import SarifRun, sarif_log
from pixpact.contracts.reports.view import file_of
from pixpact.specs.openapi.messages import plural

_MOST = 600
"""Maximum characters of a witness."""


@dataclass(frozen=True, slots=True)
class DiffReport:
    """A comparison with its impact on recorded calls, and the exit code of the command."""

    comparison: ContractComparison
    impact: CallImpact | None
    exit_code: int
    now: str
    """Time of the report, as RFC 3339."""

    @property
    def title(self) -> str:
        """The names of both contracts."""
        return f"{self.comparison.base} → {self.comparison.revision}"


def json(reported: DiffReport) -> str:
    """The JSON report."""
    return json_text(json_of_comparison(reported.comparison, reported.impact))


def html(reported: DiffReport) -> str:
    """The HTML report; templates are read only when one is written."""
    from pixpact.contracts.reports.html.compared import html as page

    return page(reported.comparison, reported.impact, reported.now, reported.exit_code)


def sarif(reported: DiffReport) -> str:
    """The SARIF log: one result per change."""
    command = f"pixpact diff {reported.comparison.base} {reported.comparison.revision}"
    return json_text(
        sarif_log(
            [notice(change) for change in reported.comparison.changes],
            SarifRun(command, reported.exit_code, True, reported.now, reported.now),
        )
    )


def github(reported: DiffReport) -> str:
    """The annotations of breaking and warning changes; harmless ones are left out."""
    return lines([notice(change) for change in reported.comparison.changes if change.severity != "info"])


def junit(reported: DiffReport) -> str:
    """The JUnit document: one test case per change, one suite per kind of action that a client must take."""
    suites = []
    for action, title in TODO.items():
        breaking = [change for change in reported.comparison.changes if change.action == action]
        if breaking:
            suites.append(TestSuite(title, [_case(change) for change in breaking]))
    return xml(f"pixpact diff {reported.title}", suites, timestamp=reported.now.removesuffix("Z"), seconds=0.0)


def markdown(reported: DiffReport) -> str:
    """The Markdown page, for a step summary: what breaks, with proof; the rest in short."""
    return "\n\n".join(_parts(reported)) + "\n"


def _parts(reported: DiffReport) -> Iterator[str]:
    counts = {name: sum(change.severity == name for change in reported.comparison.changes) for name in ORDER}
    yield f"## {words.escape_markdown(reported.title)}"
    yield f"{counts['breaking']} breaking, {counts['warning']} warning, {counts['info']} harmless."
    if reported.impact is not None:
        yield f"**{reported.impact.breaking} of {plural(reported.impact.calls, 'recorded call')} break.**"
    for action, title in TODO.items():
        relevant = [
            change for change in reported.comparison.changes if change.action == action and change.severity != "info"
        ]
        if relevant:
            yield f"### {words.escape_markdown(title)}"
            yield "\n".join(_item(change) for change in relevant)
    harmless = [change for change in reported.comparison.changes if change.severity == "info"]
    if harmless:
        rows = "\n".join(f"- {words.escape_markdown(change.message)}" for change in harmless)
        yield f"<details><summary>{len(harmless)} harmless</summary>\n\n{rows}\n\n</details>"


def _item(change: ContractChange) -> str:
    proof = change.witness.says if change.witness else f"undecided: {change.undecided}" if change.undecided else ""
    lines = ", ".join(words.code(line) for line in _lines(change))
    text = f"- **{change.severity}** ({change.direction}) {words.escape_markdown(change.message)}: {lines}"
    return text + (f"\n  {words.escape_markdown(proof)}" if proof else "")


def _lines(change: ContractChange) -> list[str]:
    origins = [origin for origin in (change.before, change.after) if origin is not None]
    return list(dict.fromkeys(f"{file_of(origin)}:{origin.line}" for origin in origins))


def _case(change: ContractChange) -> TestCase:
    facts = _facts(change)
    ending: Ending = "failure" if change.severity == "breaking" else "skipped" if change.undecided else "passed"
    return TestCase(change.rule, change.message, ending, change.message, "\n".join(facts), change.severity)


def _facts(change: ContractChange) -> list[str]:
    facts = [f"in: {', '.join(change.places)}"] if change.places else []
    if change.witness is not None:
        content = "" if change.witness.content is None else standard.dumps(change.witness.content, ensure_ascii=False)
        facts.append(f"proof: {change.witness.says}")
        facts += [TextSanitizer()(content, _MOST)] if content else []
    if change.undecided:
        facts.append(f"undecided: {change.undecided}")
    return [*facts, f"lines: {' → '.join(_lines(change))}"]


def notice(change: ContractChange) -> ReportNotice:
    """A change as a notice, at the line of the new statement, or else of the old one."""
    origin = change.after or change.before
    text = "\0".join((change.rule, change.pointer, change.message))
    return ReportNotice(
        rule=NoticeRule(
            f"{change.area}/{change.rule}", re.sub("-", " ", change.rule).capitalize(), TODO[change.action]
        ),
        severity=change.severity,
        title=f"{change.severity}: {change.message}",
        message="\n".join([change.message, *_facts(change)]),
        file=file_of(origin) if origin else "",
        line=origin.line if origin else 0,
        subject=change.places[0] if change.places else change.pointer,
        fingerprint=sha256(text.encode()).hexdigest()[:16],
        properties={"direction": change.direction, "action": change.action, "pointer": change.pointer},
    )


COMPARED: Mapping[str, Callable[[DiffReport], str]] = {
    "html": html,
    "json": json,
    "junit": junit,
    "markdown": markdown,
    "sarif": sarif,
    "github": github,
}
"""Format name → writer of a diff's report."""
