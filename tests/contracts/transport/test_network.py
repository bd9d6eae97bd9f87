"""Over real sockets: whatever a server does, the exchange ends, in bounded time and memory, and says what happened."""

from __future__ import annotations

import asyncio
import gzip
import random
import socket
import zlib

import pytest

from pixpact.contracts.limits.budget import Budget, SpendingCaps
from pixpact.contracts.transport.hosts import parse_url
from pixpact.contracts.transport.network import NetworkTransport, proxy_url
from pixpact.contracts.transport.response_reader import (
    IncomingResponse,
    OutgoingRequest,
    ResponseLimits,
    TransportFault,
)
from pixpact.contracts.transport.transport import PlannedRequest, RequestSender
from pixpact.wire.clock import ManualClock

OK = b"HTTP/1.1 200 OK\r\n"
BOMB = gzip.compress(bytes(50_000_000))
GET = PlannedRequest("GET", "/v1/tasks/1")
SHORT = ResponseLimits(connect=5, silence=5, total=0.4, size=100_000)
LONG = ResponseLimits(connect=20, silence=20, total=20, size=100_000)


def to(served, limits=LONG, **options):
    options = {"budget": Budget(SpendingCaps()), "clock": ManualClock(0.0), **options}
    return RequestSender(served.url, limits=limits, download_limits=limits, **options)


def answering(*pieces):
    """A script that answers each request with these pieces and then ends the connection."""

    async def script(connection):
        await connection.request()
        await connection.send(*pieces)

    return script


def sent_once(limits=LONG, sending=GET):
    """A scenario: one request; its exchange."""

    async def scenario(served):
        async with to(served, limits) as transport:
            return await transport.send(sending)

    return scenario


def with_body(body, *headers):
    lines = [b"Content-Length: %d" % len(body), *headers]
    return OK + b"\r\n".join(lines) + b"\r\n\r\n" + body


ENDS = {
    "closes at once": ((), "reset", 0),
    "no HTTP": ((b"SSH-2.0-OpenSSH_9.2\r\n\r\n",), "protocol", 0),
    "half a status line": ((b"HTTP/1.1 2",), "reset", 0),
    "status beyond all": ((b"HTTP/1.1 20000 OK\r\n\r\n",), "protocol", 0),
    "another protocol": (
        (b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",),
        "protocol",
        0,
    ),
    "half a JSON": ((OK + b'Content-Length: 20\r\n\r\n{"id": ',), "reset", 200),
    "bad chunk size": ((OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",), "protocol", 200),
    "chunks without end": ((OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",), "reset", 200),
    "two lengths": ((OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",), "protocol", 0),
    "a header without colon": ((OK + b"nonsense\r\n\r\n",), "protocol", 0),
    "gigantic header": ((OK + b"X: " + b"x" * 1_000_000,), "protocol", 0),
    "countless headers": ((OK + b"X: y\r\n" * 100_000,), "protocol", 0),
    "no gzip": ((with_body(b"{}", b"Content-Encoding: gzip"),), "bad-encoding", 200),
    "half a gzip": ((with_body(gzip.compress(b"{}" * 99)[:-9], b"Content-Encoding: gzip"),), "bad-encoding", 200),
    "a coding not asked for": ((with_body(b"{}", b"Content-Encoding: br"),), "bad-encoding", 200),
    "coded over and over": ((with_body(b"{}", b"Content-Encoding: " + b"gzip," * 9),), "bad-encoding", 200),
    "too much": ((OK + b"\r\n", b"x" * 200_000), "too-large", 200),
    "more values than are read": (
        (with_body(b"[" * 60_000, b"Content-Type: application/problem+json"),),
        "too-large",
        200,
    ),
    "a gzip bomb": ((with_body(BOMB, b"Content-Encoding: gzip"),), "too-large", 200),
    "a bomb in a bomb": (
        (with_body(gzip.compress(BOMB), b"Content-Encoding: gzip, gzip"),),
        "too-large",
        200,
    ),
}


@pytest.mark.parametrize("case", ENDS)
def test_what_a_server_does_is_reported_and_not_raised(serving, case):
    """The note names the fault; the status is there if it had come; no more is kept than the limit."""
    pieces, fault, status = ENDS[case]

    exchange = serving(answering(*pieces), sent_once())

    assert (fault, status) == (exchange.note.get("fault"), exchange.status)
    assert len(exchange.response_body) <= LONG.size


def test_what_had_come_before_a_fault_is_kept(serving):
    """Half a response is recorded as half a response."""
    exchange = serving(answering(OK + b'Content-Length: 20\r\n\r\n{"id": '), sent_once())

    assert b'{"id": ' == exchange.response_body


async def hanging(connection):
    await connection.request()
    await asyncio.Event().wait()


async def deaf(connection):
    await asyncio.Event().wait()


async def dripping(connection):
    await connection.request()
    await connection.send(OK + b"Content-Length: 10000000\r\n\r\n")
    while True:
        await connection.send(b".")
        await asyncio.sleep(0.01)


async def dripping_headers(connection):
    await connection.request()
    await connection.send(OK)
    while True:
        await connection.send(b"X: y\r\n")
        await asyncio.sleep(0.01)


async def promising(connection):
    """Interim answers (1xx) without end."""
    await connection.request()
    while True:
        await connection.send(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)


async def saying_nothing_in_deflate(connection):
    """Empty stored blocks: five bytes each that decode to none."""
    await connection.request()
    await connection.send(OK + b"Content-Encoding: deflate\r\n\r\n\x78\x9c")
    while True:
        await connection.send(b"\x00\x00\x00\xff\xff" * 1000)


@pytest.mark.parametrize("script", [hanging, deaf, dripping, dripping_headers, promising])
def test_no_server_can_hold_a_run_for_ever(serving, script):
    """However little comes however often, the time for one exchange ends."""
    big = PlannedRequest("POST", "/v1/images", body=b"x" * 5_000_000)

    exchange = serving(script, sent_once(SHORT, big))

    assert "timeout" == exchange.note["fault"]


def test_bytes_that_decode_to_nothing_count_by_their_size(serving):
    exchange = serving(saying_nothing_in_deflate, sent_once(LONG, PlannedRequest("POST", "/v1/images")))

    assert "too-large" == exchange.note["fault"]


def test_a_silence_is_a_timeout_of_its_own(serving):
    """Long before the time for the whole exchange is over."""
    limits = ResponseLimits(connect=5, silence=0.2, total=3600)

    exchange = serving(hanging, sent_once(limits))

    assert "timeout" == exchange.note["fault"]


def test_a_reset_is_reported(serving):
    """A connection that is reset in the middle of a response."""

    async def script(connection):
        await connection.request()
        await connection.send(OK + b"Content-Length: 100\r\n\r\n{")
        connection.reset()

    exchange = serving(script, sent_once())

    assert "reset" == exchange.note["fault"]


def test_bytes_by_chance_raise_nothing(serving):
    """Neither noise nor noise behind a good beginning does."""
    chance = random.Random(3)
    beginnings = [b"", OK, OK + b"Content-Type: ", OK + b"\r\n", OK + b"Transfer-Encoding: chunked\r\n\r\n"]
    noise = [
        beginnings[number % 5] + bytes(chance.choices(range(256), k=chance.randrange(200))) for number in range(100)
    ]

    async def script(connection):
        await connection.request()
        await connection.send(noise.pop())

    async def scenario(served):
        async with to(served) as transport:
            return [await transport.send(GET) for _ in range(100)]

    exchanges = serving(script, scenario)

    assert {"reset", "protocol", None} >= {exchange.note.get("fault") for exchange in exchanges}
    assert [] == noise


def test_nothing_listens(serving):
    """The server cannot have got the request, and the note says so."""

    async def scenario(served):
        with socket.socket() as reserved:  # bound, and not listening: nobody else can take the port
            reserved.bind(("127.0.0.1", 0))
            served.url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
            async with to(served) as transport:
                return await transport.send(GET), transport.budget.spent

    exchange, spent = serving(deaf, scenario)

    assert {"fault": "refused-connection", "sent": "no"}.items() <= exchange.note.items()
    assert (1, 0, 0) == spent


def test_what_was_never_sent_buys_nothing(serving):
    """A paid request that found no connection is settled at nothing."""

    async def scenario(served):
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            served.url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
            async with to(served) as transport:
                await transport.send(PlannedRequest("POST", "/v1/images", body=b"{}", images=4))
                return transport.budget.spent.images

    assert 0 == serving(deaf, scenario)


def test_no_tls_where_tls_was_promised(serving):
    """A plain server behind an https URL is a fault of its own."""

    async def script(connection):
        await connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def scenario(served):
        served.url = served.url.replace("http", "https")
        return await sent_once()(served)

    exchange = serving(script, scenario)

    assert {"fault": "tls", "sent": "no"}.items() <= exchange.note.items()


def test_a_name_without_address(monkeypatch):
    """The resolver's refusal is told apart from a server's."""

    def refuse(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def carry():
        line, incoming = NetworkTransport(), IncomingResponse(100)
        await line.carry(
            OutgoingRequest("GET", parse_url("http://nowhere.test/"), (("Host", "nowhere.test"),)), incoming, LONG
        )

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(TransportFault) as caught:
        asyncio.run(carry())

    assert ("unresolved", False) == (caught.value.name, caught.value.sent)


GOOD = {
    "plain": (with_body(b'{"a": 1}'), b'{"a": 1}'),
    "HTML": (with_body(b"<html>", b"Content-Type: text/html"), b"<html>"),
    "two JSON objects": (with_body(b"{}{}"), b"{}{}"),
    "bytes beyond the length": (with_body(b"{}") + b"{}", b"{}"),
    "until the end": (OK + b"\r\n{}", b"{}"),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", b"{}"),
    "gzip": (with_body(gzip.compress(b"{}"), b"Content-Encoding: gzip"), b"{}"),
    "gzip in two fields": (with_body(gzip.compress(b"{") + gzip.compress(b"}"), b"Content-Encoding: GZIP"), b"{}"),
    "deflate": (with_body(zlib.compress(b"{}"), b"Content-Encoding: deflate"), b"{}"),
    "bare deflate": (with_body(zlib.compress(b"{}")[2:-4], b"Content-Encoding: deflate"), b"{}"),
    "two codings": (
        with_body(gzip.compress(zlib.compress(b"{}")), b"Content-Encoding: deflate", b"Content-Encoding: gzip"),
        b"{}",
    ),
    "a coding nobody knows": (with_body(b"{}", b"Content-Encoding: utf-8"), b"{}"),
    "interim responses": (b"HTTP/1.1 100 Continue\r\n\r\n" + with_body(b"{}"), b"{}"),
    "nothing, in gzip": (b"HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n", b""),
}


@pytest.mark.parametrize("case", GOOD)
def test_what_is_in_order_is_read_as_it_is(serving, case):
    """Byte by byte, with the coding undone."""
    response, body = GOOD[case]

    exchange = serving(answering(response), sent_once())

    assert (None, body) == (exchange.note.get("fault"), exchange.response_body)


def test_a_redirect_is_a_response(serving):
    """Calls follow none: a contract that states 200 does not state what stands elsewhere."""
    exchange = serving(
        answering(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"), sent_once()
    )

    assert (302, "/elsewhere") == (exchange.status, exchange.response_header("location"))


def test_the_path_goes_out_as_it_is_given(serving):
    """No dot segment is resolved and no escape rewritten; what cannot stand in a request is escaped."""

    async def scenario(served):
        served.url += "/base/"
        await sent_once(sending=PlannedRequest("GET", "/v1/a%2Fb/../c?x=%41&y=é z"))(served)
        return served.requests[0].split(b"\r\n")[0]

    assert b"GET /base/v1/a%2Fb/../c?x=%41&y=%C3%A9%20z HTTP/1.1" == serving(answering(with_body(b"")), scenario)


def test_no_cookie_is_kept(serving):
    """What a server stores with one key does not come back with another."""

    async def scenario(served):
        async with to(served) as transport:
            await transport.send(GET)
            await transport.send(GET)
        return served.requests

    requests = serving(answering(with_body(b"{}", b"Set-Cookie: session=1", b"Connection: close")), scenario)

    assert [False, False] == [b"cookie" in request.lower() for request in requests]


# ---- nothing is sent twice


async def once_then_gone(connection):
    """Answers one request, keeps the connection, reads the next one, and closes without a response."""
    await connection.request()
    await connection.send(with_body(b"{}"))
    await connection.request()


def test_a_request_lost_on_an_idle_connection_is_not_repeated(serving):
    """The server read it: it may have done what it says. The run learns that the response is missing."""

    async def scenario(served):
        async with to(served) as transport:
            first = await transport.send(GET)
            second = await transport.send(PlannedRequest("POST", "/v1/images", body=b"{}"))
            return served, first, second

    served, first, second = serving(once_then_gone, scenario)

    assert (200, "reset") == (first.status, second.note["fault"])
    assert 2 == len(served.requests)


def test_a_connection_that_the_server_closed_is_not_used(serving):
    """It was closed before anything was sent on it: a new one is opened, and nothing is lost."""

    async def script(connection):
        await connection.request()
        await connection.send(with_body(b"{}"))

    async def scenario(served):
        async with to(served) as transport:
            await transport.send(GET)
            await served.gone()
            return await transport.send(GET), served

    second, served = serving(script, scenario)

    assert (200, 2, 2) == (second.status, served.connections, len(served.requests))


def test_a_paid_request_has_its_own_connection(serving):
    """So no idle connection that the server closes at that moment can leave it in doubt."""

    async def script(connection):
        while True:
            await connection.request()
            await connection.send(with_body(b"{}"))

    async def scenario(served):
        async with to(served) as transport:
            for sending in (GET, GET, PlannedRequest("POST", "/v1/images", body=b"{}", images=1), GET):
                await transport.send(sending)
            return served.connections

    assert 2 == serving(script, scenario)


def test_a_paid_request_without_a_response_counts_as_bought(serving):
    """Sent once, and its reservation stays at the most."""

    async def scenario(served):
        async with to(served) as transport:
            await transport.send(PlannedRequest("POST", "/v1/images", body=b"{}", images=4))
            return len(served.requests), transport.budget.spent.images

    assert (1, 4) == serving(answering(), scenario)


# ---- proxies


def test_the_environment_names_the_proxy(monkeypatch):
    """As it does for other clients; names that are excepted need none."""
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    monkeypatch.setenv("no_proxy", "inside.test")

    found = [proxy_url(parse_url(url)) for url in ("https://api.test/", "https://inside.test/")]

    assert ["http://proxy.test:3128", None] == found


def test_a_proxy_sees_the_whole_url(serving):
    """A plain request that goes through a proxy names the server that it is for (RFC 9112, section 3.2.2)."""

    async def scenario(served):
        line, incoming = NetworkTransport(proxy=served.url), IncomingResponse(100)
        outgoing = OutgoingRequest("GET", parse_url("http://api.test/v1/a%2Fb?x=1"), (("Host", "api.test"),))
        await line.carry(outgoing, incoming, LONG)
        await line.close()
        return served.requests[0].split(b"\r\n")[0]

    assert b"GET http://api.test/v1/a%2Fb?x=1 HTTP/1.1" == serving(answering(with_body(b"")), scenario)
