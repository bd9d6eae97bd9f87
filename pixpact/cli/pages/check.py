"""The page of `pixpact check`: the result of a run."""

from __future__ import annotations

from functools import partial

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pixpact.contracts.claims.claim import Verdict
from pixpact.contracts.findings import Severity
from pixpact.contracts.reports.view import ReportView, ShownFinding, money_text
from pixpact.contracts.run.result import VERDICTS
from pixpact.contracts.run.verdict import CLEAN, FOUND, percent
from pixpact.specs.openapi.messages import plural
from pixpact.terminal.console import print_counts, print_hanging

_MOST_IN_FULL = 25
_MOST_LINES = 40
_MOST_REASONS = 12
_MOST_NAMES = 4
_STYLES: dict[Severity, str] = {"breaking": "bold red", "warning": "bold yellow", "info": "bold cyan"}
_VERDICT_STYLES: dict[Verdict, str] = {"kept": "green", "broken": "red", "unchecked": "yellow", "not-checkable": "dim"}


def page(view: ReportView, out: Console) -> None:
    """Print the page: headline, counts, findings with evidence, claims that were not judged, the exit code."""
    out.print(Text(view.headline, style=_headline_style(view)))
    out.print(Text(_about(view), style="dim"))
    out.print()
    out.print(_counts(view))
    out.print()
    out.print(Text(_spent(view)))
    out.print(Text(_coverage(view)))
    _findings(view, out)
    _accepted(view, out)
    _listed("Could not be carried out", view.failures, out)
    _listed("Sent again", view.again, out)
    _listed("Left out", view.left_out, out)
    _listed("Baseline", view.notes, out)
    _unjudged(view, out)
    out.print()
    out.print(Text(f"Exit code {view.outcome.code}: {'; '.join(view.outcome.reasons)}.", style="dim"))
    for sentence in view.next:
        print_hanging(out, Text("Next: ", style="dim"), Text(f"{sentence}."))


# ----------------------------------------------------------------------------------------- numbers


def _headline_style(view: ReportView) -> str:
    return {CLEAN: "bold green", FOUND: "bold red"}.get(view.outcome.code, "bold yellow")


def _about(view: ReportView) -> str:
    parts = [view.target, f"{view.duration:.1f} s", f"seed {view.seed}", view.started[:16].replace("T", " ") + " UTC"]
    return " · ".join(parts)


def _counts(view: ReportView) -> Table:
    """Claims by area and verdict; a dot in place of 0, so that the numbers stand out."""
    rows = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    rows.add_column("claims about")
    for verdict in VERDICTS:
        rows.add_column(verdict.replace("-", " "), justify="right")
    for area in view.areas():
        rows.add_row(area, *(_count(len(view.of(verdict, area)), verdict) for verdict in VERDICTS))
    rows.add_row("all", *(_count(len(view.of(verdict)), verdict) for verdict in VERDICTS), style="bold")
    return rows


def _count(number: int, verdict: Verdict) -> Text:
    return Text(str(number), style=_VERDICT_STYLES[verdict]) if number else Text("·", style="dim")


def _spent(view: ReportView) -> str:
    """What was spent, and the maximum planned."""
    spent, most = view.spent, view.ceiling
    if not spent.requests:
        return f"{plural(view.exchanges, 'exchange')} judged, nothing sent"
    parts = [f"{spent.requests} of at most {plural(most.requests, 'request')}"]
    parts.append(f"{spent.images} of at most {plural(most.images, 'image')}")
    if spent.cost or (spent.cost is not None and most.cost is not None):
        parts.append(_money(view))
    return " · ".join(parts)


def _money(view: ReportView) -> str:
    """The cost; without a maximum if the contract does not state every price."""
    spent, most = view.spent.cost, view.ceiling.cost
    if most is not None:
        return f"{money_text(spent, '').strip()} of at most {money_text(most, view.currency)}"
    return f"at least {money_text(spent, view.currency)}"


def _coverage(view: ReportView) -> str:
    which = "claims" if view.demands.strict_coverage else "claims checkable with the given flags"
    return f"{percent(view.coverage)} of the {which} were judged"


# ---------------------------------------------------------------------------------------- findings


def _findings(view: ReportView, out: Console) -> None:
    for finding in view.new[:_MOST_IN_FULL]:
        out.print()
        out.print(_title(finding))
        for word, sentence in finding.facts():
            print_hanging(out, Text(f"  {word:<10}", style="dim"), Text(sentence))
        _again(finding, out)
    more = view.new[_MOST_IN_FULL:]
    if more:
        out.print()
        _short([(finding, finding.observed) for finding in more], out)


def _title(finding: ShownFinding) -> Text:
    words = (finding.severity.upper(), _STYLES[finding.severity]), "  ", (finding.statement.short, "bold")
    return Text.assemble(*words, (f"  {finding.fingerprint}", "dim"))


def _again(finding: ShownFinding, out: Console) -> None:
    """The repro command on its own lines; only the terminal wraps them, so it can be copied."""
    if not finding.repro:
        return
    out.print(Text("  again", style="dim"))
    for line in finding.repro.splitlines():
        out.print(Text(f"    {line}"), soft_wrap=True)


def _accepted(view: ReportView, out: Console) -> None:
    if view.accepted:
        out.print()
        out.print(Text("Accepted in the baseline", style="bold"))
        _short([(finding, finding.accepted or "") for finding in view.accepted], out)


def _short(findings: list[tuple[ShownFinding, str]], out: Console) -> None:
    """A line or two for each finding, then the number of those left out."""
    for finding, shown_lines in findings[:_MOST_LINES]:
        text = Text.assemble(finding.statement.short, (f"  {shown_lines}", "dim"))
        print_hanging(out, Text(f"  {finding.severity:<10}", style=_STYLES[finding.severity]), text)
    if len(findings) > _MOST_LINES:
        out.print(Text(f"  and {len(findings) - _MOST_LINES} more: --report json=FILE has them all", style="dim"))


# -------------------------------------------------------------------------------- what was not seen


def _listed(title: str, texts: tuple[str, ...], out: Console) -> None:
    if not texts:
        return
    out.print()
    out.print(Text(title, style="bold"))
    for text in texts[:_MOST_REASONS]:
        print_hanging(out, Text("  - "), Text(text))
    if len(texts) > _MOST_REASONS:
        out.print(Text(f"  and {len(texts) - _MOST_REASONS} more", style="dim"))


def _unjudged(view: ReportView, out: Console) -> None:
    """The reasons why claims were not judged, with counts, and the claims if there are few."""
    titles: dict[Verdict, str] = {"unchecked": "Unchecked", "not-checkable": "Not checkable"}
    for verdict, title in titles.items():
        if view.of(verdict):
            out.print()
            out.print(Text(f"{title}: {len(view.of(verdict))}", style="bold"))
            print_counts(out, view.reasons(verdict), _MOST_REASONS, partial(_names, view, verdict))


def _names(view: ReportView, verdict: Verdict, reason: str) -> list[str]:
    """The claims with this verdict and reason; none if there are too many."""
    names = [judged.statement.short for judged in view.of(verdict) if judged.reason == reason]
    return names if len(names) <= _MOST_NAMES else []
