"""Room for the bodies of several requests at a time."""

from __future__ import annotations

import asyncio

MOST_UNDER_WAY = 256 * 1024 * 1024
"""Bytes of bodies that are on their way at a time: who finds no room waits for it."""


class BodyMemory:
    """What the bodies of several requests may take together, all of it set aside before the body is read."""

    def __init__(self, most: int = MOST_UNDER_WAY) -> None:
        self._most = most
        self._taken = 0
        self._freed = asyncio.Event()

    async def take(self, size: int) -> None:
        """Set room aside, as soon as there is enough of it."""
        while self._taken and self._taken + size > self._most:
            self._freed.clear()
            await self._freed.wait()
        self._taken += size

    def free(self, size: int) -> None:
        """Give it back."""
        self._taken -= size
        self._freed.set()
