"""The npm client and its example: their own tests pass with the real runners, and the package is what its page says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import pixpact

pytestmark = pytest.mark.sweep

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "clients" / "js"
EXAMPLE = ROOT / "examples" / "vitest"
MANIFEST = json.loads((PACKAGE / "package.json").read_text())


@pytest.fixture
def run(user_environment):
    """Run a program as a user would, and return what it printed."""

    def start(words, folder):
        if shutil.which(words[0]) is None:
            pytest.fail(f"these tests need Node.js 20 or newer: {words[0]!r} is not in PATH")
        done = subprocess.run(
            words, cwd=folder, env=user_environment, capture_output=True, text=True, timeout=240, check=False
        )
        assert 0 == done.returncode, done.stdout + done.stderr
        return done.stdout

    return start


@pytest.fixture
def example(npm_project, tmp_path):
    """A copy of the example beside the client, with what its lock file names installed."""
    (tmp_path / "clients").symlink_to(ROOT / "clients")
    folder = tmp_path / "examples" / "vitest"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules"))
    (folder / "node_modules").symlink_to(npm_project(EXAMPLE) / "node_modules")
    return folder


def test_the_client_passes_its_tests(run):
    """With Node's own runner, and none is skipped."""
    printed = run(["node", "--test", "--test-reporter=tap", "test/"], PACKAGE)

    assert int(re.search(r"^# pass (\d+)$", printed, re.MULTILINE)[1]) > 10
    assert "# skipped 0" in printed


def test_the_example_passes_its_tests(run, example):
    """With the vitest that its lock file names."""
    printed = run(["node", "node_modules/vitest/vitest.mjs", "run", "--reporter=json"], example)

    result = json.loads(printed[printed.index("{") :])
    assert (True, 11, 0) == (result["success"], result["numPassedTests"], result["numPendingTests"])


def test_the_types_fit_the_example(run, example):
    """TypeScript finds nothing wrong, strict."""
    assert "" == run(["node", "node_modules/typescript/bin/tsc"], example)


def test_wrong_use_is_a_type_error(run, example, user_environment):
    """The declarations refuse what the client refuses: they are no `any` in disguise."""
    wrong = 'import { startMock } from "pixpact";\nawait startMock({ vendor: "toapis" });\n'
    (example / "wrong.ts").write_text(wrong)
    words = ["node", "node_modules/typescript/bin/tsc"]
    done = subprocess.run(words, cwd=example, env=user_environment, capture_output=True, text=True, check=False)

    assert re.findall(r"error TS(\d+)", done.stdout) == ["2561"]


def test_the_declarations_name_what_there_is(run):
    """Every export of the module is declared, and nothing else is."""
    program = "import('./src/index.js').then((it) => console.log(JSON.stringify(Object.keys(it).sort())))"
    exported = json.loads(run(["node", "-e", program], PACKAGE))
    declared = re.findall(r"^export (?:class|function) (\w+)", (PACKAGE / "src/index.d.ts").read_text(), re.MULTILINE)

    assert exported == sorted(declared)


def test_the_package_needs_nothing_and_has_the_version_of_the_server():
    """One version for both, so that a client and a server of the same number fit."""
    assert (pixpact.__version__, None) == (MANIFEST["version"], MANIFEST.get("dependencies"))


def test_what_is_packed(run):
    """Sources, types, page and licence; no test."""
    packed = json.loads(run(["npm", "pack", "--dry-run", "--json"], PACKAGE))
    contents = packed[0] if isinstance(packed, list) else next(iter(packed.values()))

    assert {
        "LICENSE",
        "README.md",
        "package.json",
        "src/control.js",
        "src/index.d.ts",
        "src/index.js",
        "src/mock.js",
        "src/server.js",
    } == {file["path"] for file in contents["files"]}
    assert (ROOT / "LICENSE").read_text() == (PACKAGE / "LICENSE").read_text()


def test_the_example_on_the_pages_is_the_same_and_works(run, tmp_path):
    """What the package's page and the documentation show first is run."""
    (first,) = re.findall(r"```js\n(.*?)```", (PACKAGE / "README.md").read_text(), re.DOTALL)[:1]
    shown = re.findall(r"```js\n(.*?)```", (ROOT / "docs/javascript.md").read_text(), re.DOTALL)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "pixpact").symlink_to(PACKAGE)
    (tmp_path / "app.test.mjs").write_text(first)
    printed = run(["node", "--test", "--test-reporter=tap"], tmp_path)

    assert shown[0] == first
    assert re.search(r"^# pass [1-9]", printed, re.MULTILINE)
