"""Process start to the first 200 with all vendors, and what it is made of.

Every figure is taken in one run, in turn, and told as a ratio to starting Python with uvicorn and Starlette alone, so
that a slow machine does not change what is said. Usage: python bench/start.py [rounds]
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

BODY = json.dumps({"model": "doubao-seedream-5-0", "prompt": "A cute panda"}).encode()
HEADERS = {"Authorization": "Bearer sk-any", "Content-Type": "application/json"}
FIVE = ["apimart", "apiyi", "ark", "fasttoken", "toapis"]
PARTS = {
    "python": "pass",
    "pixpact --help": "import sys, pixpact.cli.main as m\ntry: m.main(['--help'])\nexcept SystemExit: pass",
    "+ uvicorn, starlette": "import uvicorn, starlette.applications",
    "+ everything serve imports": "import pixpact.cli.serve",
    "+ all contracts": (
        "import pixpact.cli.serve\nfrom pixpact.specs.catalogue import SpecCatalogue\n"
        "c = SpecCatalogue()\n[c.source(n).contract() for n in c.names()]"
    ),
}


def run(code: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def first_response() -> float:
    """Seconds from starting the process to a submitted task."""
    started = time.perf_counter()
    words = [sys.executable, "-m", "pixpact", "serve", "--port", "0", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url = json.loads(process.stdout.readline())["vendors"]["toapis"] + "/v1/images/generations"
        with urllib.request.urlopen(urllib.request.Request(url, BODY, HEADERS), timeout=20) as response:
            assert response.status == 200
        return time.perf_counter() - started
    finally:
        process.terminate()
        process.communicate()


def until_ready(vendors: list[str]) -> float:
    """Seconds of processor time until a server of these vendors is ready (Linux)."""
    words = [sys.executable, "-m", "pixpact", "serve", *vendors, "--port", "0", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        process.kill()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def compare(rounds: int) -> None:
    """Print what all vendors cost beside the first five, with nothing kept of an earlier start and with all of it."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        first = until_ready([])
        some, every = ([until_ready(vendors) for _ in range(rounds)] for vendors in (FIVE, []))
    five, all_of_them = statistics.median(some), statistics.median(every)
    print(f"processor time until ready: five vendors {five:.2f} s, all {all_of_them:.2f} s")
    print(f"all ÷ five: {all_of_them / five:.2f}; the very first start of all: {first:.2f} s")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    found: dict[str, list[float]] = {name: [] for name in [*PARTS, "first 200"]}
    for _ in range(rounds):
        for name, code in PARTS.items():
            found[name].append(run(code))
        found["first 200"].append(first_response())
    base = statistics.median(found["+ uvicorn, starlette"])
    print(f"{'':28} median ms   times uvicorn + starlette   ({rounds} rounds)")
    for name, times in found.items():
        median = statistics.median(times)
        print(f"{name:28} {median * 1000:9.0f}   {median / base:6.2f}")
    compare(rounds)


if __name__ == "__main__":
    main()
