"""Documents that are small and would be endless work: what they come to is told, or left undecided."""

from __future__ import annotations

import pytest

from pixpact.contracts.diff.read.applied_schemas import ShapeReader
from pixpact.specs.openapi.problems import SpecError

from .conftest import asked, compared, side


def limited(least):
    return asked({"type": "object", "required": ["e"], "properties": {"e": {"type": "array", "minItems": least}}})


def test_a_list_of_a_million_items_is_no_witness():
    """That one limit is stricter is told; no list of that length is made to prove it."""
    [change] = compared(limited(10**9), limited(10**9 + 1)).changes

    assert ("warning", True) == (change.severity, bool(change.undecided))


def test_ten_thousand_words_are_compared():
    """One of them is another, which is told as one change each way."""
    words = [f"v{number}" for number in range(10_000)]
    found = compared(asked({"enum": words}), asked({"enum": [*words[1:], "new"]})).changes

    assert ["request-enum-value-added", "request-enum-value-removed"] == sorted(it.rule for it in found)


def test_what_a_schema_includes_twice_is_read_once():
    """However many ways lead to it."""
    chain = {f"D{number}": {"allOf": [{"$ref": f"#/components/schemas/D{number + 1}"}] * 2} for number in range(12)}
    schemas = {**chain, "D12": {"type": "object", "properties": {"a": {"type": "string"}}}}
    document = asked({"$ref": "#/components/schemas/D0"}) | {"components": {"schemas": schemas}}
    shape = ShapeReader(side(document), "request").shape(("/components/schemas/D0",))

    assert ["a"] == list(shape.fields)
    assert len(shape.parts) < 40


@pytest.mark.parametrize("keyword", ["allOf", "oneOf", "anyOf"])
def test_a_schema_that_doubles_without_end_is_refused(keyword):
    """With its place: whoever tries a value on it never comes to an end."""
    inner = {number: {"$ref": f"#/components/schemas/D{number + 1}"} for number in range(30)}
    chain = {f"D{number}": {keyword: [{**it, "title": "a"}, {**it, "title": "b"}]} for number, it in inner.items()}
    schemas = {**chain, "D30": {"type": "object"}}

    with pytest.raises(SpecError, match=r"api\.json:\d+ too-large"):
        side(asked({"$ref": "#/components/schemas/D0"}) | {"components": {"schemas": schemas}})


def test_schemas_that_refer_to_each_other_are_counted_once():
    """As published documents have them."""
    schemas = {name: {"anyOf": [{"$ref": f"#/components/schemas/{it}"} for it in "ABC"]} for name in "ABC"}

    assert "api" == side(asked({"type": "string"}) | {"components": {"schemas": schemas}}).name


def referring(schemas):
    """A document whose body is the first of these."""
    return asked({"$ref": f"#/components/schemas/{next(iter(schemas))}"}) | {"components": {"schemas": schemas}}


def to(name):
    return {"$ref": f"#/components/schemas/{name}"}


def doubling(longest):
    """A text that a body holds in 2 ** 30 places."""
    chain = {
        f"D{it}": {"type": "object", "properties": {"a": to(f"D{it + 1}"), "b": to(f"D{it + 1}")}} for it in range(30)
    }
    return referring({**chain, "D30": {"type": "string", "maxLength": longest}})


@pytest.mark.parametrize(("longest", "severity"), [(4, "breaking"), (6, "info")])
def test_fields_that_double_thirty_times_are_followed_so_far(longest, severity):
    """The change is judged at the first places; that there are more is told, and is not called clean."""
    changes = compared(doubling(5), doubling(longest)).changes

    assert {severity} == {it.severity for it in changes if "maxLength" in it.rule}
    assert {("warning", True)} == {(it.severity, bool(it.undecided)) for it in changes if "ways" in it.rule}


def tangled(kind):
    """Twelve objects, each of which holds all others."""
    names = [f"T{number}" for number in range(12)]
    return referring(
        {it: {"type": "object", "properties": {"v": {"type": kind}} | {n: to(n) for n in names}} for it in names}
    )


def test_schemas_that_all_refer_to_each_other_are_compared_a_few_times():
    """Each change is told, though not at each of the millions of ways to it."""
    changes = compared(tangled("string"), tangled("integer")).changes

    assert 12 == len([it for it in changes if it.rule == "request-type-changed" and it.severity == "breaking"])
    assert {"request-type-changed", "request-ways-changed"} == {it.rule for it in changes}


def pets(sound):
    """A choice whose alternatives include the schema that holds the choice, as many documents have it."""
    animals = {
        name: {"allOf": [to("Pet")], "type": "object", "properties": {field: {"type": kind}}}
        for name, field, kind in (("Cat", "name", "string"), ("Lizard", "rocks", "boolean"), ("Dog", "bark", sound))
    }
    held = {"type": "object", "properties": {"kind": {"type": "string"}}, "oneOf": [to(it) for it in animals]}
    return referring({"Pets": {"type": "array", "items": to("Pet")}, "Pet": held, **animals})


def test_an_alternative_that_leads_back_to_its_choice_is_compared_once():
    """No value can be tried on such a schema; what changed in it is told as undecided."""
    [change] = compared(pets("string"), pets("integer")).changes

    assert ("request-type-changed", "warning", True) == (change.rule, change.severity, bool(change.undecided))


def chained(kind, last):
    """Six hundred schemas, each of which leads to the next one only."""
    steps = {
        "field": lambda it: {"type": "object", "properties": {"x": it}},
        "list": lambda it: {"type": "array", "items": it},
        "included": lambda it: {"allOf": [it, {"description": "More."}]},
        "form": lambda it: {"anyOf": [it, {"type": "object", "properties": {"k": {"type": "string"}}}]},
    }
    chain = {f"D{it}": steps[kind](to(f"D{it + 1}")) for it in range(600)}
    return referring({**chain, "D600": {"type": last}})


@pytest.mark.parametrize("kind", ["field", "list", "included", "form"])
def test_a_very_long_way_is_not_followed_to_its_end(kind):
    """What changed there is undecided, and nothing fails."""
    [change] = compared(chained(kind, "string"), chained(kind, "integer")).changes

    assert ("request-ways-changed", "warning", True) == (change.rule, change.severity, bool(change.undecided))
