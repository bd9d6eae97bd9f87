"""What `pixpact check` is given as a secret, and everything that it writes and prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .planting import files_in, leaking, planted, repeating

pytestmark = pytest.mark.sweep

HEADER = "X-Studio-Pass"
"""Where the contract wants its key: a name that nobody would know for a secret's."""
FORMATS = ("html", "json", "junit", "markdown", "sarif", "github")
REPORTS = [word for form in FORMATS for word in ("--report", f"{form}={form}.out")]
FILES = ("--record", "a.har", "--plan-file", "a.plan", "--propose", "a.yaml", "--baseline", "b.yaml")
TOY = Path("fixtures/specs/toy.yaml").read_text()
PLACES = {
    "key": TOY.replace("name: X-Api-Key", f"name: {HEADER}"),
    "query": TOY.replace("in: header, name: X-Api-Key", "in: query, name: studio"),
    "bearer": TOY.replace("type: apiKey, in: header, name: X-Api-Key", "type: http, scheme: bearer"),
}
"""The toy contract, with its key in another place."""
BESIDE = {
    "header": ("--header", f"X-Gate: {planted('header')}"),
    "known": ("--header", f"Proxy-Authorization: Basic {planted('basic')}"),
    "jar": ("--cookie", "visit=sk-canary-jar/0123+45&6"),
    "parameter": ("--query", f"tenant={planted('parameter')}"),
}


@pytest.fixture
def parrot():
    """The URL of a vendor that repeats all it is sent."""
    with repeating() as url:
        yield url


def checked(folder, *words, timeout=100):
    """Run `pixpact check` in a folder, and give what it wrote and printed."""
    environment = os.environ | {"PIXPACT_API_KEY": planted("own"), "OTHER": planted("second")}
    command = [sys.executable, "-m", "pixpact", "check", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, timeout=timeout)
    return done.returncode, files_in(folder) | {"stdout": done.stdout, "stderr": done.stderr}


@pytest.mark.parametrize("place", PLACES)
def test_a_key_is_nowhere_that_a_check_writes(place, parrot, tmp_path):
    """Wherever the contract wants it, and however the vendor repeats it."""
    spec = tmp_path / "vault.yaml"
    spec.write_text(PLACES[place])
    beside = [word for words in BESIDE.values() for word in words]
    flags = ("--second-api-key-env", "OTHER", "--max-requests", "30", "--update-baseline", *beside)
    code, written = checked(tmp_path, str(spec), "--url", parrot, *flags, *REPORTS, *FILES)

    assert code in (1, 3), written["stderr"]
    assert {*map("{}.out".format, FORMATS), "a.har", "a.plan", "b.yaml"} <= written.keys()
    assert {} == leaking(written)


def test_a_link_that_is_signed_is_shown_without_its_signature(parrot, tmp_path):
    """`--reference-url` of an object store, whose query is a key to the image."""
    link = f"https://images.example/a.png?X-Amz-Signature={planted('link')}&w=1"
    flags = ("--reference-url", link, "--max-requests", "90", *REPORTS, *FILES[:4])
    _, written = checked(tmp_path, str(Path("fixtures/specs/toy.yaml").resolve()), "--url", parrot, *flags)

    assert {} == leaking(written)
    assert "images.example" in written["a.har"]


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{planted('password')}@127.0.0.1:1",
        f"http://127.0.0.1:1/?api_key={planted('query')}",
        f"http://127.0.0.1:99999/{planted('x')}".replace("/sk-", "/?token=sk-"),
        f"ftp://user:{planted('password')}@127.0.0.1",
        f"https://user:{planted('password')}@[::1",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_secrets(url, tmp_path):
    """Also one that nobody can read."""
    code, written = checked(tmp_path, "toapis", "--url", url, "--max-images", "1")

    assert code in (2, 3)
    assert {} == leaking(written)


def test_what_a_file_sets_is_shown_without_its_secrets(parrot, tmp_path):
    """`pixpact.toml` may hold what is secret; each flag that it sets is printed."""
    config = {"header": [f"X-Gate: {planted('header')}"], "cookie": ["visit=sk-canary-jar/0123"], "url": parrot}
    config |= {"query": [f"tenant={planted('parameter')}"], "reference-url": f"https://a.example/?sig={planted('sig')}"}
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    file = tmp_path / "pixpact.toml"
    file.write_text("[check]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in config.items()))
    environment = os.environ | {"PIXPACT_API_KEY": planted("own")}
    for words in (["--config", str(file)], []):
        command = [sys.executable, "-m", "pixpact", *words, "check", "toapis", "--max-requests", "3"]
        where = folder if words else tmp_path
        done = subprocess.run(command, cwd=where, capture_output=True, text=True, env=environment, timeout=60)

        assert {} == leaking({"stdout": done.stdout, "stderr": done.stderr})


def test_a_recording_of_others_is_judged_without_its_secrets(tmp_path):
    """A HAR as a browser saves it: keys in headers, cookies, the query and the fields of a form."""
    pairs = [{"name": "X-Api-Key", "value": planted("har")}, {"name": "Cookie", "value": f"a={planted('cookie')}"}]
    body = json.dumps({"model": "crayon-1", "prompt": 5, "password": planted("field"), "x": planted("har")})
    request = {
        "method": "POST",
        "url": f"https://api.toy.example/v2/drawings?access_token={planted('url')}",
        "headers": [*pairs, {"name": "Content-Type", "value": "application/json"}],
        "cookies": [{"name": "a", "value": planted("cookie")}],
        "queryString": [{"name": "access_token", "value": planted("url")}],
        "postData": {"mimeType": "application/json", "text": body},
    }
    response = {"status": 500, "headers": pairs, "content": {"text": json.dumps({"error": planted("har"), "token": 1})}}
    entry = {"startedDateTime": "2026-01-01T00:00:00Z", "time": 5, "request": request, "response": response}
    recording = tmp_path / "theirs.har"
    recording.write_text(json.dumps({"log": {"version": "1.2", "entries": [entry]}}))
    work = tmp_path / "work"
    work.mkdir()
    spec = str(Path("fixtures/specs/toy.yaml").resolve())
    code, written = checked(work, spec, "--traffic", str(recording), *REPORTS)

    assert code in (1, 3), written["stderr"]
    assert {} == leaking(written)
