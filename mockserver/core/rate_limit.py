"""How many requests a key may send: `5/s`, `60/min`. A sliding window on the mock's clock."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TEXT = re.compile(r"([1-9][0-9]{0,6})/(s|sec|second|m|min|minute|h|hour|d|day)")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `most` requests of one key within any `seconds`."""

    text: str
    most: int
    seconds: float


def parse(text: str) -> RateLimit:
    """`5/s`, `60/min`, `1000/h`, `10000/day`. Raises ValueError naming the text."""
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a rate: write 5/s, 60/min, 1000/h or 10000/day")
    return RateLimit(text.strip(), int(match[1]), _SECONDS[match[2][0]])
