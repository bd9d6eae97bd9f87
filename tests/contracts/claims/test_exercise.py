"""Which claims one valid request exercises, and what it buys."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.plan.cover import candidate_request, cover
from pixpact.specs.catalogue import SpecCatalogue

TOY = "fixtures/specs/toy.yaml"


def exercise(claims, body, operation="startDrawing"):
    return candidate_request(
        claims(TOY).acceptance[(operation, "application/json")], {"prompt": "A kite", **body}
    ).exercise


@pytest.mark.parametrize(
    ("body", "images", "price"),
    [
        ({"model": "crayon-1"}, 1, "0.01"),
        ({"model": "crayon-1", "size": "large", "copies": 3}, 3, "0.04"),
        ({"model": "crayon-1", "copies": 9}, 4, "0.01"),
        ({"model": "ink-1", "copies": 2}, 2, "0.02"),
    ],
)
def test_what_a_request_buys(claims, body, images, price):
    """As many images as the contract says, clamped and at its price."""
    found = exercise(claims, body)

    assert (images, Decimal(price)) == (found.images, found.price)


def test_a_price_that_is_not_stated_is_unknown(claims):
    """Not nothing: money cannot be capped without it."""
    found = exercise(claims, {"most": 2}, "runSketch")

    assert (2, None) == (found.images, found.price)


def test_of_two_fields_that_count_images_the_larger_is_bought():
    """The contract says which of them counts; a vendor's bill may say otherwise, and a cap is for the bill."""
    contract = SpecCatalogue().source("apiyi").contract()
    acceptance = ContractClaims(contract).acceptance[("createImage", "application/json")]
    series = {"sequential_image_generation": "auto", "sequential_image_generation_options": {"max_images": 2}}
    body = {"model": "seedream-5-0-260128", "prompt": "A kite", **series}

    assert [2, 4, 2] == [
        candidate_request(acceptance, {**body, **more}).exercise.images for more in ({}, {"n": 4}, {"n": 1})
    ]
    assert 2 == candidate_request(acceptance, {**body, "n": 4}).exercise.promise.count


def test_a_plan_sets_no_second_field_that_counts_images():
    """Unless a claim is about it: what finds room in a request must not make it dearer."""
    contract = SpecCatalogue().source("apiyi").contract()
    acceptance = ContractClaims(contract).acceptance[("createImage", "application/json")]
    counting = [request.exercise for request in cover(acceptance) if request.exercise.images > 2]

    assert counting
    assert [it.promise.count for it in counting] == [it.images for it in counting]


def test_a_default_shows_in_the_images(claims):
    """Where it decides about pixels or count, the image tells of it; a value that was sent is no default."""
    left_out = exercise(claims, {"model": "crayon-1"}).defaults
    sent = exercise(claims, {"model": "crayon-1", "size": "small", "copies": 1}).defaults

    assert ["toy:startDrawing:normalisation/Crayon/size/default"] == [claim.id for claim in left_out["pixels"]]
    assert ["toy:startDrawing:normalisation/Order/copies/default"] == [claim.id for claim in left_out["count"]]
    assert {} == sent


def test_an_upload_makes_no_images(claims):
    """It is free, and exercises its own claims."""
    acceptance = claims(TOY).acceptance[("storeFile", "multipart/form-data")]
    found = candidate_request(acceptance, acceptance.base(acceptance.media.reader.all_branches()[0])).exercise

    assert (0, None) == (found.images, found.promise)
    assert "toy:storeFile:request/file/x-image/format/enum/png" in found.all
