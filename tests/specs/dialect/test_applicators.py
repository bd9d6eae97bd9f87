from __future__ import annotations

from typing import Any

import pytest

from pixpact.specs.dialect.applicators import KeywordCollector
from pixpact.specs.openapi.schemas import CompiledSchemas

KEYWORDS = ("x-value", "x-total")


def marks(schema: Any, instance: Any, **others: Any) -> list[tuple[Any, tuple[str | int, ...]]]:
    """The values of our keywords that apply to an instance, and where."""
    document = {"components": {"schemas": {"It": schema, **others}}}
    walk = KeywordCollector(document, KEYWORDS, CompiledSchemas(document).test).compile("/components/schemas/It")
    found: list[Any] = []
    if walk is not None:
        walk(instance, (), found)
    return [(mark.value, mark.path) for mark in found]


A, B, C = ({"x-value": letter} for letter in "abc")


@pytest.mark.parametrize(
    ("schema", "instance", "expected"),
    [
        (A, 1, [("a", ())]),
        ({"properties": {"p": A, "q": B}}, {"q": 1}, [("b", ("q",))]),
        ({"properties": {"p": A}}, {"p": None}, [("a", ("p",))]),
        ({"properties": {"p": A}}, [], []),
        ({"items": A}, [1, 2], [("a", (0,)), ("a", (1,))]),
        ({"items": A}, {"0": 1}, []),
        ({"items": {"properties": {"p/q": A}}}, [{"p/q": 1}, {}], [("a", (0, "p/q"))]),
        ({"allOf": [A, B], **C}, 1, [("a", ()), ("b", ()), ("c", ())]),
        ({"$ref": "#/components/schemas/Other", **A}, 1, [("b", ()), ("a", ())]),
        ({"oneOf": [{"type": "string", **A}, {"type": "integer", **B}]}, 1, [("b", ())]),
        ({"anyOf": [{"minimum": 1, **A}, {"maximum": 1, **B}]}, 1, [("a", ()), ("b", ())]),
        ({"oneOf": [{"type": "string", **A}]}, 1, []),
        ({"if": {"type": "string"}, "then": A, "else": B}, "x", [("a", ())]),
        ({"if": {"type": "string"}, "then": A, "else": B}, 1, [("b", ())]),
        ({"if": {"type": "string"}, "then": A}, 1, []),
        ({"dependentSchemas": {"p": A, "q": B}}, {"q": 0}, [("b", ())]),
        ({"dependentSchemas": {"p": A}}, ["p"], []),
        ({"x-total": 1, "x-value": 2}, 1, [(2, ()), (1, ())]),
        ({"not": A, "contains": A, "additionalProperties": A, "prefixItems": [A], "if": A}, [1], []),
        (True, 1, []),
        (False, 1, []),
        ({"properties": {"p": True, "q": A}}, {"p": 1, "q": 2}, [("a", ("q",))]),
    ],
)
def test_which_keywords_apply(schema: Any, instance: Any, expected: list[Any]) -> None:
    """A keyword counts where the subschema that holds it applies, the more particular ones last."""
    assert expected == marks(schema, instance, Other=B)


CONDITIONS: list[Any] = [
    {"properties": {"p": {"const": "auto"}}, "required": ["p"]},
    {"properties": {"p": {"const": 1}}, "required": ["p"]},
    {"properties": {"p": {"const": "auto"}}},
    {"properties": {"p": {"const": "auto"}, "q": {"maximum": 1}}, "required": ["p"]},
    {"properties": {"p": True}, "required": ["p"]},
    {"type": "object", "properties": {"p": {"const": "auto"}}, "required": ["p"]},
    {"required": ["p", "q"]},
    {"required": []},
    {"not": {"required": ["p"]}, "required": ["q"]},
    True,
    False,
]
INSTANCES: list[Any] = [
    {}, {"p": "auto"}, {"p": "other"}, {"p": 1}, {"p": 1.0}, {"p": True}, {"p": None}, {"p": ["auto"]},
    {"q": 0}, {"p": "auto", "q": 2}, {"p": "auto", "q": 1}, [], ["p"], "p", "auto", 1, None,
]  # fmt: skip


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_holds_where_the_validator_says_so(condition: Any) -> None:
    """However quickly it is decided, of objects and of anything else."""
    is_valid = CompiledSchemas({"components": {"schemas": {"It": condition}}}).test("/components/schemas/It")
    expected = [[("a" if is_valid(instance) else "b", ())] for instance in INSTANCES]

    assert expected == [marks({"if": condition, "then": A, "else": B}, instance) for instance in INSTANCES]


def test_a_recursive_schema() -> None:
    """A tree is walked to its leaves."""
    tree = {"x-value": "node", "properties": {"children": {"items": {"$ref": "#/components/schemas/It"}}}}
    found = marks(tree, {"children": [{}, {"children": [{}]}]})

    assert [(), ("children", 0), ("children", 1), ("children", 1, "children", 0)] == [path for _, path in found]


def test_a_recursive_schema_without_keywords() -> None:
    """Recursion alone costs nothing that matters and finds nothing."""
    tree = {"properties": {"children": {"items": {"$ref": "#/components/schemas/It"}}}}

    assert [] == marks(tree, {"children": [{"children": []}]})


def test_schemas_without_keywords_have_no_walk() -> None:
    """What cannot hold a keyword is not walked at all."""
    document = {"components": {"schemas": {"It": {"type": "object", "properties": {"p": {"type": "string"}}}}}}
    walks = KeywordCollector(document, KEYWORDS, CompiledSchemas(document).test)

    assert walks.compile("/components/schemas/It") is None


def test_visited_schemas() -> None:
    """The places that walks can come to are known, and those behind other keywords are not among them."""
    schema = {"allOf": [{"not": A}], "items": B, "if": {}, "then": {"properties": {"p": C}}}
    document = {"components": {"schemas": {"It": schema}}}
    walks = KeywordCollector(document, (), CompiledSchemas(document).test)
    walks.compile("/components/schemas/It")
    inner = {pointer.removeprefix("/components/schemas/It") for pointer in walks.visited}

    assert {"", "/allOf/0", "/items", "/then", "/then/properties/p"} == inner
