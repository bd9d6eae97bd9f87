"""Witnesses below optional parents, in unions, maps and lists: built from the inside out, and judged by another."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from .conftest import asked, compared

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def inside(schema: Any) -> dict[str, Any]:
    """An optional field with a required sibling."""
    return {"type": "object", "properties": {"id": TEXT, "x": schema}, "required": ["id"]}


def told(name: str, schema: Any) -> dict[str, Any]:
    """An alternative told apart by its kind, which it need not have."""
    return {"type": "object", "properties": {"kind": {"const": name}, "x": schema}}


AROUND = {
    "an optional parent": lambda it: inside(inside(inside(it))),
    "a list of objects": lambda it: inside({"type": "array", "items": inside(it), "minItems": 1}),
    "a map": lambda it: inside({"type": "object", "additionalProperties": inside(it)}),
    "a form of several": lambda it: inside({"oneOf": [told("a", it), told("b", TEXT)]}),
    "a form in a list of forms": lambda it: {
        "type": "array",
        "items": {"anyOf": [{"type": "null"}, {"oneOf": [told("a", it), told("b", TEXT)]}]},
    },
    "a text of a pattern beside it": lambda it: {
        **inside(it),
        "properties": {"id": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]+$"}, "x": it},
    },
    "items that must be unlike": lambda it: {"type": "array", "items": inside(it), "minItems": 3, "uniqueItems": True},
}


@pytest.mark.parametrize("name", AROUND)
def test_a_witness_is_found(name: str) -> None:
    """A number that was taken and is refused now, wherever it stands."""
    before, after = (AROUND[name](schema) for schema in (NUMBER, {**NUMBER, "maximum": 5}))
    (change,) = compared(asked(before), asked(after)).changes

    assert ("request-maximum-added", "breaking") == (change.rule, change.severity)
    assert change.witness is not None
    assert jsonschema.Draft202012Validator(before).is_valid(change.witness.content)
    assert not jsonschema.Draft202012Validator(after).is_valid(change.witness.content)


def test_a_wider_form_that_takes_what_is_of_another() -> None:
    """Of `oneOf` a value may be of one form only: a form that asks for less now makes values of the other wrong."""
    cat = {"type": "object", "properties": {"name": TEXT, "lives": NUMBER}, "required": ["name", "lives"]}
    dog = {"type": "object", "properties": {"name": TEXT, "tail": NUMBER}, "required": ["name"]}
    before, after = {"oneOf": [cat, dog]}, {"oneOf": [{**cat, "required": ["name"]}, dog]}
    (change,) = compared(asked(before), asked(after)).changes

    assert ("request-required-removed", "breaking") == (change.rule, change.severity)
    assert change.witness is not None
    assert jsonschema.Draft202012Validator(before).is_valid(change.witness.content)
    assert not jsonschema.Draft202012Validator(after).is_valid(change.witness.content)
