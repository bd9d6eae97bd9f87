"""The control prefix: health, clock, journal, reset."""

from __future__ import annotations

import pytest

BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite"}
SUBMIT = "/apimart/v1/images/generations"


def test_health_names_what_is_served(mocked):
    """A program that waits for the mock learns version, pace and contracts."""
    found = mocked("apimart", "toapis", pace="instant").get("/_pixpact/health", key=None).json

    assert found["status"] == "ok"
    assert found["vendors"] == ["apimart", "toapis"]
    assert found["pace"] == "instant"


@pytest.mark.parametrize(
    ("advance", "seconds"), [(90, 90), (1.5, 1.5), ("25h", 90_000), ("PT25H", 90_000), ("P1DT1H", 90_000), ("90", 90)]
)
def test_the_clock_moves_by_what_is_said(mocked, advance, seconds):
    """Seconds, short durations and ISO 8601."""
    client = mocked("apimart")
    before = client.get("/_pixpact/clock", key=None).json["now"]
    after = client.post("/_pixpact/clock", {"advance": advance}, key=None).json["now"]

    assert seconds == pytest.approx(after - before)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"advance": -1}',
        b'{"advance": true}',
        b'{"advance": "soon"}',
        b'{"advance": null}',
        b'{"advance": 1e300}',
        b'{"advance": "-PT1H"}',
        b'{"advance": []}',
    ],
)
def test_a_clock_request_that_makes_no_sense_is_refused(mocked, content):
    """400 with what could be sent instead; the time does not change."""
    client = mocked("apimart")
    before = client.context.clock.now()
    answer = client.request("POST", "/_pixpact/clock", content=content, key=None)

    assert answer.status == 400
    assert "advance" in answer.json["detail"]
    assert before == client.context.clock.now()


def test_the_journal_is_har_without_secrets(mocked):
    """Every exchange with method, URL, bodies and what it meant; no key, no signature."""
    client = mocked("apimart", key="sk-secret")
    client.post(SUBMIT, BODY, headers={"X-Api-Key": "sk-secret", "Cookie": "session=sk-secret"})
    client.get("/apimart/v1/tasks/nothing?api_key=sk-secret&language=en")
    answer = client.get("/_pixpact/journal.har", key=None)
    entries = answer.json["log"]["entries"]

    assert answer.json["log"]["version"] == "1.2"
    assert [entry["request"]["method"] for entry in entries] == ["POST", "GET"]
    assert [entry["response"]["status"] for entry in entries] == [200, 400]
    assert "createImage" in str(entries[0]["_pixpact"])
    assert "A kite" in entries[0]["request"]["postData"]["text"]
    assert "submitted" in entries[0]["response"]["content"]["text"]
    assert "sk-secret" not in answer.text


def test_the_journal_is_bounded(mocked):
    """The oldest exchanges make room, and long bodies are cut."""
    client = mocked("apimart")
    for _ in range(1005):
        client.get("/apimart/v1/tasks/x")
    client.post(SUBMIT, BODY | {"prompt": "x" * 200_000})
    entries = client.get("/_pixpact/journal.har", key=None).json["log"]["entries"]

    assert len(entries) == 1000
    assert len(str(entries[-1])) < 60_000


def test_reset_forgets_what_it_names(mocked):
    """`tasks`, `journal` and `ledger` each leave the rest alone; `all` leaves nothing."""
    client = mocked("apimart", pace="instant")

    def facts():
        task = client.get(f"/apimart/v1/tasks/{task_id}").status
        used = client.get("/apimart/v1/balance").json["used_balance"]
        return task == 200, used > 0

    expected = {"tasks": (False, True), "ledger": (True, False), "journal": (True, True), "all": (False, False)}
    for what, wanted in expected.items():
        task_id = client.post(SUBMIT, BODY).json["data"][0]["task_id"]
        assert client.post("/_pixpact/reset", {"what": what}, key=None).status == 200
        assert wanted == facts(), what
    client.post("/_pixpact/reset", {"what": "journal"}, key=None)
    assert client.get("/_pixpact/journal.har", key=None).json["log"]["entries"] == []


@pytest.mark.parametrize("content", [b'{"what": "everything"}', b"{", b"[]"])
def test_a_reset_of_something_unknown_is_refused(mocked, content):
    """400 names what there is."""
    answer = mocked("apimart").request("POST", "/_pixpact/reset", content=content, key=None)

    assert answer.status == 400
    assert "tasks" in answer.json["detail"]


def test_an_unknown_control_path_names_the_known_ones(mocked):
    """A typing error below the prefix is told."""
    answer = mocked("apimart").get("/_pixpact/jurnal", key=None)

    assert answer.status == 404
    assert "journal.har" in answer.json["detail"]
