"""What goes over a connection is the same whether a request is answered at once or by the application."""

from __future__ import annotations

import json
import re
import socket
from urllib.parse import urlsplit

import pytest

from pixpact.mockserver.background import background
from pixpact.mockserver.direct.operation import DirectRoute
from pixpact.mockserver.direct.routes import DirectRoutes

KEY = b"Host: mock.test\r\nAuthorization: Bearer sk-test\r\n"
BODY = json.dumps({"model": "doubao-seedream-5-0-lite", "prompt": "A kite"}).encode()
LENGTH = b"Content-Type: application/json\r\nContent-Length: %d\r\n"
SUBMIT = b"POST /apimart/v1/images/generations HTTP/1.1\r\n" + KEY + LENGTH % len(BODY) + b"\r\n" + BODY
REFUSED = b"POST /apimart/v1/images/generations HTTP/1.1\r\n" + KEY + LENGTH % 2 + b"\r\n{}"
BALANCE = b"GET /apimart/v1/balance HTTP/1.1\r\n" + KEY + b"\r\n"
UNKNOWN = b"GET /apimart/v1/tasks/task_of_nobody HTTP/1.1\r\n" + KEY + b"\r\n"
LAST = b"GET /apimart/v1/balance HTTP/1.1\r\n" + KEY + b"Connection: close\r\n\r\n"


def poll(number: int) -> bytes:
    """A poll of the task that the n-th submission of a mock with the usual seed began; known beforehand."""
    return b"GET /apimart/v1/tasks/" + IDS[number].encode() + b" HTTP/1.1\r\n" + KEY + b"\r\n"


IDS: list[str] = []


def everything(url: str, *pieces: bytes) -> bytes:
    """What comes back on one connection until it is closed."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture
def both(served):
    """A mock that answers at once what it can, and one that leaves all to its application."""
    straight, plain = (served("apimart", pace="10x") for _ in range(2))
    plain.server._server.config.direct = lambda: DirectRoutes(plain.context, ())
    if not IDS:
        IDS.extend(task.id for task in tasks_of(served("apimart", pace="10x")))
    return straight, plain


def tasks_of(mock):
    """The tasks that two submissions begin."""
    everything(mock.url, SUBMIT, SUBMIT, LAST)
    return background().run(mock.context.store.tasks())


SESSIONS = {
    "one after the other": lambda: [SUBMIT, poll(0), BALANCE, SUBMIT, poll(1), LAST],
    "all in one piece": lambda: [SUBMIT + poll(0) + BALANCE + SUBMIT + poll(1) + REFUSED + UNKNOWN + SUBMIT + LAST],
    "a body that comes later": lambda: [SUBMIT[: -len(BODY)], BODY + poll(0) + LAST],
    "in the middle of fields and bodies": lambda: [
        SUBMIT[:60], SUBMIT[60:-20], SUBMIT[-20:] + poll(0)[:30], poll(0)[30:], LAST
    ],
    "a refusal": lambda: [REFUSED + LAST],
    "a connection that ends": lambda: [SUBMIT.replace(b"Host:", b"Connection: close\r\nHost:", 1)],
    "the version before": lambda: [SUBMIT.replace(b"HTTP/1.1", b"HTTP/1.0", 1)],
    "a body in chunks": lambda: [
        SUBMIT[: -len(BODY)].replace(b"Content-Length: %d" % len(BODY), b"Transfer-Encoding: chunked")
        + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
        + LAST
    ],
    "a client that asks before it sends": lambda: [
        SUBMIT.replace(b"Host:", b"Expect: 100-continue\r\nHost:", 1) + LAST
    ],
    "behind a proxy": lambda: [SUBMIT.replace(b"Host:", b"X-Forwarded-Proto: https\r\nHost:", 1) + poll(0) + LAST],
}  # fmt: skip


@pytest.mark.parametrize("session", SESSIONS.values(), ids=SESSIONS)
def test_the_same_bytes_come_back(both, session):
    """Status lines, header fields, bodies and their order; and the journals agree."""
    straight, plain = both

    assert everything(plain.url, *session()) == everything(straight.url, *session())
    assert [exchange.note for exchange in plain.journal()] == [exchange.note for exchange in straight.journal()]


def test_usual_requests_do_not_come_to_the_application(both, monkeypatch):
    """A mock whose application answers nothing still answers them."""
    straight, _ = both

    async def nothing(*_: object) -> None:
        raise AssertionError("this request was for the application")

    everything(straight.url, LAST)
    monkeypatch.setattr(type(straight.server._server.config.loaded_app.app), "__call__", nothing)
    answered = everything(straight.url, SUBMIT, poll(0), SUBMIT.replace(b"Host:", b"Connection: close\r\nHost:", 1))

    assert [b"200", b"200", b"500"] == re.findall(rb"HTTP/1.1 ([0-9]+) ", answered)


def test_a_client_that_goes_in_the_middle_of_a_body_is_in_the_journal(both):
    """Its request is not complete: it was never carried out."""
    straight, _ = both
    parts = urlsplit(straight.url)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(SUBMIT[:-5])
    everything(straight.url, LAST)
    for _ in range(100):
        if journal := straight.journal(operation="createImage"):
            break
        everything(straight.url, LAST)

    assert [0] == [exchange.status for exchange in journal]
    assert [] == background().run(straight.context.store.tasks())


def test_an_operation_that_fails_ends_with_a_500(both, monkeypatch, caplog):
    """And the connection; the next one is served."""
    straight, _ = both

    class Failing:
        def head(self, *_: object) -> None:
            raise RuntimeError("broken on purpose")

    route = DirectRoute("/apimart", Failing(), reads_body=True, keyed=False)
    monkeypatch.setattr(DirectRoutes, "find", lambda *_: route)

    assert b"HTTP/1.1 500 " in everything(straight.url, SUBMIT)
    assert "broken on purpose" in caplog.text
    monkeypatch.undo()
    assert b"HTTP/1.1 200 " in everything(straight.url, SUBMIT + LAST)
