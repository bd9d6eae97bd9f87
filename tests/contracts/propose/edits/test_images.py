"""What is proposed where images are others than a contract promises."""

from __future__ import annotations

import pytest

from pixpact.contracts.propose.edits.images import _roundest
from pixpact.contracts.propose.operations import RemoveValue, SetValue

from .conftest import FILE, SCHEMAS, call, download, drawing, poll, sketch, submit

CRAYON, INK, ORDER, DRAWING = (f"{SCHEMAS}/{name}" for name in ("Crayon", "Ink", "Order", "Drawing"))
SECOND = f"{FILE}?second"


def delivered(name="png-512x512", *, note=None, **body):
    """A whole task with one image."""
    return [submit(**body), poll("drawing", 40, 5), poll(**(note or {})), download(name)]


def two(**body):
    """A whole task with two images."""
    sheets = [{"files": [FILE]}, {"files": [SECOND]}]
    return [submit(**body), poll("drawing", 40, 5), poll(sheets=sheets), download(), download(url=SECOND)]


def sized(task, size, model="ink-1", image="jpeg-512x512"):
    """A task whose images have another size than was asked for."""
    url = f"https://files.toy.example/{task}.jpg"
    done = drawing("done", 100, drawing=task, sheets=[{"files": [url]}])
    order = submit(drawing(drawing=task), model=model, size=size)
    look = call("GET", f"/v2/drawings/{task}", done, after=20, role="show", expects="")
    return [order, look, download(image, url=url)]


# ---- sizes


def test_a_row_has_the_size_of_its_images(proposed):
    """The other rows stay."""
    proposals = proposed("startDrawing:image/Crayon/pixels/small", *delivered("png-256x256"))

    assert ["images have 256x256 px"] == proposals.said == proposals.holding
    assert (SetValue(f"{CRAYON}/x-images/pixels/table/small", "256x256"),) == proposals.edits[0].operations


def test_the_one_size_of_all_images_is_another(proposed):
    """Where no field decides about it."""
    changes = {f"{CRAYON}/x-images/pixels": "512x512"}
    proposals = proposed("startDrawing:image/Crayon/pixels/fixed", *delivered("png-256x256"), changes=changes)

    assert (SetValue(f"{CRAYON}/x-images/pixels", "256x256"),) == proposals.operations("images have 256x256 px")


def test_an_exact_size_that_gave_another_gets_a_row(proposed):
    """Of a table that is made for it."""
    proposals = proposed("startDrawing:image/Ink/pixels/exact", *sized("dr_1", "640x480"))

    assert (SetValue(f"{INK}/x-images/pixels/table", {"640x480": "512x512"}),) == proposals.operations(
        "images have 512x512 px"
    )


def test_sizes_that_are_all_ignored_become_one_rule(proposed):
    """Whatever size text was sent, the images had one size."""
    text = {"type": "string", "pattern": "^[1-9][0-9]*x[1-9][0-9]*$", "x-image": {"pixels": {"maximum": 1048576}}}
    example = "/paths/~1v2~1drawings/post/requestBody/content/application~1json/examples/crayon/value/size"
    changes = {
        f"{CRAYON}/x-images/pixels": {"by": ["$request.body#/size"]},
        f"{CRAYON}/properties/size": text,
        example: "64x64",
    }
    tasks = (("a", "640x480"), ("b", "320x240"))
    exchanges = [it for task, size in tasks for it in sized(task, size, "crayon-1", "png-512x512")]
    proposals = proposed("startDrawing:image/Crayon/pixels/exact", *exchanges, changes=changes)
    condition, consequence = proposals.operations("images have 512x512 px, whatever size text size is")

    assert f"{CRAYON}/if" == condition.pointer
    assert {"type": "string", "pattern": "^[1-9][0-9]{0,5}x[1-9][0-9]{0,5}$"} == condition.value["properties"]["size"]
    assert SetValue(f"{CRAYON}/then", {"x-images": {"pixels": "512x512"}}) == consequence
    assert proposals.said[0] in proposals.holding


# ---- formats


def test_images_are_of_the_format_that_was_seen(proposed):
    """Or of no promised one."""
    proposals = proposed("startDrawing:image/Crayon/format", *delivered("jpeg-512x512"))

    assert ['format is "jpeg"', "format is not promised"] == proposals.said == proposals.holding
    assert (SetValue(f"{CRAYON}/x-images/format", "jpeg"),) == proposals.edits[0].operations
    assert (RemoveValue(f"{CRAYON}/x-images/format"),) == proposals.edits[1].operations


def test_a_format_that_is_asked_for_may_be_given_as_another(proposed):
    """Only where the field has the value that was sent."""
    changes = {
        f"{CRAYON}/x-images/format": "$request.body#/style",
        f"{CRAYON}/properties/style": {"enum": ["png", "webp"], "default": "png"},
    }
    exchanges = delivered("jpeg-512x512", style="webp")
    proposals = proposed("startDrawing:image/Crayon/format/webp", *exchanges, changes=changes)

    assert ['format is "jpeg"', 'format is "jpeg" where style is "webp"', "format is not promised"] == proposals.said
    assert (
        SetValue(f"{CRAYON}/if", {"required": ["style"], "properties": {"style": {"const": "webp"}}}),
        SetValue(f"{CRAYON}/then", {"x-images": {"format": "jpeg"}}),
    ) == proposals.edits[1].operations


def test_images_that_are_opaque_are_not_transparent(proposed):
    """Or nothing is promised of it."""
    proposals = proposed(
        "startDrawing:image/Ink/then/transparent/true", *delivered("png-512x512", model="ink-1", paper="none")
    )

    assert ["transparent is false", "transparent is not promised"] == proposals.said
    assert (SetValue(f"{INK}/then/x-images/transparent", False),) == proposals.edits[0].operations


# ---- how many, for how long, for how much


@pytest.mark.parametrize("copies", [{}, {"copies": 3}])
def test_as_many_images_are_delivered_as_came(proposed, copies):
    """Whatever number was asked for, also where it was one; or a higher number is clamped to it."""
    proposals = proposed("startDrawing:image/Order/count", *two(**copies))

    assert ["copies above 2 is clamped to 2", "2 images are delivered"] == proposals.said
    assert (SetValue(f"{CRAYON}/properties/copies/x-clamp/maximum", 2),) == proposals.edits[0].operations
    assert (SetValue(f"{ORDER}/x-images/count", 2),) == proposals.edits[1].operations
    assert "2 images are delivered" in proposals.holding


def test_a_lifetime_is_the_one_that_the_response_states(proposed):
    """In whole hours, minutes or seconds; or none is promised."""
    changes = {f"{DRAWING}/properties/until": {"type": "string", "format": "date-time", "x-value": "$image.expiresAt"}}
    exchanges = delivered(note={"until": "2026-01-31T14:10:25Z"})
    proposals = proposed("startDrawing:image/Order/lifetime", *exchanges, changes=changes)

    assert [SetValue(f"{ORDER}/x-images/lifetime", seconds) for seconds in (7200, 7800, 7805)] == [
        edit.operations[0] for edit in proposals.edits[:3]
    ]
    assert "how long images can be downloaded is not promised" == proposals.said[-1]
    assert proposals.said[1:] == proposals.holding  # a minute is what clocks may differ by


@pytest.mark.parametrize(
    ("price", "cost", "pointer", "each"),
    [
        ({"by": ["$request.body#/size"], "table": {"small": 0.01, "large": 0.04}}, 0.05, "/table/small", 0.05),
        (0.01, 0.05, "", 0.05),
        (0.01, 2.0, "", 2),
    ],
)
def test_an_image_costs_what_the_response_states(proposed, price, cost, pointer, each):
    """In the row that the request chose; a whole number is written as one."""
    changes = {
        f"{DRAWING}/properties/cost": {"type": "number", "x-value": "$task.cost"},
        f"{CRAYON}/x-images/price": price,
    }
    proposals = proposed("startDrawing:billing/Crayon/price", *delivered(note={"cost": cost}), changes=changes)
    (operation,) = proposals.edits[0].operations

    assert [f"an image costs {each:g}"] == proposals.said
    assert (f"{CRAYON}/x-images/price{pointer}", each, type(each)) == (
        operation.pointer,
        operation.value,
        type(operation.value),
    )


@pytest.mark.parametrize(
    ("low", "high", "roundest"), [(1, 1, 1), (5, 7, 6), (5, 9, 8), (250, 260, 256), (257, 260, 260), (3, 3, 3)]
)
def test_the_roundest_number_is_the_one_that_most_powers_of_two_divide(low, high, roundest):
    """Vendors count pixels in such."""
    assert roundest == _roundest(low, high)


# ---- streams


def test_the_example_of_a_stream_has_its_events_in_the_order_in_which_they_came(proposed):
    """And no others."""
    stream = (
        b'event: that-is-all\ndata: {"sketches":1}\n\n'
        b'event: one-more\ndata: {"number":0,"link":"https://files.toy.example/a.jpg"}\n\n'
    )
    proposals = proposed("runSketch:stream/order", sketch(stream, kind="text/event-stream", stream=True))
    (operation,) = proposals.operations("its events are that-is-all → one-more")

    assert operation.pointer.endswith("/text~1event-stream/examples/sketched/value")
    assert ["that-is-all", "one-more"] == [event["event"] for event in operation.value]
