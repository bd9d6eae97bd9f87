"""Forms: what a part stands for is said by the schema of its field."""

from __future__ import annotations

import pytest

from pixpact.specs.contract.forms import decoded, form_object, parts
from pixpact.wire.bodies import UndecodableBody

SCHEMA = {
    "type": "object",
    "properties": {
        "n": {"type": "integer"},
        "part": {"type": "number"},
        "sharp": {"type": "boolean"},
        "prompt": {"type": "string"},
        "pictures": {"type": "array", "items": {"type": "string"}},
        "sizes": {"type": "array", "items": {"type": "integer"}},
        "either": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        "options": {"type": "object"},
        "level": {"enum": [1, 2]},
    },
}


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("n", "2")], {"n": 2}),
        ([("n", "two")], {"n": "two"}),
        ([("part", "0.5")], {"part": 0.5}),
        ([("sharp", "true")], {"sharp": True}),
        ([("prompt", "2")], {"prompt": "2"}),
        ([("pictures", "a")], {"pictures": ["a"]}),
        ([("pictures", "a"), ("pictures", "b")], {"pictures": ["a", "b"]}),
        ([("pictures[]", "a"), ("pictures[]", "b")], {"pictures": ["a", "b"]}),
        ([("sizes", "1"), ("sizes", "2")], {"sizes": [1, 2]}),
        ([("sizes", "[1, 2]")], {"sizes": [1, 2]}),
        ([("either", "a")], {"either": "a"}),
        ([("either[]", "a")], {"either": ["a"]}),
        ([("options", '{"a": 1}')], {"options": {"a": 1}}),
        ([("options", "{")], {"options": "{"}),
        ([("level", "2")], {"level": 2}),
        ([("prompt", "a"), ("prompt", "b")], {"prompt": "b"}),
        ([("other", "1")], {"other": "1"}),
    ],
)
def test_a_part_is_what_its_schema_says(reader, pairs, expected):
    """A text that is no such thing stays a text, which the schema then refuses."""
    assert expected == form_object(reader(SCHEMA), pairs)


def test_a_form_in_a_url_is_read_as_one(reader):
    """`application/x-www-form-urlencoded` has no files."""
    kind = "application/x-www-form-urlencoded"

    assert ({"n": 2, "prompt": "é b"}, {}) == decoded(reader(SCHEMA), b"n=2&prompt=%C3%A9+b", kind)


def test_what_is_no_form_is_refused(reader):
    with pytest.raises(UndecodableBody, match="text/plain is not a form"):
        decoded(reader(SCHEMA), b"n=2", "text/plain")


def test_the_items_of_a_list_are_parts_of_one_name():
    assert [("a", 1), ("b", "x"), ("b", "y"), ("c", [])] == parts({"a": 1, "b": ["x", "y"], "c": []})
