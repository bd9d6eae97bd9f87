"""Letters of other scripts than the Latin one: they are there, joined and in order, and on the image."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pixpact.contracts.samples.prompts import PROMPTS
from pixpact.mockserver.images.arabic import joined, visual
from pixpact.mockserver.images.glyphs import ARCHIVE, BASELINE, ROWS, glyph
from pixpact.mockserver.images.lettering import DRAWN, spelled
from pixpact.mockserver.images.painting import ImageSpec, paint

SAMPLES = [
    *("一只可爱的大熊猫", "夕焼けの海、カモメ", "대나무 숲", "Старый мост", "حديقة هادئة"),
    *("שלום", "สวัสดี", "Ελλάδα", "🐼☕🎉🌻"),
]
IMAGE = ImageSpec(400, 400, "png", entropy=b"1", caption=("toy",))


@pytest.mark.parametrize("text", [*SAMPLES, *(text for text in PROMPTS if not text.isascii())])
def test_every_letter_is_there(text):
    """Of the scripts that people write prompts in, those that a check sends among them; none is a box."""
    assert [] == [one for one in spelled(text) if one not in DRAWN and glyph(one) is None]


def test_a_letter_has_its_form():
    """Of a plus sign, one row and one column have ink from end to end."""
    plus = glyph("\uff0b")
    rows = [int.from_bytes(plus.rows[at : at + 2]) for at in range(0, 2 * ROWS, 2)]

    assert (16, 32) == (plus.width, len(plus.rows))
    assert 1 == sum(row.bit_count() > 8 for row in rows)
    assert [] == [row for row in rows[BASELINE:] if row.bit_count() > 1]


@pytest.mark.parametrize("character", ["\ud800", "\U0010ffff", "\ue000", "𠀀"])
def test_what_the_font_has_not_is_none(character):
    """It is drawn as a box with its code point."""
    assert glyph(character) is None


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("ب", "ب"),
        ("بب", "ﺑﺐ"),
        ("ببب", "ﺑﺒﺐ"),
        ("دار", "ﺩﺍﺭ"),  # after dal and alef nothing joins
        ("لا", "ﻻ"),
        ("بلا", "ﺑﻼ"),
        ("ab ب", "ab ب"),
        ("тест", "тест"),
    ],
)
def test_arabic_letters_are_joined(text, forms):
    """As their neighbours ask for; lam and alef are one letter."""
    shapes = joined(text)

    assert forms in (shapes, shapes.replace("\ufe8f", "ب"))


@pytest.mark.parametrize(
    ("line", "drawn"),
    [
        ("abc", "abc"),
        ("אבג", "גבא"),
        ("אב גד", "דג בא"),
        ("say אב now", "say בא now"),
        ("אב 12 גד", "דג 12 בא"),
        ("אב x גד", "בא x דג"),
        ("", ""),
    ],
)
def test_lines_run_from_right_to_left(line, drawn):
    """Numbers and Latin words in them stay as they are read."""
    assert drawn == visual(line)


@pytest.mark.parametrize("text", SAMPLES)
def test_it_is_seen_and_always_the_same(text):
    """Two prompts of one script and length differ on the image; the same prompt has the same bytes."""
    other = text[::-1] if text != text[::-1] else text + text

    assert paint(replace(IMAGE, prompt=text)) != paint(replace(IMAGE, prompt=other))
    assert paint(replace(IMAGE, prompt=text)) == paint(replace(IMAGE, prompt=text))


def test_the_font_comes_with_its_licence():
    """It may be shipped under the Open Font License as long as that comes with it."""
    text = (ARCHIVE.parent / "LICENSE-unifont").read_text()

    assert "SIL OPEN FONT LICENSE Version 1.1" in text
    assert "Roman Czyborra" in text
