"""Writes a check as JSON, SARIF, GitHub annotations and JUnit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pixpact.contracts.claims.claim import Area
from pixpact.contracts.reports.annotations import lines
from pixpact.contracts.reports.as_json import document, json_text
from pixpact.contracts.reports.effects import possible_effects
from pixpact.contracts.reports.junit import TestCase, TestSuite, xml
from pixpact.contracts.reports.notice import NoticeRule, ReportNotice
from pixpact.contracts.reports.sarif import SarifRun, sarif_log
from pixpact.contracts.reports.view import JudgedClaim, ReportView, ShownFinding, ended_at, money_text
from pixpact.contracts.run.verdict import CLEAN, FOUND, percent

_FAILED = NoticeRule("run/failed", "Could not be checked", "A part of the plan could not be carried out or judged.")


def json(view: ReportView) -> str:
    """The JSON report."""
    return json_text(document(view))


def sarif(view: ReportView) -> str:
    """The SARIF log: one result per finding, at the line of the broken statement."""
    run = SarifRun(
        command=f"pixpact check {view.contract}",
        exit_code=view.outcome.code,
        successful=view.outcome.code in (CLEAN, FOUND),
        started=view.started,
        ended=ended_at(view),
        failures=view.failures,
        compared=bool(view.accepted or view.notes),
        properties={"target": view.target, "coverage": round(view.coverage, 4)},
    )
    return json_text(sarif_log([notice(finding, view.own_file) for finding in view.findings], run))


def github(view: ReportView) -> str:
    """The annotations: new findings, then why the run could not check, then accepted findings."""
    failed = view.outcome.reasons if view.outcome.code not in (CLEAN, FOUND) else ()
    notices = [notice(finding, view.own_file) for finding in view.new]
    notices += [ReportNotice(_FAILED, "breaking", f"{view.contract}: {_FAILED.title}", text) for text in failed]
    notices += [ReportNotice(_FAILED, "warning", f"{view.contract}: {_FAILED.title}", text) for text in view.failures]
    return lines([*notices, *(notice(finding, view.own_file) for finding in view.accepted)])


def junit(view: ReportView) -> str:
    """The JUnit document: one test case per claim, one suite per area, and one for the run itself."""
    by_fingerprint = {finding.fingerprint: finding for finding in view.findings}
    suites = [_suite(view, area, by_fingerprint) for area in view.areas()]
    return xml(
        f"pixpact check {view.contract}",
        [*suites, TestSuite(f"{view.contract}.run", list(_run(view)), _properties(view))],
        timestamp=view.started.removesuffix("Z"),
        seconds=view.duration,
    )


# ---------------------------------------------------------------------------------------- findings


def notice(finding: ShownFinding, own_file: str = "") -> ReportNotice:
    """A finding as a notice at the line of its claim; at `own_file` where the contract came with Pixpact."""
    statement = finding.statement
    facts = [f"{word}: {sentence}" for word, sentence in finding.facts()]
    return ReportNotice(
        rule=rule(statement.area, finding.kind),
        severity=finding.severity,
        title=f"{finding.severity}: {statement.short}",
        message="\n".join(facts),
        file=own_file if statement.shipped else statement.file,
        line=(1 if own_file else 0) if statement.shipped else statement.line,
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


def rule(area: Area, kind: str) -> NoticeRule:
    """The rule that findings of one kind and area share."""
    word = re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-") or "differs"
    return NoticeRule(f"{area}/{word}", f"{area.capitalize()}: {kind or 'differs'}", possible_effects(area))


# -------------------------------------------------------------------------------------- test cases


def _suite(view: ReportView, area: Area, by_fingerprint: dict[str, ShownFinding]) -> TestSuite:
    name = f"{view.contract}.{area}"
    return TestSuite(
        name, [_case(name, judged, by_fingerprint) for judged in view.judged if judged.statement.area == area]
    )


def _case(classname: str, judged: JudgedClaim, by_fingerprint: dict[str, ShownFinding]) -> TestCase:
    name = judged.statement.short
    if judged.verdict == "kept":
        return TestCase(classname, name)
    if judged.verdict != "broken":
        word = judged.verdict.replace("-", " ")
        return TestCase(classname, name, "skipped", f"{word}: {judged.reason}" if judged.reason else word)
    finding = by_fingerprint.get(judged.finding)
    if finding is None:
        return TestCase(classname, name, "failure", judged.reason, kind="broken")
    return _broken(TestCase(classname, name), judged, finding)


def _broken(case: TestCase, judged: JudgedClaim, finding: ShownFinding) -> TestCase:
    """A failure if the finding counts; skipped if the baseline accepts it; else passed, with the finding as output."""
    text = "\n".join(f"{word}: {sentence}" for word, sentence in finding.facts())
    message = f"{finding.severity}: {finding.observed}"
    if judged.statement.id != finding.statement.id:
        message = text = f"breaks for the same reason as {finding.statement.short}"
    elif finding.repro:
        text = f"{text}\n\n{finding.repro}"
    if finding.accepted is not None:
        return replace(case, ending="skipped", message=f"broken, accepted: {finding.accepted}")
    if not finding.counts:
        return replace(case, text=f"{message}\n{text}")
    return replace(case, ending="failure", message=message, text=text, kind=finding.kind)


def _run(view: ReportView) -> Iterator[TestCase]:
    """Yield test cases for the run itself: JUnit readers do not see the exit code."""
    name, demanded = f"{view.contract}.run", percent(view.demands.min_coverage)
    failures = [*(["interrupted"] if view.interrupted else []), *view.failures]
    carried_out, judged = "every planned probe was carried out", f"at least {demanded} of the claims were judged"
    if failures:
        yield TestCase(name, carried_out, "error", failures[0], "\n".join(failures), "failed")
    else:
        yield TestCase(name, carried_out)
    if view.coverage < view.demands.min_coverage:
        yield TestCase(name, judged, "error", f"{percent(view.coverage)} were judged", kind="coverage")
    else:
        yield TestCase(name, judged)


def _properties(view: ReportView) -> dict[str, str]:
    return {
        "target": view.target,
        "seed": str(view.seed),
        "requests": str(view.spent.requests),
        "images": str(view.spent.images),
        **({"cost": money_text(view.spent.cost, view.currency)} if view.spent.cost is not None else {}),
    }
