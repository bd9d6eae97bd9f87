"""What a mock in a drill tells of its responses: exactly what the drift changed."""

from __future__ import annotations

import base64
import json
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import httpx2
import pytest

import pixpact
from pixpact.drill.twins.twin_log import record

ROOT = Path(__file__).parents[3]
TOY = str(ROOT / "fixtures/specs/toy.yaml")
ORDER = {"model": "crayon-1", "prompt": "A kite"}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DONE = "$.paths['/v2/drawings/{drawing}'].get.responses['200'].content.*.examples.done.value"
REPORTED = "$.paths['/v2/drawings'].post.callbacks.ready.*.post"


@pytest.fixture
def drilled(tmp_path, monkeypatch):
    """Begin a drill with one change, or none; what is called gives what mocks told so far."""

    def begin(*actions):
        if actions:
            path = tmp_path / "drift.yaml"
            head = "overlay: 1.0.0\ninfo: {title: A drift, version: mutant}\nactions:\n"
            path.write_text(head + "".join(f"  - {json.dumps(action)}\n" for action in actions))
            monkeypatch.setenv("PIXPACT_DRIFT", f"toy={path}")
        monkeypatch.setenv("PIXPACT_DRILL", str(tmp_path))
        return lambda: record(tmp_path, "toy")

    return begin


def ask(url, body=None, **headers):
    """Status and JSON of a response."""
    sent = {"X-Api-Key": "sk-test", "Content-Type": "application/json", **headers}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(url, data, sent), timeout=20) as response:
            return response.status, json.loads(response.read() or b"null")
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"null")


def places(reported):
    return [(it.operation, it.place) for it in reported.seen]


def everything(mock):
    """Use a mock in many ways."""
    url = mock.url("toy")
    order = ask(f"{url}/v2/drawings", {**ORDER, "copies": 2, "reference": "mine"})[1]["drawing"]
    ask(f"{url}/v2/drawings/mine")
    mock.clock.advance("30s")
    done = ask(f"{url}/v2/drawings/{order}")[1]
    for sheet in done.get("sheets", ()):
        for file in sheet["files"]:
            urlopen(file).read()
    ask(f"{url}/v2/drawings", {**ORDER, "size": "huge"})
    ask(f"{url}/v2/drawings", ORDER, **{"X-Api-Key": "sk-insufficient-balance"})
    ask(f"{url}/v2/drawings", ORDER, **{"Repeat-Key": "one"})
    ask(f"{url}/v2/drawings", ORDER, **{"Repeat-Key": "one"})
    ask(f"{url}/v2/drawings", ORDER, Prefer="state=broken")
    ask(f"{url}/v2/sketches", {"prompt": "x", "most": 2, "answer": "base64"})
    with urlopen(
        Request(
            f"{url}/v2/sketches",
            b'{"prompt": "x", "stream": true}',
            {"X-Api-Key": "k", "Content-Type": "application/json"},
        )
    ) as stream:
        stream.read()
    httpx2.post(f"{url}/v2/files", headers={"X-Api-Key": "k"}, files={"file": ("a.png", PNG, "image/png")})
    ask(f"{url}/v2/nothing")
    mock.fail_next("invalid-request", operation="runSketch")
    ask(f"{url}/v2/sketches", {"prompt": "x"})
    ask(f"{mock.base_url}/_pixpact/faults", {"fault": "latency", "delay": 0.01, "times": 1})
    ask(f"{url}/v2/purse")
    mock.reset("faults")
    mock.pace = "polls:2"
    order = ask(f"{url}/v2/drawings", ORDER)[1]["drawing"]
    words = [ask(f"{url}/v2/drawings/{order}")[1]["state"] for _ in range(3)]
    mock.reset("tasks")
    ask(f"{url}/v2/drawings/{order}")
    ask(f"{url}/v2/purse")
    return words


@pytest.mark.parametrize("pace", ["instant", "100x", "manual", "polls:3"])
def test_without_a_drift_nothing_differs(drilled, pace):
    """Ids, times, chances, faults, resets, images and money are those of the twin, whatever is done."""
    reported = drilled()
    with pixpact.mock(TOY, pace=pace) as mock:
        words = everything(mock)

    assert () == reported().seen
    assert "done" == words[-1]
    assert {"startDrawing": 7, "runSketch": 3, "storeFile": 1, "getPurse": 2, "(unknown)": 1, "showDrawing": 6} == {
        name: count for name, count in reported().called.items() if name != "(download)"
    }


def test_requests_at_the_same_time(drilled):
    """The twin sees them in the same order."""
    reported = drilled()
    with pixpact.mock(TOY) as mock, ThreadPoolExecutor(8) as threads:
        url = mock.url("toy")

        def one(number):
            return ask(f"{url}/v2/drawings/{ask(f'{url}/v2/drawings', {**ORDER, 'prompt': str(number)})[1]['drawing']}")

        responses = list(threads.map(one, range(60)))

    assert {200} == {status for status, _ in responses}
    assert () == reported().seen
    assert 120 == reported().requests


def test_lost_responses_are_not_compared(drilled):
    """A connection that breaks as it was asked to is the client's to meet, and no difference."""
    reported = drilled()
    with pixpact.mock(TOY) as mock:
        mock.fail_next("reset-after", operation="startDrawing")
        with pytest.raises(ConnectionResetError):
            urlopen(
                Request(
                    f"{mock.url('toy')}/v2/drawings",
                    json.dumps(ORDER).encode(),
                    {"X-Api-Key": "k", "Content-Type": "application/json"},
                )
            )
        with httpx2.Client(transport=mock.transport()) as client:
            mock.fail_next("hang", operation="getPurse")
            with pytest.raises(httpx2.ReadTimeout):
                client.get(f"{mock.url('toy')}/v2/purse", headers={"X-Api-Key": "k"})
            assert 200 == client.get(f"{mock.url('toy')}/v2/purse", headers={"X-Api-Key": "k"}).status_code

    assert () == reported().seen
    assert {"getPurse": 2, "startDrawing": 1} == reported().called


def test_the_first_difference_is_reported(drilled):
    """What follows from it is not: the client lives in another world from there on."""
    reported = drilled({"target": "$.components.schemas.Order.properties.prompt", "update": {"maxLength": 10}})
    with pixpact.mock(TOY) as mock:
        first, _ = ask(f"{mock.url('toy')}/v2/drawings", {**ORDER, "prompt": "A red kite over the dunes"})
        second, order = ask(f"{mock.url('toy')}/v2/drawings", {**ORDER, "prompt": "x"})
        ask(f"{mock.url('toy')}/v2/drawings/{order['drawing']}")

    assert (422, 202) == (first, second)
    assert {"startDrawing"} == {operation for operation, _ in places(reported())}
    assert ("202", "422") == next((it.was, it.now) for it in reported().seen if it.place == "status")


def test_a_drift_that_no_request_meets(drilled):
    """A limit that nobody comes near makes no difference."""
    reported = drilled({"target": "$.components.schemas.Order.properties.prompt", "update": {"maxLength": 300}})
    with pixpact.mock(TOY) as mock:
        everything(mock)

    assert () == reported().seen


def test_other_charges(drilled):
    """A price that no response tells is found in the ledger, when the mock ends."""
    reported = drilled(
        {"target": "$.components.schemas.Crayon", "update": {"x-images": {"price": {"table": {"small": 0.5}}}}}
    )
    with pixpact.mock(TOY) as mock:
        ask(f"{mock.url('toy')}/v2/drawings", ORDER)
        before = reported().seen

    assert () == before
    assert [("charge", "reserve 0.01 EUR", "reserve 0.5 EUR")] == [(it.place, it.was, it.now) for it in reported().seen]


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.letters.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *words):
        pass


@pytest.fixture
def receiver():
    server = HTTPServer(("127.0.0.1", 0), _Receiver)
    server.letters = queue.Queue()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ([], []),
        (
            [
                {"target": "$.components.schemas.Ready.properties", "update": {"extra": {"type": "integer"}}},
                {"target": f"{REPORTED}.requestBody.content.*.examples.done.value", "update": {"extra": 1}},
            ],
            [("startDrawing callback", "extra")],
        ),
        (
            [
                {"target": "$.paths['/v2/drawings'].post.callbacks", "remove": True},
                {"target": "$.components.schemas.Ready", "remove": True},
            ],
            [("startDrawing callback", "callback")],
        ),
    ],
)
def test_callbacks(drilled, receiver, actions, expected):
    """They are sent once, by the mock itself; what its twin would have sent is compared with them."""
    reported = drilled(*actions)
    origin = f"http://127.0.0.1:{receiver.server_port}"
    with pixpact.mock(TOY, webhooks={"toy": f"{origin},secret"}) as mock:
        ask(f"{mock.url('toy')}/v2/drawings", {**ORDER, "call": f"{origin}/ready"})
        letters = [] if expected and expected[0][1] == "callback" else [receiver.letters.get(timeout=20)["state"]]

    assert ["done"] * len(letters) == letters
    assert receiver.letters.empty()
    assert expected == places(reported())


def test_a_mock_outside_of_a_drill_is_a_plain_one(tmp_path, monkeypatch):
    """Nothing of a drill is imported or written."""
    monkeypatch.delenv("PIXPACT_DRILL", raising=False)
    with pixpact.mock(TOY) as mock:
        assert "MockApp" == type(mock._app).__name__

    assert [] == list(tmp_path.iterdir())


def test_a_folder_that_is_gone(drilled, monkeypatch, tmp_path):
    """A mock that outlives its drill goes on answering."""
    drilled()
    monkeypatch.setenv("PIXPACT_DRILL", str(tmp_path / "gone"))
    with pixpact.mock(TOY) as mock:
        assert 200 == ask(f"{mock.url('toy')}/v2/purse")[0]
