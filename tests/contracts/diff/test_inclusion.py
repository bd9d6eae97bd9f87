"""What is proven of two schemas without a search: through unions, references and recursion; never too much."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from pixpact.contracts.diff.compare.compare import ComparedContracts
from pixpact.contracts.diff.proof.inclusion import SchemaInclusion

from .conftest import asked, side

BODY = ("/paths/~1things/post/requestBody/content/application~1json/schema",)
TREE = {"type": "object", "properties": {"left": {"$ref": "#/components/schemas/Node"}, "n": {"type": "integer"}}}
CAT = {"type": "object", "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}}, "required": ["kind"]}
DOG = {"type": "object", "properties": {"kind": {"const": "dog"}, "name": {"type": "string"}}, "required": ["kind"]}
TEXT, NUMBER, NULL = {"type": "string"}, {"type": "integer"}, {"type": "null"}


def both(sent: Any, taken: Any, before: Any = None, after: Any = None) -> SchemaInclusion:
    """The proofs for two bodies whose component `Node` is `before` and `after`."""
    documents = []
    for schema, node in ((sent, before), (taken, after)):
        document = asked(schema)
        document["components"]["schemas"] = {"Node": node if node is not None else TEXT}
        documents.append(side(document))
    compared = ComparedContracts(*documents)
    return SchemaInclusion(compared.reading(False, "request"), compared.reading(True, "request"))


PROVEN = {
    "one form of several": (TEXT, {"oneOf": [TEXT, NUMBER]}),
    "two types split into forms": ({"type": ["string", "null"]}, {"anyOf": [TEXT, NULL, {"type": "array"}]}),
    "forms in another order": ({"oneOf": [CAT, DOG]}, {"oneOf": [DOG, CAT]}),
    "forms told apart by a word": ({"oneOf": [CAT]}, {"oneOf": [CAT, DOG]}),
    "a field more": (CAT, {**CAT, "properties": {**CAT["properties"], "age": NUMBER}}),
    "names that are all named": (CAT, {**CAT, "additionalProperties": False}),
    "listed values tried one by one": ({"enum": ["a", "b"]}, {"pattern": "^[ab]$"}),
    "a map of narrower values": (
        {"type": "object", "additionalProperties": {"enum": [1, 2]}},
        {"type": "object", "additionalProperties": NUMBER},
    ),
    "names like a pattern": (
        {"type": "object", "properties": {"x1": NUMBER}},
        {"patternProperties": {"^x": {"type": "number"}}},
    ),
    "both ends of a condition": (CAT, {"if": {"required": ["lives"]}, "then": {"type": "object"}}),
    "items after the first ones": (
        {"type": "array", "prefixItems": [TEXT], "items": NUMBER},
        {"type": "array", "items": {"type": ["string", "integer"]}},
    ),
    "another form is excluded on both sides": (
        {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
        {"oneOf": [{"required": ["b"]}, {"required": ["a"]}]},
    ),
}


@pytest.mark.parametrize("name", PROVEN)
def test_what_is_taken_is_proven(name: str) -> None:
    """Without asking a prover about the whole."""
    sent, taken = PROVEN[name]

    assert both(sent, taken).holds(BODY, BODY)


OPEN: dict[str, tuple[Any, Any, Any]] = {
    "a form less": ({"oneOf": [TEXT, NUMBER]}, {"oneOf": [TEXT]}, 1),
    "a value of two forms": ({"type": "integer"}, {"oneOf": [NUMBER, {"type": "number"}]}, 1),
    "a required name that nothing declares": (
        {"type": "object", "required": ["x"]},
        {"required": ["x", "y"]},
        {"x": 1},
    ),
    "no forms at all": (TEXT, {"anyOf": [False, False]}, "a"),
    "a map under a pattern": (
        {"type": "object", "patternProperties": {"^x": TEXT}},
        {"type": "object", "additionalProperties": NUMBER},
        {"x": "a"},
    ),
    "an item in front": (
        {"type": "array", "items": {"type": ["string", "integer"]}},
        {"type": "array", "prefixItems": [TEXT], "items": True},
        [1],
    ),
    "more may stand there": (
        {"type": "object", "additionalProperties": True},
        {"properties": {"n": NUMBER}},
        {"n": "a"},
    ),
    "null beside a form": ({"anyOf": [TEXT, NULL]}, TEXT, None),
    "what no rule speaks of": (
        {"type": "object", "properties": {"a": TEXT}},
        {"properties": {"b": TEXT}, "unevaluatedProperties": False},
        {"a": "x"},
    ),
}


@pytest.mark.parametrize("name", OPEN)
def test_what_is_refused_is_not_proven(name: str) -> None:
    """Each with a value that is sent and not taken, as another validator says."""
    sent, taken, value = OPEN[name]

    assert jsonschema.Draft202012Validator(sent).is_valid(value)
    assert not jsonschema.Draft202012Validator(taken).is_valid(value)
    assert not both(sent, taken).holds(BODY, BODY)


def test_recursion_is_no_hindrance() -> None:
    """A tree that may hold more is taken; one that may hold less is not, however deep that shows."""
    node = {"$ref": "#/components/schemas/Node"}
    wider = {**TREE, "properties": {**TREE["properties"], "n": {"type": "number"}}}

    assert both(node, node, TREE, wider).holds(BODY, BODY)
    assert not both(node, node, wider, TREE).holds(BODY, BODY)


def test_forms_apart() -> None:
    """No cat is a dog; a cat without its word may be."""
    assert both(CAT, DOG).apart(BODY, (), BODY)
    assert not both({**CAT, "properties": {"lives": NUMBER}}, {"properties": {"lives": NUMBER}}).apart(BODY, (), BODY)
