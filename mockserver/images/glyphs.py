"""Letters of GNU Unifont: Chinese, Japanese, Korean, Cyrillic, Greek, Arabic, Hebrew, Thai, emoji and many more.

Every glyph is 16 pixels high, 8 or 16 wide. The font comes with Pixpact, so that the same text has the same pixels on
every machine; a font of the system would not. `bench/unifont.py` made the archive and describes it.
"""

from __future__ import annotations

import zipfile
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

ARCHIVE = Path(__file__).parent / "unifont.zip"
ROWS = 16
BASELINE = 14
"""Rows above the base line."""


class BitmapGlyph(NamedTuple):
    """One letter: its width in pixels, and its rows from the top, a bit a pixel."""

    width: int
    rows: bytes


def glyph(character: str) -> BitmapGlyph | None:
    """The letter of one character; None where the font has none."""
    code = ord(character)
    return _block(code >> 8).get(code & 255)


@lru_cache(64)
def _block(number: int) -> dict[int, BitmapGlyph]:
    """The letters of 256 code points by their last byte: few blocks make up a text."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        try:
            content = archive.read(f"{number:X}")
        except KeyError:
            return {}
    blocks, at = {}, 0
    while at < len(content):
        offset, width = content[at], content[at + 1]
        end = at + 2 + width * ROWS // 8
        blocks[offset] = BitmapGlyph(width, content[at + 2 : end])
        at = end
    return blocks
