"""Whether a value exercises a claim about it."""

from __future__ import annotations

import pytest

from pixpact.contracts.claims.acceptance import fetch_slot
from pixpact.contracts.samples import predicates
from pixpact.contracts.samples.samples import slot
from pixpact.contracts.samples.statements import SchemaStatement


def plain(keyword, value, part=None, whole=True):
    test = predicates.plain(SchemaStatement(f"/s/{keyword}", keyword, value, ("m",)), part, whole)
    return lambda sent: test(sent, sent, fetch_slot)


@pytest.mark.parametrize(
    ("test", "yes", "no"),
    [
        (plain("enum", ["a", "b"], "a"), "a", "b"),
        (plain("const", 1), 1, 1.0),
        (plain("minimum", 1), 1, 2),
        (plain("maximum", 1), 1, True),
        (plain("maximum", 4), 4, "4"),
        (plain("exclusiveMinimum", 0), 1, 2),
        (plain("exclusiveMinimum", 0, whole=False), 0.1, 1),
        (plain("minItems", 1), ["a"], ["a", "b"]),
        (plain("maxLength", 3), "abc", "ab"),
        (plain("maxLength", 3), "日本語", 3),
        (plain("type", "boolean", True), True, False),
        (plain("type", "boolean", False), False, 0),
    ],
)
def test_only_the_value_on_the_rule_counts(test, yes, no):
    """A value inside a bound says nothing about the bound; `true` is no 1, and 1.0 is not what the contract shows."""
    assert (True, False) == (test(yes), test(no))


@pytest.mark.parametrize(
    ("name", "bound", "limit", "part", "yes", "no"),
    [
        ("pixels", "maximum", 4096, None, slot("png-64x64"), slot("png-32x64")),
        ("width", "minimum", 240, None, "240x300", "250x300"),
        ("aspect", "maximum", 3, None, "300x100", "100x100"),
        ("format", "enum", ["png", "jpeg"], "jpeg", slot("jpeg-64x64"), slot("png-64x64")),
        ("pixels", "maximum", 4096, None, slot("png-64x64"), "https://elsewhere.example/a.png"),
    ],
)
def test_derived_numbers_are_those_of_the_image(name, bound, limit, part, yes, no):
    """What nobody can look into exercises nothing."""
    test = predicates.derived(name, bound, limit, part)

    assert (True, False) == (test(yes, yes, fetch_slot), test(no, no, fetch_slot))


def test_a_clamp_is_exercised_from_beyond():
    """A value on the bound is taken as it is; one past it is pulled."""
    below, above = predicates.beyond_clamp("minimum", 1), predicates.beyond_clamp("maximum", 4)

    assert [True, False, False] == [below(sent, 1, fetch_slot) for sent in (0, 1, True)]
    assert [True, False, False] == [above(sent, 4, fetch_slot) for sent in (5, 4, "5")]


def test_a_total_counts_as_the_contract_does():
    """Numbers count themselves, texts one, lists their length, what is absent nothing; read with defaults."""
    test = predicates.reaches_total({"of": ["n", "image", "deep/n"], "maximum": 6})
    bodies = [{"n": 4, "image": ["a", "b"]}, {"n": 5, "image": "a"}, {"n": 6}, {"deep": {"n": 6}}, {"n": 5}, {}]

    assert [True, True, True, True, False, False] == [test(None, body, fetch_slot) for body in bodies]


@pytest.mark.parametrize(
    ("about", "uploads", "sent", "expected"),
    [
        ("data", False, "data:image/png;base64,AA==", True),
        ("data", False, slot("png-1x1"), True),
        ("data", True, slot("png-1x1"), False),
        ("url", True, slot("png-1x1"), True),
        ("url", False, "https://a.example/1.png", True),
        ("url", False, 7, False),
    ],
)
def test_how_an_image_is_handed_over(about, uploads, sent, expected):
    """A slot becomes the URL of an upload where the vendor takes uploads, else a data URI."""
    assert expected is predicates.image_transport_test(about, uploads)(sent, sent, fetch_slot)
