"""`pixpact check … --propose`, as users run it: what it writes, what it says, and that the check then passes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pixpact.cli import main
from pixpact.specs.document import read

ROOT = Path(__file__).parent.parent.parent
TOY = str(ROOT / "fixtures/specs/toy.yaml")
AT = ("--url", "http://127.0.0.1:4747/toy")


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Run the command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIXPACT_API_KEY", raising=False)

    def run(*arguments):
        words = ["check", *map(str, arguments), "--quiet"]
        return CliRunner().invoke(main, words, env={"COLUMNS": "120"}, catch_exceptions=False)

    return run


@pytest.fixture
def recorded(check):
    """What a toy of next year was seen to do, as a recording."""
    assert 0 == check(f"{TOY}", "--fuzz", "0", "--record", "this.har").exit_code
    assert 0 == check(f"{TOY}@2027", "--fuzz", "0", "--record", "next.har").exit_code


def test_the_check_passes_with_what_was_proposed(check, recorded):
    """Contract and overlay together say what was seen; the base alone does not."""
    first = check(TOY, "--traffic", "next.har", *AT, "--propose", "seen.yaml")
    again = check(f"{TOY}@seen.yaml", "--traffic", "next.har", *AT, "--min-coverage", "0")

    assert 1 == first.exit_code
    assert 0 == again.exit_code, again.output
    assert "seen.yaml: " in first.stderr


def test_the_overlay_says_what_it_builds_on(check, recorded):
    """Where the base is from there, when it was seen, and the claim of each action."""
    check(TOY, "--traffic", "next.har", *AT, "--propose", "seen.yaml")
    overlay = read(Path("seen.yaml"))

    assert Path(TOY).resolve() == (Path.cwd() / overlay.value["extends"]).resolve()
    assert "2026-01-01" == overlay.value["info"]["version"]
    assert all(action["x-claim"].startswith("toy:") for action in overlay.value["actions"])


def test_the_same_run_gives_the_same_overlay(check, recorded):
    """Byte for byte: it can be compared and reviewed."""
    texts = []
    for name in ("one.yaml", "two.yaml"):
        check(TOY, "--traffic", "next.har", *AT, "--propose", name)
        texts.append(Path(name).read_bytes())

    assert texts[0] == texts[1]


def test_where_nothing_was_found_nothing_is_written(check, recorded):
    """And that is said: an old file of that name could be taken for today's."""
    done = check(TOY, "--traffic", "this.har", *AT, "--propose", "seen.yaml", "--min-coverage", "0")

    assert 0 == done.exit_code
    assert not Path("seen.yaml").exists()
    assert "the contract is true as it is" in done.stderr


def test_a_place_that_cannot_be_written_is_told_before_anything_is_sent(check):
    """Exit code 2, the place and the remedy."""
    done = check(TOY, "--fuzz", "0", "--propose", "no/such/folder/seen.yaml")

    assert 2 == done.exit_code
    assert "no/such/folder/seen.yaml cannot be written" in done.output


def test_a_plan_proposes_nothing(check):
    """One of the two flags would do nothing."""
    done = check(TOY, "--plan", "--propose", "seen.yaml")

    assert 2 == done.exit_code
    assert "--propose has nothing to do" in done.output
