"""`pixpact serve` as several processes on one store: workers of one port, and mocks on ports of their own."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner

from pixpact.cli.main import main

SUBMIT = "/apimart/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "n": 1}
HEADERS = {"Authorization": "Bearer sk-test"}


@dataclass
class ServedProcess:
    """A command that serves, and a client of it."""

    process: subprocess.Popen[str]
    http: httpx2.Client

    def submit(self, **fields: object) -> str:
        """The id of a new task."""
        response = self.http.post(SUBMIT, json=BODY | fields)
        assert 200 == response.status_code, response.text
        return str(response.json()["data"][0]["task_id"])

    def control(self, path: str) -> dict:
        """What the control side says."""
        return self.http.get(f"/_pixpact/{path}").json()

    def workers(self) -> list[int]:
        """The processes that answer."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(number) for number in children.split()]


Starting = Callable[..., ServedProcess]


@pytest.fixture(scope="module")
def module_serving() -> Iterator[Starting]:
    """Start `pixpact serve` on a free port with more words; it serves for several tests."""
    yield from _serving()


@pytest.fixture
def serving() -> Iterator[Starting]:
    """Start `pixpact serve` on a free port with more words."""
    yield from _serving()


def _serving() -> Iterator[Starting]:
    started: list[ServedProcess] = []

    def start(*words: str) -> ServedProcess:
        command = [sys.executable, "-m", "pixpact", "serve", "apimart", "--port", "0", "--json", *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        ready = json.loads(process.stdout.readline())
        started.append(ServedProcess(process, httpx2.Client(base_url=ready["url"], headers=HEADERS, timeout=20)))
        return started[-1]

    yield start
    for served in started:
        served.http.close()
        served.process.terminate()
    for served in started:
        served.process.communicate(timeout=20)


@pytest.fixture(scope="module", params=["workers", "sqlite", "redis"])
def module_pair(request, module_serving, redis_server, tmp_path_factory) -> list[ServedProcess]:
    """Two doors to one mock: both to two workers of one port, or each to a process on a port of its own."""
    if request.param == "workers":
        return [module_serving("--workers", "2", "--pace", "instant")] * 2
    file = f"sqlite:{tmp_path_factory.mktemp('store') / 'store.db'}"
    store = file if request.param == "sqlite" else redis_server.database()
    return [module_serving("--store", store, "--pace", "instant") for _ in range(2)]


@pytest.fixture
def pair(module_pair) -> list[ServedProcess]:
    """The same, with everything forgotten."""
    module_pair[0].http.post("/_pixpact/reset")
    module_pair[0].http.post("/_pixpact/pace", json={"pace": "instant"})
    return module_pair


@pytest.mark.sweep
def test_nothing_that_was_answered_is_lost_or_billed_twice(pair):
    """Many submit at once through both doors; a worker is killed: every task is known, and charged once."""
    one, other = pair
    with ThreadPoolExecutor(8) as pool:
        tasks = list(pool.map(lambda number: pair[number % 2].submit(), range(24)))
    if one is other:
        killed = one.workers()
        os.kill(killed[0], signal.SIGKILL)
        _outlive(one, killed)
    tasks += [door.submit() for door in pair]

    charged = [charge["task"] for charge in other.control("ledger")["charges"] if charge["intent"] == "capture"]
    assert 26 == len(set(tasks))
    assert sorted(tasks) == sorted(task["id"] for task in one.control("tasks")["tasks"]) == sorted(charged)
    assert 26 == len([it for it in other.control("journal")["exchanges"] if it["operation"] == "createImage"])


def _outlive(door: ServedProcess, killed: list[int]) -> None:
    """Wait until the connections to a worker that was killed are noticed, and another one has taken its place."""
    for _ in range(6000):  # a busy machine may be late; nothing depends on how late
        with suppress(httpx2.TransportError):
            door.http.get("/_pixpact/health")
        if len(door.workers()) == 2 and door.workers() != killed:
            return
        time.sleep(0.01)
    raise AssertionError("no worker took the place of the one that was killed")


@pytest.mark.sweep
def test_a_callback_is_sent_once_whoever_serves(pair, receiver):
    """Submitted at either door: each task is reported one time."""
    with ThreadPoolExecutor(4) as pool:
        tasks = list(pool.map(lambda number: pair[number % 2].submit(webhook=receiver.url), range(8)))
    for _ in range(6000):  # as above
        found = pair[0].control("webhooks")["webhooks"]
        if all(it["outcome"] == "delivered" for it in found):
            break
        time.sleep(0.01)

    assert sorted(tasks) == sorted(it["task"] for it in found)
    assert [1] * 8 == [len(it["attempts"]) for it in found]
    assert 8 == len(receiver.received)


def test_the_control_side_of_one_speaks_for_all(pair):
    """Clock, pace, faults and reset of one door are those of the other at the next request."""
    one, other = pair
    one.http.post("/_pixpact/pace", json={"pace": "manual"})
    before = one.control("clock")["now"]
    one.http.post("/_pixpact/clock", json={"advance": 90})
    after = [it.control("clock")["now"] - before for it in pair]
    other.http.post("/_pixpact/pace", json={"pace": "instant"})
    one.http.post("/_pixpact/faults", json={"fault": "rate-limited", "times": 2})
    statuses = [it.http.post(SUBMIT, json=BODY).status_code for it in (other, one, other, one)]
    paces = [it.control("clock")["pace"] for it in pair]
    one.http.post("/_pixpact/reset", json={"what": "all"})

    assert [429, 429, 200, 200] == statuses
    assert ([90.0] * 2, ["instant"] * 2) == (after, paces)
    assert [] == other.control("tasks")["tasks"] == other.control("faults")["faults"]
    assert 0 == other.control("journal")["count"]


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_a_killed_mock_goes_on_where_it_was(kind, serving, new_choice):
    """Started again on the same store it knows its tasks, its money, its time and its journal; no id comes twice."""
    words = ("--store", new_choice(kind).shown, "--pace", "manual")
    first = serving(*words)
    first.http.post("/_pixpact/clock", json={"advance": 5})
    tasks, now = [first.submit() for _ in range(3)], first.control("clock")["now"]
    balance = first.http.get("/apimart/v1/balance").json()
    first.process.kill()
    second = serving(*words)
    status = second.http.get(f"/apimart/v1/tasks/{tasks[0]}").json()["data"]["status"]

    assert (now, balance) == (second.control("clock")["now"], second.http.get("/apimart/v1/balance").json())
    assert ("pending", tasks) == (status, [task["id"] for task in second.control("tasks")["tasks"]])
    assert 3 == len([it for it in second.control("journal")["exchanges"] if it["operation"] == "createImage"])
    assert second.submit() not in tasks


def test_a_redis_that_goes_away_gives_the_vendors_503_and_comes_back(serving, own_redis):
    """While it is away the vendor has no capacity; once it is back requests are carried out, without a restart."""
    mock = serving("--store", f"redis://127.0.0.1:{own_redis.port}/0", "--pace", "instant")
    before = mock.http.post(SUBMIT, json=BODY)
    own_redis.stop()
    away = [mock.http.post(SUBMIT, json=BODY), mock.http.get("/_pixpact/tasks")]
    own_redis.start()
    after = mock.http.post(SUBMIT, json=BODY)

    assert [200, 503, 503, 200] == [it.status_code for it in (before, *away, after)]
    assert {"error"} == set(away[0].json())
    assert "does not respond" in away[1].json()["detail"]
    assert before.json() != after.json()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--store", "memory", "--workers", "2"], "use sqlite:FILE"),
        (["--store", "mysql://here"], "write memory, sqlite:FILE or redis://HOST:6379/0"),
        (["--store", "sqlite:{folder}"], "name a new file, or one that can be written"),
        (["--store", "sqlite:{other}"], "is a database of another program; name a new file"),
        (["--store", "sqlite:{old}"], "has schema version 99, and this Pixpact writes 1; remove it"),
        (["--store", "redis://127.0.0.1:1/0"], "does not respond"),
        (["--store", "redis://user:hidden@127.0.0.1:1/0"], "redis://127.0.0.1:1/0 does not respond"),
    ],
)
def test_a_store_that_cannot_be_used_is_refused_with_the_remedy(words, says, tmp_path):
    """Exit code 2, one line, no password."""
    paths = {"folder": tmp_path, "other": tmp_path / "other.db", "old": tmp_path / "old.db"}
    for name, statements in (("other", ["CREATE TABLE x (y)"]), ("old", _OLD)):
        with sqlite3.connect(paths[name]) as database:
            for statement in statements:
                database.execute(statement)
        database.close()
    command = ["serve", "apimart", "--port", "0", *(word.format(**paths) for word in words)]
    done = CliRunner().invoke(main, command)

    assert (2, "") == (done.exit_code, done.stdout)
    assert says in done.stderr
    assert "hidden" not in done.stderr
    assert 1 == len(done.stderr.splitlines())


_OLD = ["CREATE TABLE records (kind)", "PRAGMA application_id = 1346984016", "PRAGMA user_version = 99"]
