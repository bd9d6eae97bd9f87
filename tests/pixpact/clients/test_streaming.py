"""Streams over a real socket: events leave one by one, and a client that goes away leaves nothing broken."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import httpx2
import pytest

import pixpact

BODY = {
    "model": "seedream-5-0-260128",
    "prompt": "A kite",
    "size": "1280x720",
    "stream": True,
    "sequential_image_generation": "auto",
    "sequential_image_generation_options": {"max_images": 3},
}
HEADERS = {"Authorization": "Bearer sk-test"}


@pytest.fixture(scope="module")
def url():
    with pixpact.mock("apiyi", pace="100x") as mock:
        yield mock.url("apiyi") + "/v1/images/generations"


def test_events_arrive_in_order_and_end_with_done(url):
    """Names, data and the end as the HTML standard's event stream has them."""
    with httpx2.Client() as client, client.stream("POST", url, json=BODY, headers=HEADERS) as response:
        lines = [line for line in response.iter_lines() if line]

    assert response.headers["content-type"] == "text/event-stream"
    assert lines[-1] == "data: [DONE]"
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    data = [json.loads(line.removeprefix("data: ")) for line in lines[:-1] if line.startswith("data: ")]
    assert names == [it["type"] for it in data]
    assert [it["image_index"] for it in data[:3]] == [0, 1, 2]


def test_events_leave_before_the_response_is_complete(url):
    """The first image can be read while the later ones are still under way: it is its own chunk."""
    with httpx2.Client() as client, client.stream("POST", url, json=BODY, headers=HEADERS) as response:
        chunks = [chunk for chunk in response.iter_raw() if chunk]

    assert response.headers["transfer-encoding"] == "chunked"
    assert len(chunks) > 1
    assert b"completed" not in chunks[0]


def test_base64_is_streamed_too(url):
    """Each event carries its own image."""
    body = BODY | {"response_format": "b64_json"}
    with httpx2.Client() as client:
        text = client.post(url, json=body, headers=HEADERS).text

    assert text.count('"b64_json":"') == 3


def test_a_parameter_error_stays_json(url):
    """Whoever asks for a stream with a broken rule gets an ordinary refusal."""
    with httpx2.Client() as client:
        response = client.post(url, json=BODY | {"size": "1x1"}, headers=HEADERS)

    assert response.status_code == 400
    assert response.headers["content-type"] == "application/json"


def test_a_client_that_hangs_up_leaves_the_mock_well(url):
    """After a connection is cut in the middle of a stream the next request is answered."""
    parts = urlsplit(url)
    content = json.dumps(BODY).encode()
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer sk-test\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(head.encode() + content)
        connection.recv(100)

    with httpx2.Client() as client:
        assert client.post(url, json=BODY | {"stream": False}, headers=HEADERS).status_code == 200
