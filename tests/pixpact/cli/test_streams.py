"""Standard streams that are closed, full or gone, and a current folder that was removed: the exit code tells no lie."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOY = str(ROOT / "fixtures/specs/toy.yaml")
PAGES = [["--help"], ["--version"], ["show", "--help"], ["show", TOY], ["diff", TOY, TOY]]
posix = pytest.mark.skipif(os.name == "nt", reason="streams are closed by a POSIX shell")


def shell(line: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A shell line in which `pixpact` is the command with these arguments."""
    command = shlex.join([sys.executable, "-m", "pixpact", *arguments])
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = ["sh", "-c", line.replace("pixpact", command)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, cwd=cwd, env=environment)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
@pytest.mark.parametrize("arguments", PAGES, ids=" ".join)
def test_a_full_disk_is_told_in_one_line(arguments):
    """Also where only help was asked for."""
    done = shell("pixpact > /dev/full", *arguments)

    assert (2, "pixpact: the output: No space left on device\n") == (done.returncode, done.stderr)


@posix
@pytest.mark.parametrize("arguments", PAGES, ids=" ".join)
def test_a_reader_that_has_seen_enough_is_no_finding(arguments):
    """1 would say that a vendor changed: the code is what shells show for SIGPIPE."""
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-m", "pixpact", *arguments]
    done = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    os.close(writer)

    assert (141, "") == (done.returncode, done.stderr)


@posix
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_process_without_standard_streams_ends_as_any_other(closed):
    """As daemons and some CI runners start it."""
    assert [0, 2] == [shell(f"pixpact {closed}", "show", of).returncode for of in (TOY, "no-such-vendor")]


@posix
def test_a_current_folder_that_is_gone_is_named(tmp_path):
    """Not the output, which is there."""
    done = shell(f"rmdir {shlex.quote(str(tmp_path))} && pixpact", "list", cwd=tmp_path)

    assert (2, "pixpact: the current folder no longer exists; change to another one\n") == (
        done.returncode,
        done.stderr,
    )
