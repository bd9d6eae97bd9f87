"""One event loop, in a thread of its own, for all the mocks that a program embeds.

A mock costs a socket then, and not a thread: hundreds of tests start and stop theirs in a millisecond or two each.
What a mock knows is only touched in this loop, so that nothing needs a lock.
"""

from __future__ import annotations

import asyncio
import atexit
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import lru_cache
from typing import Any, TypeVar

from pixpact.mockserver.core import threads
from pixpact.mockserver.server import new_loop

T = TypeVar("T")


class BackgroundLoop:
    """A loop that runs until the program ends."""

    def __init__(self) -> None:
        self.loop = new_loop()
        self._process = os.getpid()
        self._ended = threads.start(self._run, "pixpact")
        atexit.register(self._end)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    @property
    def here(self) -> bool:
        """Whether it runs in this process; a forked child only has a copy of its memory."""
        return os.getpid() == self._process

    def _end(self) -> None:
        if not self.here:
            return
        self.loop.call_soon_threadsafe(self.loop.stop)
        if self._ended(2):
            self.loop.close()

    def begin(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine in the loop; what is given may be waited for in any thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop and wait for its result."""
        return self.begin(coroutine).result()

    def call(self, action: Callable[[], T]) -> T:
        """Call a function in the loop and wait for its result."""

        async def act() -> T:
            return action()

        return self.run(act())


@lru_cache(maxsize=1)
def background() -> BackgroundLoop:
    """The loop of this process."""
    return BackgroundLoop()


if hasattr(os, "register_at_fork"):  # a child process has the loop's memory, and not its thread
    os.register_at_fork(after_in_child=background.cache_clear)
