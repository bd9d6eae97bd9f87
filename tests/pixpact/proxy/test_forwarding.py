"""Over real sockets: what passes is what was sent; nothing is sent twice; whoever goes, the other side learns of it."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

SKETCH = b'{ "prompt":"A \\u006bite" ,\t"most": 2 }\n'
SKETCHES = b'{"sketches": [ "https:\\/\\/files.toy.example\\/a-0.jpg" ] }'
HEAD = b"HTTP/1.1 200 OK\r\n"
JSON = b"Content-Type: application/json"


def whole(body, *headers, status=b"200 OK"):
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def unframed(body):
    """What a chunked body holds."""
    found = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        found, body = found + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return found


def answering(*pieces):
    """A script that answers every request on a connection with these pieces."""

    async def script(connection):
        while True:
            await connection.request()
            await connection.send(*pieces)

    return script


def posting(content=SKETCH, path="/v2/sketches", **headers):
    """A scenario: one POST; the stand and the response."""

    async def scenario(stand):
        sent = {"content-type": "application/json", **headers}
        response = await stand.client.post(path, content=content, headers=sent)
        return stand, response, await stand.exchanges()

    return scenario


# ---- what passes


def test_bodies_pass_byte_for_byte(standing):
    """Neither side's JSON is read and written anew."""
    stand, response, _ = standing(answering(whole(SKETCHES, JSON)), posting())

    assert SKETCH == stand.requests[0].partition(b"\r\n\r\n")[2]
    assert SKETCHES == response.content


def test_headers_pass_but_for_those_of_the_connection(standing):
    """The key, unknown fields and repeated ones go on; the host is the vendor's; what `Connection` names stays."""
    extra = (
        b"Set-Cookie: a=1",
        b"Set-Cookie: b=2",
        b"X-Vendor: 7",
        b"Keep-Alive: 9",
        b"Connection: X-Hop",
        b"X-Hop: 1",
    )
    scenario = posting(connection="X-Mine", **{"x-mine": "1", "x-client": "yes", "te": "trailers"})
    stand, response, _ = standing(answering(whole(b"{}", JSON, *extra)), scenario)
    lines = stand.requests[0].partition(b"\r\n\r\n")[0].lower().split(b"\r\n")

    assert b"host: " + urlsplit(stand.upstream).netloc.encode() in lines
    assert {b"x-client: yes", b"x-api-key: sk-a-secret-of-the-app"} <= set(lines)
    assert [] == [line for line in lines if line.startswith((b"x-mine", b"te:", b"connection"))]
    assert ["a=1", "b=2"] == response.headers.get_list("set-cookie")
    assert ("7", None, None) == tuple(response.headers.get(name) for name in ("x-vendor", "x-hop", "keep-alive"))


def test_path_and_query_pass_as_they_were_sent(standing):
    """An escaped slash stays one; the upstream's own path stands before it."""

    async def scenario(stand):
        await stand.client.get("/v2/drawings/a%2Fb?x=%20&y=1+2")
        return stand.requests[0].partition(b"\r\n")[0]

    assert b"GET /v2/drawings/a%2Fb?x=%20&y=1+2 HTTP/1.1" == standing(answering(whole(b"{}")), scenario)


def test_a_body_of_unknown_length_passes_in_pieces(standing):
    """Chunked on the way in is chunked on the way on."""

    async def pieces():
        yield b'{"prompt":'
        yield b'"A kite"}'

    stand, response, _ = standing(answering(whole(SKETCHES, JSON)), posting(pieces()))

    head, _, body = stand.requests[0].partition(b"\r\n\r\n")

    assert (True, False) == (b"transfer-encoding: chunked" in head, b"content-length" in head)
    assert b'{"prompt":"A kite"}' == unframed(body)
    assert SKETCHES == response.content


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified\r\nContent-Length: 7"])
def test_responses_without_a_body_pass(standing, status):
    """What cannot have a body has none."""
    _, response, _ = standing(answering(b"HTTP/1.1 " + status + b"\r\nETag: x\r\n\r\n"), posting())

    assert (int(status[:3]), b"", "x") == (response.status_code, response.content, response.headers["etag"])


def test_head_passes(standing):
    """The length of what is not sent stays."""

    async def scenario(stand):
        return await stand.client.head("/v2/drawings/1")

    response = standing(answering(HEAD + b"Content-Length: 7\r\n\r\n"), scenario)

    assert ("7", b"") == (response.headers["content-length"], response.content)


def test_events_pass_one_by_one(standing):
    """The upstream sends its second event only when the app has the first: a proxy that buffers would wait for ever."""
    taken = asyncio.Event()

    async def script(connection):
        await connection.request()
        await connection.send(HEAD + b"Content-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        await taken.wait()
        await connection.send(b"data: 2\n\n")

    async def scenario(stand):
        found = []
        async with stand.client.stream("POST", "/v2/sketches", content=SKETCH) as response:
            async for piece in response.aiter_raw():
                found.append(piece)
                taken.set()
        return found

    assert [b"data: 1\n\n", b"data: 2\n\n"] == standing(script, scenario)


def test_a_coded_response_passes_as_it_is_and_is_recorded_undone(standing):
    """Content codings are for the app to undo; those that nobody could read here are not asked for."""
    coded = gzip.compress(SKETCHES)

    async def scenario(stand):
        headers = {"accept-encoding": "gzip, br;q=0.9, zstd"}
        async with stand.client.stream("POST", "/v2/sketches", content=SKETCH, headers=headers) as response:
            raw = b"".join([piece async for piece in response.aiter_raw()])
        return stand, raw, response.headers["content-encoding"], await stand.exchanges()

    stand, raw, coding, (recorded,) = standing(answering(whole(coded, JSON, b"Content-Encoding: gzip")), scenario)

    assert (coded, "gzip", SKETCHES) == (raw, coding, recorded.response_body)
    assert b"accept-encoding: gzip\r\n" in stand.requests[0]


def test_a_long_body_passes_whole_and_is_recorded_cut(standing):
    """What is kept is bounded, what passes is not."""
    long = b'{"sketches": ["' + b"x" * 3_000_000 + b'"]}'
    _, response, (recorded,) = standing(answering(whole(long, JSON)), posting(), most_body=100_000)

    assert long == response.content
    assert len(recorded.response_body) <= 100_000
    assert "response" == recorded.note["truncated"]


# ---- once, or not at all


def test_an_upstream_that_resets_is_asked_once(standing):
    """It took the request and gave no response: the app learns that it may have been carried out. Nobody repeats it."""

    async def script(connection):
        await connection.request()
        connection.reset()

    stand, response, (recorded,) = standing(script, posting())
    problem = response.json()

    assert (1, 1) == (len(stand.requests), len(stand.connections))
    assert (502, "application/problem+json") == (response.status_code, response.headers["content-type"])
    assert ("reset", "maybe", "pixpact") == (problem["fault"], problem["sent"], problem["by"])
    assert "may have been carried out, and charged" in problem["detail"]
    assert (0, "reset") == (recorded.status, recorded.note["fault"])


def test_an_upstream_that_cannot_be_reached_was_not_asked(standing):
    """The app learns that nothing was bought."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        _, response, (recorded,) = standing(url, posting())

    assert (502, "no") == (response.status_code, response.json()["sent"])
    assert "no" == recorded.note["sent"]


@pytest.mark.parametrize("status", [600, 999])
def test_a_status_that_http_does_not_have_is_reported(standing, status):
    """It cannot be passed on as it is: the app learns what came, and that its request may have been carried out."""
    stand, response, (recorded,) = standing(answering(whole(b"{}", JSON, status=b"%d Odd" % status)), posting())
    problem = response.json()

    assert 1 == len(stand.requests)
    assert (502, "protocol", "maybe") == (response.status_code, problem["fault"], problem["sent"])
    assert f"the status {status} is not an HTTP status" in problem["detail"]
    assert (0, "protocol") == (recorded.status, recorded.note["fault"])


@pytest.mark.parametrize("status", [520, 524, 599])
def test_a_status_of_whoever_stands_before_the_vendor_passes(standing, status):
    """Those that no standard lists, as content delivery networks response them, are HTTP all the same."""
    _, response, (recorded,) = standing(answering(whole(b"{}", JSON, status=b"%d Odd" % status)), posting())

    assert (status, b"{}", status) == (response.status_code, response.content, recorded.status)


def test_half_a_response_stays_half_a_response(standing):
    """The app sees that it is cut off; it is recorded as far as it came."""

    async def script(connection):
        await connection.request()
        await connection.send(HEAD + b'Content-Length: 20\r\n\r\n{"id": ')
        connection.writer.close()

    async def scenario(stand):
        with pytest.raises(httpx2.RemoteProtocolError):
            await stand.client.post("/v2/sketches", content=SKETCH)
        return stand.requests, await stand.exchanges()

    requests, (recorded,) = standing(script, scenario)

    assert 1 == len(requests)
    assert (200, b'{"id": ', "reset") == (recorded.status, recorded.response_body, recorded.note["fault"])


def test_what_may_cost_has_a_connection_of_its_own(standing):
    """So that no idle one is closed under it; looks share one."""

    async def scenario(stand):
        for _ in range(2):
            await stand.client.post("/v2/sketches", content=SKETCH)
        for _ in range(3):
            await stand.client.get("/v2/drawings/1")
        return len(stand.requests), len(stand.connections)

    assert (5, 3) == standing(answering(whole(b"{}", JSON)), scenario)


def test_redirects_are_the_apps_to_follow(standing):
    """The proxy passes them on."""
    stand, response, _ = standing(
        answering(whole(b"", b"Location: /v3/x", status=b"307 Temporary Redirect")), posting()
    )

    assert (307, "/v3/x", 1) == (response.status_code, response.headers["location"], len(stand.requests))


# ---- who waits, and who goes


def test_an_app_that_goes_ends_its_request(standing):
    """The upstream sees its connection closed; what came until then is recorded."""
    closed = asyncio.Event()

    async def script(connection):
        await connection.request()
        await connection.gone()
        closed.set()

    async def scenario(stand):
        parts = urlsplit(stand.url)
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(b"POST /v2/sketches HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        while not stand.requests:
            await asyncio.sleep(0)
        writer.close()
        await closed.wait()
        while not stand.log.reported:
            await asyncio.sleep(0)
        return stand.log.exchanges

    (recorded,) = standing(script, scenario)

    assert (0, "the app closed the connection before its response was complete") == (
        recorded.status,
        recorded.note["detail"],
    )


def test_an_app_that_goes_in_the_middle_of_its_request_sends_none(standing):
    """The upstream never gets a whole one."""
    closed = asyncio.Event()

    async def script(connection):
        try:
            await connection.request()
        except asyncio.IncompleteReadError:
            closed.set()

    async def scenario(stand):
        parts = urlsplit(stand.url)
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(b"POST /v2/sketches HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
        await writer.drain()
        while not stand.connections:
            await asyncio.sleep(0)
        writer.close()
        await closed.wait()
        return stand.requests

    assert [] == standing(script, scenario)


@pytest.mark.parametrize("begun", [False, True])
def test_a_proxy_that_is_stopped_says_so(standing, caplog, begun):
    """What is under way then may have been charged: it is recorded, and the app is not left to guess."""
    got = asyncio.Event()

    async def script(connection):
        await connection.request()
        await connection.send(*([HEAD + b'Content-Length: 20\r\n\r\n{"id": '] if begun else []))
        got.set()
        await connection.gone()

    async def scenario(stand):
        async with stand.client.stream("POST", "/v2/sketches", content=SKETCH) if begun else contextlib.nullcontext():
            asking = None if begun else asyncio.create_task(stand.client.post("/v2/sketches", content=SKETCH))
            await got.wait()
            [task] = [all_task for all_task in asyncio.all_tasks() if all_task.get_coro().__name__ == "run_asgi"]
            task.cancel()  # as the server does, once those under way had their time
            response = await asking if asking else None
            await asyncio.wait({task})
        return response, await stand.exchanges()

    response, (recorded,) = standing(script, scenario)

    assert [] == caplog.messages
    assert begun or (502, "maybe") == (response.status_code, response.json()["sent"])
    assert (200 if begun else 0, "reset") == (recorded.status, recorded.note["fault"])
    assert "the proxy was stopped" in recorded.note["detail"]


def test_a_hanging_request_holds_up_no_other(standing):
    """While one waits for ever, others come and go."""

    async def script(connection):
        while b"/v2/sketches" not in await connection.request():
            await connection.send(whole(b"{}", JSON))
        await connection.gone()

    async def scenario(stand):
        waiting = asyncio.create_task(stand.client.post("/v2/sketches", content=SKETCH))
        found = [(await stand.client.get("/v2/drawings/1")).status_code for _ in range(3)]
        still = not waiting.done()
        waiting.cancel()
        return found, still

    assert ([200, 200, 200], True) == standing(script, scenario)


# ---- TLS

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIULCOZrcOj6dPk1lTRgdTC1/8kQ20wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA1MTczNFoYDzIxMjYxMDI4
MDUxNzM0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATKZViINnN2i5R9WUrr8+Va+icHywoGOou+3kXYrrGF7E8w1GMeLpc4
DRXZKAnqCPWpVHWsPGtYGzQ9+VuPwI8Ao28wbTAdBgNVHQ4EFgQU+LUggd7NbkUE
aqsVbLLJjZBQjeEwHwYDVR0jBBgwFoAU+LUggd7NbkUEaqsVbLLJjZBQjeEwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgRZSel7hJKtqFbqsupqQo7j8gL/QyZKhixZ4wN40zYT4CIBbC
0Bso0umZ1Ov4xZPbUJGD9iSn3V+zJHOMhEdO1iCl
-----END CERTIFICATE-----
"""
# The key of that certificate, which names nobody but this machine, and is trusted by no other.
ITS_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgTSsez+ylhH7PS9HY
K8Bk+U/Dy70WYMeqJYBcmcTUe5ShRANCAATKZViINnN2i5R9WUrr8+Va+icHywoG
Oou+3kXYrrGF7E8w1GMeLpc4DRXZKAnqCPWpVHWsPGtYGzQ9+VuPwI8A
-----END PRIVATE KEY-----
"""


@pytest.fixture
def certified(tmp_path: Path) -> ssl.SSLContext:
    path = tmp_path / "server.pem"
    path.write_text(ITS_KEY + CERTIFICATE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def test_an_upstream_that_nobody_vouches_for_gets_nothing(standing, certified):
    """Certificates are verified against the system's trust store, before the request is sent."""
    stand, response, _ = standing(answering(whole(b"{}", JSON)), posting(), server_tls=certified)

    assert (502, "tls", "no", []) == (
        response.status_code,
        response.json()["fault"],
        response.json()["sent"],
        stand.requests,
    )


def test_an_upstream_over_tls_is_reached(standing, certified):
    """Whom the user trusts gets the request."""
    trusting = ssl.create_default_context(cadata=CERTIFICATE)
    _, response, (recorded,) = standing(answering(whole(SKETCHES, JSON)), posting(), server_tls=certified, tls=trusting)

    assert SKETCHES == response.content
    assert recorded.url.startswith("https://127.0.0.1:")
    assert json.loads(SKETCHES) == json.loads(recorded.response_body)
