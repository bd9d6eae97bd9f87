"""When a run gives up."""

from __future__ import annotations

import pytest

from pixpact.contracts.run.give_up import CircuitBreaker, RunGivenUp
from pixpact.wire.exchange import Exchange


def response(status, body=b""):
    return Exchange(0.0, "GET", "https://api.example/", (), b"", status, (("content-type", "application/json"),), body)


def test_a_target_that_never_spoke_is_left_soon():
    """Two requests are enough to know that nobody is there."""
    run = CircuitBreaker()
    run.unanswered("timeout")

    with pytest.raises(RunGivenUp, match=r"after 2 probes in a row: timeout"):
        run.unanswered("timeout")


def test_a_target_that_spoke_gets_more_time():
    """It may be busy for a moment: four are no reason, the fifth is; every response begins the count anew."""
    run = CircuitBreaker()
    for _ in range(2):
        run.answered(response(200), "own")
        for _ in range(4):
            run.unanswered("reset")

    with pytest.raises(RunGivenUp, match="5 probes"):
        run.unanswered("reset")


def test_a_key_that_never_works_is_not_tried_for_ever():
    """The reason holds the vendor's own words, and what to look at."""
    run = CircuitBreaker()
    for _ in range(2):
        run.answered(response(401, b'{"error": {"message": "Invalid API key"}}'), "own")

    with pytest.raises(RunGivenUp, match=r'refused 3 times .401 "Invalid API key"..*--api-key-env'):
        run.answered(response(401, b'{"error": {"message": "Invalid API key"}}'), "own")


def test_a_key_that_worked_once_is_a_key():
    """What is turned away later is for the checks to judge."""
    run = CircuitBreaker()
    run.answered(response(400), "own")
    for _ in range(9):
        run.answered(response(401), "own")

    assert run.answered(response(401), "own") is None


def test_keys_that_are_wrong_on_purpose_do_not_count():
    """They must be turned away."""
    run = CircuitBreaker()
    for key in ("none", "wrong", "none", "wrong", "second"):
        run.answered(response(401), key)

    assert run.answered(response(401), "own") is None
