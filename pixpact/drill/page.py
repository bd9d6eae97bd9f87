"""The terminal page of `pixpact drill`: the score, then the drifts by verdict."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import IO

from rich.console import Console
from rich.text import Text

from pixpact.contracts.diff.rules.rules import TODO
from pixpact.drill.advice import MOST, advice, response_description
from pixpact.drill.drifts import VendorDrift
from pixpact.drill.report import headline
from pixpact.drill.result import VERDICTS, CleanRun, DriftResult, DrillResult, Verdict
from pixpact.specs.openapi.messages import plural
from pixpact.terminal.console import print_hanging, prose_console
from pixpact.wire.control_characters import visible_text

_COLOURS = {"breaking": "bold red", "warning": "yellow", "info": "dim"}
_MOST_LINES, _MOST_CHARACTERS = 12, 140
_UNDER_WAY = "At the pace instant no poll sees a task in progress; --pace polls:2 shows each state."
_PRODUCTION = {
    "breaking": "Would have broken in production",
    "warning": "Could have gone wrong in production",
}


def page(result: DrillResult, out: Console | None = None) -> None:
    """Print the whole page."""
    out = out or prose_console()
    _head(result, out)
    through = [drilled for drilled in result.of("let-through", counting=True) if not result.accepted(drilled)]
    for severity, group in groupby(through, key=lambda drilled: drilled.meaning.severity):
        _title(f"Let through: {_PRODUCTION[severity].lower()}", out)
        for kind, drills in groupby(group, key=lambda drilled: drilled.meaning.kind):
            out.print(Text(TODO[kind], style="bold"))
            for drill in drills:
                _let_through(drill, out)
    accepted = [drilled for drilled in result.of("let-through", counting=True) if result.accepted(drilled)]
    _listed("Let through, and accepted", accepted, out, lambda drilled: [result.accepted(drilled)])
    unread = result.of("not-read", counting=True)
    _listed(
        "Not read by you: let through, and nothing would have broken",
        unread,
        out,
        lambda drilled: [drilled.outcome.reason],
    )
    never = result.of("not-exercised", counting=True)
    _listed("Not exercised: no response changed", never, out, _never)
    if never and result.pace == "instant":
        print_hanging(out, Text("  "), Text(_UNDER_WAY, style="dim"))
    _listed("Noticed", result.of("noticed", counting=True), out, _noticed)
    _harmless(result, out)
    for verdict, title in _UNKNOWN.items():
        _listed(
            title, result.of(verdict), out, lambda drilled: [drilled.outcome.reason] if drilled.outcome.reason else []
        )
    for note in result.notes:
        print_hanging(out, Text("note  "), Text(visible_text(note)))
    for drift, reason in result.unfit:
        print_hanging(
            out, Text(f"  {drift.name}  "), Text(f"does not apply to {result.contract}: {reason}", style="dim")
        )


_UNKNOWN: dict[Verdict, str] = {
    "unsteady": "Unknown: the suite is flaky, no response changed",
    "unfit": "Unknown: cannot be applied to what the tests request",
    "not-run": "Not run: interrupted before",
}


def _head(result: DrillResult, out: Console) -> None:
    out.print(Text(headline(result), style="bold"))
    counts = ((verdict, len(result.of(verdict, counting=True))) for verdict in VERDICTS)
    reported = [f"{count} {verdict.replace('-', ' ')}" for verdict, count in counts if count]
    harmless = sum(not drill.meaning.counts for drill in result.drills)
    reported += [f"{harmless} harmless and not in the score"] if harmless else []
    print_hanging(out, Text(f"{plural(len(result.drills), 'drift')}: "), Text(", ".join(reported)))
    clean = result.clean
    time = f"{clean.seconds:.1f} s without a drift, at most {clean.limit:.0f} s with one"
    out.print(Text(f"{plural(clean.requests, 'request')} in {time}", style="dim"))


def _title(text: str, out: Console) -> None:
    out.print()
    out.print(Text(text, style="bold underline"))


def _let_through(drilled: DriftResult, out: Console) -> None:
    style = _COLOURS[drilled.meaning.severity]
    print_hanging(out, Text.assemble("  ", (drilled.drift.name, style), "  "), Text(visible_text(drilled.drift.title)))
    for sighting in drilled.outcome.seen[:MOST]:
        print_hanging(out, Text("      seen    "), Text(visible_text(response_description(sighting))))
    for text in advice(drilled):
        print_hanging(out, Text("      remedy  "), Text(visible_text(text)))
    lines = drilled.drift.change.splitlines()
    for line in lines[:_MOST_LINES]:
        shown = visible_text(line)
        cut = shown if len(shown) <= _MOST_CHARACTERS else f"{shown[:_MOST_CHARACTERS]}…"
        out.print(Text(f"      {cut}", style="dim"), soft_wrap=True)
    if len(lines) > _MOST_LINES:
        more = f"      … {plural(len(lines) - _MOST_LINES, 'more line')}: {drilled.drift.path}"
        out.print(Text(more, style="dim"), soft_wrap=True)


def _listed(
    title: str, drills: Iterable[DriftResult], out: Console, more: Callable[[DriftResult], Iterable[str]]
) -> None:
    shown_drills = list(drills)
    if not shown_drills:
        return
    _title(title, out)
    for drilled in shown_drills:
        print_hanging(
            out,
            Text.assemble("  ", (drilled.drift.name, _COLOURS[drilled.meaning.severity]), "  "),
            Text(visible_text(drilled.drift.title)),
        )
        for line in more(drilled):
            print_hanging(out, Text("      "), Text(visible_text(line), style="dim"))


def _never(drilled: DriftResult) -> Iterator[str]:
    yield from advice(drilled)


def _noticed(drilled: DriftResult) -> Iterator[str]:
    by = f" by {', '.join(drilled.outcome.tests[:MOST])}" if drilled.outcome.tests else ""
    more = f" and {len(drilled.outcome.tests) - MOST} more" if len(drilled.outcome.tests) > MOST else ""
    yield f"{drilled.outcome.how}{by}{more}{f'; {drilled.outcome.reason}' if drilled.outcome.reason else ''}"


def _harmless(result: DrillResult, out: Console) -> None:
    """Drifts that break no client: they are not in the score, and a suite should not fail because of them."""
    strict = result.of("noticed", counting=False)
    _listed("Harmless, but noticed: these tests are stricter than the contract", strict, out, _noticed)
    passed = result.of("let-through", counting=False)
    if passed:
        _title("Harmless, and rightly let through", out)
        print_hanging(out, Text("  "), Text(", ".join(drilled.drift.name for drilled in passed), style="dim"))


def print_drifts(drifts: Iterable[VendorDrift]) -> None:
    """Print the drifts, one on each line."""
    drifts_shown = list(drifts)
    out, width = prose_console(), max((len(drilled.name) for drilled in drifts_shown), default=0)
    for drilled in drifts_shown:
        print_hanging(out, Text(f"{drilled.name:<{width}}  "), Text(visible_text(drilled.title)))


class DrillLines:
    """Prints the progress of a drill on standard error: one line for each drift."""

    def __init__(self, total: int, stream: IO[str] | None = None) -> None:
        self._total = total
        self._stream = stream or sys.stderr
        self._done = 0

    def begins(self, name: str) -> None:
        """Report that the suite is started without a drift."""
        self._say(f"runs {name!r} without a drift")

    def began(self, clean: CleanRun) -> None:
        """Report that the suite passed without a drift."""
        called = ", ".join(f"{name} {count}" for name, count in clean.called.items())
        self._say(f"without a drift: passed in {clean.seconds:.1f} s ({called})")

    def done(self, drilled: DriftResult) -> None:
        """Report the outcome of a drift."""
        self._done += 1
        self._say(f"{self._done}/{self._total} {drilled.outcome.verdict.replace('-', ' '):<13} {drilled.drift.name}")

    def _say(self, line: str) -> None:
        self._stream.write(f"pixpact: {line}\n")
        self._stream.flush()
