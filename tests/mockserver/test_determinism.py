"""Two servers told the same response the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import httpx2
import pytest

REQUESTS = [
    ("POST", "/apimart/v1/images/generations", {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "n": 2}),
    ("POST", "/toapis/v1/images/generations", {"model": "doubao-seedream-5-0", "prompt": "A kite"}),
    ("POST", "/apiyi/v1/images/generations", {"model": "seedream-5-0-260128", "prompt": "A kite", "stream": True}),
    ("POST", "/fasttoken/v1/images/generations", {"model": "doubao-seedream-5-0-260128", "prompt": "A kite"}),
    ("POST", "/apimart/v1/images/generations", {"model": "nope"}),
    ("GET", "/apimart/v1/balance", None),
]


def session(client):
    """Some requests with the clock moved between them; everything that came back."""
    responses = []
    for method, url, body in REQUESTS:
        responses.append(client.request(method, url, json=body))
        client.advance(7.5)
    task_id = responses[0].json["data"][0]["task_id"]
    for _ in range(4):
        responses.append(client.get(f"/apimart/v1/tasks/{task_id}"))
        client.advance(7.5)
    url = responses[-1].json["data"]["result"]["images"][1]["url"][0]
    responses.append(client.get(url, key=None))
    return [(response.status, sorted(response.headers.items()), response.body) for response in responses]


@pytest.mark.parametrize("pace", ["manual", "10x", "1x"])
def test_the_same_seed_and_requests_give_the_same_bytes(mocked, pace):
    """Statuses, headers, bodies, ids, times, images: all alike on a standing clock."""
    first, second = (session(mocked("apimart", "toapis", "apiyi", "fasttoken", pace=pace, seed=5)) for _ in range(2))

    assert first == second


def test_another_seed_gives_other_ids_and_durations(mocked):
    """The seed is the only chance there is."""
    bodies = [mocked("apimart", seed=seed).post(*REQUESTS[0][1:]).body for seed in (1, 2)]

    assert bodies[0] != bodies[1]


FAULTS = [
    {"fault": "server-error", "probability": 0.5, "stage": "poll"},
    {"fault": "latency", "delay": {"lognormal": [0.5, 0.8]}, "every": 2, "stage": "submit"},
    {"fault": "two-json-objects", "times": 1, "operation": "getBalance"},
]


def journal_of(client):
    """A session in which things go wrong by chance, and all that the mock keeps of it."""
    for fault in FAULTS:
        assert 201 == client.post("/_pixpact/faults", fault, key=None).status
    for method, url, body in REQUESTS * 2:
        response = client.request(method, url, json=body)
        client.advance(7.5)
        if response.status == 200 and "task_id" in response.text:
            for _ in range(5):
                client.get(f"/apimart/v1/tasks/{response.json['data'][0]['task_id']}")
    return [client.get(f"/_pixpact/{path}", key=None).body for path in ("journal.har", "journal", "tasks", "ledger")]


def test_the_same_seed_start_and_requests_give_the_same_journal(mocked):
    """Byte for byte, faults that strike by chance included; and so are the tasks and the ledger."""
    names = ("apimart", "toapis", "apiyi", "fasttoken")
    first, second = (journal_of(mocked(*names, seed=5)) for _ in range(2))

    assert first == second
    assert b"server-error" in first[0]


def test_another_seed_gives_another_journal(mocked):
    """What is equal above is not equal for want of chance."""
    first, second = (journal_of(mocked("apimart", "toapis", "apiyi", "fasttoken", seed=seed)) for seed in (5, 6))

    assert first[0] != second[0]


WORDS = [
    *("serve", "apimart@2026-09", "toapis", "apiyi", "--port", "0", "--json", "--seed", "7", "--rate-limit", "20/min"),
    *("--start-time", "2026-01-01T00:00:00Z", "--public-url", "http://mock.test"),
    *("--fault", "server-error,stage=poll,probability=0.4", "--fault", "latency,delay=lognormal:0.5:0.8,every=2"),
    *("--fault", "latency,stage=run,delay=uniform:1:3"),
]


def served_by_a_process(hash_seed, receiver):
    """What a mock in a process of its own keeps of a session with faults by chance, limits and callbacks."""
    words = [sys.executable, "-m", "pixpact", *WORDS, "--webhook", f"toapis={receiver.url},whsec-1"]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    receiver.statuses[:] = [500, 204, 500]
    process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        ready = json.loads(process.stdout.readline())
        headers = {"Authorization": "Bearer sk-test", "Host": "mock.test"}
        with httpx2.Client(base_url=ready["url"], headers=headers) as client:
            for number in range(3):
                for url, fields in (
                    ("/apimart/v1/images/generations", {"model": "seedream-5-0-lite", "webhook": receiver.url}),
                    ("/toapis/v1/images/generations", {"model": "doubao-seedream-5-0", "callback_url": receiver.url}),
                    ("/apiyi/v1/images/generations", {"model": "seedream-5-0-260128", "size": "1280x720"}),
                ):
                    keys = {"Idempotency-Key": f"order-{number % 2}"}
                    client.post(url, json={"prompt": "A kite", "n": 2, **fields}, headers=keys)
                for task in client.get("/_pixpact/tasks").json()["tasks"]:
                    client.get(f"/{task['vendor'].partition('@')[0]}/v1/tasks/{task['id']}")
                client.post("/_pixpact/clock", json={"advance": "PT20S"})
            paths = ("journal", "journal.har", "ledger", "tasks", "faults")
            return [client.get(f"/_pixpact/{path}").content for path in paths]
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_two_processes_give_the_same_journal(receiver):
    """Whatever chance a process has of its own: faults, delays, limits, replays, callbacks and signatures included."""
    first, second = (served_by_a_process(hash_seed, receiver) for hash_seed in ("1", "99"))

    assert first == second
    reported = json.loads(first[0])["exchanges"]
    assert {"server-error", "latency", "latency-run"} <= {
        it for exchange in reported for it in exchange.get("fault", "").split(", ")
    }
    assert {"1", "2"} <= {exchange.get("attempt") for exchange in reported if "callback" in exchange}
    assert any(exchange.get("replayed") for exchange in reported)
