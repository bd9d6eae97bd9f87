"""What differs between two operations beside their schemas: parameters, bodies, statuses, headers, credentials."""

from __future__ import annotations

from typing import Any

import pytest

from pixpact.contracts.diff.compare.compare import compare
from tests.contracts.diff.conftest import of_paths, side, whole

TEXT = {"schema": {"type": "string"}}
JSON = {"application/json": TEXT}


def named(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """The differences in short: `parameter-required added, query q`."""
    found = compare(side(whole(before)), side(whole(after)))
    return {f"{it.subject} {it.action}, {it.site.name}".rstrip(", ") for it in found}


def parameter(place: str = "query", **more: Any) -> dict[str, Any]:
    return {"parameters": [{"name": "q", "in": place, **TEXT, **more}]}


def answers(**statuses: Any) -> dict[str, Any]:
    return {"responses": {status.lstrip("_"): {"description": "x", **more} for status, more in statuses.items()}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, parameter(), {"optional-parameter added, query q"}),
        ({}, parameter(required=True), {"required-parameter added, query q"}),
        (parameter(), parameter(required=True), {"parameter-required added, query q"}),
        (
            parameter(),
            parameter("header"),
            {"optional-parameter removed, query q", "optional-parameter added, header q"},
        ),
        (parameter("header"), {"parameters": [{"name": "Q", "in": "header", **TEXT}]}, set()),
        ({}, {"parameters": [{"name": "Authorization", "in": "header", **TEXT}]}, set()),
        (parameter(), parameter(deprecated=True), {"field-deprecated added, query q"}),
        (parameter(), parameter(style="pipeDelimited", explode=False), set()),
    ],
)
def test_parameters(before: dict[str, Any], after: dict[str, Any], expected: set[str]) -> None:
    """By place and name, whatever their order; a style matters where a value is written otherwise."""
    assert named(before, after) == expected


def test_parameters_of_the_path_are_known_by_their_place() -> None:
    """No client sees what they are called."""
    documents = [
        of_paths(
            {
                f"/things/{{{name}}}": {
                    "parameters": [{"name": name, "in": "path", "required": True, **TEXT}],
                    "get": {"responses": {"200": {"description": "x"}}},
                }
            }
        )
        for name in ("id", "key")
    ]

    assert compare(*map(side, documents)) == ()


def test_a_document_in_a_parameter_is_no_text() -> None:
    """What has `content` is written as its media type has it, what has `schema` as a text."""
    coded = {"parameters": [{"name": "q", "in": "query", "content": JSON}]}
    other = {
        "parameters": [{"name": "q", "in": "query", "content": {"application/json": {"schema": {"type": "integer"}}}}]
    }
    found = [
        compare(side(whole(one)), side(whole(two)))
        for one, two in ((coded, other), (parameter(), parameter(schema={"type": "integer"})))
    ]

    assert [[it.site.plain_text for it in differences] for differences in found] == [[False], [True]]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"requestBody": {"content": JSON}}, {"optional-body added, application/json"}),
        ({}, {"requestBody": {"required": True, "content": JSON}}, {"required-body added, application/json"}),
        (
            {"requestBody": {"content": JSON}},
            {"requestBody": {"content": {**JSON, "text/plain": TEXT}}},
            {"media-type added, text/plain"},
        ),
        (
            {"requestBody": {"content": JSON}},
            {"requestBody": {"content": {"application/json; charset=utf-8": TEXT}}},
            set(),
        ),
        (
            answers(_200={"content": {"image/png": {}}}),
            answers(_200={"content": {"image/*": {}}}),
            {"response-media-type added, 200 image/*"},
        ),
        (answers(_200={}), answers(_200={}, _409={}), {"error-status added, 409"}),
        (answers(_200={}), answers(_201={}), {"success-status removed, 200", "success-status added, 201"}),
        (answers(_200={}), answers(_200={"headers": {"X-A": TEXT}}), {"optional-header added, 200 x-a"}),
        (answers(_200={"headers": {"X-A": TEXT}}), answers(_200={"headers": {"x-a": TEXT}}), set()),
        ({"security": [{"key": []}]}, {"security": [{"bearer": []}]}, {"credential removed", "credential added"}),
        ({"security": [{"oauth": ["a"]}]}, {"security": [{"oauth": ["a", "b"]}]}, {"scope added"}),
    ],
)
def test_bodies_responses_and_credentials(before: dict[str, Any], after: dict[str, Any], expected: set[str]) -> None:
    """What is new or gone is told once; a parameter of a media type and the case of a header make no other one."""
    assert named(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("image/png, image/jpeg", "image/png", {"part-type removed image/jpeg"}),
        ("image/png", "IMAGE/PNG , image/webp", {"part-type added image/webp"}),
        ("image/*", "image/png", {"part-type removed image/*"}),
        ("image/png", "image/*", {"part-type added image/*"}),
        (None, "image/png", set()),
    ],
)
def test_media_types_of_parts(before: str | None, after: str | None, expected: set[str]) -> None:
    """Compared one by one where both sides name them; one within a range of the other side is no loss."""
    schema = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
    forms = [
        {"schema": schema, **({"encoding": {"file": {"contentType": types}}} if types else {})}
        for types in (before, after)
    ]
    sides = [side(whole({"requestBody": {"content": {"multipart/form-data": form}}})) for form in forms]
    found = compare(*sides)

    assert {
        f"{it.subject} {it.action} {(it.before if it.action == 'removed' else it.after).value}" for it in found
    } == expected
