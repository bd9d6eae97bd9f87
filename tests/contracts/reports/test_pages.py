"""The pages that the terminal shows of a run: its plan, its progress, its outcome."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from rich.console import Console

from pixpact.cli.pages import check, plan
from pixpact.cli.pages.plan import PlanPage, PlanRow
from pixpact.cli.pages.progress import SECONDS, ProgressLine, RunStatus
from pixpact.contracts.run.result import RunSpending
from pixpact.contracts.samples.prompts import PROMPTS
from pixpact.terminal.console import prose_console

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def printed(view, page=check.page):
    stream = io.StringIO()
    page(view, prose_console(stream))
    return stream.getvalue()


def prose_of(text):
    """The lines without the commands, which are not wrapped."""
    return [line for line in text.splitlines() if not line.startswith("    ")]


# ------------------------------------------------------------------------------------- the outcome


def test_the_page_of_a_finding(full):
    """What was promised and where, what was seen, what it means, how sure it is, and how to see it again."""
    finding = full.findings[0]
    page = printed(full).partition("BREAKING")[2].partition("\nWARNING")[0]

    assert [
        f"  startDrawing:request/ink-1/copies/maximum  {finding.fingerprint}",
        f"  promised  copies 4 is accepted ({finding.statement.place})",
        "  seen      422: copies must be at most 3 (at /copies)",
        "  means     A request that the contract allows fails.",
        "  also      breaks startDrawing:normalisation/ink-1/size/default",
        "  known     toy@2027 describes it: check that contract to expect it",
        "  note      seen once and not confirmed: it may be chance",
        "  again",
        "    curl -i https://api.toy.example/v2/drawings \\",
        '      -H "X-Api-Key: $PIXPACT_API_KEY" \\',
        "      -d '{\"copies\":4}'",
    ] == page.splitlines()


def test_the_page_begins_with_what_it_came_to_and_ends_with_the_exit_code(full):
    """Whoever reads two lines knows."""
    lines = printed(full).splitlines()

    assert full.headline == lines[0]
    assert "Exit code 1: 2 new findings at or above warning." == lines[-1]


def test_the_page_counts_claims_by_area(full):
    """A dot where there is none, so that the numbers stand out."""
    rows = [line.split() for line in printed(full).splitlines()]

    assert ["request", "·", "1", "·", "·"] in rows
    assert ["all", "·", "4", "·", "2"] in rows


def test_without_a_known_ceiling_the_page_names_none(full):
    """Money that was spent is reported; a limit that nobody knows is not."""
    lines = printed(replace(full, ceiling=replace(full.ceiling, cost=None)), check.page).splitlines()

    assert "42 of at most 120 requests · 9 of at most 30 images · at least 0.21 EUR" in lines


def test_few_claims_are_named_and_many_counted(full):
    """Whoever reads that one claim was not judged wants to know which."""
    verdict, reason = next((it.verdict, it.reason) for it in full.judged if it.reason)
    alike = [it for it in full.of(verdict) if it.reason == reason]
    names = [" " * 9 + it.statement.short for it in alike]
    crowd = replace(full, judged=(*full.judged, *alike * 9))

    assert names
    assert set(names) <= set(printed(full).splitlines())
    assert set(names).isdisjoint(printed(crowd).splitlines())


def test_the_page_says_what_was_spent_against_the_ceiling(full):
    """Requests, images, money."""
    lines = printed(full).splitlines()

    assert "42 of at most 120 requests · 9 of at most 30 images · 0.21 of at most 0.68 EUR" in lines
    assert "100 % of the claims checkable with the given flags were judged" in lines


def test_the_page_of_recordings_says_that_nothing_was_sent(toy):
    """There is no ceiling."""
    page = printed(toy.view(spent=RunSpending(), ceiling=RunSpending(), exchanges=7))

    assert "7 exchanges judged, nothing sent" in page.splitlines()


def test_the_page_fits_eighty_columns(toy):
    """However long the texts of an endpoint are; commands alone stay on their lines, to be copied whole."""
    findings = [
        toy.finding(toy.copies, observed="wörd " * 60, pointer="/x"),
        toy.finding(toy.state, observed="x" * 399, repro="curl " + "y" * 300),
        toy.finding(toy.key, observed="漢" * 200),
    ]
    page = printed(toy.view(*findings, failures=("no response from " + "z" * 200,), target="https://" + "h" * 200))

    assert [] == [line for line in prose_of(page) if Console(width=80).render_str(line).cell_len > 80]
    assert "    curl " + "y" * 300 in page.splitlines()


def test_hundreds_of_findings_do_not_make_hundreds_of_pages(toy):
    """The worst in full, the next a line each, and where the rest is."""
    findings = [toy.finding(toy.copies, pointer=f"/{number}x") for number in range(300)]
    page = printed(toy.view(*findings))

    assert 25 == page.count("  promised  ")
    assert "  and 235 more: --report json=FILE has them all" in page.splitlines()
    assert len(page.splitlines()) < 400


def test_hundreds_of_unjudged_claims_are_a_few_lines(toy):
    """Grouped by reason, the most frequent first."""
    judgements = [toy.unjudged(f"image/{n}", "unchecked", f"reason {n % 20:02}") for n in range(500)]
    page = printed(toy.view(judgements=tuple(judgements)))

    assert "Unchecked: 500" in page.splitlines()
    assert "   25  reason 00" in page.splitlines()
    assert "  200  for 8 other reasons: --report json=FILE has them all" in page.splitlines()


def test_notes_and_failures_are_shown(toy):
    """What could not be carried out, and what the baseline says."""
    page = printed(toy.view(failures=("no response",) * 14, baseline_notes=("b.yaml:2: x expired",)))

    assert 12 == page.splitlines().count("  - no response")
    assert "  and 2 more" in page.splitlines()
    assert "  - b.yaml:2: x expired" in page.splitlines()


def test_there_is_no_colour_unless_the_stream_is_a_terminal(full, monkeypatch):
    """Logs and files get text."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    terminal = Terminal()
    check.page(full, prose_console(terminal))

    assert ESCAPE.search(printed(full)) is None
    assert ESCAPE.search(terminal.getvalue()) is not None
    assert full.headline in ESCAPE.sub("", terminal.getvalue())


def test_the_page_shows_what_would_do_something(hostile):
    """No escape sequence of an endpoint reaches the terminal, and no markup is read."""
    page = printed(hostile("\x1b[2J[bold]:smile: [link=https://e.invalid]x"))

    assert "\x1b" not in page
    assert r"\x1b[2J[bold]:smile: [link=https://e.invalid]x" in page


@pytest.mark.parametrize("changes", [{"judgements": ()}, {"interrupted": True}, {"findings": ()}])
def test_a_page_of_little_is_a_page(toy, changes):
    """Nothing is missing where there is nothing to show."""
    assert printed(toy.view(**changes)).splitlines()[-1].startswith("Exit code ")


# ---------------------------------------------------------------------------------------- the plan

ROWS = (
    PlanRow(1, "startDrawing", "no key", ("toy:startDrawing:refusal/unauthenticated",)),
    PlanRow(
        2,
        "startDrawing",
        "ink-1, 4 copies, paper none",
        tuple(f"toy:startDrawing:request/ink-1/{name}" for name in ("copies", "paper", "size", "model", "sign")),
        4,
        Decimal("0.08"),
    ),
)
PLAN = PlanPage(
    "toy", "https://api.toy.example", ROWS, RunSpending(9, 4, Decimal("0.080")), 12, "EUR", {"needs a day": 3}
)


def test_the_plan_shows_probes_and_their_ceiling():
    """What each exercises, what it may cost, and all of it together."""
    lines = printed(PLAN, plan.page).splitlines()

    assert "toy: 2 probes for 6 of 12 claims" == lines[0]
    assert "At most 9 requests, 4 images, 0.08 EUR. Nothing has been sent." in lines
    assert "    3  needs a day" in lines
    page = " ".join(" ".join(lines).split())
    assert "request/ink-1/copies" in page
    assert "+2" in page
    assert [] == [line for line in lines if len(line) > 80]


def test_a_probe_of_one_claim_names_it_whole():
    """A value in an id may have a colon."""
    row = PlanRow(1, "x", "y", ("toy:x:image/pixels/16:9",))

    assert "image/pixels/16:9" in printed(PlanPage("toy", "t", (row,), RunSpending(1), 1), plan.page)


def test_a_plan_without_a_price_says_so():
    """No number is invented."""
    unpriced = PlanPage("toy", "t", (PlanRow(1, "x", "y", (), 1),), RunSpending(1, 1, None), 1)

    page = " ".join(printed(unpriced, plan.page).split())
    assert "At most 1 request, 1 image, at a price that the contract does not state: give --price." in page


def test_a_plan_of_which_some_prices_are_known_reports_them():
    """And how many images come on top."""
    rows = (*ROWS, PlanRow(3, "startDrawing", "y", (), 2))
    page = " ".join(printed(replace(PLAN, rows=rows, ceiling=RunSpending(9, 6, None)), plan.page).split())

    assert "At most 9 requests, 6 images, 0.08 EUR and 2 images whose price is not stated: give --price." in page
    assert "2 images · no price is stated" in page


def test_a_plan_shows_the_values_that_it_sends():
    """Of a request that must be refused; the usual prompt is left out, references are named by what they are."""
    body = {"model": "ink-1", "prompt": PROMPTS[0], "copies": 5, "sketch": ["https://pixpact.invalid/picture/png-9x9"]}
    row = PlanRow(1, "x", "copies that breaks maximum 4 is refused", (), body=body)
    odd = PlanRow(2, "x", "prompt that breaks type string is refused", (), body={"prompt": 1})
    lines = printed(PlanPage("toy", "t", (row, odd), RunSpending(1), 1), plan.page).splitlines()

    assert '     model "ink-1", copies 5, sketch ["png-9x9"]' in lines
    assert "     prompt 1" in lines


def test_probes_stand_under_their_operation():
    """In the order in which they are sent, with what they buy and exercise below."""
    lines = printed(PLAN, plan.page).splitlines()
    at = lines.index("startDrawing")

    assert ["1  no key", "     refusal/unauthenticated", "2  ink-1, 4 copies, paper none"] == lines[at + 1 : at + 4]
    assert lines[at + 4].startswith("     4 images · 0.08 EUR · request/ink-1/copies")
    assert 1 == lines.count("startDrawing")


def test_a_probe_reports_first_what_no_probe_before_it_exercises():
    """What all of them exercise would hide what each is for."""
    claims = tuple(f"toy:x:request/{name}" for name in ("model", "prompt", "type", "paper", "size"))
    rows = (PlanRow(1, "x", "a", claims[:3]), PlanRow(2, "x", "b", claims))

    assert "request/paper, request/size, request/model +2" in printed(replace(PLAN, rows=rows), plan.page)


def test_a_plan_that_buys_nothing_speaks_of_no_money():
    """Negatives are free."""
    free = PlanPage("toy", "t", ROWS[:1], RunSpending(1, 0, None), 1)

    assert "At most 1 request, 0 images. Nothing has been sent." in printed(free, plan.page)


# ------------------------------------------------------------------------------------ the progress

STANDING = RunStatus(12, 48, 31, 4, Decimal("0.0912"), "EUR", 1)


def test_a_terminal_shows_where_a_run_stands_and_is_left_clean(monkeypatch):
    """Probes, requests, images, money, findings; then the line is taken away."""
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = Terminal()
    with ProgressLine(lambda: 0.0, stream) as progress:
        progress.show(STANDING)
    text = ESCAPE.sub("", stream.getvalue())

    assert "12/48 probes · 31 requests · 4 images · 0.0912 EUR · 1 finding" in text
    assert stream.getvalue().rstrip().endswith(("\x1b[2K", "\x1b[?25h"))


def test_a_log_gets_a_line_now_and_then():
    """None at once, and one when time has passed."""
    now = [0.0]
    stream = io.StringIO()
    with ProgressLine(lambda: now[0], stream) as progress:
        for seconds in (1, SECONDS - 1, SECONDS, SECONDS + 1, 2 * SECONDS):
            now[0] = seconds
            progress.show(STANDING)

    line = "pixpact: 12 of 48 probes · 31 requests · 4 images · 0.0912 EUR · 1 finding"
    assert [line, line] == stream.getvalue().splitlines()


def test_a_run_without_prices_speaks_of_no_money():
    """The contract states none."""
    assert "1 request · 0 images · 0 findings" == str(RunStatus(1, 2, requests=1))
