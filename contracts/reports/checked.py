"""A check → the notices and test cases that the formats are written from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pixpact.contracts.claims.claim import Area
from pixpact.contracts.reports.annotations import lines
from pixpact.contracts.reports.as_json import document, dumped
from pixpact.contracts.reports.effects import possible
from pixpact.contracts.reports.junit import Case, Suite, xml
from pixpact.contracts.reports.notice import Notice, Rule
from pixpact.contracts.reports.sarif import Run, log
from pixpact.contracts.reports.view import Judged, Shown, View, ended, money
from pixpact.contracts.run.verdict import CLEAN, FOUND, percent

_FAILED = Rule("run/failed", "Could not be checked", "A part of the plan could not be carried out or judged.")


def json(view: View) -> str:
    """The JSON report."""
    return dumped(document(view))


def sarif(view: View) -> str:
    """The SARIF log: a result for each finding, at the line of the spec that promises otherwise."""
    run = Run(
        command=f"pixpact check {view.contract}",
        exit_code=view.outcome.code,
        successful=view.outcome.code in (CLEAN, FOUND),
        started=view.started,
        ended=ended(view),
        failures=view.failures,
        compared=bool(view.accepted or view.notes),
        properties={"target": view.target, "coverage": round(view.coverage, 4)},
    )
    return dumped(log([notice(finding) for finding in view.findings], run))


def github(view: View) -> str:
    """The annotations: what is new first, then why a run could not check, then what the baseline holds."""
    failed = view.outcome.reasons if view.outcome.code not in (CLEAN, FOUND) else ()
    found = [notice(finding) for finding in view.new]
    found += [Notice(_FAILED, "breaking", f"{view.contract}: {_FAILED.title}", text) for text in failed]
    found += [Notice(_FAILED, "warning", f"{view.contract}: {_FAILED.title}", text) for text in view.failures]
    return lines([*found, *map(notice, view.accepted)])


def junit(view: View) -> str:
    """The JUnit document: a test case for each claim, a suite for each area, and one for the run itself."""
    found = {finding.fingerprint: finding for finding in view.findings}
    suites = [_suite(view, area, found) for area in view.areas()]
    return xml(
        f"pixpact check {view.contract}",
        [*suites, Suite(f"{view.contract}.run", list(_run(view)), _properties(view))],
        timestamp=view.started.removesuffix("Z"),
        seconds=view.duration,
    )


# ---------------------------------------------------------------------------------------- findings


def notice(finding: Shown) -> Notice:
    """A finding as something to tell at the line of its claim."""
    statement = finding.statement
    facts = [f"{word}: {sentence}" for word, sentence in finding.facts()]
    return Notice(
        rule=rule(statement.area, finding.kind),
        severity=finding.severity,
        title=f"{finding.severity}: {statement.short}",
        message="\n".join(facts),
        file=statement.file,
        line=statement.line,
        subject=statement.id,
        fingerprint=finding.fingerprint,
        accepted=finding.accepted,
        command=finding.repro,
        properties={
            "severity": finding.severity,
            "operation": finding.operation,
            "pointer": finding.pointer,
            "once": finding.once,
            **({"known": finding.known} if finding.known else {}),
        },
    )


def rule(area: Area, kind: str) -> Rule:
    """What findings of one kind on claims of one area have in common."""
    word = re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-") or "differs"
    return Rule(f"{area}/{word}", f"{area.capitalize()}: {kind or 'differs'}", possible(area))


# -------------------------------------------------------------------------------------- test cases


def _suite(view: View, area: Area, found: dict[str, Shown]) -> Suite:
    name = f"{view.contract}.{area}"
    return Suite(name, [_case(name, it, found) for it in view.judged if it.statement.area == area])


def _case(classname: str, judged: Judged, found: dict[str, Shown]) -> Case:
    name = judged.statement.short
    if judged.verdict == "kept":
        return Case(classname, name)
    if judged.verdict != "broken":
        word = judged.verdict.replace("-", " ")
        return Case(classname, name, "skipped", f"{word}: {judged.reason}" if judged.reason else word)
    finding = found.get(judged.finding)
    if finding is None:
        return Case(classname, name, "failure", judged.reason, kind="broken")
    return _broken(Case(classname, name), judged, finding)


def _broken(case: Case, judged: Judged, finding: Shown) -> Case:
    """A failure if the finding counts; what a baseline holds is skipped, what is below --fail-on only told."""
    text = "\n".join(f"{word}: {sentence}" for word, sentence in finding.facts())
    message = f"{finding.severity}: {finding.observed}"
    if judged.statement.id != finding.statement.id:
        message = text = f"breaks by the same fault as {finding.statement.short}"
    elif finding.repro:
        text = f"{text}\n\n{finding.repro}"
    if finding.accepted is not None:
        return replace(case, ending="skipped", message=f"broken, accepted: {finding.accepted}")
    if not finding.counts:
        return replace(case, text=f"{message}\n{text}")
    return replace(case, ending="failure", message=message, text=text, kind=finding.kind)


def _run(view: View) -> Iterator[Case]:
    """Whether the run could check, as test cases: readers of JUnit see no exit code."""
    name, demanded = f"{view.contract}.run", percent(view.demands.min_coverage)
    failures = [*(["interrupted"] if view.interrupted else []), *view.failures]
    carried_out, judged = "every planned probe was carried out", f"at least {demanded} of the claims were judged"
    if failures:
        yield Case(name, carried_out, "error", failures[0], "\n".join(failures), "failed")
    else:
        yield Case(name, carried_out)
    if view.coverage < view.demands.min_coverage:
        yield Case(name, judged, "error", f"{percent(view.coverage)} were judged", kind="coverage")
    else:
        yield Case(name, judged)


def _properties(view: View) -> dict[str, str]:
    return {
        "target": view.target,
        "seed": str(view.seed),
        "requests": str(view.spent.requests),
        "images": str(view.spent.images),
        **({"cost": money(view.spent.cost, view.currency)} if view.spent.cost is not None else {}),
    }
