"""The output of a check: its progress, then its page and reports."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack

from pixpact.contracts.reports import FORMATS
from pixpact.contracts.reports.destination import ReportDestination, ReportError, write_all
from pixpact.contracts.reports.view import ReportView
from pixpact.contracts.run.check import currency
from pixpact.contracts.run.progress import RunProgress
from pixpact.specs.contract.model import Contract
from pixpact.terminal.output import say
from pixpact.terminal.refusal import UsageRefused
from pixpact.wire.clock import SystemClock

_MOST_FAILURES = 5
"""The most failures that are printed with --quiet."""


class ProgressDisplay:
    """Shows the progress of a check, except with --quiet."""

    def __init__(self, contract: Contract, quiet: bool) -> None:
        self._contract = contract
        self._quiet = quiet
        self._stack = ExitStack()

    def __enter__(self) -> Callable[[RunProgress], None]:
        if self._quiet:
            return lambda _: None
        from pixpact.cli.pages.progress import ProgressLine as Shown
        from pixpact.cli.pages.progress import RunStatus

        bar = self._stack.enter_context(Shown(SystemClock().now, sys.stderr))
        unit = currency(self._contract)

        def show(progress: RunProgress) -> None:
            bar.show(
                RunStatus(
                    progress.probes,
                    progress.planned,
                    progress.requests,
                    progress.images,
                    progress.cost or None,
                    unit,
                    progress.findings,
                )
            )

        return show

    def __exit__(self, *error: object) -> None:
        self._stack.close()


def report(shown: ReportView, reports: tuple[ReportDestination, ...], quiet: bool) -> None:
    """Write the reports and print the page. Raises UsageRefused if a report cannot be written."""
    from pixpact.cli.pages.check import page
    from pixpact.terminal.console import prose_console

    try:
        write_all(reports, lambda form: FORMATS[form](shown))
    except ReportError as error:
        raise UsageRefused(f"pixpact: {error}") from None
    if quiet and shown.outcome.code:
        for line in (shown.headline, *shown.outcome.reasons, *shown.failures[:_MOST_FAILURES], *shown.next):
            say(line, err=True)
    if not quiet:
        to_stdout = any(report.path is None for report in reports)
        page(shown, prose_console(sys.stderr if to_stdout else None))
