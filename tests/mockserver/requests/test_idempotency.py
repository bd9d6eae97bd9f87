"""Idempotency keys: a repeated request is answered as the first time, and charged once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import httpx2
import pytest

from pixpact.mockserver.background import background
from pixpact.mockserver.playback.recording import Recording
from pixpact.wire.har import from_har, to_har

NAME = "apimart@2026-09"
SUBMIT = f"/{NAME}/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "n": 2}
DAY = 86400
ONE = {"Idempotency-Key": "order-42"}


async def unreachable(*_):
    """A store that is not there."""
    raise ConnectionError


def charges(client):
    return [charge["intent"] for charge in client.get("/_pixpact/ledger").json["charges"]]


def test_a_repeated_request_is_one_task_and_one_charge(mocked):
    """The response is the same, marked as replayed; nothing new is charged."""
    client = mocked(NAME)
    first, second = (client.post(SUBMIT, BODY, headers=ONE) for _ in range(2))

    assert first.body == second.body
    assert [None, "true"] == [it.headers.get("idempotency-replayed") for it in (first, second)]
    assert ["reserve"] == charges(client)
    notes = [it.note for it in client.journal()]
    assert notes[0]["task"] == notes[1]["task"]
    assert [None, "true"] == [note.get("replayed") for note in notes[:2]]


@pytest.mark.parametrize(
    ("path", "headers", "key"),
    [
        (SUBMIT, {"Idempotency-Key": "order-43"}, "sk-test"),
        (SUBMIT, {}, "sk-test"),
        (SUBMIT, ONE, "sk-other"),
        ("/apimart/v1/images/generations", ONE, "sk-test"),
    ],
)
def test_another_key_account_or_contract_is_another_request(mocked, path, headers, key):
    """A key counts for its API key, and for contracts that take one."""
    client = mocked(NAME, "apimart")
    first = client.post(SUBMIT, BODY, headers=ONE)
    other = client.post(path, BODY, headers=headers, key=key)

    assert 200 == other.status
    assert first.json["data"][0]["task_id"] != other.json["data"][0]["task_id"]


def test_the_same_body_may_be_written_otherwise(mocked):
    """Order of fields, white space and defaults written out make no difference; another value does."""
    client = mocked(NAME)
    client.post(SUBMIT, BODY, headers=ONE)
    alike = client.post(SUBMIT, {"n": 2, "resolution": "2K", **BODY}, headers=ONE)
    other = client.post(SUBMIT, BODY | {"n": 1}, headers=ONE)

    assert "true" == alike.headers["idempotency-replayed"]
    assert (409, "idempotency_key_reused") == (other.status, other.json["error"]["code"])
    assert ["reserve"] == charges(client)


def test_keys_live_by_the_mocks_clock(mocked):
    """For a day, as the contract says; then the key is free."""
    client = mocked(NAME)
    client.post(SUBMIT, BODY, headers=ONE)
    client.advance(DAY - 1)
    before = client.post(SUBMIT, BODY, headers=ONE)
    client.advance(1)
    after = client.post(SUBMIT, BODY, headers=ONE)

    assert ["true", None] == [it.headers.get("idempotency-replayed") for it in (before, after)]


def test_a_refused_request_takes_no_key(mocked):
    """Whoever is refused may try again with the same key."""
    client = mocked(NAME, keys={"sk-poor": Decimal("0.03")}, key="sk-poor")
    statuses = [
        client.post(SUBMIT, body, headers=ONE | more).status
        for body, more in [
            (BODY | {"n": 99}, {}),
            (BODY, {}),
            (BODY, {"Prefer": "fault=server-error"}),
            (BODY | {"n": 1}, {}),
        ]
    ]

    assert [400, 402, 500, 200] == statuses


def test_a_key_that_is_none_is_refused(mocked):
    """What the contract's pattern does not take is an invalid request."""
    response = mocked(NAME).post(SUBMIT, BODY, headers={"Idempotency-Key": "two words"})

    assert 400 == response.status


def test_a_lost_response_is_found_again(served):
    """Under accept-then-drop a retry with the same key gets the first task: one charge."""
    mock = served(NAME)
    mock.fault(fault="accept-then-drop", times=1)
    with pytest.raises(httpx2.RemoteProtocolError):
        mock.http.post(SUBMIT, json=BODY, headers=ONE)
    again = mock.http.post(SUBMIT, json=BODY, headers=ONE)

    assert "true" == again.headers["idempotency-replayed"]
    assert ["reserve", "capture"] == [charge.intent for charge in mock.charges()]
    assert 200 == mock.http.get(f"/{NAME}/v1/tasks/{again.json()['data'][0]['task_id']}").status_code


def test_what_was_injected_is_reported_once(mocked):
    """The response given again says nothing of a fault that struck the first request."""
    client = mocked(NAME)
    client.context.faults.add({"fault": "latency", "delay": 2, "times": 1})
    first, second = (client.post(SUBMIT, BODY, headers=ONE) for _ in range(2))

    assert ["fault=latency", None] == [it.headers.get("preference-applied") for it in (first, second)]
    assert "true" == second.headers["idempotency-replayed"]


def test_what_was_not_recorded_takes_no_key(mocked):
    """A recording that refuses one request leaves the key for the next."""
    recorder = mocked(NAME)
    recorder.post(SUBMIT, BODY)
    document = to_har(recorder.journal(), creator_version="1")
    client = mocked(NAME, recording=Recording(from_har(document), only=True))
    responses = [client.post(SUBMIT, body, headers=ONE) for body in (BODY | {"prompt": "Another"}, BODY, BODY)]

    assert [404, 200, 200] == [response.status for response in responses]
    assert [None, None, "true"] == [response.headers.get("idempotency-replayed") for response in responses]


def test_a_request_that_breaks_leaves_its_key(mocked):
    """Whatever happens between, a key without a response is not in use for a day."""
    client = mocked(NAME)
    charge, client.context.store.charge = client.context.store.charge, unreachable
    with pytest.raises(ConnectionError):
        client.post(SUBMIT, BODY, headers=ONE)
    client.context.store.charge = charge

    assert 200 == client.post(SUBMIT, BODY, headers=ONE).status


def test_while_the_first_request_runs_the_second_is_reported_so(served):
    """409 with `Retry-After`, until the first one is answered."""
    mock = served(NAME, moving=True, timeout=20)
    mock.fault(fault="latency", delay=3600, times=1)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(mock.http.post, SUBMIT, json=BODY, headers=ONE)
        while not background().call(lambda: dict(mock.context.store._claims)):
            pass
        second = mock.http.post(SUBMIT, json=BODY, headers=ONE)
        mock.advance(3600)
        assert 200 == first.result().status_code
    third = mock.http.post(SUBMIT, json=BODY, headers=ONE)

    assert (409, "idempotency_in_progress", "2") == (
        second.status_code,
        second.json()["error"]["code"],
        second.headers["retry-after"],
    )
    assert "true" == third.headers["idempotency-replayed"]


def test_the_toy_has_its_own_words(mocked):
    """Another vendor's header, lifetime and responses are its spec's, not the mock's."""
    client = mocked("fixtures/specs/toy.yaml", key=None)
    headers = {"X-Api-Key": "k", "Repeat-Key": "7"}
    body = {"model": "crayon-1", "prompt": "A kite"}
    responses = [client.post("/toy/v2/drawings", body | {"copies": n}, headers=headers) for n in (1, 1, 2)]
    client.advance(3600)
    later = client.post("/toy/v2/drawings", body | {"copies": 2}, headers=headers)

    assert [202, 202, 409, 202] == [it.status for it in [*responses, later]]
    assert "true" == responses[1].headers["repeated"]
    assert {"error": "That key was for another drawing."} == responses[2].json
