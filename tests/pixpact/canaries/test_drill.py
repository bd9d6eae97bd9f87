"""Keys in the environment of a suite that `pixpact drill` runs, and everything that the drill writes and prints."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from .planting import files_in, leaking, planted

SUITE = """
import json, os, sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

print("key", os.environ["IMAGES_API_KEY"], "\x1b[2J::error::", file=sys.stderr)
body = json.dumps({"model": "gpt-image-2", "prompt": "A kite"}).encode()
headers = {"Authorization": "Bearer " + os.environ["IMAGES_API_KEY"], "Content-Type": "application/json"}
urlopen(Request(os.environ["PIXPACT_URL_TOAPIS"] + "/v1/images/generations", body, headers)).read()
print("FAILED test_suite.py::test_key -", os.environ["IMAGES_API_KEY"])
sys.exit(int(os.environ.get("BROKEN", "0")))
"""
REPORTS = ("--report", "html=a.html", "--report", "json=a.json", "--report", "markdown=a.md", "--resume", "state.json")


@pytest.mark.parametrize("broken", ["0", "1"])
def test_nothing_that_a_drill_writes_holds_a_key(broken, tmp_path):
    """Whether the suite passes, and reports are written, or not, and the end of what it printed is shown."""
    (tmp_path / "suite.py").write_text(SUITE)
    environment = os.environ | {"IMAGES_API_KEY": planted("own"), "BROKEN": broken}
    words = ["drill", "toapis", "--only", "id-renamed", *REPORTS, "--", sys.executable, "suite.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pixpact", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=environment,
        timeout=100,
    )
    written = files_in(tmp_path) | {"stdout": done.stdout, "stderr": done.stderr}

    assert {} == leaking(written)
    assert ("a.json" in written) == (broken == "0"), done.stderr
    assert "\x1b[2J" not in done.stdout + done.stderr
