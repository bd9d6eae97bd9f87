"""What clients do with connections that the mock must live with: other protocols offered, idle ones kept, codings."""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pixpact.mockserver.background import background

HERE = Path(__file__).parent
SUBMIT = "/toapis/v1/images/generations"
BODY = json.dumps({"model": "doubao-seedream-5-0", "prompt": "A kite"}).encode()
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAA\r\n"


def head(*fields, method=b"POST", path=b"/toapis/v1/images/generations"):
    first = b"%s %s HTTP/1.1\r\nHost: mock.test\r\nAuthorization: Bearer sk-x\r\nContent-Type: application/json\r\n"
    return first % (method, path) + b"".join(fields) + b"\r\n"


def answered(url, *pieces, count=1):
    """The statuses and bodies that come back on one connection for so many requests."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        stream = connection.makefile("rb")
        return [_one(stream) for _ in range(count)]


def _one(stream):
    status = int(stream.readline().split()[1])
    if status == 100:
        stream.readline()
        return _one(stream)
    fields = dict(line.lower().split(b": ", 1) for line in iter(stream.readline, b"\r\n"))
    return status, stream.read(int(fields[b"content-length"]))


@pytest.mark.parametrize(
    "pieces",
    [
        [head(OFFER, LENGTH) + BODY],
        [head(OFFER, LENGTH), BODY],
        [head(OFFER, LENGTH) + BODY[:7], BODY[7:]],
        [head(OFFER, CHUNKED) + CHUNKS],
        [head(OFFER, CHUNKED), CHUNKS],
        [head(OFFER, CHUNKED), CHUNKS[:5], CHUNKS[5:]],
        [head(OFFER, LENGTH, b"Expect: 100-continue\r\n") + BODY],
    ],
)
def test_a_request_that_offers_another_protocol_keeps_its_body(served, pieces):
    """As the JDK's client sends it, however it is framed and cut: RFC 9110 lets a server ignore the offer."""
    mock = served("toapis")
    [(status, _)] = answered(mock.url, *pieces)

    assert 200 == status
    assert [json.loads(BODY)] == [json.loads(it.request_body) for it in mock.journal(operation="createImage")]


def test_requests_follow_one_that_offered_another_protocol(served):
    """On the same connection, pipelined or not, with an offer again or without."""
    mock = served("toapis")
    requests = [
        head(OFFER, method=b"GET", path=b"/toapis/v1/balance"),
        head(OFFER, LENGTH) + BODY,
        head(LENGTH) + BODY,
        head(OFFER, CHUNKED) + CHUNKS,
        head(method=b"GET", path=b"/toapis/v1/balance"),
    ]

    assert [200] * 5 == [status for status, _ in answered(mock.url, *requests, count=5)]
    assert [200] * 5 == [status for status, _ in answered(mock.url, b"".join(requests), count=5)]


def test_a_websocket_is_not_begun(served):
    """What asks for one is answered like any other request."""
    offer = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n"
    [(status, _)] = answered(served("toapis").url, head(offer, method=b"GET", path=b"/toapis/v1/balance"))

    assert 200 == status


def test_the_client_of_the_jdk_submits_in_every_version(served, tmp_path):
    """`java.net.http.HttpClient` with its defaults, which offer h2c, and with each version that it has."""
    if shutil.which("javac") is None:
        pytest.fail("this test needs a JDK: javac does not stand in PATH")
    mock = served("toapis")
    subprocess.run(["javac", "-d", tmp_path, HERE / "Submit.java"], check=True, timeout=120)
    done = subprocess.run(
        ["java", "-cp", tmp_path, "Submit", mock.url + SUBMIT], capture_output=True, text=True, timeout=120
    )

    assert ("default 200\nHTTP_1_1 200\nHTTP_2 200\n", "") == (done.stdout, done.stderr)
    assert [200] * 3 == [it.status for it in mock.journal(operation="createImage")]


POLLS = """
import http from "node:http";
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const poll = () => new Promise((resolve, reject) => {
  const request = http.get(process.argv[2], { agent, headers: { authorization: "Bearer sk-x" } }, (response) => {
    response.resume();
    response.on("end", () => resolve(`${response.statusCode} ${request.reusedSocket}`));
  });
  request.on("error", reject);
});
console.log(await poll());
process.stdin.once("data", async () => {
  console.log(await poll());
  agent.destroy();
  process.stdin.destroy();
});
"""


def test_an_idle_connection_outlives_the_pause_between_two_polls(served, tmp_path):
    """Node's agent finds its connection open when it polls again: the server leaves it open for 75 seconds."""
    if shutil.which("node") is None:
        pytest.fail("this test needs Node.js 20 or newer: `node` is not in PATH")
    mock = served("toapis")
    (tmp_path / "polls.mjs").write_text(POLLS)
    words = ["node", tmp_path / "polls.mjs", mock.url + "/toapis/v1/balance"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        first = node.stdout.readline()
        left = background().call(lambda: _seconds_left(mock.server._server))
        second, _ = node.communicate("again\n", timeout=60)

    assert ("200 false\n", "200 true\n") == (first, second)
    assert [True] == [60 < seconds <= 75 for seconds in left]


def _seconds_left(server):
    """Until the server closes each connection that is idle."""
    timers = [connection.timeout_keep_alive_task for connection in server.server_state.connections]
    return [timer.when() - background().loop.time() for timer in timers if timer is not None]


@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, identity"])
def test_a_compressed_request_is_refused_in_the_mocks_own_words(served, coding):
    """No contract says that its vendor undoes it; the vendor's own words would blame the JSON."""
    mock = served("toapis")
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    response = mock.http.post(SUBMIT, content=gzip.compress(BODY), headers=headers)

    assert (415, "pixpact", "identity") == (
        response.status_code,
        response.json()["by"],
        response.headers["accept-encoding"],
    )
    assert coding in response.json()["detail"]
    assert [415] == [it.status for it in mock.journal(operation="createImage")]
    assert [] == mock.charges()


def test_a_request_in_no_coding_is_taken(served):
    """`identity` says that there is none."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "identity"}

    assert 200 == served("toapis").http.post(SUBMIT, content=BODY, headers=headers).status_code


GEVENT = """
from gevent import monkey; monkey.patch_all()
import gevent, json, pixpact
from urllib.request import Request, urlopen
from gevent.pywsgi import WSGIServer

def call(url, body=None):
    headers = {"Authorization": "Bearer sk-x", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    return json.load(urlopen(Request(url, data, headers)))

received = []
def receive(environ, start):
    received.append(json.loads(environ["wsgi.input"].read()))
    start("204 No Content", [])
    return []

receiver = WSGIServer(("127.0.0.1", 0), receive, log=None)
receiver.start()
with gevent.Timeout(60), pixpact.mock("apimart", pace="manual") as mock:
    url = mock.url("apimart") + "/v1"
    body = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "n": 4}
    hook = f"http://127.0.0.1:{receiver.server_port}"
    task = call(url + "/images/generations", {**body, "webhook": hook})["data"][0]["task_id"]
    mock.clock.advance("10m")
    shown = call(f"{url}/tasks/{task}")["data"]
    sizes = [len(urlopen(image["url"][0]).read()) for image in shown["result"]["images"]]
    mock.requests.assert_called_once(operation="createImage")
print(len(received), min(sizes) > 1000, len(sizes))
"""


def test_a_program_of_greenlets_has_a_mock():
    """`gevent.monkey.patch_all()` first: requests, images, and callbacks to a receiver that is a greenlet itself."""
    done = subprocess.run([sys.executable, "-c", GEVENT], capture_output=True, text=True, timeout=120)

    assert ("1 True 4\n", "") == (done.stdout, done.stderr)
