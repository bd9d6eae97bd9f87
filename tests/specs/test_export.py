from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.export import as_yaml, exported, plain
from pixpact.specs.lint.lint import lint_document
from pixpact.specs.openapi.document import parse

FIXTURES = Path(__file__).parent.parent.parent / "fixtures/specs"
CATALOGUE = SpecCatalogue([FIXTURES])
NAMES = [
    name
    for vendor in CATALOGUE.names()
    for name in (vendor, *(f"{vendor}@{overlay}" for overlay in CATALOGUE.overlays(vendor)))
]


def keys(value: Any, inside: str = "") -> set[str]:
    """Every key of a document but those of examples, properties and headers."""
    if isinstance(value, list):
        return {key for item in value for key in keys(item)}
    if not isinstance(value, dict) or inside in ("value", "examples"):
        return set()
    own = set() if inside in ("properties", "headers") else set(value)
    return own | {key for name, inner in value.items() for key in keys(inner, name)}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_ours_is_left(name: str) -> None:
    """An export has no key that is not OpenAPI's own, says the same in YAML and JSON, keeps every path, and lints."""
    source = CATALOGUE.source(name)
    document = json.loads(exported(source.contract(), "json"))

    assert [] == [key for key in keys(document) if key.startswith("x-")]
    assert document == parse(exported(source.contract()), Path("export.yaml")).value
    assert list(source.document().value["paths"]) == list(document["paths"])
    assert [] == lint_document(parse(json.dumps(document), Path("export.json")), "export").errors


@pytest.mark.parametrize("name", NAMES)
def test_schemas_still_hold(name: str) -> None:
    """Exported schemas are JSON Schemas, and take the exported examples of responses."""
    document = json.loads(exported(CATALOGUE.source(name).contract(), "json"))
    schemas = jsonschema_rs.validator_map_for({"$schema": "https://json-schema.org/draft/2020-12/schema", **document})
    for pointer, response in _responses(document):
        for media_type, media in response.get("content", {}).items():
            test = schemas[f"#{pointer}/content/{media_type.replace('/', '~1')}/schema"]
            assert [] == [
                key for key, example in media.get("examples", {}).items() if not test.is_valid(example["value"])
            ]


def _responses(document: Any) -> list[tuple[str, Any]]:
    own = [
        (f"/paths/{path.replace('/', '~1')}/{method}/responses/{status}", response)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post")
        for status, response in operation["responses"].items()
        if "$ref" not in response
    ]
    shared = document["components"].get("responses", {})
    return own + [(f"/components/responses/{name}", response) for name, response in shared.items()]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (
            {"type": "integer", "x-clamp": {"minimum": 1, "maximum": 4}},
            {
                "type": "integer",
                "description": "Values outside are not refused but clamped to minimum 1 and maximum 4.",
            },
        ),
        (
            {"description": "Both.", "x-total": {"of": ["n", "meta/images"], "maximum": 15}},
            {"description": "Both. Together, n + meta.images is at most 15."},
        ),
        (
            {"x-image": {"format": {"enum": ["jpeg", "png"]}, "width": {"exclusiveMinimum": 14}}},
            {"description": "Of an image or size: format one of jpeg or png; width exclusiveMinimum 14."},
        ),
        ({"properties": {"x-odd": {"x-value": "$task.id"}}}, {"properties": {"x-odd": {}}}),
        (
            {"default": {"x-a": 1}, "examples": [{"x-b": 2}], "enum": [{"x-c": 3}]},
            {"default": {"x-a": 1}, "examples": [{"x-b": 2}], "enum": [{"x-c": 3}]},
        ),
        ({"allOf": [{"x-images": {}}, {"type": "object"}]}, {"allOf": [{"type": "object"}]}),
        ({"allOf": [{"x-images": {}}], "if": {"type": "object"}, "then": {"x-images": {}}}, {}),
        (
            {"if": {"type": "object"}, "then": {"x-images": {}}, "else": {"minimum": 1}},
            {"if": {"type": "object"}, "else": {"minimum": 1}},
        ),
        (False, False),
    ],
)
def test_schemas(schema: Any, expected: Any) -> None:
    """Our keys go, their limits are reported in words, what is left empty goes too; literal values stay as they are."""
    assert {"components": {"schemas": {"It": expected}}} == plain({"components": {"schemas": {"It": schema}}})


def test_an_export_is_no_change() -> None:
    """Making one leaves the document as it was."""
    document = CATALOGUE.source("toy").document().value
    before = json.dumps(document)
    plain(document)

    assert before == json.dumps(document)


TEXTS = st.sampled_from(
    [
        "on",
        "no",
        "~",
        "null",
        "true",
        "1e3",
        "0x1F",
        "017",
        "0o17",
        "1:30",
        "2026-03",
        "2026-05-01",
        "=",
        "<<",
        "1_000",
        "+1",
        ".5",
        "",
        " a",
        "a: b",
        "# c",
        "- d",
        "é\u2028",
        "x\ty",
        "a\nb\n",
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        TEXTS | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
        lambda it: st.lists(it, max_size=3) | st.dictionaries(TEXTS, it, max_size=3),
        max_leaves=10,
    )
)
def test_what_is_written_is_read_again(value: Any) -> None:
    """Texts that look like something else to some YAML reader are quoted, numbers and the rest are not."""
    assert {"it": value} == parse(as_yaml({"it": value}), Path("export.yaml")).value
