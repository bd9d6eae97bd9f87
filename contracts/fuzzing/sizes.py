"""Generates sizes such as 1024x768 with a given number of pixels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isqrt

from pixpact.specs.openapi.document import Json

_PIXELS = (512 * 512, 2048 * 2048)


def area_of(rules: Iterable[Mapping[str, Json]]) -> tuple[int, int]:
    """The fewest and the most pixels that the rules for a size allow; default values if there are no rules."""
    areas = [rule["pixels"] for rule in rules if "pixels" in rule]
    least = min((int(area["minimum"]) for area in areas if "minimum" in area), default=_PIXELS[0])
    most = max((int(area["maximum"]) for area in areas if "maximum" in area), default=_PIXELS[1])
    return min(least, most), max(least, most)


def size(pixels: int, sides: tuple[int, int], step: int, upright: bool, between: str) -> str:
    """A size such as `1024x768` of about `pixels` pixels, with sides in a ratio, each a multiple of `step`."""
    long, short = sides
    unit = isqrt(pixels // (long * short)) + 1
    width, height = (-(-unit * side // step) * step for side in (long, short))
    return f"{height}{between}{width}" if upright else f"{width}{between}{height}"
