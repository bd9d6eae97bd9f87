"""A head that came before is known again, and nothing else is taken for it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pixpact.mockserver.direct.caller import Caller, RequestHead
from pixpact.mockserver.direct.exchange import ExchangeSubject
from pixpact.mockserver.direct.known_heads import KnownHead, KnownHeads
from pixpact.mockserver.direct.operation import DirectRoute
from pixpact.specs.contract.parameters import HeaderValues

SUBMIT = b"POST /v1/images HTTP/1.1\r\nHost: mock.test\r\nContent-Length: 2\r\n\r\n"
POLL = b"GET /v1/tasks/task_1 HTTP/1.1\r\nHost: mock.test\r\n\r\n"
SUBJECT = ExchangeSubject("POST", "vendor", "createImage", "", "", "http://mock.test")
HEAD = RequestHead(Caller("", Decimal(0), "http://mock.test", None, SUBJECT), (), HeaderValues({}, {}))


def route(*, keyed: bool) -> DirectRoute:
    return DirectRoute("", lambda *_: None, reads_body=not keyed, keyed=keyed)


@pytest.fixture
def heads():
    known = KnownHeads()
    known.add(SUBMIT + b"{}", KnownHead("http", route(keyed=False), HEAD, "/v1/images", 2))
    known.add(POLL, KnownHead("http", route(keyed=True), HEAD, "/v1/tasks/task_1", 0))
    return known


def test_the_same_head_comes_with_other_bodies(heads):
    """Its path and its body are told."""
    _, path, body = heads.find("http", SUBMIT + b"[]")
    assert ("/v1/images", b"[]") == (path, body)


def test_the_same_poll_comes_for_other_tasks(heads):
    """The key at the end of its path is its own."""
    _, path, body = heads.find("http", POLL.replace(b"task_1", b"task_234"))
    assert ("/v1/tasks/task_234", b"") == (path, body)


@pytest.mark.parametrize(
    "data",
    [
        SUBMIT,
        SUBMIT + b"{",
        SUBMIT + b"{}" + SUBMIT + b"{}",
        SUBMIT[:-4],
        SUBMIT.replace(b"POST", b"PUT") + b"{}",
        SUBMIT.replace(b"HTTP/1.1", b"HTTP/1.0") + b"{}",
        SUBMIT.replace(b"mock.test", b"other.test") + b"{}",
        SUBMIT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + b"{}",
        POLL.replace(b"task_1", b"task%201"),
        POLL.replace(b"task_1", b"task_1?wait=1"),
        POLL.replace(b"/task_1", b""),
        POLL.replace(b"task_1", b""),
        POLL.replace(b"/v1/tasks", b"/v2/tasks"),
        POLL + b"{}",
        b"",
        b"\r\n\r\n",
        b"/ HTTP/1.1\r\n\r\n",
    ],
)
def test_what_differs_in_anything_else_has_to_be_parsed(heads, data):
    """An incomplete request, more than one, another method, version, host, field or path."""
    assert heads.find("http", data) is None


def test_another_scheme_is_another_address(heads):
    """The same bytes over TLS lead to other links."""
    assert heads.find("https", SUBMIT + b"{}") is None


def test_bytes_that_are_more_than_the_request_are_not_remembered():
    """Only the first of two requests in one piece was parsed when the piece is looked at."""
    heads = KnownHeads()
    heads.add(SUBMIT + b"{}" + POLL, KnownHead("http", route(keyed=False), HEAD, "/v1/images", 2))

    assert heads.find("http", SUBMIT + b"{}") is None


def test_no_more_than_a_bound_is_remembered():
    """Clients whose heads never repeat do not fill the memory."""
    heads = KnownHeads()
    for number in range(2500):
        data = SUBMIT.replace(b"mock.test", b"%d.test" % number) + b"{}"
        heads.add(data, KnownHead("http", route(keyed=False), HEAD, "/v1/images", 2))

    assert len(heads._whole) <= 1000
    assert heads.find("http", data) is not None
