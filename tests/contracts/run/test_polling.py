"""From a submit to its outcome."""

from __future__ import annotations

import pytest

from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.run.polling import PollingLimits

TOY = "fixtures/specs/toy.yaml"
MEANS = Capabilities(second_key=True)
ORDER = "toy:startDrawing:request/example/crayon"


@pytest.fixture
def followed(checked, watched):
    """What is asked when one order is sent and followed, and the result; `act` answers in place of the mock."""

    def run(act=lambda _: None, patience=None, claim=ORDER):
        before = watched(act)
        wanted = lambda probe: probe.kind == "take" and claim in probe.claims  # noqa: E731  # read where it is used
        result = checked(TOY, before, means=MEANS, only=wanted, patience=patience or PollingLimits())
        return before.asked, result

    return run


def polls(asked):
    return [it for it in asked if it.method == "GET" and "/v2/drawings/" in it.path]


def shown(asked, state, percent):
    """A task that stands in this state for ever; None for anything but a poll with the own key."""
    if asked.method != "GET" or "/drawings/" not in asked.path or asked.headers["x-api-key"] != "sk-pixpact-own":
        return None
    name = asked.path.rpartition("/")[2]
    return 200, {"drawing": name, "state": state, "percent": percent, "ordered": "2026-01-01T00:00:00Z"}


def test_a_task_is_followed_to_its_outcome_and_once_more(followed):
    """Looks until the outcome, one more to see that it stays, one with another key; then the images."""
    asked, result = followed()
    paths = {poll.path for poll in polls(asked)}
    keys = [poll.headers["x-api-key"] for poll in polls(asked)]

    assert 1 == len(paths)
    assert ["sk-pixpact-second"] == list(dict.fromkeys(keys))[1:] == [keys[-1]]
    assert 1 == len([it for it in asked if "/_files/" in it.path])
    assert not result.findings


def test_each_link_to_a_task_is_used(followed):
    """A vendor that takes the client's own reference is asked by it too, once."""
    asked, result = followed(claim="toy:startDrawing:request/example/ink")
    by_reference = [poll for poll in polls(asked) if "/dr_" not in poll.path]

    assert 1 == len(by_reference)
    assert not result.findings


@pytest.mark.parametrize(("every", "least"), [(1.0, 10), (5.0, 3)])
def test_polls_are_as_far_apart_as_is_said(followed, every, least):
    """On the clock of the target."""
    asked, _ = followed(patience=PollingLimits(poll_every=every))

    assert least <= len(polls(asked)) <= 45 / every + 4


def test_a_task_without_an_outcome_is_a_finding_at_the_deadline(followed):
    """The polls end soon after it, however long the task would go on."""
    asked, result = followed(lambda it: shown(it, "drawing", 40), PollingLimits(poll_every=10.0, deadline=60.0))

    assert ["toy::lifecycle/drawing/outcome"] == [finding.claim.id for finding in result.findings]
    assert 7 <= len(polls(asked)) <= 10


def test_an_unknown_word_is_a_finding_and_no_reason_to_wait(followed):
    """A state that nobody documented is not polled until the deadline."""
    asked, result = followed(lambda it: shown(it, "drying", 99))

    assert len(polls(asked)) <= 4
    assert any("drying" in finding.observed for finding in result.findings)


@pytest.mark.parametrize(("status", "most"), [(404, 5), (500, 40), (503, 90)])
def test_polls_that_fail_end(followed, status, most):
    """A refusal ends them after a few, a server error at the deadline; the order is not sent again."""
    asked, _ = followed(
        lambda it: (status, {"error": "no"}) if it.method == "GET" and "/drawings/" in it.path else None
    )
    own = [poll for poll in polls(asked) if poll.headers["x-api-key"] == "sk-pixpact-own"]

    assert 5 <= len(own) <= most
    assert 1 == len([it for it in asked if it.method == "POST" and it.path.endswith("/drawings")])


def test_images_are_fetched_without_the_key(followed):
    """Result URLs work for whoever has them; the key goes nowhere else."""
    asked, _ = followed()

    assert [None] == [it.headers.get("x-api-key") for it in asked if "/_files/" in it.path]
