"""What an open console costs the mock: `.venv/bin/python bench/console.py`.

Rounds of 1,000 submissions over one connection, alternately with and without somebody who reads `/_pixpact/events`;
the ratio of the medians is printed.
"""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pixpact

ROUNDS = 8
REQUESTS = 1000
BODY = json.dumps({"model": "doubao-seedream-5-0", "prompt": "A red kite"})
HEADERS = {"Authorization": "Bearer sk-bench", "Content-Type": "application/json"}


def main() -> None:
    """Alternate, so that whatever else the machine does meets both alike."""
    with pixpact.mock("toapis") as mock:
        address = urlsplit(mock.base_url).netloc
        taken: dict[bool, list[float]] = {True: [], False: []}
        round_of(address)
        for _ in range(ROUNDS):
            for watched in (False, True):
                with reading(address, watched):
                    taken[watched].append(round_of(address))
        closed, opened = (statistics.median(taken[watched]) for watched in (False, True))
    speeds = f"{REQUESTS / closed:.0f} requests/s closed, {REQUESTS / opened:.0f} with an open console"
    print(f"{speeds}: {opened / closed:.3f}")


def round_of(address: str) -> float:
    """Seconds that one round takes."""
    connection = http.client.HTTPConnection(address, timeout=20)
    path = "/toapis/v1/images/generations"
    started = time.perf_counter()
    for _ in range(REQUESTS):
        connection.request("POST", path, BODY, HEADERS)
        connection.getresponse().read()
    taken = time.perf_counter() - started
    connection.close()
    return taken


@contextmanager
def reading(address: str, watched: bool) -> Iterator[None]:
    """Somebody who reads the events meanwhile, or nobody."""
    if not watched:
        yield
        return
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.request("GET", "/_pixpact/events")
    response = connection.getresponse()
    over = threading.Event()

    def read() -> None:
        while not over.is_set() and response.readline():
            pass

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    yield
    over.set()
    reader.join(timeout=10)
    connection.close()


if __name__ == "__main__":
    main()
