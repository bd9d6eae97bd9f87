"""What an open console costs the mock: `.venv/bin/python bench/console.py [REQUESTS_PER_SECOND]`.

Rounds of submissions over one connection, alternately with and without somebody who reads `/_pixpact/events`: as fast
as they go, or at the given rate. Mock, client and reader are processes of their own, as with a real browser. Two ratios
of medians are printed: the mock's processor time, which other work on the machine hardly moves, and the seconds that a
round took.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

ROUNDS = 8
REQUESTS = 1000
BODY = json.dumps({"model": "doubao-seedream-5-0", "prompt": "A red kite"})
HEADERS = {"Authorization": "Bearer sk-bench", "Content-Type": "application/json"}
SERVE = [sys.executable, "-m", "pixpact", "serve", "toapis", "--port", "0", "--json"]
READ = """
import sys, http.client
connection = http.client.HTTPConnection(sys.argv[1])
connection.request("GET", "/_pixpact/events")
response = connection.getresponse()
while chunk := response.read1(65536):
    print(len(chunk), flush=True)
"""
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Alternate, so that whatever else the machine does meets both alike."""
    rate = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    with started(SERVE) as mock:
        assert mock.stdout is not None
        address = urlsplit(json.loads(mock.stdout.readline())["url"]).netloc
        taken: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
        round_of(address, mock.pid, rate)
        for _ in range(ROUNDS):
            for watched in (False, True):
                with reading(address, watched):
                    taken[watched].append(round_of(address, mock.pid, rate))
    for what, index in (("processor time of the mock", 0), ("time of a round", 1)):
        closed, opened = (statistics.median(one[index] for one in taken[watched]) for watched in (False, True))
        print(f"{what}: {closed:.2f} s closed, {opened:.2f} s with an open console: {opened / closed:.3f}")


def round_of(address: str, pid: int, rate: float) -> tuple[float, float]:
    """Seconds of the mock's processor, and seconds, that one round takes."""
    connection = http.client.HTTPConnection(address, timeout=20)
    path = "/toapis/v1/images/generations"
    used, started = processor(pid), time.perf_counter()
    for number in range(REQUESTS):
        if rate and (ahead := started + number / rate - time.perf_counter()) > 0:
            time.sleep(ahead)  # the given rate is one in true time
        connection.request("POST", path, BODY, HEADERS)
        connection.getresponse().read()
    taken = processor(pid) - used, time.perf_counter() - started
    connection.close()
    return taken


def processor(pid: int) -> float:
    """Seconds of processor time that a process has used (proc(5): utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def started(words: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A process, until the end of the block."""
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def reading(address: str, watched: bool) -> Iterator[None]:
    """Somebody who reads the events meanwhile, or nobody; what was kept before is sent already."""
    if not watched:
        yield
        return
    with started([sys.executable, "-c", READ, address]) as reader:
        assert reader.stdout is not None
        for _ in range(2):  # the head of the stream, then what was kept
            reader.stdout.readline()
        yield


if __name__ == "__main__":
    main()
