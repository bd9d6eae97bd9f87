"""A case: exchanges, read with the contract."""

from __future__ import annotations

import json

import pytest

from pixpact.contracts.samples.reference_images import image
from pixpact.contracts.traffic.case import CaseReader
from pixpact.contracts.traffic.recording import recorded_exchange
from pixpact.wire.exchange import Exchange, Trace
from pixpact.wire.redaction import mark_of

TOY = "fixtures/specs/toy.yaml"
BASE = "https://api.toy.example"
JSON = ("Content-Type", "application/json")
KEY = ("X-Api-Key", "sk-1")


@pytest.fixture
def step(claims):
    def read(
        method, path, response=None, body=None, status=200, headers=(KEY, JSON), kind="application/json", note=None
    ):
        content = response if isinstance(response, bytes) else json.dumps(response).encode()
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        exchange = Exchange(
            1.0, method, BASE + path, headers, sent, status, (("content-type", kind),), content, 0.1, note or {}
        )
        return CaseReader(claims(TOY)).step(exchange)

    return read


def order(step, **body):
    response = {"drawing": "dr_1", "state": "waiting", "percent": 0, "ordered": "2026-01-31T12:00:00Z"}
    return step("POST", "/v2/drawings", response, {"model": "ink-1", "prompt": "A kite", **body}, 202)


def test_a_response_is_read_by_its_bindings(step):
    """What the contract binds is found by what it is, wherever the vendor puts it."""
    found = order(step, copies=2)

    assert ("dr_1", "waiting", 0) == tuple(found.says(f"$task.{name}") for name in ("id", "status", "progress"))
    assert [("/drawing", "dr_1")] == list(found.bound("$task.id"))
    assert ("startDrawing", True, True) == (found.operation.id, found.accepted, found.documented)
    assert 2 == found.exercise.images


@pytest.mark.parametrize(
    ("body", "headers", "note", "expected"),
    [
        ({"model": "ink-1", "prompt": "P"}, (KEY, JSON), {}, ""),
        ({"model": "ink-1", "prompt": "P", "copies": 5}, (KEY, JSON), {}, "invalid-request"),
        ({"model": "ink-1", "prompt": "P"}, (JSON,), {"expects": "moderated"}, "moderated"),
        (b'{"model"', (KEY, JSON), {}, "invalid-request"),
    ],
)
def test_what_a_request_must_come_to(step, body, headers, note, expected):
    """As its sender noted; of recorded traffic it is told from the request itself."""
    assert expected == step("POST", "/v2/drawings", {}, body, headers=headers, note=note).expects


def test_whether_a_task_is_known_is_known_to_the_vendor_alone(step):
    """A recorded look may be for a task that never was."""
    assert "?" == step("GET", "/v2/drawings/dr_1", {}).expects


@pytest.mark.parametrize("response", [b"<html>", b'{"drawing": ', b"{} {}", b"", b"\xff"])
def test_a_response_that_cannot_be_read_says_why(step, response):
    """It has no value, and a reason."""
    found = step("GET", "/v2/drawings/dr_1", response)

    assert None is found.value
    assert found.problem


def test_a_lost_response_is_none(step):
    """A fault of the transport, even with a status, is no whole response."""
    found = step("GET", "/v2/drawings/dr_1", b'{"dra', note={"fault": "reset"})

    assert (False, False, False, "reset") == (found.answered, found.accepted, found.refused, found.problem)


def test_an_undocumented_status_is_read_like_success(step):
    """200 for a documented 202: what it says can still be judged."""
    found = step("POST", "/v2/drawings", {"drawing": "dr_1"}, {"model": "ink-1", "prompt": "P"}, 200)

    assert (False, "202", "dr_1") == (found.documented, found.response.status, found.says("$task.id"))


def test_a_stream_is_the_list_of_its_events(step):
    """Also where no other way leads to it."""
    text = b'event: one-more\ndata: {"number": 0, "link": "https://f.test/1.jpg"}\n\n'
    found = step("POST", "/v2/sketches", text, {"prompt": "P", "stream": True}, kind="text/event-stream")

    assert [{"event": "one-more", "data": {"number": 0, "link": "https://f.test/1.jpg"}}] == found.value
    assert "https://f.test/1.jpg" == found.says("$image.url")


def test_what_is_none_of_the_contract_is_no_step_of_it(step):
    """A download, or another service."""
    assert None is step("GET", "/v9/elsewhere", {}).asked
    with pytest.raises(ValueError, match="a download belongs to no operation"):
        _ = step("GET", "/v2/purse", {}, note={"role": "download"}).operation


def test_a_left_out_image_of_a_response_fits_its_schema(claims):
    """Base64 that a recorder replaced by a mark is judged as base64, and its image by the noted facts."""
    content = image("jpeg-256x256")
    import base64

    response = json.dumps({"sketches": [base64.b64encode(content).decode()]}).encode()
    body = json.dumps({"prompt": "P", "answer": "base64"}).encode()
    kind = (("content-type", "application/json"),)
    exchange = recorded_exchange(Exchange(1.0, "POST", BASE + "/v2/sketches", (KEY, JSON), body, 200, kind, response))
    found = CaseReader(claims(TOY)).step(exchange)

    assert mark_of(content).encode() in exchange.response_body
    assert () == found.body.violations
    assert 1 == len(list(found.bound("$image.base64")))


def test_a_case_knows_its_parts(claims):
    """The step that asked, those of a role, and the exchanges that show something."""
    said = {"drawing": "dr_1", "state": "waiting", "percent": 0, "ordered": "2026-01-31T12:00:00Z"}
    kind = (("content-type", "application/json"),)
    body = json.dumps({"model": "ink-1", "prompt": "P"}).encode()
    trace = Trace(
        (
            Exchange(
                1.0,
                "POST",
                BASE + "/v2/drawings",
                (KEY, JSON),
                body,
                202,
                kind,
                json.dumps(said).encode(),
                note={"role": "start"},
            ),
            Exchange(
                2.0,
                "GET",
                BASE + "/v2/drawings/dr_1",
                (KEY,),
                b"",
                200,
                kind,
                json.dumps(said).encode(),
                note={"role": "show"},
            ),
            Exchange(3.0, "GET", "https://f.test/1.png", note={"role": "download"}),
        )
    )
    case = CaseReader(claims(TOY)).case(trace)

    assert (0, [1], [2]) == (
        case.start.index,
        [it.index for it in case.of("show")],
        [it.index for it in case.of("download")],
    )
    assert trace.exchanges[1:2] == case.trace((1,)).exchanges
