"""Which characters an image shows, and where its lines end. Knows no width; its caller does.

The one font that is there wherever Pillow is has the letters of ASCII and a few signs more, Unifont (`glyphs`) those
of other scripts. What neither has stands as a box with its code point, which `painting` draws.
"""

from __future__ import annotations

import re
import string
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from pixpact.mockserver.images.arabic import joined
from pixpact.mockserver.images.glyphs import glyph

if TYPE_CHECKING:
    from collections.abc import Callable

#: What Pillow's own font (a subset of Aileron) can draw.
DRAWN = frozenset(string.ascii_letters + string.digits + string.punctuation + " ©«°±´·»‘’“”…‹›⁄™")  # noqa: RUF001  # these very signs are meant

_SKINS = frozenset(map(chr, range(0x1F3FB, 0x1F400)))  # they tint the emoji before them
_LONGEST = 4_000  # characters: more than any image has room for, and 1 MB of text stays cheap
_PIECES = re.compile(f"[{re.escape(''.join(sorted(DRAWN - {' '})))}]+|.", re.DOTALL)
_PUNCTUATION = str.maketrans("、。「」『』《》〈〉【】–—−・×", ",.“”“”«»‹›[]---·x")  # noqa: RUF001  # these very signs are meant


def spelled(text: str) -> str:
    """The text on one line, in characters that the font has as far as there are such.

    Accents are left out, full-width forms (NFKC) and typographic punctuation written plainly, marks
    without a width dropped. Any string will do, lone surrogates too; 4,000 characters are kept.
    """
    text = unicodedata.normalize("NFKC", text[:_LONGEST]).translate(_PUNCTUATION)
    return joined(" ".join("".join(map(_plain, text)).split()))[:_LONGEST]


@lru_cache(4096)
def _plain(character: str) -> str:
    base = unicodedata.normalize("NFKD", character)[0]
    if character in DRAWN or base in DRAWN:
        return character if character in DRAWN else base
    kind = unicodedata.category(character)
    if kind == "Cc" or kind.startswith("Z"):
        return " "
    return "" if kind in ("Cf", "Mn", "Me") or character in _SKINS else character


def pieces(text: str) -> list[str]:
    """The words, spaces and characters without a glyph that make up a spelled text."""
    return _PIECES.findall(text)


def wrapped(text: str, width: float, most: int, advance: Callable[[str], float]) -> list[str]:
    """At most so many lines, none longer than `width` px; the last one says if more was left.

    `advance` gives the px from the start of a character to that of the next.
    """
    lines: list[str] = []
    while text and len(lines) < most:
        end = _break(text, width, advance)
        if end < len(text) and len(lines) == most - 1:
            end = _break(text, width - advance("…"), advance)
            return [*lines, text[:end].rstrip() + "…"]
        lines.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return lines


def _break(text: str, width: float, advance: Callable[[str], float]) -> int:
    """How many characters stand on a line: whole words, if one fits; at least one character."""
    end = 0
    for character in text:
        width -= advance(character)
        if width < 0:
            break
        end += 1
    if end in (0, len(text)):
        return end or 1
    if _is_ideographic(text[end]) or _is_ideographic(text[end - 1]):
        return end
    return text.rfind(" ", 0, end + 1) + 1 or end


def _is_ideographic(character: str) -> bool:
    """Whether a line may be broken beside it: of scripts without spaces, emoji, and what no font has."""
    return character not in DRAWN and (
        unicodedata.east_asian_width(character) in "WF" or glyph(character) is None or "\u0e00" <= character <= "\u0fff"
    )
