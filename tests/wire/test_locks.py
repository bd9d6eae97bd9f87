"""One writer at a time: whoever comes second is told, and a lock ends with its process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pixpact.wire.locks import FileInUse, FileLock


def test_the_second_is_told_until_the_first_is_done(tmp_path):
    """It may have the file afterwards, and nothing lies beside it in the end."""
    path = tmp_path / "run.plan"
    first = FileLock(path)

    with pytest.raises(FileInUse, match="another run is using it"):
        FileLock(path)
    first.release()
    first.release()
    FileLock(path).release()

    assert [] == list(tmp_path.iterdir())


def test_a_link_to_the_file_is_the_same_file(tmp_path):
    """A second name does not let a second run in."""
    (tmp_path / "link.plan").symlink_to(tmp_path / "run.plan")
    held = FileLock(tmp_path / "run.plan")

    with pytest.raises(FileInUse):
        FileLock(tmp_path / "link.plan")
    held.release()


def test_a_process_that_was_killed_holds_nothing(tmp_path):
    """What it left behind keeps nobody out."""
    path = tmp_path / "run.plan"
    dies = (
        "import os; from pathlib import Path; from pixpact.wire.locks import FileLock\n"
        f"FileLock(Path({str(path)!r})); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", dies], check=False, timeout=30)

    assert [".run.plan.lock"] == [left.name for left in tmp_path.iterdir()]
    FileLock(path).release()
