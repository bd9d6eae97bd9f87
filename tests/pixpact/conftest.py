"""A live mock for tests that need a real socket."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pixpact


@pytest.fixture(scope="module")
def live() -> Iterator[pixpact.Mock]:
    """Every contract the clients' tests use, on one socket, answering at once."""
    with pixpact.mock("apimart", "apiyi", "ark", "fasttoken", "toapis", "fasttoken@upstream") as mock:
        yield mock


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `pixpact` in an empty folder."""

    def run(*arguments: str, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "pixpact", *arguments]
        return subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)

    return run


@pytest.fixture
def naps(pixpact_mock: pixpact.Mock, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that a client waits between its tries. They pass on the mock's clock, and nobody waits for them."""
    taken: list[float] = []

    def nap(seconds: float) -> None:
        taken.append(seconds)
        pixpact_mock.clock.advance(seconds)

    monkeypatch.setattr("time.sleep", nap)
    return taken
