"""Refusal: a request that breaks a rule is refused, and with the documented status."""

from __future__ import annotations

import pytest

from pixpact.contracts.checks.refusal import refusal

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
