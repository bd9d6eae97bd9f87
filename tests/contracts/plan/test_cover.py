"""The fewest and cheapest requests that exercise all that must be taken."""

from __future__ import annotations

import pytest

from pixpact.contracts.plan.cover import candidate_request, claims_of, cover

TOY = "fixtures/specs/toy.yaml"
CEILINGS = {"apimart": 142, "toapis": 96, "apiyi": 90, "ark": 60, "fasttoken": 25}


def orders(claims):
    return claims(TOY).acceptance[("startDrawing", "application/json")]


@pytest.fixture(scope="module")
def covering(claims):
    return cover(orders(claims))


def test_all_that_a_request_can_exercise_is_covered(claims, covering):
    """Every want, a size that stands for itself where it is left out among them: its pixels show it."""
    wanted = {want.claim.id for want in orders(claims).wants} | {claim.id for claim, _ in orders(claims).examples}

    assert set() == wanted - claims_of(covering).keys()


def test_every_request_of_a_cover_is_valid(claims, covering):
    """Whoever refuses one of them breaks a claim."""
    for request in covering:
        assert not orders(claims).read(request.body).violations
        assert candidate_request(orders(claims), request.body).exercise.all.keys() == request.exercise.all.keys()


def test_no_request_of_a_cover_is_spare(covering):
    """Each exercises something that those before it do not."""
    known = set()
    for request in covering:
        assert request.exercise.all.keys() - known
        known |= request.exercise.all.keys()


def test_one_image_serves_many_claims(covering):
    """Fewer images than a third of the claims: what one request carries is not bought again."""
    assert sum(request.exercise.images for request in covering) <= len(claims_of(covering)) / 3


@pytest.mark.parametrize("vendor", CEILINGS)
def test_the_whole_contract_fits_its_budget(planned, vendor):
    """What the issue allows for a vendor: a cover that grows dearer is a regression that users pay for."""
    assert planned(vendor).images <= CEILINGS[vendor]


def test_what_must_not_be_exercised_is_left_out(claims):
    """Nothing in the cover exercises it, the rest is still covered."""
    without = "toy:startDrawing:request/Ink/paper/enum/none"
    found = claims_of(cover(orders(claims), without=[without]))

    assert without not in found
    assert "toy:startDrawing:request/Ink/copies/maximum" in found


def test_what_is_covered_already_is_not_bought_again(claims, covering):
    """With nothing left to exercise nothing is sent."""
    assert [] == cover(orders(claims), covered=claims_of(covering))


def test_a_body_that_breaks_a_rule_is_no_request(claims):
    """What can be put in is put in first."""
    assert None is candidate_request(orders(claims), {"model": "ink-1", "prompt": "P", "copies": 5})
    assert {"model", "prompt"} == candidate_request(orders(claims), {"model": "ink-1"}).body.keys()
