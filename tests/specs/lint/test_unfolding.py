"""Schemas that refer to what refers on: small in a file, endless when they are written out."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
import yaml

from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.dialect.request_body import conjuncts
from pixpact.specs.lint.lint import lint_document
from pixpact.specs.openapi.document import parse

TOY = Path(__file__).parents[3] / "fixtures/specs/toy.yaml"


def with_schemas(schemas):
    """The toy with these schemas, the first of which is a field of an order."""
    document = copy.deepcopy(yaml.safe_load(TOY.read_text(encoding="utf-8")))
    document["components"]["schemas"] |= schemas
    document["components"]["schemas"]["Order"]["properties"]["extra"] = {
        "$ref": f"#/components/schemas/{next(iter(schemas))}"
    }
    return parse(json.dumps(document), Path("toy.json"))


def doubling(times, written):
    """Schemas each of which refers to the next one twice."""
    chain = {f"D{number}": written({"$ref": f"#/components/schemas/D{number + 1}"}) for number in range(times)}
    return {**chain, f"D{times}": {"type": "object", "properties": {"a": {"type": "string"}}}}


WAYS = {
    "allOf": lambda inner: {"allOf": [inner, {**inner, "description": "again"}]},
    "oneOf": lambda inner: {"oneOf": [inner, inner]},
    "fields": lambda inner: {"type": "object", "properties": {"x": inner, "y": inner}},
    "items": lambda inner: {"type": "array", "items": {"anyOf": [inner, inner]}},
}


@pytest.mark.sweep
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_doubles_without_end_is_refused(way):
    """Once, at the innermost schema that is too much, with what to do."""
    found = [it for it in lint_document(with_schemas(doubling(200, way)), "toy").problems if not it.note]

    assert {"too-large"} == {it.rule for it in found}
    assert all("refer to what is meant once" in it.remedy for it in found)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_doubles_a_few_times_is_taken(way):
    """As published documents do."""
    assert [] == [it for it in lint_document(with_schemas(doubling(4, way)), "toy").problems if it.rule == "too-large"]


def test_what_leads_back_to_itself_is_counted_once():
    """A tree of folders is no endless schema."""
    node = {"$ref": "#/components/schemas/Node"}
    tree = {
        "Node": {"type": "object", "properties": {"left": node, "right": node, "all": {"type": "array", "items": node}}}
    }

    assert [] == [it for it in lint_document(with_schemas(tree), "toy").problems if it.rule == "too-large"]


def test_a_schema_that_is_included_twice_says_its_part_once():
    """Its fields are read once, however many ways lead to it."""
    value = with_schemas(doubling(12, lambda inner: {"allOf": [inner, inner]})).value
    pointers = [pointer for pointer, _ in conjuncts(value, "/components/schemas/D0")]

    assert len(pointers) == len(set(pointers)) < 40
    assert "/components/schemas/D0" == pointers[-1]


@pytest.mark.parametrize("name", SpecCatalogue().names())
def test_shipped_contracts_are_far_from_it(name):
    """None has a problem of this kind."""
    assert [] == [it for it in SpecCatalogue().source(name).check().problems if it.rule == "too-large"]
