"""Lifecycle: a task goes only the documented ways, and what is over stays as it is."""

from __future__ import annotations

import pytest

from pixpact.contracts.checks.isolation import isolation
from pixpact.contracts.checks.lifecycle import lifecycle
from pixpact.contracts.checks.links import links

from .conftest import FILE, call, poll, submit, task

LIFE = ":lifecycle/image"
QUEUED, WORKING, DONE = task("queued"), task("in_progress"), task("completed")


def broken(found):
    return sorted(key for key, verdict in found.items() if verdict == "broken")


@pytest.mark.parametrize(
    ("states", "wrong"),
    [
        ((QUEUED, WORKING, DONE, DONE), []),
        ((QUEUED, DONE), []),  # a poll may miss states
        ((WORKING, QUEUED, DONE), [f"{LIFE}/in_progress/next"]),
        ((WORKING, task("in_progress", progress=20), DONE), [f"{LIFE}/rising"]),
        ((task("queued", progress=7), WORKING, DONE), [f"{LIFE}/queued/progress"]),
        ((WORKING, DONE, task("in_progress", progress=99)), [f"{LIFE}/completed/terminal"]),
        ((WORKING, DONE, task("completed", expires_at=1)), [f"{LIFE}/completed/terminal"]),
        ((WORKING, task("in_progress", id="task_2"), DONE), [f"{LIFE}/id"]),
        ((WORKING, task("in_progress", created_at=1_790_000_001), DONE), [f"{LIFE}/created"]),
    ],
)
def test_the_polls_at_a_task(said, states, wrong):
    """Each fault is one claim; what a poll cannot tell is none."""
    polls = [poll(state, after=10.0 * index) for index, state in enumerate(states, 1)]

    assert wrong == broken(said(lifecycle, "toapis", submit(), *polls))


def test_links_may_be_signed_anew(said):
    """Of a result's URL all but its query must stay."""
    results = [{"type": "image", "data": [{"url": f"{FILE}?signature={number}"}]} for number in (1, 2)]
    polls = [poll(task("completed", result=result), after=30.0 + index) for index, result in enumerate(results)]

    assert [] == broken(said(lifecycle, "toapis", submit(), *polls))


def test_a_submit_answers_with_the_initial_state(said):
    """Another documented state is not it; a word of no state `body` tells."""
    assert [f"{LIFE}/initial"] == broken(said(lifecycle, "toapis", submit(task("in_progress", progress=1))))
    assert [] == broken(said(lifecycle, "toapis", submit(task(status="done"))))


def test_a_task_comes_to_an_outcome(said):
    """Before the deadline; a task that nobody followed to its end is not judged."""
    claim = f"{LIFE}/outcome"

    assert "kept" == said(lifecycle, "toapis", submit(), poll(DONE))[claim]
    assert "broken" == said(lifecycle, "toapis", submit(), poll(WORKING, deadline="passed", waited="300"))[claim]
    assert "unjudged" == said(lifecycle, "toapis", submit(), poll(WORKING))[claim]


@pytest.mark.parametrize(("status", "verdict"), [(200, "broken"), (404, "kept"), (500, "unjudged")])
def test_another_accounts_key(said, status, verdict):
    """It must not read the task; whether it could is not told by a failure."""
    seen = poll(QUEUED if status == 200 else {}, status=status, isolation="yes", expects="unknown-task")

    assert {"getImage:isolation/task": verdict} == said(isolation, "toapis", submit(), seen)


@pytest.mark.parametrize(("status", "verdict"), [(200, "kept"), (404, "broken"), (500, "unjudged")])
def test_a_link_leads_to_its_task(said, status, verdict):
    """With what the response to the submit gave."""
    assert {"createImage:answer/link/task": verdict} == said(links, "toapis", submit(), poll(QUEUED, status=status))


@pytest.mark.parametrize(
    ("before", "word", "severity"), [("processing", "pending", "breaking"), ("pending", "in_progress", "info")]
)
def test_a_documented_word_that_no_way_leads_to_is_reported_only(case, claims, before, word, severity):
    """A client that knows the contract knows it; a way back is something else."""

    def said(status):
        data = {
            "id": "task_1",
            "status": status,
            "progress": 1 if status == "processing" else 0,
            "created": 1_790_000_000,
        }
        return {"code": 200, "data": data}

    start = {"code": 200, "data": [{"status": "submitted", "task_id": "task_1"}]}
    asked = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite"}
    polls = [
        call("GET", "/v1/tasks/task_1", said(it), after=float(n), role="show") for n, it in enumerate((before, word), 1)
    ]
    exchanges = call("POST", "/v1/images/generations", start, asked, role="start"), *polls
    found = [it for it in lifecycle(case("apimart", *exchanges), claims("apimart")) if it.kept is False]

    assert [("transition", severity, word)] == [(it.kind, it.severity, it.detail) for it in found]
