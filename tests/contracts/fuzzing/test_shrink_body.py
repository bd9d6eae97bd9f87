"""Bodies are made shorter as long as something stays true of them."""

from __future__ import annotations

import asyncio

import pytest

from pixpact.contracts.fuzzing.shrink_body import (
    body_extent,
    common_body,
    differing_paths,
    is_within,
    paths_text,
    reduced,
)
from pixpact.contracts.samples.samples import RequestSamples

SCHEMA = {
    "type": "object",
    "required": ["model", "prompt"],
    "properties": {
        "model": {"type": "string", "enum": ["one", "two"]},
        "prompt": {"type": "string"},
        "n": {"type": "integer", "minimum": 1, "maximum": 15},
        "images": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
        "more": {"type": "object", "properties": {"deep": {"type": "boolean"}, "other": {"type": "integer"}}},
    },
}
SAMPLES = RequestSamples({"schema": SCHEMA}, "/schema", [])
BODY = {"model": "two", "prompt": "p" * 400, "n": 9, "images": ["a", "b", "a"], "more": {"deep": True, "other": 4}}


def shortest(holds, body=BODY, often=None):
    asked = []

    async def response(candidate):
        asked.append(candidate)
        return holds(candidate)

    return asyncio.run(reduced(body, SAMPLES, response, often or {})), asked


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        (lambda body: body.get("n") == 9, {"n": 9}),
        (lambda body: body.get("n", 0) > 4, {"n": 5}),
        (lambda body: body.get("more", {}).get("deep") is True, {"more": {"deep": True}}),
        (lambda body: len(body.get("images", [])) >= 2 and body.get("model") == "two", {"model": "two"}),
        (lambda body: True, {}),
    ],
    ids=["one-value", "a-bound", "a-member-inside", "two-together", "nothing"],
)
def test_only_what_matters_is_left(holds, expected):
    """Fields that do not matter are dropped, values come as near to the usual as they may."""
    body, _ = shortest(holds)

    assert holds(body)
    assert expected == {key: value for key, value in body.items() if key != "images"}
    assert body.get("images", ["", ""])[2:] == []


def test_a_long_text_ends_near_its_limit():
    """A text is shortened until it is just long enough."""
    body, _ = shortest(lambda body: len(body.get("prompt", "")) > 300)

    assert ["prompt"] == list(body)
    assert 300 < len(body["prompt"]) <= 320


def test_nothing_is_asked_twice():
    """Asking may cost something."""
    _, asked = shortest(lambda body: body.get("n") == 9 and "images" in body)

    assert len(asked) == len({repr(sorted(body.items())) for body in asked})
    assert BODY not in asked


def test_what_never_holds_stays_as_it_was():
    """The body itself is the response when nothing shorter is."""
    assert BODY == shortest(lambda body: False)[0]


def test_what_was_no_reason_before_is_dropped_first():
    """So that a wrong guess comes late."""
    _, asked = shortest(lambda body: True, {"n": 3, "model": "one", "prompt": "x"}, {("model",): 7, ("prompt",): 2})

    assert [{"n": 3, "prompt": "x"}, {"n": 3}, {}] == asked


def test_what_two_failures_share():
    """What the other one has not is dropped, what every request needs stays, and values stay as they are."""
    base = {"model": "one"}
    one = {"model": "two", "n": 3, "prompt": "x", "more": {"deep": True, "other": 4}}
    other = {"model": "one", "n": 4, "more": {"other": 5}}

    assert {"model": "two", "n": 3, "more": {"other": 4}} == common_body(one, other, base)
    assert {"model": "one"} == common_body({"model": "two"}, {}, base)


def test_what_one_body_says_beside_another():
    """By the innermost fields, with an empty object as itself."""
    base = {"model": "one", "more": {"deep": False}}

    assert [("n",), ("more", "deep")] == differing_paths({"model": "one", "n": 2, "more": {"deep": True}}, base)
    assert [] == differing_paths(base, base)
    assert "more.deep + n" == paths_text([("n",), ("more", "deep")])


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        ({"n": 1}, {"n": 1, "m": 2}, True),
        ({"n": 1}, {"n": 2}, False),
        ({"n": True}, {"n": 1}, False),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, True),
        ({"a": ["x"]}, {"a": ["x", "y"]}, True),
        ({"a": ["x", "y"]}, {"a": ["x"]}, False),
    ],
)
def test_whether_one_body_is_within_another(part, whole, expected):
    """All that it says the other says as well."""
    assert expected is is_within(part, whole)


def test_what_does_not_matter_goes_before_numbers_are_brought_near():
    """Bringing a number near takes many requests: other fields have their usual values by then."""
    needed = {"model", "prompt", "n"}
    _, asked = shortest(lambda body: needed <= body.keys() and body["n"] < 0, {**BODY, "n": -100_000})
    between = [body for body in asked if needed <= body.keys() and body["n"] not in (-100_000, 1)]

    assert between
    assert {"p" * 400} & {body["prompt"] for body in between} == set()


def test_fewer_fields_are_shorter_than_few_letters():
    """A reader asks first which fields matter, then what they hold."""
    plain, crowded = {"prompt": "A red kite over the dunes", "n": 3}, {"prompt": "a", "n": 3, "size": "2K"}

    assert [plain, crowded] == sorted([crowded, plain], key=body_extent)
    assert body_extent({"prompt": "a"}) < body_extent({"prompt": "ab"})
