"""Which claims one valid request exercises, and what it buys."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pixpact.contracts.plan.cover import tried

TOY = "fixtures/specs/toy.yaml"


def exercise(claims, body, operation="startDrawing"):
    return tried(claims(TOY).acceptance[(operation, "application/json")], {"prompt": "A kite", **body}).exercise


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
    found = tried(acceptance, acceptance.base(acceptance.media.reader.all_branches()[0])).exercise

    assert (0, None) == (found.images, found.promise)
    assert "toy:storeFile:request/file/x-image/format/enum/png" in found.all
