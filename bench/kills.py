"""`check --plan-file`, killed at any point and run again: what was bought, by the ledger of the mock.

    python bench/kills.py [POINTS] [CAP] [--results]

A check of the toy contract against a mock on this machine, with a cap on images. A clean run counts the points at which
something can be lost: each line that goes to the disk, each request that goes out, each response that has come. Then
for each of POINTS of them, spread evenly: a fresh mock, a run that is killed there (SIGKILL), a run that is killed in
the middle of the rest, and one to the end. The exit code is 1 if more was bought than the cap, or a paid request was
sent twice. With `--results` what came out is written to bench/results/kills.json.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from pixpact.cli.check import CheckOptions, run_check
from pixpact.contracts.transport.network import NetworkTransport

ROOT = Path(__file__).parent.parent
TOY = str(ROOT / "fixtures" / "specs" / "toy.yaml")
PAID = ("take",)
RESULTS, RESULTS_WORD = Path(__file__).parent / "results" / "kills.json", "--results"


@dataclass(frozen=True, slots=True)
class KillOutcome:
    """What three runs bought together: images by the ledger, and the paid probes that were sent more than once."""

    images: int
    twice: list[str]
    code: int


@contextmanager
def served() -> Iterator[str]:
    """A fresh mock of the toy contract; its base URL."""
    words = [sys.executable, "-m", "pixpact", "serve", TOY, "--port", "0", "--pace", "polls:1", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.terminate()
        process.wait(30)


def run(url: str, plan: Path, cap: int, point: int | None, seen: int | None = None) -> int:
    """A run in a process of its own, killed at a point; the exit code, -9 when it was. `seen`: where to count."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    counted = 0

    def step() -> None:
        nonlocal counted
        counted += 1
        if counted == point:
            os.kill(os.getpid(), signal.SIGKILL)

    watch(step)
    options = CheckOptions(
        url=f"{url}/toy", max_images=cap, plan_file=plan, fuzz=0, poll_every=0.01, quiet=True, min_coverage=1.0
    )
    try:
        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
            code = run_check(TOY, (), options)
        if seen is not None:
            os.write(seen, b"%d" % counted)
    except BaseException:  # the parent goes on from the same place
        traceback.print_exc()
        os._exit(99)
    os._exit(code)


def watch(step: Any) -> None:
    """Call `step` before and after each line goes to the disk, each request goes out, and each response has come."""
    fsync, carry = os.fsync, NetworkTransport.carry

    def synced(handle: int) -> None:
        step()
        fsync(handle)
        step()

    async def carried(self: NetworkTransport, *words: Any) -> None:
        step()
        await carry(self, *words)
        step()

    os.fsync, NetworkTransport.carry = synced, carried  # type: ignore[method-assign]  # in a process that ends soon


def points(cap: int) -> int:
    """How many points there are in a run that nobody disturbs."""
    reader, writer = os.pipe()
    with served() as url, tempfile.TemporaryDirectory() as folder:
        run(url, Path(folder) / "a.plan", cap, None, writer)
    os.close(writer)
    with os.fdopen(reader) as counted:
        return int(counted.read())


def outcome(point: int, later: int, cap: int) -> KillOutcome:
    """What is bought by a run that is killed at a point, one that is killed later, and one that ends."""
    with served() as url, tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "a.plan"
        run(url, plan, cap, point)
        run(url, plan, cap, later)
        code = run(url, plan, cap, None)
        with urlopen(f"{url}/_pixpact/ledger", timeout=30) as response:
            charges = json.load(response)["charges"]
        with urlopen(f"{url}/_pixpact/tasks", timeout=30) as response:
            images = sum(task["images"] for task in json.load(response)["tasks"])
        assert charges or not images
        return KillOutcome(images, sent_twice(plan), code)


def sent_twice(plan: Path) -> list[str]:
    """The paid probes of a plan file that went out more than once."""
    lines = [json.loads(line) for line in plan.read_text().splitlines()]
    probes = [line.get("probe") or line.get("also") for line in lines if "probe" in line or "also" in line]
    paid = {probe["id"] for probe in probes if probe["kind"] in PAID}
    sent = Counter(line["sent"] for line in lines if "sent" in line)
    sent.subtract(line["unsent"] for line in lines if "unsent" in line)
    return sorted(name for name, times in sent.items() if times > 1 and name in paid)


def main(count: int, cap: int) -> int:
    """Print a line for each point that went wrong, and what was tried."""
    os.environ.setdefault("PIXPACT_API_KEY", "sk-kills")
    whole = points(cap)
    tried = sorted({1 + place * whole // count for place in range(count)})
    wrong, most, codes = 0, 0, Counter[int]()
    for point in tried:
        found = outcome(point, 1 + (point * 7919) % max(1, whole // 2), cap)
        most, codes[found.code] = max(most, found.images), codes[found.code] + 1
        if found.images > cap or found.twice:
            wrong += 1
            print(f"killed at {point} of {whole}: {found.images} images at a cap of {cap}, sent twice: {found.twice}")
    result = {"points": len(tried), "of": whole, "wrong": wrong, "most images": most, "cap": cap}
    if RESULTS_WORD in sys.argv:
        RESULTS.write_text(json.dumps({**result, "exit codes": dict(sorted(codes.items()))}, indent=1) + "\n")
    ended = ", ".join(f"{times} ended with {code}" for code, times in sorted(codes.items()))
    print(f"{len(tried)} of {whole} kill points: {wrong} wrong; at most {most} images at a cap of {cap}; {ended}")
    return 1 if wrong or not most else 0


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word != RESULTS_WORD]
    sys.exit(main(numbers[0] if numbers else 200, numbers[1] if len(numbers) > 1 else 12))
