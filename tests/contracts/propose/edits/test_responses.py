"""What is proposed where the body of a response is of another form."""

from __future__ import annotations

from typing import Any

import pytest

from pixpact.contracts.propose.operations import AppendItem, RemoveItem, RemoveValue, SetValue

from .conftest import SCHEMAS, drawing, poll, sketch, submit

KIND = f"{SCHEMAS}/Sketches/properties/kind"
FORMS = [
    {"required": ["a"], "properties": {"a": {}, "b": False}},
    {"required": ["b"], "properties": {"b": {}, "a": False}},
]
ITEM = {"type": "object", "properties": {"a": {"type": "integer"}}}
NAMED = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}


@pytest.fixture
def kind(proposed):
    """The edits for what a response breaks of the schema of its field `kind`, which responses had with these values."""

    def made(claim: str, schema: Any, *values: Any) -> Any:
        bodies = [
            {"sketches": [f"https://files.toy.example/{index}.jpg"], "kind": value}
            for index, value in enumerate(values)
        ]
        return proposed(f"runSketch:answer/Sketches/kind/{claim}", *map(sketch, bodies), changes={KIND: schema})

    return made


@pytest.mark.parametrize(
    ("schema", "values", "said"),
    [
        ({"type": "integer"}, ["x"], ["it is of type string", "it is of type integer or string"]),
        ({"type": "integer"}, ["x", 3], ["it is of type integer or string"]),
        ({"type": "integer"}, [None], ["it is of type null", "it is of type integer or null"]),
        ({"type": "integer"}, [1.5], ["it is of type number"]),
        ({"type": ["integer", "null"]}, [1.5], ["it is of type number", "it is of type null or number"]),
        ({"type": ["string", "null"]}, [True, None], ["it is of type string or null or boolean"]),
    ],
)
def test_the_old_type_stays_where_it_was_seen(kind, schema, values, said):
    """Else the new one may stand alone; each such edit agrees with what was seen."""
    proposals = kind("type", schema, *values)

    assert said == proposals.said == proposals.holding


@pytest.mark.parametrize(
    ("schema", "value", "said", "new"),
    [
        (ITEM, [{"a": 1}], "it is a list of these values", {"type": "array", "items": ITEM}),
        ({"type": "array", "items": ITEM}, {"a": 1}, "it is a single item, not a list", ITEM),
    ],
)
def test_a_value_may_come_alone_or_in_a_list(kind, schema, value, said, new):
    """Its schema is that of the items then, or the other way round."""
    proposals = kind("type", schema, value)

    assert said == proposals.holding[0]
    assert (SetValue(KIND, new),) == proposals.operations(said)


def test_links_lead_into_what_is_a_list_now(proposed):
    """They would lead nowhere else; so the task is still found."""
    link = "/paths/~1v2~1drawings/post/responses/202/links/drawing/parameters/drawing"
    task = {"type": "object", "properties": {"id": {"type": "string"}}}
    changes = {f"{SCHEMAS}/Drawing/properties/task": task, link: "$response.body#/task/id"}
    order = submit(drawing(task=[{"id": "dr_1"}]))
    proposals = proposed(":answer/Drawing/task/type", order, changes=changes)

    assert SetValue(link, "$response.body#/task/0/id") in proposals.operations("it is a list of these values")


def test_a_computed_field_of_another_type_is_no_longer_computed(proposed):
    """Where nothing that is computed has the new type."""
    proposals = proposed(":answer/Drawing/percent/type", submit(drawing(percent="0")), poll("drawing", 40, 5))

    assert ["it is of type integer or string", "it is of type string, and no longer computed"] == proposals.said
    assert (
        SetValue(f"{SCHEMAS}/Drawing/properties/percent/type", "string"),
        RemoveValue(f"{SCHEMAS}/Drawing/properties/percent/x-value"),
    ) == proposals.operations("it is of type string, and no longer computed")


def test_a_computed_time_may_be_written_as_a_date(proposed):
    """Seconds before, a date and time now."""
    field = f"{SCHEMAS}/Drawing/properties/ordered"
    seconds = {"type": "integer", "x-value": "$task.createdAt"}
    examples = "/paths/~1v2~1drawings/post/responses/202/content/application~1json/examples"
    shows = "/paths/~1v2~1drawings~1{drawing}/get/responses/200/content/application~1json/examples"
    documented = {f"{examples}/waiting/value/ordered": 1}
    documented |= {
        f"{shows}/{name}/value/ordered": 1 for name in ("waiting", "drawing", "done", "broken", "broken-in-short")
    }
    proposals = proposed(":answer/Drawing/ordered/type", submit(), changes={field: seconds, **documented})

    assert "it is a date and time" == proposals.said[0]
    assert (SetValue(f"{field}/type", "string"), SetValue(f"{field}/format", "date-time")) == proposals.operations(
        "it is a date and time"
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([{"b": 1}], ["a is called b", "a may be missing"]),
        ([{"b": 1}, {"a": 1}], ["a may be missing"]),
        ([{"b": 1, "c": 1}], ["a may be missing"]),
        ([{}], ["a may be missing"]),
    ],
)
def test_a_missing_field_is_renamed_where_one_other_stands_there(kind, values, said):
    """And the old name was never seen."""
    proposals = kind("required/a", NAMED, *values)

    assert said == proposals.said


def test_a_renamed_field_keeps_its_schema(kind):
    """Under the new name, and required as before."""
    proposals = kind("required/a", NAMED, {"b": 1})

    assert (
        RemoveItem(f"{KIND}/required", "a"),
        AppendItem(f"{KIND}/required", "b"),
        RemoveValue(f"{KIND}/properties/a"),
        SetValue(f"{KIND}/properties/b", {"type": "integer"}),
    ) == proposals.operations("a is called b")
    assert (f"{KIND}/properties", "a", "b") == proposals.edits[0].renamed


@pytest.mark.parametrize(
    ("values", "schema"),
    [
        ([1], {"type": "integer"}),
        ([1, "x"], {"type": ["integer", "string"]}),
        ([1, 1.5], {"type": "number"}),
        ([None, {}], {"type": ["null", "object"]}),
        ([[1]], {"type": "array"}),
    ],
)
def test_a_new_field_has_every_type_that_was_seen(kind, values, schema):
    """Whatever response showed it."""
    documented = {"type": "object", "properties": {"a": {}}}
    proposals = kind("members", documented, *({"b": value} for value in values))

    assert ["b is a field"] == proposals.said
    assert (SetValue(f"{KIND}/properties/b", schema),) == proposals.operations("b is a field")


def test_new_fields_of_one_object_are_one_edit(kind):
    """They came together."""
    documented = {"type": "object", "properties": {"a": {}}}

    assert ["b, c is a field"] == kind("members", documented, {"b": 1, "c": 2}).said


@pytest.mark.parametrize(
    ("claim", "schema", "values", "said"),
    [
        ("const", {"const": "a"}, ["b"], ['it is "b"', 'it is "a" or "b"']),
        ("const", {"const": "a"}, ["b", "a"], ['it is "a" or "b"']),
        ("enum", {"enum": ["a"]}, ["b"], ['it is "b"']),
        ("enum", {"enum": ["a"]}, ["b", "a"], ['"b" is one of its values']),
        ("enum", {"enum": ["a", "c"]}, ["b"], ['"b" is one of its values']),
        ("enum", {"enum": ["a"]}, [{"b": 1}], []),
    ],
)
def test_a_word_that_was_never_seen_gives_way(kind, claim, schema, values, said):
    """A word that was seen, or one of several, stays; an object is no word."""
    proposals = kind(claim, schema, *values)

    assert said == proposals.said


@pytest.mark.parametrize(
    ("claim", "schema", "values", "said"),
    [
        ("maximum", {"maximum": 3}, [5, 7, 2], ["maximum is 7", "maximum limits nothing"]),
        ("minimum", {"minimum": 3}, [2, 1.5, 4], ["minimum is 1.5", "minimum limits nothing"]),
        ("exclusiveMaximum", {"exclusiveMaximum": 3}, [5], ["exclusiveMaximum limits nothing"]),
        ("minItems", {"type": "array", "minItems": 2}, [[1]], ["minItems is 1", "minItems limits nothing"]),
        ("maxItems", {"type": "array", "maxItems": 1}, [[1, 2]], ["maxItems is 2", "maxItems limits nothing"]),
        ("maxLength", {"type": "string", "maxLength": 2}, ["abcd"], ["maxLength is 4", "maxLength limits nothing"]),
        ("pattern", {"type": "string", "pattern": "^a"}, ["b"], ["pattern limits nothing"]),
    ],
)
def test_a_limit_moves_to_the_outermost_value(kind, claim, schema, values, said):
    """Or limits nothing any more."""
    proposals = kind(claim, schema, *values)

    assert said == proposals.said


def test_a_list_may_contain_other_items(kind):
    """Nothing is left of what it had to contain."""
    proposals = kind("contains", {"type": "array", "contains": {"const": 1}, "minContains": 1}, [2])

    assert ["its items are free"] == proposals.said
    assert (RemoveValue(f"{KIND}/contains"), RemoveValue(f"{KIND}/minContains")) == proposals.operations(
        "its items are free"
    )


def test_forms_that_came_together_are_allowed_together(kind):
    """Each allows what it forbade, one at a time; or several forms fit at once."""
    proposals = kind("oneOf", {"type": "object", "oneOf": FORMS}, {"a": 1, "b": "x"})

    assert [
        "b may be used together with it",
        "a may be used together with it",
        "it may have several of its forms at once",
    ] == proposals.said
    assert (SetValue(f"{KIND}/oneOf/0/properties/b", {"type": "string"}),) == proposals.operations(
        "b may be used together with it"
    )
    assert ["b may be used together with it", "a may be used together with it"] == proposals.holding


def test_a_value_of_no_form_has_no_edit(kind):
    """Nothing says which form it should have been."""
    assert [] == kind("anyOf", {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"c": 1}).said


def test_a_text_may_be_part_of_what_it_was_computed_from(proposed):
    """One expression of a template, or nothing that the contract could name."""
    field = f"{SCHEMAS}/Drawing/properties/note"
    changes = {field: {"type": "string", "x-value": "{$task.id} is {$task.status}"}}
    proposals = proposed(":answer/Drawing/note/x-value", submit(drawing(note="dr_1")), changes=changes)

    assert ["it says $task.id", "it says $task.status", "Drawing/note is no longer computed"] == proposals.said
    assert (SetValue(f"{field}/x-value", "$task.id"),) == proposals.operations("it says $task.id")
