"""Secrets planted wherever a user can put one, and everything that is written or shown searched for them."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

import pixpact

KEY = "sk-canary/0123+45"
"""With characters that URLs and JSON write otherwise."""
HEADER = "X-Studio-Pass"
"""Where the contract wants it: a name that nobody would know for a secret's."""
CONTROL = ("journal", "journal.har", "tasks", "gallery", "webhooks", "ledger", "accounts", "faults", "health")


@pytest.fixture
def vault(tmp_path):
    """A contract whose key goes by a name of its own."""
    made = tmp_path / "vault.yaml"
    made.write_text(Path("fixtures/specs/toy.yaml").read_text().replace("name: X-Api-Key", f"name: {HEADER}"))
    return str(made)


def leaks(text):
    """The ways in which the key stands in a text."""
    coded = base64.b64encode(KEY.encode()).decode().rstrip("=")
    ways = [KEY, quote(KEY, safe=""), KEY.replace("/", "\\/"), coded, "canary"]
    return [way for way in ways if way in text]


def test_the_control_side_of_the_mock_shows_no_key(vault):
    """A key in its header, in a prompt, in a query and in a field of a form is nowhere that others can look."""
    body = {"model": "crayon-1", "prompt": f"my key is {KEY}", "api_keys": [KEY], "password": "canary-2"}
    headers = {HEADER: KEY, "Content-Type": "application/json"}
    with pixpact.mock(vault, pace="instant") as mock:
        for path in ("/v2/drawings", f"/v2/drawings?token={quote(KEY)}&q={quote(KEY)}", f"/nowhere?sign={quote(KEY)}"):
            with suppress(OSError):  # what is refused is recorded all the same
                urlopen(Request(mock.url("vault") + path, json.dumps(body).encode(), headers), timeout=10).read()
        base = mock.url("vault").rpartition("/")[0]
        shown = {name: urlopen(f"{base}/_pixpact/{name}", timeout=10).read().decode() for name in CONTROL}

    assert {} == {name: found for name, text in shown.items() if (found := leaks(text))}
    assert 2 == len(json.loads(shown["tasks"])["tasks"])


class Echo(BaseHTTPRequestHandler):
    """A vendor that repeats the key it was sent, spelt in JSON's own way, and is wrong in everything."""

    def do_GET(self):
        """Any response will do: it is about the key."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        spelt = "".join(f"\\u{ord(character):04x}" for character in self.headers.get(HEADER, ""))
        body = f'{{"error": {{"message": "no such key: {spelt}", "n": "{quote(spelt)}"}}, "{spelt}": 1}}'.encode()
        self.send_response(400 if self.headers.get(HEADER) else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Echo", self.headers.get(HEADER, ""))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        """The same."""
        self.do_GET()

    def log_message(self, *_):
        """Nothing is printed."""


def test_nothing_that_a_check_writes_holds_the_key(vault, command, tmp_path, monkeypatch):
    """Reports of every format, a recording, a plan file, a proposal and what is printed."""
    monkeypatch.setenv("PIXPACT_API_KEY", KEY)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    formats = ("json", "junit", "markdown", "sarif", "github")
    reports = [word for form in formats for word in ("--report", f"{form}={form}.out")]
    files = ("--record", "a.har", "--plan-file", "a.plan", "--propose", "a.yaml")
    url = f"http://127.0.0.1:{server.server_port}"
    done = command("check", vault, "--url", url, "--max-requests", "40", *reports, *files)
    server.shutdown()
    server.server_close()
    written = {path.name: path.read_text() for path in tmp_path.iterdir() if path.is_file()}
    written |= {"stdout": done.stdout, "stderr": done.stderr}

    assert {*map("{}.out".format, formats), "a.har", "a.plan"} <= written.keys()
    assert {} == {name: found for name, text in written.items() if (found := leaks(text))}
    assert "[redacted]" in written["a.har"]
    assert done.returncode in (1, 3)
