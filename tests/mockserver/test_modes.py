"""A mock whose operations do one thing or another as a request asks, and whose tasks a client ends."""

from __future__ import annotations

import pytest

from pixpact.wire.images import read_image_facts

MODES = "fixtures/specs/modes.yaml"
PRINT = {"prompt": "A red kite"}
ASYNC = {"X-Async": "enable"}


@pytest.fixture
def modes(mocked):
    return lambda **options: mocked(MODES, **options)


def begun(client):
    """The path of a print that was ordered in the background."""
    return f"/prints/{client.post('/prints', PRINT, headers=ASYNC).json['id']}"


def test_a_header_chooses_the_mode(modes):
    """With it the task is begun, without it its outcome is waited for; both are documented with 200."""
    client = modes(pace="1x")
    queued = client.post("/prints", PRINT, headers=ASYNC).json
    done = client.post("/prints", PRINT).json

    assert ("QUEUED", False) == (queued["state"], "file" in queued)
    assert ("OVER", True) == (done["state"], "file" in done)
    assert 422 == client.post("/prints", PRINT, headers={"X-Async": "no"}).status


def test_one_word_is_shown_for_two_states(modes):
    """Each has an example of its own all the same."""
    client = modes(pace="instant")
    path = begun(client)
    failed = client.post("/prints", PRINT, headers={**ASYNC, "Prefer": "state=BROKEN"}).json["id"]

    assert "file" in client.get(path).json
    assert ("OVER", "The press jammed.") == tuple(client.get(f"/prints/{failed}").json[it] for it in ("state", "error"))


def test_a_task_that_is_ended_stays_ended(modes):
    """It never comes to the outcome it was on the way to, and costs nothing; ending it again comes too late."""
    client = modes(pace="1x")
    path = begun(client)
    stopped, again = (client.post(f"{path}/stop", None) for _ in range(2))
    client.advance(60)

    assert (200, "STOPPED") == (stopped.status, stopped.json["state"])
    assert (409, "Too late.") == (again.status, again.json["error"])
    assert "STOPPED" == client.get(path).json["state"]


def test_a_task_is_ended_from_some_states_only(modes):
    """One that is printed already goes on to its outcome."""
    client = modes(pace="1x")
    path = begun(client)
    client.advance(4)

    assert 409 == client.post(f"{path}/stop", None).status
    client.advance(60)
    assert "file" in client.get(path).json


def test_another_accounts_task_is_not_ended(modes):
    client = modes(pace="1x")
    path = begun(client)

    assert 404 == client.post(f"{path}/stop", None, key="sk-another").status
    assert "QUEUED" == client.get(path).json["state"]


@pytest.mark.parametrize(("prefer", "state"), [(None, "QUEUED"), ("wait", "OVER"), ("wait=0", "OVER")])
def test_where_the_clock_stands_nobody_waits(modes, prefer, state):
    """Who asks to wait is shown the outcome at once, and sees no other afterwards."""
    client = modes(pace="1x")
    shown = client.post("/posters", PRINT, headers={"Prefer": prefer} if prefer else {})

    assert (201, state) == (shown.status, shown.json["state"])
    assert state == client.get(f"/prints/{shown.json['id']}").json["state"]


@pytest.mark.parametrize(("pace", "prefer", "state"), [("1x", "wait=0", "QUEUED"), ("10000x", "wait=5", "OVER")])
def test_the_response_comes_after_the_wait_or_the_outcome(served, pace, prefer, state):
    """Whichever is first; the task goes on as it would."""
    mock = served(MODES, pace=pace, moving=True)
    shown = mock.http.post("/modes/posters", json=PRINT, headers={"Prefer": prefer}).json()

    assert state == shown["state"]
    assert state == mock.http.get(f"/modes/prints/{shown['id']}").json()["state"]


def test_times_in_the_vendors_own_forms(modes):
    """A pattern of strftime, in UTC, and thousandths of a second."""
    client = modes(pace="1x")
    path = begun(client)
    queued = client.get(path).json
    client.advance(60)
    done = client.get(path).json

    assert ("2026-09-21 14:13:20", None) == (queued["ordered"], queued.get("over"))
    assert 1_790_000_007_000 <= done["over"] <= 1_790_000_022_000


def test_a_task_goes_on_from_one_that_is_done(modes):
    """Not from one that waits, that is another account's, or that nobody has."""
    client = modes(pace="1x")
    path = begun(client)
    task = path.rpartition("/")[2]
    early = client.post("/enlargements", {"print": task}).status
    client.advance(60)
    larger = client.post("/enlargements", {"print": task, "times": 4})
    others = [client.post("/enlargements", {"print": it}, key=key) for it, key in ((task, "sk-b"), ("pr_x", "sk-test"))]
    client.advance(60)
    image = client.get(client.get(f"/prints/{larger.json['id']}").json["file"].removeprefix("http://mock.test:4747"))

    assert (404, 202, [404, 404]) == (early, larger.status, [it.status for it in others])
    assert 256 == read_image_facts(image.body).width
