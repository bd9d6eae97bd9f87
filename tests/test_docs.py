"""The documentation is run: commands, programs, tests and tables in it are true."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import pixpact
from pixpact.cli.config import configuration
from pixpact.cli.main import main
from pixpact.specs import evidence
from pixpact.specs.catalogue import SpecCatalogue

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
OTHERS = [
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "specs/README.md",
    *sorted(path for path in ROOT.glob("examples/**/README.md") if "node_modules" not in path.parts),
]
BLOCK = re.compile(r"<!-- run: (\w+) -->\n```\w+\n(.*?)```", re.DOTALL)
BLOCKS = [
    pytest.param(kind, code, id=f"{page.name}-{number}-{kind}")
    for page in PAGES
    for number, (kind, code) in enumerate(BLOCK.findall(page.read_text()))
]


@pytest.fixture(scope="module")
def served():
    with pixpact.mock() as mock:
        yield mock


def run_curl(code, served, folder):
    code = code.replace("http://127.0.0.1:4747", served.base_url).replace("curl ", "curl --silent --show-error --fail ")
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code], cwd=folder, capture_output=True, text=True, timeout=60
    )


def run_python(code, served, folder):
    code = code.replace("http://127.0.0.1:4747", served.base_url)
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60)


def run_pytest(code, served, folder):
    (folder / "test_page.py").write_text(code)
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120)


def run_pixpact(code, served, folder):
    code = code.replace("pixpact ", f"{shlex.quote(sys.executable)} -m pixpact ")
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code], cwd=folder, capture_output=True, text=True, timeout=60
    )


RUN = {"curl": run_curl, "python": run_python, "pytest": run_pytest, "pixpact": run_pixpact}


@pytest.mark.sweep
@pytest.mark.parametrize(("kind", "code"), BLOCKS)
def test_what_a_page_shows_works(kind, code, served, tmp_path):
    """Every marked block runs without an error and says something."""
    done = RUN[kind](code, served, tmp_path)

    assert 0 == done.returncode, done.stdout + done.stderr
    assert done.stdout.strip()


def test_the_evidence_table_is_true():
    """The README counts what `pixpact list` counts."""
    catalogue = SpecCatalogue()
    rows = [
        f"| {name} | " + " | ".join(map(str, evidence.counts(catalogue.source(name).document()).values())) + " |"
        for name in catalogue.names()
    ]
    table = (ROOT / "README.md").read_text().partition("<!-- evidence -->")[2].partition("<!-- /evidence -->")[0]

    assert rows == table.strip().splitlines()[2:]


def test_every_flag_of_serve_is_on_its_page():
    """No option is left unexplained."""
    page = (ROOT / "docs/serve.md").read_text()
    flags = [parameter.opts[-1] for parameter in main.commands["serve"].params if parameter.opts[-1].startswith("--")]

    assert [] == [flag for flag in flags if f"`{flag}`" not in page]


def test_the_configuration_on_the_page_is_valid(tmp_path):
    """The sample file sets flags that exist."""
    from pixpact.cli.click_ext import flags_of

    page = (ROOT / "docs/serve.md").read_text()
    sample = re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1]
    (tmp_path / "pixpact.toml").write_text(sample)
    found = configuration(tmp_path, {name: flags_of(command) for name, command in main.commands.items()}).defaults

    assert tomllib.loads(sample)["pace"] == found["serve"]["pace"] == "instant"
    assert 4800 == found["serve"]["port"]


def anchors(page):
    """What the headings of a page are called in links, as GitHub makes it of them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES + OTHERS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """Relative links of a page name files of the repository, and headings that are there."""
    links = re.findall(r"\]\((?!http)([^)#]*)#?([^)]*)\)", page.read_text())
    targets = [(page.parent / path if path else page, heading) for path, heading in links]

    assert [] == [str(target) for target, _ in targets if not target.exists()]
    assert [] == [f"{target}#{heading}" for target, heading in targets if heading and heading not in anchors(target)]


def test_every_page_can_be_found():
    """The README leads to each page of docs/."""
    links = set(re.findall(r"\]\(docs/([^)#]+)\)", (ROOT / "README.md").read_text()))

    assert set() == {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")} - links


def test_the_two_commands_can_be_found():
    """The two commands of the README are there for `.ci/run` to find."""
    text = (ROOT / "README.md").read_text()

    assert 1 == text.count("<!-- serve command -->") == text.count("<!-- test command -->")
