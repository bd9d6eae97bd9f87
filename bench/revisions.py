"""What `pixpact diff` makes of two revisions of a real document: seconds, memory, and how much stays undecided.

Usage: python bench/revisions.py BASE REVISION
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

from pixpact.contracts.diff.read.contract_version import side_of
from pixpact.contracts.diff.report import comparison
from pixpact.specs.openapi.document import read


def main() -> None:
    started = time.process_time()
    base, revision = (side_of(read(Path(path), aliases=True), Path(path).stem) for path in sys.argv[1:3])
    loaded = time.process_time()
    changes = comparison(base, revision).changes
    compared = time.process_time()
    undecided = [change for change in changes if change.undecided]
    print(f"load {loaded - started:.1f} s, compare {compared - loaded:.1f} s of CPU")
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    print(f"changes {len(changes)}, undecided {len(undecided)} ({len(undecided) / max(1, len(changes)):.1%})")
    for change in undecided[:20]:
        print(f"  {change.rule}: {change.message} ({change.undecided})")


if __name__ == "__main__":
    main()
