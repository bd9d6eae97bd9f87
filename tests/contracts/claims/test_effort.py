"""What planning may cost: schemas of hundreds of alternatives are planned in part, and the plan says so."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
import yaml

from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.claims.effort import PlanningEffort
from pixpact.contracts.fuzzing.generate import generated
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.plan import plan
from pixpact.specs.catalogue import SpecCatalogue

TOY = yaml.safe_load(Path("fixtures/specs/toy.yaml").read_text(encoding="utf-8"))
GIVEN_UP = "/paths/~1v2~1drawings/post/requestBody/content/application~1json/schema has too many rules to try them all"


@pytest.fixture
def toy_with(tmp_path):
    """Claims about the toy with one more field in an order."""

    def _claims(field):
        document = copy.deepcopy(TOY)
        document["components"]["schemas"]["Order"]["properties"]["extra"] = field
        path = tmp_path / "odd.yaml"
        path.write_text(json.dumps(document), encoding="utf-8")
        return ContractClaims(SpecCatalogue().source(str(path)).contract())

    return _claims


def alternatives(keyword, count):
    return {keyword: [{"type": "object", "required": [f"f{n}"], "properties": {f"f{n}": {}}} for n in range(count)]}


SCHEMAS = {
    "anyOf": alternatives("anyOf", 200),
    "oneOf": alternatives("oneOf", 200),
    "patterns": {"anyOf": [{"type": "string", "pattern": f"^a{number}[b-z]+$"} for number in range(200)]},
    "fields": {"type": "object", "properties": {f"p{n}": {"type": "string", "maxLength": n + 9} for n in range(1000)}},
}


@pytest.mark.sweep
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_a_request_of_too_many_rules_is_planned_in_part(toy_with, schema):
    """Its examples are sent, the rest is not checkable with the place of the schema; other operations are complete."""
    claims = toy_with(schema)
    made = plan(claims, Capabilities())

    assert GIVEN_UP in made.beyond.values()
    assert {"startDrawing", "runSketch"} <= {probe.operation for probe in made.probes if probe.kind == "take"}
    assert [] == [key for key, reason in made.beyond.items() if reason == GIVEN_UP and "Sketch" in key]
    assert {probe.operation for probe in generated(claims, Capabilities(), 20, 0)} == {"runSketch"}


ODD = {
    "a long text": {"type": "string", "minLength": 1_000_000},
    "a pattern that schemathesis does not take": {"type": "string", "pattern": "^a{1,1000}{1,1000}$"},
    "a pattern of nested repetitions": {"type": "string", "pattern": "^([a-z]{1,100}){1,100}$"},
}


@pytest.mark.parametrize("field", ODD.values(), ids=ODD)
def test_what_a_library_cannot_generate_is_generated_without_it(toy_with, field):
    """The other fields of such a request are varied as ever."""
    made = generated(toy_with(field), Capabilities(), 20, 0)

    assert {"startDrawing", "runSketch"} == {probe.operation for probe in made}


@pytest.mark.parametrize("vendor", SpecCatalogue().names())
def test_shipped_contracts_are_planned_in_full(claims, planned, vendor):
    """None comes near the limit."""
    assert [] == [reason for reason in planned(vendor).beyond.values() if "too many rules" in reason]
    assert [] == [key for key, accepted in claims(vendor).acceptance.items() if accepted.given_up]


def test_large_bodies_and_many_rules_count_for_more():
    """A body of a hundred values takes what a few small ones take."""
    effort = PlanningEffort(5)

    effort.spend({"prompt": "a"}, 20)
    assert not effort.is_spent
    effort.spend([0] * 100, 50)
    assert effort.is_spent
