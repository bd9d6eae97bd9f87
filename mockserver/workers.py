"""Several processes that serve one socket: started together, replaced when one is lost, stopped together.

They are copies of the process that has read the contracts, so that each costs a few milliseconds and little memory.
What they share is in their store.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator

Work = Callable[[Callable[[], None]], None]
"""Serves until it is stopped, and calls what it is given once it does."""


class NoWorkers(ValueError):
    """There can be no such processes here; says why and what to do."""


class WorkerLost(RuntimeError):
    """A worker has ended before it served anything; the others are stopped."""


class WorkerGroup:
    """The workers of this process. `report` is told what happens to them."""

    def __init__(self, number: int, work: Work, report: Callable[[str], None]) -> None:
        """Raises NoWorkers where processes cannot be copied."""
        if not hasattr(os, "fork"):
            raise NoWorkers("this system cannot fork: start one worker, or several with --store redis://HOST")
        self._number = number
        self._work = work
        self._report = report
        self._serving: set[int] = set()
        self._running: dict[int, int] = {}
        """By process: the end of a pipe that becomes readable when it serves, or ends."""
        self._stopping = False

    def run(self, ready: Callable[[], None]) -> None:
        """Serve until a signal comes; `ready` is called once all of them serve. Raises WorkerLost."""
        gc.collect()
        gc.freeze()  # what all have in common stays in common: no collection writes to it
        with self._signals():
            for _ in range(self._number):
                self._start()
            if self._all_serve():
                ready()
            while self._running:
                self._replace(*os.waitpid(-1, 0))
        if not self._stopping:
            raise WorkerLost("a worker ended before it was ready")

    def _start(self) -> None:
        reading, writing = os.pipe()
        process = os.fork()
        if process:
            os.close(writing)
            self._running[process] = reading
            return
        code = 1
        try:
            os.close(reading)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            self._work(lambda: os.close(writing) if os.write(writing, b".") else None)
            code = 0
        finally:  # a copy never goes on with what its parent does
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _all_serve(self) -> bool:
        """Wait until each worker serves, or one has ended instead."""
        return all(self._serves(process) for process in list(self._running))

    def _serves(self, process: int) -> bool:
        reading = self._running[process]
        serves = os.read(reading, 1) == b"."
        os.close(reading)
        if serves:
            self._serving.add(process)
        return serves

    def _replace(self, process: int, status: int) -> None:
        """Start another worker in the place of one that was lost; where none can serve, stop them all."""
        self._running.pop(process, None)
        if self._stopping:
            return
        if process not in self._serving:
            self._kill()
            return
        self._serving.discard(process)
        cause = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
        self._report(f"worker {process} ended ({cause}); it is being replaced")
        self._start()
        self._serves(next(reversed(self._running)))

    def _kill(self) -> None:
        for process in self._running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def stop(*_: object) -> None:
            self._stopping = True
            self._kill()

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, former in before.items():
                signal.signal(number, former)
