"""Faults of the image's host, redirects, codings and the ways in which a stream may be written; over a socket."""

from __future__ import annotations

import gzip
import json

import httpx2
import openai
import pytest

SUBMIT = "/apimart/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite"}
RUN = "/apiyi/v1/images/generations"
STREAMED = {"model": "seedream-5-0-260128", "prompt": "A kïte", "size": "1280x720", "stream": True}


def image(mock):
    """The URL of an image."""
    task = mock.http.post(SUBMIT, json=BODY).json()["data"][0]["task_id"]
    return mock.http.get(f"/apimart/v1/tasks/{task}").json()["data"]["result"]["images"][0]["url"][0]


def plain(url, **options):
    """A download as an app makes it: without the API key."""
    return httpx2.get(url, **options)


def noted(mock, operation="(file)"):
    return [(it.status, it.note.get("fault")) for it in mock.journal(operation=operation)]


@pytest.mark.parametrize(("fields", "status"), [({}, 503), ({"status": 404}, 404), ({"status": "403"}, 403)])
def test_the_host_of_images_fails_for_a_moment(served, fields, status):
    """With the given status and the XML of an object store, then it is there."""
    mock = served("apimart")
    url = image(mock)
    mock.fault(fault="file-error", times=1, **fields)
    refused, given = plain(url), plain(url)

    assert (status, 200) == (refused.status_code, given.status_code)
    assert ("application/xml", True) == (refused.headers["content-type"], "<Error><Code>" in refused.text)
    assert "access-control-allow-origin" not in refused.headers
    assert "fault=file-error" == refused.headers["preference-applied"]
    assert [(status, "file-error"), (200, None)] == noted(mock)


def test_a_signed_link_refuses_a_key(served):
    """Clients that send their API key to every host meet this; those that do not are served."""
    mock = served("apimart")
    url = image(mock)
    mock.fault(fault="authorization-refused")
    statuses = [mock.http.get(url).status_code, plain(url).status_code]

    assert [400, 200] == statuses
    assert [(400, "authorization-refused"), (200, None)] == noted(mock)


def test_a_host_without_cors(served):
    """The file is there, and a page of another origin may not read it."""
    mock = served("apimart")
    url = image(mock)
    mock.fault(fault="no-cors", times=1)
    names = [[name for name in plain(url).headers if name.startswith("access-control-")] for _ in range(2)]

    assert [True, False] == [found == [] for found in names]
    assert [(200, "no-cors"), (200, None)] == noted(mock)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_download_is_redirected_to_the_same_file(served, status):
    """Once: where it leads no redirect strikes again."""
    mock = served("apimart")
    url = image(mock)
    whole = plain(url).content
    mock.fault(fault="redirect", stage="download", status=status)
    first, followed = plain(url), plain(url, follow_redirects=True)

    assert (status, whole) == (first.status_code, followed.content)
    assert first.headers["location"].startswith(mock.url + "/_redirected/_files/")


@pytest.mark.parametrize(("status", "method", "landed"), [(307, "POST", 200), (308, "POST", 200), (302, "GET", 405)])
def test_a_submission_is_redirected_on_demand(served, status, method, landed):
    """Nothing is bought by it; a client that makes a GET of it, as many do with a 302, buys nothing at all."""
    mock = served("apimart")
    headers = {"Prefer": f"fault=redirect; status={status}"}
    first = mock.http.post(SUBMIT + "?x=1", json=BODY, headers=headers)
    bought = len(mock.charges())
    followed = mock.http.post(SUBMIT, json=BODY, headers=headers, follow_redirects=True)

    assert (status, 0) == (first.status_code, bought)
    assert mock.url + "/_redirected" + SUBMIT + "?x=1" == first.headers["location"]
    assert (method, landed) == (followed.request.method, followed.status_code)
    assert [(status, "redirect")] * 2 == noted(mock, "createImage")[:2]


@pytest.mark.parametrize("stage", ["submit", "download"])
def test_a_body_is_compressed(served, stage):
    """The length is that of what is sent; what it says is the same."""
    mock = served("apimart")
    url = image(mock)
    mock.fault(fault="compressed", stage=stage)
    response = mock.http.post(SUBMIT, json=BODY) if stage == "submit" else plain(url)
    with httpx2.stream("GET", url) as raw:
        sent = b"".join(raw.iter_raw()) if stage == "download" else gzip.compress(b"")

    assert ("gzip", 200) == (response.headers["content-encoding"], response.status_code)
    assert (response.content if stage == "download" else b"") == gzip.decompress(sent)
    assert stage == "download" or "task_id" in response.json()["data"][0]


@pytest.mark.parametrize("stage", ["submit", "download"])
def test_a_body_comes_in_chunks_without_a_length(served, stage):
    """Of a few bytes: who expects whole values in a chunk is wrong."""
    mock = served("apimart")
    url = image(mock)
    whole = plain(url).content
    mock.fault(fault="chunked", stage=stage)
    method, target = ("POST", SUBMIT) if stage == "submit" else ("GET", url)
    with mock.http.stream(method, target, json=BODY if stage == "submit" else None) as response:
        body = b"".join(response.iter_raw())

    assert (None, "chunked") == (response.headers.get("content-length"), response.headers["transfer-encoding"])
    assert body == whole if stage == "download" else "task_id" in json.loads(body)["data"][0]


@pytest.mark.parametrize("fault", ["sse-comments", "sse-crlf", "chunked"])
def test_a_stream_may_be_written_otherwise(served, fault):
    """The same events to whoever reads as the standard says, the official SDK among them."""
    mock = served("apiyi")
    mock.fault(fault=fault, times=2)
    raw = mock.http.post(RUN, json=STREAMED)
    with openai.OpenAI(base_url=f"{mock.url}/apiyi/v1", api_key="sk-test", max_retries=0) as client:
        stream = client.images.generate(**{name: STREAMED[name] for name in ("model", "prompt")}, stream=True)
        kinds = [event.type for event in stream]

    assert {"sse-comments": b": keep-alive", "sse-crlf": b"\r\n\r\n", "chunked": b"data: "}[fault] in raw.content
    assert ["image_generation.partial_succeeded", "image_generation.completed"] == kinds
    assert [(200, fault)] * 2 == noted(mock, "createImage")


def test_heartbeats_come_while_a_stream_waits(served):
    """Every second of the clock, or as often as told; they count for nothing."""
    mock = served("apiyi")
    mock.fault(fault="latency", stage="run", delay=5)
    beats = []
    for wish in ("fault=sse-comments", "fault=sse-comments; delay=2", "fault=chunked"):
        before, _, _ = mock.http.post(RUN, json=STREAMED, headers={"Prefer": wish}).text.partition("event: ")
        beats.append(before.count(": keep-alive"))

    assert [5, 3, 0] == beats


SERIES = {"sequential_image_generation": "auto", "sequential_image_generation_options": {"max_images": 2}}


@pytest.mark.sweep
def test_a_stream_that_waits_is_not_held_back(served):
    """Its first comment is there long before an image is: only the clock brings the rest."""
    mock = served("apiyi", pace="1x", moving=True)
    wish = {"Prefer": "fault=sse-comments"}
    with mock.http.stream("POST", RUN, json=STREAMED | SERIES, headers=wish) as response:
        pieces = response.iter_raw()
        first = next(pieces)
        mock.advance(3600)
        rest = b"".join(pieces)

    assert (b": keep-alive\n\n", True) == (first, b"image_generation.completed" in rest)


@pytest.mark.parametrize("fault", ["sse-comments", "sse-crlf"])
def test_events_leave_one_by_one(mocked, fault):
    """As without a fault: each in a piece of its own."""
    usual, spoilt = (
        mocked("apiyi").post(RUN, STREAMED | SERIES, headers=headers).chunks
        for headers in ({}, {"Prefer": f"fault={fault}"})
    )
    carrying = [piece for piece in spoilt if b"data: " in piece]

    assert len([piece for piece in usual if b"data: " in piece]) == len(carrying) > 3


def test_a_fault_of_streams_says_nothing_of_other_responses(served):
    """It does not strike, and is not reported: by a header it is refused."""
    mock = served("apiyi")
    mock.fault(fault="sse-crlf")
    body = {name: value for name, value in STREAMED.items() if name != "stream"}
    response = mock.http.post(RUN, json=body)
    asked = mock.http.post(RUN, json=body, headers={"Prefer": "fault=sse-comments"})

    assert (200, None, 400) == (response.status_code, response.headers.get("preference-applied"), asked.status_code)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"fault": "redirect", "status": 200}, "write one of these: 301, 302, 303, 307, 308"),
        ({"fault": "file-error", "status": "often"}, "write one of these: 400 to 599"),
        ({"fault": "file-error", "stage": "poll"}, "has no stage 'poll'"),
        ({"fault": "sse-crlf", "vendor": "apimart"}, "is for event streams"),
    ],
)
def test_a_fault_of_the_wire_that_makes_no_sense_is_refused(served, fault, says):
    """With what there is."""
    response = served("apimart", "apiyi").http.post("/_pixpact/faults", json=fault)

    assert (400, True) == (response.status_code, says in response.json()["detail"])
