"""Unmodified clients through the proxy: the `openai` SDK, a loop that polls, downloads."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import openai
import pytest

import pixpact
from pixpact.contracts.transport.hosts import parse_url
from pixpact.mockserver.background import background
from pixpact.mockserver.server import AppServer, listen
from pixpact.proxy.command import build_proxy
from pixpact.wire.images import read_image_facts

SUBMIT = Path(__file__).parents[2] / "mockserver/Submit.java"
SYNC, ASYNC = "apiyi", "toapis"
MODEL = "seedream-5-0-260128"
PROMPT = "A serene Japanese garden"


class Log:
    def __init__(self):
        self.reported, self.problems, self.exchanges = [], [], []
        self.exchange, self.problem, self.add = self.reported.append, self.problems.append, self.exchanges.append


@contextlib.contextmanager
def proxied(contract, mock, vendor, **options):
    """A proxy before a mock; its base URL, and what it told once it is over."""
    log = Log()
    app, judge = build_proxy(contract(vendor), parse_url(mock.url(vendor)), log, log, patience=30.0, **options)
    server = AppServer(app, listen("127.0.0.1", 0))
    background().run(server.open())
    try:
        yield server.url, log
    finally:
        background().run(server.close())
        background().run(app.close())
        judge.close()


@pytest.fixture(scope="module")
def mock():
    with pixpact.mock(SYNC, ASYNC, pace="polls:2") as running:
        yield running


def broken(log):
    return [seen for reported in log.reported for seen in reported.broken]


def test_the_sdk_generates_through_it(contract, mock):
    """An image as base64; nothing is wrong with request and answer."""
    with (
        proxied(contract, mock, SYNC) as (url, log),
        openai.OpenAI(base_url=f"{url}/v1", api_key="sk-test", max_retries=0) as client,
    ):
        response = client.images.with_raw_response.generate(
            model=MODEL, prompt=PROMPT, size="1280x720", response_format="b64_json"
        )
        image = read_image_facts(base64.b64decode(response.parse().data[0].b64_json))

    assert (1280, 720) == (image.width, image.height)
    assert "pixpact-violations" not in response.headers
    assert ([], [], 1) == (broken(log), log.problems, len(log.exchanges))


def test_the_sdk_streams_through_it(contract, mock):
    """Its events, and what the contract says of them."""
    with (
        proxied(contract, mock, SYNC) as (url, log),
        openai.OpenAI(base_url=f"{url}/v1", api_key="sk-test", max_retries=0) as client,
    ):
        fields = {"sequential_image_generation": "auto", "sequential_image_generation_options": {"max_images": 2}}
        events = list(
            client.images.generate(model=MODEL, prompt=PROMPT, size="1280x720", stream=True, extra_body=fields)
        )

    assert ["image_generation.partial_succeeded"] * 2 + ["image_generation.completed"] == [
        event.type for event in events
    ]
    assert ([], []) == (broken(log), log.problems)


def test_the_sdk_sees_the_vendors_own_refusals(contract, mock):
    """With the header that says why beside them."""
    with (
        proxied(contract, mock, SYNC) as (url, _),
        openai.OpenAI(base_url=f"{url}/v1", api_key="sk-test", max_retries=0) as client,
        pytest.raises(openai.BadRequestError) as caught,
    ):
        client.images.generate(model=MODEL, prompt=PROMPT, size="100x100")

    assert "size" in caught.value.response.headers["pixpact-violations"]


@pytest.mark.sweep
def test_the_client_of_the_jdk_submits_through_it(contract, mock, tmp_path):
    """It offers h2c by default; the whole body reaches the vendor, in every version that the client has."""
    if shutil.which("javac") is None:
        pytest.fail("this test needs a JDK: javac does not stand in PATH")
    subprocess.run(["javac", "-d", tmp_path, SUBMIT], check=True, timeout=120)
    mock.reset()
    with proxied(contract, mock, ASYNC) as (url, log):
        words = ["java", "-cp", tmp_path, "Submit", f"{url}/v1/images/generations"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)

    assert ("default 200\nHTTP_1_1 200\nHTTP_2 200\n", "") == (done.stdout, done.stderr)
    body = {"model": "doubao-seedream-5-0", "prompt": "A kite"}
    assert [body] * 3 == [json.loads(it.request_body) for it in mock.requests.where(operation="createImage")]
    assert ([], []) == (broken(log), log.problems)


@pytest.mark.parametrize(
    "framed", ["Content-Length: %d\r\n\r\n%s", "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"]
)
def test_a_body_beside_an_offer_of_another_protocol_is_forwarded(contract, mock, framed):
    """With a length or in chunks, in one piece or after its head."""
    mock.reset()
    body = json.dumps({"model": "doubao-seedream-5-0", "prompt": "A kite"})
    offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAA\r\n"
    head = "POST /v1/images/generations HTTP/1.1\r\nHost: app.test\r\nAuthorization: Bearer sk-x\r\n"
    request = (head + "Content-Type: application/json\r\n" + offer + framed % (len(body), body)).encode()
    with proxied(contract, mock, ASYNC) as (url, _):
        parts = urlsplit(url)
        for cut in (len(request), request.index(b"\r\n\r\n") + 4):
            with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
                for piece in filter(None, (request[:cut], request[cut:])):
                    connection.sendall(piece)
                assert connection.recv(12) == b"HTTP/1.1 200"

    assert [body] * 2 == [it.request_body.decode() for it in mock.requests.where(operation="createImage")]


@pytest.mark.parametrize("rewrite_urls", [False, True])
def test_a_loop_that_polls_and_downloads(contract, mock, rewrite_urls):
    """Submit, look until it is over, download: one task, judged as a whole; with the flag its image too."""
    with proxied(contract, mock, ASYNC, rewrite_urls=rewrite_urls) as (url, log):
        headers = {"Authorization": "Bearer sk-test", "Content-Type": "application/json"}
        body = json.dumps({"model": "doubao-seedream-5-0", "prompt": PROMPT}).encode()
        with urlopen(Request(f"{url}/v1/images/generations", body, headers)) as response:
            task = json.load(response)
        while task["status"] not in ("completed", "failed"):
            with urlopen(Request(f"{url}/v1/images/generations/{task['id']}", headers=headers)) as response:
                task = json.load(response)
        with urlopen(task["result"]["data"][0]["url"]) as download:
            image = read_image_facts(download.read())

    assert "completed" == task["status"]
    assert image.complete
    assert ([], []) == (broken(log), log.problems)
    assert ("download" in [exchange.note["role"] for exchange in log.exchanges]) is rewrite_urls
