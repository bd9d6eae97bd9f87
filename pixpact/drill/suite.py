"""The user's own tests: a command, run as often as there are drifts. What it prints is kept only while it is read."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from pixpact.drill.failures import failed_tests

MOST_OUTPUT = 256 * 1024
"""Bytes of what a run prints that are read, from its end."""
GRACE = 2.0
"""Seconds between asking a run to end and ending it."""

_OVER = "the drill is over"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class CannotRun(OSError):
    """The command cannot be started; says why."""


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """How a run ended. `code` is None when its time was over; below 0 it is the signal that ended it."""

    code: int | None
    seconds: float
    output: str
    """The end of what it printed."""

    @property
    def passed(self) -> bool:
        """Whether the command found nothing wrong."""
        return self.code == 0

    @property
    def how(self) -> str:
        """How it ended, in words."""
        if self.code is None:
            return "time-out"
        return f"exit code {self.code}" if self.code >= 0 else f"signal {-self.code}"

    @property
    def failed(self) -> tuple[str, ...]:
        """The tests that failed, by the names that their runner prints; without their parameters."""
        return failed_tests(self.output)


class SuiteCommand:
    """One command. Runs of it may go on at the same time, in threads of their own. `now` gives seconds."""

    def __init__(self, command: Sequence[str], now: Callable[[], float]) -> None:
        self._command = list(command)
        self._now = now
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    @property
    def name(self) -> str:
        """What is run."""
        return self._command[0]

    def missing(self) -> bool:
        """Whether there is no such program."""
        return shutil.which(self.name) is None

    def run(self, environ: Mapping[str, str], limit: float | None = None) -> SuiteRun:
        """Run the command in the present folder, for `limit` seconds at most. Raises CannotRun, also once stopped."""
        with tempfile.TemporaryFile() as output:
            started = self._now()
            running = self._start(environ, output)
            try:
                code: int | None = running.wait(limit)
            except subprocess.TimeoutExpired:
                end_run(running)
                code = None
            except BaseException:  # an interruption must not leave it behind
                end_run(running)
                raise
            finally:
                with self._lock:
                    self._running.discard(running)
            if self._stopped:
                raise CannotRun(_OVER)
            return SuiteRun(code, self._now() - started, _end_of(output))

    def _start(self, environ: Mapping[str, str], output: IO[bytes]) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise CannotRun(_OVER)
            try:
                running = subprocess.Popen(  # noqa: S603  # the user's own command; no shell reads it
                    self._command,
                    env=dict(environ),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # so that whatever it starts can be ended with it
                )
            except OSError as error:
                raise CannotRun(error.strerror or str(error)) from None
            self._running.add(running)
        return running

    def stop(self) -> None:
        """End every run, and begin no other."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for one in running:
            end_run(one)


def end_run(running: subprocess.Popen[bytes]) -> None:
    """End a run and all that it started: first it is asked to, then it is made to."""
    _signal(running, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        running.wait(GRACE)
    _signal(running, getattr(signal, "SIGKILL", signal.SIGTERM))
    running.wait()


def _signal(running: subprocess.Popen[bytes], kind: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(running.pid, kind)
        else:
            running.kill()


def _end_of(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - MOST_OUTPUT))
    return _COLOUR.sub("", output.read().decode("utf-8", "replace"))
