"""Reference images: real files that are exactly what their names say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pixpact.contracts.samples.reference_images import data_uri, facts_of, filename, image, is_ours, media_type
from pixpact.wire.images import from_data_uri, read_image_facts

NAMES = [
    "png-64x64",
    "png-1x1",
    "png-14x64",
    "png-64x64-alpha",
    "png-1x1-alpha",
    "png-64x64-11000000",
    "png-6001x6000",
    "jpeg-1024x768",
    "jpeg-64x64-100001",
    "jpeg-2400x2400",
    "webp-64x64",
    "webp-64x64-alpha",
    "webp-64x64-10001",
    "gif-64x64",
    "gif-64x64-alpha",
    "bmp-64x64",
    "tiff-64x64",
    "tiff-64x64-alpha",
]


def said(name):
    kind, size, *rest = name.split("-")
    width, height = map(int, size.split("x"))
    length = next((int(part) for part in rest if part.isdigit()), None)
    return kind, width, height, "alpha" in rest, length


@pytest.mark.parametrize("name", NAMES)
def test_an_image_is_what_its_name_says(name):
    """Format, pixels, transparency and bytes, read from the whole file; its media type too."""
    kind, width, height, alpha, length = said(name)
    content = image(name)

    found = read_image_facts(content)

    assert (kind, width, height, alpha, alpha, True) == (
        found.format,
        found.width,
        found.height,
        found.alpha,
        found.transparent,
        found.complete,
    )
    assert length in (None, len(content))
    assert (f"image/{kind}", f"{name}.{kind}") == (media_type(name), filename(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_facts_of_an_image_are_known_without_making_it(name):
    """All but the bytes of a file whose name does not say how many it has."""
    found = read_image_facts(image(name))

    reported = facts_of(name)

    assert found == (reported if said(name)[4] else replace(reported, bytes=found.bytes))


@pytest.mark.parametrize("name", ["png-6001x6000", "png-16777217x1", "jpeg-6000x6000"])
def test_an_image_stays_small_however_many_pixels(name):
    """36 million pixels fit into half a megabyte, less than any vendor's limit."""
    assert len(image(name)) < 600_000


def test_a_png_with_colours_differs_from_left_to_right():
    """It is no empty page, which a vendor might refuse."""
    from io import BytesIO

    from PIL import Image

    with Image.open(BytesIO(image("png-640x480"))) as opened:
        ends = opened.getpixel((0, 479)), opened.getpixel((639, 0))

    assert ((255, 140, 0), (1, 140, 254)) == ends


def test_a_large_png_is_grey_and_differs_from_left_to_right():
    """Whoever takes 36 million pixels need not unpack them three times; it is no empty page either."""
    from io import BytesIO

    from PIL import Image

    with Image.open(BytesIO(image("png-4001x1001"))) as opened:
        assert ("L", 0, 254) == (opened.mode, opened.getpixel((0, 1000)), opened.getpixel((4000, 0)))


@pytest.mark.parametrize("name", NAMES[:6])
def test_ours_are_known_by_every_byte(name):
    """One byte more, less or other, and it is somebody else's."""
    content = image(name)
    other = bytes([*content[:70], content[70] ^ 1, *content[71:]])

    assert [True, False, False, False] == [is_ours(it) for it in (content, content + b"\0", content[:-1], other)]


def test_a_name_in_a_file_makes_it_no_image_of_ours():
    """Nor does a name that could not be made."""
    found = [is_ours(text) for text in (b"pixpact picture png-64x64.", b"pixpact picture png-0x0.", b"")]

    assert [False, False, False] == found


def test_a_data_uri_holds_the_file():
    """With its media type."""
    uri = data_uri("png-64x64")

    assert uri.startswith("data:image/png;base64,")
    assert image("png-64x64") == from_data_uri(uri)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("png", "is not an image"),
        ("svg-64x64", "is not an image"),
        ("png-0x64", "is not an image"),
        ("png-64x64-alpha-", "is not an image"),
        ("png-64x64\n", "is not an image"),
        ("jpeg-64x64-alpha", "jpeg has no transparency"),
        ("png-20000x20000", "too large"),
        ("png-64x64-999999999", "too large"),
        ("png-64x64-100", "cannot be that small"),
        ("png-64x64-405", "cannot be that small"),
        ("jpeg-70000x64", "cannot be made"),
    ],
)
def test_a_bad_name_is_explained(name, reason):
    """It says which name, and why."""
    with pytest.raises(ValueError, match=reason) as caught:
        image(name)

    assert repr(name)[1:-1] in str(caught.value)
