"""One store behind two mocks: what a shared one has to do for workers that answer for each other."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pixpact.mockserver.core.rate_limit import parse as parse_limit
from pixpact.mockserver.state.memory import MemoryStore
from pixpact.mockserver.stores.journal import STEP

NAME = "apimart@2026-09"
START = 1_790_000_000.0
SUBMIT = f"/{NAME}/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "n": 2}


@pytest.fixture(params=["memory", "sqlite", "redis"])
def two(request, mocked):
    """Two mocks with one store: the same object, or each with its own door to one file or one Redis."""

    def make(**options):
        if request.param == "memory":
            store = MemoryStore()
            return [mocked(NAME, store=store, **options) for _ in range(2)]
        choice = request.getfixturevalue("new_choice")(request.param)
        return [mocked(NAME, choice=choice, **options) for _ in range(2)]

    return make


def test_a_task_of_one_is_found_by_the_other(two):
    """Submitted here, looked at there; each poll counts for both; no id comes twice."""
    one, other = two(pace="polls:2")
    responses = [client.post(SUBMIT, BODY) for client in (one, other)]
    task = responses[0].json["data"][0]["task_id"]
    polls = [client.get(f"/{NAME}/v1/tasks/{task}").json["data"] for client in (other, one, other)]

    assert ["pending", "processing", "completed"] == [poll["status"] for poll in polls]
    assert 200 == one.get(polls[-1]["result"]["images"][0]["url"][0]).status
    assert 2 == len({response.json["data"][0]["task_id"] for response in responses})
    assert 2 == len({response.headers["x-oneapi-request-id"] for response in responses})


def test_money_is_one(two):
    """A balance that is spent here is gone there, and what comes back is there for both."""
    one, other = two(pace="instant", keys={"sk-test": Decimal("0.05")})
    statuses = [client.post(SUBMIT, BODY | {"n": 1}).status for client in (one, other, one)]
    balance = one.get(f"/{NAME}/v1/balance").json["remain_balance"]

    assert [200, 200, 402] == statuses
    assert 0.0044 == balance == other.get(f"/{NAME}/v1/balance").json["remain_balance"]
    assert 4 == len(other.get("/_pixpact/ledger").json["charges"])


def test_an_idempotency_key_is_taken_for_both(two):
    """The response that one gave is given again by the other."""
    one, other = two()
    first, second = (client.post(SUBMIT, BODY, headers={"Idempotency-Key": "k"}) for client in (one, other))

    assert first.body == second.body
    assert "true" == second.headers["idempotency-replayed"]


def test_a_rate_window_is_one(two):
    """Requests to both are counted together."""
    statuses = [it.post(SUBMIT, BODY).status for it in two(rate_limit=parse_limit("3/min")) for _ in range(2)]

    assert [200, 200, 200, 429] == statuses


def test_a_fault_stands_for_both(two):
    """One that strikes every second request counts them together; removed here, it is gone there."""
    one, other = two()
    one.post("/_pixpact/faults", {"fault": "server-error", "every": 2})
    statuses = [client.post(SUBMIT, BODY).status for client in (one, other, one, other)]
    other.request("DELETE", "/_pixpact/faults")

    assert [200, 500, 200, 500] == statuses
    assert [200, 200] == [one.post(SUBMIT, BODY).status for _ in range(2)]


def test_a_callback_is_sent_by_who_completes_the_task(served, receiver):
    """Submitted here, completed by a poll there: the other sends it, and once."""
    store = MemoryStore()
    one, other = (served(NAME, pace="polls:1", store=store) for _ in range(2))
    task = one.http.post(SUBMIT, json=BODY | {"webhook": receiver.url}).json()["data"][0]["task_id"]
    for mock in (one, other, one):
        mock.http.get(f"/{NAME}/v1/tasks/{task}")
        mock.advance(0)

    assert ["/callback"] == [path for path, _, _ in receiver.received]
    assert [0, 1] == [len(mock.journal(callback="finished")) for mock in (one, other)]


@pytest.fixture(params=["sqlite", "redis"])
def doors(request, mocked, new_choice):
    """Two mocks that share all: store, clock and journal."""

    def make(**options):
        choice = new_choice(request.param)
        return [mocked(NAME, choice=choice, **options) for _ in range(2)]

    return make


def test_time_is_one(doors):
    """Moved here, it has passed there: a task goes on, and its response is dated by the same clock."""
    one, other = doors(pace="1x")
    task = one.post(SUBMIT, BODY).json["data"][0]["task_id"]
    before = other.get(f"/{NAME}/v1/tasks/{task}").json["data"]["status"]
    one.advance(3600)
    after = other.get(f"/{NAME}/v1/tasks/{task}").json["data"]["status"]

    assert ("pending", "completed") == (before, after)
    assert 3600.0 == other.get("/_pixpact/clock").json["now"] - START


def test_the_journal_is_one(doors):
    """What one has answered the other tells and verifies, without secrets; reset here, it is empty there."""
    one, other = doors()
    one.post(SUBMIT, BODY | {"prompt": "my key is sk-test-1234"}, key="sk-test-1234")
    one.get("/nowhere")
    kept = other.get("/_pixpact/journal").json
    tasks = other.get("/_pixpact/tasks").json["tasks"]
    verified = other.post("/_pixpact/verify", {"operation": "createImage", "times": 1}).status
    numbers = [other.get(f"/_pixpact/exchanges/{number}").status for number in (1, 2, 3)]
    one.post("/_pixpact/reset", {"what": "journal"})

    assert (["createImage", "(unknown)"], 2) == ([it["operation"] for it in kept["exchanges"]], kept["total"])
    assert ("my key is [redacted]", False) == (tasks[0]["body"]["prompt"], "sk-test-1234" in str([kept, tasks]))
    assert (200, [200, 200, 404]) == (verified, numbers)
    assert 0 == other.get("/_pixpact/journal").json["total"]


def test_the_journal_makes_room_for_all(doors):
    """Beyond its room the oldest are counted by kind, whoever answered them, and verification still knows how many."""
    one, other = doors()
    one.context.journal._most = other.context.journal._most = 20
    one.post(SUBMIT, BODY)
    for number in range(STEP * 2 - 1):
        (one if number % 2 else other).get("/nowhere")
    kept = one.get("/_pixpact/journal").json

    assert (STEP * 2, 20) == (kept["total"], kept["count"])
    assert STEP * 2 == kept["count"] + kept["forgotten"]
    assert "createImage" == kept["exchanges"][0]["operation"]
    assert 200 == other.post("/_pixpact/verify", {"status": 404, "times": STEP * 2 - 1}).status


def test_what_one_forgets_the_other_has_forgotten(doors):
    """Tasks, uploads and keys of a reset; running numbers go on."""
    one, other = doors()
    headers = {"Idempotency-Key": "k"}
    first = one.post(SUBMIT, BODY, headers=headers).json["data"][0]["task_id"]
    other.post("/_pixpact/reset", {"what": "tasks"})
    second = one.post(SUBMIT, BODY, headers=headers).json["data"][0]["task_id"]

    assert first != second
    assert [400, 200] == [one.get(f"/{NAME}/v1/tasks/{task}").status for task in (first, second)]
