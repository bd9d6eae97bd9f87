"""Documents that are small and would be endless work: what they come to is told, or left undecided."""

from __future__ import annotations

from pixpact.contracts.diff.read.shapes import ShapeReader

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
    chain = {f"D{number}": {"allOf": [{"$ref": f"#/components/schemas/D{number + 1}"}] * 2} for number in range(40)}
    schemas = {**chain, "D40": {"type": "object", "properties": {"a": {"type": "string"}}}}
    document = asked({"$ref": "#/components/schemas/D0"}) | {"components": {"schemas": schemas}}
    shape = ShapeReader(side(document), "request").shape(("/components/schemas/D0",))

    assert ["a"] == list(shape.fields)
    assert len(shape.parts) < 100
