"""Deterministic real JPEG, PNG and WebP bytes for one image. The door to Pillow in this folder.

An image is drawn in shades of grey, 0 (dark) to 255 (light), and coloured at the end by a palette
of 256 colours that runs from a dark one to a light one. So every blend of two shades has a colour
that fits, and a 4096x4096 image takes 16 MB and some milliseconds instead of ten times both.

Import this module when the first image is wanted: Pillow costs 33 ms.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from hashlib import shake_256
from io import BytesIO
from itertools import cycle
from math import pi, sin, sqrt
from typing import TYPE_CHECKING, Literal, NamedTuple

from PIL import Image, ImageDraw

from pixpact.mockserver.images.lettering import spelled, wrapped
from pixpact.mockserver.images.photographs import photograph
from pixpact.mockserver.images.writing import Shade, advance, length, write

if TYPE_CHECKING:
    from collections.abc import Iterator

_SMALLEST = 7  # px: smaller letters are only dirt

#: Dark to light, five colours each; the colours between are blended.
_SCHEMES = (
    "1b1530 4a2c5e a8506e f0a07c fff1dc",
    "07202b 0f4c5c 2c8c99 8ed1c4 f4fbf1",
    "2a130d 7a3420 c9713d f0be82 fff5e0",
    "111a3a 2b4a8b 6a8fd1 bcd0f2 fdfaf3",
    "0e1f17 24503a 5f8f57 c2cf8a fbf8e3",
    "1d1022 54265a 93597f e0b089 fff3d6",
    "0f2a2e 2d5f5d c0715a efb98f fdf2e2",
    "161a22 3c4658 8a8fa8 e0b7b7 fff6f1",
    "071a24 16425b 2f8f83 a6dd9a fcfde8",
    "1a1026 3b2f7a 7a6fd0 f2a7c3 fff2ea",
)
_LIGHT, _CARD, _DARK = 252, 46, 18

#: Px: of JPEG what libjpeg takes, of WebP what its 14 bits hold (RFC 9649), of PNG 31 bits.
_LONGEST_SIDE = {"jpeg": 65_500, "webp": 16_383, "png": 2**31 - 1}


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """Everything one image depends on: equal images have equal bytes.

    `width` and `height` are in px, `entropy` is what its shapes and colours come from, `index` is
    its place (from 0) among the `count` images of one request. `caption` is drawn large, one line
    each; `prompt` below it, as far as there is room. JPEG has no alpha: there `transparent` is
    ignored.
    """

    width: int
    height: int
    format: Literal["jpeg", "png", "webp"]
    transparent: bool = False
    watermark: bool = False
    entropy: bytes = b""
    index: int = 0
    count: int = 1
    caption: tuple[str, ...] = ()
    prompt: str = ""
    photo: bool = False
    """Whether it is a photograph: then neither caption nor prompt is written on it."""


def paint(image: ImageSpec) -> bytes:
    """The file of one image, the same bytes for the same image and version of Pillow.

    Opaque PNGs have a palette (ISO/IEC 15948, colour type 3), transparent ones are RGBA, fully
    transparent around an opaque scene with round corners. Work and memory grow with the area,
    whose limit is the caller's. Raises ValueError for a side below 1 px or above what the format
    holds (JPEG 65,500, WebP 16,383); never for a text.
    """
    check_sides(image)
    layout = _layout(image)
    if image.photo:
        canvas = photograph((image.width, image.height), _chances(image))
        _draw_marks(canvas, layout, image)
    else:
        canvas = _scenery(image)
        _draw_caption(canvas, layout, image)
        _draw_marks(canvas, layout, image)
        canvas.putpalette(_palette(image))
    if (alpha := alpha_of(image)) is not None:
        canvas = canvas.convert("RGBA")
        canvas.putalpha(alpha)
    return _file(canvas, image.format)


def check_sides(image: ImageSpec) -> None:
    """Raises ValueError for sides that the format cannot have."""
    size, longest = (image.width, image.height), _LONGEST_SIDE[image.format]
    if not all(1 <= side <= longest for side in size):
        shown_size = "x".join(map(str, size))
        raise ValueError(f"{shown_size} is not a {image.format} image: each side must have 1 to {longest} px")


def alpha_of(image: ImageSpec) -> Image.Image | None:
    """How opaque it is, pixel by pixel; None where it is so everywhere."""
    return _cutout(image, _layout(image).frame) if _has_alpha(image) else None


def _has_alpha(image: ImageSpec) -> bool:
    return image.transparent and image.format != "jpeg"


def _file(canvas: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    if kind == "png":
        # Runs of one shade are all there is to find: strategy RLE (3) is fast and small.
        canvas.save(out, "PNG", compress_level=1, compress_type=3)
    elif kind == "webp":
        canvas = canvas.convert("RGB") if canvas.mode == "P" else canvas
        canvas.save(out, "WEBP", quality=75, method=0)
    else:
        canvas.convert("RGB").save(out, "JPEG", quality=75, optimize=True)  # tables of its own: half the bytes
    return out.getvalue()


# ------------------------------------------------------------------------------------- the scene


def _chances(image: ImageSpec) -> Iterator[float]:
    """Numbers from 0 up to 1 that depend on nothing but the entropy and the index."""
    digest = shake_256(image.entropy + b"/%d" % image.index).digest(512)
    return cycle(number / 65536 for number in struct.unpack(">256H", digest))


def _palette(image: ImageSpec) -> list[int]:
    """256 colours as 768 numbers; ten neighbours of one request all have different ones."""
    first = shake_256(image.entropy).digest(1)[0]
    stops = [bytes.fromhex(c) for c in _SCHEMES[(first + image.index) % len(_SCHEMES)].split()]
    colours = []
    for shade in range(256):
        stop, part = divmod(shade / 255 * 4, 1)
        below, above = stops[int(stop)], stops[min(int(stop) + 1, 4)]
        colours += [round(a + (b - a) * part) for a, b in zip(below, above, strict=True)]
    return colours


def _scenery(image: ImageSpec) -> Image.Image:
    """A landscape, drawn larger and reduced while that is cheap: it smooths the edges."""
    area = image.width * image.height
    times = 4 if area < 500_000 else 2 if area < 2_000_000 else 1
    canvas = Image.new("L", (image.width * times, image.height * times))
    dice = _chances(image)
    scene = _hills if next(dice) < 0.6 else _rings
    scene(ImageDraw.Draw(canvas), *canvas.size, dice)
    return canvas.reduce(times) if times > 1 else canvas


def _hills(draw: ImageDraw.ImageDraw, width: int, height: int, dice: Iterator[float]) -> None:
    """A sun above ridges that darken towards the eye."""
    _sky(draw, width, height)
    x, y = width * (0.2 + 0.6 * next(dice)), height * (0.55 + 0.1 * next(dice))
    for radius, shade in ((0.30, 222), (0.23, 232), (0.16, 250)):
        draw.circle((x, y), min(width, height) * radius, fill=shade)
    count, pointed = 4 + int(next(dice) * 3), next(dice)
    for ridge in range(count):
        depth = ridge / (count - 1)
        line = _ridge(width, height, 0.62 + 0.3 * depth, 0.05, pointed, dice)
        draw.polygon([*line, (width, height), (0, height)], fill=round(178 - 142 * depth))


def _rings(draw: ImageDraw.ImageDraw, width: int, height: int, dice: Iterator[float]) -> None:
    """A low sun with wide rings around it, above still water."""
    x, horizon = width * (0.15 + 0.7 * next(dice)), 0.66 + 0.08 * next(dice)
    reach, sun = max(width, height), min(width, height) * 0.13
    draw.rectangle((0, 0, width, height), fill=112)
    for ring in range(9):
        radius = sun + reach * (1 - ring / 9) ** 1.6
        draw.circle((x, height * horizon), radius, fill=120 + 14 * ring)
    draw.circle((x, height * horizon), sun, fill=_LIGHT)
    for band in range(6):
        line = _ridge(width, height, horizon + (1 - horizon) * band / 6, 0.008, 0, dice)
        draw.polygon([*line, (width, height), (0, height)], fill=104 - 14 * band)


def _ridge(
    width: int, height: int, level: float, swing: float, pointed: float, dice: Iterator[float]
) -> list[tuple[float, float]]:
    """A line of hills from the left edge to the right one; `level` and `swing` of the height."""
    short = min(width, height)
    waves = [(size, next(dice) * 2 * pi, 0.7 + next(dice)) for size in (1.0, 0.45, 0.2)]

    def rise(x: float) -> float:
        total = 0.0
        for size, phase, speed in waves:
            bend = sin(x / short / size * 2.6 * speed + phase)
            total += size * (bend * (1 - pointed) + (1 - 2 * abs(bend)) * pointed)
        return total

    step = max(1, short // 160)
    return [(x, height * (level - rise(x) * swing)) for x in range(0, width + step, step)]


def _sky(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    """Lighter towards the horizon; in bands, which a PNG holds in few bytes."""
    bands = min(height, 96)
    for band in range(bands):
        shade = round(128 + 92 * min(1, band / bands / 0.65))
        top, bottom = band * height // bands, (band + 1) * height // bands
        draw.rectangle((0, top, width, bottom), fill=shade)


class _PixelBox(NamedTuple):
    """Px: left and top belong to the box, right and bottom do not."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        return self.right - self.left, self.bottom - self.top

    def inside(self, by: int) -> _PixelBox:
        return _PixelBox(self.left + by, self.top + by, self.right - by, self.bottom - by)


class _TextLayout(NamedTuple):
    """Where everything stands; `unit` is the size of the title in px, the measure of all sizes."""

    frame: _PixelBox
    unit: float
    margin: int
    small: int  # px: the size of the letters on the signs
    wide: bool  # the text stands beside the scene, not above it


class _TextRow(NamedTuple):
    """One line of text; size of its letters and height with the space above it in px."""

    text: str
    size: int
    height: float
    shade: int


def _layout(image: ImageSpec) -> _TextLayout:
    frame, short = _PixelBox(0, 0, image.width, image.height), min(image.width, image.height)
    if _has_alpha(image) and short > 2:
        frame = frame.inside(short // 12 or 1)
    width, height = frame.size
    unit = min(0.1 * sqrt(width * height), width / 4, height / 4.5)
    small = round(max(unit * 0.42, 9))
    return _TextLayout(frame, unit, min(width, height) // 22, small, width > 1.5 * height)


def _draw_caption(canvas: Image.Image, layout: _TextLayout, image: ImageSpec) -> None:
    """A dark card with the caption and as much of the prompt as there is room for."""
    frame, pad = layout.frame, round(layout.unit * 0.4)
    room = frame.inside(layout.margin)
    if layout.wide:
        room = room._replace(right=frame.left + round(frame.size[0] * 0.62))
    else:
        room = room._replace(bottom=frame.top + round(frame.size[1] * 0.6))
    rows = _rows(image, layout.unit, *room.inside(pad).size)
    if not rows:
        return
    card = room._replace(bottom=room.top + round(sum(row.height for row in rows)) + 2 * pad)
    _fill(canvas, card, layout.margin, _CARD)
    draw, y = ImageDraw.Draw(canvas), float(card.top + pad)
    for row in rows:
        y += row.height
        write(draw, card.left + pad, y - row.size * 0.3, row.text, row.size, row.shade)


def _rows(image: ImageSpec, unit: float, width: int, height: int) -> list[_TextRow]:
    """What has room, the most important first."""
    rows = []
    for index, line in enumerate(map(spelled, image.caption)):
        size = _shrunk(line, round(max(unit * (0.5 if index else 1), 9)), width)
        rows.append(_TextRow(line, size, size * (1.3 if index else 1.1), 226 if index else _LIGHT))
    rows = [row for row in rows if row.size >= _SMALLEST]
    while rows and sum(row.height for row in rows) > height:
        rows.pop()
    size = round(max(unit * 0.38, 9))
    gap = size * 0.5 if rows else 0
    left = height - gap - sum(row.height for row in rows)
    most = min(6, int(left / size / 1.35)) if width > 3 * size else 0
    lines = wrapped(spelled(image.prompt), width, most, lambda c: advance(c, size))
    for index, line in enumerate(lines):
        rows.append(_TextRow(line, size, size * 1.35 + (0 if index else gap), 206))
    return rows


def _shrunk(text: str, size: int, width: int) -> int:
    """The size, or the smaller one at which the text is no longer than the width."""
    needed = length(text, size)
    return int(size * width / needed) if needed > width else size


def _draw_marks(canvas: Image.Image, layout: _TextLayout, image: ImageSpec) -> None:
    """Which of how many; and bottom right, if asked for, what a watermark says."""
    position, count = image.index + 1, image.count
    if number := _sign(layout, (f"{position} / {count}", str(position)), 0.36):
        _hang(canvas, layout, number, mark=False)
    if image.watermark:
        _hang(canvas, layout, _sign(layout, ("AI generated", "AI"), 0.6), mark=True)


def _sign(layout: _TextLayout, texts: tuple[str, ...], part: float) -> str:
    """The first text that is not too high, nor longer than a part of the width; else nothing."""
    width, height = layout.frame.inside(layout.margin).size
    size = layout.small
    if size * 1.7 > height * 0.4:
        return ""
    return next((t for t in texts if length(t, size) + size * 1.2 <= width * part), "")


def _hang(canvas: Image.Image, layout: _TextLayout, text: str, *, mark: bool) -> None:
    """Put up a small sign, blank if there is no text: a light mark, or a dark number elsewhere."""
    corner, size = layout.frame.inside(layout.margin), layout.small
    wide, high = round(length(text, size) + size * 1.2), round(size * 1.7)
    if not text:
        wide = high = max(1, min(corner.size) // 4)
    x = corner.right - wide if mark or layout.wide else corner.left
    y = corner.bottom - high if mark or not layout.wide else corner.top
    ground, ink = (_shade(canvas, shade) for shade in ((_LIGHT, _DARK) if mark else (_DARK, _LIGHT)))
    _fill(canvas, _PixelBox(x, y, x + wide, y + high), high // 2, ground)
    write(ImageDraw.Draw(canvas), x + size * 0.6, y + size * 1.2, text, size, ink)


def _shade(canvas: Image.Image, shade: int) -> Shade:
    """A shade as the canvas has it: of a drawing one number, of a photograph a colour."""
    return shade if canvas.mode == "L" else (shade, shade, shade)


def _fill(canvas: Image.Image, box: _PixelBox, radius: int, shade: Shade) -> None:
    """Fill a box with round corners."""
    kept = [(canvas.crop(corner), corner, mask) for corner, mask in _corners(box, radius)]
    canvas.paste(shade, box)
    for patch, corner, mask in kept:
        canvas.paste(patch, corner, mask)


def _corners(box: _PixelBox, radius: int) -> list[tuple[_PixelBox, Image.Image]]:
    """The four corners of a box, each with a smooth mask of what the rounding leaves out."""
    width, height = box.size
    radius = min(radius, width // 2, height // 2)
    if radius < 1:
        return []
    disc = Image.new("L", (8 * radius, 8 * radius), 255)
    ImageDraw.Draw(disc).ellipse((0, 0, 8 * radius - 1, 8 * radius - 1), fill=0)
    disc = disc.reduce(4)
    return [
        (_PixelBox(x, y, x + radius, y + radius), disc.crop((u, v, u + radius, v + radius)))
        for x, u in ((box.left, 0), (box.right - radius, radius))
        for y, v in ((box.top, 0), (box.bottom - radius, radius))
    ]


def _cutout(image: ImageSpec, frame: _PixelBox) -> Image.Image:
    """The alpha of a transparent image: 255 in the frame, which has round corners."""
    alpha = Image.new("L", (image.width, image.height))
    _fill(alpha, frame, min(frame.size) // 8, 255)
    return alpha
