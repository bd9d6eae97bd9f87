"""Process start to the first 200 with all vendors, and what it is made of.

Every figure is taken in one run, in turn, and told as a ratio to starting Python with uvicorn and Starlette alone, so
that a slow machine does not change what is said. Usage: python bench/start.py [rounds]
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
import urllib.request

BODY = json.dumps({"model": "doubao-seedream-5-0", "prompt": "A cute panda"}).encode()
HEADERS = {"Authorization": "Bearer sk-any", "Content-Type": "application/json"}
PARTS = {
    "python": "pass",
    "+ uvicorn, starlette": "import uvicorn, starlette.applications",
    "+ everything serve imports": "import pixpact.cli.serve",
    "+ all contracts": (
        "import pixpact.cli.serve\nfrom pixpact.specs.catalogue import SpecCatalogue\n"
        "c = SpecCatalogue()\n[c.source(n).contract() for n in c.names()]"
    ),
}


def run(code: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
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


if __name__ == "__main__":
    main()
