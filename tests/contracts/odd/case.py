"""One odd server, and the verdict that a careful person would give of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..proxying import Wrap


@dataclass(frozen=True)
class Odd:
    """A relay before a conforming mock. `finds`: the claims, without the vendor's name, each of one finding."""

    name: str
    vendor: str
    make: Callable[[], Wrap]
    code: int = 0
    finds: tuple[str, ...] = ()
    images: int = 0
    """A cap on images; 0: none."""
