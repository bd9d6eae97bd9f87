"""Refusal: a request that breaks a rule is refused, and with the documented status."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pixpact.contracts.checks.refusal import absent_field, refusal

from .conftest import poll, submit, task

REFUSED = {"error": {"code": 400, "message": "Not taken", "type": "invalid_request_error"}}
N = "createImage:refusal/Metadata/resolution/enum"
WRONG = {"metadata": {"resolution": "9K"}, "note": {"expects": "invalid-request"}}
CAUSE = "createImage:refusal/invalid-request"


@pytest.mark.parametrize(
    ("status", "rule", "cause"),
    [
        (400, "kept", "kept"),
        (422, "kept", "broken"),
        (200, "broken", None),
        (429, "unjudged", "unjudged"),
        (401, "unjudged", "unjudged"),
        (500, "unjudged", "unjudged"),
    ],
)
def test_a_broken_rule(said, status, rule, cause):
    """It must be refused; any refusal about it keeps the rule, and the status is a claim of its own."""
    found = said(refusal, "toapis", submit(task() if status == 200 else REFUSED, status=status, **WRONG))

    assert (rule, cause) == (found.get(N), found.get(CAUSE))


def test_an_unknown_task(said):
    """The documented status, and no other."""
    claim = "getImage:refusal/unknown-task"

    assert "kept" == said(refusal, "toapis", poll(REFUSED, status=404, expects="unknown-task"))[claim]
    assert "broken" == said(refusal, "toapis", poll(REFUSED, status=400, expects="unknown-task"))[claim]
    assert "broken" == said(refusal, "toapis", poll(task(), expects="unknown-task"))[claim]


def test_a_request_without_a_key(said):
    """It must not be served."""
    claim = "getImage:refusal/unauthenticated"

    assert "kept" == said(refusal, "toapis", poll(REFUSED, status=401, key=False, expects="unauthenticated"))[claim]
    assert "broken" == said(refusal, "toapis", poll(task(), key=False, expects="unauthenticated"))[claim]


def test_a_response_for_certain_rules_only(said):
    """An example that waits for a certain violation has its own status: 404 for an unknown model, 400 for the rest."""
    from .conftest import call

    unknown = {"model": "none", "prompt": "A kite"}
    path = "/v1/images/generations"
    claim = "createImage:refusal/unknown-model"

    assert "kept" == said(refusal, "fasttoken", call("POST", path, REFUSED, unknown, status=404))[claim]
    assert "broken" == said(refusal, "fasttoken", call("POST", path, REFUSED, unknown, status=400))[claim]


@pytest.mark.parametrize(
    ("status", "cause", "rule"),
    [(401, "kept", None), (400, "kept", None), (403, "broken", None), (200, "broken", None)],
)
def test_a_request_without_a_key_that_breaks_a_rule_too(said, status, cause, rule):
    """Either refusal explains it, for nothing says which a server looks at first; it must not be taken."""
    wrong = {"n": 99, "note": {"expects": "unauthenticated"}}
    response = task() if status == 200 else REFUSED
    sent = submit(response, status=status, **wrong)
    keyless = replace(sent, request_headers=tuple(it for it in sent.request_headers if it[0] != "Authorization"))
    found = said(refusal, "toapis", keyless)

    assert (cause, rule) == (found["createImage:refusal/unauthenticated"], found.get(N))


def test_what_was_taken_without_a_key_is_told_as_that(case, claims):
    """Not as the rule that the same request breaks."""
    sent = submit(task(), n=99, note={"expects": "unauthenticated"}).noted(key="none")
    (seen,) = (it for it in refusal(case("toapis", sent), claims("toapis")) if it.kept is False)

    assert "200: accepted although no key was sent, and billed" == seen.observed


@pytest.mark.parametrize(
    ("message", "verdict"),
    [
        ("size is required", "unjudged"),
        ("resolution must be 2K or 3K, or give a size", "kept"),
        ("metadata is wrong", "kept"),
        ("not taken", "kept"),
        ("the sizes are wrong", "kept"),
    ],
)
def test_a_refusal_for_a_field_that_is_left_out(said, message, verdict):
    """It tells nothing of the rule that was broken, which nobody may enforce any more."""
    response = {"error": {**REFUSED["error"], "message": message}}

    assert verdict == said(refusal, "toapis", submit(response, status=400, **WRONG))[N]


def test_a_refusal_of_a_request_that_breaks_nothing_names_no_absent_field(case, claims):
    """A recording, or a plan file, need not hold the request as it was planned: what it holds may be right."""
    step = case("toapis", submit(REFUSED, status=400, note={"expects": "invalid-request"})).steps[0]

    assert () == tuple(step.asked.violations)
    assert "" == absent_field(step, claims("toapis"))
