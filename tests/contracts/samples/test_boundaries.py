"""Values on a rule and one step past it; judged by the contract's own validator."""

from __future__ import annotations

import pytest

from pixpact.contracts.samples.boundaries import derived, plausible_values, values_inside, values_outside
from pixpact.contracts.samples.reference_images import facts_of
from pixpact.contracts.samples.samples import image_of
from pixpact.contracts.samples.statements import SchemaStatement
from pixpact.specs.dialect.keyword_checks import numbers_of
from pixpact.specs.openapi.schemas import CompiledSchemas

RULES = [
    ({"enum": ["2K", "3K"]}, ["2K"]),
    ({"const": "yes"}, ["yes"]),
    ({"minimum": 2}, [2]),
    ({"minimum": 0}, [0]),
    ({"maximum": 15}, [2]),
    ({"exclusiveMinimum": 0}, [1]),
    ({"exclusiveMaximum": 10}, [1]),
    ({"minItems": 2}, [["a"]]),
    ({"maxItems": 14}, [["a"]]),
    ({"minLength": 3}, ["abc"]),
    ({"maxLength": 800}, ["abc"]),
    ({"type": "boolean"}, [True]),
    ({"type": "string"}, ["a"]),
    ({"type": "integer"}, [1]),
    ({"type": "number"}, [1]),
    ({"type": "array"}, [[]]),
    ({"type": ["string", "array"]}, ["a"]),
    ({"pattern": "^https?://"}, ["https://a.example"]),
]


def judged(schema, values):
    schemas = CompiledSchemas({"s": schema})
    return [not schemas.violations("/s", value, "body") for value in values]


@pytest.mark.parametrize(("schema", "samples"), RULES, ids=str)
def test_values_inside_keep_the_rule(schema, samples):
    """All of them do, and there is one."""
    ((keyword, value),) = schema.items()
    values = values_inside(SchemaStatement(f"/s/{keyword}", keyword, value, ("m",)), samples, whole=True)

    assert values
    assert [True] * len(values) == judged(schema, values)


@pytest.mark.parametrize(("schema", "samples"), RULES, ids=str)
def test_a_value_outside_breaks_the_rule(schema, samples):
    """At least the first one does."""
    ((keyword, value),) = schema.items()
    values = values_outside(SchemaStatement(f"/s/{keyword}", keyword, value, ("m",)), samples)

    assert False is judged(schema, values)[0]


@pytest.mark.parametrize(
    ("keyword", "value", "within", "beyond"),
    [("maximum", 15, [15], [16, 23, 31, 47, 79]), ("minItems", 1, [["a"]], [[]]), ("maxLength", 2, ["ab"], ["aba"])],
)
def test_bounds_are_met_exactly_and_left_by_one(keyword, value, within, beyond):
    """A bound is tried where it lies: a looser or tighter one by one shows. Multiples follow, the nearest first."""
    statement = SchemaStatement(f"/s/{keyword}", keyword, value, ("m",))
    samples = [["a"]] if keyword.endswith("Items") else ["ab"]

    assert (within, beyond) == (values_inside(statement, samples, whole=True), values_outside(statement, samples))


def test_a_fraction_lies_between_where_fractions_count():
    """Just inside an open bound of numbers is a tenth away, of integers one."""
    statement = SchemaStatement("/s/exclusiveMinimum", "exclusiveMinimum", 0, ("m",))

    assert ([0.1], [1]) == (values_inside(statement, [], whole=False), values_inside(statement, [], whole=True))


def fetch(url):
    return facts_of(image_of(url)) if image_of(url) else None


@pytest.mark.parametrize("between", ["x", "*", ""])
@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("width", {"minimum": 240}),
        ("width", {"maximum": 600}),
        ("height", {"exclusiveMinimum": 14}),
        ("pixels", {"maximum": 921600}),
        ("pixels", {"minimum": 3686400}),
        ("aspect", {"maximum": 3}),
    ],
)
def test_derived_numbers_lie_on_their_bound(name, rule, between):
    """A size, or an image, keeps the rule and one step further breaks it."""
    ((bound, limit),) = rule.items()
    kept = [numbers_of(it, fetch)[name] for it in derived({name: rule}, name, bound, keep=True, between=between)]
    broken = [numbers_of(it, fetch)[name] for it in derived({name: rule}, name, bound, keep=False, between=between)]
    schemas = CompiledSchemas({"s": rule})

    assert any(not schemas.violations("/s", value, "body") and abs(value - limit) <= 1 for value in kept)
    assert any(schemas.violations("/s", value, "body") for value in broken)


def test_formats_and_transparency_are_those_of_images():
    """Every allowed format is an image of it; every other one that we can make is not."""
    rule = {"format": {"enum": ["png", "jpeg"]}, "alpha": {"const": True}}
    kept = derived(rule, "format", "enum", keep=True)
    broken = derived(rule, "format", "enum", keep=False)

    assert ["png", "jpeg"] == [fetch(it).format for it in kept]
    assert not {"png", "jpeg"} & {fetch(it).format for it in broken}
    assert [True] == [fetch(it).alpha for it in derived(rule, "alpha", "const", keep=True)]


def test_a_file_may_be_too_long_by_one_byte():
    """The bytes of an image are counted exactly."""
    rule = {"bytes": {"maximum": 5000}}

    assert [5000] == [fetch(it).bytes for it in derived(rule, "bytes", "maximum", keep=True)]
    assert [5001] == [fetch(it).bytes for it in derived(rule, "bytes", "maximum", keep=False)]


@pytest.mark.parametrize(
    ("rule", "elsewhere", "expected"),
    [
        (("enum", ["2K", "3K"]), ["2K", "4K"], ["4K", "4K"]),
        (("enum", ["1:1", "16:9", "21:9"]), ["1:1"], ["9:16", "22:9"]),
        (("enum", ["url", "b64_json"]), [], []),
        (("type", "integer"), [], [1.5]),
        (("type", "number"), [], []),
        (("maximum", 4), [], []),
    ],
)
def test_what_a_widened_rule_lets_in_first(rule, elsewhere, expected):
    """What another model takes, a ratio turned round, the next number, a fraction; none of it keeps the rule."""
    keyword, value = rule
    found = plausible_values(SchemaStatement(f"/s/{keyword}", keyword, value, ("m",)), elsewhere)

    assert expected == found
    assert [] == [True for it in judged({keyword: value}, found) if it]


@pytest.mark.parametrize(
    ("pattern", "begins"),
    [
        ("^https?://", ["data:image/png;base64,"]),
        ("^https://", ["data:image/png;base64,", "http://"]),
        ("^(https?://|data:image/)", ["iVBORw0KGgo"]),
        ("^data:image/png;base64,", ["iVBORw0KGgo", "https://"]),
        ("^[A-Za-z0-9+/]+={0,2}$", ["data:image/png;base64,", "https://"]),
        ("^[0-9]+x[0-9]+$", []),
        ("", []),
    ],
)
def test_the_form_that_clients_send_is_tried_where_a_pattern_leaves_it_out(pattern, begins):
    """A data URI, its base64 alone, an address of plain http; none where a pattern is about something else."""
    values = plausible_values(SchemaStatement("/s/pattern", "pattern", pattern, ("image",)), [])

    assert begins == [value[: len(start)] for value, start in zip(values, begins, strict=True)]


def test_a_quoted_boolean_is_tried() -> None:
    """Clients that read it from a form or an environment send a text."""
    assert ["true"] == plausible_values(SchemaStatement("/s/type", "type", "boolean", ("watermark",)), [])


@pytest.mark.parametrize("keyword", ["maxLength", "minLength", "maxItems", "minItems"])
def test_a_bound_that_would_fill_the_memory_is_not_tried(keyword):
    """No value lies on it, nor past it: the claim is told as one that nothing exercises."""
    statement = SchemaStatement(f"/s/{keyword}", keyword, 10**9, ("m",))

    assert [] == values_inside(statement, [], whole=True) == values_outside(statement, [])


def test_a_file_that_would_fill_the_memory_is_not_made():
    """The same for images of so many bytes."""
    assert [] == derived({"bytes": {"maximum": 10**10}}, "bytes", "maximum", keep=True)


def test_a_pattern_that_backtracks_is_tried_in_bounded_time():
    """By what judges requests: an engine that thinks for years is never asked."""
    statement = SchemaStatement("/s/pattern", "pattern", "^(([a-zA-Z0-9+/:;,=])+)+!$", ("m",))

    assert [] == plausible_values(statement, [])
