"""Proofs about schemas: yes is proven, anything else is not."""

from __future__ import annotations

import pytest

from pixpact.specs.openapi.containment import StandaloneSchema, covers, faults, is_empty


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ({"maximum": 10}, {"maximum": 8}, True),
        ({"maximum": 8}, {"maximum": 10}, False),
        ({"type": ["string", "null"]}, {"enum": ["a", None]}, True),
        (True, {"type": "string"}, True),
        ({"pattern": "^a"}, {"pattern": "^ab"}, False),  # not proven, though true
        ({"type": "strin"}, {}, False),  # no schema proves nothing
    ],
)
def test_covers(wide: object, narrow: object, expected: bool) -> None:
    """Every value of the one is one of the other."""
    assert expected is covers(wide, narrow)


def test_empty() -> None:
    """No text is a number."""
    assert is_empty({"type": "string", "enum": [1]})
    assert not is_empty({"type": "string"})


def test_refusals_say_where_and_why() -> None:
    """A missing field is reported at its own path; formats are asserted."""
    judge = StandaloneSchema(
        {"type": "object", "required": ["a"], "properties": {"b": {"type": "string", "format": "date"}}}
    )
    found = judge.refusals({"b": "tomorrow"})

    assert {(("b",), "format"), (("a",), "required")} == {(it.path, it.keyword) for it in found}
    assert judge.holds({"a": 1, "b": "2026-01-31"})


def test_a_schema_that_cannot_stand_alone() -> None:
    """A reference to nothing is told as ValueError."""
    with pytest.raises(ValueError, match="nowhere"):
        StandaloneSchema({"$ref": "#/nowhere"})


def test_faults() -> None:
    """What makes a value no schema, and where."""
    assert [("properties", "a", "minimum")] == [fault.path for fault in faults({"properties": {"a": {"minimum": "x"}}})]
