"""Pictures that requests refer to, made when they are asked for: `png-64x64`, `jpeg-1024x768`, `png-64x64-alpha`,
`png-64x64-11000000` (padded to that many bytes). A door to Pillow.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import replace
from functools import lru_cache
from io import BytesIO

from pixpact.wire.images import ImageFacts, facts

_NAME = re.compile(r"(png|jpeg|webp|gif|bmp)-([1-9][0-9]*)x([1-9][0-9]*)(-alpha)?(?:-([1-9][0-9]*))?")
_MODES = {"jpeg": "L", "webp": "RGB"}
_AFTER_HEADER = 33  # a PNG's signature (8 bytes) and its IHDR chunk (25)


def media_type(name: str) -> str:
    """The media type of a picture by its name."""
    return f"image/{name.partition('-')[0]}"


def filename(name: str) -> str:
    """A file name for a picture by its name."""
    return f"{name}.{name.partition('-')[0]}"


@lru_cache(maxsize=64)
def picture(name: str) -> bytes:
    """The bytes of the picture with this name; always the same. Raises ValueError for any other name."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r} names no picture: write FORMAT-WIDTHxHEIGHT, then -alpha or -BYTES")
    kind, width, height, alpha, size = found.groups()
    content = _painted(kind, int(width), int(height), alpha is not None)
    return _padded(content, int(size)) if size and kind == "png" else content


@lru_cache(maxsize=256)
def facts_of(name: str) -> ImageFacts | None:
    """The facts of the picture with this name: its pixels need not be decoded, for they were made here."""
    found = facts(picture(name), decode=False)
    return found and replace(found, complete=True)


def _painted(kind: str, width: int, height: int, alpha: bool) -> bytes:
    from PIL import Image

    # One bit a pixel: a picture of 36 million pixels stays small, and is made at once.
    image = (
        Image.new("LA", (width, height), (128, 64)) if alpha else Image.new(_MODES.get(kind, "1"), (width, height), 0)
    )
    stream = BytesIO()
    image.save(stream, kind.upper())
    return stream.getvalue()


def _padded(content: bytes, size: int) -> bytes:
    """A PNG with a chunk of text, so that it has exactly `size` bytes (ISO/IEC 15948, 5.3)."""
    rest = size - len(content) - 12
    if rest < 0:
        return content
    chunk = b"tEXt" + b"Comment\0".ljust(rest, b" ")[:rest]
    padding = struct.pack(">I", rest) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return content[:_AFTER_HEADER] + padding + content[_AFTER_HEADER:]
