"""What is promised of images, and which request shows it."""

from __future__ import annotations

import pytest

from pixpact.contracts.plan.cover import candidate_request

TOY = "fixtures/specs/toy.yaml"


def shown(claims, body, operation="startDrawing"):
    """What the images of a request are judged by: what it is about → the claim's id, after the operation."""
    made = candidate_request(claims(TOY).acceptance[(operation, "application/json")], {"prompt": "A kite", **body})
    return {about: claim.id.split(":", 2)[2] for about, claim in made.exercise.promised.items()}, made.exercise


@pytest.mark.parametrize(
    ("body", "about", "key"),
    [
        ({"model": "crayon-1"}, "pixels", "image/Crayon/pixels/small"),
        ({"model": "crayon-1", "size": "large"}, "pixels", "image/Crayon/pixels/large"),
        ({"model": "crayon-1"}, "format", "image/Crayon/format"),
        ({"model": "crayon-1"}, "price", "billing/Crayon/price"),
        ({"model": "crayon-1"}, "lifetime", "image/Order/lifetime"),
        ({"model": "crayon-1"}, "available", "image/Order/available"),
        ({"model": "ink-1", "size": "640x480"}, "pixels", "image/Ink/pixels/exact"),
        ({"model": "ink-1"}, "format", "image/Ink/format"),
        ({"model": "ink-1", "paper": "none"}, "format", "image/Ink/then/format"),
        ({"model": "ink-1", "paper": "none"}, "transparent", "image/Ink/then/transparent/true"),
        ({"model": "ink-1", "copies": 2}, "count", "image/Order/count"),
    ],
)
def test_the_more_particular_promise_counts(claims, body, about, key):
    """A row of a table, a condition, a size text: what a client may expect of just this request."""
    assert key == shown(claims, body)[0][about]


def test_one_image_reports_nothing_of_the_count(claims):
    """That as many come as were asked for shows only where it is more than one; all are counted anyway."""
    promised, exercise = shown(claims, {"model": "ink-1"})

    assert "count" not in promised
    assert "toy:startDrawing:image/Order/count" == exercise.counted.id


def test_a_synchronous_operation_promises_too(claims):
    """The toy's sketches have one size and one format."""
    promised, exercise = shown(claims, {"most": 3}, "runSketch")

    assert {
        "pixels": "image/Sketch/pixels/fixed",
        "format": "image/Sketch/format",
        "count": "image/Sketch/count",
    } == promised
    assert 3 == exercise.images


@pytest.mark.parametrize("vendor", ["apimart", "apiyi", "fasttoken", "toapis"])
def test_every_row_of_a_table_is_bought_once(claims, planned, vendor):
    """Each documented size is a claim, and a planned request shows it."""
    rows = {it.id for it in claims(vendor).all if it.area == "image" and "/pixels/" in it.id}
    bought = {key for probe in planned(vendor).probes if probe.kind == "take" for key in probe.claims}

    assert rows
    assert set() == rows - bought
