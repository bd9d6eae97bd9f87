"""The SARIF log: results at the lines of the spec."""

from __future__ import annotations

import json

import pytest

from pixpact.contracts.reports import FORMATS
from pixpact.contracts.reports.sarif import literal


@pytest.fixture
def run(full):
    log = json.loads(FORMATS["sarif"](full))
    assert "2.1.0" == log["version"]
    return log["runs"][0]


def test_a_result_stands_at_the_line_of_its_claim(run, toy):
    """As a relative reference, which a viewer resolves in its own checkout."""
    location = run["results"][0]["locations"][0]

    assert {"uri": "fixtures/specs/toy.yaml", "uriBaseId": "%SRCROOT%"} == (
        location["physicalLocation"]["artifactLocation"]
    )
    assert {"startLine": toy.copies.origin.line} == location["physicalLocation"]["region"]
    assert toy.copies.id == location["logicalLocations"][0]["fullyQualifiedName"]


def test_levels_follow_the_severity(run):
    """Breaking is an error, info a note."""
    assert ["error", "warning", "note"] == [result["level"] for result in run["results"]]


def test_results_lead_to_their_rules(run):
    """A rule for each kind of finding on each area of claims."""
    rules = run["tool"]["driver"]["rules"]

    assert ["request/refused", "answer/unknown-word", "refusal/message"] == [rule["id"] for rule in rules]
    assert [result["ruleId"] for result in run["results"]] == [
        rules[result["ruleIndex"]]["id"] for result in run["results"]
    ]


def test_findings_of_one_kind_share_a_rule(toy):
    """A rule stands once, however many results it has."""
    log = json.loads(FORMATS["sarif"](toy.view(toy.finding(toy.copies), toy.finding(toy.copies, pointer="/size"))))

    assert ["request/refused"] == [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]]
    assert [0, 0] == [result["ruleIndex"] for result in log["runs"][0]["results"]]


def test_a_result_keeps_its_identity(run, full):
    """The fingerprint is what viewers tell results apart by, from run to run."""
    assert [
        {"pixpact/v1": finding.fingerprint, "primaryLocationLineHash": f"{finding.fingerprint}:1"}
        for finding in full.findings
    ] == [result["partialFingerprints"] for result in run["results"]]


def test_what_the_baseline_holds_is_unchanged_and_suppressed(run):
    """The others are new."""
    assert ["new", "new", "unchanged"] == [result["baselineState"] for result in run["results"]]
    assert [{"kind": "external", "status": "accepted", "justification": "It reads well enough."}] == (
        run["results"][2]["suppressions"]
    )


def test_without_a_baseline_nothing_is_new_or_old(toy):
    """The state is only given by a comparison."""
    log = json.loads(FORMATS["sarif"](toy.view(toy.finding(toy.copies))))

    assert "baselineState" not in log["runs"][0]["results"][0]


def test_the_run_says_how_it_went(toy, run):
    """A finding is a success of the tool; a run that could not check is none."""
    failed = json.loads(FORMATS["sarif"](toy.view(failures=("the endpoint did not answer",))))["runs"][0]

    assert (True, 1) == tuple(run["invocations"][0][name] for name in ("executionSuccessful", "exitCode"))
    assert (False, 3) == tuple(failed["invocations"][0][name] for name in ("executionSuccessful", "exitCode"))
    assert ["the endpoint did not answer"] == [
        toolExecutionNotification["message"]["text"]
        for toolExecutionNotification in failed["invocations"][0]["toolExecutionNotifications"]
    ]
    assert "2026-09-21T14:13:32.346Z" == run["invocations"][0]["endTimeUtc"]


def test_a_message_is_taken_literally():
    """Neither placeholders nor links come from what an endpoint answered."""
    assert 'a {{0}} {"n": {}} [x] (y)' == literal('a {0} {"n": {}} [x](y)')
