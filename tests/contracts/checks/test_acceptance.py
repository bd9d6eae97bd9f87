"""Acceptance: a request that keeps every rule is taken."""

from __future__ import annotations

from pixpact.contracts.checks.acceptance import acceptance, message_of

from .conftest import submit

REFUSED = {"error": {"code": 400, "message": "n is odd", "type": "invalid_request_error"}}
N = "createImage:request/SeedreamRequest/n/maximum"


def test_a_request_that_is_taken_keeps_what_it_exercises(said):
    """Its values, what it leaves out, and that they go together."""
    found = said(acceptance, "toapis", submit(n=15))

    assert {"kept"} == set(found.values())
    assert {N, "createImage:request/SeedreamRequest/size/left-out", "createImage:request/together"} <= found.keys()


def test_a_refused_request_puts_all_its_values_in_doubt(said):
    """Which of them is at fault others tell."""
    assert "broken" == said(acceptance, "toapis", submit(REFUSED, status=400, n=15))[N]


def test_a_refusal_for_another_reason_says_nothing(said):
    """No balance, a busy server and what a prompt depicts are not about values."""
    for status in (402, 429, 500):
        assert "unjudged" == said(acceptance, "toapis", submit(REFUSED, status=status, n=15))[N]


def test_a_request_that_breaks_a_rule_is_not_looked_at(said):
    """Refusing it is right."""
    assert {} == said(acceptance, "toapis", submit(REFUSED, status=400, n=16, note={"expects": "invalid-request"}))


def test_the_message_of_an_error_is_found_wherever_it_is():
    """Vendors nest it differently."""
    assert (
        '"n is odd"'
        == message_of(REFUSED)
        == message_of({"msg": "n is odd"})
        == message_of({"code": 1, "text": "n is odd"})
    )
    assert "" == message_of({"code": 1})
