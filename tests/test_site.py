"""The documentation as a site: built strictly, whole, and without anything from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WANTED = (
    *("five-minutes", "python", "javascript", "check-in-ci", "upgrade", "specs/README", "faults", "money"),
    *("resilient-client", "console", "findings", "diff-rules", "control-api"),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site; it takes some seconds, once."""
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {
        **os.environ,
        "NO_MKDOCS_2_WARNING": "1",
        "http_proxy": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    }
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert 0 == done.returncode, done.stdout + done.stderr
    return folder


def test_every_page_is_on_it(site):
    """Those of docs/, and those that stand elsewhere."""
    pages = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    wanted = [f"{page}.html".replace("README", "index") for page in (*pages, *WANTED)]

    assert [] == [page for page in wanted if not (site / page).is_file()]


def test_nothing_is_loaded_from_elsewhere(site):
    """No script, style, font or image has an address of another host."""
    loaded = re.compile(r'<(?:script|img|iframe|source)\b[^>]*\bsrc="(?:https?:)?//|<link\b[^>]*\bhref="(?:https?:)?//')

    assert [] == [str(page) for page in site.rglob("*.html") if loaded.search(page.read_text())]


def test_the_readme_begins_with_an_image(site):
    """What it looks like, before what it is; the image is on the site too."""
    readme = (ROOT / "README.md").read_text().split("\n\n")

    assert readme[1].startswith("![")
    assert (site / re.search(r"\(docs/(images/[\w.-]+)\)", readme[1])[1]).is_file()
