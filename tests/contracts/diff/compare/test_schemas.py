"""What differs between two schemas: under which subject, at which place, and where each side says so."""

from __future__ import annotations

from typing import Any

import pytest

from pixpact.contracts.diff.compare.compare import compare
from pixpact.contracts.diff.compare.differences import ContractDifference
from pixpact.specs.openapi.document import at
from tests.contracts.diff.conftest import asked, pairs, side

BODY = "/paths/~1things/post/requestBody/content/application~1json/schema"
TEXT, WHOLE = {"type": "string"}, {"type": "integer"}


def differences(before: Any, after: Any, **components: Any) -> tuple[ContractDifference, ...]:
    """What differs between two bodies of a request, in documents with the same components."""
    sides = []
    for schema in (before, after):
        document = asked(schema)
        document["components"]["schemas"] = components
        sides.append(side(document))
    return compare(*sides)


def named(before: Any, after: Any, **components: Any) -> set[str]:
    """The differences in short: `maximum lowered p.q`."""
    return {f"{it.subject} {it.action} {'.'.join(it.path)}".strip() for it in differences(before, after, **components)}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (TEXT, WHOLE, {"type changed"}),
        (TEXT, {"type": ["string", "integer"]}, {"type widened"}),
        (TEXT, {"type": ["string", "null"]}, {"null added"}),
        ({"enum": ["a", "b"]}, {"enum": ["a", "c"]}, {"enum-value removed", "enum-value added"}),
        ({"const": "a"}, {"enum": ["a"]}, set()),
        ({"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 3}, {"minimum raised"}),
        ({"type": "integer", "minimum": 1}, {"type": "integer", "exclusiveMinimum": 1}, {"minimum raised"}),
        ({**TEXT, "pattern": "^a"}, {**TEXT, "pattern": "^b"}, {"pattern changed"}),
        (
            {"type": "array", "items": TEXT},
            {"type": "array", "items": {**TEXT, "maxLength": 2}},
            {"maxLength added []"},
        ),
        ({"prefixItems": [TEXT]}, {"prefixItems": [TEXT, WHOLE]}, {"prefix-item added [1]"}),
        ({"not": TEXT}, {"not": WHOLE}, {"exclusion changed"}),
        ({"contains": TEXT}, {}, {"contains removed"}),
        ({"patternProperties": {"^x": TEXT}}, {"patternProperties": {"^x": WHOLE}}, {"type changed /^x/"}),
        ({"additionalProperties": TEXT}, {"additionalProperties": WHOLE}, {"type changed *"}),
        ({"additionalProperties": TEXT}, {"additionalProperties": False}, {"other-fields narrowed *"}),
        ({"dependentRequired": {"a": ["b"]}}, {}, {"dependent-required removed b"}),
        ({**TEXT, "title": "A", "description": "a"}, {**TEXT, "title": "B", "examples": ["b"]}, set()),
        ({"type": "object", "properties": {}}, {"type": "object"}, set()),
    ],
)
def test_each_keyword_has_its_subject(before: Any, after: Any, expected: set[str]) -> None:
    """One keyword is one difference, where it stands; what says the same in other words is none."""
    assert named(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"properties": {"a": TEXT}}, {"optional-field added a"}),
        ({}, {"properties": {"a": TEXT}, "required": ["a"]}, {"required-field added a"}),
        ({"properties": {"a": TEXT}}, {"properties": {"a": TEXT}, "required": ["a"]}, {"required added a"}),
        ({"required": ["a"]}, {}, {"required removed a"}),
        ({"required": ["a"]}, {"required": ["a"], "properties": {"a": TEXT}}, {"type narrowed a"}),
        ({"required": ["a"]}, {"properties": {"a": {}}}, {"required removed a"}),
        ({"required": ["a"]}, {"required": ["a"], "properties": {"a": {}}}, set()),
    ],
)
def test_a_name_that_is_required_is_spoken_of(before: Any, after: Any, expected: set[str]) -> None:
    """A field is new or gone where the other side neither declares nor requires it."""
    assert named({"type": "object", **before}, {"type": "object", **after}) == expected


def test_a_reference_is_what_it_leads_to() -> None:
    """Inline, by `$ref` or by `allOf` is the same schema."""
    reference = {"$ref": "#/components/schemas/Word"}

    assert named(TEXT, reference, Word=TEXT) == set()
    assert named({"allOf": [reference, {"maxLength": 3}]}, {**TEXT, "maxLength": 3}, Word=TEXT) == set()
    assert named({"properties": {"a": reference}}, {"properties": {"a": WHOLE}}, Word=TEXT) == {"type changed a"}


def test_a_schema_that_leads_back_to_itself_is_compared_once() -> None:
    """The same lines are told at the outermost place they are met."""
    trees = [
        {
            "type": "object",
            "properties": {"n": {"type": "integer", "maximum": most}, "left": {"$ref": f"#/components/schemas/{name}"}},
        }
        for name, most in (("Old", 9), ("New", 5))
    ]

    assert named(
        {"$ref": "#/components/schemas/Old"}, {"$ref": "#/components/schemas/New"}, Old=trees[0], New=trees[1]
    ) == {"maximum lowered n"}


def test_each_side_says_where() -> None:
    """The pointers lead to the keywords, each in its own document."""
    (found,) = differences(
        {"properties": {"a": {**TEXT, "maxLength": 9}}}, {"properties": {"a": {**TEXT, "maxLength": 3}}}
    )

    assert found.before is not None
    assert found.after is not None
    assert f"{BODY}/properties/a/maxLength" == found.before.pointer == found.after.pointer
    assert (found.before.value[0], found.after.value[0]) == (9, 3)


def test_what_is_said_of_one_alternative_is_guarded_by_it() -> None:
    """A difference within an alternative is about messages of that alternative only."""
    forms = [
        {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"const": kind}, "n": {"type": "integer", "maximum": most}},
        }
        for kind, most in (("a", 9), ("b", 9), ("b", 5))
    ]
    (found,) = differences({"oneOf": forms[:2]}, {"oneOf": [forms[0], forms[2]]})

    assert (found.subject, found.path) == ("maximum", ("n",))
    assert [(guard.path, guard.before, guard.after) for guard in found.guards] == [
        ((), (f"{BODY}/oneOf/1",), (f"{BODY}/oneOf/1",))
    ]


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: pair.name)
def test_places_scopes_and_guards_hold_together(pair: Any) -> None:
    """Pointers lead to keywords, there or left out; scopes stand around, the nearest first; guards are on the way."""
    for found in compare(pair.before, pair.after):
        for spot, version in ((found.before, pair.before), (found.after, pair.after)):
            if spot is not None:
                at(version.value, spot.pointer.rpartition("/")[0])
        lengths = [len(scope.path) for scope in found.scopes]
        around = [it.path for it in (*found.scopes, *found.guards)]

        assert lengths == sorted(lengths, reverse=True)
        assert all(found.path[: len(path)] == path for path in around)
