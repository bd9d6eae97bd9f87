"""Every example does what its page says: its own tests pass, with the versions that it names."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.sweep

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"
PAGES = sorted(path for path in EXAMPLES.rglob("*.md") if "node_modules" not in path.parts)
WORKFLOW = yaml.safe_load((EXAMPLES / "ci" / "workflow.yml").read_text())


def environment(**more):
    """That of a user: Pixpact's command and Python are in PATH, and nothing of the tests that run this one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PIXPACT_", "NODE_"))}
    here = str(Path(sys.executable).parent)
    return kept | {"PATH": here + os.pathsep + kept["PATH"], "PYTHONDONTWRITEBYTECODE": "1"} | more


def run(words, folder, **more):
    done = subprocess.run(
        words, cwd=folder, env=environment(**more), capture_output=True, text=True, timeout=240, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["fastapi", "script"])
def test_the_examples_in_python_pass_their_tests(name):
    """All of them, without a warning."""
    said = run(["pytest", "-q", "-p", "no:cacheprovider"], EXAMPLES / name)

    assert re.search(r"^\d+ passed in", said, re.MULTILINE)


def test_the_example_in_javascript_passes_its_tests():
    """With Node's own runner, and none is skipped."""
    if shutil.which("node") is None:
        pytest.fail("this test needs Node.js 20 or newer: `node` is not in PATH")
    said = run(["node", "--test", "--test-reporter=tap"], EXAMPLES / "node")

    assert int(re.search(r"^# tests (\d+)$", said, re.MULTILINE)[1]) > 0
    assert "# skipped 0" in said


def free_port():
    """A port below those that the system hands out by itself, so that nobody is given it before the mock takes it."""
    for port in range(20_000 + os.getpid() % 9_000, 30_000):
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return str(port)
    raise AssertionError("no free port")


@pytest.mark.parametrize("job", sorted(WORKFLOW["jobs"]))
def test_the_recipe_can_be_followed(job, tmp_path):
    """Each command of a job, in a shell of its own as a runner has it, with the script as the app."""
    shutil.copytree(EXAMPLES / "script", tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    port = free_port()
    asked = WORKFLOW["jobs"][job]
    steps = [step for step in asked["steps"] if "run" in step and step["name"] != "Install"]
    failed, done = None, []
    for step in steps:
        if failed and step.get("if") != "always()":
            continue
        variables = {
            name: value.replace("4747", port) for name, value in (asked.get("env", {}) | step.get("env", {})).items()
        }
        words = ["bash", "-eo", "pipefail", "-c", step["run"].replace("4747", port)]
        try:
            run(words, tmp_path, **variables)
            done.append(step["name"])
        except (AssertionError, subprocess.TimeoutExpired) as error:
            failed = error
    if failed:
        raise failed

    assert [step["name"] for step in steps] == done


def test_the_recipe_installs_what_is_there():
    """The one command that is not run above."""
    installing = {
        step["run"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if step.get("name") == "Install"
    }

    assert {"pip install -r requirements-test.txt"} == installing
    assert (EXAMPLES / "script" / "requirements-test.txt").exists()


def test_the_pins_are_those_that_are_tested():
    """A version in an example is the one in Pixpact's own constraints: another would be untested."""
    constraints = set((ROOT / ".ci" / "constraints.txt").read_text().splitlines())
    pins = {
        line
        for path in EXAMPLES.rglob("requirements*.txt")
        for line in path.read_text().splitlines()
        if not line.startswith(("-r ", "../.. "))
    }

    assert pins
    assert set() == pins - constraints


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_links_of_the_pages_lead_somewhere(page):
    """Relative links name files of the repository."""
    links = re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text())

    assert [] == [link for link in links if not (page.parent / link).exists()]
