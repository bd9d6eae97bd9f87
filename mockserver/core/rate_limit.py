"""How many requests a key may send: `5/s`, `60/min`. A sliding window on the mock's clock."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TEXT = re.compile(r"([1-9][0-9]{0,6})/(s|sec|second|m|min|minute|h|hour|d|day)")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` requests of one key within any `seconds`."""

    text: str
    most: int
    seconds: float


def parse(text: str) -> Limit:
    """`5/s`, `60/min`, `1000/h`, `10000/day`. Raises ValueError naming the text."""
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no rate: write 5/s, 60/min, 1000/h or 10000/day")
    return Limit(text.strip(), int(found[1]), _SECONDS[found[2][0]])
