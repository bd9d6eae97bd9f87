"""Threads of the operating system, also where gevent has put greenlets in the place of `threading.Thread`.

A greenlet that runs an event loop never gives way: everything else in its thread, a test included, would stand still.
gevent is never imported here: who uses it has imported it.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def start(run: Callable[[], None], name: str) -> Callable[[float], bool]:
    """Run something in a daemon thread of its own; what is given waits so many seconds, and says whether it ended."""
    original = _originals()
    if original is None:
        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()

        def ended(seconds: float) -> bool:
            thread.join(seconds)
            return not thread.is_alive()

        return ended
    running = original("_thread", "allocate_lock")()
    running.acquire()

    def guarded() -> None:
        try:
            run()
        finally:
            running.release()

    original("_thread", "start_new_thread")(guarded, ())
    return lambda seconds: bool(running.acquire(timeout=seconds))


async def run_in_thread(work: Callable[[], T]) -> T:
    """The result of something that takes a while, worked out beside the event loop."""
    original = _originals()
    if original is None:
        return await asyncio.to_thread(work)
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def report(outcome: Callable[[], None]) -> None:
        loop.call_soon_threadsafe(lambda: None if done.cancelled() else outcome())

    def run() -> None:
        try:
            result = work()
        except Exception as error:
            problem = error
            report(lambda: done.set_exception(problem))
        else:
            report(lambda: done.set_result(result))

    original("_thread", "start_new_thread")(run, ())
    return await done


def _originals() -> Callable[[str, str], Any] | None:
    """What gives the things that gevent has replaced; None where threads are what they were."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("threading"):
        return None
    given: Callable[[str, str], Any] = monkey.get_original
    return given
