"""Random pairs of schemas: what is said of them is never contradicted, by our validators or by another's."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from pixpact.contracts.diff.compare.compare import compare
from pixpact.contracts.diff.read.applied_schemas import ShapeReader
from pixpact.contracts.diff.read.closed_schemas import ClosedSchemas
from pixpact.contracts.diff.read.standalone_schema import StandaloneWriter

from .conftest import answered, asked, compared, side, whole

NAMES = ["a", "b", "c"]
WORDS = st.sampled_from(["x", "y", "zz", "", 0, 1, 2, 5, 1.5, True, False, None])
TYPES = ["string", "integer", "number", "boolean", "null", "array", "object"]

LEAVES = st.one_of(
    st.sampled_from([True, {}, {"type": "string"}, {"type": "integer"}, {"type": ["string", "null"]}]),
    st.builds(lambda kind: {"type": kind}, st.sampled_from(TYPES)),
    st.builds(lambda kinds: {"type": kinds}, st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True)),
    st.builds(lambda values: {"enum": values}, st.lists(WORDS, min_size=1, max_size=4, unique_by=repr)),
    st.builds(lambda value: {"const": value}, WORDS),
    st.builds(lambda word, n: {"type": "integer", word: n}, st.sampled_from(["minimum", "maximum"]), st.integers(0, 5)),
    st.builds(
        lambda low, n: {"type": "number", "exclusiveMinimum": low, "maximum": n}, st.integers(0, 2), st.integers(2, 5)
    ),
    st.builds(
        lambda word, n: {"type": "string", word: n}, st.sampled_from(["minLength", "maxLength"]), st.integers(0, 3)
    ),
    st.builds(lambda text: {"type": "string", "pattern": text}, st.sampled_from(["^x", "^x$", "y|z", "^[a-z]{1,2}$"])),
    st.builds(lambda n: {"type": "integer", "multipleOf": n}, st.integers(1, 4)),
    st.builds(
        lambda kind, n: {**kind, "multipleOf": n},
        st.sampled_from([{}, {"type": "number"}]),
        st.sampled_from([0.5, 1.5]),
    ),
    st.sampled_from([{"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "null", "enum": [1]}]),
)


def composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    objects = st.builds(
        lambda found, wanted, more: {"type": "object", "properties": found, "required": wanted, **more},
        fields,
        st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
        st.one_of(
            st.just({}),
            st.just({"additionalProperties": False}),
            st.builds(lambda rest: {"additionalProperties": rest}, inner),
            st.just({"dependentRequired": {"a": ["b"]}}),
            st.builds(lambda then: {"dependentSchemas": {"b": {"properties": {"a": then}}}}, inner),
            st.builds(lambda least: {"minProperties": least}, st.integers(0, 2)),
            st.builds(lambda most: {"maxProperties": most}, st.integers(0, 2)),
            st.builds(lambda rest: {"unevaluatedProperties": rest}, st.one_of(st.just(False), inner)),
            st.builds(lambda found: {"patternProperties": {"^[ab]$": found}}, inner),
            st.sampled_from([{"propertyNames": {"pattern": "^[ab]"}}, {"propertyNames": {"enum": ["a", "other"]}}]),
        ),
    )
    lists = st.builds(
        lambda items, more: {"type": "array", "items": items, **more},
        inner,
        st.sampled_from([{}, {"minItems": 1}, {"maxItems": 1}, {"uniqueItems": True}, {"minItems": 2}]),
    )
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        objects,
        objects,
        lists,
        st.builds(lambda word, found: {word: found}, st.sampled_from(["anyOf", "oneOf", "allOf"]), several),
        st.builds(lambda found: {"not": found}, inner),
        st.builds(lambda asked, then, other: {"if": asked, "then": then, "else": other}, inner, inner, inner),
        st.builds(lambda one, other: {**one, "allOf": [other]} if isinstance(one, dict) else one, objects, inner),
        st.builds(lambda items: {"type": "array", "prefixItems": items}, several),
        st.builds(
            lambda items, more: {"type": "array", "contains": items, **more},
            inner,
            st.sampled_from([{}, {"minContains": 0}, {"minContains": 2}, {"maxContains": 1}]),
        ),
        st.builds(
            lambda items, rest: {"type": "array", "prefixItems": items, **rest},
            several,
            st.one_of(
                st.builds(lambda rest: {"items": rest}, inner),
                st.builds(lambda rest: {"unevaluatedItems": rest}, st.one_of(st.just(False), inner)),
            ),
        ),
    )


SCHEMAS = st.recursive(LEAVES, composed, max_leaves=6)
INSTANCES = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[Any, Any]:
    """A schema, and the same with one part of it replaced."""
    schema = draw(SCHEMAS)
    places = list(parts_of(schema))
    place = draw(st.sampled_from(places))
    return schema, replaced(schema, place, draw(SCHEMAS if draw(st.booleans()) else LEAVES))


def parts_of(schema: Any, path: tuple[Any, ...] = ()) -> Any:
    yield path
    if isinstance(schema, dict):
        for key in ("items", "additionalProperties", "contains", "not", "if", "then", "else"):
            if key in schema:
                yield from parts_of(schema[key], (*path, key))
        for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
            for index, inner in enumerate(schema.get(key, ())):
                yield from parts_of(inner, (*path, key, index))
        for name, inner in schema.get("properties", {}).items():
            yield from parts_of(inner, (*path, "properties", name))


def replaced(schema: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = list(schema) if isinstance(schema, list) else dict(schema)
    copy[path[0]] = replaced(schema[path[0]], path[1:], new)
    return copy


FEW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def takes(schema: Any, instance: Any) -> bool:
    return jsonschema.Draft202012Validator(schema).is_valid(instance)


def sendable(schema: Any, instance: Any) -> bool:
    """Whether a sender that sends what its contract names, and no more, sends the instance."""
    document = side(asked(schema))
    pointer = ("/paths/~1things/post/requestBody/content/application~1json/schema",)
    reader = ShapeReader(document, "request")
    return takes(schema, instance) and takes(ClosedSchemas(reader, StandaloneWriter(reader)).of(pointer), instance)


FEW_TEXTS = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
TEXTS = st.one_of(
    LEAVES,
    st.builds(
        lambda word, forms: {word: forms}, st.sampled_from(["oneOf", "anyOf"]), st.lists(LEAVES, min_size=1, max_size=3)
    ),
    st.builds(
        lambda items, more: {"type": "array", "items": items, **more},
        LEAVES,
        st.sampled_from([{}, {"minItems": 2}, {"maxItems": 1}]),
    ),
)
WRITTEN = [
    "x",
    "y",
    "zz",
    "",
    "0",
    "1",
    "5",
    "9",
    "1.5",
    "true",
    "false",
    ["x", "y"],
    ["1", "2"],
    ["x"],
    ["5"],
    ["a", "b", "c"],
]


def as_query(schema: Any) -> dict[str, Any]:
    return whole({"parameters": [{"name": "q", "in": "query", "schema": schema}]})


def as_field(schema: Any) -> dict[str, Any]:
    media = {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"q": schema}}}}
    return whole({"requestBody": {"required": True, "content": media}})


def as_object(schema: Any) -> dict[str, Any]:
    inner = {"type": "object", "properties": {"q": schema}}
    return whole(
        {"parameters": [{"name": "p", "in": "query", "style": "deepObject", "explode": True, "schema": inner}]}
    )


def readable(schema: Any, written: Any) -> bool:
    """Whether a text, or several of one name, is how some valid value is written: tried one reading after another."""
    items = written if isinstance(written, list) else [written]
    read = [
        [item, *([json.loads(item)] if item in ("0", "1", "2", "5", "9", "1.5", "true", "false") else [])]
        for item in items
    ]
    lists = [list(found) for found in product(*read)]
    return any(takes(schema, value) for value in [*lists, *(found[0] for found in lists if len(found) == 1)])


@pytest.mark.sweep
@pytest.mark.parametrize("into", [as_query, as_field, as_object])
@given(pair=st.tuples(TEXTS, TEXTS))
@FEW_TEXTS
def test_texts_are_judged_as_they_are_written(into: Any, pair: tuple[Any, Any]) -> None:
    """No text that a sender may write contradicts a proof; the text of a witness is refused, however it is read."""
    before, after = pair
    changes = compared(into(before), into(after)).changes
    if all(not change.witness and not change.undecided for change in changes):
        written = [it for it in WRITTEN if into is not as_object or isinstance(it, str)]
        assert [] == [it for it in written if readable(before, it) and not readable(after, it)], [before, after]
    for change in changes:
        if change.witness is not None and change.witness.kind == "request" and change.witness.content is not None:
            content = change.witness.content
            text = content if into is as_query else content["q"]
            known = text in WRITTEN or (isinstance(text, str) and not text[-1:].isdecimal())
            event(f"judged: {known}")

            assert not known or (readable(before, text) and not readable(after, text)), [before, after, text]


@given(mutated(), st.lists(INSTANCES, min_size=20, max_size=20))
@FEW
def test_compatible_is_never_contradicted(pair: tuple[Any, Any], instances: list[Any]) -> None:
    """Where nothing breaks and nothing is undecided, no instance passes the one side and fails the other."""
    before, after = pair
    for into, sender, receiver in ((asked, before, after), (answered, after, before)):
        changes = compared(into(before), into(after)).changes
        decided = all(not change.witness and not change.undecided for change in changes)
        event(f"compatible: {decided and bool(changes)}")
        wrong = [
            instance
            for instance in instances
            if decided and sendable(sender, instance) and not takes(receiver, instance)
        ]

        assert [] == wrong, [change.message for change in changes]


@given(mutated())
@FEW
def test_a_witness_passes_one_side_and_fails_the_other(pair: tuple[Any, Any]) -> None:
    """Said by another validator than the one that found it."""
    before, after = pair
    for into, sender, receiver in ((asked, before, after), (answered, after, before)):
        for change in compared(into(before), into(after)).changes:
            if change.witness is not None and change.witness.kind in ("request", "response"):
                event("witness")

                assert takes(sender, change.witness.content)
                assert not takes(receiver, change.witness.content)


@given(mutated())
@FEW
def test_the_mirror_and_the_same(pair: tuple[Any, Any]) -> None:
    """Nothing differs from itself, and read backwards the same differs, the other way round."""
    before, after = side(asked(pair[0])), side(asked(pair[1]))

    assert () == compare(before, before) == compare(after, after)
    assert set(compare(before, after)) == {difference.mirrored() for difference in compare(after, before)}


@given(mutated())
@FEW
def test_what_differs_is_reported(pair: tuple[Any, Any]) -> None:
    """Nothing is overlooked: without a difference, both sides take the same."""
    before, after = pair
    if not compare(side(asked(before)), side(asked(after))):
        event("no difference")
        for word in ("x", "", 0, 1, 2.5, True, None, [], ["x"], {}, {"a": 1}, {"a": "x", "b": 1}):
            assert takes(before, word) == takes(after, word), json.dumps([before, after])
