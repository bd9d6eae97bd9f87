"""Random pairs with references, unions and names that nothing declares, wherever a schema may stand.

A brute-force sampler judges them: nothing harmless is ever contradicted, no witness fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixpact.contracts.diff.read.applied_schemas import ShapeReader
from pixpact.contracts.diff.read.closed_schemas import ClosedSchemas
from pixpact.contracts.diff.read.standalone_schema import StandaloneWriter

from .conftest import answered, asked, compared, side

COMPONENTS = {
    "Word": {"type": "string", "maxLength": 2},
    "Pair": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a", "undeclared"]},
    "Tree": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Tree"}, "b": {"type": "string"}}},
}
"""What references lead to, the same on both sides."""
POINTERS = {
    "request": "/paths/~1things/post/requestBody/content/application~1json/schema",
    "response": "/paths/~1things/post/responses/200/content/application~1json/schema",
}
LEAVES = st.one_of(
    st.sampled_from([{"$ref": f"#/components/schemas/{name}"} for name in COMPONENTS]),
    st.sampled_from([True, False, {"type": "null"}, {"type": "string"}, {"type": "integer"}, {"const": "x"}]),
    st.builds(lambda most: {"type": "integer", "maximum": most}, st.integers(0, 3)),
    st.builds(lambda words: {"enum": words}, st.lists(st.sampled_from(["x", "y", 1, None]), min_size=1, unique=True)),
)


def composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    objects = st.builds(
        lambda found, wanted, more: {"type": "object", "properties": found, "required": wanted, **more},
        fields,
        st.lists(st.sampled_from(["a", "b", "undeclared"]), max_size=2, unique=True),
        st.sampled_from(
            [{}, {}, {"additionalProperties": False}, {"additionalProperties": True}, {"minProperties": 3}]
        ),
    )
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        objects,
        st.builds(lambda word, forms: {word: forms}, st.sampled_from(["oneOf", "anyOf"]), several),
        st.builds(lambda one, word, forms: {**one, word: forms}, objects, st.sampled_from(["oneOf", "allOf"]), several),
        st.builds(lambda items: {"type": "array", "items": items}, inner),
    )


SCHEMAS = st.recursive(LEAVES, composed, max_leaves=5)
VALUES = st.recursive(
    st.sampled_from(["x", "y", "zzz", 0, 1, 2, 5, None, True]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "undeclared"]), inner, max_size=3)
    ),
    max_leaves=5,
)
PLACES: dict[str, Callable[[Any], Any]] = {
    "body": lambda schema: schema,
    "nested field": lambda schema: {"type": "object", "properties": {"f": schema, "g": {"type": "string"}}},
    "alternative": lambda schema: {"oneOf": [{"type": "integer"}, {"$ref": "#/components/schemas/Pair"}, schema]},
}
HELD: dict[str, Callable[[Any], Any]] = {
    "body": lambda value: value,
    "nested field": lambda value: {"f": value},
    "alternative": lambda value: value,
}
FEW = settings(
    max_examples=400 if os.environ.get("PIXPACT_SWEEP") else 15,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def document(schema: Any, into: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    made = into(schema)
    made["components"]["schemas"] = COMPONENTS
    return made


def validator(schema: Any) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({"allOf": [schema], "components": {"schemas": COMPONENTS}})


def sends(written: dict[str, Any], direction: Any) -> jsonschema.Draft202012Validator:
    """What a sender that sends what its contract names, and no more, may send."""
    reader = ShapeReader(side(written), direction)
    return jsonschema.Draft202012Validator(ClosedSchemas(reader, StandaloneWriter(reader)).of((POINTERS[direction],)))


@pytest.mark.parametrize("place", PLACES)
@given(st.tuples(SCHEMAS, SCHEMAS), st.lists(VALUES, min_size=25, max_size=25))
@FEW
def test_no_verdict_is_contradicted(place: str, pair: tuple[Any, Any], values: list[Any]) -> None:
    """Where nothing breaks, whatever may be sent is taken; a witness is sent by one side and refused by the other."""
    old, new = map(PLACES[place], pair)
    for direction, into in (("request", asked), ("response", answered)):
        documents = document(old, into), document(new, into)
        changes = compared(*documents).changes
        sender, receiver = (old, new) if direction == "request" else (new, old)
        sent, taken = validator(sender), validator(receiver)
        if all(not change.witness and not change.undecided for change in changes):
            may_send = sends(documents[direction == "response"], direction)
            held = [HELD[place](value) for value in values]
            wrong = [it for it in held if sent.is_valid(it) and may_send.is_valid(it) and not taken.is_valid(it)]

            assert [] == wrong, [change.message for change in changes]
        for change in changes:
            if change.witness is not None:
                assert sent.is_valid(change.witness.content), [pair, change.message]
                assert not taken.is_valid(change.witness.content), [pair, change.message]
