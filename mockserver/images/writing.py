"""Text on an image: letters of Pillow's own font, of Unifont where it has none, else code points in boxes."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from pixpact.mockserver.images.arabic import visual
from pixpact.mockserver.images.glyphs import BASELINE, ROWS, BitmapGlyph, glyph
from pixpact.mockserver.images.lettering import DRAWN, pieces

Shade = int | tuple[int, int, int]
"""Of a drawing one number from 0 to 255, of a photograph a colour."""


@lru_cache(64)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    # The other engine, Raqm, is not on every machine, and the bytes would differ.
    return font.font_variant(layout_engine=ImageFont.Layout.BASIC)


@lru_cache(4096)
def advance(character: str, size: int) -> float:
    """Px from the start of a character to that of the next."""
    if character == " ":  # the font's own is so narrow that small words run together
        return size * 0.29
    if character in DRAWN:
        return _font(size).getlength(character)
    shape = glyph(character)
    return size * 1.05 if shape is None else _cell(size) * shape.width / ROWS


def length(text: str, size: int) -> float:
    """Px that a text takes."""
    return sum(advance(character, size) for character in text)


def write(draw: ImageDraw.ImageDraw, x: float, y: float, text: str, size: int, shade: Shade) -> None:
    """Write one line that begins at x and stands on the base line y."""
    for piece in pieces(visual(text)):
        if piece[0] not in DRAWN:
            _draw_letter(draw, x, y, piece, size, shade)
        elif piece != " ":
            draw.text((x, y), piece, fill=shade, font=_font(size), anchor="ls")
        x += length(piece, size)


def _cell(size: int) -> int:
    """Px that the square of a wide letter has beside Latin letters of this size."""
    return round(size * 1.16)


def _draw_letter(draw: ImageDraw.ImageDraw, x: float, y: float, character: str, size: int, shade: Shade) -> None:
    """A letter of another script; where there is none for it, its code point."""
    shape = glyph(character)
    if shape is None:
        return _draw_code_point(draw, x, y, character, size, shade)
    cell = _cell(size)
    mask = _enlarged(shape, cell)
    return draw.bitmap((round(x), round(y - cell * BASELINE / ROWS)), mask, fill=shade)


@lru_cache(512)
def _enlarged(letter: BitmapGlyph, cell: int) -> Image.Image:
    """How much ink each pixel has: enlarged softly, then with edges that are nearly sharp."""
    small = Image.frombytes("1", (letter.width, ROWS), letter.rows).convert("L")
    size = max(1, round(cell * letter.width / ROWS)), cell
    if cell <= ROWS:
        return small.resize(size, Image.Resampling.BOX)
    return small.resize(size, Image.Resampling.BICUBIC).point(
        [min(255, max(0, 3 * shade - 230)) for shade in range(256)]
    )


def _draw_code_point(draw: ImageDraw.ImageDraw, x: float, y: float, character: str, size: int, shade: Shade) -> None:
    """A box with the hexadecimal digits of a character that the font has not."""
    left, top, right, bottom = x + size * 0.05, y - size * 0.8, x + size, y + size * 0.12
    line = max(1, size // 22)
    draw.rounded_rectangle((left, top, right, bottom), size // 8, outline=shade, width=line)
    digits = f"{ord(character):04X}"
    half, small = (len(digits) + 1) // 2, round(size * (0.4 if len(digits) < 5 else 0.32))
    for row_index, row in enumerate((digits[:half], digits[half:])):
        middle = ((left + right) / 2, top + (bottom - top) * (0.30 + 0.42 * row_index))
        if small >= 5:
            draw.text(middle, row, fill=shade, font=_font(small), anchor="mm")
