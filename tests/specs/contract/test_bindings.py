from __future__ import annotations

from typing import Any

import pytest

from pixpact.specs.contract.bindings import BindingReader, condition
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRequest, ExpressionRoots
from pixpact.specs.openapi.schemas import CompiledSchemas


def bound(schema: Any, instance: Any, **others: Any) -> Any:
    document = {"components": {"schemas": {"It": schema, **others}}}
    return BindingReader(document, CompiledSchemas(document)).bound("/components/schemas/It", instance)


def leaves(schema: Any, instance: Any, **others: Any) -> list[tuple[Any, ...]]:
    return [(binding.path, binding.expression.text) for binding in bound(schema, instance, **others).bindings]


TASK = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "x-value": "$task.id"},
        "created": {"type": ["integer", "string"], "x-value": "$task.createdAt"},
        "done": {"type": "string", "format": "date-time", "x-value": "$task.completedAt"},
    },
}


def test_only_what_the_example_has_is_bound() -> None:
    """A binding stands where the example has the field, and nowhere else."""
    assert [(("id",), "$task.id")] == leaves(TASK, {"id": "t", "other": 1})
    assert [] == leaves(TASK, {})
    assert [] == leaves(TASK, "text")
    assert [] == leaves({"type": "object"}, {"id": "t"})


def test_how_a_leaf_is_written() -> None:
    """The schema of the target gives type and format; of several types the example's own."""
    found = {
        binding.path[0]: (binding.types, binding.format, binding.required)
        for binding in bound(TASK, {"id": "t", "created": 5, "done": "x"}).bindings
    }

    assert {
        "id": (("string",), None, True),
        "created": (("integer",), None, False),
        "done": (("string",), "date-time", False),
    } == found
    assert ("string",) == bound(TASK, {"created": "5"}).bindings[0].types


def test_a_leaf_without_a_type_is_written_as_shown() -> None:
    """Where the schema states no type, the example does."""
    untyped = {"properties": {"a": {"x-value": "$task.id"}}}

    assert ["string", "integer", "number", "boolean", "null", "array", "object"] == [
        bound(untyped, {"a": value}).bindings[0].types[0] for value in ("x", 1, 1.5, True, None, [], {})
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {"required": ["id"], "properties": {"id": {"x-value": "$task.id"}}},
        {"allOf": [{"required": ["id"]}], "properties": {"id": {"x-value": "$task.id"}}},
        {"required": ["id"], "properties": {"id": {"$ref": "#/components/schemas/Id"}}},
        {"if": {}, "then": {"required": ["id"]}, "properties": {"id": {"x-value": "$task.id"}}},
        {"oneOf": [{"required": ["id"]}], "allOf": [{"properties": {"id": {"$ref": "#/components/schemas/Id"}}}]},
    ],
)
def test_required_fields(schema: Any) -> None:
    """A field is required when any schema that applies says so, wherever the binding itself stands."""
    found = bound(schema, {"id": "t"}, Id={"x-value": "$task.id"}).bindings

    assert [True] == [it.required for it in found]


def test_the_particular_binding_wins() -> None:
    """A schema may bind a field otherwise than the one it includes."""
    schema = {
        "allOf": [{"properties": {"m": {"x-value": "$task.id"}}}],
        "properties": {"m": {"x-value": "$task.status"}},
    }

    assert [(("m",), "$task.status")] == leaves(schema, {"m": "x"})


def test_bindings_of_the_form_that_the_example_takes() -> None:
    """Of alternatives the one that the example fits is bound."""
    schema = {
        "oneOf": [
            {"required": ["url"], "properties": {"url": {"x-value": "$image.url"}}},
            {"required": ["b64"], "properties": {"b64": {"x-value": "$image.base64"}}},
        ]
    }

    assert [(("b64",), "$image.base64")] == leaves(schema, {"b64": "/9j/"})


ITEM = {
    "type": "object",
    "x-value": "$image",
    "properties": {"url": {"type": "array", "items": {"x-value": "$image.url"}}},
}
WITHHELD = {"required": ["error"], "x-when": {"$image.withheld": {"const": True}}}


@pytest.mark.parametrize(
    ("items", "instance", "expected"),
    [
        (ITEM, [{"url": ["a"]}], [(0,)]),
        (ITEM, [{"url": ["a"]}, {"url": ["b", "c"]}], [(0,), (1,)]),
        ({"type": "string", "x-value": "$image.url"}, ["a", "b"], [(0,), (1,)]),
        (
            {"oneOf": [{"pattern": "^h", "x-value": "$image.url"}, {"pattern": "^/", "x-value": "$image.base64"}]},
            ["http"],
            [(0,)],
        ),
        ({"type": "array", "items": {"type": "string", "x-value": "$image.url"}}, [["a"]], [(0, 0)]),
        ({"type": "string", "x-value": "$task.id"}, ["a"], []),
        ({"properties": {"url": {"x-value": "$image.url"}}}, [{"url": "a"}], []),
    ],
)
def test_items_that_are_one_image(items: Any, instance: Any, expected: list[Any]) -> None:
    """An item bound to `$image`, or a text of a list bound to a fact of one, is written once for each image."""
    assert expected == [image.path for image in bound({"type": "array", "items": items}, instance).images]


def test_conditions_of_items() -> None:
    """An alternative with a condition keeps it, the other has none."""
    items = {"x-value": "$image", "oneOf": [{"required": ["url"]}, WITHHELD]}
    found = bound({"items": items}, [{"url": "a"}, {"error": {}}]).images

    assert [None, frozenset({"image"})] == [it.when and it.when.roots for it in found]


@pytest.mark.parametrize(
    ("written", "n", "holds"),
    [
        ({"$request.body#/n": {"const": 1}}, 1, True),
        ({"$request.body#/n": {"const": 1}}, 2, False),
        ({"$request.body#/n": True}, 2, True),
        ({"$request.body#/m": {}}, 1, False),
        ({"$request.body#/m": False}, 1, True),
        ({"$request.body#/n": False}, 1, False),
        ({"$request.body#/n": {"const": 1}, "$request.body#/m": False}, 1, True),
    ],
)
def test_conditions(written: Any, n: int, holds: bool) -> None:
    """Every expression must fit its schema; `false` asks that it has no value."""
    found, roots = condition(written), ExpressionRoots(request=ExpressionRequest(body={"n": n}))
    values = [(it.evaluate(roots), test) for it, test in found.tests]

    assert holds == (
        all(value is not UNDEFINED and test(value) for value, test in values)
        and all(it.evaluate(roots) is UNDEFINED for it in found.absent)
    )
