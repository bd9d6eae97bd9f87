from __future__ import annotations

import base64
import io
import struct
import subprocess
import sys
import time
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pixpact.wire.images import ImageFacts, from_data_uri, media_type, read_image_facts

FORMATS = ("jpeg", "png", "webp", "gif", "bmp", "tiff")


def file_of(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def noise(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    return Image.effect_noise(size, 60).convert(mode)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def png_claiming(width: int, height: int, pixels: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


SAMPLES = {kind: file_of(noise(), kind) for kind in FORMATS}


@pytest.mark.parametrize("kind", FORMATS)
def test_the_facts_of_an_opaque_image(kind: str) -> None:
    """Format, size and length come from the bytes; all of it decodes."""
    content = SAMPLES[kind]

    assert read_image_facts(content) == ImageFacts(kind, 64, 48, False, False, len(content), True)


def test_derived_numbers() -> None:
    """The aspect is long side by short side, whichever way the image stands."""
    tall = ImageFacts("png", 100, 300, False, False, 1, True)

    assert (tall.pixels, tall.aspect) == (30_000, 3.0)
    assert ImageFacts("png", 300, 100, False, False, 1, True).aspect == 3.0


@pytest.mark.parametrize("kind", ["png", "webp", "tiff"])
def test_an_image_with_a_hole_is_transparent(kind: str) -> None:
    """One pixel that is not opaque is enough."""
    image = noise("RGBA")
    image.putpixel((3, 3), (0, 0, 0, 254))
    found = read_image_facts(file_of(image, kind, **({"lossless": True} if kind == "webp" else {})))

    assert found is not None
    assert (found.alpha, found.transparent) == (True, True)


def test_an_alpha_channel_alone_is_not_transparent() -> None:
    """What carries alpha and what is seen through are two facts."""
    found = read_image_facts(file_of(noise("RGBA"), "png"))

    assert found is not None
    assert (found.alpha, found.transparent) == (True, False)


@pytest.mark.parametrize(("transparency", "expected"), [(0, True), (bytes([255] * 4), False), (bytes([9] * 4), True)])
def test_a_palette_may_have_transparent_colours(transparency: object, expected: bool) -> None:
    """The tRNS chunk of a PNG counts as alpha; whether a pixel uses it is looked for."""
    found = read_image_facts(file_of(noise().quantize(4), "png", transparency=transparency))

    assert found is not None
    assert (found.alpha, found.transparent) == (True, expected)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_header_is_enough_for_the_size(kind: str) -> None:
    """Without decoding nothing is known of the pixels, and said to be so."""
    found = read_image_facts(SAMPLES[kind], decode=False)

    assert found is not None
    assert (found.format, found.width, found.height) == (kind, 64, 48)
    assert not found.complete


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "gif", "bmp"])
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_a_truncated_image_is_not_complete(kind: str, part: float) -> None:
    """Its header still tells its size."""
    found = read_image_facts(SAMPLES[kind][: int(len(SAMPLES[kind]) * part)])

    assert found is not None
    assert (found.width, found.height, found.complete) == (64, 48, False)


def test_a_png_without_its_last_chunk_is_not_complete() -> None:
    """All its pixels may be there, but the download was cut off."""
    found = read_image_facts(SAMPLES["png"][:-1])

    assert found is not None
    assert not found.complete


@pytest.mark.parametrize("content", [b"", b"{}", b"GIF89a", b"BM", b"\xff\xd8\xff", b"<svg/>", b"RIFF\0\0\0\0WEBPVP8 "])
def test_what_is_no_image_has_no_facts(content: bytes) -> None:
    """Neither other files nor a mere beginning."""
    assert read_image_facts(content) is None


def test_a_huge_claim_is_reported_and_not_believed() -> None:
    """A header may claim ten thousand million pixels: nothing is decoded, at once."""
    began = time.perf_counter()
    found = read_image_facts(png_claiming(100_000, 100_000))

    assert found is not None
    assert (found.pixels, found.complete) == (10_000_000_000, False)
    assert time.perf_counter() - began < 1


def test_the_callers_limit_holds() -> None:
    """One pixel more than allowed is not decoded; exactly as many are."""
    allowed, refused = (read_image_facts(SAMPLES["png"], most_pixels=most) for most in (64 * 48, 64 * 48 - 1))

    assert allowed is not None
    assert refused is not None
    assert (allowed.complete, refused.complete) == (True, False)


@given(st.binary(max_size=200))
def test_any_bytes_have_a_response(content: bytes) -> None:
    """Garbage neither raises nor warns (warnings are errors in this suite)."""
    read_image_facts(content)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FORMATS[:5]), st.data())
def test_damaged_images_have_a_response(kind: str, data: st.DataObject) -> None:
    """A real image with a few bytes changed, and perhaps its end missing."""
    content = bytearray(SAMPLES[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, min(99, len(content) - 1)) | st.integers(0, 700))
        content[place] = data.draw(st.integers(0, 255))
    found = read_image_facts(bytes(content[: data.draw(st.integers(1, len(content)))]), most_pixels=10_000)

    assert found is None or (found.width > 0 and found.height > 0)


def test_pillow_is_imported_on_first_use_only() -> None:
    """The server starts before any image is wanted."""
    code = "import pixpact.wire.images, sys; print('PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


PIXEL = base64.b64encode(SAMPLES["png"]).decode()


@pytest.mark.parametrize(
    "start",
    ["data:image/png;base64,", "DATA:image/PNG;base64,", "data:image/svg+xml;charset=utf-8;base64,"],
)
def test_a_data_uri_holds_bytes(start: str) -> None:
    """Scheme and type in any case, parameters before the base64 (RFC 2397)."""
    assert from_data_uri(start + PIXEL) == SAMPLES["png"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        PIXEL,
        "https://example.com/a.png",
        "data:text/plain;base64,aGk=",
        "data:image/png,aGk=",
        "data:image/png;base64,aGk",
        "data:image/png;base64,aG k=",
        "data:image/png;base64,aGk=\n",
        "data:image/png;base64,aGk=aGk=",
        "data:image/png;base64,aG%6B=",
        "data:image/png;base64,日本",
        " data:image/png;base64,aGk=",
    ],
)
def test_what_is_no_data_uri_of_an_image(text: str) -> None:
    """Another type, no base64, or base64 that is not strictly so."""
    assert from_data_uri(text) is None


def test_media_types() -> None:
    """Every format has one, and nothing else does."""
    assert [media_type(kind) for kind in FORMATS] == [f"image/{kind}" for kind in FORMATS]
    with pytest.raises(ValueError, match="'jpg' is not an image format: use one of jpeg, png"):
        media_type("jpg")
