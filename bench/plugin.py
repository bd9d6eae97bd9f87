"""What the pytest plugin costs a project that does not use it, and what a mock costs one that does.

The first makes fresh environments with `python -m venv` and pip (the registry that pip is configured for) and runs
`pytest` over one empty test in each, in turn. Usage: python bench/plugin.py [rounds]
"""

from __future__ import annotations

import socketserver
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pixpact

ROOT = Path(__file__).parent.parent
OFF = ["-p", "no:anyio", "-p", "no:schemathesis", "-p", "no:hypothesispytest"]
ENVIRONMENTS = {"pytest": [], "pytest, pixpact": [str(ROOT)], "pytest, pixpact[check]": [f"{ROOT}[check]"]}


def environment(folder: Path, packages: list[str]) -> Path:
    """A fresh environment with pytest and these packages; its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    words = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pytest", *packages]
    subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
    return python


def start_of_pytest(python: Path, folder: Path, options: list[str]) -> float:
    words = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(folder)]
    started = time.perf_counter()
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def plugin(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tests").mkdir()
        (folder / "tests/test_empty.py").write_text("def test_nothing():\n    assert True\n")
        pythons = {
            title: environment(folder / f"env{number}", packages)
            for number, (title, packages) in enumerate(ENVIRONMENTS.items())
        }
        cases = [(title, options) for title in pythons for options in ([], OFF)]
        seconds: dict[int, list[float]] = {number: [] for number in range(len(cases))}
        for _ in range(rounds + 1):  # the first compiles
            for number, (title, options) in enumerate(cases):
                seconds[number].append(start_of_pytest(pythons[title], folder / "tests", options))
        for number, (title, options) in enumerate(cases):
            words = f"{title}{', other plugins off' if options else ''}"
            print(f"{words:45} {statistics.median(seconds[number][1:]) * 1000:7.0f} ms")


def bare() -> None:
    server = socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.001})
    thread.start()
    server.shutdown()
    thread.join()
    server.server_close()


def mocked() -> None:
    with pixpact.mock("apimart"):
        pass


def mock(rounds: int) -> None:
    mocked()  # reads the contract
    for title, action in {"a mock, started and stopped": mocked, "a bare socket server": bare}.items():
        times = []
        for _ in range(rounds * 10):
            started = time.perf_counter()
            action()
            times.append(time.perf_counter() - started)
        print(f"{title:45} {statistics.median(times) * 1000:7.2f} ms")


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    mock(count)
    plugin(count)
