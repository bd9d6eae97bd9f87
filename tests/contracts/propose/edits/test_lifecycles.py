"""What is proposed where a task lives otherwise than its lifecycle says."""

from __future__ import annotations

import pytest

from pixpact.contracts.propose.operations import AppendItem, RemoveValue, SetValue

from .conftest import SCHEMAS, STATES, call, download, drawing, poll, submit

LIFE = "/components/x-lifecycles/drawing"
SHOWN = "/paths/~1v2~1drawings~1{drawing}/get/responses/200/content/application~1json/examples"
ORDERED = "/paths/~1v2~1drawings/post/responses/202/content/application~1json/examples"
STATE = f"{SCHEMAS}/Drawing/properties/state"
ANY_WORD = {STATE: {"type": "string", "x-value": "$task.status"}}
WORDS = ":lifecycle/drawing/words"
NEXT = ":lifecycle/drawing/drawing/next"


@pytest.mark.parametrize(
    ("polls", "wanted"),
    [
        ([poll("drawing", 0, 5)], [0, 0]),
        ([poll("drawing", 0, 5), poll("drawing", 50, 9)], [0, 99]),
        ([poll("drawing", 100, 5)], [100, 100]),
        ([poll("drawing", 40, 5), poll("drawing", 100, 9)], [1, 100]),
    ],
)
def test_the_range_of_a_state_takes_in_what_was_seen(proposed, polls, wanted):
    """A range of which nothing was ever seen gives way."""
    proposals = proposed(":lifecycle/drawing/drawing/progress", submit(), *polls, poll(), download())

    assert [f"progress in drawing is {wanted[0]} to {wanted[1]}"] == proposals.said
    assert (SetValue(f"{STATES}/drawing/progress", wanted),) == proposals.edits[0].operations


def test_a_documented_state_may_follow_another(proposed):
    """Behind those that may follow it already."""
    polls = (poll("drawing", 40, 5), poll("waiting", 0, 9))
    proposals = proposed(NEXT, submit(), *polls)

    assert ["waiting may follow drawing"] == proposals.said
    assert (SetValue(f"{STATES}/drawing/next", ["done", "broken", "waiting"]),) == proposals.edits[0].operations


def test_a_word_that_no_response_shows_becomes_a_state(proposed):
    """It is another name of a state that was expected, a state in between, or simply follows."""
    proposals = proposed(NEXT, submit(), poll("drawing", 30, 5), poll("torn", 30, 6))

    assert [
        "done is called torn",
        "broken is called torn",
        "torn is a state after drawing; the next state was not seen, and is assumed to be the previous one's",
        "torn may follow drawing",
    ] == proposals.said


def test_a_state_that_has_another_name_is_renamed_everywhere(proposed):
    """In the lifecycle, in enums and in examples; each value of an enum stays there once."""
    proposals = proposed(NEXT, submit(), poll("drawing", 30, 5), poll("torn", 30, 6))
    operations = proposals.operations("done is called torn")
    new = {operation.pointer: operation.value for operation in operations if isinstance(operation, SetValue)}

    assert ["torn", "broken"] == new[f"{STATES}/drawing/next"]
    assert {"outcome": "success", "progress": [100, 100]} == new[f"{STATES}/torn"]
    assert ["waiting", "drawing", "torn", "broken"] == new[f"{STATE}/enum"]
    assert "torn" == new[f"{SHOWN}/torn"]["value"]["state"]
    assert {RemoveValue(f"{STATES}/done"), RemoveValue(f"{SHOWN}/done")} <= {
        operation for operation in operations if isinstance(operation, RemoveValue)
    }


def test_a_state_that_was_seen_is_not_renamed(proposed):
    """Both names would be needed."""
    polls = (poll("drying", 50, 5), poll("drawing", 60, 9), poll())
    proposals = proposed(WORDS, submit(), *polls, download(), changes=ANY_WORD)

    assert (
        [
            "drying is a state after waiting",
            "drying is a state about which nothing is known",
        ]
        == proposals.said
        == proposals.holding
    )


def test_a_state_in_between_lasts_as_long_as_it_was_shown(proposed):
    """It has the progress that was seen, leads to what followed, and has an example."""
    polls = (poll("drying", 50, 5), poll("drawing", 60, 9), poll())
    proposals = proposed(WORDS, submit(), *polls, download(), changes=ANY_WORD)
    state, following, example = proposals.operations("drying is a state after waiting")

    assert SetValue(f"{STATES}/drying", {"after": 4, "next": "drawing", "progress": [50, 50]}) == state
    assert SetValue(f"{STATES}/waiting/next", ["drawing", "drying"]) == following
    assert f"{SHOWN}/drying" == example.pointer
    assert ("drying", 50) == (example.value["value"]["state"], example.value["value"]["percent"])


def test_a_state_of_which_the_end_was_not_seen_is_said_to_be_assumed(proposed):
    """It leads where the state before it led."""
    proposals = proposed(WORDS, submit(), poll("drying", 50, 5), changes=ANY_WORD)
    said = "drying is a state after waiting; the next state was not seen, and is assumed to be the previous one's"

    assert ["drawing is called drying", said, "drying is a state about which nothing is known"] == proposals.said
    assert {"after": 1, "next": ["drawing"], "progress": [50, 50]} == proposals.operations(said)[0].value


def test_the_first_state_that_has_another_name_begins_every_task(proposed):
    """The lifecycle begins with the new name."""
    polls = (poll("drawing", 40, 5), poll())
    proposals = proposed(WORDS, submit(drawing("queued")), *polls, download(), changes=ANY_WORD)

    assert "waiting is called queued" == proposals.said[0]
    assert SetValue(f"{LIFE}/initial", "queued") in proposals.edits[0].operations


def test_tasks_begin_with_the_state_that_the_submit_shows(proposed):
    """Its example moves with it."""
    proposals = proposed(":lifecycle/drawing/initial", submit(drawing("drawing", 10)), poll(), download())
    initial, removed, example = proposals.operations("tasks start as drawing")

    assert ["tasks start as drawing"] == proposals.said
    assert SetValue(f"{LIFE}/initial", "drawing") == initial
    assert RemoveValue(f"{ORDERED}/waiting") == removed
    assert (f"{ORDERED}/drawing", "drawing") == (example.pointer, example.value["value"]["state"])


def test_an_undocumented_word_of_a_status_is_listed_and_is_a_state(proposed):
    """One edit does both: neither holds without the other."""
    changes = {
        f"{SCHEMAS}/Drawing/properties/status": {
            "enum": ["waiting", "drawing", "done", "broken"],
            "x-value": "$task.status",
        }
    }
    exchanges = (submit(), poll("drying", 50, 5, status="drying"), poll(status="done"), download())
    proposals = proposed(":answer/Drawing/status/enum", *exchanges, changes=changes | ANY_WORD)
    enum = f"{SCHEMAS}/Drawing/properties/status/enum"

    assert "drawing is called drying" == proposals.said[0]
    assert all(edit.operations[0] == AppendItem(enum, "drying") for edit in proposals.edits[1:-1])
    assert '"drying" is one of its values' == proposals.said[-1]


@pytest.mark.parametrize(
    ("claim", "changed", "field", "expression"),
    [
        ("created", {"ordered": "2026-01-31T12:00:05Z"}, "ordered", "$task.createdAt"),
        ("id", {"drawing": "dr_2"}, "drawing", "$task.id"),
    ],
)
def test_what_changes_from_poll_to_poll_is_not_computed(proposed, claim, changed, field, expression):
    """It is no fact of the task."""
    look = call("GET", "/v2/drawings/dr_1", drawing("drawing", 40, **changed), after=5, role="show", expects="")
    proposals = proposed(f":lifecycle/drawing/{claim}", submit(), look, poll(), download())

    assert [f"nothing says {expression}"] == proposals.said
    assert (RemoveValue(f"{SCHEMAS}/Drawing/properties/{field}/x-value"),) == proposals.edits[0].operations
