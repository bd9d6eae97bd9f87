"""The capabilities of a run: how it reaches the target, a second key, a movable clock, caps."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a run can do. Claims that need more are not checkable, and reported as such."""

    live: bool = False
    """Whether the target is on another machine: then no response is provoked, and no callback URL is sent."""
    second_key: bool = False
    can_wait: bool = False
    """Whether the clock can be moved by hand, so that waiting a day costs nothing."""
    provokes: bool = False
    """Whether the target returns any documented response on request (`Prefer`)."""
    reference_url: str | None = None
    price: Decimal | None = None
    """The price of one image if the contract states none."""
    images: int | None = None
    cost: Decimal | None = None
    """Caps: probes beyond them are not planned."""
    without: frozenset[str] = field(default_factory=frozenset)
    """Ids of claims that no request may exercise."""
