"""What was attacked, and what was lost: `python bench/trust.py` runs the tests of each threat and writes docs/trust.md.

Beside the tests the page has what three long runs left in `bench/results/`: `fuzz.json`, `kills.json` and `soak.json`.
`python bench/trust.py --page` writes it anew without running anything. The exit code is 1 where tests fail, or where
one of these runs lost something.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE, RESULTS = ROOT / "docs" / "trust.md", Path(__file__).parent / "results"
WIDTH = 60
"""Characters of the longest bar of the memory curve."""
STEP = 2.0
"""Minutes between two bars."""


@dataclass(frozen=True, slots=True)
class TrustThreat:
    """Who could do what to whom, what is tried, and where."""

    who: str
    what: str
    tries: str
    tests: tuple[str, ...]


THREATS = (
    TrustThreat(
        "a client",
        "sends without end",
        "headers, bodies, slow and silent connections, faults, journals",
        ("tests/mockserver/test_bounds.py",),
    ),
    TrustThreat(
        "a client",
        "sends JSON or forms that nobody can read",
        "depth, NaN, lone surrogates, UTF-16, many parts",
        ("tests/wire/test_bodies.py",),
    ),
    TrustThreat(
        "a web page",
        "uses the control side, also by a name that leads here",
        "foreign `Host` and `Origin`",
        ("tests/mockserver/control/test_control.py",),
    ),
    TrustThreat(
        "the network",
        "reads the journal, steers the mock, finds out links",
        "requests off loopback without the token",
        ("tests/mockserver/control/test_guard.py",),
    ),
    TrustThreat(
        "a stranger's folder",
        "spends, sends a key, writes elsewhere",
        "each flag that `pixpact.toml` may set",
        ("tests/pixpact/cli/test_consent.py",),
    ),
    TrustThreat(
        "a stranger's document",
        "runs commands in terminals and logs",
        "escape sequences, turned text, workflow commands",
        ("tests/contracts/reports/test_sanitize.py",),
    ),
    TrustThreat(
        "a stranger's document",
        "has patterns over which an engine thinks for years",
        "backtracking, huge repetitions, ECMA-262",
        ("tests/contracts/samples/test_pattern_texts.py",),
    ),
    TrustThreat(
        "a vendor",
        "answers with anything at all",
        "odd bodies, statuses, framings, polls and recordings",
        ("tests/contracts/odd", "tests/pixpact/cli/test_check_hostile.py"),
    ),
    TrustThreat(
        "a vendor",
        "leads downloads to this machine or its network",
        "redirects, decimal and IPv6 forms, names",
        ("tests/contracts/transport/test_downloads.py", "tests/contracts/transport/test_hosts.py"),
    ),
    TrustThreat(
        "a vendor",
        "repeats the key, so that it is written down",
        "canaries in every flag, file, variable, header, cookie, query, body and link",
        ("tests/pixpact/canaries", "tests/wire/test_redaction.py"),
    ),
    TrustThreat(
        "a host of images",
        "gets the key from the proxy",
        "links on other hosts, redirects between them",
        ("tests/pixpact/proxy/test_rewriting.py",),
    ),
    TrustThreat(
        "a second run",
        "buys twice with one plan file",
        "two runs at once, cut and odd plan files",
        ("tests/wire/test_locks.py", "tests/contracts/plan/test_planfile.py"),
    ),
    TrustThreat(
        "a crash",
        "loses what was acknowledged",
        "`kill -9` of one of several processes, a store that goes away",
        ("tests/mockserver/stores/test_processes.py",),
    ),
)

FINDS = (
    ("a query that is no UTF-8 broke the control side", "read as what it is", "tests/mockserver/control/test_guard.py"),
    (
        "a pattern of thousands of characters ended the process",
        "patterns are measured before they are compiled",
        "tests/contracts/samples/test_pattern_texts.py",
    ),
    (
        "a check that went on with a plan file broke on a refusal whose request the file did not hold as planned",
        "read from what was sent",
        "tests/contracts/plan/test_planfile.py",
    ),
    (
        "a password in a URL that cannot be read stood in the error of `--url`, `--upstream` and `--store`",
        "errors quote no part of it",
        "tests/pixpact/canaries/test_serve.py",
    ),
    (
        "what `pixpact.toml` sets was shown with the values of `--cookie` and `--query`",
        "shown as …",
        "tests/pixpact/canaries/test_check.py",
    ),
    (
        "a key that comes back percent-encoded twice, or behind `Basic`, stood in recordings and reports",
        "known in these spellings",
        "tests/pixpact/canaries/test_check.py",
    ),
    (
        "a key that comes back in a header stood in the proxy's recording",
        "headers are searched by value too",
        "tests/pixpact/canaries/test_proxy.py",
    ),
    (
        "a key of one client in the body of another stood in the journal, a password of a link in rows of the console",
        "every key in use is taken out of every exchange; a link that is cut off is left out",
        "tests/pixpact/canaries/test_serve.py",
    ),
    (
        "a key in the query of a task stood in shared stores, and anybody on the machine could read a SQLite file",
        "keys are left out, the file is its owner's",
        "tests/pixpact/canaries/test_serve.py",
    ),
    (
        "`pixpact drill` printed the end of a suite's output with keys and escape sequences",
        "filtered, without the secrets of the environment",
        "tests/pixpact/canaries/test_drill.py",
    ),
    (
        "a wrong value in a list of `pixpact.toml` was told with the value in place of its place",
        "told with its place",
        "tests/pixpact/cli/test_config.py",
    ),
    (
        "of 100,000 tasks with the toy's short ids 109 got the id of another task of the same key, and one was lost",
        "an id that a task has is drawn anew",
        "tests/mockserver/requests/test_tasks.py",
    ),
    ("click 8.2, which is allowed, could not start the command", "it can", ".ci/packaging"),
    (
        "a plan of a request schema with a hundred alternatives or fields took minutes",
        "bodies that are read are counted; what is left is not checkable, with its place",
        "tests/contracts/claims/test_effort.py",
    ),
    (
        "a published document with a wrong type, or a `$ref` to something around it, ended `adopt` with code 4",
        "left out, with a note",
        "tests/specs/adopt/test_wrong_shapes.py",
    ),
    (
        "a pattern in the target of an overlay could take years",
        "linear time; targets are bounded",
        "tests/specs/openapi/test_overlay.py",
    ),
    (
        "what a slow or suspended check missed itself could be a finding: downloads out of time, expiries, clocks",
        "not judged",
        "tests/contracts/checks/test_images.py",
    ),
    ("a reader that closed the pipe ended a command with 1", "141", "tests/pixpact/cli/test_streams.py"),
    ("a source distribution lacked the specs", "its contents are asserted", "tests/test_wheel.py"),
)
"""What these runs and tests found: the fault, how it is mended, and what tries it from now on."""


def passed(tests: tuple[str, ...]) -> tuple[int, bool]:
    """How many tests passed, and whether all did."""
    words = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", "-m", "", *tests]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    count = re.search(r"(\d+) passed", done.stdout)
    return int(count[1]) if count else 0, done.returncode == 0


def run() -> dict[str, Any]:
    """Run the tests of each threat; tests of the first one → how many passed, and whether all did."""
    results = {}
    for threat in THREATS:
        count, whole = passed(threat.tests)
        results[threat.tests[0]] = {"passed": count, "whole": whole}
        print(f"{threat.who} {threat.what}: {count} passed{'' if whole else ', and some failed'}", flush=True)
    return results


def kept(name: str) -> dict[str, Any]:
    """The results of one run. Raises FileNotFoundError."""
    results: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return results


def link(path: str) -> str:
    """A file of the repository, as the page links it."""
    return f"[{path.removeprefix('tests/')}](../{path})"


def curve(samples: list[list[float]]) -> list[str]:
    """Resident memory over time: a bar every few minutes, from 0."""
    most = max(size for _, size in samples)
    shown: list[list[float]] = []
    for minute, size in samples:
        if not shown or minute >= shown[-1][0] + STEP:
            shown.append([minute, size])
    return [f"{minute:5.0f} min {size:5.0f} MB {'#' * round(size / most * WIDTH)}" for minute, size in shown]


def paragraph(*sentences: str) -> list[str]:
    """Sentences as lines of one paragraph, and an empty line behind it."""
    return [*wrap(" ".join(sentences), 150, break_long_words=False, break_on_hyphens=False), ""]


def threats() -> list[str]:
    """The table of threats."""
    outcomes, rows = kept("trust"), []
    for threat in THREATS:
        outcome = outcomes[threat.tests[0]]
        lost = "nothing" if outcome["whole"] else "**tests fail**"
        where = ", ".join(map(link, threat.tests))
        rows.append(f"| {threat.who} {threat.what} | {threat.tries} | {outcome['passed']} | {lost} | {where} |")
    return [
        "| who could do what | what is tried | tests that passed | lost | where |",
        "| --- | --- | --- | --- | --- |",
        *rows,
    ]


def broken_inputs() -> list[str]:
    """What became of inputs that are broken."""
    fuzz = kept("fuzz")
    parsers = ", ".join(f"{name} {one['tried']:,}" for name, one in fuzz["parsers"].items())
    return paragraph(
        f"`python bench/fuzz.py` tried {fuzz['inputs']:,} inputs, each made from its number.",
        f"{fuzz['broken']} broke something: an error that a parser does not document, a 5xx, two seconds of CPU.",
        f"A slice runs in CI. Inputs by parser: {parsers}.",
    )


def killed_checks() -> list[str]:
    """What became of checks that were killed."""
    kills = kept("kills")
    codes = ", ".join(f"{times} with {code}" for code, times in kills["exit codes"].items())
    end = "" if "1" in kills["exit codes"] else "; it came in an earlier run, on a machine at ten times its load"
    return paragraph(
        "`python bench/kills.py` killed `pixpact check --plan-file` at",
        f"{kills['points']} of {kills['of']} points (each line that goes to the disk, each request, each response),",
        "killed it again in the middle of the rest, and let it end.",
        f"Runs that bought more than the cap or sent a paid request twice, by the mock's ledger: {kills['wrong']}.",
        f"At most {kills['most images']} images were bought at a cap of {kills['cap']}.",
        f"Exit codes of the last runs: {codes}. With 3 what may have been bought is not sent again, and so not judged.",
        f"1 would be a finding against a mock that keeps its contract{end}.",
    )


def soaked_mock() -> list[str]:
    """What became of a mock under faults."""
    soak = kept("soak")
    faults = ", ".join(f"{name} {count:,}" for name, count in soak["faults"].items())
    return [
        f"## {soak['minutes']:g} minutes under faults",
        "",
        *paragraph(
            f"`python bench/soak.py`: a mock that remembers {soak['remembered before']:,} tasks, and",
            f"{soak['orders']:,} orders of robust clients.",
            f"Orders, images or callbacks that were lost: {len(soak['lost'])}.",
            f"Charges that were wrong: {len(soak['billed twice'])}.",
            f"{soak['images']:,} images and {soak['callbacks']['taken']:,} callbacks arrived.",
            f"Faults that struck: {faults}.",
        ),
        f"Resident memory grew by {soak['growth']:.1%} from the second to the last quarter:",
        "",
        "```text",
        *curve(soak["memory"]),
        "```",
    ]


def page() -> str:
    """The page, from what is kept of the runs."""
    finds = [f"| {fault} | {mended} | {link(where)} |" for fault, mended, where in FINDS]
    return "\n".join(
        [
            "# What was attacked, and what was lost",
            "",
            *paragraph(
                "Written by `python bench/trust.py` from the results of runs in `bench/results/`.",
                "[SECURITY.md](../SECURITY.md) says what is protected, and from whom.",
            ),
            *threats(),
            "",
            "## Broken inputs",
            "",
            *broken_inputs(),
            "## Killed checks",
            "",
            *killed_checks(),
            *soaked_mock(),
            "",
            "## What was found",
            "",
            "| fault | mended | tried by |",
            "| --- | --- | --- |",
            *finds,
            "",
        ]
    )


def fine() -> bool:
    """Whether nothing was lost anywhere."""
    fuzz, kills, soak = (kept(name) for name in ("fuzz", "kills", "soak"))
    whole = all(one["whole"] for one in kept("trust").values())
    return whole and not (fuzz["broken"] or kills["wrong"] or soak["lost"] or soak["billed twice"])


if __name__ == "__main__":
    if "--page" not in sys.argv:
        (RESULTS / "trust.json").write_text(json.dumps(run(), indent=1) + "\n")
    PAGE.write_text(page(), encoding="utf-8")
    sys.exit(0 if fine() else 1)
