"""A small slice of what `bench/` tries at length: broken inputs, and runs that are killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def ran(*words):
    """A script of `bench/`, and what it printed."""
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    return done.returncode, done.stdout


def test_no_parser_breaks():
    """Each refuses broken inputs with the errors that it documents, in bounded time."""
    code, printed = ran("bench/fuzz.py", "--count", "400")

    assert 0 == code, printed
    assert printed.endswith("inputs, 0 broken\n")


def test_a_killed_check_buys_nothing_twice():
    """At one point of hundreds: killed, killed again, and run to its end, within the cap."""
    code, printed = ran("bench/kills.py", "1", "3")

    assert 0 == code, printed
    assert "1 of" in printed
