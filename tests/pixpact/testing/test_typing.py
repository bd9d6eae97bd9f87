"""The public Python API under a user's own type checker, at its strictest."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.sweep

USES = """
from decimal import Decimal
from pathlib import Path

import httpx
import httpx2
import pixpact
import pytest
from pixpact import Mock, mock


def test_of_theirs(pixpact_mock: Mock) -> None:
    pixpact_mock.clock.advance("25h")
    pixpact_mock.pace = "manual"
    pixpact_mock.fail_next("rate-limited", operation="createImage", retry_after=7)
    amounts: list[Decimal | None] = [charge.amount for charge in pixpact_mock.charges]
    words: list[str] = [task.status for task in pixpact_mock.tasks]
    statuses: list[int] = [request.status for request in pixpact_mock.requests.where(status="4XX")]
    body: bytes = pixpact_mock.requests.assert_called_once(operation="createImage").request_body
    print(amounts, words, statuses, body)


with mock("apimart", Path("mine.yaml"), vendors=["toapis"], api_keys={"sk-a": 10}, faults=[{"fault": "hang"}]) as it:
    url: str = it.url("apimart")
    httpx.Client(transport=it.transport())
    httpx.AsyncClient(transport=it.transport())
    httpx2.Client(transport=it.transport())
    httpx2.AsyncClient(transport=httpx2.ASGITransport(app=it.asgi))

version: str = pixpact.__version__
"""

MISUSES = """
from pixpact import mock

with mock(3, sed=1) as it:
    it.url()
    it.clock.advance(None)
    it.nothing
"""


def checked(folder, program):
    (folder / "theirs.py").write_text(program)
    words = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(folder), "theirs.py"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120)


def test_right_use_has_no_complaint(tmp_path):
    """Pixpact is typed for those who use it, transports for clients of both libraries included."""
    done = checked(tmp_path, USES)

    assert (0, "") == (done.returncode, done.stdout)


def test_wrong_use_is_found(tmp_path):
    """Nothing of it is `Any` by accident."""
    lines = [line.split(":")[1] for line in checked(tmp_path, MISUSES).stdout.splitlines() if ": error:" in line]

    assert {"4", "5", "6", "7"} == set(lines)
