"""Where reports go."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pixpact.contracts.reports import FORMATS
from pixpact.contracts.reports.destination import ReportDestination, ReportError, destinations, write_all


def refused(*texts):
    with pytest.raises(ReportError) as caught:
        destinations(texts, FORMATS)
    return str(caught.value).splitlines()


def test_a_format_and_a_path(tmp_path):
    """An equals sign in the path belongs to the path."""
    path = tmp_path / "a=b.json"

    assert (ReportDestination("json", path), ReportDestination("github", None)) == destinations(
        [f"json={path}", "github=-"], FORMATS
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "jsn=out",
            "'jsn' is not a report format; did you mean 'json'? (formats: github, html, json, junit, markdown, sarif)",
        ),
        (
            "out",
            "'out' is not a report format; write FORMAT=PATH (formats: github, html, json, junit, markdown, sarif)",
        ),
        ("json", "'json' names no file; write json=FILE, or json=- for standard output"),
        ("json=", "'json=' names no file; write json=FILE, or json=- for standard output"),
    ],
)
def test_what_is_no_report_is_refused(text, said):
    """With what would do instead."""
    assert [said] == refused(text)


def test_every_problem_is_reported_at_once(tmp_path):
    """Before anything is sent, so that no paid run ends without its report."""
    said = refused("jsn=x", f"json={tmp_path}/no/such.json", f"junit={tmp_path}")

    assert 3 == len(said)
    assert f"the folder {tmp_path}/no does not exist; make it first" == said[1]
    assert f"{tmp_path} is a folder; name a file in it" == said[2]


def test_two_reports_do_not_share_a_file(tmp_path):
    """The second would take the place of the first."""
    path = tmp_path / "out"

    assert [f"two reports cannot share {path}; give each its own file"] == refused(f"json={path}", f"sarif={path}")
    assert ["two reports cannot share standard output; give each its own file"] == refused("json=-", "junit=-")


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_is_written_whole(form, full, tmp_path):
    """A file is replaced, keeps its permissions, and nothing is left beside it."""
    path = tmp_path / "report"
    path.write_text("old")
    path.chmod(0o640)
    ReportDestination(form, path).write(FORMATS[form](full))

    assert FORMATS[form](full) == path.read_text(encoding="utf-8")
    assert 0o640 == stat.S_IMODE(path.stat().st_mode)
    assert [path] == list(tmp_path.iterdir())


def test_a_link_is_followed(tmp_path):
    """The link stays a link."""
    (tmp_path / "there").write_text("old")
    (tmp_path / "link").symlink_to("there")
    ReportDestination("json", tmp_path / "link").write("new")

    assert (True, "new") == ((tmp_path / "link").is_symlink(), (tmp_path / "there").read_text())


def test_what_is_no_file_is_written_to(tmp_path):
    """A device stays a device."""
    ReportDestination("json", Path(os.devnull)).write("text")

    assert not Path(os.devnull).is_file()


def test_standard_output(capsys):
    """`-` is standard output."""
    ReportDestination("json", None).write("text\n")

    assert "text\n" == capsys.readouterr().out


def test_a_report_that_cannot_be_written_says_why(tmp_path):
    """The old one stays, and no part of the new one is left."""
    folder = tmp_path / "gone"

    with pytest.raises(ReportError, match=r"the json report: .*gone/out cannot be written: No such file or directory"):
        ReportDestination("json", folder / "out").write("text")
    assert [] == list(tmp_path.iterdir())


def test_a_report_that_breaks_off_leaves_the_old_one(tmp_path):
    """A reader finds the old report or the new one, never a part."""
    path = tmp_path / "report"
    path.write_text("old")

    with pytest.raises(UnicodeEncodeError):
        ReportDestination("json", path).write("half \ud800")
    assert "old" == path.read_text()
    assert [path] == list(tmp_path.iterdir())


def test_one_report_that_fails_does_not_keep_the_others(tmp_path):
    """A run that was paid for is written wherever it can be."""
    found = [ReportDestination("json", tmp_path / "gone/a"), ReportDestination("junit", tmp_path / "b")]

    with pytest.raises(ReportError, match="the json report"):
        write_all(found, str.upper)
    assert "JUNIT" == (tmp_path / "b").read_text()
