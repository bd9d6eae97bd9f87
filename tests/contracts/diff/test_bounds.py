"""Documents that are small and would be endless work: what they come to is told, or left undecided."""

from __future__ import annotations

import pytest

from pixpact.contracts.diff.read.shapes import ShapeReader
from pixpact.specs.openapi.problems import SpecError

from .conftest import asked, compared, side


def limited(least):
    return asked({"type": "object", "required": ["e"], "properties": {"e": {"type": "array", "minItems": least}}})


def test_a_list_of_a_million_items_is_no_witness():
    """That one limit is stricter is told; no list of that length is made to prove it."""
    [change] = compared(limited(10**9), limited(10**9 + 1)).changes

    assert ("warning", True) == (change.severity, bool(change.undecided))


def test_ten_thousand_words_are_compared():
    """One of them is another, which is told as one change each way."""
    words = [f"v{number}" for number in range(10_000)]
    found = compared(asked({"enum": words}), asked({"enum": [*words[1:], "new"]})).changes

    assert ["request-enum-value-added", "request-enum-value-removed"] == sorted(it.rule for it in found)


def test_what_a_schema_includes_twice_is_read_once():
    """However many ways lead to it."""
    chain = {f"D{number}": {"allOf": [{"$ref": f"#/components/schemas/D{number + 1}"}] * 2} for number in range(12)}
    schemas = {**chain, "D12": {"type": "object", "properties": {"a": {"type": "string"}}}}
    document = asked({"$ref": "#/components/schemas/D0"}) | {"components": {"schemas": schemas}}
    shape = ShapeReader(side(document), "request").shape(("/components/schemas/D0",))

    assert ["a"] == list(shape.fields)
    assert len(shape.parts) < 40


@pytest.mark.parametrize("keyword", ["allOf", "oneOf", "anyOf"])
def test_a_schema_that_doubles_without_end_is_refused(keyword):
    """With its place: whoever tries a value on it never comes to an end."""
    inner = {number: {"$ref": f"#/components/schemas/D{number + 1}"} for number in range(30)}
    chain = {f"D{number}": {keyword: [{**it, "title": "a"}, {**it, "title": "b"}]} for number, it in inner.items()}
    schemas = {**chain, "D30": {"type": "object"}}

    with pytest.raises(SpecError, match=r"api\.json:\d+ too-large"):
        side(asked({"$ref": "#/components/schemas/D0"}) | {"components": {"schemas": schemas}})


def test_schemas_that_refer_to_each_other_are_counted_once():
    """As published documents have them."""
    schemas = {name: {"anyOf": [{"$ref": f"#/components/schemas/{it}"} for it in "ABC"]} for name in "ABC"}

    assert "api" == side(asked({"type": "string"}) | {"components": {"schemas": schemas}}).name
