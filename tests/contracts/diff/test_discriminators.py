"""Discriminators: they tell alternatives apart, and what they say is compared."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import compared, of_paths, side, verdict_of


def document(names: str, asks: bool, mapping: dict[str, str] | None = None, report: str = "kind") -> dict[str, Any]:
    """An operation with a choice of components that only the discriminator tells apart."""
    schemas = {
        name: {
            "type": "object",
            "required": [report],
            "properties": {report: {"type": "string"}, name: {"type": "string"}},
        }
        for name in names
    }
    places = {key: f"#/components/schemas/{name}" for key, name in (mapping or {}).items()}
    choice = {
        "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in names],
        "discriminator": {"propertyName": report, **({"mapping": places} if mapping else {})},
    }
    content = {"application/json": {"schema": choice}}
    response = {"description": "Done.", **({} if asks else {"content": content})}
    operation = {"responses": {"200": response}, **({"requestBody": {"content": content}} if asks else {})}
    return of_paths({"/things": {"post": operation}}, components={"schemas": schemas})


@pytest.mark.parametrize(("asks", "verdict"), [(True, "compatible"), (False, "breaking")])
def test_an_alternative_more_is_decided(asks: bool, verdict: str) -> None:
    """Although every one of them would take the others' messages."""
    direction = "request" if asks else "response"
    changes = compared(document("AB", asks), document("ABC", asks)).changes

    assert {change.rule: verdict_of(change) for change in changes} == {f"{direction}-alternative-added": verdict}


@pytest.mark.parametrize(
    ("asks", "added", "verdict"),
    [(True, True, "compatible"), (True, False, "undecided"), (False, True, "undecided"), (False, False, "compatible")],
)
def test_a_value_that_leads_to_an_alternative(asks: bool, added: bool, verdict: str) -> None:
    """It is reported alone; nobody can prove what a value does that is new to whom it reaches."""
    few, many = {"a": "A", "b": "B"}, {"a": "A", "b": "B", "bb": "B"}
    sides = [document("AB", asks, mapping) for mapping in ((few, many) if added else (many, few))]
    rule = f"{'request' if asks else 'response'}-discriminator-value-{'added' if added else 'removed'}"

    assert {change.rule: verdict_of(change) for change in compared(*sides).changes} == {rule: verdict}


def test_a_new_discriminator_changes_nothing_of_what_is_valid() -> None:
    """What was valid stays so: it is reported, and breaks nothing."""
    before = document("AB", True)
    del before["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"]["schema"]["discriminator"]
    changes = compared(before, document("AB", True)).changes

    assert {change.rule: verdict_of(change) for change in changes} == {"request-discriminator-added": "compatible"}


def test_a_document_is_the_same_as_itself() -> None:
    """Reading the values into the alternatives adds nothing to what is compared."""
    assert () == compared(document("AB", True), document("AB", True)).changes
    assert side(document("AB", True)).value == document("AB", True)
