"""What the mock is reported, by the control side and by headers: odd JSON, odd words, and secrets in either."""

from __future__ import annotations

import json
import time

import pytest

from pixpact.mockserver.core.observable_clock import LATEST
from pixpact.wire.bodies import MOST_DEPTH, UndecodableBody, json_of
from pixpact.wire.clock import SystemClock

SUBMIT = "/apimart/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite"}
CONTROLS = ("clock", "pace", "reset", "faults", "verify")


def nested(depth):
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe",
        b'"\\ud800"',
        b'{"what": "\\ud800", "advance": "\\ud800", "pace": "\\ud800", "fault": "\\ud800", "operation": "\\ud800"}',
        b'{"advance": 1' + b"0" * 5000 + b"}",
        b'{"what": ["tasks", 1], "advance": {}, "pace": [], "fault": {}, "operation": []}',
        b'{"what": {"a": 1}, "advance": NaN, "pace": null, "fault": null, "operation": {"a": 1}}',
        b"null",
        b"7",
        b"[[]]",
        nested(5000),
        b'{"what": ' + nested(300) + b', "advance": 1, "pace": "instant", "fault": 1, "operation": 1}',
    ],
)
@pytest.mark.parametrize("path", CONTROLS)
def test_odd_json_is_refused(mocked, path, content):
    """With 400 and a sentence, whatever it is; nothing changes."""
    client = mocked("apimart")
    response = client.request("POST", f"/_pixpact/{path}", content=content, key=None)

    assert (400, "pixpact") == (response.status, response.json["by"])
    assert 200 == client.get("/_pixpact/journal", key=None).status


@pytest.mark.parametrize(
    "query", ["body=" + "[" * 5000, "body" + ".a" * 5000 + "=1", "since=" + "9" * 5000, "status=%ED%A0%80"]
)
def test_an_odd_query_is_refused_or_finds_nothing(mocked, query):
    """Never a server error."""
    client = mocked("apimart")
    client.post(SUBMIT, BODY)

    assert client.get(f"/_pixpact/journal?{query}", key=None).status in (200, 400)


def test_a_body_that_is_too_deep_is_no_json(mocked):
    """It is refused as the vendor refuses what is no JSON, and the journal can still be read."""
    client = mocked("apimart")
    deep = json.dumps(BODY | {"prompt": "PLACE"}).encode().replace(b'"PLACE"', nested(252))
    response = client.request("POST", SUBMIT, content=deep, headers={"Content-Type": "application/json"})

    assert 400 == response.status
    assert f"more than {MOST_DEPTH} levels deep" in response.text
    assert [200] * 3 == [
        client.get(f"/_pixpact/{path}", key=None).status for path in ("journal", "journal.har", "tasks")
    ]


def test_depth_counts_brackets_outside_of_texts():
    """As many lists as you like beside each other, and any text."""
    assert [[]] * 500 == json_of(b"[" + b",".join([b"[]"] * 500) + b"]")
    assert "[" * 500 == json_of(b'"' + b"[" * 500 + b'"')
    assert '"' + "{" * 200 == json_of(b'"\\"' + b"{" * 200 + b'"')
    assert json_of(nested(MOST_DEPTH)) is not None
    with pytest.raises(UndecodableBody, match="levels deep"):
        json_of(nested(MOST_DEPTH + 1))


def test_several_things_are_reset_at_once(mocked):
    """Each that is named; none when one of them is unknown."""
    client = mocked("apimart", pace="instant")
    client.post(SUBMIT, BODY)
    client.post("/_pixpact/faults", {"fault": "server-error"}, key=None)
    refused = client.post("/_pixpact/reset", {"what": ["tasks", "nothing"]}, key=None)
    kept = len(client.get("/_pixpact/tasks", key=None).json["tasks"])
    done = client.post("/_pixpact/reset", {"what": ["tasks", "journal"]}, key=None)

    assert (400, 1) == (refused.status, kept)
    assert (200, {"reset": ["tasks", "journal"]}) == (done.status, done.json)
    assert [] == client.get("/_pixpact/tasks", key=None).json["tasks"]
    assert 0 == client.get("/_pixpact/journal", key=None).json["count"]
    assert 1 == len(client.get("/_pixpact/faults", key=None).json["faults"])


def test_the_control_side_has_a_door(mocked):
    """Its prefix leads to the console; `health` says what is served."""
    client = mocked("apimart")

    assert "text/html" in client.get("/_pixpact/", key=None).headers["content-type"]
    assert ["apimart"] == client.get("/_pixpact/health", key=None).json["vendors"]


def test_a_method_that_is_not_there_is_reported_those_that_are(mocked):
    """RFC 9110, section 15.5.6."""
    response = mocked("apimart").request("DELETE", SUBMIT)

    assert (405, "POST, OPTIONS") == (response.status, response.headers["allow"])


@pytest.mark.parametrize("asked", ["fault=failed; example=nope", "fault=server-error; example=nope"])
def test_an_example_that_is_not_there_is_refused(mocked, asked):
    """With those that there are."""
    response = mocked("apimart").post(SUBMIT, BODY, headers={"Prefer": asked})

    assert (400, True) == (response.status, "has no example 'nope'; there are" in response.json["detail"])


@pytest.mark.parametrize(
    ("prefer", "word"),
    [
        ('fault=unknown-status; status="on hold, for now"', "on hold, for now"),
        ('fault=unknown-status; status="a;b=c"', "a;b=c"),
        ('fault=unknown-status; status="say \\"hi\\""', 'say "hi"'),
        ("respond-async, wait=10, fault = unknown-status; status = plain", "plain"),
    ],
)
def test_a_quoted_preference_is_kept_whole(mocked, prefer, word):
    """RFC 7240: commas, semicolons and quotes inside of quotes are part of the word."""
    client = mocked("apimart", pace="instant")
    task = client.post(SUBMIT, BODY, headers={"Prefer": prefer}).json["data"][0]["task_id"]

    assert word == client.get(f"/apimart/v1/tasks/{task}").json["data"]["status"]


def test_secrets_of_forms_and_tasks_are_not_shown(mocked):
    """By the name of a part, of a field, and however the name is spelt."""
    client = mocked("toapis", "apimart", pace="instant")
    form = (
        b'--x\r\nContent-Disposition: form-data; name="api_key"\r\n\r\nhidden-one\r\n'
        b'--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nseen\r\n--x--\r\n'
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    client.request("POST", "/toapis/v1/uploads/images", content=form, headers=headers)
    client.post(SUBMIT, BODY | {"api_key": "hidden-two", "api key": "hidden-three", "nested": {"token": "hidden-four"}})
    shown = [client.get(f"/_pixpact/{path}", key=None).text for path in ("journal", "journal.har", "tasks")]

    assert [] == [text for text in shown if "hidden" in text]
    assert "seen" in shown[1]


def test_the_clock_ends_where_dates_do(mocked):
    """It is refused to go on, and everything else works as ever."""
    client = mocked("apimart", pace="instant")
    statuses = [client.post("/_pixpact/clock", {"advance": 9_999_999_999}, key=None).status for _ in range(26)]

    assert {200, 400} == set(statuses)
    assert client.context.clock.now() <= LATEST
    assert [200, 200] == [client.post(SUBMIT, BODY).status, client.post("/_pixpact/reset", {}, key=None).status]


def test_a_correction_of_the_machines_clock_turns_nothing_back(monkeypatch):
    """True time only moves forward here, whatever is set meanwhile."""
    clock = SystemClock()
    before = clock.now()
    monkeypatch.setattr(time, "time", lambda: before - 5)

    assert before <= clock.now() < before + 60
