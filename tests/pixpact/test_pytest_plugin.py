"""The pytest plugin, in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys

PAGE = """
import json, os
from urllib.request import Request, urlopen
import pytest

def submit(mock):
    headers = {"Authorization": "Bearer sk-test", "Content-Type": "application/json"}
    body = json.dumps({"model": "doubao-seedream-5-0", "prompt": "x"}).encode()
    with urlopen(Request(mock.url("toapis") + "/v1/images/generations", body, headers)) as answer:
        return json.load(answer)

@pytest.mark.parametrize("number", range(4))
def test_isolated(pixpact_mock, number):
    submit(pixpact_mock)
    assert len(pixpact_mock.requests) == 1

@pytest.mark.pixpact("toapis", pace="manual", seed=3)
def test_marked(pixpact_mock):
    before = pixpact_mock.now()
    pixpact_mock.advance("25h")
    assert pixpact_mock.now() == before + 90000
    assert submit(pixpact_mock)["created_at"] == before + 90000
    with pytest.raises(KeyError, match="apimart"):
        pixpact_mock.url("apimart")

def test_reset(pixpact_mock):
    submit(pixpact_mock)
    pixpact_mock.reset()
    assert pixpact_mock.requests == []
"""


def run(folder, *arguments):
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--strict-markers", "-W", "error", *arguments]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120)


def test_each_test_has_its_own_mock(tmp_path):
    """The fixture and its marker work in a project that configures nothing, in parallel too."""
    (tmp_path / "test_page.py").write_text(PAGE)
    done = run(tmp_path, "-n", "2")

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "6 passed" in done.stdout


def test_a_project_that_does_not_use_it_imports_nothing(tmp_path):
    """The plugin alone brings neither server nor specs into a test run."""
    (tmp_path / "test_page.py").write_text(
        "import sys\n"
        "def test_nothing():\n"
        "    heavy = {'starlette', 'uvicorn', 'jsonschema_rs', 'yaml', 'PIL', 'pixpact.mockserver', 'pixpact.specs'}\n"
        "    assert not heavy & set(sys.modules)\n"
    )
    done = run(tmp_path, "-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:anyio")

    assert 0 == done.returncode, done.stdout + done.stderr


def test_a_changed_spec_is_read_again(tmp_path):
    """Contracts are shared between mocks of one process only while their files stay as they are."""
    import os
    from pathlib import Path

    import pixpact

    text = (Path(__file__).parent.parent.parent / "specs/vendors/toapis.yaml").read_text()
    path = tmp_path / "mine.yaml"
    titles = []
    for title in ("First", "Second"):
        path.write_text(text.replace("title: ToAPIs", f"title: {title}"))
        os.utime(path, ns=(len(titles), len(titles)))
        with pixpact.mock(str(path)) as mock:
            titles.append(mock._app.mounts["mine"].contract.title.split()[0])

    assert ["First", "Second"] == titles
