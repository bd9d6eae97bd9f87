"""Reads facts of an image from its bytes, and the bytes of an image from a data URI (RFC 2397).

The bytes may come from anyone: nothing here raises, warns, or decodes more pixels than allowed. Pillow is imported on
first use, because that takes 33 ms; the only module in this folder that imports it.
"""

from __future__ import annotations

import binascii
import re
import warnings
from dataclasses import dataclass
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

#: The first bytes of each format.
_BEGINNINGS = (
    ("jpeg", re.compile(rb"\xff\xd8\xff")),
    ("png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("webp", re.compile(rb"RIFF.{4}WEBPVP8[ LX]", re.DOTALL)),
    ("gif", re.compile(rb"GIF8[79]a")),
    ("bmp", re.compile(rb"BM")),
    ("tiff", re.compile(rb"II[*+]\0|MM\0[*+]")),
)
_FORMATS = tuple(name for name, _ in _BEGINNINGS)
_DATA_URI = re.compile(r"(?ai:data:image/[\w.+-]+(?:;[\w.+-]+=[^,;]*)*;base64,)")
_LAST_CHUNK = b"IEND\xaeB`\x82"  # ISO/IEC 15948, 11.2.5: the chunk is empty, so its checksum is constant
MOST_DECODED = 100_000_000
"""Default maximum of pixels that are decoded."""
#: Warning filters are shared by all threads, so only one thread may change them at a time.
_QUIET = Lock()


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """Facts of one image, read from its bytes.

    `format` is one of jpeg, png, webp, gif, bmp, tiff. `width` and `height` are in px as stored (a JPEG's orientation
    is not applied), of the first frame or page. `alpha`: it has an alpha channel or a transparent colour.
    `transparent`: some pixel is not opaque. `bytes`: the length of the file. `complete`: every pixel could be decoded,
    and a PNG has its last chunk.

    If the pixels were not decoded (only the header was read, or there are too many), `complete` and `transparent` are
    False; if decoding failed, `transparent` is False. The transparent colour (tRNS) of a PNG with 16 bits per channel
    is not searched for.
    """

    format: str
    width: int
    height: int
    alpha: bool
    transparent: bool
    bytes: int
    complete: bool

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height

    @property
    def aspect(self) -> float:
        """Long side divided by short side: 1.0 for a square, never less."""
        return max(self.width, self.height) / min(self.width, self.height)


@dataclass(frozen=True, slots=True)
class _ImageHeader:
    width: int
    height: int
    alpha: bool


def read_image_facts(content: bytes, *, decode: bool = True, most_pixels: int = MOST_DECODED) -> ImageFacts | None:
    """The facts of an image; None if it has none of the six formats.

    With `decode=False` only the header is read, in some tens of microseconds whatever the size. An image above
    `most_pixels` is never decoded. Never raises or warns, but libtiff, which Pillow uses for compressed TIFFs, reports
    broken files on standard error.
    """
    kind = next((name for name, begins in _BEGINNINGS if begins.match(content)), None)
    if kind is None:
        return None
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header = _webp_header(content) if kind == "webp" else _header(kind, content)
        if header is None or header.width < 1 or header.height < 1:
            return None
        opaque = None
        if decode and header.width * header.height <= most_pixels:
            opaque = _opaque(kind, content, most_pixels)
    return ImageFacts(
        format=kind,
        width=header.width,
        height=header.height,
        alpha=header.alpha,
        transparent=opaque is False,
        bytes=len(content),
        complete=opaque is not None,
    )


def _opened(kind: str, content: bytes) -> Image.Image:
    """The image with only its header read; by class, because Image.open refuses large images."""
    from PIL import (
        BmpImagePlugin,
        GifImagePlugin,
        JpegImagePlugin,
        PngImagePlugin,
        TiffImagePlugin,
        WebPImagePlugin,
    )

    classes: dict[str, Callable[[BytesIO], Image.Image]] = {
        "jpeg": JpegImagePlugin.JpegImageFile,
        "png": PngImagePlugin.PngImageFile,
        "webp": WebPImagePlugin.WebPImageFile,
        "gif": GifImagePlugin.GifImageFile,
        "bmp": BmpImagePlugin.BmpImageFile,
        "tiff": TiffImagePlugin.TiffImageFile,
    }
    return classes[kind](BytesIO(content))


def _header(kind: str, content: bytes) -> _ImageHeader | None:
    try:
        image = _opened(kind, content)
        return _ImageHeader(*image.size, image.has_transparency_data)
    except Exception:  # Pillow raises nearly any exception for hostile bytes
        return None


def _webp_header(content: bytes) -> _ImageHeader | None:
    """Size and alpha of a WebP (RFC 9649, sections 2.4 to 2.7), which Pillow reads only as a whole.

    Pillow would refuse a truncated file, and allocate the canvas before its size is known.
    """
    if len(content) < 30:
        return None
    if content[15] == ord("X"):
        width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
        return _ImageHeader(width, height, bool(content[20] & 0x10))
    if content[15] == ord("L"):
        bits = int.from_bytes(content[21:25], "little")
        return _ImageHeader((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1))
    width, height = (int.from_bytes(content[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    return _ImageHeader(width, height, alpha=False) if content[23:26] == b"\x9d\x01\x2a" else None


def _opaque(kind: str, content: bytes, most_pixels: int) -> bool | None:
    """Whether every pixel is opaque; None if not all could be decoded."""
    try:
        image = _opened(kind, content)
        if image.width * image.height > most_pixels:
            return None
        if kind == "jpeg":
            image.draft("L", (1, 1))  # decodes the whole file at an eighth of each side: a JPEG is opaque anyway
        image.load()
        if kind == "png" and _LAST_CHUNK not in content:
            return None
        if not image.has_transparency_data:
            return True
        rgba = image if "A" in image.getbands() else image.convert("RGBA")
        return rgba.getchannel("A").getextrema()[0] == 255
    except Exception:  # as above
        return None


def thumbnail(content: bytes, side: int = 160) -> bytes:
    """A JPEG of at most `side` px per side, on white, without metadata; empty if the image cannot be decoded.

    Images of any size are decoded: the caller must have checked the facts.
    """
    kind = next((name for name, begins in _BEGINNINGS if begins.match(content)), None)
    if kind is None:
        return b""
    out = BytesIO()
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = _opened(kind, content)
            image.draft("RGB", (side, side))
            image.thumbnail((side, side))
            _on_white(image).save(out, "JPEG", quality=78)
        except Exception:  # as above
            return b""
    return out.getvalue()


def _on_white(image: Image.Image) -> Image.Image:
    from PIL import Image as Pictures

    rgba = image.convert("RGBA")
    return Pictures.alpha_composite(Pictures.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def from_data_uri(text: str) -> bytes | None:
    """The bytes of a `data:image/…;base64,…` URI (RFC 2397); None for any other text.

    The base64 must be strict (RFC 4648, section 4): no white space, no percent escapes, correct padding.
    """
    beginning = _DATA_URI.match(text)
    if beginning is None:
        return None
    try:
        return binascii.a2b_base64(text[beginning.end() :], strict_mode=True)
    except ValueError:  # includes binascii.Error, and the error for non-ASCII characters
        return None


def media_type(kind: str) -> str:
    """The media type of a format: `image/jpeg` for `jpeg`. Raises ValueError for any other word."""
    if kind not in _FORMATS:
        raise ValueError(f"{kind!r} is not an image format: use one of {', '.join(_FORMATS)}")
    return f"image/{kind}"
