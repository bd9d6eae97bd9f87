"""What `pixpact check` takes: the planned part, the generated part, and the planned part over a socket.

    python bench/check.py [vendor ...]

Each figure is the best of three, as seconds and as a ratio to importing uvicorn and Starlette on the same machine.
"""

from __future__ import annotations

import subprocess
import sys
import time

IMPORT = [sys.executable, "-c", "import uvicorn, starlette.applications"]
SERVE = [sys.executable, "-m", "pixpact", "serve", "--port", "4791", "--pace", "polls:3", "--quiet"]
CHECK = [sys.executable, "-m", "pixpact", "check", "--quiet"]
VENDORS = ("apimart", "toapis", "apiyi", "fasttoken")


def best(command: list[str], rounds: int = 3) -> float:
    """The shortest of a few runs, in seconds."""
    found = []
    for _ in range(rounds):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found.append(time.perf_counter() - started)
    return min(found)


def main() -> None:
    """Print one line per vendor."""
    unit = best(IMPORT)
    start = best([sys.executable, "-m", "pixpact", "--version"])
    print(f"import of uvicorn and Starlette {unit:.2f} s, start of the command {start:.2f} s")
    print("vendor      planned        with 200 generated   over a socket")
    for vendor in sys.argv[1:] or VENDORS:
        planned = best([*CHECK, vendor, "--fuzz", "0"])
        fuzzed = best([*CHECK, vendor, "--fuzz", "200"], 1)
        server = subprocess.Popen([*SERVE, vendor])
        try:
            time.sleep(3)
            url = f"http://127.0.0.1:4791/{vendor}"
            remote = best([*CHECK, vendor, "--url", url, "--poll-every", "0.05", "--fuzz", "0"], 1)
        finally:
            server.terminate()
            server.wait()
        cells = (f"{seconds:5.1f} s ({seconds / unit:4.0f} x)" for seconds in (planned, fuzzed, remote))
        print(f"{vendor:<10}", "   ".join(cells))


if __name__ == "__main__":
    main()
