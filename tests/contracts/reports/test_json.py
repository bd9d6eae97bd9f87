"""The JSON report and its published schema."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from pixpact.contracts.reports import FORMATS
from pixpact.contracts.reports.as_json import SCHEMA
from pixpact.contracts.run.verdict import CleanDemands

VALIDATOR = Draft202012Validator(json.loads(SCHEMA.read_text()))


@pytest.fixture
def report(full):
    return json.loads(FORMATS["json"](full))


def problems(report):
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(report)]


def test_the_schema_is_one():
    """The published file is a JSON Schema of the draft that it names."""
    Draft202012Validator.check_schema(VALIDATOR.schema)

    assert "https://json-schema.org/draft/2020-12/schema" == VALIDATOR.schema["$schema"]


def test_a_report_is_valid(report):
    """What is written is what is published."""
    assert [] == problems(report)


def test_a_report_of_nothing_is_valid(toy):
    """Without findings, prices and claims too; interrupted or not."""
    empty = toy.view(judgements=(), interrupted=True, failures=("nobody answered",))

    assert [] == problems(json.loads(FORMATS["json"](empty)))


@pytest.mark.parametrize("field", ["summary", "findings", "unchecked", "not_checkable", "exit_code"])
def test_the_schema_demands_the_fields_that_programs_read(report, field):
    """A report without one of them is not valid."""
    del report[field]

    assert [f"$: '{field}' is a required property"] == problems(report)


def test_the_schema_knows_every_field(report):
    """No field of a report goes undescribed."""
    strict = json.loads(SCHEMA.read_text())
    for part in (strict, strict["properties"]["summary"], *strict["$defs"].values()):
        if "properties" in part and part is not strict["$defs"]["verdicts"]:
            part["additionalProperties"] = False

    assert [] == [error.message for error in Draft202012Validator(strict).iter_errors(report)]


def test_the_summary_counts(report):
    """Claims by verdict, what was spent, and the ceiling."""
    summary = report["summary"]

    assert {"total": 6, "kept": 0, "broken": 4, "unchecked": 0, "not_checkable": 2} == summary["claims"]
    assert {"kept": 0, "broken": 1, "unchecked": 0, "not_checkable": 0} == summary["areas"]["request"]
    assert (42, 9, 0.21, "EUR") == tuple(summary[name] for name in ("requests", "images", "cost", "currency"))
    assert {"requests": 120, "images": 30, "cost": 0.68} == summary["ceiling"]


def test_a_finding_names_its_claim_and_its_line(report, toy):
    """What a program needs to find the place and to tell a finding from another."""
    finding = report["findings"][0]

    assert toy.copies.id == finding["claim"]
    assert toy.copies.origin.line == finding["source"]["line"]
    assert [toy.name.id] == finding["also"]
    assert "toy@2027" == finding["known"]
    assert (True, None) == (finding["new"], finding["accepted"])


def test_a_trace_shows_what_was_sent_and_answered(report):
    """Bodies are there to be read."""
    assert [
        {
            "started": "2026-09-21T14:13:20.500Z",
            "duration": 0.25,
            "method": "POST",
            "url": "https://api.toy.example/v2/drawings",
            "status": 422,
            "request": '{"model":"ink-1","copies":4}',
            "answer": '{"error":"copies must be at most 3"}',
        }
    ] == report["findings"][0]["trace"]


def test_an_image_in_a_trace_is_told_by_its_length(toy):
    """Bytes that are no text are not written."""
    trace = toy.trace(b"\x89PNG\r\n\x1a\n" + bytes(100))
    shown = toy.view(toy.finding(toy.copies, trace=trace)).findings[0].trace[0]

    assert "[108 bytes of application/json]" != shown.response
    assert shown.response.startswith(r"\x89PNG")
    assert len(shown.response) < 1000


def test_what_was_not_judged_says_why(report):
    """Each claim that is not checkable, with its reason."""
    assert {
        "image": "needs a wait of 1 h",
        "isolation": "needs a second key (--second-api-key-env)",
    } == {it["area"]: it["reason"] for it in report["not_checkable"]}


def test_the_same_run_is_written_the_same(toy):
    """Byte by byte, so that reports can be compared."""
    findings = [toy.finding(toy.copies), toy.finding(toy.state)]

    assert FORMATS["json"](toy.view(*findings)) == FORMATS["json"](toy.view(*findings))


def test_the_exit_code_is_that_of_the_demands(toy):
    """A program that reads the file needs no exit code of a process."""
    lenient = toy.view(toy.finding(toy.copies, severity="info"), demands=CleanDemands("warning", 0.5))

    assert 0 == json.loads(FORMATS["json"](lenient))["exit_code"]
