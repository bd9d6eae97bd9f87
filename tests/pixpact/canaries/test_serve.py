"""What `pixpact serve` is given and sent as a secret, and everything that it shows, prints and stores."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
import redis

from .planting import files_in, leaking, planted

HEADER, TOKEN = "X-Studio-Pass", "sk-canary-token_0123.45~6"
TOY = Path("fixtures/specs/toy.yaml").read_text()
OUTSIDE = (*map(planted, ("chosen", "second", "query", "cookie", "bearer", "sign", "more", "webhook")), TOKEN)
"""Planted outside of bodies: a store keeps those of tasks as they were sent, for the vendor's responses repeat them."""
CONTRACTS = {
    "vault": TOY.replace("name: X-Api-Key", f"name: {HEADER}"),
    "asked": TOY.replace("in: header, name: X-Api-Key", "in: query, name: studio"),
}
CONTROL = ("journal", "journal.har", "tasks", "gallery", "webhooks", "ledger", "accounts", "faults", "health", "clock")
FORM = (
    '--b\r\nContent-Disposition: form-data; name="api_key"\r\n\r\n{}\r\n'
    '--b\r\nContent-Disposition: form-data; name="client_secret"\r\n\r\n{}\r\n'
    '--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
    "Content-Type: image/png\r\n\r\nx\r\n--b--\r\n"
)


@contextmanager
def serving(folder, *words):
    """A mock that listens on this machine; its facts, and what it printed once it is over."""
    printed = folder / "printed.txt"
    command = [sys.executable, "-m", "pixpact", "serve", "--port", "0", "--json", "--log", *words]
    with printed.open("w") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=output, text=True)
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.communicate(timeout=30)[0]
            output.write(rest)


def send(url, headers=None, body=None, kind="application/json"):
    """What is refused is recorded all the same."""
    content = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    with suppress(OSError):
        urlopen(Request(url, content, {"Content-Type": kind, **(headers or {})}), timeout=20).read()


def use(base):
    """Send secrets in each place that a request has."""
    own, second = {HEADER: planted("own")}, {HEADER: planted("second")}
    body = {"model": "crayon-1", "prompt": f"my key is {planted('own')}", "password": planted("field")}
    body |= {"api_keys": [planted("list")], "x": {"deep": {"access_token": planted("deep")}}, "reference": "r"}
    body |= {"pictures": [f"https://images.example/a.png?X-Amz-Signature={planted('signed')}"]}
    body |= {"call": f"http://user:{quote(planted('caller'), safe='')}@127.0.0.1:9/called?token={planted('called')}"}
    send(f"{base}/vault/v2/drawings", own | {"Repeat-Key": "1"}, body)
    send(f"{base}/vault/v2/drawings", second, {"model": "crayon-1"})
    send(f"{base}/vault/v2/drawings", own, '{"prompt": "' + planted("own") + '", "cut": "' + planted("own"))
    send(f"{base}/vault/v2/drawings", {"Authorization": f"Bearer {planted('bearer')}"}, body)
    send(
        f"{base}/vault/v2/files",
        own,
        FORM.format(planted("part"), planted("client")),
        "multipart/form-data; boundary=b",
    )
    send(f"{base}/vault/v2/purse", {"Cookie": f"visit={planted('cookie')}", **own})
    send(f"{base}/vault/v2/drawings/{quote(planted('own'), safe='')}", own)
    send(f"{base}/asked/v2/drawings?studio={quote(planted('query'), safe='')}", {}, body)
    send(f"{base}/nowhere?sign={quote(planted('sign'))}&api_key={quote(planted('more'))}", own)
    send(f"{base}/vault/v2/sketches", own | {"Prefer": "fault=server-error"}, {"prompt": "A kite"})


def shown(base, token):
    """Everything that others can look at."""
    found = {}
    for name in (*CONTROL, *(f"exchanges/{number}" for number in range(1, 11))):
        with suppress(OSError):
            asked = Request(f"{base}/_pixpact/{name}", headers={"Authorization": f"Bearer {token}"})
            found[name] = urlopen(asked, timeout=20).read().decode()
    return found


@pytest.mark.parametrize("kind", ["memory", "sqlite", "redis"])
def test_nothing_that_a_mock_shows_prints_or_stores_holds_a_secret(kind, tmp_path, request):
    """Whatever it remembers in: keys that it takes, its token, secrets of callbacks, and what clients send anywhere."""
    for name, text in CONTRACTS.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    stores = {"memory": lambda: "memory", "sqlite": lambda: "sqlite:a.db"}
    store = stores[kind]() if kind in stores else request.getfixturevalue("own_redis").database()
    keys = [word for key in ("own", "second", "query") for word in ("--api-key", f"{planted(key)}=100")]
    secrets = ("--token", TOKEN, "--webhook", f"vault=http://127.0.0.1:0,{planted('webhook')}")
    (tmp_path / "pixpact.toml").write_text(f'[serve]\napi-key = ["{planted("file")}"]\nrate-limit = "500/s"\n')
    with serving(tmp_path, "vault.yaml", "asked.yaml", "--pace", "instant", "--store", store, *keys, *secrets) as facts:
        fault = {"fault": "failed", "key": planted("chosen")}
        send(f"{facts['control']}/faults", {"Authorization": f"Bearer {TOKEN}"}, fault)
        use(facts["url"])
        written = shown(facts["url"], TOKEN)
    files = files_in(tmp_path)
    del files["pixpact.toml"]
    if kind == "redis":
        with redis.Redis.from_url(store) as client:
            files["redis"] = repr([(key, _dumped(client, key)) for key in client.scan_iter()])

    kept = {name: files.pop(name) for name in list(files) if name.startswith(("a.db", "redis"))}

    assert {} == leaking(written | files)
    assert {} == {name: found for name, text in kept.items() if (found := [key for key in OUTSIDE if key in text])}
    assert kept or kind == "memory"
    assert 2 <= len(json.loads(written["tasks"])["tasks"])
    assert {"journal", "ledger", "webhooks", "exchanges/1"} <= written.keys()
    assert "POST" in files["printed.txt"]


def _dumped(client, key):
    kinds = {b"string": client.get, b"hash": client.hgetall, b"zset": lambda it: client.zrange(it, 0, -1)}
    return kinds[client.type(key)](key)


@pytest.mark.sweep
@pytest.mark.parametrize(
    "words",
    [
        ("--store", f"redis://:{planted('redis')}@127.0.0.1:1/0"),
        ("--store", f"redis://user:{quote(planted('redis'), safe='')}@127.0.0.1:1/0"),
        ("--store", f"redis://127.0.0.1:1/0?password={planted('redis')}"),
        ("--store", f"postgres://u:{planted('other')}@127.0.0.1/0"),
        ("--webhook", f"vault=nowhere,{planted('webhook')}"),
        ("--webhook", f"vault=http://u:{planted('webhook')}@127.0.0.1:0x,s"),
        ("--api-key", f"{planted('key')[:-1]}=many"),
        ("--public-url", f"http://u:{planted('public')}@[::1"),
        ("--token", planted("token") + "\n"),
        ("--fault", f"failed,key={planted('fault')},vendor=none"),
    ],
)
def test_what_cannot_be_used_is_refused_without_its_secrets(words, tmp_path):
    """The error names the flag and the remedy, and no secret."""
    (tmp_path / "vault.yaml").write_text(CONTRACTS["vault"])
    command = [sys.executable, "-m", "pixpact", "serve", "vault.yaml", "--port", "0", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=os.environ, timeout=60)

    assert 2 == done.returncode, done.stderr
    assert {} == leaking({"stdout": done.stdout, "stderr": done.stderr})


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps who may read a file otherwise")
def test_a_file_of_a_store_is_for_its_owner_alone(tmp_path):
    """Bodies stand in it as clients sent them."""
    (tmp_path / "vault.yaml").write_text(CONTRACTS["vault"])
    with serving(tmp_path, "vault.yaml", "--store", "sqlite:a.db") as facts:
        send(f"{facts['url']}/vault/v2/drawings", {HEADER: planted("own")}, {"model": "crayon-1", "prompt": "A kite"})
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("a.db*")}

    assert {0o600} == set(modes.values()), modes
