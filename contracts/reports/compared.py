"""The changes of a contract in formats that other programs read: a notice for each, at the line that says it now."""

from __future__ import annotations

import json as standard
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from pixpact.contracts.diff.report import Change, Comparison
from pixpact.contracts.diff.rules.rules import ORDER, TODO
from pixpact.contracts.diff.traffic.impact import Impact, json_of_comparison
from pixpact.contracts.reports import markdown as words
from pixpact.contracts.reports.annotations import lines
from pixpact.contracts.reports.as_json import dumped
from pixpact.contracts.reports.junit import Case, Ending, Suite, xml
from pixpact.contracts.reports.notice import Notice, Rule
from pixpact.contracts.reports.plain import cut
from pixpact.contracts.reports.sarif import Run, log
from pixpact.contracts.reports.view import file_of

_MOST = 600
"""Characters of a witness."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What is reported: a comparison, what it means for recorded calls, and how the command ended."""

    comparison: Comparison
    impact: Impact | None
    exit_code: int
    now: str
    """When it was made, as RFC 3339."""

    @property
    def title(self) -> str:
        """The two contracts."""
        return f"{self.comparison.base} → {self.comparison.revision}"


def json(told: Compared) -> str:
    """The JSON report."""
    return standard.dumps(json_of_comparison(told.comparison, told.impact), ensure_ascii=False, indent=2) + "\n"


def sarif(told: Compared) -> str:
    """The SARIF log: a result for each change."""
    command = f"pixpact diff {told.comparison.base} {told.comparison.revision}"
    return dumped(
        log([notice(it) for it in told.comparison.changes], Run(command, told.exit_code, True, told.now, told.now))
    )


def github(told: Compared) -> str:
    """The annotations: of what breaks and what to look at, not of what harms nobody."""
    return lines([notice(it) for it in told.comparison.changes if it.severity != "info"])


def junit(told: Compared) -> str:
    """The JUnit document: a test case for each change, a suite for each thing that a client must do."""
    suites = []
    for action, title in TODO.items():
        found = [change for change in told.comparison.changes if change.action == action]
        if found:
            suites.append(Suite(title, [_case(change) for change in found]))
    return xml(f"pixpact diff {told.title}", suites, timestamp=told.now.removesuffix("Z"), seconds=0.0)


def markdown(told: Compared) -> str:
    """The Markdown page, such as a step summary: what breaks with its proof, the rest in short."""
    return "\n\n".join(_parts(told)) + "\n"


def _parts(told: Compared) -> Iterator[str]:
    counts = {name: sum(it.severity == name for it in told.comparison.changes) for name in ORDER}
    yield f"## {words.text(told.title)}"
    yield f"{counts['breaking']} breaking, {counts['warning']} to look at, {counts['info']} that break nothing."
    if told.impact is not None:
        yield f"**{told.impact.breaking} of {told.impact.calls} recorded calls break.**"
    for action, title in TODO.items():
        found = [it for it in told.comparison.changes if it.action == action and it.severity != "info"]
        if found:
            yield f"### {words.text(title)}"
            yield "\n".join(_item(change) for change in found)
    harmless = [it for it in told.comparison.changes if it.severity == "info"]
    if harmless:
        rows = "\n".join(f"- {words.text(it.message)}" for it in harmless)
        yield f"<details><summary>{len(harmless)} that break nothing</summary>\n\n{rows}\n\n</details>"


def _item(change: Change) -> str:
    proof = change.witness.says if change.witness else f"undecided: {change.undecided}" if change.undecided else ""
    places = ", ".join(words.code(place) for place in _lines(change))
    text = f"- **{change.severity}** ({change.direction}) {words.text(change.message)}: {places}"
    return text + (f"\n  {words.text(proof)}" if proof else "")


def _lines(change: Change) -> list[str]:
    found = [origin for origin in (change.before, change.after) if origin is not None]
    return list(dict.fromkeys(f"{file_of(origin)}:{origin.line}" for origin in found))


def _case(change: Change) -> Case:
    facts = _facts(change)
    ending: Ending = "failure" if change.severity == "breaking" else "skipped" if change.undecided else "passed"
    return Case(change.rule, change.message, ending, change.message, "\n".join(facts), change.severity)


def _facts(change: Change) -> list[str]:
    found = [f"in: {', '.join(change.places)}"] if change.places else []
    if change.witness is not None:
        content = "" if change.witness.content is None else standard.dumps(change.witness.content, ensure_ascii=False)
        found.append(f"proof: {change.witness.says}")
        found += [cut(content, _MOST)] if content else []
    if change.undecided:
        found.append(f"undecided: {change.undecided}")
    return [*found, f"lines: {' → '.join(_lines(change))}"]


def notice(change: Change) -> Notice:
    """A change as something to tell at the line that says it now, or said it."""
    origin = change.after or change.before
    text = "\0".join((change.rule, change.pointer, change.message))
    return Notice(
        rule=Rule(f"{change.area}/{change.rule}", re.sub("-", " ", change.rule).capitalize(), TODO[change.action]),
        severity=change.severity,
        title=f"{change.severity}: {change.message}",
        message="\n".join([change.message, *_facts(change)]),
        file=file_of(origin) if origin else "",
        line=origin.line if origin else 0,
        subject=change.places[0] if change.places else change.pointer,
        fingerprint=sha256(text.encode()).hexdigest()[:16],
        properties={"direction": change.direction, "action": change.action, "pointer": change.pointer},
    )


COMPARED: Mapping[str, Callable[[Compared], str]] = {
    "json": json,
    "junit": junit,
    "markdown": markdown,
    "sarif": sarif,
    "github": github,
}
"""Format of a report on a comparison → how it is written."""
