"""Annotations of GitHub Actions."""

from __future__ import annotations

import pytest

from pixpact.contracts.reports import FORMATS
from pixpact.contracts.reports.annotations import escaped, escaped_property, line
from pixpact.contracts.reports.notice import NoticeRule, ReportNotice


@pytest.mark.parametrize(
    ("text", "message", "value"),
    [
        ("50% done", "50%25 done", "50%25 done"),
        ("a\r\nb", "a%0D%0Ab", "a%0D%0Ab"),
        ("a, b: c", "a, b: c", "a%2C b%3A c"),
        ("%0A", "%250A", "%250A"),
    ],
)
def test_escaping(text, message, value):
    """What would end a message or a property is written as the runner reads it back."""
    assert message == escaped(text)
    assert value == escaped_property(text)


def test_a_finding_is_a_command_at_its_line(full, toy):
    """One line each, the worst first, since only ten of a kind are shown."""
    lines = FORMATS["github"](full).splitlines()
    place = f"file=fixtures/specs/toy.yaml,line={toy.copies.origin.line},"

    assert lines[0].startswith(
        f"::error {place}title=breaking%3A startDrawing%3Arequest/ink-1/copies/maximum::promised"
    )
    assert ["::error", "::warning", "::notice"] == [text.partition(" ")[0] for text in lines]


def test_what_the_baseline_accepts_is_a_notice(toy):
    """It is shown, and does not alarm."""
    finding = toy.finding(toy.copies)
    written = FORMATS["github"](toy.view(finding, accepted={finding.fingerprint: "known"}))

    assert written.startswith("::notice ")
    assert "accepted: known" in written


def test_a_run_that_could_not_check_is_reported(toy):
    """Without a file: it is about the run."""
    written = FORMATS["github"](toy.view(failures=("the endpoint did not answer",)))

    assert [
        "::error title=toy@2027%3A Could not be checked::1 planned probe could not be carried out",
        "::warning title=toy@2027%3A Could not be checked::the endpoint did not answer",
    ] == written.splitlines()


def test_nothing_to_report_is_nothing(toy):
    """A clean run has no annotations."""
    assert "" == FORMATS["github"](toy.view())


def test_a_line_that_is_not_known_is_left_out():
    """The annotation then is about the whole file."""
    notice = ReportNotice(NoticeRule("a/b", "A", "B"), "info", "title", "message", "spec.yaml")

    assert "::notice file=spec.yaml,title=title::message" == line(notice)
