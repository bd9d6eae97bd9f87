"""`action.yml`: its steps are run, as the runner would, with what the runner gives them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pixpact.watch.settings import settings

ROOT = Path(__file__).parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = [step for step in ACTION["runs"]["steps"] if "run" in step]
INPUT = re.compile(r"\$\{\{ inputs\.([a-z-]+) \}\}")

# What the workflow's setup-python puts into PATH: it makes an environment, whose pip notes what it is asked for.
PYTHON = """\
#!/usr/bin/env bash
if [ "$1 $2" = "-m venv" ]; then
  mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
elif [ "$1 $2" = "-m pip" ]; then
  printf '%s\\n' "$@" >> "$RUNNER_TEMP/pip"
else
  exec "$REAL_PYTHON" "$@"
fi
"""


@pytest.fixture
def runner(tmp_path):
    """Run the `run:` steps with these inputs; the last exit code, all that was printed, and the summary."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "python").write_text(PYTHON)
    (folder / "python").chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()

    def run(**inputs):
        given = {name: str(it.get("default", "")) for name, it in ACTION["inputs"].items()} | inputs
        environ = {
            "PATH": f"{folder}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "REAL_PYTHON": sys.executable,
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
        }
        printed, code = "", 0
        for step in STEPS:
            filled = {
                name: INPUT.sub(lambda found: given[found[1]], text) for name, text in step.get("env", {}).items()
            }
            words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            done = subprocess.run(
                words, cwd=work, env=environ | filled, capture_output=True, text=True, timeout=120, check=False
            )
            printed, code = printed + done.stdout + done.stderr, done.returncode
            if code:
                break
        summary = tmp_path / "summary.md"
        return code, printed, summary.read_text() if summary.exists() else ""

    return run


def test_the_steps_watch(runner, tmp_path):
    """Installed apart at tested versions, checked, told: an empty recording is red, for it could not look."""
    (tmp_path / "empty.har").write_text(json.dumps({"log": {"version": "1.2", "entries": []}}))
    code, printed, summary = runner(
        vendor=str(ROOT / "fixtures/specs/toy.yaml"), traffic=str(tmp_path / "empty.har"), issues="false"
    )

    assert 3 == code, printed
    assert summary.startswith("## toy: could not be checked as planned")
    assert "exit-code=3" in (tmp_path / "output").read_text()
    folder = Path(re.search("reports=(.*)", (tmp_path / "output").read_text())[1])
    assert {"annotations.txt", "report.html", "report.json", "summary.md"} == {path.name for path in folder.iterdir()}
    words = (tmp_path / "pip").read_text().splitlines()
    assert f"{ROOT}[check]" == words[-1]
    assert (ROOT / ".ci/constraints.txt") == Path(words[words.index("--constraint") + 1])


def test_a_live_target_without_a_cap_is_red_before_anything_is_sent(runner):
    """With the inputs that are missing."""
    code, printed, _ = runner(vendor="toy", url="https://api.toy.example")

    assert 2 == code
    assert "max-images and max-cost must be given" in printed


@pytest.mark.parametrize("text", ["$(touch owned)", "`touch owned`", '"; touch owned; "', "x\ntouch owned"])
def test_no_input_is_a_command(runner, tmp_path, text):
    """Whatever a workflow passes on."""
    runner(vendor=text, traffic=text, name=text)

    assert not list(tmp_path.rglob("owned"))


def test_inputs_reach_the_steps_by_the_environment_only():
    """No expression stands in a script; each input is used, and each variable is read."""
    used = {name for step in ACTION["runs"]["steps"] for name in re.findall(r"inputs\.([a-z-]+)", json.dumps(step))}
    variables = {name for step in STEPS for name in step.get("env", {}) if name.startswith("WATCH_")}
    given = dict.fromkeys(variables, "1") | {"WATCH_VENDOR": "toy", "WATCH_ISSUES": "true", "WATCH_TRAFFIC": ""}
    wanted = settings(given)
    options = {option.lstrip("-") for option in wanted.options if option.startswith("--")}

    assert [] == [step["run"] for step in STEPS if "${{" in step["run"]]
    assert set(ACTION["inputs"]) == used
    assert options | {"traffic", "vendor", "issues", "label", "name", "config"} == {
        name.removeprefix("WATCH_").lower().replace("_", "-") for name in variables
    }
    assert ("1", "1", "1") == (wanted.name, wanted.label, wanted.config)


def test_every_input_and_output_is_on_its_page():
    """No input is left unexplained, here or there."""
    page = (ROOT / "docs/watch.md").read_text()

    assert [] == [name for name in (*ACTION["inputs"], *ACTION["outputs"]) if f"`{name}`" not in page]
    assert [] == [name for name, it in ACTION["inputs"].items() if not it["description"]]


def test_outputs_are_written_by_their_step(runner, tmp_path):
    """Each output of the action is one of the step that it names."""
    runner(vendor=str(ROOT / "fixtures/specs/toy.yaml"), traffic=str(tmp_path / "missing.har"), issues="false")
    written = {line.partition("=")[0] for line in (tmp_path / "output").read_text().splitlines()}
    named = set(re.findall(r"steps\.watch\.outputs\.([a-z-]+)", json.dumps(ACTION["outputs"])))

    assert named == written == set(ACTION["outputs"])
