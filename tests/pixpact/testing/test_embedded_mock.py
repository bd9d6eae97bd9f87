"""`pixpact.mock` takes what people write, and refuses the rest at once; what it gives tells what happened."""

from __future__ import annotations

import json
import os
import socket
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import httpx2
import pytest

import pixpact

ROOT = Path(__file__).parents[3]
BODY = {"model": "doubao-seedream-5-0", "prompt": "A kite"}
DRIFT = """
overlay: 1.0.0
info: {title: A drift, version: '1'}
actions:
  - target: $.info
    update: {title: Drifted}
"""


def call(mock, path="/v1/images/generations", body=None, vendor="toapis", key="sk-test"):
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(mock.url(vendor) + path, data, headers)) as response:
        return json.load(response)


def title_of(mock, name):
    return mock._app.mounts[name].contract.title


@pytest.mark.parametrize(
    "start",
    [1_772_323_200, "2026-03-01T00:00:00Z", "2026-03-01", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1)],
)
def test_the_start_of_the_clock_in_every_form(start):
    """Seconds, ISO 8601 with and without zone, datetime."""
    with pixpact.mock("toapis", start_time=start) as mock:
        assert 1_772_323_200.0 == mock.clock.now()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"start_time": "noon"}, "ISO 8601"),
        ({"specs": "no-such-folder"}, "no-such-folder"),
        ({"api_keys": "sk-a"}, "a list of keys"),
        ({"pace": "fast"}, "instant"),
        ({"rate_limit": "many"}, "5/s"),
        ({"faults": [{"fault": "server-eror"}]}, "did you mean 'server-error'"),
        ({"webhooks": {"toapis": "nowhere"}}, "ORIGIN"),
        ({"play": "no-such.har"}, "no-such.har"),
        ({"recorded_only": True}, "no recording to play"),
    ],
)
def test_what_cannot_be_used_is_reported_before_anything_starts(options, words):
    """A ValueError with the value and the remedy."""
    with pytest.raises(ValueError, match=words), pixpact.mock("toapis", **options):
        pass


def test_keys_may_be_a_list(tmp_path):
    """A list of keys, a folder as text."""
    with pixpact.mock("toapis", api_keys=["sk-a"], specs=str(tmp_path)) as mock:
        assert mock._app.context.settings.keys.keys() == {"sk-a"}


def test_an_unknown_vendor_has_no_url():
    """The names that are served are reported."""
    with pixpact.mock("toapis") as mock, pytest.raises(KeyError, match="toapis"):
        mock.url("apimart")


def test_nobody_responses_after_the_block():
    """The port is free again at once."""
    with pixpact.mock("toapis") as mock:
        address = ("127.0.0.1", urlsplit(mock.base_url).port)
        call(mock, body=BODY)

    with pytest.raises(OSError, match="efused"):
        socket.create_connection(address, timeout=5)


def test_tasks_are_reported_without_being_looked_at():
    """Under a pace of polls, looking in from behind is none."""
    with pixpact.mock("toapis", pace="polls:1") as mock:
        task_id = call(mock, body=BODY)["id"]
        (fresh,) = mock.tasks
        words = [call(mock, f"/v1/images/generations/{task_id}")["status"] for _ in range(2)]
        (ended,) = mock.tasks

    assert (task_id, "queued", None, None) == (fresh.id, fresh.status, fresh.outcome, fresh.ended_at)
    assert "completed" == words[1] == ended.status
    assert ("success", "toapis", "createImage", 1) == (ended.outcome, ended.vendor, ended.operation, ended.images)
    assert ended.ended_at >= ended.created_at
    assert "A kite" == ended.body["prompt"]


def test_the_pace_is_that_of_the_tasks_that_come():
    """Those under way keep theirs; under `manual` the clock stands until it is advanced."""
    with pixpact.mock("toapis") as mock:
        call(mock, body=BODY)
        mock.pace = "manual"
        call(mock, body=BODY)
        before = mock.clock.now()
        words = [task.status for task in mock.tasks]
        mock.clock.advance("1h")

        assert ["completed", "queued"] == words
        assert before + 3600 == mock.clock.now()
        assert ["completed"] * 2 == [task.status for task in mock.tasks]
        with pytest.raises(ValueError, match="polls:N"):
            mock.pace = "quick"
        assert "manual" == mock.pace


def test_the_next_requests_fail_as_they_are_reported():
    """So many of those that fit, no others, and then none."""
    with pixpact.mock("toapis") as mock:
        mock.fail_next("rate-limited", operation="createImage", key="sk-a", times=2)
        call(mock, body=BODY)
        for _ in range(2):
            with pytest.raises(HTTPError, match="429"):
                call(mock, body=BODY, key="sk-a")
        call(mock, body=BODY, key="sk-a")

        assert 2 == len(mock.requests.where(fault="rate-limited"))
        with pytest.raises(ValueError, match="did you mean 'rate-limited'"):
            mock.fail_next("rate-limitd")


def test_charges_are_reported():
    """Each movement of money, as the ledger has it."""
    with pixpact.mock("toapis", pace="manual") as mock:
        call(mock, body=BODY)
        mock.clock.advance("1h")

        assert ["reserve", "capture"] == [charge.intent for charge in mock.charges]


def test_requests_are_a_list_with_assertions():
    """Where they meet the criteria they say nothing, else what came nearest."""
    with pixpact.mock("toapis") as mock:
        call(mock, body=BODY)
        requests = mock.requests

    assert [requests[0]] == requests.where(operation="createImage", key="sk-test", model=BODY["model"])
    assert requests[0] == requests.assert_called_once(body={"prompt": "A kite"})
    requests.assert_called(at_least=1, at_most=2)
    requests.assert_not_called(status="4XX")
    with pytest.raises(AssertionError, match='body/prompt: expected "A boat", got "A kite"'):
        requests.assert_called(body={"prompt": "A boat"})
    with pytest.raises(AssertionError, match="there was 1"):
        requests.assert_not_called()
    with pytest.raises(ValueError, match="did you mean 'createImage'"):
        requests.assert_not_called(operation="createimage")


def test_a_saved_recording_can_be_played(tmp_path):
    """From one mock to another through a file."""
    with pixpact.mock("toapis", seed=1) as mock:
        before = call(mock, body=BODY)
        mock.save_har(tmp_path / "app.har")
    with pixpact.mock("toapis", seed=2, play=tmp_path / "app.har", recorded_only=True) as mock:
        after = call(mock, body=BODY)
        with pytest.raises(HTTPError, match="404"):
            call(mock, body=BODY | {"prompt": "A boat"})

    assert before.keys() == after.keys()
    assert before["id"] != after["id"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("{}", "HAR /log: this is missing"),
        ('{"log": {}}', "HAR /log/entries"),
        ('{"log": {"entries": []}}', "none of its 0 exchanges"),
    ],
)
def test_a_file_that_is_no_recording_is_refused(tmp_path, text, words):
    """With its path, and what is wrong with it."""
    path = tmp_path / "app.har"
    path.write_text(text)
    with pytest.raises(ValueError, match=words) as caught, pixpact.mock("toapis", play=str(path)):
        pass

    assert str(path) in str(caught.value)


# ---------------------------------------------------------------------- the environment


def test_programs_are_reported_where_the_vendors_are():
    """A variable for each vendor, overlays or not; the environment itself is left alone."""
    with pixpact.mock("toapis", "apimart@2026-09") as mock:
        expected = {"PIXPACT_URL_TOAPIS": mock.url("toapis"), "PIXPACT_URL_APIMART": mock.url("apimart")}

        assert expected == mock.environ
        assert not expected.keys() & os.environ.keys()


def test_a_drift_in_the_environment_is_served(tmp_path, monkeypatch):
    """Every mock of that vendor follows it, under the name that the test asked for; no other does."""
    overlay = tmp_path / "drift.yaml"
    overlay.write_text(DRIFT)
    monkeypatch.setenv("PIXPACT_DRIFT", f"toapis={overlay}\n")
    with pixpact.mock("toapis", "toapis@observed", "apimart") as mock:
        assert ["Drifted", "Drifted"] == [title_of(mock, name) for name in ("toapis", "toapis@observed")]
        assert "Drifted" != title_of(mock, "apimart")
        assert 200 == urlopen(mock.base_url).status
    monkeypatch.delenv("PIXPACT_DRIFT")
    with pixpact.mock("toapis") as mock:
        assert "Drifted" != title_of(mock, "toapis")


def test_a_drift_may_be_an_overlay_by_name(monkeypatch):
    """One of ours, such as what a vendor changed."""
    monkeypatch.setenv("PIXPACT_DRIFT", "apimart=2026-09")
    with pixpact.mock("apimart") as drifted, pixpact.mock("apimart@2026-09") as named:
        documents = [mock._app.mounts["apimart"].contract.document.value for mock in (drifted, named)]

    assert documents[0] == documents[1]


@pytest.mark.parametrize(
    ("value", "words"), [("toapis", "VENDOR=OVERLAY"), ("toapis=no-such.yaml", "neither a file nor an overlay")]
)
def test_a_drift_that_cannot_be_used_is_reported(monkeypatch, value, words):
    """A run that was to be drifted is never run clean by mistake."""
    monkeypatch.setenv("PIXPACT_DRIFT", value)
    with pytest.raises(ValueError, match=words) as caught, pixpact.mock("toapis"):
        pass

    assert "PIXPACT_DRIFT" in str(caught.value)


def test_what_is_due_has_been_sent_when_the_clock_was_advanced():
    """A webhook of a task that is over by then has arrived: nothing is left to wait for."""
    got: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server, pixpact.mock("apimart", pace="manual") as mock:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        body = {"model": "gpt-image-1-official", "prompt": "a", "webhook": f"http://127.0.0.1:{server.server_port}"}
        call(mock, body=body, vendor="apimart")
        mock.clock.advance("10m")
        sent = len(got)
        server.shutdown()

    assert 1 == sent


def test_prices_of_ones_own(tmp_path):
    """Where a vendor publishes no price, an overlay says what is paid; charges and balance follow to the last digit."""
    page = (Path(__file__).parents[3] / "docs" / "money.md").read_text()
    overlay = tmp_path / "overlays" / "toapis" / "prices.yaml"
    overlay.parent.mkdir(parents=True)
    overlay.write_text(page.partition("<<'YAML'\n")[2].partition("YAML\n")[0])
    with pixpact.mock("toapis@prices", specs=tmp_path, api_keys={"sk-a": "0.30"}) as mock:
        body = {"model": "doubao-seedream-5-0", "prompt": "A kite", "n": 7}
        headers = {"Authorization": "Bearer sk-a"}
        url = mock.url("toapis") + "/v1"
        statuses = [httpx2.post(f"{url}/images/generations", json=body, headers=headers).status_code for _ in range(2)]
        balance = httpx2.get(f"{url}/balance", headers=headers).json()

    assert [200, 402] == statuses
    assert (0.09, 0.21) == (balance["remain_balance"], balance["used_balance"])


@pytest.mark.parametrize("time", [90_000, "25h", "PT25H", "P1DT1H", timedelta(hours=25)])
def test_the_clock_is_moved_in_every_form(time):
    """Seconds, short and ISO 8601 texts, a timedelta."""
    with pixpact.mock("toapis", start_time=0) as mock:
        mock.clock.advance(time)

        assert 90_000 == mock.clock.now()


@pytest.mark.parametrize("time", [None, True, -1, "soon", float("nan"), timedelta(seconds=-1)])
def test_what_does_not_move_the_clock_is_reported(time):
    """With the value."""
    with (
        pixpact.mock("toapis", start_time=0) as mock,
        pytest.raises(ValueError, match=r"not a duration|only moves forward"),
    ):
        mock.clock.advance(time)


class Receiver(BaseHTTPRequestHandler):
    """Takes a callback at the second attempt."""

    received: list[bytes]

    def do_POST(self):
        self.server.received.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(500 if len(self.server.received) == 1 else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.received = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.sweep
@pytest.mark.parametrize("pace", ["manual", "1000x"])
def test_a_webhook_is_waited_for(receiver, pace):
    """What was sent, how often, and what became of it; on a standing clock and on true time."""
    with pixpact.mock("apimart", pace=pace) as mock:
        hook = f"http://127.0.0.1:{receiver.server_port}"
        body = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "webhook": hook}
        task = call(mock, body=body, vendor="apimart")["data"][0]["task_id"]
        if pace == "1000x":
            while not receiver.received:
                pass
            mock.clock.advance(10)
        webhook = mock.wait_for_webhook(task=task, vendor="apimart", timeout=30)

        assert [webhook] == mock.webhooks
        assert (task, "delivered", hook + "/callback") == (webhook.task, webhook.outcome, webhook.url)
        assert [(500, "retried"), (204, "delivered")] == [
            (attempt.status, attempt.note["outcome"]) for attempt in webhook.attempts
        ]
        assert json.loads(receiver.received[1]) == webhook.body


def test_a_webhook_that_is_not_over_says_so(receiver):
    """Its task is under way; whoever waits for another one is told what there is."""
    with pixpact.mock("apimart", pace="polls:3") as mock:
        body = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "webhook": "http://127.0.0.1:9"}
        task = call(mock, body=body, vendor="apimart")["data"][0]["task_id"]
        [webhook] = mock.webhooks
        with pytest.raises(TimeoutError, match=f"waiting are: {task} to http://127.0.0.1:9/callback"):
            mock.wait_for_webhook(timeout=0.05)

    assert ("pending", (), None, None) == (webhook.outcome, webhook.attempts, webhook.body, webhook.due)


def test_webhooks_over_http(receiver):
    """The same for programs in other languages."""
    with pixpact.mock("apimart", pace="manual") as mock:
        body = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "webhook": "http://elsewhere.example"}
        call(mock, body=body, vendor="apimart")
        mock.clock.advance("1h")
        [webhook] = json.load(urlopen(mock.base_url + "/_pixpact/webhooks"))["webhooks"]

    assert ("apimart", "finished", "not sent") == (webhook["vendor"], webhook["callback"], webhook["outcome"])
    assert "is not this machine" in webhook["attempts"][0]["problem"]
