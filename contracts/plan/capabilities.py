"""What a run has to work with: how an image reaches the vendor, a second key, a clock that can be moved."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The means of one run. Everything that they do not reach is not checkable, and said to be."""

    live: bool = False
    """Whether the target is not on this machine: nothing is provoked, nobody else's addresses are sent."""
    second_key: bool = False
    can_wait: bool = False
    """Whether a day costs nothing: the clock is moved by hand."""
    provokes: bool = False
    """Whether the target gives any documented response when it is asked to (`Prefer`)."""
    reference_url: str | None = None
    price: Decimal | None = None
    """What one image costs where the contract does not say."""
    images: int | None = None
    cost: Decimal | None = None
    """Caps: what does not fit is not planned."""
    without: frozenset[str] = field(default_factory=frozenset)
    """Ids of claims that no request may exercise."""
