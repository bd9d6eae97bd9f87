"""The progress of a run on standard error: a progress bar, or a line now and then in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from pixpact.contracts.reports.view import money_text
from pixpact.specs.openapi.messages import plural

SECONDS = 30.0
"""The least seconds between two lines of a log."""


@dataclass(frozen=True, slots=True)
class RunStatus:
    """The progress of a run. `cost` is None if the contract states no price."""

    done: int
    total: int
    requests: int = 0
    images: int = 0
    cost: Decimal | None = None
    currency: str = "USD"
    findings: int = 0

    def __str__(self) -> str:
        """Everything except the probes, in a few words."""
        parts = [plural(self.requests, "request"), plural(self.images, "image")]
        parts += [money_text(self.cost, self.currency)] if self.cost is not None else []
        return " · ".join([*parts, plural(self.findings, "finding")])


class ProgressLine:
    """Shows progress within a `with` block, and leaves nothing behind on a terminal.

    `now` returns seconds of real time. A log gets at most one line every `SECONDS`, and none for a shorter run.
    """

    def __init__(self, now: Callable[[], float], stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stderr
        self._now = now
        self._reported = now()
        self._bar = _bar(self._stream) if self._stream.isatty() else None
        self._task = self._bar.add_task("", total=None, standing="") if self._bar else None

    def __enter__(self) -> ProgressLine:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, standing: RunStatus) -> None:
        """Show the present progress."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=standing.done, total=standing.total, standing=str(standing))
        elif self._now() - self._reported >= SECONDS:
            self._reported = self._now()
            self._stream.write(f"pixpact: {standing.done} of {plural(standing.total, 'probe')} · {standing}\n")
            self._stream.flush()


def _bar(stream: IO[str]) -> Bar:
    columns = (
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("probes · {task.fields[standing]}", markup=False),
    )
    return Bar(*columns, console=Console(file=stream), transient=True, refresh_per_second=8)
