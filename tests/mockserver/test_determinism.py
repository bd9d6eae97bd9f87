"""Two servers told the same answer the same bytes."""

from __future__ import annotations

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
    answers = []
    for method, url, body in REQUESTS:
        answers.append(client.request(method, url, json=body))
        client.advance(7.5)
    task_id = answers[0].json["data"][0]["task_id"]
    for _ in range(4):
        answers.append(client.get(f"/apimart/v1/tasks/{task_id}"))
        client.advance(7.5)
    url = answers[-1].json["data"]["result"]["images"][1]["url"][0]
    answers.append(client.get(url, key=None))
    return [(answer.status, sorted(answer.headers.items()), answer.body) for answer in answers]


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
        answer = client.request(method, url, json=body)
        client.advance(7.5)
        if answer.status == 200 and "task_id" in answer.text:
            for _ in range(5):
                client.get(f"/apimart/v1/tasks/{answer.json['data'][0]['task_id']}")
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
