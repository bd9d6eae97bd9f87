"""Bodies that are made by changing one."""

from __future__ import annotations

import pytest

from pixpact.contracts.samples.bodies import put, value_in, with_guards_met, without_field
from pixpact.contracts.samples.samples import RequestSamples
from pixpact.contracts.samples.statements import SchemaGuard
from pixpact.specs.dialect.expressions import UNDEFINED


@pytest.mark.parametrize(
    ("body", "path", "expected"),
    [
        ({}, ("a",), {"a": 9}),
        ({"a": {"b": 1, "c": 2}}, ("a", "b"), {"a": {"b": 9, "c": 2}}),
        ({}, ("a", "b"), {"a": {"b": 9}}),
        ({}, ("a", "*"), {"a": [9]}),
        ({"a": [1, 2]}, ("a", "*"), {"a": [9, 2]}),
        ({"a": [{"b": 1}, {}]}, ("a", "*", "b"), {"a": [{"b": 9}, {}]}),
        ({"a": "text"}, ("a", "b"), {"a": {"b": 9}}),
        ({"a": 1}, (), 9),
    ],
)
def test_a_value_is_put_in_its_place(body, path, expected):
    """What is on the way is made; what is beside it stays; the body that was given is not touched."""
    before = repr(body)

    assert expected == put(body, path, 9)
    assert before == repr(body)


@pytest.mark.parametrize(
    ("body", "path", "expected"),
    [
        ({"a": 1, "b": 2}, ("a",), {"b": 2}),
        ({"a": {"b": 1, "c": 2}}, ("a", "b"), {"a": {"c": 2}}),
        ({"a": 1}, ("x",), {"a": 1}),
        ([1], ("a",), [1]),
    ],
)
def test_a_field_is_dropped(body, path, expected):
    """What is not there cannot be dropped."""
    before = repr(body)

    assert expected == without_field(body, path)
    assert before == repr(body)


def test_a_value_is_found_again():
    """`*` leads into the first item."""
    assert 1 == value_in({"a": [{"b": 1}, {"b": 2}]}, ("a", "*", "b"))
    assert UNDEFINED is value_in({"a": []}, ("a", "*"))


@pytest.mark.parametrize(
    ("condition", "body", "expected"),
    [
        ({"properties": {"size": {"const": "4K"}}}, {"size": "2K"}, {"size": "4K"}),
        ({"properties": {"size": {"enum": ["3K", "4K"]}}}, {"size": "2K"}, {"size": "3K"}),
        ({"properties": {"size": {"enum": ["3K", "4K"]}}}, {"size": "4K"}, {"size": "4K"}),
        ({"properties": {"size": {"const": "4K"}}}, {}, {}),
        ({"required": ["size"]}, {}, {"size": "2K"}),
        ({"properties": {"n": {"minimum": 2}}}, {"n": 1}, {"n": 2}),
        ({"properties": {"n": {"maximum": 2}}}, {"n": 7}, {"n": 2}),
        ({"properties": {"image": {"type": "array"}}}, {"image": "a"}, {"image": ["an image"]}),
        ({"allOf": [{"required": ["size"]}, {"properties": {"size": {"const": "4K"}}}]}, {}, {"size": "4K"}),
        ({"$ref": "#/other"}, {"n": 7}, {"n": 3}),
    ],
)
def test_a_condition_is_met(condition, body, expected):
    """As few fields change as it takes."""
    document = {
        "s": {"properties": {"size": {"enum": ["2K", "4K"]}, "image": {"items": {"enum": ["an image"]}}}},
        "if": condition,
        "other": {"properties": {"n": {"maximum": 3}}},
    }
    samples = RequestSamples(document, "/s", [])

    assert expected == with_guards_met(body, (SchemaGuard("/if", ()),), samples, document)


def test_a_field_that_a_condition_wants_is_put_in():
    """`dependentSchemas` counts where its field is there."""
    document = {"s": {"properties": {"size": {"enum": ["2K"]}}}}

    assert {"size": "2K"} == with_guards_met(
        {}, (SchemaGuard("/d", (), field="size"),), RequestSamples(document, "/s", []), document
    )
