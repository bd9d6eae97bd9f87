"""Pictures that are only measured are measured like the painted ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pixpact.mockserver.images.outlines import outline
from pixpact.mockserver.images.painting import Picture, paint
from pixpact.wire.images import facts

PICTURE = Picture(width=300, height=200, format="png", entropy=b"a kite", count=2)


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("transparent", [False, True])
def test_it_has_the_facts_of_the_painted_one(form, transparent):
    """Format, size, transparency, whole to its end; only the number of bytes is another."""
    picture = replace(PICTURE, format=form, transparent=transparent)
    painted, outlined = facts(paint(picture)), facts(outline(picture))

    assert replace(painted, bytes=0) == replace(outlined, bytes=0)


def test_each_is_a_file_of_its_own():
    """As the pictures of one request, and those of two, are; equal ones are equal."""
    others = [replace(PICTURE, index=1), replace(PICTURE, entropy=b"another"), replace(PICTURE, format="jpeg")]

    assert 4 == len({outline(it) for it in [PICTURE, *others]})
    assert outline(PICTURE) == outline(PICTURE)


def test_sides_that_a_format_cannot_have_are_refused():
    """As they are for painted ones."""
    with pytest.raises(ValueError, match="70000x1"):
        outline(replace(PICTURE, format="jpeg", width=70_000, height=1))
