"""What clients may take: headers, bodies on their way, silence, standing faults; and how each is refused."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest

import pixpact.mockserver.http_protocol as http_protocol
from pixpact.mockserver.core.body_memory import BodyMemory
from pixpact.mockserver.requests.decoding import BodyTooLarge, body_of


@pytest.fixture
def command_of_a_mock():
    """`pixpact serve` as a process of its own, and its port."""
    words = [sys.executable, "-m", "pixpact", "serve", "toapis", "--port", "0", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    yield process, int(json.loads(process.stdout.readline())["url"].rpartition(":")[2])
    process.kill()
    process.communicate()


HEAD = b"POST /toapis/v1/images/generations HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sk-a\r\n"


def spoken(mock, *pieces):
    """What the mock answers to bytes as they are."""
    host, _, port = mock.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        seen = b""
        with suppress(OSError):  # it closes while more is sent
            for piece in pieces:
                connection.sendall(piece)
        with suppress(OSError):
            while b"\r\n\r\n" not in seen and (more := connection.recv(65536)):
                seen += more
        return seen


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"],
        [b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 70_000 + b"\r\n\r\n"],
        [b"GET / HTTP/1.1\r\nHost: a\r\n", *[b"X-%d: %s\r\n" % (number, b"a" * 1000) for number in range(100)]],
        [b"GET / HTTP/1.1\r\nX-A: ", *[b"a" * 8000] * 20],
    ],
    ids=["address", "field", "many fields", "endless field"],
)
def test_a_header_without_end_is_refused(served, pieces):
    """431, and the connection ends: nothing is kept of it."""
    assert spoken(served("toapis"), *pieces).startswith(b"HTTP/1.1 431 ")


def test_a_connection_that_asks_nothing_is_let_go(served, monkeypatch):
    """408, for one that is silent and for one that breaks off in its header."""
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 0.05)
    mock = served("toapis")

    assert [b"HTTP/1.1 408 "] * 2 == [spoken(mock, piece)[:13] for piece in (b"", b"GET / HT")]


def test_more_connections_than_there_is_room_for(served, monkeypatch):
    """503 at once, and those that are there go on."""
    monkeypatch.setattr(http_protocol, "MOST_CONNECTIONS", 1)
    mock = served("toapis")
    assert 200 == mock.http.get("/_pixpact/health").status_code

    assert spoken(mock, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP/1.1 503 ")
    assert 200 == mock.http.get("/_pixpact/health").status_code


def test_a_body_that_is_too_large_is_refused_by_its_length(served):
    """413 before it is read, on the vendor's side and on the control side."""
    length = b"Content-Length: 900000000\r\n\r\n{"
    control = b"POST /_pixpact/faults HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    mock = served("toapis")

    assert [b"HTTP/1.1 413 "] * 2 == [spoken(mock, head + length)[:13] for head in (HEAD, control)]


def test_large_bodies_wait_for_each_other():
    """No more is set aside than there is room for; the next is read when one is done."""

    async def scenario():
        room, order = BodyMemory(100), []

        async def read(name, size):
            await room.take(size)
            order.append(f"{name} begins")
            await asyncio.sleep(0)
            order.append(f"{name} ends")
            room.free(size)

        await asyncio.gather(read("a", 60), read("b", 60), read("c", 500))
        return order

    order = asyncio.run(scenario())

    assert ["a begins", "a ends"] == order[:2]
    assert all(order[place].split()[0] == order[place + 1].split()[0] for place in range(0, 6, 2))


def test_a_body_in_pieces_has_the_same_bound():
    """Also where no length is stated, or a false one."""

    async def scenario(headers):
        async def receive():
            return {"type": "http.request", "body": b"a" * 2**24, "more_body": True}

        await body_of(receive, headers, BodyMemory())

    for headers in ({}, {b"content-length": b"2000000"}, {b"content-length": b"9" * 40}):
        with pytest.raises(BodyTooLarge):
            asyncio.run(scenario(headers))


def test_no_more_faults_stand_than_requests_can_be_held_against(served, monkeypatch):
    """A clear refusal with the remedy; those that stand go on."""
    monkeypatch.setattr("pixpact.mockserver.state.active_faults.MOST_FAULTS", 3)
    mock = served("toapis")
    fault = json.dumps({"fault": "rate-limited", "vendor": "toapis"})
    found = [mock.http.post("/_pixpact/faults", content=fault) for _ in range(4)]

    assert [201, 201, 201, 400] == [it.status_code for it in found]
    assert "remove some first" in found[-1].json()["detail"]


def test_a_server_that_ends_waits_for_no_half_request(command_of_a_mock):
    """SIGTERM with half a body under way ends at once, and prints no traceback."""
    process, port = command_of_a_mock
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
        with socket.create_connection(("127.0.0.1", port)) as other:  # answered after the first was read
            other.sendall(b"GET /_pixpact/health HTTP/1.1\r\nHost: a\r\n\r\n")
            other.recv(10)
        began = time.perf_counter()
        process.terminate()
        _, errors = process.communicate(timeout=30)

    assert (0, "") == (process.returncode, errors)
    assert time.perf_counter() - began < 4
