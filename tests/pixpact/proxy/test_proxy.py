"""`pixpact proxy` as a command: what it says, what it refuses, how it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

import pixpact

TOY = str(Path(__file__).parents[3] / "fixtures/specs/toy.yaml")
SECRET = "sk-a-secret-of-the-app"


@pytest.fixture
def toy():
    with pixpact.mock(TOY) as mock:
        yield mock


@pytest.fixture
def started(tmp_path):
    """Start `pixpact proxy`; its process, once it is ready, and what it said then."""
    running = []

    def start(*words):
        command = [sys.executable, "-m", "pixpact", "proxy", *words, "--port", "0"]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.append(process)
        return process, process.stdout.readline()

    yield start
    for process in running:
        process.kill()
        process.communicate()


def posted(url, body):
    headers = {"X-Api-Key": SECRET, "Content-Type": "application/json"}
    try:
        with urlopen(Request(url + "/v2/sketches", json.dumps(body).encode(), headers)) as response:
            return response.status, response.headers
    except HTTPError as error:
        with error:
            return error.code, error.headers


def test_it_forwards_says_what_is_wrong_and_records(started, toy, tmp_path):
    """A line when ready, lines in the log, a recording that `check` can judge, exit code 0 on Ctrl-C."""
    process, ready = started(TOY, "--upstream", toy.url("toy"), "--record", "app.har", "--json")
    url = json.loads(ready)["url"]
    status, headers = posted(url, {"prompt": "A kite", "most": 9})
    process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=30)
    entries = json.loads((tmp_path / "app.har").read_text())["log"]["entries"]

    assert (422, 0) == (status, process.returncode)
    assert "most" in headers["Pixpact-Violations"]
    assert "  request  body/most maximum: most must be at most 3; got 9" in log.splitlines()
    assert [(422, "runSketch")] == [(entry["response"]["status"], entry["_pixpact"]["operation"]) for entry in entries]
    assert SECRET not in log + (tmp_path / "app.har").read_text()


@pytest.mark.sweep
def test_what_is_under_way_when_it_ends_is_recorded(started, tmp_path):
    """It may have been charged. The app is told so, once the time for its response is over; nothing breaks."""
    with socket.create_server(("127.0.0.1", 0)) as upstream, ThreadPoolExecutor(1) as threads:
        url = f"http://127.0.0.1:{upstream.getsockname()[1]}"
        process, ready = started(TOY, "--upstream", url, "--record", "app.har", "--json")
        asking = threads.submit(posted, json.loads(ready)["url"], {"prompt": "A kite"})
        connection, _ = upstream.accept()
        connection.recv(1)
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=60)
        connection.close()
        status, headers = asking.result()
    (entry,) = json.loads((tmp_path / "app.har").read_text())["log"]["entries"]

    assert (0, 502, "application/problem+json") == (process.returncode, status, headers["content-type"])
    assert ("reset", True) == (entry["_pixpact"]["fault"], "was stopped" in entry["_pixpact"]["detail"])
    assert "Traceback" not in log


def test_a_recording_is_continued(started, toy, tmp_path):
    """Started again, it adds to what is there."""
    for _ in range(2):
        process, ready = started(TOY, "--upstream", toy.url("toy"), "--record", "app.har", "--json")
        posted(json.loads(ready)["url"], {"prompt": "A kite"})
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)

    assert 2 == len(json.loads((tmp_path / "app.har").read_text())["log"]["entries"])


def test_it_says_where_it_is_and_what_there_was(started, toy):
    """At its beginning and at its end."""
    process, first = started(TOY, "--upstream", toy.url("toy"), "--record", "app.har", "--no-log")
    lines = [process.stdout.readline() for _ in range(4)]
    posted(lines[0].split()[-1], {"prompt": "A kite"})
    process.send_signal(signal.SIGINT)
    rest, log = process.communicate(timeout=30)

    assert first.startswith("Pixpact forwards to toy")
    assert toy.url("toy") in lines[1]
    assert ["1 exchange passed; nothing found", "judge them again: pixpact check toy --traffic app.har"] == (
        rest.splitlines()
    )
    assert "" == log


def test_it_says_how_to_judge_what_an_unusual_place_answered(started):
    """Below a path that the contract does not have, the recording alone would tell nothing."""
    process, _ = started(TOY, "--upstream", "http://127.0.0.1:9/some/gateway", "--record", "app.har", "--no-log")
    lines = [process.stdout.readline() for _ in range(4)]
    posted(lines[0].split()[-1], {"prompt": "A kite"})
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=30)

    assert "--traffic app.har --url http://127.0.0.1:9/some/gateway" in rest


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--upstream", "ftp://x"], "its scheme is 'ftp'"),
        (["--upstream", "https://sk-key@vendor.example"], "has a user name"),
        (["--upstream", "https://vendor.example/?key=sk-key"], "has a query"),
        (["--upstream", "http://127.0.0.1:4799", "--port", "4799"], "is the proxy itself"),
        (["--upstream", "http://127.0.0.1:1", "--record", "missing/app.har"], "name a file that can be written"),
    ],
)
def test_what_cannot_be_used_is_said(command, words, said):
    """In one line, exit code 2, and without repeating a secret."""
    done = command("proxy", TOY, *words)

    assert (2, "") == (done.returncode, done.stdout)
    assert said in done.stderr
    assert "sk-key" not in done.stderr
    assert "Traceback" not in done.stderr


def test_every_flag_is_on_its_page():
    """No option is left unexplained."""
    from pixpact.cli.main import main

    page = (Path(__file__).parents[3] / "docs/proxy.md").read_text()
    options = [option for param in main.commands["proxy"].params for option in param.opts if option.startswith("--")]

    assert [] == [option for option in options if f"`{option}`" not in page]


def test_a_log_that_nobody_reads_stops_nothing(started, toy):
    """The terminal was closed: it still forwards."""
    process, ready = started(TOY, "--upstream", toy.url("toy"))
    process.stderr.close()
    process.stderr = None
    url = process.stdout.readline().split()[-1]

    assert [200, 200] == [posted(url, {"prompt": "A kite"})[0] for _ in range(2)]
    assert ready.startswith("Pixpact forwards to")


@pytest.mark.sweep
def test_a_check_through_it_finds_what_a_check_without_finds(started, command, tmp_path, monkeypatch):
    """Nothing: hundreds of requests, good and bad, pass unchanged; the proxy and its recording say the same."""
    monkeypatch.setenv("PIXPACT_API_KEY", SECRET)
    with pixpact.mock(TOY, api_keys={SECRET: 1000}) as mock:
        words = (TOY, "--upstream", mock.url("toy"), "--record", "app.har", "--rewrite-urls", "--json")
        process, ready = started(*words)
        url = json.loads(ready)["url"]
        through = command("check", TOY, "--url", url, "--quiet", "--report", "json=r.json")
        with urlopen(url + "/_pixpact/findings") as response:
            found = json.load(response)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    again = command("check", TOY, "--traffic", "app.har", "--quiet")

    assert (0, 0) == (through.returncode, again.returncode), through.stdout + through.stderr + again.stderr
    assert ([], {}) == (found["findings"], found["not judged"])
    assert found["exchanges"] > 50
    assert SECRET not in (tmp_path / "app.har").read_text()
