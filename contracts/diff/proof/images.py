"""Images for trying limits: PNG files of any size written by hand, and one small image of each other format.

They are as empty as can be: a PNG with one bit a pixel compresses to a thousandth of its pixels.
"""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import isqrt
from typing import Any

from pixpact.specs.openapi.document import Json

_MOST_PIXELS = 64_000_000
_SMALL = {
    "jpeg": "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP"
    + "/" * 86
    + "wAALCAAgACABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAAP/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAA/AJgAAAAP/9k=",
    "gif": (
        "R0lGODdhIAAgAIAAAAAAAAAAACwAAAAAIAAgAEAINQABCBxIsKDBgwgTKlzIsKHDhxAjSpxIsaLFixgzatzIsaPHjyBDihxJsqTJ"
        "kyhTqlzJUmRAADs="
    ),
    "tiff": (
        "SUkqABQAAAB4nGNgGFgAAACAAAEJAAABAwABAAAAIAAAAAEBAwABAAAAIAAAAAIBAwABAAAAAQAAAAMBAwABAAAACAAAAAYBAwAB"
        "AAAAAQAAABEBBAABAAAACAAAABYBAwABAAAAIAAAABcBBAABAAAADAAAABwBAwABAAAAAQAAAAAAAAA="
    ),
    "webp": "UklGRiAAAABXRUJQVlA4TBQAAAAvH8AHAAcQEf0PAAnh/3c9ov+pBw==",
    "bmp": "Qk2+AAAAAAAAAD4AAAAoAAAAIAAAACAAAAABAAEAAAAAAIAAAADEDgAAxA4AAAIAAAACAAAAAAAAAP///wAA" + "A" * 170 + "==",
}
"""Squares of 32 pixels in one colour by format, in base64."""


@lru_cache(maxsize=4)
def png(width: int, height: int, alpha: bool = False, bytes_: int = 0) -> bytes:
    """An empty PNG (ISO/IEC 15948) of this size; `bytes_` pads it to a length in bytes with a private chunk."""
    kind = struct.pack(">IIBBBBB", width, height, 8 if alpha else 1, 6 if alpha else 0, 0, 0, 0)
    row = bytes(1 + (4 * width if alpha else (width + 7) // 8))
    parts = [_chunk(b"IHDR", kind), _chunk(b"IDAT", zlib.compress(row * height, 9)), _chunk(b"IEND", b"")]
    start = b"\x89PNG\r\n\x1a\n"
    missing = bytes_ - len(start) - sum(map(len, parts)) - 12
    if missing >= 0:
        parts.insert(1, _chunk(b"prVt", bytes(missing)))
    return start + b"".join(parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def data_uri(content: bytes, kind: str = "png") -> str:
    """The bytes of an image as a data URI (RFC 2397)."""
    return f"data:image/{kind};base64,{b64encode(content).decode()}"


def edges(rule: Mapping[str, Json]) -> list[float]:
    """Numbers on both sides of each bound of a rule about a number."""
    numbers: list[float] = []
    for keyword in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
        if keyword in rule:
            numbers += [rule[keyword], rule[keyword] - 1, rule[keyword] + 1]
    return list(dict.fromkeys(number for number in numbers if number > 0))


def texts(name: str, rules: list[Any]) -> Iterator[str]:
    """Size texts and data URIs at the edges of some rules about one number of an image."""
    numbers = [edge for rule in rules if isinstance(rule, dict) for edge in _inner(rule)]
    if name == "format":
        yield data_uri(png(32, 32))
        yield from (f"data:image/{kind};base64,{content}" for kind, content in _SMALL.items())
    elif name == "alpha":
        yield from (data_uri(png(64, 64, alpha)) for alpha in (True, False))
    elif name == "bytes":
        yield from (data_uri(png(64, 64, False, int(edge))) for edge in numbers if 100 < edge < 40_000_000)
    else:
        yield from sizes(name, rules)
        for width, height in _sizes(name, numbers):
            if width * height <= _MOST_PIXELS:
                yield data_uri(png(width, height))


def sizes(name: str, rules: list[Any]) -> Iterator[str]:
    """`WxH` and `W*H` texts at the edges of some rules about one number."""
    numbers = [edge for rule in rules if isinstance(rule, dict) for edge in _inner(rule)]
    yield from (f"{width}{mark}{height}" for width, height in _sizes(name, numbers) for mark in "x*")


def _inner(rule: Mapping[str, Json]) -> list[float]:
    return [*edges(rule), *(edge for part in rule.get("allOf", ()) for edge in _inner(part))]


def _sizes(name: str, numbers: list[float]) -> Iterator[tuple[int, int]]:
    for number in numbers:
        if name in ("width", "height"):
            for opposite in (int(number), 1024, 2048):
                yield (int(number), opposite) if name == "width" else (opposite, int(number))
        elif name == "pixels":
            yield _sides(int(number))
        elif name == "aspect" and number >= 1:
            for side in (512, 1024, 1600):
                yield int(side * number), side
                yield int(side * number) + 1, side


def _sides(pixels: int) -> tuple[int, int]:
    """A width and height of exactly so many pixels, or of the next square above, as square as can be."""
    for side in range(isqrt(pixels), max(1, isqrt(pixels) * 3 // 4), -1):
        if pixels % side == 0:
            return pixels // side, side
    side = isqrt(pixels)
    return side + (side * side < pixels), side + (side * side < pixels)


def sizes_of(schema: dict[str, Any]) -> Iterator[str]:
    """Size texts for rules about sizes; whole images are made only where one is what differs."""
    for name, rule in schema.get("x-image", {}).items():
        if name in ("width", "height", "pixels", "aspect"):
            yield from sizes(name, [rule])
