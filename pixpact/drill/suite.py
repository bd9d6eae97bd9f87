"""Runs the user's test command, and reads the end of its output."""

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
"""The most bytes that are read of a run's output, from its end."""
GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL."""

_OVER = "the drill is over"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class CannotRun(OSError):
    """The command cannot be started; the message says why."""


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """How a run ended. `code`: None after a time-out; negative: the signal that ended it."""

    code: int | None
    seconds: float
    output: str
    """The end of the output."""

    @property
    def passed(self) -> bool:
        """Whether the command succeeded."""
        return self.code == 0

    @property
    def how(self) -> str:
        """How the run ended: `time-out`, `exit code 1` or `signal 9`."""
        if self.code is None:
            return "time-out"
        return f"exit code {self.code}" if self.code >= 0 else f"signal {-self.code}"

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the failed tests in the output, without parameters."""
        return failed_tests(self.output)


class SuiteCommand:
    """A command that may run several times in parallel, in different threads. `now` returns seconds."""

    def __init__(self, command: Sequence[str], now: Callable[[], float]) -> None:
        self._command = list(command)
        self._now = now
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    @property
    def name(self) -> str:
        """The name of the program."""
        return self._command[0]

    def missing(self) -> bool:
        """Whether there is no such program."""
        return shutil.which(self.name) is None

    def run(self, environ: Mapping[str, str], limit: float | None = None) -> SuiteRun:
        """Run the command in the current folder for at most `limit` seconds. Raises CannotRun, also after `stop`."""
        with tempfile.TemporaryFile() as output:
            started = self._now()
            running = self._start(environ, output)
            try:
                code: int | None = running.wait(limit)
            except subprocess.TimeoutExpired:
                end_run(running)
                code = None
            except BaseException:  # do not leave the process running after an interruption
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
                    start_new_session=True,  # so that its child processes can be ended too
                )
            except OSError as error:
                raise CannotRun(error.strerror or str(error)) from None
            self._running.add(running)
        return running

    def stop(self) -> None:
        """End all runs, and start no more."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for one in running:
            end_run(one)


def end_run(running: subprocess.Popen[bytes]) -> None:
    """End a run and its child processes: SIGTERM first, then SIGKILL."""
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
