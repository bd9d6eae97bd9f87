"""What passes through `pixpact proxy`, and everything that it records, prints and shows."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from .planting import files_in, leaking, planted, repeating

HEADER = "X-Studio-Pass"
TOY = Path("fixtures/specs/toy.yaml").read_text()


def send(url, headers, body=None):
    """The vendor refuses everything."""
    content = None if body is None else json.dumps(body).encode()
    with suppress(OSError):
        urlopen(Request(url, content, {"Content-Type": "application/json", **headers}), timeout=20).read()


def test_nothing_that_a_proxy_writes_holds_a_key(tmp_path):
    """Its recording, what it prints and its control side: the app's key, cookies, and links that are signed."""
    spec = tmp_path / "vault.yaml"
    spec.write_text(TOY.replace("name: X-Api-Key", f"name: {HEADER}"))
    with repeating() as parrot, (tmp_path / "stderr").open("w") as errors:
        words = ["--upstream", parrot, "--port", "0", "--json", "--log", "--record", "a.har", "--rewrite-urls"]
        command = [sys.executable, "-m", "pixpact", "proxy", "vault.yaml", *words]
        proxy = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=errors, text=True)
        base = json.loads(proxy.stdout.readline())["url"]
        link = f"https://images.example/a.png?X-Amz-Signature={quote(planted('link'), safe='')}"
        body = {"model": "crayon-1", "prompt": f"my key is {planted('own')}", "pictures": [link], "copies": 99}
        send(f"{base}/v2/drawings", {HEADER: planted("own"), "Cookie": f"visit={planted('cookie')}"}, body)
        send(f"{base}/v2/drawings?api_key={quote(planted('query'), safe='')}", {HEADER: planted("own")}, body)
        send(f"{base}/v2/purse", {HEADER: planted("own"), "Authorization": f"Bearer {planted('bearer')}"})
        shown = urlopen(f"{base}/_pixpact/findings", timeout=20).read().decode()
        proxy.send_signal(signal.SIGTERM)
        printed = proxy.communicate(timeout=30)[0]
    written = files_in(tmp_path) | {"stdout": printed, "findings": shown}

    assert {} == leaking(written)
    assert 3 == len(json.loads(written["a.har"])["log"]["entries"])
    assert "vault:startDrawing" in written["stdout"] + written["stderr"]


@pytest.mark.parametrize("url", ["http://user:{}@127.0.0.1:1", "http://127.0.0.1:1/?token={}", "http://a:{}@[::1"])
def test_an_upstream_that_cannot_be_used_is_refused_without_its_secrets(url, tmp_path):
    """Also one that nobody can read."""
    words = ["--upstream", url.format(planted("upstream")), "--port", "0"]
    command = [sys.executable, "-m", "pixpact", "proxy", "toapis", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    assert 2 == done.returncode
    assert {} == leaking({"stdout": done.stdout, "stderr": done.stderr})
