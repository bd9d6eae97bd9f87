"""`pixpact diff` from the command line: what it reads, what it prints, how it ends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pixpact.cli.main import main
from pixpact.wire.exchange import Exchange
from pixpact.wire.har import to_har


def api(most: int) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "maximum": most}}}
    operation = {
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "Done."}},
    }
    info = {"title": "Things", "version": "1"}
    servers = [{"url": "https://api.example"}]
    return {"openapi": "3.1.0", "info": info, "servers": servers, "paths": {"/things": {"post": operation}}}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.json").write_text(json.dumps(api(10), indent=1))
    (tmp_path / "new.json").write_text(json.dumps(api(8), indent=1))
    return tmp_path


def diff(*words: str) -> Result:
    return CliRunner().invoke(main, ["diff", *words])


def test_the_page_reports_what_to_do_and_proves_it(files: Path) -> None:
    """The severity, the direction, both lines, the rule, and a request to try."""
    done = diff("old.json", "new.json")
    line = next(
        number for number, text in enumerate((files / "old.json").read_text().splitlines(), 1) if "maximum" in text
    )

    assert 1 == done.exit_code
    assert "old → new: 1 breaking, 0 warnings, 0 harmless" in done.output
    assert "Change what you send" in done.output
    assert "breaking request  n must be at most 8; it was 10" in done.output
    assert f"old.json:{line} → new.json:{line}  request-maximum-lowered" in done.output
    assert "curl -i https://api.example/things \\" in done.output
    assert """-d '{"n":10}'""" in done.output


def test_the_page_is_80_columns_wide_and_cuts_no_word(files: Path) -> None:
    """A long text goes on below its beginning; a command stays on its own lines, to be copied."""
    words = [f"word{index}" for index in range(40)]
    for name, values in (("old.json", words), ("new.json", words[:3])):
        document = api(10)
        body = document["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"]
        body["schema"]["properties"]["n"] = {"enum": values}
        (files / name).write_text(json.dumps(document, indent=1))
    done = diff("old.json", "new.json")
    prose = [line for line in done.output.splitlines() if "curl" not in line and not line.startswith("  -")]

    assert max(map(len, prose)) <= 80
    assert "n may no longer be" in done.output
    assert set(words[3:]) <= set(done.output.replace(",", " ").split())


def test_what_comes_with_the_package_is_named_by_it(files: Path) -> None:
    """From any folder: the place in the package, and no path of the machine that it is installed on."""
    done = diff("toapis", "toapis@observed")

    assert "pixpact/specs/vendors/toapis.yaml:" in done.output
    assert " → pixpact/specs/overlays/toapis/observed.yaml:" in " ".join(done.output.split())
    assert str(Path(__file__).parents[3]) not in done.output


def test_the_same_is_nothing(files: Path) -> None:
    """Exit code 0, and with --quiet not a word."""
    done = diff("old.json", "old.json", "--quiet")

    assert (0, "") == (done.exit_code, done.output)
    assert "old → old: 0 breaking, 0 warnings, 0 harmless" in diff("old.json", "old.json").output


@pytest.mark.parametrize(("severity", "code"), [("breaking", 0), ("warning", 0), ("info", 1)])
def test_the_exit_code_follows_fail_on(files: Path, severity: str, code: int) -> None:
    """A loosened bound is told as info."""
    assert code == diff("new.json", "old.json", "--fail-on", severity).exit_code


def test_a_report_as_json(files: Path) -> None:
    """To a file, or instead of the page."""
    to_file, printed = (
        diff("old.json", "new.json", "--report", "json=out.json"),
        diff("old.json", "new.json", "--report", "json=-"),
    )
    (change,) = json.loads(printed.output)["changes"]

    assert "Change what you send" in to_file.output
    assert json.loads((files / "out.json").read_text()) == json.loads(printed.output)
    assert ("request-maximum-lowered", "breaking", {"n": 10}) == (
        change["rule"],
        change["severity"],
        change["witness"]["content"],
    )


def test_a_revision_of_git(files: Path) -> None:
    """As it stood in a commit, with the name of the revision in its lines."""
    (files / "api.json").write_text(json.dumps(api(10), indent=1))
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (["init", "-q"], ["add", "api.json"], ["commit", "-q", "-m", "a"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    (files / "api.json").write_text(json.dumps(api(8), indent=1))
    done = diff("git:HEAD:api.json", "api.json")

    assert 1 == done.exit_code
    assert "HEAD:api.json:" in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobody", "old.json"), "'nobody' is not a vendor"),
        (("git:HEAD", "old.json"), "write git:REVISION:PATH"),
        (("git:--help:x", "old.json"), "write git:REVISION:PATH"),
        (("old.json", "new.json", "--report", "pdf=x"), "json, junit"),
        (("old.json", "new.json", "--report", "json=none/x"), "make it first"),
        (("old.json", "overlay.yaml"), "overlay.yaml:1 not-openapi: this is overlay 1.0.0"),
        (("old.json", "new.json", "--traffic", "old.json"), "HAR /log: this is missing"),
        (("old.json", "new.json", "--traffic", "empty.har"), "holds no calls"),
        (("old.json", "new.json", "--traffic", "foreign.har"), "none of the 1 calls"),
    ],
)
def test_what_cannot_be_compared_ends_with_2(files: Path, words: tuple[str, ...], said: str) -> None:
    """In plain lines, with the place and the remedy."""
    (files / "overlay.yaml").write_text("overlay: 1.0.0\n")
    (files / "empty.har").write_text(json.dumps(to_har([], creator_version="1")))
    (files / "foreign.har").write_text(json.dumps(to_har([Exchange(0, "GET", "http://a/b")], creator_version="1")))
    done = diff(*words)

    assert 2 == done.exit_code
    assert said in done.output
    assert "Traceback" not in done.output


def test_traffic_decides_the_exit_code(files: Path) -> None:
    """A breaking change that breaks none of my calls is none for me."""
    for name, n in (("mine.har", 8), ("theirs.har", 9)):
        headers = (("Content-Type", "application/json"),)
        call = Exchange(0, "POST", "https://api.example/things", headers, json.dumps({"n": n}).encode(), 200)
        (files / name).write_text(json.dumps(to_har([call], creator_version="1")))
    mine, theirs = (diff("old.json", "new.json", "--traffic", name, "--quiet") for name in ("mine.har", "theirs.har"))

    assert (0, "") == (mine.exit_code, mine.output)
    assert (1, "", "old → new: 1 of 1 call break; 1 refused, 0 answered differently, 0 as before\n") == (
        theirs.exit_code,
        theirs.stdout,
        theirs.stderr,
    )


def test_an_entry_that_is_none_is_named_and_left_out(files: Path) -> None:
    """On the error stream; the others are read."""
    headers = (("Content-Type", "application/json"),)
    call = Exchange(0, "POST", "https://api.example/things", headers, b'{"n": 8}', 200)
    har = to_har([call], creator_version="1")
    har["log"]["entries"].append({"request": 3})
    (files / "odd.har").write_text(json.dumps(har))
    done = diff("old.json", "new.json", "--traffic", "odd.har")

    assert 0 == done.exit_code
    assert "pixpact: left out of odd.har: " in done.stderr
    assert "Your calls: 0 of 1 break" in done.stdout


def test_the_page_reports_of_each_kind_of_call(files: Path) -> None:
    """How many, why, and the first of them; a secret in its address is not shown."""
    headers = (("Content-Type", "application/json"),)
    url = "https://api.example/things?api_key=sk-123456789"
    calls = [Exchange(0, "POST", url, headers, b'{"n": 9}', 200), Exchange(0, "POST", url, headers, b'{"n": 10}', 200)]
    (files / "app.har").write_text(json.dumps(to_har(calls, creator_version="1")))
    done = diff("old.json", "new.json", "--traffic", "app.har")

    assert "Your calls: 2 of 2 break" in done.output
    assert "n must be at most 8" in done.output
    assert "first: entry 0, POST https://api.example/things?api_key=redacted" in done.output
    assert "sk-123456789" not in done.output


def test_an_image_in_a_form_is_shown_as_the_file_that_it_is(tmp_path: Path) -> None:
    """A data URI in its place would be no file."""
    overlay = (
        "overlay: 1.0.0\ninfo: {title: No GIF, version: '1'}\nactions:\n"
        "  - target: $.paths['/v1/uploads/images'].post.requestBody.content['multipart/form-data']"
        ".schema.properties.file['x-image'].format.enum[?@ == 'gif']\n    remove: true\n"
    )
    (tmp_path / "no-gif.yaml").write_text(overlay)
    page = diff("apimart", f"apimart@{tmp_path / 'no-gif.yaml'}")

    key = '-H "Authorization: Bearer $PIXPACT_API_KEY"'
    assert f"curl {key} -F 'file=@file.gif;type=image/gif' https://api.apimart.ai/v1/uploads/images" in page.output
