"""Every fault, as a real client over a real socket sees it."""

from __future__ import annotations

import json

import httpx2
import openai
import pytest

from pixpact.mockserver.app import MockApp
from pixpact.mockserver.context import MockContext, MockSettings
from pixpact.mockserver.core.pace import parse
from pixpact.mockserver.faults.gateways import GATEWAYS
from pixpact.mockserver.faults.names import NAMES
from pixpact.mockserver.local import serving
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import CAUSES
from pixpact.wire.clock import ManualClock
from pixpact.wire.images import read_image_facts

SUBMIT = "/apimart/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "n": 2}
RUN = "/apiyi/v1/images/generations"
SYNC = {"model": "seedream-5-0-260128", "prompt": "A kite", "size": "1280x720"}
TASK = {"model": "doubao-seedream-5-0", "prompt": "A kite"}
SERIES = {"sequential_image_generation": "auto", "sequential_image_generation_options": {"max_images": 3}}


def submitted(mock):
    """The id of a task just submitted."""
    return mock.http.post(SUBMIT, json=BODY).json()["data"][0]["task_id"]


def looked_at(mock, task):
    return mock.http.get(f"/apimart/v1/tasks/{task}").json()["data"]


def intents(mock):
    return [(charge.intent, charge.images) for charge in mock.charges()]


STATUSES = {
    "unauthenticated": 401,
    "forbidden": 403,
    "invalid-request": 400,
    "insufficient-balance": 402,
    "rate-limited": 429,
    "moderated": 500,
    "server-error": 500,
    "bad-gateway": 502,
    "unavailable": 503,
    "idempotency-in-progress": 409,
    "idempotency-reused": 409,
    "idempotency-indeterminate": 409,
    "idempotency-unavailable": 503,
}


@pytest.mark.parametrize("cause", sorted(STATUSES))
def test_a_cause_is_the_contracts_own_response(served, cause):
    """Status and body are those that the contract documents; nothing is charged, and the next request is served."""
    mock = served("apimart@2026-09")
    mock.fault(fault=cause, operation="createImage", times=1)
    url = "/apimart@2026-09/v1/images/generations"
    refused, taken = (mock.http.post(url, json=BODY) for _ in range(2))

    assert (STATUSES[cause], 200) == (refused.status_code, taken.status_code)
    assert "error" in refused.json()
    assert f"fault={cause}" == refused.headers["preference-applied"]
    assert [("reserve", 2), ("capture", 2)] == intents(mock)


def test_an_unknown_task_is_answered_so(served):
    """A poll can be told that there is no such task."""
    mock = served("apimart")
    task = submitted(mock)
    mock.fault(fault="unknown-task", stage="poll", times=1)

    assert [400, 200] == [mock.http.get(f"/apimart/v1/tasks/{task}").status_code for _ in range(2)]


def test_a_task_is_over_for_who_ends_it(served):
    """A client can be told so of a task that it could still end."""
    mock = served("fixtures/specs/modes.yaml", pace="1x")
    task = mock.http.post("/modes/prints", json={"prompt": "A kite"}, headers={"X-Async": "enable"}).json()["id"]
    mock.fault(fault="task-over", times=1)

    assert [409, 200] == [mock.http.post(f"/modes/prints/{task}/stop").status_code for _ in range(2)]


def test_every_cause_is_tested():
    """No cause is without a test above."""
    assert set(CAUSES) == {*STATUSES, "unknown-task", "task-over", *GATEWAYS}


PAGES = {
    "gateway-error": (520, "520: Web server is returning an unknown error", True),
    "origin-down": (521, "521: Web server is down", False),
    "origin-connect-timeout": (522, "522: Connection timed out", False),
    "origin-unreachable": (523, "523: Origin is unreachable", False),
    "gateway-timeout": (524, "524: A timeout occurred", True),
}


@pytest.mark.parametrize("cause", sorted(GATEWAYS))
def test_a_gateway_has_a_page_of_its_own(served, cause):
    """Where the contract documents none; what the service did by then is done and charged."""
    mock = served("toapis")
    mock.fault(fault=cause, times=1)
    response = mock.http.post("/toapis/v1/images/generations", json=TASK)
    status, title, charged = PAGES[cause]

    assert (status, "text/html") == (response.status_code, response.headers["content-type"])
    assert f"<title>{title}</title>" in response.text
    assert f"fault={cause}" == response.headers["preference-applied"]
    assert [cause] == [it.note["fault"] for it in mock.journal()]
    assert charged == bool(mock.charges())


def test_a_gateway_speaks_in_the_contracts_words_where_it_has_some(served):
    """A documented response of that status is given."""
    mock = served("apiyi")
    mock.fault(fault="gateway-timeout", status=504, times=1)
    response = mock.http.post(RUN, json=SYNC)

    assert (504, "bad_response_status_code") == (response.status_code, response.json()["error"]["code"])
    assert [("capture", 1)] == intents(mock)


LATE = [
    ({"fault": "server-error"}, 500),
    ({"fault": "bad-gateway"}, 502),
    ({"fault": "unavailable", "retry-after": 7}, 503),
    ({"fault": "response", "status": 504}, 504),
    ({"fault": "response", "example": "rate-limited"}, 429),
    ({"fault": "html", "status": 524}, 524),
    ({"fault": "gateway-timeout"}, 524),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("fault", "status"), LATE)
def test_a_refusal_after_the_charge(served, fault, status, stream):
    """The client is refused, and has paid; a naive retry pays twice."""
    mock = served("apiyi")
    mock.fault(**fault, charged=True, times=1)
    body = SYNC | {"stream": stream}
    statuses = [mock.http.post(RUN, json=body).status_code for _ in range(2)]

    assert [status, 200] == statuses
    assert [("capture", 1)] * 2 == intents(mock)
    assert [status] == [it.status for it in mock.journal(fault=fault["fault"])]


@pytest.mark.parametrize(("fault", "status"), LATE)
def test_the_same_refusal_before_the_charge(served, fault, status):
    """`charged: false`: nothing is done."""
    mock = served("apiyi")
    mock.fault(**fault, charged=False, times=1)

    assert status == mock.http.post(RUN, json=SYNC).status_code
    assert [] == intents(mock)


def test_a_task_that_its_client_does_not_know_of_can_be_found(served):
    """The submission is told to have failed; its order number leads to the task."""
    mock = served("toapis")
    mock.fault(fault="server-error", charged=True, times=1)
    url = "/toapis/v1/images/generations"

    assert 500 == mock.http.post(url, json=TASK | {"client_business_id": "order-7"}).status_code
    assert "completed" == mock.http.get(f"{url}/order-7").json()["status"]
    assert 1 == len(mock.journal(operation="createImage"))


def test_a_repeated_key_gets_the_first_response_after_all(served):
    """The idempotency key was taken by what was carried out: it is paid once."""
    mock = served("apimart@2026-09")
    mock.fault(fault="server-error", charged=True, times=1)
    url, key = "/apimart@2026-09/v1/images/generations", {"Idempotency-Key": "order-7"}
    first, again = (mock.http.post(url, json=BODY, headers=key) for _ in range(2))

    assert [500, 200] == [first.status_code, again.status_code]
    assert [("reserve", 2), ("capture", 2)] == intents(mock)


def test_what_buys_nothing_cannot_be_refused_after_the_charge(served):
    """An invalid request does not use the fault up; a poll is nothing to be charged for."""
    mock = served("apiyi")
    mock.fault(fault="server-error", charged=True, times=1)
    statuses = [mock.http.post(RUN, json=body).status_code for body in (SYNC | {"n": 99}, SYNC)]

    assert [400, 500] == statuses


def test_a_documented_gateway_page_is_a_page(served, tmp_path):
    """A text in an example of `text/html` is sent as it is, not as JSON; and after the charge."""
    overlay = tmp_path / "gateway.yaml"
    overlay.write_text(GATEWAY)
    contract = SpecCatalogue().source(f"apiyi@{overlay}").contract()
    with serving(MockApp([contract], MockContext.new(MockSettings(parse("instant")), ManualClock(0.0)))) as server:
        for asked in ("code=524", "example=gateway-timeout", "fault=gateway-timeout"):
            headers = {"Authorization": "Bearer sk-test", "Prefer": asked}
            response = httpx2.post(f"{server.url}{RUN}", json=SYNC, headers=headers)

            assert (524, "<html>timed out</html>") == (response.status_code, response.text)
        charges = httpx2.get(f"{server.url}/_pixpact/ledger").json()["charges"]

    assert 3 == len(charges)


GATEWAY = """
overlay: 1.0.0
info: {title: a gateway's page, version: '1'}
actions:
  - target: $.paths['/v1/images/generations'].post.responses
    update:
      '524':
        description: The gateway waited too long.
        content:
          text/html:
            schema: {type: string}
            examples:
              gateway-timeout: {value: '<html>timed out</html>'}
"""


@pytest.mark.parametrize(
    ("asked", "charged"),
    [("code=504", True), ("code=504, charged=false", False), ("code=500", False), ("code=500, charged", True)],
)
def test_a_status_that_is_asked_for_is_after_the_charge_by_its_nature(served, asked, charged):
    """A gateway that gave up has passed the request on; any other refusal has to be told so."""
    mock = served("apiyi")
    response = mock.http.post(RUN, json=SYNC, headers={"Prefer": asked})

    assert int(asked[5:8]) == response.status_code
    assert charged == bool(mock.charges())


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("reset-before", httpx2.ReadError),
        ("reset-after", httpx2.ReadError),
        ("accept-then-drop", httpx2.RemoteProtocolError),
        ("hang", httpx2.ReadTimeout),
        ("stream-cut", httpx2.RemoteProtocolError),
    ],
)
def test_a_lost_response(served, fault, error):
    """The client meets what its library calls a lost response; only before the request was taken is nothing charged."""
    mock = served("apimart", timeout=30)
    mock.fault(fault=fault, times=1)
    with pytest.raises(error):
        mock.http.post(SUBMIT, json=BODY, timeout=1 if fault == "hang" else 30)

    assert ([] if fault == "reset-before" else [("reserve", 2), ("capture", 2)]) == intents(mock)
    assert 200 == mock.http.post(SUBMIT, json=BODY).status_code
    lost = mock.journal(fault=fault)
    assert [200 if fault == "stream-cut" else 0] == [it.status for it in lost]


def test_reset_is_a_reset(served):
    """The socket is closed by RST: the operating system says so."""
    mock = served("apimart")
    mock.fault(fault="reset-after")
    with pytest.raises(httpx2.ReadError) as caught:
        mock.http.post(SUBMIT, json=BODY)

    assert "reset" in str(caught.value).lower()


def test_a_naive_retry_pays_twice(served):
    """The `openai` SDK retries by itself: under accept-then-drop one call is two charges."""
    mock = served("apiyi")
    mock.fault(fault="accept-then-drop", times=1)
    with openai.OpenAI(base_url=f"{mock.url}/apiyi/v1", api_key="sk-test", max_retries=1) as client:
        response = client.images.generate(model=SYNC["model"], prompt="A kite", size="1280x720")

    assert response.data[0].url
    assert [("capture", 1)] * 2 == intents(mock)


def test_empty(served):
    """Status and headers as usual, no body."""
    mock = served("apimart")
    mock.fault(fault="empty")
    response = mock.http.post(SUBMIT, json=BODY)

    assert (200, b"", "0") == (response.status_code, response.content, response.headers["content-length"])


@pytest.mark.parametrize("fault", ["malformed-json", "two-json-objects"])
def test_json_that_is_none(served, fault):
    """The body has the length that was announced, and cannot be parsed."""
    mock = served("apimart")
    mock.fault(fault=fault)
    response = mock.http.post(SUBMIT, json=BODY)

    assert "application/json" == response.headers["content-type"]
    with pytest.raises(json.JSONDecodeError):
        response.json()


def test_two_json_objects_are_two(served):
    """A response and the contract's own error, one after the other."""
    mock = served("apimart")
    mock.fault(fault="two-json-objects")
    text = mock.http.post(SUBMIT, json=BODY).text
    first, end = json.JSONDecoder().raw_decode(text)

    assert "submitted" == first["data"][0]["status"]
    assert "error" in json.loads(text[end:])


def test_html_with_200(served):
    """A gateway's page in place of the response."""
    mock = served("apimart")
    mock.fault(fault="html")
    response = mock.http.post(SUBMIT, json=BODY)

    assert (200, "text/html") == (response.status_code, response.headers["content-type"])
    assert response.text.startswith("<!DOCTYPE html>")


def test_a_wrong_content_type(served):
    """The right JSON, called plain text."""
    mock = served("apimart")
    mock.fault(fault="wrong-content-type")
    response = mock.http.post(SUBMIT, json=BODY)

    assert "text/plain" == response.headers["content-type"]
    assert "submitted" == response.json()["data"][0]["status"]


def test_a_truncated_download(served):
    """Half of the image's bytes, all that was announced: only decoding tells."""
    mock = served("apimart")
    url = looked_at(mock, submitted(mock))["result"]["images"][0]["url"][0]
    whole = mock.http.get(url).content
    mock.fault(fault="truncated-image", times=1)
    half = mock.http.get(url)

    assert whole[: len(whole) // 2] == half.content
    assert [True, False] == [read_image_facts(it).complete for it in (whole, half.content)]
    assert whole == mock.http.get(url).content


def test_a_truncated_image_as_base64(served):
    """The same for an image that stands in the response: the SDK decodes it, and it is half an image."""
    import base64

    mock = served("apiyi")
    mock.fault(fault="truncated-image", times=1)
    with openai.OpenAI(base_url=f"{mock.url}/apiyi/v1", api_key="sk-test", max_retries=0) as client:
        images = [
            client.images.generate(model=SYNC["model"], prompt="x", size="1280x720", response_format="b64_json")
            for _ in range(2)
        ]

    assert [False, True] == [read_image_facts(base64.b64decode(image.data[0].b64_json)).complete for image in images]


def test_a_slow_drip(served):
    """The body comes in pieces, over the time that was asked for."""
    mock = served("apimart")
    mock.fault(fault="slow-drip", delay=20)
    before = mock.context.clock.now()
    with mock.http.stream("POST", SUBMIT, json=BODY) as response:
        body = b"".join(response.iter_raw())

    assert "submitted" == json.loads(body)["data"][0]["status"]
    assert pytest.approx(20) == mock.context.clock.now() - before


def test_a_stream_that_ends_after_its_first_event(served):
    """One event arrives whole, then the connection is gone."""
    mock = served("apiyi")
    mock.fault(fault="stream-cut")
    lines = []
    streamed = mock.http.stream("POST", RUN, json=SYNC | SERIES | {"stream": True})
    with streamed as response, pytest.raises(httpx2.RemoteProtocolError):
        lines.extend(response.iter_lines())

    assert 1 == sum(line.startswith("event:") for line in lines)


def test_latency(served):
    """The response comes by so much later on the mock's clock."""
    mock = served("apimart")
    mock.fault(fault="latency", delay=7)
    before = mock.context.clock.now()

    assert 200 == mock.http.post(SUBMIT, json=BODY).status_code
    assert pytest.approx(7) == mock.context.clock.now() - before


def test_latency_on_true_time_outlasts_a_timeout(served):
    """A client that waits less than the latency gives up."""
    mock = served("apimart", moving=True, timeout=30)
    mock.fault(fault="latency", delay=30, times=1)
    with pytest.raises(httpx2.ReadTimeout):
        mock.http.post(SUBMIT, json=BODY, timeout=0.3)

    assert 200 == mock.http.post(SUBMIT, json=BODY).status_code


@pytest.mark.parametrize(
    ("example", "error"),
    [
        (None, {"code": 500, "message": "content moderation failed", "type": "task_failed"}),
        ("failed-in-short", {"code": "", "message": "content moderation failed"}),
        (
            "failed-in-words",
            {"code": "task_failed", "message": "content moderation failed", "type": "task_failed", "param": ""},
        ),
    ],
)
def test_failed(served, example, error):
    """The task fails, told in each of the contract's ways; what was reserved comes back."""
    mock = served("apimart")
    mock.fault(fault="failed", **({"example": example} if example else {}))
    data = looked_at(mock, submitted(mock))

    assert ("failed", error) == (data["status"], data["error"])
    assert [("reserve", 2), ("refund", 2)] == intents(mock)


def test_partial(served):
    """One of two images is missing, and it is not paid for."""
    mock = served("apimart")
    mock.fault(fault="partial")
    data = looked_at(mock, submitted(mock))

    assert ("completed", 1) == (data["status"], len(data["result"]["images"]))
    url = data["result"]["images"][0]["url"][0]
    assert [200, 404] == [mock.http.get(it).status_code for it in (url, url.replace("-0.", "-1."))]
    assert 0.0228 == data["cost"]
    assert [("reserve", 2), ("capture", 1), ("refund", 1)] == intents(mock)


def test_partial_of_a_synchronous_batch(served):
    """The slot of a missing image says why, where the contract has a form for it."""
    mock = served("apiyi")
    mock.fault(fault="partial", images=1)
    items = mock.http.post(RUN, json=SYNC | SERIES).json()

    assert [True, False, False] == ["url" in it for it in items["data"]]
    assert 1 == items["usage"]["generated_images"]


def test_stuck(served):
    """Whatever time passes, the task is under way; it stays reserved."""
    mock = served("apimart")
    mock.fault(fault="stuck")
    task = submitted(mock)
    mock.advance(30 * 86400)

    assert "processing" == looked_at(mock, task)["status"]
    assert [("reserve", 2)] == intents(mock)


def test_stuck_is_no_response_where_the_client_waits(served):
    """A synchronous operation that never ends never responses."""
    mock = served("apiyi", timeout=30)
    mock.fault(fault="stuck", times=1)
    with pytest.raises(httpx2.ReadTimeout):
        mock.http.post(RUN, json=SYNC, timeout=0.3)

    assert 200 == mock.http.post(RUN, json=SYNC).status_code


def test_slow(served):
    """The task takes so much longer than usual, at any pace."""
    mock = served("apimart")
    mock.fault(fault="slow", delay=120)
    task = submitted(mock)
    statuses = []
    for seconds in (0, 119, 1):
        mock.advance(seconds)
        statuses.append(looked_at(mock, task)["status"])

    assert ["processing", "processing", "completed"] == statuses


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "slow", "delay": 90},
        {"fault": "takes", "delay": 90},
        {"fault": "latency", "stage": "queue", "delay": 90},
        {"fault": "latency", "stage": "run", "delay": 90},
    ],
)
@pytest.mark.parametrize("body", [{}, {"stream": True}])
def test_slow_where_the_client_waits(served, fault, body):
    """A synchronous response comes by so much later, at any pace: the mock's clock says so."""
    mock = served("apiyi")
    mock.fault(**fault)
    before = mock.context.clock.now()
    response = mock.http.post("/apiyi/v1/images/generations", json=SYNC | body)

    assert 200 == response.status_code
    assert 90 == mock.context.clock.now() - before


def test_slow_on_true_time_outlasts_a_timeout(served):
    """An SDK that waits less than the service takes gives up, and has paid."""
    mock = served("apiyi", moving=True)
    mock.fault(fault="slow", delay=30)
    with (
        openai.OpenAI(base_url=f"{mock.url}/apiyi/v1", api_key="sk-test", max_retries=0, timeout=1.0) as client,
        pytest.raises(openai.APITimeoutError),
    ):
        client.images.generate(model=SYNC["model"], prompt="A kite", size="1280x720")

    assert [("capture", 1)] == intents(mock)


@pytest.mark.parametrize(("field", "word"), [({}, "archived"), ({"status": "on-hold"}, "on-hold")])
def test_unknown_status(served, field, word):
    """The task shows a word that the contract does not know, for ever."""
    mock = served("apimart")
    mock.fault(fault="unknown-status", **field)
    task = submitted(mock)
    mock.advance(1e6)

    assert word == looked_at(mock, task)["status"]


TESTED = {
    *STATUSES,
    *GATEWAYS,
    "response",
    *(
        "unknown-task",
        "task-over",
        "latency",
        "reset-before",
        "reset-after",
        "accept-then-drop",
        "hang",
        "stream-cut",
        "empty",
    ),
    *("malformed-json", "two-json-objects", "html", "wrong-content-type", "truncated-image", "slow-drip"),
    *("webhook-lost", "webhook-late", "webhook-twice", "webhook-again", "webhook-forged"),  # in test_webhooks.py
    *("file-error", "authorization-refused", "no-cors"),  # these and the next in test_wire_faults.py
    *("redirect", "compressed", "chunked", "sse-comments", "sse-crlf"),
    *("failed", "partial", "stuck", "slow", "takes", "unknown-status"),
}


def test_every_fault_is_tested():
    """The list of faults and this file agree."""
    assert set(NAMES) == TESTED
