from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixpact.specs.openapi.messages import error_text, listed, short_json
from pixpact.specs.openapi.schemas import CompiledSchemas


@pytest.mark.parametrize(
    ("schema", "value", "sentence"),
    [
        ({"type": "integer"}, "4", 'n must be an integer; got "4"'),
        ({"type": ["integer", "string"]}, [], "n must be an integer or a string; got []"),
        ({"type": "boolean"}, None, "n must be true or false; got null"),
        ({"enum": ["1K", "2K", 3]}, "4K", 'n must be one of 1K, 2K or 3; got "4K"'),
        ({"enum": ["1K"]}, "4K", 'n must be one of 1K; got "4K"'),
        ({"const": "url"}, 1, 'n must be "url"; got 1'),
        ({"minimum": 1}, 0, "n must be at least 1; got 0"),
        ({"maximum": 15}, 16, "n must be at most 15; got 16"),
        ({"exclusiveMinimum": 14}, 14, "n must be more than 14; got 14"),
        ({"exclusiveMaximum": 3.5}, 4, "n must be less than 3.5; got 4"),
        ({"multipleOf": 16}, 17, "n must be a multiple of 16; got 17"),
        ({"minLength": 1}, "", "n must have at least 1 character"),
        ({"maxLength": 3}, "four", "n must have at most 3 characters; got 4"),
        ({"minItems": 1}, [], "n must have at least 1 item; got 0"),
        ({"maxItems": 2}, [1, 2, 3], "n must have at most 2 items; got 3"),
        ({"uniqueItems": True}, [1, 1], "n must not contain an item twice"),
        ({"pattern": "^https?://"}, "ftp://x", 'n must match ^https?://; got "ftp://x"'),
        ({"minProperties": 2}, {}, "n must have at least 2 fields"),
        ({"maxProperties": 0}, {"a": 1}, "n must have at most 0 fields"),
        ({"contains": {"const": 1}}, [2], "n has too few of the required items"),
        ({"contains": {"const": 1}, "maxContains": 1}, [1, 1], "n has too many of the required items"),
        ({"not": {"const": 1}}, 1, "n has a form that is not allowed; got 1"),
        ({"oneOf": [{"type": "string"}, {"type": "array"}]}, 1, "n has none of the forms it may have; got 1"),
        ({"oneOf": [{"minimum": 0}, {"maximum": 2}]}, 1, "n has more than one of its forms at once; got 1"),
        (False, 1, "n is not supported here"),
        ({"properties": {"a": True}, "additionalProperties": False}, {"b": 1, "c": 2}, "n must not hold b or c"),
        ({"required": ["x"]}, {}, "n.x is required"),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "n.b is required"),
        ({"propertyNames": {"maxLength": 1}}, {"long": 1}, "a key of n must have at most 1 character; got 4"),
    ],
)
def test_sentences(schema: Any, value: Any, sentence: str) -> None:
    """A violation names the field, the limit and the value."""
    document = {"components": {"schemas": {"It": {"properties": {"n": schema}}}}}
    found = CompiledSchemas(document).violations("/components/schemas/It", {"n": value})

    assert [sentence] == [violation.message for violation in found]


def test_a_keyword_without_a_sentence() -> None:
    """A rule that nobody found words for is named."""
    error = SimpleNamespace(kind=None, instance=[1])

    assert "n breaks the rule 'unevaluatedItems'; got [1]" == error_text(error, "unevaluatedItems", "n")


def test_the_body_itself() -> None:
    """A rule about the whole body says so."""
    document = {"components": {"schemas": {"It": {"type": "object"}}}}

    assert (
        "the body must be an object; got 1"
        == CompiledSchemas(document).violations("/components/schemas/It", 1)[0].message
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers(), lambda it: st.lists(it) | st.dictionaries(st.text(), it)
    )
)
def test_values_are_shown_short(value: Any) -> None:
    """However large a value is, a sentence stays a sentence."""
    assert len(short_json(value)) <= 62 + 5 * 60


def test_an_image_in_a_value_is_cut() -> None:
    """Megabytes of base64 leave their first sixty characters."""
    assert '"' + "A" * 60 + "…" == short_json("A" * 5_000_000)


def test_lists_in_words() -> None:
    """The last of several comes after a word."""
    assert ["a", "a or b", "a, b and 3"] == [listed(["a"]), listed(["a", "b"]), listed(["a", "b", 3], "and")]
