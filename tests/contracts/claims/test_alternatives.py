"""Of several forms the one that a value comes nearest to."""

from __future__ import annotations

import pytest

from pixpact.contracts.claims.alternatives import AlternativeReader
from pixpact.specs.openapi.schemas import CompiledSchemas

DOCUMENT = {
    "components": {
        "schemas": {
            "Item": {
                "oneOf": [
                    {
                        "type": "object",
                        "required": ["url", "size"],
                        "properties": {"url": {}, "size": {"type": "string"}},
                    },
                    {"type": "object", "required": ["error"], "properties": {"error": {}, "url": False}},
                ]
            },
            "Events": {"type": "array", "contains": {"const": "end"}, "maxContains": 1},
        }
    }
}
ITEM, EVENTS = "/components/schemas/Item", "/components/schemas/Events"


def reported(pointer, value):
    schemas = CompiledSchemas(DOCUMENT)
    reader = AlternativeReader(DOCUMENT, schemas)
    found = [closer for violation in schemas.violations(pointer, value) for closer in reader.closer(violation, value)]
    return [(it.keyword, it.schema.removeprefix(pointer), it.pointer) for it in found]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"url": "u", "size": 3}, [("type", "/oneOf/0/properties/size/type", "/size")]),
        ({"url": "u"}, [("required", "/oneOf/0/required", "/size")]),
        ([], [("oneOf", "/oneOf", "")]),
    ],
)
def test_the_nearest_form(value, expected):
    """What is wrong with it; where none is near, that it is none of them."""
    assert expected == reported(ITEM, value)


def test_a_list_without_what_it_must_contain():
    """Not the number of them is wrong, unless there are too many."""
    assert ["contains"] == [keyword for keyword, _, _ in reported(EVENTS, ["start"])]
    assert ["maxContains"] == [keyword for keyword, _, _ in reported(EVENTS, ["end", "end"])]


def test_fields_count_at_any_depth():
    """An event without its name is the one whose data it has, not the one that has none."""
    forms = [
        {"required": ["data"], "properties": {"data": {"const": "end"}}},
        {"required": ["name", "data"], "properties": {"name": {}, "data": {"properties": {"index": {}, "url": {}}}}},
    ]
    document = {"components": {"schemas": {"Event": {"oneOf": forms}}}}
    schemas = CompiledSchemas(document)
    value = {"data": {"index": 0, "url": "u"}}
    found = schemas.violations("/components/schemas/Event", value, closer=False)
    reported = [it for violation in found for it in AlternativeReader(document, schemas).closer(violation, value)]

    assert [("required", "/name")] == [(it.keyword, it.pointer) for it in reported]
