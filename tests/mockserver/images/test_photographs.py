"""Photographs in place of drawings: any size and format, by the seed, with their marks."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from pixpact.mockserver.images.painting import ImageSpec, paint
from pixpact.mockserver.images.photographs import FOLDER, NAMES
from pixpact.wire.images import read_image_facts

PHOTO = ImageSpec(320, 240, "png", entropy=b"1", caption=("toy",), prompt="A cat", photo=True)
BODY = {"model": "doubao-seedream-5-0", "prompt": "A cat"}


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("size", [(1, 1), (640, 20), (30, 500), (512, 512)])
def test_it_has_the_facts_of_a_drawing(form, size):
    """Size, format and transparency are those that were promised."""
    image = replace(PHOTO, width=size[0], height=size[1], format=form, transparent=True)
    drawn, taken = read_image_facts(paint(replace(image, photo=False))), read_image_facts(paint(image))

    assert (*size, form, drawn.transparent, True) == (
        taken.width,
        taken.height,
        taken.format,
        taken.transparent,
        taken.complete,
    )


def test_the_seed_chooses_and_grades():
    """The same bytes for the same image; others for another seed, place or request."""
    images = [paint(replace(PHOTO, entropy=b"%d" % seed, index=index)) for seed in range(4) for index in range(3)]

    assert paint(PHOTO) == paint(PHOTO)
    assert 12 == len(set(images))


def test_a_photograph_has_more_colours_than_a_drawing_can():
    """A drawing has 256 at most."""
    image = Image.open(BytesIO(paint(PHOTO))).convert("RGB")

    assert len(image.getcolors(320 * 240)) > 1000


def test_the_watermark_is_on_it():
    """Bottom right, as on a drawing."""
    plain, marked = (Image.open(BytesIO(paint(replace(PHOTO, watermark=it)))).convert("RGB") for it in (False, True))
    corner = (200, 200, 310, 232)

    assert plain.crop((0, 0, 100, 100)).tobytes() == marked.crop((0, 0, 100, 100)).tobytes()
    assert plain.crop(corner).tobytes() != marked.crop(corner).tobytes()


def test_a_mock_gives_them(mocked):
    """Where it is told to."""
    bodies = []
    for images in ("drawing", "photo"):
        client = mocked("toapis", pace="instant", images=images)
        task = client.post("/toapis/v1/images/generations", BODY).json
        done = client.get(f"/toapis/v1/images/generations/{task['id']}").json
        bodies.append(client.get(done["result"]["data"][0]["url"]).body)

    assert bodies[0] != bodies[1]
    assert read_image_facts(bodies[0]).pixels == read_image_facts(bodies[1]).pixels


def test_each_has_its_terms_beside_it():
    """Nothing is shipped of which nobody knows whether it may be."""
    terms = (FOLDER / "LICENSES.md").read_text()

    assert {f"{name}.jpg" for name in NAMES} == {path.name for path in FOLDER.glob("*.jpg")}
    assert [] == [name for name in NAMES if f"`{name}.jpg`" not in terms]
