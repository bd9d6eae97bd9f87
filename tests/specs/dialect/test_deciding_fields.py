"""The fields that decide what a body is promised: all of them, and no prompt."""

from __future__ import annotations

import pytest

from pixpact.specs.dialect.request_body import BodyReader
from pixpact.specs.openapi.schemas import CompiledSchemas

IMAGES = {"x-images": {"count": "$request.body#/n"}}
TEXT = {"type": "string"}


def deciding(schema):
    """The deciding fields of a request schema."""
    document = {"components": {"schemas": {"It": schema, "Other": {"properties": {"size": TEXT}, **IMAGES}}}}
    reader = BodyReader(document, CompiledSchemas(document), "/components/schemas/It")
    (branch,) = reader.all_branches()
    return branch.deciding


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"properties": {"prompt": TEXT, "n": {}}, **IMAGES}, ("n",)),
        ({"properties": {"prompt": TEXT}}, ()),
        ({"x-images": {"pixels": {"by": ["$request.body#/a", "$request.body#/b/c"], "table": {}}}}, ("a", "b")),
        ({"$ref": "#/components/schemas/Other"}, ("n",)),
        ({"allOf": [IMAGES, {"x-total": {"of": ["n", "urls"], "maximum": 15}}]}, ("n", "urls")),
        ({"if": {"required": ["raw"]}, "then": {"x-images": {"format": "png"}}}, ("raw",)),
        ({"if": {"required": ["raw"]}, "then": {"properties": {"raw": TEXT}}}, ()),
        ({"if": {"not": {"properties": {"raw": {"const": True}}}}, "else": IMAGES}, ("n", "raw")),
        ({"oneOf": [{"required": ["a"], **IMAGES}, {"required": ["b"]}]}, ("a", "b", "n")),
        ({"dependentSchemas": {"mask": IMAGES}}, ("mask", "n")),
        ({"properties": {"size": {"type": "string", "x-image": {"pixels": {"maximum": 100}}}}}, ("size",)),
        ({"properties": {"size": {"allOf": [{"x-images": {"count": "$request.body#/n"}}]}}}, ("n", "size")),
    ],
)
def test_the_fields_of_conditions_and_of_our_keywords_decide(schema, expected):
    """Whatever else a schema says of a body, it promises no other images for it."""
    assert expected == deciding(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"x-images": {"count": "$request.header.x-count"}},
        {"if": {"minProperties": 3}, "then": IMAGES},
        {"if": {"patternProperties": {"^x": {}}}, "then": IMAGES},
        {"anyOf": [{"additionalProperties": False, **IMAGES}, {}]},
    ],
)
def test_what_no_list_of_fields_tells_is_undecided(schema):
    """A header, or how many fields there are, may decide too."""
    assert deciding(schema) is None
