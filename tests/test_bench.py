"""A small slice of what `bench/` tries at length: broken inputs, runs that are killed, a mock under faults."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def ran(*words, timeout=100, cwd=ROOT):
    """A script of `bench/`, and what it printed."""
    command = [sys.executable, str(ROOT / words[0]), *words[1:]]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=timeout)
    return done.returncode, done.stdout


def test_no_parser_breaks():
    """Each refuses broken inputs with the errors that it documents, in bounded time."""
    code, printed = ran("bench/fuzz.py", "--count", "400")

    assert 0 == code, printed
    assert printed.endswith("inputs, 0 broken\n")


@pytest.mark.sweep
def test_a_killed_check_buys_nothing_twice():
    """At one point of hundreds: killed, killed again, and run to its end, within the cap."""
    code, printed = ran("bench/kills.py", "1", "3")

    assert 0 == code, printed
    assert "1 of" in printed


@pytest.mark.sweep
def test_no_parser_breaks_at_length():
    """Other numbers than those of the short one, and more of them."""
    code, printed = ran("bench/fuzz.py", "--count", "20000", "--first", "1000000", timeout=600)

    assert 0 == code, printed
    assert printed.endswith("inputs, 0 broken\n")


def test_fuzzing_goes_on_where_it_ended(tmp_path):
    """No number is tried twice, and none is left out."""
    file = tmp_path / "fuzz.json"
    words = ("bench/fuzz.py", "duration", "image", "--results", str(file))
    tried = []
    for count in ("100", "100", "300"):
        code, printed = ran(*words, "--count", count)
        assert 0 == code, printed
        tried.append((json.loads(file.read_text())["inputs"], printed.splitlines()[0]))

    assert [100, 100, 300] == [inputs for inputs, _ in tried]
    assert tried[1][1].startswith("duration: 0 inputs from 50, 0 broken")
    assert tried[2][1].startswith("duration: 100 inputs from 50, 0 broken")


@pytest.mark.sweep
def test_a_mock_under_faults_loses_nothing_and_bills_nothing_twice(tmp_path):
    """For a moment, at a gentle rate; every order is followed to its end."""
    code, printed = ran("bench/soak.py", "0.2", "5", "50", str(tmp_path / "soak.json"), timeout=500)

    assert 0 == code, printed
    assert "0 lost, 0 billed twice" in printed


def test_the_page_on_trust_is_what_the_runs_left():
    """Written from their results, and by nobody's hand."""
    written = runpy.run_path(str(ROOT / "bench" / "trust.py"))["page"]()

    assert (ROOT / "docs" / "trust.md").read_text() == written
