"""Seeds that differ in nothing but their last part, a running number."""

from __future__ import annotations

import hashlib
from typing import Any


class NumberedSeed:
    """What `entropy` gives for these parts and a number; the parts are written once."""

    def __init__(self, *parts: Any) -> None:
        self._before = "".join(f"{part}\x1f" for part in parts).encode("utf-8", "replace")

    def of(self, number: int) -> bytes:
        """The seed of a number: 32 bytes."""
        return hashlib.sha256(self._before + b"%d" % number).digest()
