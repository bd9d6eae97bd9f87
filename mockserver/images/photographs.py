"""A photograph in place of a drawing: one of a few, cropped and graded as chance has it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps

FOLDER = Path(__file__).parent / "photos"
NAMES = ("cat", "coffee", "galaxies", "rocket")
_CLOSEST = 0.6
"""The least part of a photograph's shorter side that a crop shows."""


def photograph(size: tuple[int, int], dice: Iterator[float]) -> Image.Image:
    """An RGB image of that size in pixels; `dice` gives numbers from 0 up to 1."""
    image = _photo(NAMES[int(next(dice) * len(NAMES))])
    if next(dice) < 0.5:
        image = ImageOps.mirror(image)
    return _graded(image.resize(size, Image.Resampling.BICUBIC, box=_crop(image.size, size, dice)), dice)


@lru_cache(len(NAMES))
def _photo(name: str) -> Image.Image:
    return Image.open(FOLDER / f"{name}.jpg").convert("RGB")


def _crop(have: tuple[int, int], want: tuple[int, int], dice: Iterator[float]) -> tuple[float, float, float, float]:
    """A box of the wanted proportions within the photograph."""
    scale = min(have[0] / want[0], have[1] / want[1]) * (_CLOSEST + (1 - _CLOSEST) * next(dice))
    width, height = want[0] * scale, want[1] * scale
    left, top = (have[0] - width) * next(dice), (have[1] - height) * next(dice)
    return left, top, min(left + width, have[0]), min(top + height, have[1])


def _graded(image: Image.Image, dice: Iterator[float]) -> Image.Image:
    """Warmer or cooler, flatter or richer."""
    image = ImageEnhance.Color(image).enhance(0.6 + 0.8 * next(dice))
    image = ImageEnhance.Contrast(image).enhance(0.85 + 0.3 * next(dice))
    warmth = 0.9 + 0.2 * next(dice)
    red, green, blue = image.split()
    return Image.merge("RGB", (_scaled(red, warmth), green, _scaled(blue, 2 - warmth)))


def _scaled(channel: Image.Image, factor: float) -> Image.Image:
    return channel.point([min(255, round(level * factor)) for level in range(256)])
