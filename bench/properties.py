"""Property tests with examples drawn anew: `python bench/properties.py [ROUNDS] [FIRST_SEED]`.

The tests themselves draw the same examples in every run, so that none fails by chance. This runs all of them once a
round, each round with a seed of its own, and prints what failed with the seed that shows it again.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parent.parent
_ROUNDS = 5


def main(rounds: int, first: int) -> int:
    """How many rounds failed."""
    failed = 0
    for seed in range(first, first + rounds):
        began = perf_counter()
        words = ["-m", "hypothesis", "-q", "--no-header", f"--hypothesis-seed={seed}", "-p", "no:cacheprovider"]
        run = subprocess.run(
            [sys.executable, "-m", "pytest", *words],
            cwd=ROOT,
            env=os.environ | {"PIXPACT_DRAWN": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        failed += run.returncode != 0
        print(f"seed {seed}: {run.stdout.splitlines()[-1]} ({perf_counter() - began:.0f} s)", flush=True)
        if run.returncode:
            print(run.stdout)
    return failed


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*(numbers + [_ROUNDS, 1][len(numbers) :])) > 0)
