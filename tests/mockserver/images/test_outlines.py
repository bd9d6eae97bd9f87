"""Images that are only measured are measured like the painted ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pixpact.mockserver.images.outlines import solid_image
from pixpact.mockserver.images.painting import ImageSpec, paint
from pixpact.wire.images import read_image_facts

IMAGE = ImageSpec(width=300, height=200, format="png", entropy=b"a kite", count=2)


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("transparent", [False, True])
def test_it_has_the_facts_of_the_painted_one(form, transparent):
    """Format, size, transparency, whole to its end; only the number of bytes is another."""
    image = replace(IMAGE, format=form, transparent=transparent)
    painted, outlined = read_image_facts(paint(image)), read_image_facts(solid_image(image))

    assert replace(painted, bytes=0) == replace(outlined, bytes=0)


def test_each_is_a_file_of_its_own():
    """As the images of one request, and those of two, are; equal ones are equal."""
    others = [replace(IMAGE, index=1), replace(IMAGE, entropy=b"another"), replace(IMAGE, format="jpeg")]

    assert 4 == len({solid_image(it) for it in [IMAGE, *others]})
    assert solid_image(IMAGE) == solid_image(IMAGE)


def test_sides_that_a_format_cannot_have_are_refused():
    """As they are for painted ones."""
    with pytest.raises(ValueError, match="70000x1"):
        solid_image(replace(IMAGE, format="jpeg", width=70_000, height=1))
