"""Fetching what a response links to: without the key, within limits, and not from where only we can reach."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from urllib.parse import urlsplit

import pytest

from pixpact.contracts.limits.budget import Budget, OverBudget, SpendingCaps
from pixpact.contracts.transport.keys import ApiKeys
from pixpact.contracts.transport.response_reader import ResponseLimits
from pixpact.contracts.transport.transport import RequestSender
from pixpact.specs.contract.model import CredentialPlace
from pixpact.wire.clock import ManualClock

KEY = "sk-live-0123456789"
IMAGE = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 4\r\n\r\n\x89PNG"


def names(**addresses):
    """A resolver that knows these names, and addresses written out; it tells what it was asked."""
    asked = []

    async def resolve(host, port):
        asked.append(host)
        found = addresses.get(host.partition(".")[0], (host,) if host[0].isdigit() or ":" in host else ())
        if not found:
            raise OSError("no such host")
        return found

    resolve.asked = asked
    return resolve


def at(target, resolve=None, **caps):
    return RequestSender(
        target,
        budget=Budget(SpendingCaps(**{"images": 1, **caps})),
        clock=ManualClock(0.0),
        keys=ApiKeys(KEY),
        credentials={"": (CredentialPlace("authorization", "header", "Bearer "),)},
        download_limits=ResponseLimits(connect=10, silence=10, total=10, size=100_000),
        rate=1000,
        **({"resolve": resolve} if resolve else {}),
    )


def fetching(url, target="", resolve=None):
    """A scenario: fetch a URL on behalf of a target; `HERE` stands for the address of the test's server."""

    async def scenario(served):
        port = str(urlsplit(served.url).port)
        async with at((target or served.url).replace("PORT", port), resolve) as transport:
            exchange = await transport.download(url.replace("HERE", served.url).replace("PORT", port))
            return exchange, served, transport

    return scenario


async def image(connection):
    while True:
        await connection.request()
        await connection.send(IMAGE)


def test_the_key_stays_here(serving):
    """An image is fetched by a stranger who says who they are."""
    exchange, served, _ = serving(image, fetching("HERE/a.png"))

    assert (200, b"\x89PNG", {}) == (exchange.status, exchange.response_body, dict(exchange.note))
    assert b"User-Agent: pixpact/" in served.requests[0]
    assert KEY.encode() not in served.requests[0]
    assert b"authorization" not in served.requests[0].lower()


def redirecting(*locations):
    """A script that answers request after request with these redirects, and then with an image."""
    left = list(locations)

    async def script(connection):
        await connection.request()
        if left:
            head = f"HTTP/1.1 302 Found\r\nLocation: {left.pop(0)}\r\nContent-Length: 0\r\n\r\n"
            await connection.send(head.encode())
        else:
            await connection.send(IMAGE)

    return script


def test_three_redirects_are_followed(serving):
    """Relative ones too; the note says how many, and where they ended; each one is a request of the budget."""
    exchange, served, transport = serving(redirecting("/b", "c", "?d"), fetching("HERE/x/a.png"))

    assert (200, f"{served.url}/x/a.png") == (exchange.status, exchange.url)
    assert {"redirects": "3", "ended-at": f"{served.url}/c?d"} == dict(exchange.note)
    assert 4 == len(served.requests) == transport.budget.spent.requests


def test_the_fourth_redirect_is_not(serving):
    """A redirect loop ends."""
    exchange, served, _ = serving(redirecting(*["/again"] * 9), fetching("HERE/again"))

    assert (302, "redirects", 4) == (exchange.status, exchange.note["fault"], len(served.requests))


@pytest.mark.parametrize(
    ("location", "fault"),
    [
        ("file:///etc/passwd", "forbidden-url"),
        ("gopher://127.0.0.1/", "forbidden-url"),
        ("http://[::1", "forbidden-url"),
        ("http://169.254.169.254/latest/meta-data/", "forbidden-address"),
        ("http://0.0.0.0/", "forbidden-address"),
    ],
)
def test_a_redirect_is_judged_like_a_url(serving, location, fault):
    """Whatever the first URL was."""
    exchange, served, _ = serving(redirecting(location), fetching("HERE/a.png"))

    assert (fault, 1) == (exchange.note["fault"], len(served.requests))


FORBIDDEN = {
    "loopback": "http://127.0.0.1:PORT/a.png",
    "loopback by name": "http://mine.test:PORT/a.png",
    "loopback in IPv6": "http://[::1]:PORT/a.png",
    "loopback inside IPv6": "http://[::ffff:127.0.0.1]:PORT/a.png",
    "private": "http://10.0.0.1/a.png",
    "private by name": "http://inside.test/a.png",
    "one good address, one bad": "http://both.test:PORT/a.png",
    "the metadata service": "http://169.254.169.254/latest/meta-data/",
}


@pytest.mark.parametrize("case", FORBIDDEN)
def test_a_vendor_cannot_point_at_our_side(serving, case):
    """For a target out there, nothing in here is fetched: no request leaves."""
    resolve = names(
        api=("93.184.215.14",),
        mine=("127.0.0.1",),
        inside=("192.168.1.1",),
        both=("93.184.215.14", "127.0.0.1"),
    )

    exchange, served, transport = serving(image, fetching(FORBIDDEN[case], "https://api.test", resolve))

    assert {"fault": "forbidden-address", "sent": "no"}.items() <= exchange.note.items()
    assert (0, 0) == (served.connections, transport.budget.spent.requests)


def test_a_name_is_resolved_once_and_the_address_is_kept(serving):
    """The connection goes to the address that was judged; a name that leads elsewhere by then gains nothing."""
    resolve = names(pictures=("127.0.0.1",))

    exchange, served, _ = serving(image, fetching("http://pictures.test:PORT/a.png", resolve=resolve))

    assert (200, ["pictures.test"]) == (exchange.status, resolve.asked)
    assert b"Host: pictures.test:" in served.requests[0]


def test_tls_asks_for_the_name_and_not_for_the_address(serving):
    """The first message of TLS names the server whose certificate is wanted (RFC 6066, section 3)."""
    seen = []

    async def script(connection):
        seen.append(await connection.reader.read(4096))

    exchange, _, _ = serving(
        script, fetching("https://pictures.test:PORT/a.png", resolve=names(pictures=("127.0.0.1",)))
    )

    assert b"pictures.test" in seen[0]
    assert exchange.note["fault"] in ("tls", "refused-connection", "reset")


@pytest.mark.parametrize(
    ("target", "url", "fault"),
    [
        ("http://10.0.0.1", "http://127.0.0.1:PORT/", "forbidden-address"),
        ("http://localhost:PORT", "http://127.0.0.1:PORT/", None),
        ("http://127.0.0.1:PORT", "http://none.test/", "unresolved"),
        ("http://127.0.0.1:PORT", "nonsense", "forbidden-url"),
    ],
)
def test_what_is_allowed_depends_on_where_the_target_is(serving, target, url, fault):
    """A server in the network may not point at this machine; one on this machine may."""
    exchange, _, _ = serving(image, fetching(url, target, names()))

    assert fault == exchange.note.get("fault")


def test_a_slow_resolver_is_a_timeout(serving):
    """The time for a download includes finding the server."""

    async def resolve(host, port):
        await asyncio.Event().wait()

    async def scenario(served):
        transport = at(served.url, resolve)
        transport._downloads.limits = ResponseLimits(total=0.05)
        return await transport.download("http://slow.test/")

    assert "timeout" == serving(image, scenario).note["fault"]


def test_gigabytes_are_not_read(serving):
    """No more than the limit is kept."""

    async def script(connection):
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await connection.send(bytes(65536))

    exchange, _, _ = serving(script, fetching("HERE/a.png"))

    assert ("too-large", 100_000) == (exchange.note["fault"], len(exchange.response_body))


def test_downloads_count(serving):
    """A cap on requests holds for them as well."""

    async def scenario(served):
        async with at(served.url, requests=1, cost=Decimal(1)) as transport:
            await transport.download(served.url)
            with pytest.raises(OverBudget):
                await transport.download(served.url)
            return len(served.requests)

    assert 1 == serving(image, scenario)


def test_in_process_nothing_else_is_asked():
    """A run against an application in this process reaches no network."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    async def scenario():
        transport = RequestSender(
            "http://mock.test:1/vendor", budget=Budget(SpendingCaps()), clock=ManualClock(0.0), app=app
        )
        urls = ("http://mock.test:1/files/a.png", "http://mock.test/a.png", "http://127.0.0.1:1/")
        return [await transport.download(url) for url in urls]

    here, *elsewhere = asyncio.run(scenario())

    assert b"/files/a.png" == here.response_body
    assert ["refused-connection"] * 2 == [exchange.note["fault"] for exchange in elsewhere]
