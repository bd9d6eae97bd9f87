"""The page of clients names the versions that are tested."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "clients.md").read_text()


def test_versions_of_python_packages():
    """Those of the constraints that CI installs with."""
    named = set(re.findall(r"<!-- pin: ([\w-]+) -->([\d.]+)", PAGE))
    pinned = {tuple(line.split("==")) for line in (ROOT / ".ci" / "constraints.txt").read_text().splitlines()}

    clients = {
        "fal-client",
        "img-cli",
        "litellm",
        "openai",
        "replicate",
        "volcengine-ark-mcp",
        "volcengine-ark-runtime",
    }
    assert clients == {name for name, _ in named}
    assert set() == named - pinned


def test_versions_of_npm_packages():
    """Those of the lock file."""
    lock = json.loads((ROOT / "tests" / "pixpact" / "clients" / "npm" / "package-lock.json").read_text())["packages"]
    named = set(re.findall(r"<!-- npm: ([\w-]+) -->([\d.]+)", PAGE))

    assert {(name, lock[f"node_modules/{name}"]["version"]) for name in ("ai", "openai")} == named
