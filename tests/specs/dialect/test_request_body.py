from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixpact.specs.dialect.request_body import (
    BodyReader,
    conjuncts,
    declarations_of,
    defaults_of,
    fields_of,
    with_defaults,
)
from pixpact.specs.openapi.schemas import CompiledSchemas

Reader = Callable[..., BodyReader]


def document(schema: Any, **others: Any) -> dict[str, Any]:
    return {"components": {"schemas": {"Request": schema, **others}}}


def read(reader: BodyReader, body: Any) -> tuple[Any, list[tuple[str, str]]]:
    """The body as understood, and (field, keyword) of everything wrong with it."""
    found = reader.read(body)
    return found.body, [(violation.field, violation.keyword) for violation in found.violations]


# ---------------------------------------------------------------------- nulls, defaults, clamps

OPTIONS = {
    "type": "object",
    "required": ["prompt"],
    "properties": {
        "prompt": {"type": "string"},
        "n": {"type": "integer", "default": 1, "x-clamp": {"minimum": 1, "maximum": 4}},
        "size": {"enum": ["1K", "2K"], "default": "2K"},
        "seed": {"type": "integer"},
        "style": False,
        "options": {
            "type": "object",
            "properties": {"steps": {"type": "integer", "default": 20}, "cfg": {"type": "number"}},
        },
        "meta": {
            "type": "object",
            "default": {},
            "properties": {"resolution": {"enum": ["1K", "2K"], "default": "1K"}},
        },
    },
}
FULL = {"prompt": "x", "n": 1, "size": "2K", "meta": {"resolution": "1K"}}


@pytest.mark.parametrize(
    ("body", "understood", "wrong"),
    [
        ({"prompt": "x"}, FULL, []),
        (
            {"prompt": "x", "n": None, "size": None, "seed": None, "options": None, "meta": None, "style": None},
            FULL,
            [],
        ),
        ({"prompt": "x", "meta": {"resolution": None}}, FULL, []),
        ({"prompt": "x", "options": {}}, {**FULL, "options": {"steps": 20}}, []),
        ({"prompt": "x", "options": {"steps": None, "cfg": None}}, {**FULL, "options": {"steps": 20}}, []),
        ({"prompt": "x", "n": 99}, {**FULL, "n": 4}, []),
        ({"prompt": "x", "n": -3}, {**FULL, "n": 1}, []),
        ({"prompt": "x", "n": 2.5}, {**FULL, "n": 2.5}, [("n", "type")]),
        ({"prompt": "x", "n": 9.5}, {**FULL, "n": 4}, []),
        ({"prompt": "x", "n": "99"}, {**FULL, "n": "99"}, [("n", "type")]),
        ({"prompt": None}, {**FULL, "prompt": None}, [("prompt", "type")]),
        ({}, {key: value for key, value in FULL.items() if key != "prompt"}, [("prompt", "required")]),
        ({"prompt": "x", "unknown": None, "more": {"a": None}}, {**FULL, "unknown": None, "more": {"a": None}}, []),
        ({"prompt": "x", "style": "vivid"}, {**FULL, "style": "vivid"}, [("style", "false")]),
        ({"prompt": "x", "options": 5}, {**FULL, "options": 5}, [("options", "type")]),
        ([], [], [("", "type")]),
        ("text", "text", [("", "type")]),
        (None, None, [("", "type")]),
    ],
)
def test_how_a_body_is_read(reader: Reader, body: Any, understood: Any, wrong: list[Any]) -> None:
    """Null is left out, defaults are filled in, numbers clamped; then the rules hold or do not."""
    assert (understood, wrong) == read(reader(OPTIONS), body)


def test_a_default_of_a_required_field_is_not_filled_in(reader: Reader) -> None:
    """A default on a required field is documentation: leaving the field out is still wrong."""
    schema = {"type": "object", "required": ["model"], "properties": {"model": {"enum": ["a"], "default": "a"}}}

    assert ({}, [("model", "required")]) == read(reader(schema), {})


def test_defaults_under_conditions_are_not_filled_in(reader: Reader) -> None:
    """Only what applies to every request of a branch gives defaults."""
    inner = {"properties": {"n": {"default": 3}}}
    schema = {
        "if": {},
        "then": inner,
        "anyOf": [inner],
        "dependentSchemas": {"a": inner},
        "not": {"required": ["z"], **inner},
    }

    assert {"a": 1} == reader(schema).read({"a": 1}).body


def test_a_branch_adds_to_what_it_includes(reader: Reader) -> None:
    """Inner fields known from the base keep their defaults when a branch says more about one of them."""
    base = {
        "properties": {
            "meta": {"type": "object", "default": {}, "properties": {"a": {"default": 1}, "b": {"default": 2}}}
        }
    }
    schema = {
        "allOf": [{"$ref": "#/components/schemas/Base"}],
        "properties": {"meta": {"properties": {"a": {"maximum": 9}, "b": {"default": 3}}}},
    }

    assert {"meta": {"a": 1, "b": 3}} == reader(schema, Base=base).read({}).body


def test_a_recursive_request(reader: Reader) -> None:
    """A schema that holds itself is read one level deep, and loads."""
    node = {"type": "object", "properties": {"n": {"default": 1}, "child": {"$ref": "#/components/schemas/Request"}}}
    found = reader(node).read({"child": {"child": None}})

    assert () == found.violations
    assert 1 == found.body["n"]


BODIES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["1K", "2K", "x"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from([*OPTIONS["properties"], "steps", "resolution", "z"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(BODIES)
def test_filling_is_settled_at_once(body: Any) -> None:
    """Filling a body again changes nothing, and the body that was sent is never touched."""
    fields = fields_of(document(OPTIONS), "/components/schemas/Request")
    before = copy.deepcopy(body)
    once = with_defaults(body, fields)

    assert before == body
    assert once == with_defaults(once, fields)


def test_filled_bodies_share_nothing(reader: Reader) -> None:
    """What one request's reader does to its body never shows in the next one's."""
    compiled = reader(OPTIONS)
    compiled.read({"prompt": "x"}).body["meta"]["resolution"] = "changed"

    assert FULL == compiled.read({"prompt": "x"}).body


# ---------------------------------------------------------------------- branches

SMALL = {
    "type": "object",
    "required": ["model", "prompt"],
    "properties": {"model": {"enum": ["s", "xs"]}, "size": {"default": "1K"}},
}
LARGE = {"type": "object", "required": ["model"], "properties": {"model": {"enum": ["l"]}, "size": {"default": "4K"}}}


@pytest.mark.parametrize(
    ("body", "wrong", "text"),
    [
        ({"model": "xs", "prompt": "p"}, [], ""),
        ({"model": "l"}, [], ""),
        ({"model": "s"}, [("prompt", "required")], "prompt is required"),
        ({}, [("model", "required")], "model is required"),
        ({"model": None}, [("model", "required")], "model is required"),
        ({"model": "m"}, [("model", "enum")], 'model must be one of s, xs or l; got "m"'),
        ({"model": 1}, [("model", "enum")], "model must be one of s, xs or l; got 1"),
        ({"model": ["s"]}, [("model", "enum")], 'model must be one of s, xs or l; got ["s"]'),
        ([], [("", "type")], "the body must be an object; got []"),
    ],
)
def test_which_branch(reader: Reader, body: Any, wrong: list[Any], text: str) -> None:
    """The field that tells branches apart chooses one; missing or unknown it is the one thing wrong."""
    found = reader({"oneOf": [SMALL, LARGE]}).read(body)

    assert wrong == [(violation.field, violation.keyword) for violation in found.violations]
    assert [text] * len(wrong) == [violation.message for violation in found.violations]


def test_defaults_are_those_of_the_branch(reader: Reader) -> None:
    """The branch is chosen before anything is filled in."""
    compiled = reader({"oneOf": [SMALL, LARGE]})

    assert ["1K", "4K"] == [compiled.read({"model": model, "prompt": "p"}).body["size"] for model in ("s", "l")]


@pytest.mark.parametrize(
    ("branches", "key"),
    [
        ([SMALL, LARGE], "model"),
        ([{"$ref": "#/components/schemas/Small"}, LARGE], "model"),
        ([{"allOf": [{"$ref": "#/components/schemas/Small"}]}, LARGE], "model"),
        (
            [
                {"required": ["m"], "properties": {"m": {"$ref": "#/components/schemas/Word"}}},
                {"required": ["m"], "properties": {"m": {"enum": ["x"]}}},
            ],
            "m",
        ),
        ([SMALL, SMALL], None),
        ([SMALL, {"properties": {"model": {"enum": ["l"]}}}], None),
        (
            [
                {"required": ["n"], "properties": {"n": {"enum": [1]}}},
                {"required": ["n"], "properties": {"n": {"enum": [2]}}},
            ],
            None,
        ),
        ([SMALL, {"type": "string"}], None),
    ],
)
def test_what_reports_branches_apart(reader: Reader, branches: list[Any], key: str | None) -> None:
    """It is the first field that every branch requires with texts of its own."""
    assert key == reader({"oneOf": branches}, Small=SMALL, Word={"enum": ["w"]}).key


def test_all_branches_once(reader: Reader) -> None:
    """A branch with two models is one branch; without a oneOf the schema itself is the only one."""
    assert ["/oneOf/0", "/oneOf/1"] == [
        all_branch.pointer[-8:] for all_branch in reader({"oneOf": [SMALL, LARGE]}).all_branches()
    ]
    assert ["/components/schemas/Request"] == [all_branch.pointer for all_branch in reader(SMALL).all_branches()]


# ---------------------------------------------------------------------- our keywords

REFERENCES = {
    "type": "object",
    "required": ["prompt"],
    "properties": {
        "prompt": {"type": "string"},
        "size": {"type": "string", "x-image": {"pixels": {"maximum": 100}}},
        "n": {"type": "integer", "maximum": 4, "default": 1},
        "images": {"type": "array", "items": {"type": "string", "x-image": {"width": {"maximum": 10}}}},
    },
    "x-total": {"of": ["n", "images"], "maximum": 5},
    "if": {"required": ["mask"]},
    "then": {"required": ["images"]},
}


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"prompt": "p", "size": "10x10", "images": ["1x1"] * 4}, []),
        ({"prompt": "p", "size": "10x11"}, [("size", "x-image/pixels")]),
        ({"prompt": "p", "images": ["10x1", "11x1"]}, [("images", "x-image/width")]),
        ({"prompt": "p", "images": ["1x1"] * 5}, [("n", "x-total")]),
        ({"prompt": "p", "n": 4, "images": ["1x1"] * 2}, [("n", "x-total")]),
        ({"prompt": "p", "mask": 1}, [("images", "required")]),
        (
            {"n": 9, "size": "99x99", "mask": 1},
            [
                ("prompt", "required"),
                ("size", "x-image/pixels"),
                ("n", "maximum"),
                ("n", "x-total"),
                ("images", "required"),
            ],
        ),
    ],
)
def test_everything_wrong_in_the_order_of_the_fields(reader: Reader, body: Any, wrong: list[Any]) -> None:
    """One reading names all that is wrong: the first field of the schema first, sums after single fields."""
    assert wrong == read(reader(REFERENCES), body)[1]


def test_violations_lead_to_the_document(reader: Reader) -> None:
    """A violation of our keywords knows the item it is about and the place that states the rule."""
    found = reader(REFERENCES).read({"prompt": "p", "images": ["1x1", "11x1"]}).violations[0]

    assert "images[1] has a width in pixels of 11, which must be at most 10" == found.message
    assert ("/images/1", "/components/schemas/Request/properties/images/items/x-image/width") == (
        found.pointer,
        found.schema,
    )


def test_a_total_of_an_inner_object(reader: Reader) -> None:
    """Its fields are named from the body on."""
    inner = {"type": "object", "x-total": {"of": ["a", "b"], "maximum": 1}}
    found = reader({"properties": {"options": inner}}).read({"options": {"a": 1, "b": 1}}).violations[0]

    assert ("options.a", "options.a + options.b must be at most 1 together; got 2") == (found.field, found.message)


# ---------------------------------------------------------------------- schemas seen from outside


def test_conjuncts_come_from_the_general_to_the_particular() -> None:
    """A schema comes after all that it includes, each with its pointer."""
    schema = {"allOf": [{"$ref": "#/components/schemas/Base"}, {"minimum": 2}], "maximum": 3}
    found = conjuncts(
        document(schema, Base={"$ref": "#/components/schemas/Root"}, Root={"type": "integer"}),
        "/components/schemas/Request",
    )

    assert ["Root", "Base", "0", "1", "Request"] == [pointer.rpartition("/")[2] for pointer, _ in found]


def test_declared_fields() -> None:
    """All that is said of a field anywhere, boolean schemas too."""
    schema = {"allOf": [{"properties": {"n": {"$ref": "#/components/schemas/N"}}}], "properties": {"n": False}}
    found = declarations_of(document(schema, N={"minimum": 1}), "/components/schemas/Request", "n")

    assert [{"minimum": 1}, {"$ref": "#/components/schemas/N"}, False] == [part for _, part in found]
    assert [] == declarations_of(document(schema), "/components/schemas/Request", "m")


def test_defaults_by_expression() -> None:
    """Each default is known under the expression that reads its field."""
    fields = fields_of(document(OPTIONS), "/components/schemas/Request")
    expected = {
        "$request.body#/n": 1,
        "$request.body#/size": "2K",
        "$request.body#/options/steps": 20,
        "$request.body#/meta": {},
        "$request.body#/meta/resolution": "1K",
    }

    assert expected == defaults_of(fields)


def test_places_of_fields() -> None:
    """A field knows every schema that speaks of it."""
    schema = {"allOf": [{"properties": {"n": {"minimum": 1}}}], "properties": {"n": {"maximum": 2}}}
    fields = fields_of(document(schema), "/components/schemas/Request")

    assert ("/components/schemas/Request/allOf/0/properties/n", "/components/schemas/Request/properties/n") == fields[
        "n"
    ].places


@settings(max_examples=200, deadline=None)
@given(BODIES)
def test_any_body_is_read(body: Any) -> None:
    """Whatever JSON a client sends, it is read, and judged as the plain validator judges what was understood."""
    held = document(OPTIONS)
    compiled = BodyReader(held, CompiledSchemas(held), "/components/schemas/Request")
    found = compiled.read(body)

    assert (not found.violations) == CompiledSchemas(held).test("/components/schemas/Request")(found.body)
