"""The transport: keys, caps, pace, and what becomes of what an application in this process does."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal

import pytest

from pixpact.contracts.limits.budget import Budget, OverBudget, SpendingCaps
from pixpact.contracts.samples.prompts import PROMPTS
from pixpact.contracts.transport.keys import ApiKeys
from pixpact.contracts.transport.transport import (
    USER_AGENT,
    PlannedRequest,
    RequestForbidden,
    RequestSender,
    ResponseLimits,
    credentials_of,
    target_of,
)
from pixpact.mockserver.faults.connection import ConnectionEnded, ConnectionReset, NoResponse
from pixpact.specs.contract.model import CredentialPlace
from pixpact.wire.clock import ManualClock

KEY, SECOND = "sk-live/0123456789+abc", "sk-other-0123456789"
BEARER = {"make": (CredentialPlace("authorization", "header", "Bearer "), CredentialPlace("x-key", "header", ""))}
JSON = (("Content-Type", "application/json"),)
PAID = PlannedRequest("POST", "/v1/images", JSON, b"{}", images=1, price=Decimal("0.02"), operation="make")


class Echo:
    """An application that answers 200 with what it was sent as JSON; it counts what goes on at once."""

    def __init__(self):
        self.scopes = []
        self.now = self.most = 0

    async def __call__(self, scope, receive, send):
        self.scopes.append(scope)
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        body = (await receive())["body"].decode()
        response = json.dumps({"query": scope["query_string"].decode(), "headers": headers, "body": body}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Sent", str(headers).encode())]})
        await send({"type": "http.response.body", "body": response})
        self.now -= 1


def to(app, url="http://mock.test/vendor", **options):
    usual = {
        "budget": Budget(SpendingCaps()),
        "clock": ManualClock(0.0),
        "credentials": BEARER,
        "keys": ApiKeys(KEY, SECOND),
    }
    return RequestSender(url, app=app, **{**usual, **options})


def sent(app, sending, **options):
    return asyncio.run(to(app, **options).send(sending))


# ---- keys


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("own", f"Bearer {KEY}"),
        ("second", f"Bearer {SECOND}"),
        ("wrong", "Bearer sk-pixpact-no-such-key"),
        ("none", None),
    ],
)
def test_whose_key_goes_along(key, expected):
    """In the first place that the operation names, and in none besides."""
    app = Echo()

    sent(app, PlannedRequest("GET", "/v1/a", key=key, operation="make"))

    headers = dict(app.scopes[0]["headers"])
    assert (expected, None) == (headers.get(b"authorization", b"").decode() or None, headers.get(b"x-key"))


def test_an_operation_without_security_gets_no_key():
    """Nobody is told what they did not ask for."""
    app = Echo()

    sent(app, PlannedRequest("GET", "/v1/open", operation="look"))

    assert b"authorization" not in dict(app.scopes[0]["headers"])


def test_no_key_stays_in_what_is_recorded():
    """Neither where it was sent, nor where the server repeats it, in whatever way it is written."""
    exchange = sent(Echo(), PlannedRequest("GET", "/v1/a", (("X-Other", f"for {SECOND}"),), operation="make"))

    assert ("authorization", "Bearer [redacted]") in exchange.request_headers
    for secret in (KEY, SECOND, KEY.replace("/", "\\/")):
        assert secret not in str(exchange)
    assert "Bearer [redacted]" == json.loads(exchange.response_body)["headers"]["authorization"]


def test_a_key_in_the_query_is_hidden_too():
    """Also in its escaped form."""
    exchange = sent(
        Echo(),
        PlannedRequest("GET", "/v1/a?x=1", operation="make"),
        credentials={"make": (CredentialPlace("api_key", "query", ""),)},
    )

    assert "http://mock.test/vendor/v1/a?x=1&api_key=redacted" == exchange.url
    assert "x=1&api_key=[redacted]" == json.loads(exchange.response_body)["query"]


def test_a_key_that_was_not_given_cannot_be_sent():
    """The reason names the option."""
    with pytest.raises(RequestForbidden, match="--second-api-key-env"):
        sent(Echo(), PlannedRequest("GET", "/v1/a", key="second", operation="make"), keys=ApiKeys(KEY))


@pytest.mark.parametrize("key", ["", "sk-with space", "sk-line\r\nX: y", "sk-ключ"])
def test_a_key_that_no_header_carries_is_refused(key):
    """Before anything is sent, and without repeating it."""
    with pytest.raises(ValueError, match="the API key cannot be sent") as caught:
        ApiKeys(key)

    assert not key or key not in str(caught.value)


def test_keys_do_not_show_themselves():
    """Not in a traceback or a log either."""
    assert KEY not in repr(ApiKeys(KEY, SECOND))


def test_a_very_short_key_does_not_black_out_words():
    """What stands under a secret's name is hidden by that name."""
    exchange = sent(Echo(), PlannedRequest("GET", "/v1/a", operation="make"), keys=ApiKeys("mock"))

    assert ("authorization", "Bearer [redacted]") in exchange.request_headers
    assert "mock.test" == json.loads(exchange.response_body)["headers"]["host"]


# ---- what goes out


def test_a_request_says_who_sends_it():
    """An honest name, the host, the length of the body; the rest as it was given."""
    app = Echo()

    sent(app, PAID)

    assert [
        (b"host", b"mock.test"),
        (b"user-agent", USER_AGENT.encode()),
        (b"accept-encoding", b"gzip, deflate"),
        (b"content-type", b"application/json"),
        (b"content-length", b"2"),
        (b"authorization", f"Bearer {KEY}".encode()),
    ] == app.scopes[0]["headers"]
    assert ("/vendor/v1/images", b"/vendor/v1/images") == (app.scopes[0]["path"], app.scopes[0]["raw_path"])


@pytest.mark.parametrize(
    "sending",
    [
        PlannedRequest("GET", "v1/a"),
        PlannedRequest("GE T", "/v1/a"),
        PlannedRequest("GET", "/v1/a", (("X", "a\r\nY: b"),)),
        PlannedRequest("GET", "/v1/a", (("X Y", "a"),)),
        PlannedRequest("GET", "/v1/a", (("X", "漢"),)),
        PlannedRequest("GET", "/v1/a", (("Content-Length", "0"),)),
        PlannedRequest("GET", "/v1/a", (("User-Agent", "Mozilla/5.0"),)),
    ],
)
def test_what_http_cannot_express_is_refused(sending):
    """And what would contradict what the transport writes. Nothing is spent."""
    transport = to(Echo())

    with pytest.raises(ValueError, match=r"path|method|header"):
        asyncio.run(transport.send(sending))

    assert (0, 0, 0) == transport.budget.spent


@pytest.mark.parametrize(
    "url", ["localhost:4747", "ftp://mock.test", "http://mock.test/?a=b", "http://key@mock.test", "http://"]
)
def test_a_bad_target_is_explained(url):
    """By the name of the option."""
    with pytest.raises(ValueError, match="--url cannot be used"):
        to(Echo(), url)


def test_an_exchange_reports_what_it_was_for():
    """Operation and key stand in its note, times are the clock's."""
    exchange = sent(
        Echo(), PlannedRequest("GET", "/v1/a", key="none", operation="make"), clock=ManualClock(1_790_000_000.0)
    )

    assert ({"operation": "make", "key": "none"}, 1_790_000_000.0) == (dict(exchange.note), exchange.started)


# ---- caps


def test_caps_hold_however_much_goes_on_at_once():
    """A hundred at once, room for seven: seven go out, and the rest is reported why not."""
    app, budget = Echo(), Budget(SpendingCaps(images=7))

    async def scenario():
        transport = to(app, budget=budget)
        return await asyncio.gather(*(transport.send(PAID) for _ in range(100)), return_exceptions=True)

    results = asyncio.run(scenario())

    assert 93 == sum(isinstance(result, OverBudget) for result in results)
    assert (7, (7, 7, Decimal("0.14"))) == (len(app.scopes), budget.spent)


def test_a_reservation_made_before_is_the_callers():
    """It pays for one request and is settled by whoever made it."""
    transport = to(Echo())

    async def scenario():
        reservation = transport.reserve(PAID)
        await transport.send(PAID, reservation)
        with pytest.raises(ValueError, match="one request"):
            await transport.send(PAID, reservation)
        reservation.settle(0)

    asyncio.run(scenario())

    assert (1, 0, 0) == transport.budget.spent


def test_what_was_cancelled_before_it_began_costs_nothing():
    """Whoever stops a run while requests wait for their turn gets back what was set aside for them."""

    async def scenario():
        transport = to(Echo(), concurrency=1)
        transport_never_done = asyncio.create_task(transport.send(PAID))
        waiting = asyncio.create_task(transport.send(PAID))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(transport_never_done, waiting, return_exceptions=True)
        return transport.budget.spent.images, transport.requests_sent

    assert (1, 1) == asyncio.run(scenario())


def test_what_was_cancelled_on_its_way_counts_as_bought():
    """Nobody knows what the server made of it."""

    async def scenario():
        under_way = asyncio.Event()

        async def app(scope, receive, send):
            under_way.set()
            await asyncio.Event().wait()

        transport = to(app)
        task = asyncio.create_task(transport.send(PAID))
        await under_way.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return transport.budget.spent

    assert (1, 1, Decimal("0.02")) == asyncio.run(scenario())


# ---- pace


def test_so_many_at_a_time_and_no_more():
    """Twenty requests, three at a time."""
    app = Echo()

    async def scenario():
        transport = to(app, concurrency=3)
        await asyncio.gather(*(transport.send(PlannedRequest("GET", "/v1/a")) for _ in range(20)))

    asyncio.run(scenario())

    assert (20, 3) == (len(app.scopes), app.most)


def test_requests_start_apart():
    """At four a second, the fifth begins after one second of the clock, whatever runs at the same time."""
    clock = ManualClock(100.0)

    async def scenario():
        transport = to(Echo(), clock=clock, rate=4)
        return await asyncio.gather(*(transport.send(PlannedRequest("GET", "/v1/a")) for _ in range(5)))

    exchanges = asyncio.run(scenario())

    assert 1.0 == clock.now() - 100.0
    assert 5 == len(exchanges)


@pytest.mark.parametrize("options", [{"rate": 0}, {"rate": -1}, {"concurrency": -1}])
def test_a_pace_that_never_moves_is_refused(options):
    """With the value."""
    with pytest.raises(ValueError, match="got"):
        to(Echo(), **options)


# ---- live targets


def test_a_live_target_needs_a_cap():
    """On images or on money; an address on this machine does not, an application in it neither."""
    made = [
        RequestSender(url, budget=Budget(SpendingCaps()), clock=ManualClock(0.0))
        for url in ("http://localhost:1", "http://127.0.0.1")
    ]
    made.append(RequestSender("https://api.test", budget=Budget(SpendingCaps(images=1)), clock=ManualClock(0.0)))

    assert [False, False, True] == [transport.live for transport in made]
    with pytest.raises(
        RequestForbidden, match=r"https://api\.test is not on this machine: set --max-images or --max-cost"
    ):
        RequestSender("https://api.test", budget=Budget(SpendingCaps()), clock=ManualClock(0.0))


def test_a_live_target_gets_one_request_a_second():
    """Two at a time, unless told otherwise."""
    clock, app = ManualClock(0.0), Echo()

    async def scenario():
        transport = to(app, clock=clock, live=True, budget=Budget(SpendingCaps(images=1)))
        await asyncio.gather(*(transport.send(PlannedRequest("GET", "/v1/a")) for _ in range(5)))

    asyncio.run(scenario())

    assert 4.0 == clock.now()
    assert app.most <= 2


def test_what_a_live_target_must_not_get_is_not_sent():
    """It raises before anything is spent; what may go, goes."""
    app = Echo()
    transport = to(app, live=True, budget=Budget(SpendingCaps(images=9)), reference_url="https://example.com/mine.png")

    def body(**fields):
        return PlannedRequest(
            "POST", "/v1/images", JSON, json.dumps({"prompt": PROMPTS[0], **fields}).encode(), images=1
        )

    async def scenario():
        for bad in (body(prompt="a wolf"), body(image="https://files.test/up.png")):
            with pytest.raises(RequestForbidden):
                await transport.send(bad)
            with pytest.raises(RequestForbidden):
                transport.reserve(bad)
        transport.own("https://files.test/up.png")
        await transport.send(body(image="https://files.test/up.png"))
        await transport.send(body(image="https://example.com/mine.png"))

    asyncio.run(scenario())

    assert (2, 2) == (len(app.scopes), transport.budget.spent.images)


# ---- an application that misbehaves


def app_that(*messages, error=None):
    async def app(scope, receive, send):
        for message in messages:
            await send({"type": f"http.response.{message[0]}", **message[1]})
        if error:
            raise error

    return app


START = ("start", {"status": 200, "headers": [(b"content-type", b"application/json")]})
HALF = ("body", {"body": b'{"id": ', "more_body": True})


@pytest.mark.parametrize(
    ("app", "fault", "status"),
    [
        (app_that(), "reset", 0),
        (app_that(START), "reset", 200),
        (app_that(START, HALF), "reset", 200),
        (app_that(error=ConnectionReset("reset")), "reset", 0),
        (app_that(START, HALF, error=ConnectionEnded("ended")), "reset", 200),
        (app_that(error=NoResponse("none")), "timeout", 0),
        (app_that(error=ValueError("a bug")), "protocol", 0),
        (app_that(START, ("body", {"body": b"x" * 2000})), "too-large", 200),
        (app_that(("start", {"status": 200, "headers": [(b"content-encoding", b"gzip")]}), HALF), "bad-encoding", 200),
    ],
)
def test_what_an_application_does_is_reported_and_not_raised(app, fault, status):
    """Like what a server does over a socket."""
    exchange = sent(app, PAID, limits=ResponseLimits(size=1000))

    assert (fault, status) == (exchange.note["fault"], exchange.status)


def test_an_application_that_never_responses_is_left():
    """When the time is up; what it had sent is kept."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        await receive()
        await receive()

    exchange = sent(app, PAID, limits=ResponseLimits(total=0.05))

    assert ("timeout", b"{") == (exchange.note["fault"], exchange.response_body)


def test_an_application_that_goes_on_is_reported_that_nobody_listens():
    """A stream without end is left at the limit."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"x" * 100, "more_body": True})

    exchange = sent(app, PAID, limits=ResponseLimits(size=1000))

    assert ("too-large", 1000) == (exchange.note["fault"], len(exchange.response_body))


def test_work_behind_a_complete_response_is_not_waited_for_for_ever():
    """The response was complete: that is what counts."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})
        await receive()
        assert "http.disconnect" == (await receive())["type"]
        await asyncio.Event().wait()

    exchange = sent(app, PAID, limits=ResponseLimits(total=0.05))

    assert (202, b"{}", None) == (exchange.status, exchange.response_body, exchange.note.get("fault"))


# ---- the mock


def to_mock(client, spec):
    return RequestSender(
        f"http://mock.test/{spec.name}",
        app=client.app,
        budget=Budget(SpendingCaps()),
        clock=client.context.clock,
        credentials=credentials_of(spec),
        keys=ApiKeys("sk-test"),
    )


def test_a_whole_task_in_process(mocked, contract):
    """Submit, wait, look, fetch: without a socket, on the mock's own clock."""
    client, spec = mocked("apimart"), contract("apimart")
    start, show = spec.operation("createImage"), spec.operation("getTask")
    body = json.dumps({"model": "doubao-seedream-5-0-lite", "prompt": PROMPTS[0]}).encode()

    async def scenario():
        transport = to_mock(client, spec)
        submitted = await transport.send(PlannedRequest("POST", start.path, JSON, body, images=1, operation=start.id))
        await client.context.clock.forward(3600)
        path = show.path.replace("{task_id}", json.loads(submitted.response_body)["data"][0]["task_id"])
        seen = await transport.send(PlannedRequest("GET", path, operation=show.id))
        return await transport.download(json.loads(seen.response_body)["data"]["result"]["images"][0]["url"][0])

    image = asyncio.run(scenario())

    assert (200, "image/jpeg") == (image.status, image.response_header("content-type"))
    assert "fault" not in image.note


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ("reset-before", "reset"),
        ("reset-after", "reset"),
        ("accept-then-drop", "reset"),
        ("stream-cut", "reset"),
        ("hang", "timeout"),
        ("html", None),
        ("malformed-json", None),
        ("two-json-objects", None),
        ("empty", None),
        ("slow-drip", None),
    ],
)
def test_the_mocks_faults_in_process(mocked, contract, asked, fault):
    """Those of the connection are faults of the exchange; those of the body are for the checks to judge."""
    client, spec = mocked("apimart"), contract("apimart")
    body = json.dumps({"model": "doubao-seedream-5-0-lite", "prompt": PROMPTS[0]}).encode()
    headers = (*JSON, ("Prefer", f"fault={asked}"))
    sending = PlannedRequest("POST", "/v1/images/generations", headers, body, images=1, operation="createImage")

    exchange = asyncio.run(to_mock(client, spec).send(sending))

    assert fault == exchange.note.get("fault")


def test_a_base_url_may_have_the_name_of_an_overlay_in_its_path():
    """A mock prints such URLs; an `@` is a user's name only before the path."""
    assert "/apimart@2026-09" == target_of("http://127.0.0.1:4747/apimart@2026-09").target
    with pytest.raises(ValueError, match="it has a user name"):
        target_of("http://me@127.0.0.1:4747/apimart")
