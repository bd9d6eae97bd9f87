"""What is proposed where a response has another status, media type or header, or a link leads nowhere."""

from __future__ import annotations

import pytest

from pixpact.contracts.propose.operations import RemoveValue, SetValue
from pixpact.wire.exchange import Exchange

from .conftest import BASE, JSON, KEY, START, call, drawing, order_with, poll, refused, sketch, submit

ORDERS = "/paths/~1v2~1drawings/post/responses"
SKETCHES = "/paths/~1v2~1sketches/post/responses/200"
COST = f"{SKETCHES}/headers/X-Cost"
INVALID = {"expects": "invalid-request"}
STREAM = (
    b'event: one-more\ndata: {"number":0,"link":"https://files.toy.example/a.jpg"}\n\n'
    b'event: that-is-all\ndata: {"sketches":1}\n\n'
)


def test_success_moves_to_another_status(proposed):
    """With all that it says."""
    proposals = proposed("startDrawing:answer/202", submit(status=200), poll("drawing", 40, 5))
    moved, removed = proposals.operations("its status is 200")

    assert ["its status is 200"] == proposals.said
    assert f"{ORDERS}/200" == moved.pointer
    assert {"headers", "content", "links"} <= moved.value.keys()
    assert RemoveValue(f"{ORDERS}/202") == removed


def test_a_refusal_moves_whole_where_all_its_examples_do(proposed):
    """By reference, or written out where the reference is of no use."""
    proposals = proposed("startDrawing:refusal/invalid-request", refused("size", "huge", status=400, note=INVALID))

    assert ["its status is 400"] * 2 == proposals.said
    assert (
        SetValue(f"{ORDERS}/400", {"$ref": "#/components/responses/Wrong"}),
        RemoveValue(f"{ORDERS}/422"),
    ) == proposals.edits[0].operations


def test_one_cause_of_several_moves_alone(proposed):
    """The other examples stay where they are."""
    wrong = {"content": {"application/json": {"schema": {}, "examples": {}}}, "description": "Wrong."}
    examples = {"invalid-request": {"value": {}}, "rate-limited": {"value": {}}}
    wrong["content"]["application/json"]["examples"] = examples
    changes = {f"{ORDERS}/422": wrong}
    proposals = proposed(
        "startDrawing:refusal/invalid-request", refused("size", "huge", status=400, note=INVALID), changes=changes
    )
    moved, left = proposals.edits[0].operations

    assert ["its status is 400"] == proposals.said
    assert (f"{ORDERS}/400", f"{ORDERS}/422") == (moved.pointer, left.pointer)
    assert [["invalid-request"], ["rate-limited"]] == [
        list(operation.value["content"]["application/json"]["examples"]) for operation in (moved, left)
    ]


def test_a_cause_joins_a_response_that_is_documented(proposed):
    """As one more of its examples."""
    proposals = proposed("startDrawing:refusal/invalid-request", refused("size", "huge", status=409, note=INVALID))
    joined, removed = proposals.edits[0].operations

    assert f"{ORDERS}/409/content/application~1json/examples/invalid-request" == joined.pointer
    assert RemoveValue(f"{ORDERS}/422") == removed


def test_a_response_has_another_media_type(proposed):
    """Where a body of that type can be what the contract says."""
    kind = "application/vnd.toy+json"
    content = f"{ORDERS}/202/content"
    proposals = proposed("startDrawing:answer/202/content-type", order_with(drawing(), kind=kind))
    moved, removed = proposals.operations(f"its media type is {kind}")

    assert f"{content}/application~1vnd.toy+json" == moved.pointer
    assert RemoveValue(f"{content}/application~1json") == removed


def test_a_page_is_no_media_type_of_a_task(proposed):
    """Nothing that a contract could say makes HTML a task."""
    assert [] == proposed("startDrawing:answer/202/content-type", order_with(b"<html>", kind="text/html")).said


def test_a_media_type_that_was_not_asked_for_is_a_default(proposed):
    """The field that asks for it has that value where it is left out."""
    proposals = proposed("runSketch:answer/200/content-type", sketch(STREAM, kind="text/event-stream"))

    assert ["stream is true where it is left out"] == proposals.said == proposals.holding
    assert (SetValue("/components/schemas/Sketch/properties/stream/default", True),) == proposals.edits[0].operations


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ((), ["the header may be missing", "the header is not documented"]),
        ((("X-Cost", "a lot"),), ["the header is a text", "the header is not documented"]),
    ],
)
def test_a_header_may_be_missing_or_any_text(proposed, headers, said):
    """Or it is not documented any more."""
    changes = {COST: {"required": True, "schema": {"type": "integer", "maximum": 3}}}
    sent = Exchange(
        START,
        "POST",
        f"{BASE}/v2/sketches",
        (KEY, JSON),
        b'{"prompt":"A kite"}',
        200,
        (JSON, *headers),
        b'{"sketches":["https://files.toy.example/a.jpg"]}',
        0.1,
        {"role": "run", "expects": ""},
    )
    proposals = proposed("runSketch:answer/200/header/X-Cost", sent, changes=changes)

    assert said == proposals.said == proposals.holding
    assert (RemoveValue(COST),) == proposals.edits[1].operations


def test_a_link_that_leads_to_nothing_is_removed(proposed):
    """The other links stay."""
    order = submit(reference="order-42")
    lost = call("GET", "/v2/drawings/order-42", {"error": "no"}, after=3, status=404, role="show", expects="")
    proposals = proposed("startDrawing:answer/link/reference", order, lost, poll())

    assert ["there is no link reference"] == proposals.said == proposals.holding
    assert (RemoveValue(f"{ORDERS}/202/links/reference"),) == proposals.edits[0].operations
