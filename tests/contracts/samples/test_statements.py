"""Every rule of a schema, with the place it is about and what must hold for it to count."""

from __future__ import annotations

import pytest

from pixpact.contracts.samples.statements import SchemaGuard, SchemaStatement, short_pointer, statements


def found(schema, *keywords, **more):
    document = {"s": schema, **more}
    return {statement.pointer.removeprefix("/s"): statement for statement in statements(document, "/s", keywords)}


def test_a_rule_knows_its_value_and_place():
    """The pointer leads to the keyword, the path to the field that it is about; `*` is any item of a list."""
    said = found({"properties": {"a/b": {"type": "array", "items": {"maximum": 3}}}})

    assert (
        SchemaStatement("/s/properties/a~1b/items/maximum", "maximum", 3, ("a/b", "*"))
        == said["/properties/a~1b/items/maximum"]
    )
    assert "/s/properties/a~1b/items" == said["/properties/a~1b/items/maximum"].schema


def test_references_and_parts_are_followed():
    """`$ref` and `allOf` are about the same value as the schema around them."""
    said = list(statements({"s": {"allOf": [{"$ref": "#/t"}]}, "t": {"minLength": 2}}, "/s"))

    assert [SchemaStatement("/t/minLength", "minLength", 2, ())] == said


@pytest.mark.parametrize(
    ("schema", "pointer", "guard"),
    [
        ({"oneOf": [{"minimum": 1}]}, "/oneOf/0/minimum", SchemaGuard("/s/oneOf/0", ())),
        ({"anyOf": [{"minimum": 1}]}, "/anyOf/0/minimum", SchemaGuard("/s/anyOf/0", ())),
        ({"if": {}, "then": {"minimum": 1}}, "/then/minimum", SchemaGuard("/s/if", (), holds=True)),
        ({"if": {}, "else": {"minimum": 1}}, "/else/minimum", SchemaGuard("/s/if", (), holds=False)),
        (
            {"dependentSchemas": {"n": {"minimum": 1}}},
            "/dependentSchemas/n/minimum",
            SchemaGuard("/s/dependentSchemas/n", (), field="n"),
        ),
    ],
)
def test_what_counts_only_sometimes_says_when(schema, pointer, guard):
    """A rule of a branch or a condition carries it as a guard."""
    assert (guard,) == found(schema)[pointer].guards


def test_a_condition_itself_states_nothing():
    """What stands below `if` and `not` is no rule by itself."""
    assert ["/not"] == list(found({"if": {"minimum": 1}, "not": {"minimum": 2}}))


def test_a_forbidden_field_is_a_statement():
    """A schema that is `false` says that a field must not be there."""
    said = found({"properties": {"seed": False}})

    assert SchemaStatement("/s/properties/seed", "false", False, ("seed",)) == said["/properties/seed"]
    assert "/s/properties/seed" == said["/properties/seed"].schema


def test_our_keywords_come_only_when_asked_for():
    """Keywords that judge nothing are statements for those who name them."""
    schema = {"default": 1, "x-total": {"of": ["n"]}, "minimum": 1}

    assert {"/minimum"} == found(schema).keys()
    assert {"/minimum", "/default", "/x-total"} == found(schema, "default", "x-total").keys()


def test_a_schema_that_holds_itself_ends():
    """A recursive schema is walked some levels deep, and no further."""
    document = {"s": {"properties": {"next": {"$ref": "#/s"}}, "type": "object"}}
    paths = [statement.path for statement in statements(document, "/s") if statement.keyword == "type"]

    assert [("next",) * length for length in range(len(paths))] == sorted(paths, key=len)
    assert 5 < len(paths) < 20


@pytest.mark.parametrize(
    ("pointer", "within", "text"),
    [
        ("/components/schemas/Ink/properties/copies/maximum", "", "Ink/copies/maximum"),
        ("/components/schemas/Order/properties/pictures/items/pattern", "", "Order/pictures/*/pattern"),
        (
            "/paths/~1v2~1files/post/requestBody/content/multipart~1form-data/schema/required",
            "/paths/~1v2~1files/post",
            "required",
        ),
    ],
)
def test_a_pointer_in_short(pointer, within, text):
    """Ids leave out the steps that only say where in OpenAPI a schema stands."""
    assert text == short_pointer(pointer, within)
