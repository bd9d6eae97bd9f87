"""Images that a user gives in place of those that are painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pixpact.wire.images import from_data_uri, read_image_facts


class NoImage(ValueError):
    """Something that is no image that a response can carry; says what would do."""


@dataclass(frozen=True, slots=True)
class GivenImage:
    """The bytes of one image, with its format (jpeg, png or webp) and its size in px."""

    content: bytes
    format: str
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height} {self.format}"


def images_of(value: Any) -> tuple[GivenImage, ...]:
    """One image or a list of them, each as bytes or as a data URI. Raises NoImage."""
    several = value if isinstance(value, (list, tuple)) else [value]
    if not several:
        raise NoImage("image is an empty list; give at least one image")
    return tuple(map(_image, several))


def _image(value: Any) -> GivenImage:
    if isinstance(value, GivenImage):
        return value
    content = from_data_uri(value) if isinstance(value, str) else value
    image_facts = read_image_facts(content, decode=False) if isinstance(content, bytes) else None
    if not isinstance(content, bytes) or image_facts is None or image_facts.format not in ("jpeg", "png", "webp"):
        shown = value if not isinstance(value, str) else value[:40]
        kind = f"{shown!r}" if not isinstance(value, bytes) else f"{len(value)} bytes"
        raise NoImage(f"image is {kind}, not a JPEG, PNG or WebP; give its bytes, or a data URI")
    return GivenImage(content, image_facts.format, image_facts.width, image_facts.height)
