"""Finds the names of failed tests in the output of test runners.

Parameters of tests are left out: they may contain anything, such as secrets.
"""

from __future__ import annotations

import re

MOST_TESTS = 50

_RUNNERS = {
    "pytest": r"^(?:FAILED|ERROR) (\S+?::[^\s\[]+)",
    "unittest": r"^(?:FAIL|ERROR): \w+ \(([\w.]+)\)",
    "TAP, node --test": r"^\s*not ok \d+ - (.+?)(?: # .*)?$",
    "node --test, spec": r"^\s*\u2716 (.+?) \(\d[\d.]*ms\)",
    "jest": r"^\s*\u25cf (.+ \u203a .+|(?!Console|Test suite).+)$",
    "vitest": r"^\s*FAIL\s+(\S+\.[cm]?[jt]sx? > .+)$",
    "mocha": r"^\s+\d+\) (\S.*[^:\s])$",
    "bun test": r"^\(fail\) (.+?)(?: \[[\d.]+ms\])?$",
    "deno test": r"^(.+?) \.\.\. FAILED(?: \(.*\))?$",
    "go test": r"^\s*--- FAIL: (\S+)",
    "cargo test": r"^test (\S+) \.\.\. FAILED$",
    "Maven Surefire": r"^\[ERROR\] +([A-Z]\w*\.\w+):\d+",
    "Gradle": r"^(\w[\w.]* > .+?) FAILED$",
    "RSpec": r"^rspec (\./\S+:\d+)",
    "PHPUnit": r"^\d+\) ([\w\\]+::\w+)",
    "dotnet test": r"^\s*Failed (\w[\w.]*)(?:\(.*\))? \[",
}
_NAMED = [re.compile(pattern, re.MULTILINE) for pattern in _RUNNERS.values()]


def failed_tests(output: str) -> tuple[str, ...]:
    """The names of the failed tests, unique and sorted, including subtests and suites; at most MOST_TESTS."""
    names = {match[1].strip() for pattern in _NAMED for match in pattern.finditer(output.replace("\r\n", "\n"))}
    # Node's runner reports a file with a failed test as a failed test itself: such names are dropped.
    return tuple(sorted(name for name in names if not re.fullmatch(r"\S*[\w-]+\.(?:test\.)?[cm]?[jt]sx?", name)))[
        :MOST_TESTS
    ]
