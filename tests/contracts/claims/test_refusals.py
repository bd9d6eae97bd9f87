"""What must be refused: each request breaks one rule and no other."""

from __future__ import annotations

import pytest

from pixpact.contracts.claims.acceptance import fetch_slot
from pixpact.contracts.claims.refusals import UNREACHABLE
from pixpact.specs.catalogue import SpecCatalogue

CATALOGUE = SpecCatalogue()
TOY = "fixtures/specs/toy.yaml"
VENDORS = CATALOGUE.names()
EVERY = [*VENDORS, *(f"{name}@{overlay}" for name in VENDORS for overlay in CATALOGUE.overlays(name)), TOY]


@pytest.mark.parametrize("name", EVERY)
def test_a_fault_breaks_exactly_one_rule(claims, name):
    """By the contract's own validator: who takes such a request breaks the claim of that rule, and no other."""
    for (operation, media), refusals in claims(name).refusals.items():
        reader = claims(name).acceptance[(operation, media)].media.reader
        for fault in refusals.faults:
            reading = reader.read(fault.body, fetch_slot)

            assert 1 == len(reading.violations), (fault.claim.id, fault.body)
            assert refusals.of_reading(reading) is fault.claim


@pytest.mark.parametrize("name", EVERY)
def test_every_rule_has_a_fault_or_a_reason(claims, name):
    """A rule that no request breaks alone is known beforehand; few are."""
    for refusals in claims(name).refusals.values():
        faulty = {fault.claim.id for fault in refusals.faults}
        ruled = {claim.id for claim in claims(name).all if claim.id in faulty | refusals.unreachable.keys()}

        assert not faulty & refusals.unreachable.keys()
        assert {UNREACHABLE} >= set(refusals.unreachable.values())
        assert len(refusals.unreachable) <= len(ruled) / 8


def fault(claims, tail):
    return next(
        it for it in claims(TOY).refusals[("startDrawing", "application/json")].faults if it.claim.id.endswith(tail)
    )


@pytest.mark.parametrize(
    ("tail", "field", "value"),
    [
        ("refusal/Ink/copies/maximum", "copies", 5),
        ("refusal/Ink/copies/minimum", "copies", 0),
        ("refusal/Crayon/size/enum", "size", "pixpact-unknown"),
        ("refusal/model/enum", "model", "pixpact-unknown"),
        ("refusal/Order/prompt/minLength", "prompt", ""),
    ],
)
def test_a_fault_goes_one_step_too_far(claims, tail, field, value):
    """The value just past the rule shows a limit that moved by one."""
    assert value == fault(claims, tail).body[field]


@pytest.mark.parametrize(
    ("tail", "field"), [("refusal/Order/required/prompt", "prompt"), ("refusal/model/required", "model")]
)
def test_a_required_field_is_missing(claims, tail, field):
    """And everything else is there."""
    assert {"model", "prompt"} - {field} == fault(claims, tail).body.keys()


def test_a_total_is_passed_by_one(claims):
    """The cheapest request above it: one copy, and the rest references."""
    body = fault(claims, "refusal/Order/x-total").body

    assert (1, 6) == (body["copies"], len(body["pictures"]))


def test_a_body_with_two_faults_is_nobody_s(claims):
    """Which rule a vendor refuses it for cannot be reported; one broken rule can."""
    refusals = claims(TOY).refusals[("startDrawing", "application/json")]
    one = {"model": "ink-1", "prompt": "P", "copies": 5}

    assert "toy:startDrawing:refusal/Ink/copies/maximum" == refusals.broken(one).id
    assert None is refusals.broken({**one, "paper": "x"})
    assert None is refusals.broken({**one, "copies": 4})
