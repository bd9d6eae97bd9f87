"""`pixpact check … --propose`, as users run it: what it writes, what it says, and that the check then passes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pixpact.cli.main import main
from pixpact.specs.openapi.document import read

pytestmark = pytest.mark.sweep

ROOT = Path(__file__).parents[3]
TOY = str(ROOT / "fixtures/specs/toy.yaml")
OTHERWISE = """\
overlay: 1.0.0
info: {title: What the toy does, version: mutant}
actions:
  - target: $.components.schemas.Crayon['x-images'].pixels.table
    update: {small: 500x500}
  - target: $.components.schemas.Sketches.properties
    update: {spent: {type: integer}}
  - target: $.paths['/v2/sketches'].post.responses['200'].content['application/json'].examples.*.value
    update: {spent: 3}
"""
AT = ("--url", "http://127.0.0.1:4747/toy")


def run(*arguments):
    """The command in this process, without its page."""
    words = ["check", *map(str, arguments), "--quiet"]
    return CliRunner().invoke(main, words, env={"COLUMNS": "120"}, catch_exceptions=False)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """What a toy was seen to do that keeps its contract (`this.har`), and one that does otherwise (`other.har`)."""
    folder = tmp_path_factory.mktemp("recordings")
    (folder / "other.yaml").write_text(OTHERWISE)
    for name, vendor in (("this", TOY), ("other", f"{TOY}@{folder / 'other.yaml'}")):
        assert 0 == run(vendor, "--fuzz", "0", "--record", folder / f"{name}.har").exit_code
    return folder


@pytest.fixture
def check(tmp_path, monkeypatch):
    """The command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIXPACT_API_KEY", raising=False)
    return run


def test_the_check_passes_with_what_was_proposed(check, recordings):
    """Contract and overlay together say what was seen; the base alone does not."""
    first = check(TOY, "--traffic", recordings / "other.har", *AT, "--propose", "seen.yaml")
    again = check(f"{TOY}@seen.yaml", "--traffic", recordings / "other.har", *AT, "--min-coverage", "0")

    assert 1 == first.exit_code
    assert 0 == again.exit_code, again.output
    assert "seen.yaml: 2 of 2 findings expressed" in first.stderr


def test_the_overlay_says_what_it_builds_on(check, recordings):
    """Where the base is from there, when it was seen, and the claim of each action."""
    check(TOY, "--traffic", recordings / "other.har", *AT, "--propose", "seen.yaml")
    overlay = read(Path("seen.yaml"))

    assert Path(TOY).resolve() == (Path.cwd() / overlay.value["extends"]).resolve()
    assert "2026-01-01" == overlay.value["info"]["version"]
    assert all(action["x-claim"].startswith("toy:") for action in overlay.value["actions"])


def test_the_same_run_gives_the_same_overlay(check, recordings):
    """Byte for byte: it can be compared and reviewed."""
    texts = []
    for name in ("one.yaml", "two.yaml"):
        check(TOY, "--traffic", recordings / "other.har", *AT, "--propose", name)
        texts.append(Path(name).read_bytes())

    assert texts[0] == texts[1]


def test_where_nothing_was_found_nothing_is_written(check, recordings):
    """And that is said: an old file of that name could be taken for today's."""
    done = check(TOY, "--traffic", recordings / "this.har", *AT, "--propose", "seen.yaml", "--min-coverage", "0")

    assert 0 == done.exit_code
    assert not Path("seen.yaml").exists()
    assert "the contract is true as it is" in done.stderr


def test_a_place_that_cannot_be_written_is_reported_before_anything_is_sent(check):
    """Exit code 2, the place and the remedy."""
    done = check(TOY, "--fuzz", "0", "--propose", "no/such/folder/seen.yaml")

    assert 2 == done.exit_code
    assert "no/such/folder" in done.output


def test_a_plan_proposes_nothing(check):
    """One of the two flags would do nothing."""
    done = check(TOY, "--plan", "--propose", "seen.yaml")

    assert 2 == done.exit_code
    assert "--propose has nothing to do" in done.output
