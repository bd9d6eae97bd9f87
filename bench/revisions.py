"""What `pixpact diff` makes of the real history of a document: seconds, memory, and how much stays undecided.

Usage: python bench/revisions.py BASE REVISION
       python bench/revisions.py REPOSITORY PATH [PAIRS]

The second form takes so many pairs of successive versions (10), evenly spread over the history of one file in a clone,
and the first with the last. Nothing of it is kept.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from pixpact.contracts.diff.read.contract_version import read_version
from pixpact.contracts.diff.report import comparison
from pixpact.specs.openapi.document import SpecDocument, parse, read
from pixpact.specs.openapi.problems import SpecError

FAULTS = ("what is said there cannot be read", "no message can keep the rules")
"""Why a change stays undecided for what is wrong in the document itself."""


def measure(name: str, base: SpecDocument, revision: SpecDocument) -> tuple[int, Counter[str]]:
    """Compare two documents; how many changes, and how many are undecided for each reason."""
    started = time.process_time()
    sides = read_version(base, "base"), read_version(revision, "revision")
    loaded = time.process_time()
    changes = comparison(*sides).changes
    compared = time.process_time()
    why = Counter(change.undecided.partition(":")[0] for change in changes if change.undecided)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    share = why.total() / max(1, len(changes))
    print(
        f"{name:36} made ready {loaded - started:4.1f} s, compared {compared - loaded:5.1f} s, {memory} MB at most; "
        f"{len(changes)} changes, {why.total()} undecided ({share:.1%})"
    )
    return len(changes), why


def git(repository: str, *words: str) -> str:
    """What git says of a clone; nothing where it fails."""
    return subprocess.run(["git", "-C", repository, *words], capture_output=True, check=False).stdout.decode()


def versions(repository: str, path: str) -> list[str]:
    """The commit of every version of a file, the oldest first."""
    found: dict[str, str] = {}
    for commit in git(repository, "log", "--reverse", "--format=%h", "--", path).split():
        if blob := git(repository, "rev-parse", "--verify", "--quiet", f"{commit}:{path}"):
            found.setdefault(blob, commit)
    return list(found.values())


def pairs(repository: str, path: str, count: int) -> Iterator[tuple[str, SpecDocument, SpecDocument]]:
    """Documents to compare, and what they are."""
    found = versions(repository, path)
    chosen = sorted({round(index * (len(found) - 1) / count) for index in range(count + 1)})
    for old, new in [*pairwise(chosen), (chosen[0], chosen[-1])]:
        commits = found[old], found[new]
        try:
            base, revision = (
                parse(git(repository, "show", f"{commit}:{path}"), Path(path), aliases=True) for commit in commits
            )
        except SpecError as error:
            print(f"{' → '.join(commits):36} passed over: {error.problems[0].message}")
            continue
        yield " → ".join(commits), base, revision


def main() -> None:
    if Path(sys.argv[1]).is_file():
        of = [(sys.argv[2], *(read(Path(path), aliases=True) for path in sys.argv[1:3]))]
    else:
        of = pairs(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 10)
    total, reasons = 0, Counter[str]()
    for name, base, revision in of:
        changes, why = measure(name, base, revision)
        total += changes
        reasons += why
    faulty = sum(count for reason, count in reasons.items() if reason.startswith(FAULTS))
    print(
        f"together {total} changes: {reasons.total() / max(1, total):.1%} undecided, "
        f"{faulty / max(1, total):.1%} for faults of the documents"
    )
    for reason, count in reasons.most_common():
        print(f"  {count:5} {reason}")


if __name__ == "__main__":
    main()
