"""`pixpact check` against servers that are broken below the contract: it ends, soon, and says what it saw."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from pixpact.cli.main import main

pytestmark = pytest.mark.sweep

TOY = str(Path(__file__).parents[3] / "fixtures/specs/toy.yaml")


def head(status="200 OK", kind="application/json", *more):
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {kind}", "Connection: close", *more, "", ""]).encode()


def endless(connection):
    """More than any limit, as fast as the client reads."""
    connection.sendall(head())
    with suppress(OSError):
        while True:
            connection.sendall(b'{"a":"' + b"x" * 1_000_000)


def forever(connection, first, piece, pause=0.0):
    """The same piece until the client leaves."""
    connection.sendall(first)
    with suppress(OSError):
        while not threading.Event().wait(pause):
            connection.sendall(piece)


def silent(connection):
    """Nothing, until the client leaves."""
    with suppress(OSError):
        connection.recv(1)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


BOMB = gzip.compress(bytes(100_000_000), 9)
"""100 kB that decode to more than is ever read."""

SERVERS = {
    "hangs": silent,
    "resets": reset,
    "html": lambda it: it.sendall(head(kind="text/html") + b"<html><body>Welcome</body></html>"),
    "html-as-json": lambda it: it.sendall(head() + b"<html><body>Welcome</body></html>"),
    "half-a-json": lambda it: it.sendall(head() + b'{"drawing": "dr_1", "sta'),
    "two-objects": lambda it: it.sendall(head() + b'{"left": 1, "spent": 1}{"error": "x"}'),
    "empty": lambda it: it.sendall(head("200 OK", "application/json", "Content-Length: 0")),
    "no-http": lambda it: it.sendall(b"220 mail.example ESMTP\r\n"),
    "redirect-loop": lambda it: it.sendall(head("302 Found", "text/plain", "Location: /v2/purse")),
    "cut-short": lambda it: it.sendall(head("200 OK", "application/json", "Content-Length: 1000") + b'{"left": 1'),
    "bad-encoding": lambda it: it.sendall(head("200 OK", "application/json", "Content-Encoding: gzip") + b"no gzip"),
    "deep": lambda it: it.sendall(head() + b"[" * 100_000),
    "endless": endless,
    "many-values": lambda it: it.sendall(head() + b"[" + b'{"status":"queued"},' * 400_000 + b"{}]"),
    "many-events": lambda it: it.sendall(head(kind="text/event-stream") + b'data: {"a":1}\n\n' * 400_000),
    "no-content": lambda it: it.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
    "bad-gateway": lambda it: it.sendall(head("502 Bad Gateway", "text/html") + b"<html>nginx</html>"),
    "bomb": lambda it: it.sendall(head("200 OK", "application/json", "Content-Encoding: gzip") + BOMB),
    "endless-headers": lambda it: forever(it, b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"y" * 8000 + b"\r\n"),
    "dripping": lambda it: forever(it, head(), b" ", pause=0.05),
    "huge-number": lambda it: it.sendall(head() + b'{"left": ' + b"9" * 100_000 + b"}"),
    "escapes": lambda it: it.sendall(head("502 Bad Gateway") + b'{"\\u001b[2J\\u202e::error::": "\\u001b]0;x\\u0007"}'),
    "nothing-there": lambda it: it.sendall(head("404 Not Found") + b'{"error": {"message": "no such page"}}'),
    "not-allowed": lambda it: it.sendall(head("405 Method Not Allowed", "text/plain") + b"no"),
    "elsewhere": lambda it: it.sendall(head("302 Found", "text/plain", "Location: file:///etc/passwd")),
}


@pytest.fixture
def served():
    """A server on 127.0.0.1 that reads each request's head and then does as it likes."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.2)
    over = threading.Event()
    threads = []

    def serve(act):
        def one(connection):
            with connection, suppress(OSError):
                connection.settimeout(10)
                connection.recv(65536)
                act(connection)

        def every():
            while not over.is_set():
                with suppress(TimeoutError):
                    connection, _ = listening.accept()
                    threads.append(threading.Thread(target=one, args=(connection,)))
                    threads[-1].start()

        threads.append(threading.Thread(target=every))
        threads[-1].start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield serve
    over.set()
    for thread in threads:
        thread.join(15)
    listening.close()


@pytest.mark.parametrize("name", SERVERS)
def test_a_broken_server_ends_in_findings_or_not_judged(name, served, tmp_path, monkeypatch):
    """Exit code 1 or 3, a report, no traceback; what was never judged is not called kept."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIXPACT_API_KEY", raising=False)
    words = ["check", TOY, "--url", served(SERVERS[name]), "--fuzz", "0", "--deadline", "0.5", "--poll-every", "0.01"]
    done = CliRunner().invoke(main, [*words, "--report", "json=a.json"], catch_exceptions=False)
    report = json.loads(Path("a.json").read_text())

    assert done.exit_code in (1, 3)
    assert report["summary"]["claims"]["kept"] < report["summary"]["claims"]["total"] / 4
    assert "Traceback" not in done.output


@pytest.mark.parametrize("name", ["html-as-json", "empty", "no-content", "bad-gateway", "many-values", "nothing-there"])
def test_a_broken_server_below_any_path_of_a_vendor_with_overlays(name, served, tmp_path, monkeypatch):
    """What is found is compared with what overlays describe: that ends as well, wherever the vendor is served."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIXPACT_API_KEY", raising=False)
    url = served(SERVERS[name]) + "/some/gateway"
    done = CliRunner().invoke(
        main,
        ["check", "apimart", "--url", url, "--fuzz", "0", "--max-requests", "30", "--deadline", "2"],
        catch_exceptions=False,
    )

    assert done.exit_code in (1, 3)
    assert "apimart: " in done.output


def test_a_server_that_never_responses_keeps_nothing(served, tmp_path, monkeypatch):
    """Given up after a few: bounded, whatever the plan's length."""
    monkeypatch.chdir(tmp_path)
    words = ["check", TOY, "--url", served(silent), "--fuzz", "0", "--deadline", "0.3", "--report", "json=a.json"]
    CliRunner().invoke(main, words, catch_exceptions=False)
    report = json.loads(Path("a.json").read_text())

    assert 0 == report["summary"]["claims"]["kept"] == report["summary"]["claims"]["broken"]
    assert report["summary"]["requests"] < 10
