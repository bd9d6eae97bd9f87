"""Makes mockserver/images/unifont.zip of GNU Unifont: `python bench/unifont.py unifont.hex unifont_upper.otf`.

Both files are those of Debian's packages `unifont` and `fonts-unifont`, or of https://unifoundry.com/unifont/.
The archive has a member for every 256 code points, named by their common digits; in it, for each glyph, its place in
the block (1 byte), its width in pixels (1 byte, 8 or 16) and its 16 rows, from the top (1 or 2 bytes each).
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

TARGET = Path(__file__).parent.parent / "mockserver/images/unifont.zip"
RANGES = (
    *((0x0370, 0x06FF), (0x0750, 0x077F), (0x0900, 0x0FFF), (0x10A0, 0x10FF), (0x2010, 0x2BFF)),
    *((0x2E80, 0x33FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFDFF), (0xFE30, 0xFFEF)),
)
EMOJI = ((0x1F000, 0x1F0FF), (0x1F100, 0x1FAFF))
ROWS = 16
MOMENT = (1980, 1, 1, 0, 0, 0)  # the same bytes whenever it is run


def main(hex_file: str, upper: str) -> None:
    """Write the archive."""
    blocks: dict[int, dict[int, bytes]] = {}
    for code, rows in (*from_hex(Path(hex_file)), *from_font(upper)):
        blocks.setdefault(code >> 8, {})[code & 255] = rows
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for block, glyphs in sorted(blocks.items()):
            content = b"".join(bytes([place, len(rows) // 2]) + rows for place, rows in sorted(glyphs.items()))
            archive.writestr(zipfile.ZipInfo(f"{block:X}", MOMENT), content, zipfile.ZIP_DEFLATED)
    print(f"{sum(map(len, blocks.values()))} glyphs, {TARGET.stat().st_size} bytes")


def from_hex(path: Path):
    """(code point, rows) of the basic plane."""
    for line in path.read_text().splitlines():
        code, _, digits = line.partition(":")
        if any(low <= int(code, 16) <= high for low, high in RANGES):
            yield int(code, 16), bytes.fromhex(digits)


def from_font(path: str):
    """(code point, rows) of emoji, drawn at the size at which a pixel of the font is one of the image."""
    font = ImageFont.truetype(path, ROWS, layout_engine=ImageFont.Layout.BASIC)
    missing = drawn(font, 0x10FFFF)
    for low, high in EMOJI:
        for code in range(low, high + 1):
            if (rows := drawn(font, code)) not in (missing, bytes(len(rows))):
                yield code, rows


def drawn(font: ImageFont.FreeTypeFont, code: int) -> bytes:
    """The rows of one glyph."""
    width = 16 if font.getlength(chr(code)) > 8 else 8
    image = Image.new("1", (width, ROWS))
    ImageDraw.Draw(image).text((0, 14), chr(code), fill=1, font=font, anchor="ls")
    return image.tobytes()


if __name__ == "__main__":
    main(*sys.argv[1:])
