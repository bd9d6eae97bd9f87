"""Reference images for requests: real image files, generated from their names, small whatever their pixels.

A name states everything: `png-64x64`, `jpeg-1024x768`, `png-64x64-alpha` (left half transparent), `png-64x64-11000000`
(a file of exactly that many bytes). Each file contains its name, by which `is_ours` recognizes it. The only module that
imports Pillow for these images, and only for formats other than PNG.
"""

from __future__ import annotations

import re
import struct
import zlib
from base64 import b64encode
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from pixpact.wire.images import ImageFacts

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("png", "jpeg", "webp", "gif", "bmp", "tiff")
_NAME = re.compile(r"(png|jpeg|webp|gif|bmp|tiff)-([1-9]\d{0,7})x([1-9]\d{0,7})(-alpha)?(?:-([1-9]\d{0,8}))?")
_MARK = re.compile(rb"pixpact picture ([a-z0-9-]+)\.")
WITH_ALPHA = ("png", "webp", "gif", "tiff")
_MOST_PIXELS = 100_000_000
_MOST_BYTES = 100_000_000
_COLOURED = 4_000_000
"""Pixels; larger images are grey, for a third of the memory and time when they are decoded."""
_SMALL = 1000
"""Bytes assumed of a file whose name does not state its size."""
_BLOCK = 1 << 20
"""Bytes of rows that are compressed at once."""
_HALF = 128
"""Half of the 255 steps of a row."""
_FRAME = 12
"""Bytes of a PNG chunk besides its content."""
_OPTIONS: dict[str, dict[str, Any]] = {
    "jpeg": {"quality": 80},
    "webp": {"lossless": True, "quality": 0, "method": 0},
    "gif": {},
    "bmp": {},
    "tiff": {"compression": "tiff_lzw"},
}
_COMMENTED = ("jpeg", "gif")
"""Formats whose comments Pillow can write."""


class ImageName(NamedTuple):
    """A parsed name. `size`: bytes of the file; None: as small as possible."""

    format: str
    width: int
    height: int
    alpha: bool = False
    size: int | None = None

    def __str__(self) -> str:
        alpha, size = "-alpha" if self.alpha else "", f"-{self.size}" if self.size else ""
        return f"{self.format}-{self.width}x{self.height}{alpha}{size}"


def read(name: str) -> ImageName:
    """Parse a name. Raises ValueError for a name of no image that can be generated."""
    match = _NAME.fullmatch(name)
    if not match:
        raise ValueError(f"{name!r} is not an image: write FORMAT-WIDTHxHEIGHT[-alpha][-BYTES], such as png-64x64")
    kind, width, height, alpha, size = match.groups()
    wanted = ImageName(kind, int(width), int(height), bool(alpha), int(size) if size else None)
    if wanted.width * wanted.height > _MOST_PIXELS or (wanted.size or 0) > _MOST_BYTES:
        raise ValueError(f"{name!r} is too large: at most {_MOST_PIXELS} pixels and {_MOST_BYTES} bytes")
    if wanted.alpha and kind not in WITH_ALPHA:
        raise ValueError(f"{name!r}: {kind} has no transparency; use one of {', '.join(WITH_ALPHA)}")
    return wanted


def media_type(name: str) -> str:
    """The media type of the image with this name: `image/png`. Raises ValueError as `read`."""
    return f"image/{read(name).format}"


def filename(name: str) -> str:
    """A file name for the image with this name: `png-64x64.png`. Raises ValueError as `read`."""
    return f"{name}.{read(name).format}"


@lru_cache(maxsize=32)
def image(name: str) -> bytes:
    """The file of the image with this name; equal names give equal bytes.

    Raises ValueError as `read`, for a size in bytes that is below what the pixels need, and for sides that the format
    cannot have.
    """
    wanted = read(name)
    mark = f"pixpact picture {name}.".encode()
    content = _png(wanted, mark) if wanted.format == "png" else _saved(wanted, mark)
    return content if wanted.size is None else _padded(content, wanted)


@lru_cache(maxsize=256)
def facts_of(name: str) -> ImageFacts:
    """The facts of the image with this name, without generating it. Raises ValueError as `read`.

    `bytes` is stated by the name; without that, it is a small constant, as the size of the file is not fixed.
    """
    wanted = read(name)
    return ImageFacts(
        format=wanted.format,
        width=wanted.width,
        height=wanted.height,
        alpha=wanted.alpha,
        transparent=wanted.alpha,
        bytes=wanted.size or _SMALL,
        complete=True,
    )


def data_uri(name: str) -> str:
    """The image with this name as a data URI (RFC 2397). Raises ValueError as `image`."""
    return f"data:{media_type(name)};base64,{b64encode(image(name)).decode()}"


def is_ours(content: bytes) -> bool:
    """Whether a file is one of these images, byte by byte."""
    match = _MARK.search(content)
    if not match:
        return False
    try:
        return image(match[1].decode()) == content
    except ValueError:
        return False


def _padded(content: bytes, name: ImageName) -> bytes:
    """The file at its stated size: a PNG with a private chunk before the end, other formats with zeros appended."""
    missing = (name.size or 0) - len(content)
    framed = name.format == "png"
    if missing == 0:
        return content
    if missing < (_FRAME if framed else 0):
        raise ValueError(f"'{name}' cannot be that small: the file itself has {len(content)} bytes")
    if framed:
        return b"".join([content[: -len(_LAST)], *_framed(b"paDd", bytes(missing - _FRAME)), _LAST])
    return content + bytes(missing)


# ---- PNG: written here, because a few thousand bytes can then hold any number of equal rows


def _png(name: ImageName, mark: bytes) -> bytes:
    """A PNG file (ISO/IEC 15948): signature, header, text, pixels, end."""
    colours = 6 if name.alpha else 0 if _is_grey(name) else 2
    header = struct.pack(">IIBBBBB", name.width, name.height, 8, colours, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header), _chunk(b"tEXt", b"Comment\0" + mark), _chunk(b"IDAT", _pixels(name))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + _LAST


def _chunk(kind: bytes, content: bytes) -> bytes:
    return b"".join(_framed(kind, content))


def _framed(kind: bytes, content: bytes) -> list[bytes]:
    """The pieces of a chunk (ISO/IEC 15948, section 5.3); not joined, because the content may have megabytes."""
    check = zlib.crc32(content, zlib.crc32(kind))
    return [struct.pack(">I", len(content)), kind, content, struct.pack(">I", check)]


_LAST = _chunk(b"IEND", b"")


def _pixels(name: ImageName) -> bytes:
    """A zlib stream (RFC 1950): one row, then rows that do not differ from the row above.

    After a full flush the compressor has no history: equal rows give equal bytes, which are repeated instead of
    compressed again.
    """
    row = b"\0" + _row(name)  # filter None
    same = b"\2" + bytes(len(row) - 1)  # filter Up: no difference
    at_once = max(1, _BLOCK // len(row))
    times, rest = divmod(name.height - 1, at_once)
    block, tail = same * at_once, same * rest
    compressor = zlib.compressobj(6, zlib.DEFLATED, -15)
    first = compressor.compress(row) + compressor.flush(zlib.Z_FULL_FLUSH)
    packed = compressor.compress(block) + compressor.flush(zlib.Z_FULL_FLUSH) if times else b""
    last = compressor.compress(tail) + compressor.flush(zlib.Z_FINISH)
    check = zlib.adler32(row)
    for _ in range(times):
        check = zlib.adler32(block, check)
    return b"\x78\x9c" + first + packed * times + last + struct.pack(">I", zlib.adler32(tail, check))


def _row(name: ImageName) -> bytes:
    """One row: 255 steps from orange to blue, or dark to light; with alpha, the left half is transparent."""
    begins = [-(-name.width * step // 255) for step in range(256)]
    return b"".join(_pixel(name, step) * (end - begin) for step, (begin, end) in enumerate(pairwise(begins)))


def _pixel(name: ImageName, step: int) -> bytes:
    if _is_grey(name):
        return bytes((step,))
    return bytes((255 - step, 140, step, *([0 if step < _HALF else 255] if name.alpha else [])))


def _is_grey(name: ImageName) -> bool:
    return name.width * name.height > _COLOURED and not name.alpha


# ---- other formats: Pillow


def _saved(name: ImageName, mark: bytes) -> bytes:
    """The file from Pillow, with the mark; readers ignore data after the end of a WebP, BMP or TIFF."""
    out, commented = BytesIO(), name.format in _COMMENTED
    options = _OPTIONS[name.format] | ({"comment": mark} if commented else {})
    try:
        _drawn(name).save(out, name.format, **options)
    except OSError as error:
        raise ValueError(f"'{name}' cannot be made: {error}") from None
    return out.getvalue() + (b"" if commented else mark)


def _drawn(name: ImageName) -> Image.Image:
    """From dark to light, or grey if it is large; with alpha, the left half is transparent."""
    from PIL import Image

    size = (name.width, name.height)
    grey = Image.linear_gradient("L").rotate(90).resize(size, Image.Resampling.NEAREST)
    if _is_grey(name):
        return grey
    blue = Image.new("L", size, 140)
    if not name.alpha:
        return Image.merge("RGB", (grey, blue, grey))
    alpha = Image.new("L", size, 255)
    alpha.paste(0, (0, 0, (name.width + 1) // 2, name.height))
    return Image.merge("RGBA", (grey, blue, grey, alpha))
