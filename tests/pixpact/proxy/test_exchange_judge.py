"""What passes is judged beside it: said in a header, in the log, in the recording and at `/_pixpact/findings`."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from pixpact.contracts.checks import CHECKS
from pixpact.contracts.run.check import RunOptions, judge_recording
from pixpact.contracts.traffic.recording import HarRecorder
from pixpact.proxy import exchange_judge
from pixpact.proxy.exchange_capture import BodyCapture, ByteBudget
from pixpact.proxy.exchange_judge import ExchangeJudge
from pixpact.wire.har import from_har

ORDER = {"model": "crayon-1", "prompt": "A red kite", "size": "large"}
WAITING = {"drawing": "dr_8fK2mQ", "state": "waiting", "percent": 0, "ordered": "2026-01-31T12:00:00Z"}
DRAWING = WAITING | {"state": "drawing", "percent": 40}


def vendor(*responses):
    """An upstream that gives these (status, JSON) in turn, whatever is asked; the last one again and again."""
    left = list(responses)

    async def script(connection):
        while True:
            await connection.request()
            status, body = left.pop(0) if len(left) > 1 else left[0]
            text = json.dumps(body).encode()
            head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
            await connection.send(head.encode() + text)

    return script


def ordering(order=ORDER, polls=0, **headers):
    """A scenario: an order and so many looks at it; the stand, the response to the order, the findings."""

    async def scenario(stand):
        response = await stand.client.post("/v2/drawings", json=order, headers=headers)
        for _ in range(polls):
            await stand.client.get("/v2/drawings/dr_8fK2mQ")
        return stand, response, await stand.findings()

    return scenario


# ---- requests


def test_a_request_that_keeps_the_rules_is_not_spoken_of(standing):
    """No header, no finding, nothing in the log but that it passed."""
    stand, response, found = standing(vendor((202, WAITING)), ordering())

    assert "pixpact-violations" not in response.headers
    assert ([], []) == (found["findings"], found["requests"])
    assert [("startDrawing", (), ())] == [(it.operation, it.wrong, it.broken) for it in stand.log.reported]


def test_what_is_wrong_with_a_request_stands_in_a_header_of_its_response(standing):
    """Each broken rule once, as a list of strings; the request goes on all the same."""
    stand, response, found = standing(vendor((202, WAITING)), ordering(ORDER | {"copies": "9", "size": "tiny"}))

    assert 2 == response.headers["pixpact-violations"].count('", "') + 1
    assert response.headers["pixpact-violations"].startswith('"body/')
    assert (1, 202) == (len(stand.requests), response.status_code)
    assert ["startDrawing"] * 2 == [request["operation"] for request in found["requests"]]
    assert stand.log.exchanges[0].note["violations"].count("; ") >= 1


def test_one_broken_rule_is_known_by_its_claim(standing):
    """A request that breaks exactly one rule, and was taken, is a finding about the vendor too."""
    stand, _, found = standing(vendor((202, WAITING)), ordering({"model": "crayon-1"}))
    (wrong,) = found["requests"]
    (finding,) = found["findings"]

    assert "accepted" == finding["kind"]
    assert finding["claim"] == wrong["claim"]
    assert 1 == wrong["seen"]
    assert stand.log.reported[0].wrong[0] == wrong["message"]


def test_a_request_without_a_key_is_reported(standing):
    """As what it is."""

    async def scenario(stand):
        del stand.client.headers["x-api-key"]
        return await stand.client.post("/v2/drawings", json=ORDER)

    assert (
        '"no API key was sent"'
        == standing(vendor((401, {"error": "Show your key."})), scenario).headers["pixpact-violations"]
    )


def test_what_is_no_operation_is_reported_and_counted(standing):
    """The contract says nothing of it, and so does the judge."""

    async def scenario(stand):
        response = await stand.client.get("/v9/other?key=sk-in-the-query")
        return response, await stand.findings()

    response, found = standing(vendor((200, {})), scenario)

    assert '"not in the contract: GET /v9/other"' == response.headers["pixpact-violations"]
    assert {"no operation: GET /v9/other": 1} == found["not judged"]


def test_the_header_is_bounded_and_holds_one_line_of_ascii(standing):
    """Whatever an app sends."""
    order = {"model": "凧\r\nX-Evil: 1" * 500}
    _, response, _ = standing(vendor((422, {"error": "no"})), ordering(order))
    value = response.headers["pixpact-violations"]

    assert value.isascii()
    assert len(value) < 1500
    assert "x-evil" not in response.headers


# ---- responses


def test_what_a_response_breaks_is_in_the_log_the_recording_and_the_findings(standing):
    """One fault, three places, the same claim; how often it was seen is counted."""
    gone = WAITING | {"state": "gone"}
    stand, _, found = standing(vendor((202, gone)), ordering(polls=2))
    broken = [finding for finding in found["findings"] if finding["kind"] == "enum"]
    log = [
        exchange_judge.line_of(seen)
        for reported in stand.log.reported
        for seen in reported.broken
        if seen.kind == "enum"
    ]
    notes = [exchange.note["findings"] for exchange in stand.log.exchanges]

    assert [3] == [finding["seen"] for finding in broken]
    assert 3 == len(log)
    assert all(broken[0]["claim"] in text for text in [*log, *notes])
    assert '"gone"' in broken[0]["observed"]


def test_a_task_is_judged_as_a_whole(standing):
    """Progress that falls is seen between two polls, and reported with the second of them, once."""
    falling = (202, WAITING), (200, DRAWING), (200, DRAWING | {"percent": 10}), (200, DRAWING | {"percent": 10})
    stand, _, found = standing(vendor(*falling), ordering(polls=3))
    reported = [place for place, it in enumerate(stand.log.reported) for seen in it.broken if seen.kind == "falling"]

    assert [2] == reported
    assert [1] == [finding["seen"] for finding in found["findings"] if finding["kind"] == "falling"]


def test_findings_have_the_fields_of_a_report(standing):
    """Whoever reads the report of a check can read these; a command shows each again."""
    _, _, found = standing(vendor((202, WAITING | {"percent": "0"})), ordering())
    (finding,) = (it for it in found["findings"] if it["kind"] == "type")

    assert {"fingerprint", "claim", "severity", "promised", "observed", "effect", "source", "repro"} <= finding.keys()
    assert "trace" not in finding
    assert "curl" in finding["repro"]


def test_the_recording_is_judged_the_same(standing, contract, tmp_path):
    """`pixpact check --traffic` finds in it what was found while it was made."""
    path = tmp_path / "app.har"
    falling = (202, WAITING), (200, DRAWING), (200, DRAWING | {"percent": 10})
    stand, _, found = standing(vendor(*falling), ordering(polls=2))
    with HarRecorder(path) as recorder:
        recorder.extend(stand.log.exchanges)
    again = judge_recording(contract("fixtures/specs/toy.yaml"), from_har(json.loads(path.read_text())), RunOptions())

    assert {finding["fingerprint"] for finding in found["findings"]} == {
        finding.fingerprint for finding in again.findings
    }


# ---- secrets


def test_no_secret_is_reported(standing):
    """Neither the key, nor where the vendor repeats it, nor one in the query, reaches log, recording or findings."""
    secret = "sk-a-secret-of-the-app"

    async def scenario(stand):
        response = await stand.client.post(f"/v2/drawings?token={secret}", json=ORDER | {"size": secret})
        found = await stand.findings()
        return response, found, stand.log

    response, found, log = standing(vendor((202, WAITING | {"state": secret})), scenario)
    said = [response.headers["pixpact-violations"], json.dumps(found), repr(log)]

    assert [False] * 3 == [secret in text for text in said]
    assert found["findings"]


# ---- nothing breaks by it


def crash(case, claims):
    raise RuntimeError("a check that fails, with sk-a-secret-of-the-app")
    yield


def test_a_judge_that_fails_breaks_no_response(standing):
    """It is a line in the log; the exchange is recorded all the same, and counted as not judged."""
    stand, response, found = standing(vendor((202, WAITING)), ordering(), checks=(*CHECKS, crash))

    assert WAITING == response.json()
    assert 1 == len(stand.log.exchanges)
    assert {"an exchange could not be judged": 1} == found["not judged"]
    assert ["an exchange could not be judged: RuntimeError: a check that fails, with [redacted]"] == stand.log.problems


def test_a_judge_that_takes_its_time_delays_no_response(standing):
    """The response comes, and says that its request was not judged in time."""
    go = threading.Event()

    async def scenario(stand):
        stand.judge._of_requests.submit(go.wait)
        response = await stand.client.post("/v2/drawings", json={"model": "crayon-1"})
        go.set()
        return response

    response = standing(vendor((202, WAITING)), scenario, patience=0.0)

    assert WAITING == response.json()
    assert '"not judged in time: see /_pixpact/findings"' == response.headers["pixpact-violations"]


def test_more_than_can_be_judged_is_counted(standing, monkeypatch):
    """Memory stays bounded when exchanges come faster than they are judged."""
    monkeypatch.setattr(exchange_judge, "MOST_WAITING", 2)
    go = threading.Event()

    async def scenario(stand):
        stand.judge._of_responses.submit(go.wait)
        for _ in range(5):
            await stand.client.post("/v2/drawings", json=ORDER)
        go.set()
        return await stand.findings()

    found = standing(vendor((202, WAITING)), scenario)

    assert {"too much traffic to judge all of it": 3} == found["not judged"]
    assert 5 == found["exchanges"]


def test_a_recording_that_fails_breaks_no_response(standing):
    """It is a line in the log, each time."""

    async def scenario(stand):
        def full(exchange):
            raise OSError("no space left on device")

        stand.judge._recorder.add = full
        response = await stand.client.post("/v2/drawings", json=ORDER)
        await stand.findings()
        return response, stand.log.problems

    response, problems = standing(vendor((202, WAITING)), scenario)

    assert (202, ["an exchange could not be recorded: OSError: no space left on device"]) == (
        response.status_code,
        problems,
    )


def test_a_task_that_is_looked_at_for_hours_stays_cheap(standing, monkeypatch):
    """Its submit and its last looks are judged, and the newest is still the one that is reported."""
    monkeypatch.setattr(exchange_judge, "_MOST_POLLS", 3)
    polls = [(200, DRAWING | {"percent": number}) for number in (1, 2, 3, 4, 5, 6, 5)]
    stand, _, _ = standing(vendor((202, WAITING), *polls), ordering(polls=7))

    assert [7] == [place for place, it in enumerate(stand.log.reported) if any(s.kind == "falling" for s in it.broken)]


def test_what_is_held_is_bounded():
    """Beyond its room a capture keeps nothing more, and gives back what it held."""
    room = ByteBudget(10)
    first, second = BodyCapture(room, 8), BodyCapture(room, 8)
    first.add(b"123456")
    second.add(b"12345")
    first.add(b"789")

    assert (b"123456", True, b"", True) == (first.raw, first.cut, second.raw, second.cut)
    first.release()
    assert room.take(10)


# ---- what can be asked


def test_health(standing):
    """That it is up, for whom and where to."""

    async def scenario(stand):
        return (await stand.client.get("/_pixpact/health")).json(), stand.upstream

    health, upstream = standing(vendor((202, WAITING)), scenario)

    assert ("ok", "toy", upstream + "/") == (health["status"], health["contract"], health["upstream"])


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/_pixpact/other", {}, 404),
        ("POST", "/_pixpact/findings", {}, 405),
        ("GET", "/_pixpact/findings", {"origin": "https://evil.example"}, 403),
        ("GET", "/_pixpact/findings", {"sec-fetch-site": "cross-site"}, 403),
        ("GET", "/_pixpact/findings", {"host": "rebound.example:4748", "sec-fetch-site": "same-origin"}, 403),
        ("GET", "/_pixpact/findings", {"host": "127.0.0.1.example"}, 403),
        ("GET", "/_pixpact/pictures/0/x.png", {}, 404),
    ],
)
def test_what_cannot_be_asked_is_refused(standing, method, path, headers, status):
    """By the proxy itself: nothing below its prefix reaches the vendor."""

    async def scenario(stand):
        return (await stand.client.request(method, path, headers=headers)).status_code, stand.requests

    assert (status, []) == standing(vendor((200, {})), scenario)


@pytest.mark.parametrize("host", ["localhost:4748", "127.0.0.1", "[::1]:4748", "192.168.1.7:4748"])
def test_it_may_be_asked_by_its_address(standing, host):
    """As programs on this machine reach it."""

    async def scenario(stand):
        return (await stand.client.get("/_pixpact/health", headers={"host": host})).status_code

    assert 200 == standing(vendor((200, {})), scenario)


def test_another_machine_may_not_ask():
    """Off loopback the proxy forwards for others, and tells them nothing."""
    from pixpact.proxy.control import ProxyControl

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"method": "GET", "path": "/_pixpact/findings", "headers": [], "client": ("192.0.2.7", 5000)}
    asyncio.run(ProxyControl(None, {})(scope, None, send))

    assert 403 == sent[0]["status"]


def test_requests_are_read_apart_from_responses(contract):
    """A judge that was closed has judged all that it was given."""
    toy = contract("fixtures/specs/toy.yaml")
    judge = ExchangeJudge(toy, "http://127.0.0.1:1", lambda trace: "", reporter=None)

    assert {} == judge.close()
