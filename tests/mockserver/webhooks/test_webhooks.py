"""Callbacks: sent when the clock passes the outcome, signed, repeated, and only to where they may go."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
from itertools import pairwise

import httpx2
import pytest
from replicate.webhook import Webhooks, WebhookSigningSecret

from pixpact.mockserver.app import MockApp
from pixpact.mockserver.server import MockServer, listen
from pixpact.mockserver.webhooks.http import is_loopback
from pixpact.mockserver.webhooks.outbox import WebhookReceiver, origin_of
from pixpact.mockserver.webhooks.outbox import receiver as receiver_of

SUBMIT = "/apimart/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "n": 2}
SIGNED = "/toapis/v1/images/generations"


def submit(mock, receiver, **options):
    return mock.http.post(SUBMIT, json=BODY | {"webhook": receiver.url}, **options).json()["data"][0]["task_id"]


def attempts(mock):
    """(time since the beginning, status) of every attempt in the journal."""
    return [(it.started - 1_790_000_000, it.status) for it in mock.journal() if "callback" in it.note]


def test_a_callback_is_sent_when_the_clock_passes_the_outcome(served, receiver):
    """To the contract's path, with the task as a poll shows it."""
    mock = served("apimart", pace="1x")
    task = submit(mock, receiver)
    mock.advance(3)
    early = len(receiver.received)
    mock.advance(60)
    shown = mock.http.get(f"/apimart/v1/tasks/{task}").json()["data"]
    [(path, headers, body)] = receiver.received

    assert 0 == early
    assert ("/callback", "application/json") == (path, headers["content-type"])
    reported = json.loads(body)
    assert (task, "completed", 100) == (reported["id"], reported["status"], reported["progress"])
    assert shown["result"] == reported["result"]
    assert (shown["completed"], shown["cost"]) == (reported["completed"], reported["cost"])
    assert 200 == mock.http.get(reported["result"]["images"][1]["url"][0]).status_code


def test_an_instant_task_is_reported_at_once(served, receiver):
    """No look is needed."""
    mock = served("apimart")
    submit(mock, receiver)
    mock.advance(0)

    assert 1 == len(receiver.received)


@pytest.mark.parametrize("wish", ["delay=5", "fault=slow-drip; delay=5"])
def test_none_overtakes_the_response_to_its_submission(served, receiver, wish):
    """However late that comes: a client learns of its task first."""
    mock = served("apimart")
    submit(mock, receiver, headers={"Prefer": wish})
    mock.advance(0)

    assert [(5, 204)] == attempts(mock)


def test_a_lost_response_stops_none(served, receiver):
    """The callback is how the client learns of its task."""
    mock = served("apimart")
    mock.fault(fault="accept-then-drop")
    with pytest.raises(httpx2.TransportError):
        submit(mock, receiver)
    mock.advance(0)

    assert [(0, 204)] == attempts(mock)


def test_under_polls_it_is_sent_at_the_completing_poll(served, receiver):
    """Not before, and once."""
    mock = served("apimart", pace="polls:2")
    task = submit(mock, receiver)
    counts = []
    for _ in range(4):
        mock.http.get(f"/apimart/v1/tasks/{task}")
        mock.advance(0)
        counts.append(len(receiver.received))

    assert [0, 0, 1, 1] == counts


def test_under_true_time_a_timer_sends_it(served, receiver):
    """Nobody asks, nobody moves the clock."""
    mock = served("apimart", pace="1000x", moving=True)
    submit(mock, receiver)
    while not receiver.received:
        pass

    assert "completed" == json.loads(receiver.received[0][2])["status"]


def test_its_place_in_the_journal_is_when_it_was_due(served, receiver):
    """A receiver that takes its time holds nobody up, and the journal is the same as that of a quick one."""
    mock = served("apimart")
    receiver.gate.clear()
    submit(mock, receiver)
    assert 200 == mock.http.get("/apimart/v1/balance").status_code
    receiver.gate.set()
    reported = mock.http.get("/_pixpact/journal").json()["exchanges"]

    assert ["createImage", "finished", "getBalance"] == [it.get("callback", it["operation"]) for it in reported]


def test_a_failure_is_reported(served, receiver):
    """With the error of the contract's own example."""
    mock = served("apimart")
    submit(mock, receiver, headers={"Prefer": "state=failed"})
    mock.advance(0)
    reported = json.loads(receiver.received[0][2])

    assert ("failed", "task_failed") == (reported["status"], reported["error"]["code"])


def test_a_task_without_an_end_reports_nothing(served, receiver):
    """Stuck is stuck."""
    mock = served("apimart")
    mock.fault(fault="stuck")
    submit(mock, receiver)
    mock.advance(1e6)

    assert [] == receiver.received


@pytest.mark.parametrize(
    ("statuses", "found"),
    [
        ([204], [(0, 204)]),
        ([500, 200], [(0, 500), (10, 200)]),
        ([500, 502, 503, 500, 200], [(0, 500), (10, 502), (40, 503), (100, 500)]),
        ([404], [(0, 404)]),
    ],
)
def test_retries_follow_the_contract(served, receiver, statuses, found):
    """After 10, 30 and 60 seconds of the mock's clock, then never again; a 4xx ends it, as the contract says."""
    mock = served("apimart")
    receiver.statuses[:] = statuses
    submit(mock, receiver)
    for seconds in (0, 10, 30, 60, 600):
        mock.advance(seconds)

    assert found == attempts(mock)


def test_nobody_there(served, receiver):
    """A receiver that is not there is tried as often as one that fails; the journal says why."""
    mock = served("apimart")
    with socket.create_server(("127.0.0.1", 0)) as free:
        receiver.url = f"http://127.0.0.1:{free.getsockname()[1]}"
    submit(mock, receiver)
    for seconds in (0, 10, 30, 60):
        mock.advance(seconds)

    assert [(0, 0), (10, 0), (40, 0), (100, 0)] == attempts(mock)
    assert all(it.note["problem"].startswith("not delivered") for it in mock.journal(callback="finished"))


def test_a_signed_callback(served, receiver):
    """The receiver's own check of the signature, with the documented headers, holds; each attempt has its time."""
    mock = served("toapis", webhooks={"toapis": WebhookReceiver(receiver.url, "whsec-1")})
    mock.http.post(SIGNED, json={"model": "doubao-seedream-5-0", "prompt": "x", "callback_url": receiver.url + "/hook"})
    mock.advance(0)
    [(path, headers, body)] = receiver.received
    identity, time = headers["x-toapis-webhook-id"], headers["x-toapis-webhook-timestamp"]
    signed = hmac.new(b"whsec-1", f"{identity}.{time}.".encode() + body, hashlib.sha256).hexdigest()

    assert ("/hook", "1790000000") == (path, time)
    assert f"v1={signed}" == headers["x-toapis-webhook-signature"]
    reported = json.loads(body)
    assert (identity, "generation.completed") == (reported["id"], reported["type"])


def test_the_secret_is_nowhere(served, receiver):
    """Neither in the journal nor, as a signature, in a record."""
    mock = served("toapis", webhooks={"toapis": WebhookReceiver(receiver.url, "whsec-very-secret")})
    mock.http.post(SIGNED, json={"model": "doubao-seedream-5-0", "prompt": "x", "callback_url": receiver.url})
    mock.advance(0)
    recorded = str(mock.journal())

    assert "whsec-very-secret" not in recorded
    assert receiver.received[0][1]["x-toapis-webhook-signature"] not in recorded


def test_without_a_secret_nothing_is_signed_and_nothing_sent(served, receiver):
    """The journal says what to do."""
    mock = served("toapis")
    mock.http.post(SIGNED, json={"model": "doubao-seedream-5-0", "prompt": "x", "callback_url": receiver.url})
    mock.advance(0)

    assert [] == receiver.received
    assert "set one with --webhook toapis=ORIGIN,SECRET" in mock.journal(callback="finished")[0].note["problem"]


def test_where_the_contract_says_so_only_the_webhooks_origin_is_called(served, receiver):
    """ToAPIs calls the origin of the key's webhook alone; the journal reports another one, on this machine too."""
    mock = served("toapis", webhooks={"toapis": WebhookReceiver("http://127.0.0.1:1", "whsec-1")})
    mock.http.post(SIGNED, json={"model": "doubao-seedream-5-0", "prompt": "x", "callback_url": receiver.url})
    mock.advance(1000)
    [found] = mock.journal(callback="finished")

    assert [] == receiver.received
    assert f"{receiver.url} is not the origin of the webhook, http://127.0.0.1:1" in found.note["problem"]


def test_any_port_of_this_machine(served, receiver):
    """Port 0 stands for every one, of the same scheme and host."""
    mock = served("toapis", webhooks={"toapis": WebhookReceiver("http://127.0.0.1:0", "whsec-1")})
    for url in (receiver.url, receiver.url.replace("127.0.0.1", "localhost")):
        mock.http.post(SIGNED, json={"model": "doubao-seedream-5-0", "prompt": "x", "callback_url": url})
        mock.advance(0)

    assert [204, 0] == [it.status for it in mock.journal(callback="finished")]


def test_a_name_below_localhost_is_this_machine(served, receiver):
    """RFC 6761: it is not looked up, so nobody can lead it elsewhere, and it works where no name server knows it."""
    mock = served("apimart")
    receiver.url = receiver.url.replace("127.0.0.1", "app.localhost")
    submit(mock, receiver)
    mock.advance(0)

    assert ["/callback"] == [path for path, _, _ in receiver.received]
    assert receiver.url.removeprefix("http://") == receiver.received[0][1]["host"]


def test_a_flag_that_is_advised_can_be_used(served, receiver):
    """The origin of an IPv6 address has its brackets."""
    mock = served("apimart")
    receiver.url = "http://[2001:db8::1]:8000"
    submit(mock, receiver)
    mock.advance(0)
    reported = mock.journal(callback="finished")[0].note["problem"]

    assert ("apimart", WebhookReceiver("http://[2001:db8::1]:8000")) == receiver_of(reported.partition("--webhook ")[2])


def test_nothing_leaves_this_machine_unless_allowed(served, receiver):
    """Another host is not called, not even looked up; the journal says which flag would allow it."""
    mock = served("apimart")
    receiver.url = "http://elsewhere.example"
    submit(mock, receiver)
    mock.advance(1000)
    [found] = mock.journal(callback="finished")

    assert 0 == found.status
    assert "allow it with --webhook apimart=http://elsewhere.example:80" in found.note["problem"]


@pytest.mark.parametrize("url", ["http://elsewhere.example:99999", "http://127.0.0.1:99999", "http://[::1", "http://"])
def test_what_is_no_address_is_reported(served, receiver, url):
    """A URL that leads nowhere is recorded with its reason."""
    mock = served("apimart")
    receiver.url = url
    submit(mock, receiver)
    mock.advance(0)

    assert mock.journal(callback="finished")[0].note["problem"].startswith("not sent")


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8000/x", True),
        ("http://127.8.9.10", True),
        ("http://[::1]:8000", True),
        ("https://localhost", True),
        ("http://app.localhost:3000", True),
        ("http://[::ffff:127.0.0.1]", True),
        ("http://[::ffff:10.0.0.1]", False),
        ("http://0.0.0.0", False),
        ("http://[::]", False),
        ("http://2130706433", False),
        ("http://127.1", False),
        ("http://127.0.0.1@evil.example", False),
        ("http://localhost.example", False),
        ("http://127.0.0.1.nip.example", False),
        ("http://10.0.0.1", False),
        ("http://user@127.0.0.1@evil.example", False),
        ("http://", False),
    ],
)
def test_what_is_this_machine(url, here):
    """By the text of the address alone: a name could lead anywhere."""
    assert here == is_loopback(url)


@pytest.mark.parametrize("allowed", [False, True])
def test_where_other_machines_reach_the_mock_this_machine_is_not_called(served, receiver, allowed):
    """Who cannot reach a program here does not make the mock do it; a flag allows it, for any port too."""
    receivers = {"apimart": WebhookReceiver("http://127.0.0.1:0")} if allowed else {}
    mock = served("apimart", webhooks=receivers)
    mock.context.outbox.is_local = False
    submit(mock, receiver)
    mock.advance(1000)
    found = mock.journal(callback="finished")[0]

    assert allowed == bool(found.status)
    assert allowed != ("other machines reach the mock; allow it with --webhook" in found.note.get("problem", ""))


def test_a_server_knows_who_reaches_it(served):
    """By the address that it listens at."""
    mock = served("apimart")
    sockets = [listen(host, 0) for host in ("127.0.0.1", "0.0.0.0")]
    for bound, local in zip(sockets, (True, False), strict=True):
        MockServer(MockApp([], mock.context), bound)
        bound.close()

        assert local == mock.context.outbox.is_local


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "0.0.0.0", "169.254.169.254"])
def test_a_host_that_leads_to_this_machine_alone_is_not_believed(served, receiver, host):
    """Where it leads is looked at when the connection is made, whatever a flag allows by name."""
    port = receiver.url.rpartition(":")[2]
    mock = served("apimart", webhooks={"apimart": WebhookReceiver(f"http://{host}:{port}")})
    receiver.url = f"http://{host}:{port}"
    submit(mock, receiver)
    mock.advance(1000)

    assert "nothing but this machine itself" in mock.journal(callback="finished")[0].note["problem"]
    assert [] == receiver.received


def test_a_reset_forgets_what_is_under_way(served, receiver):
    """A task that is no more tells nothing."""
    mock = served("apimart", pace="1x")
    submit(mock, receiver)
    mock.http.post("/_pixpact/reset", json={"what": "tasks"})
    mock.advance(1000)

    assert [] == receiver.received


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("toy=http://127.0.0.1:8000", ("toy", WebhookReceiver("http://127.0.0.1:8000"))),
        ("toy=https://Dev.Example/,s,1", ("toy", WebhookReceiver("https://dev.example:443", "s,1"))),
        ("toy=http://127.0.0.1:0,s", ("toy", WebhookReceiver("http://127.0.0.1:0", "s"))),
    ],
)
def test_receivers_are_read(text, found):
    """Vendor, origin, and a secret, in which anything may stand."""
    assert found == receiver_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "toy",
        "toy=",
        "=http://x",
        "toy=ftp://x",
        "toy=http://x/path,secret-1",
        "toy=http://x:99999,secret-1",
        "toy=http://x:0,secret-1",
    ],
)
def test_what_is_no_receiver_is_reported_without_its_secret(text):
    """The form, and not the secret."""
    with pytest.raises(ValueError, match="write VENDOR=ORIGIN") as caught:
        receiver_of(text)

    assert "secret-1" not in str(caught.value)


def test_an_origin_has_its_port():
    """RFC 6454: scheme, host and port, the usual ones too."""
    assert "https://a.example:443" == origin_of("https://A.example/path?x=1")
    assert "http://a.example:80" == origin_of("http://a.example")


def test_the_toys_callback(served, receiver):
    """Another vendor's headers, signature and body are its spec's."""
    mock = served("fixtures/specs/toy.yaml", webhooks={"toy": WebhookReceiver("http://127.0.0.1:1", "s")})
    headers = {"X-Api-Key": "k"}
    body = {"model": "crayon-1", "prompt": "x", "call": receiver.url}
    mock.http.post("/toy/v2/drawings", json=body, headers=headers)
    mock.advance(0)
    [(_, sent, content)] = receiver.received
    reported = json.loads(content)

    assert sent["toy-event"] == reported["event"]
    assert reported["event"].startswith("ev_")
    assert (1_790_000_000, "done") == (reported["sent"], reported["state"])
    assert sent["toy-signature"].startswith("v1=")


def test_a_server_that_ends_lets_hanging_clients_go(served, receiver):
    """Neither a hanging client nor a callback to come keeps it from ending."""
    import threading

    import httpx2

    mock = served("apimart", pace="1x", timeout=60)
    submit(mock, receiver)
    mock.fault(fault="hang")
    errors = []

    def hang():
        try:
            mock.http.post(SUBMIT, json=BODY)
        except httpx2.HTTPError as error:
            errors.append(type(error))

    thread = threading.Thread(target=hang)
    thread.start()
    while not mock.journal(fault="hang"):
        pass
    mock.context.clock._clock.release()
    from pixpact.mockserver.background import background

    background().call(mock.context.release)
    thread.join(20)

    assert [httpx2.ReadError] == errors


# ---------------------------------------------------------------------- jumps of the clock, and faults


@pytest.mark.parametrize("jump", [200, 3600])
def test_retries_that_the_clock_jumps_over_are_made(served, receiver, jump):
    """At their own times and in their order: a jump of an hour passes what an hour would pass."""
    mock = served("apimart", pace="1x")
    receiver.statuses[:] = [500] * 3
    submit(mock, receiver)
    mock.advance(jump)
    times = [time for time, _ in attempts(mock)]

    assert [500, 500, 500, 204] == [status for _, status in attempts(mock)]
    assert [10, 30, 60] == [round(later - earlier) for earlier, later in pairwise(times)]


def test_callbacks_go_out_in_the_order_of_their_times(served, receiver):
    """A retry of the first comes before a second that was due later, although one jump passes both."""
    mock = served("apimart")
    mock.fault(fault="webhook-late", delay=40, times=1)
    receiver.statuses[:] = [500]
    late, prompt = (submit(mock, receiver) for _ in range(2))
    mock.advance(3600)

    assert [prompt, prompt, late] == [json.loads(body)["id"] for _, _, body in receiver.received]
    assert [(0, 500), (10, 204), (40, 204)] == attempts(mock)


def test_a_jump_on_true_time_passes_retries_too(served, receiver):
    """`advance` on a moving clock is no different."""
    mock = served("apimart", moving=True)
    receiver.statuses[:] = [500, 500]
    submit(mock, receiver)
    while len(receiver.received) < 3:
        mock.advance(60)

    assert [500, 500, 204] == [status for _, status in attempts(mock)][:3]


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        ({"fault": "webhook-twice"}, [0, 0]),
        ({"fault": "webhook-again"}, [0, 60]),
        ({"fault": "webhook-again", "delay": 7}, [0, 7]),
        ({"fault": "webhook-late", "delay": 90}, [90]),
        ({"fault": "webhook-late"}, [60]),
    ],
)
def test_a_callback_comes_late_or_once_more(served, receiver, fault, times):
    """With the same body and id each time; the journal names the fault with every attempt."""
    mock = served("apimart")
    mock.fault(**fault, times=1)
    submit(mock, receiver)
    mock.advance(3600)

    assert [(time, 204) for time in times] == attempts(mock)
    assert 1 == len({body for _, _, body in receiver.received})
    assert {fault["fault"]} == {it.note["fault"] for it in mock.journal()}


def test_a_callback_that_is_lost_is_never_sent(served, receiver):
    """The task is completed all the same: who only waits for callbacks never learns of it."""
    mock = served("apimart")
    task = submit(mock, receiver, headers={"Prefer": "fault=webhook-lost"})
    mock.advance(3600)

    assert [] == receiver.received
    assert [(0, 0)] == attempts(mock)
    assert "completed" == mock.http.get(f"/apimart/v1/tasks/{task}").json()["data"]["status"]


def test_a_forged_callback_does_not_verify(served, receiver):
    """Every documented header is there, and the signature is somebody else's."""
    mock = served("toapis", webhooks={"toapis": WebhookReceiver(receiver.url, "whsec-1")})
    body = {"model": "doubao-seedream-5-0", "prompt": "x", "callback_url": receiver.url + "/hook"}
    response = mock.http.post(SIGNED, json=body, headers={"Prefer": "fault=webhook-forged"})
    mock.advance(0)
    [(_, headers, sent)] = receiver.received
    identity, time = headers["x-toapis-webhook-id"], headers["x-toapis-webhook-timestamp"]
    signed = hmac.new(b"whsec-1", f"{identity}.{time}.".encode() + sent, hashlib.sha256).hexdigest()

    assert "fault=webhook-forged" == response.headers["preference-applied"]
    assert headers["x-toapis-webhook-signature"].startswith("v1=")
    assert f"v1={signed}" != headers["x-toapis-webhook-signature"]


def test_a_fault_of_callbacks_that_nothing_can_meet_is_refused(served):
    """No callback in the contract, none in the request, or none that is signed."""
    mock = served("apimart", "apiyi")
    standing = [
        mock.http.post("/_pixpact/faults", json=fault)
        for fault in ({"fault": "webhook-lost", "vendor": "apiyi"}, {"fault": "webhook-forged", "vendor": "apimart"})
    ]
    asked = mock.http.post(SUBMIT, json=BODY, headers={"Prefer": "fault=webhook-lost"})

    assert [400, 400, 400] == [response.status_code for response in (*standing, asked)]


POSTER = {"prompt": "A red kite", "tell": ["begin"]}


@pytest.mark.parametrize(("tell", "states"), [(["begin"], ["PRINTING", "OVER"]), (["end"], ["OVER"])])
def test_a_callback_on_the_way(served, receiver, tell, states):
    """A state that has an example is told when the task comes to it, where the example's condition holds."""
    mock = served("fixtures/specs/modes.yaml", pace="1x")
    mock.http.post("/modes/posters", json={**POSTER, "tell": tell, "call": receiver.url})
    mock.advance(2)
    early = [json.loads(body)["state"] for _, _, body in receiver.received]
    mock.advance(60)
    told = [json.loads(body) for _, _, body in receiver.received]

    assert states[:-1] == early
    assert states == [it["state"] for it in told]
    assert told[-1]["file"].startswith(mock.url)


def test_a_state_that_a_task_does_not_come_to_is_not_told(served, receiver):
    """A client ends it before: nothing of it is sent, for no example tells that it is stopped."""
    mock = served("fixtures/specs/modes.yaml", pace="1x")
    task = mock.http.post("/modes/posters", json={**POSTER, "call": receiver.url}).json()["id"]
    mock.http.post(f"/modes/prints/{task}/stop")
    mock.advance(60)

    assert [] == receiver.received


@pytest.mark.parametrize("secret", ["of-the-request", None])
def test_a_secret_that_the_request_names(served, receiver, secret):
    """It signs the body alone; without one there is no signature, and none of it is in the journal."""
    mock = served("bfl", pace="1x")
    body = {"prompt": "A kite", "webhook_url": receiver.url, **({"webhook_secret": secret} if secret else {})}
    mock.http.post("/v1/flux-2-pro", json=body, headers={"x-key": "bfl_test"})
    mock.advance(60)
    [(_, headers, told)] = receiver.received
    signed = f"sha256={hmac.new(secret.encode(), told, hashlib.sha256).hexdigest()}" if secret else None

    assert signed == headers.get("x-bfl-signature")
    assert "Ready" == json.loads(told)["status"]
    assert "of-the-request" not in str(mock.journal())


def test_standard_webhooks(served, receiver):
    """The client of the vendor takes the signatures of what is sent at the start and at the end."""
    secret = f"whsec_{base64.b64encode(b'a secret of 24 characters').decode()}"
    mock = served("replicate", pace="1x", webhooks={"replicate": WebhookReceiver(receiver.url, secret)})
    body = {"input": {"prompt": "A kite"}, "webhook": receiver.url, "webhook_events_filter": ["start", "completed"]}
    mock.http.post("/v1/models/black-forest-labs/flux-schnell/predictions", json=body)
    mock.advance(60)
    signing = WebhookSigningSecret(key=secret)
    for _, headers, told in receiver.received:
        Webhooks.validate(headers=headers, body=told.decode(), secret=signing)

    assert ["starting", "succeeded"] == [json.loads(told)["status"] for _, _, told in receiver.received]


def test_a_program_waits_for_a_callback(served, receiver):
    """A standing clock is moved to what is due; the first that is over is given."""
    mock = served("apimart", pace="manual")
    task = submit(mock, receiver)
    found = mock.http.post("/_pixpact/webhooks/wait", json={"task": task, "vendor": "apimart"})

    assert (200, task, "delivered") == (found.status_code, found.json()["task"], found.json()["outcome"])
    assert [found.json()] == mock.http.get("/_pixpact/webhooks").json()["webhooks"]


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"task": "another", "timeout": 0.01}, 408, "none is pending"),
        ({"timeout": 3600}, 400, "the maximum is 60"),
        ({"timeout": "soon"}, 400, "'soon' is not a duration"),
        ({"tasks": "x"}, 400, "'tasks' is not known here"),
        ({"task": 3}, 400, "task is not a text"),
        ([], 400, "not a JSON object"),
    ],
)
def test_what_cannot_be_waited_for_is_told(served, asked, status, said):
    """At once, or after the time that is given."""
    response = served("apimart").http.post("/_pixpact/webhooks/wait", json=asked)

    assert (status, True) == (response.status_code, said in response.json()["detail"])
