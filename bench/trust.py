"""Writes docs/trust.md: each threat, what was tried and what was lost. `python bench/trust.py [INPUTS] [KILL_POINTS]`.

The tests of each threat are run, broken inputs are tried on every parser, and a check is killed and gone on with. A
threat whose tests fail is told as such; the exit code is 1 then.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "trust.md"


@dataclass(frozen=True, slots=True)
class TrustThreat:
    """Who could do what to whom, and where it is tried."""

    who: str
    what: str
    tests: tuple[str, ...]


THREATS = (
    TrustThreat(
        "a client", "headers, bodies, silence, connections and faults without end", ("tests/mockserver/test_bounds.py",)
    ),
    TrustThreat("a client", "JSON and forms that are broken, deep or of many parts", ("tests/wire/test_bodies.py",)),
    TrustThreat(
        "a web page",
        "uses the control side, also by a name that leads here",
        ("tests/mockserver/control/test_control.py",),
    ),
    TrustThreat(
        "the network",
        "reads the journal, steers the mock, finds out links",
        ("tests/mockserver/control/test_guard.py",),
    ),
    TrustThreat(
        "a stranger's folder", "spends, sends a key or writes elsewhere", ("tests/pixpact/cli/test_consent.py",)
    ),
    TrustThreat(
        "a stranger's document", "runs commands in terminals and logs", ("tests/contracts/reports/test_plain.py",)
    ),
    TrustThreat(
        "a stranger's document",
        "patterns over which an engine thinks for years",
        ("tests/contracts/samples/test_pattern_texts.py",),
    ),
    TrustThreat(
        "a vendor", "answers with anything at all", ("tests/contracts/odd", "tests/pixpact/cli/test_check_hostile.py")
    ),
    TrustThreat(
        "a vendor",
        "leads downloads to this machine or its network",
        ("tests/contracts/transport/test_downloads.py", "tests/contracts/transport/test_hosts.py"),
    ),
    TrustThreat(
        "a vendor",
        "repeats the key, so that it is written down",
        ("tests/pixpact/test_canaries.py", "tests/wire/test_redaction.py"),
    ),
    TrustThreat("a host of images", "gets the key from the proxy", ("tests/pixpact/proxy/test_rewriting.py",)),
    TrustThreat(
        "a second run",
        "buys twice with one plan file",
        ("tests/wire/test_locks.py", "tests/contracts/plan/test_planfile.py"),
    ),
)


def passed(tests: tuple[str, ...]) -> tuple[int, bool]:
    """How many tests passed, and whether all did."""
    words = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    found = re.search(r"(\d+) passed", done.stdout)
    return int(found[1]) if found else 0, done.returncode == 0


def last_line(*words: str) -> tuple[str, bool]:
    """What a script of `bench/` prints last, and whether all was well."""
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return (done.stdout.splitlines() or ["nothing"])[-1], done.returncode == 0


def rows() -> tuple[list[str], bool]:
    """A row for each threat."""
    found, fine = [], True
    for threat in THREATS:
        count, whole = passed(threat.tests)
        fine &= whole
        links = ", ".join(f"[{Path(path).name}](../{path})" for path in threat.tests)
        lost = "nothing" if whole else "**tests fail**"
        found.append(f"| {threat.who} | {threat.what} | {count} | {lost} | {links} |")
        print(found[-1], flush=True)
    return found, fine


def main(inputs: int, points: int) -> int:
    """Run everything and write the page; 1 where something was lost."""
    table, fine = rows()
    fuzzed, held = last_line("bench/fuzz.py", str(inputs))
    killed, kept = last_line("bench/kills.py", str(points))
    lines = [
        "# What was attacked, and what was lost",
        "",
        "Written by `python bench/trust.py`; [SECURITY.md](../SECURITY.md) says what is protected, and from whom.",
        "",
        "| from | threat | tests that passed | lost | where it is tried |",
        "| --- | --- | --- | --- | --- |",
        *table,
        "",
        f"- Broken inputs for every parser ([bench/fuzz.py](../bench/fuzz.py)): {fuzzed}.",
        f"- A check that is killed, and gone on with ([bench/kills.py](../bench/kills.py)): {killed}.",
        "",
        "What they found, all mended: a query that is no UTF-8 broke the control side; a pattern of",
        "thousands of characters ended the process; a refusal of a request that a plan file had not kept whole ended a",
        "check; a form that cannot be read was logged where nobody asked for it.",
        "",
    ]
    PAGE.write_text("\n".join(lines), encoding="utf-8")
    return 0 if fine and held and kept else 1


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*(numbers + [1_000_000, 200][len(numbers) :])))
