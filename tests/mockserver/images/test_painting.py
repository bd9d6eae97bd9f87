from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFont, ImageStat

from pixpact.mockserver.images.lettering import DRAWN, pieces, spelled, wrapped
from pixpact.mockserver.images.painting import ImageSpec, paint
from pixpact.wire.images import read_image_facts

PLAIN = ImageSpec(
    width=320,
    height=240,
    format="png",
    entropy=b"seed",
    caption=("toy", "model-1", "320x240 png"),
    prompt="A calm lake at sunrise",
)
PROMPTS = {
    "empty": "",
    "emoji": "a cat 🐈‍⬛ and 👩‍👩‍👧",
    "chinese": "一只可爱的熊猫在竹林里吃竹子",
    "arabic": "بحيرة هادئة ﷺ",
    "controls": "a\0b\x1b[31m\r\n\tc\u202ed",
    "surrogates": "\ud83d alone \udfff",
    "accents": "é́́́́" * 50,
    "private": "\ue000\U0010ffff",
    "one word": "x" * 1_000_000,
    "megabyte": "文字" * 500_000,
}


def opened(drawn: ImageSpec) -> Image.Image:
    image = Image.open(io.BytesIO(paint(drawn)))
    image.load()
    return image


def difference(one: ImageSpec, other: ImageSpec, box: tuple[int, int, int, int] | None = None) -> float:
    images = [opened(image).convert("RGB").crop(box) for image in (one, other)]
    return max(ImageStat.Stat(ImageChops.difference(*images)).mean)


def test_the_same_image_has_the_same_bytes() -> None:
    """Nothing but the image decides."""
    assert paint(PLAIN) == paint(replace(PLAIN))


@pytest.mark.parametrize(
    "size", [(1, 1), (2, 3), (15, 15), (15, 45), (1, 500), (500, 1), (64, 64), (1024, 64), (64, 1024)]
)
@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_every_size_is_a_real_file_of_that_size(size: tuple[int, int], kind: str) -> None:
    """Read by the same code that judges a vendor's images."""
    content = paint(replace(PLAIN, width=size[0], height=size[1], format=kind, watermark=True))  # type: ignore[arg-type]  # a parameter of pytest is a str
    found = read_image_facts(content)

    assert found is not None
    assert (found.format, found.width, found.height) == (kind, *size)
    assert (found.complete, found.transparent, found.alpha) == (True, False, False)


@pytest.mark.parametrize("size", [(4096, 4096), (6240, 2656)])
def test_the_largest_images(size: tuple[int, int]) -> None:
    """As large as any vendor sells."""
    found = read_image_facts(paint(replace(PLAIN, width=size[0], height=size[1])))

    assert found is not None
    assert (found.width, found.height, found.complete) == (*size, True)


@pytest.mark.parametrize("kind", ["png", "webp"])
@pytest.mark.parametrize("side", [15, 240])
def test_a_transparent_image_has_an_opaque_subject(kind: str, side: int) -> None:
    """Fully transparent at the edge, fully opaque in the middle."""
    drawn = replace(PLAIN, width=side, height=side, format=kind, transparent=True)  # type: ignore[arg-type]  # a parameter of pytest is a str
    image = opened(drawn)

    assert image.mode == "RGBA"
    assert image.getpixel((0, 0))[3] == 0
    assert image.getpixel((side // 2, side // 2))[3] == 255


def test_a_jpeg_is_never_transparent() -> None:
    """The format has no alpha: the image fills it."""
    jpeg = replace(PLAIN, format="jpeg")

    assert paint(replace(jpeg, transparent=True)) == paint(jpeg)


@pytest.mark.parametrize("change", [{"entropy": b"another"}, {"index": 1, "count": 2}])
def test_another_seed_or_place_looks_different(change: dict[str, object]) -> None:
    """At a glance: colours, not only a few pixels."""
    assert difference(PLAIN, replace(PLAIN, **change)) > 10


def test_ten_images_of_one_request_have_ten_colour_schemes() -> None:
    """No two neighbours are alike."""
    images = [opened(replace(PLAIN, index=index, count=10)) for index in range(10)]

    assert len({bytes(image.getpalette() or []) for image in images}) == 10


@pytest.mark.parametrize("size", [(15, 15), (40, 40), (320, 240), (1024, 128), (128, 1024)])
def test_a_watermark_is_seen_bottom_right_and_nowhere_else(size: tuple[int, int]) -> None:
    """A light sign in that corner."""
    bare = replace(PLAIN, width=size[0], height=size[1])
    marked = replace(bare, watermark=True)
    width, height = size

    assert difference(bare, marked, (width - width // 3, height - height // 3, width, height)) > 5
    assert difference(bare, marked, (0, 0, width, height // 2)) == 0


@pytest.mark.parametrize(
    "change", [{"caption": ("other", "model-1", "320x240 png")}, {"prompt": "A stormy sea"}, {"count": 3}]
)
def test_what_is_written_is_seen(change: dict[str, object]) -> None:
    """Caption, prompt and number are part of the image."""
    assert difference(PLAIN, replace(PLAIN, **change)) > 0


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS.keys())
def test_no_prompt_is_too_odd(prompt: str) -> None:
    """It is drawn as far as possible, and the image is real."""
    found = read_image_facts(paint(replace(PLAIN, prompt=prompt, caption=(prompt, "", prompt))))

    assert found is not None
    assert found.complete


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        ImageSpec,
        width=st.integers(1, 200),
        height=st.integers(1, 200),
        format=st.sampled_from(["jpeg", "png", "webp"]),
        transparent=st.booleans(),
        watermark=st.booleans(),
        entropy=st.binary(max_size=8),
        index=st.integers(0, 20),
        count=st.integers(1, 20),
        caption=st.lists(st.text(max_size=20), max_size=5).map(tuple),
        prompt=st.text(max_size=100),
    )
)
def test_any_image_can_be_painted(image: ImageSpec) -> None:
    """Whatever the size and the texts."""
    found = read_image_facts(paint(image))

    assert found is not None
    assert (found.width, found.height) == (image.width, image.height)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 0}, "0x240 is not a png image: each side must have 1 to 2147483647 px"),
        ({"width": 16_384, "format": "webp"}, "each side must have 1 to 16383 px"),
        ({"height": 65_501, "format": "jpeg"}, "each side must have 1 to 65500 px"),
    ],
)
def test_a_size_that_the_format_cannot_hold_is_refused(change: dict[str, object], message: str) -> None:
    """Before anything is drawn."""
    with pytest.raises(ValueError, match=message):
        paint(replace(PLAIN, **change))


def test_the_font_has_what_is_called_drawn() -> None:
    """Nothing of it comes out as the font's mark for a missing glyph, and no more is there."""
    font = ImageFont.load_default(40)
    missing = bytes(font.getmask("\uffff"))
    has = {chr(c) for c in range(33, 0x2300) if bytes(font.getmask(chr(c))) not in (missing, b"")}

    assert DRAWN - {" "} <= has
    assert {"é", "я", "中"}.isdisjoint(has)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Café  \uff21\uff22\uff23\n— “naïve” …", "Cafe ABC - “naive” ..."),
        ("你好\uff0c世界。", "你好,世界."),
        ("a\u200db\ufe0f\x00c", "ab c"),
        ("🐼", "🐼"),
        ("\ud800", "\ud800"),
    ],
)
def test_texts_are_spelled_as_the_font_can(text: str, shown: str) -> None:
    """Plain forms where there are such; what has none stays, to be drawn as a box."""
    assert spelled(text) == shown


def test_pieces_are_words_spaces_and_lone_characters() -> None:
    """Words are drawn at once, characters without a glyph one by one."""
    assert pieces("a 熊猫 bc") == ["a", " ", "熊", "猫", " ", "bc"]


@pytest.mark.parametrize(
    ("text", "most", "lines"),
    [
        ("one two three", 9, ["one two", "three"]),
        ("one two four", 1, ["one two…"]),
        ("one twos four", 1, ["one…"]),
        ("abcdefghijk", 9, ["abcdefgh", "ijk"]),
        ("熊猫熊猫熊猫熊猫熊猫", 9, ["熊猫熊猫熊猫熊猫", "熊猫"]),
        ("one", 0, []),
        ("", 3, []),
    ],
)
def test_lines_end_between_words(text: str, most: int, lines: list[str]) -> None:
    """Or anywhere, where a word is too long or the script has no spaces; eight characters wide."""
    assert wrapped(text, 8, most, lambda _: 1.0) == lines


@given(st.text(max_size=60), st.integers(1, 12), st.integers(0, 5))
def test_no_line_is_too_long(text: str, width: int, most: int) -> None:
    """But for a single character, which has to stand somewhere."""
    lines = wrapped(spelled(text), width, most, lambda _: 1.0)

    assert len(lines) <= most
    assert all(len(line) <= max(width, 2) for line in lines)
