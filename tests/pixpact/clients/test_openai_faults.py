"""What the `openai` SDK makes of what goes wrong: its own exceptions, its own retries, and what they cost."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import nullcontext
from urllib.request import urlopen

import openai
import pytest

from pixpact.wire.images import read_image_facts

MODELS = {"apiyi": "seedream-5-0-260128", "fasttoken@upstream": "doubao-seedream-5-0-260128"}
SERIES = {"sequential_image_generation": "auto", "sequential_image_generation_options": {"max_images": 3}}


def generate(mock, vendor="apiyi", *, key="sk-test", retries=openai.DEFAULT_MAX_RETRIES, **fields):
    """One call of `images.generate`, with the retries that the SDK does unless told otherwise.

    A stream is read after the call, and needs its client's connection.
    """
    client = openai.OpenAI(base_url=mock.url(vendor) + "/v1", api_key=key, max_retries=retries)
    with nullcontext() if fields.get("stream") else client:
        return client.images.generate(**({"model": MODELS[vendor], "prompt": "A kite", "size": "2K"} | fields))


def statuses(mock):
    return [it.status for it in mock.requests.where(operation="createImage")]


def paid(mock):
    """How many images were paid for, by charge."""
    return [charge.images for charge in mock.charges if charge.intent == "capture"]


# ---------------------------------------------------------------------- documented errors

REFUSALS = [
    ("apiyi", "unauthenticated", openai.AuthenticationError, 401, None, "无效的令牌"),
    ("apiyi", "invalid-request", openai.BadRequestError, 400, None, "image size must be at least 921600 pixels"),
    (
        "apiyi",
        "moderated",
        openai.PermissionDeniedError,
        403,
        "InputTextSensitiveContentDetected",
        "The input text may contain sensitive information.",
    ),
    ("apiyi", "rate-limited", openai.RateLimitError, 429, "rate_limit_exceeded", "Too many requests"),
    ("apiyi", "insufficient-balance", openai.RateLimitError, 429, "insufficient_user_quota", "is not enough"),
    ("apiyi", "server-error", openai.InternalServerError, 500, "internal_error", "Internal error"),
    ("apiyi", "bad-gateway", openai.InternalServerError, 502, "bad_response_status_code", ""),
    (
        "fasttoken@upstream",
        "moderated",
        openai.BadRequestError,
        400,
        "InputTextSensitiveContentDetected",
        "the input text may contain sensitive information",
    ),
    (
        "fasttoken@upstream",
        "insufficient-balance",
        openai.PermissionDeniedError,
        403,
        "insufficient_user_quota",
        "User quota is not enough",
    ),
]


@pytest.mark.pixpact(*MODELS)
@pytest.mark.parametrize(("vendor", "cause", "error", "status", "code", "words"), REFUSALS)
def test_a_refusal_is_the_sdks_own_error(pixpact_mock, vendor, cause, error, status, code, words):
    """The class is that of the status; the vendor's message and code are in it; nothing is charged."""
    pixpact_mock.fail_next(cause)
    with pytest.raises(error) as caught:
        generate(pixpact_mock, vendor, retries=0)

    assert (error, status, code) == (type(caught.value), caught.value.status_code, caught.value.code)
    assert words in str(caught.value)
    assert [] == pixpact_mock.charges


@pytest.mark.pixpact("apiyi")
def test_the_request_id_can_be_logged(pixpact_mock):
    """The vendor asks to log its header: the SDK has it, and it is the one of the journal's exchange."""
    response = generate(pixpact_mock)

    assert response._request_id
    assert response._request_id == pixpact_mock.requests[0].response_header("x-request-id")


# ---------------------------------------------------------------------- retries


@pytest.mark.pixpact(*MODELS)
@pytest.mark.parametrize("vendor", MODELS)
@pytest.mark.parametrize(("cause", "status"), [("rate-limited", 429), ("server-error", 500), ("unavailable", 503)])
def test_a_passing_refusal_is_tried_again(pixpact_mock, naps, vendor, cause, status):
    """By itself, after about half a second; paid once."""
    pixpact_mock.fail_next(cause)
    response = generate(pixpact_mock, vendor)

    assert response.data[0].url
    assert [status, 200] == statuses(pixpact_mock)
    assert [1] == paid(pixpact_mock)
    assert [True] == [0.25 <= seconds <= 0.5 for seconds in naps]


@pytest.mark.pixpact("apiyi")
def test_the_second_retry_waits_longer(pixpact_mock, naps):
    """Twice as long each time; then the SDK gives up with the error of the last try."""
    pixpact_mock.add_fault("rate-limited")
    with pytest.raises(openai.RateLimitError):
        generate(pixpact_mock)

    assert [429, 429, 429] == statuses(pixpact_mock)
    assert 0.25 <= naps[0] <= 0.5 < naps[1] <= 1


@pytest.mark.pixpact("apiyi")
def test_retry_after_is_obeyed(pixpact_mock, naps):
    """A number of seconds in the vendor's response outranks the SDK's own."""
    pixpact_mock.fail_next("rate-limited", retry_after=7)
    generate(pixpact_mock)

    assert [7] == naps


@pytest.mark.pixpact("apiyi", rate_limit="1/min", start_time="2026-01-01")
def test_a_real_limit_is_waited_out(pixpact_mock, naps):
    """The mock says how long its window is closed, the SDK waits so long on the mock's clock, and is let in."""
    generate(pixpact_mock)
    generate(pixpact_mock)

    assert [200, 429, 200] == statuses(pixpact_mock)
    assert [60] == naps


@pytest.mark.pixpact("apiyi")
def test_an_empty_purse_is_retried_in_vain(pixpact_mock, naps):
    """A vendor says 429 for it, which the SDK takes for haste: three requests, and only `code` tells the truth."""
    pixpact_mock.add_fault("insufficient-balance")
    with pytest.raises(openai.RateLimitError) as caught:
        generate(pixpact_mock)

    assert [429, 429, 429] == statuses(pixpact_mock)
    assert "insufficient_user_quota" == caught.value.code


@pytest.mark.pixpact("apiyi")
def test_a_moderated_prompt_is_not_tried_again(pixpact_mock, naps):
    """It would be refused for ever."""
    pixpact_mock.add_fault("moderated")
    with pytest.raises(openai.PermissionDeniedError):
        generate(pixpact_mock)

    assert [403] == statuses(pixpact_mock)
    assert [] == naps


# ---------------------------------------------------------------------- lost responses


@pytest.mark.pixpact(*MODELS)
@pytest.mark.parametrize("vendor", MODELS)
@pytest.mark.parametrize("fault", ["accept-then-drop", "reset-after", "stream-cut"])
def test_a_lost_response_is_bought_twice(pixpact_mock, naps, vendor, fault):
    """The vendor did the work, its response was lost, and the SDK sends the request again: one call, two charges."""
    pixpact_mock.fail_next(fault)
    response = generate(pixpact_mock, vendor)

    assert 1 == len(response.data)
    assert [1, 1] == paid(pixpact_mock)


@pytest.mark.sweep
@pytest.mark.pixpact("apiyi")
def test_a_timeout_is_bought_as_often_as_it_is_tried(pixpact_mock, naps):
    """Three tries that were each given up too early: three images paid for, and none in hand."""
    pixpact_mock.add_fault("hang")
    with pytest.raises(openai.APITimeoutError):
        generate(pixpact_mock, timeout=1.0)

    assert [1, 1, 1] == paid(pixpact_mock)


@pytest.mark.pixpact("apiyi")
@pytest.mark.parametrize("fault", ["accept-then-drop", "reset-after", "stream-cut"])
def test_without_retries_a_lost_response_is_an_error(pixpact_mock, fault):
    """`max_retries=0`: bought once, and the program knows that it does not know."""
    pixpact_mock.fail_next(fault)
    with pytest.raises(openai.APIConnectionError):
        generate(pixpact_mock, retries=0)

    assert [1] == paid(pixpact_mock)


@pytest.mark.pixpact("apiyi")
def test_a_request_that_never_arrived_costs_nothing(pixpact_mock, naps):
    """Reset before it was carried out: here the retry is right."""
    pixpact_mock.fail_next("reset-before")
    generate(pixpact_mock)

    assert [1] == paid(pixpact_mock)


@pytest.mark.pixpact("apimart@2026-09")
def test_an_idempotency_key_of_ones_own_pays_once(pixpact_mock, naps):
    """The SDK sends none by itself; given one, its retry gets the first response again."""
    url = pixpact_mock.url("apimart@2026-09") + "/v1"
    fields = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite"}
    with openai.OpenAI(base_url=url, api_key="sk-test") as client:
        pixpact_mock.fail_next("accept-then-drop")
        client.images.generate(**fields)
        twice = paid(pixpact_mock)
        pixpact_mock.reset()
        pixpact_mock.fail_next("accept-then-drop")
        client.images.generate(**fields, extra_headers={"Idempotency-Key": "order-42"})

    assert [1, 1] == twice
    assert [1] == paid(pixpact_mock)


@pytest.mark.pixpact("apiyi")
def test_the_asynchronous_client_buys_twice_as_well(pixpact_mock, monkeypatch):
    """The same retries, in `AsyncOpenAI`."""
    naps = []

    async def nap(seconds):
        naps.append(seconds)

    async def call():
        url = pixpact_mock.url("apiyi") + "/v1"
        async with openai.AsyncOpenAI(base_url=url, api_key="sk-test") as client:
            monkeypatch.setattr(client, "_sleep_for_retry", lambda **_: nap(0))
            return await client.images.generate(model=MODELS["apiyi"], prompt="A kite")

    pixpact_mock.fail_next("accept-then-drop")
    response = asyncio.run(call())

    assert response.data[0].url
    assert 1 == len(naps)
    assert [1, 1] == paid(pixpact_mock)


# ---------------------------------------------------------------------- streams


@pytest.mark.pixpact(*MODELS)
@pytest.mark.parametrize("vendor", MODELS)
def test_a_stream_that_is_cut(pixpact_mock, naps, vendor):
    """The first image is in hand, then the connection is gone: an error, no retry, and all three are paid for."""
    pixpact_mock.fail_next("stream-cut")
    url = pixpact_mock.url(vendor) + "/v1"
    events = []
    with openai.OpenAI(base_url=url, api_key="sk-test") as client:
        stream = client.images.generate(model=MODELS[vendor], prompt="A kite", stream=True, extra_body=SERIES)
        with pytest.raises(openai.APIConnectionError):
            events.extend(event.type for event in stream)

    assert ["image_generation.partial_succeeded"] == events
    assert [200] == statuses(pixpact_mock)
    assert [3] == paid(pixpact_mock)


@pytest.mark.pixpact("apiyi")
def test_a_withheld_image_ends_the_sdks_stream(pixpact_mock):
    """The vendor goes on after it; the SDK takes its `error` for the end and raises, with the vendor's message."""
    pixpact_mock.fail_next("partial", images=2)
    stream = generate(pixpact_mock, stream=True, extra_body=SERIES)
    events = []
    with pytest.raises(openai.APIError, match=r"The output image may contain sensitive information\."):
        events.extend(event.type for event in stream)

    assert ["image_generation.partial_succeeded"] * 2 == events
    assert [2] == paid(pixpact_mock)


# ---------------------------------------------------------------------- answers that are none


@pytest.mark.pixpact("apiyi")
@pytest.mark.parametrize("fault", ["empty", "malformed-json", "two-json-objects"])
def test_json_that_is_none_is_not_the_sdks_error(pixpact_mock, fault):
    """`except openai.OpenAIError` does not catch it; it is not tried again, and it is paid for."""
    pixpact_mock.fail_next(fault)
    with pytest.raises(json.JSONDecodeError):
        generate(pixpact_mock)

    assert [1] == paid(pixpact_mock)


@pytest.mark.pixpact("apiyi")
def test_html_with_200_is_given_as_text(pixpact_mock):
    """No error at all: what comes back is a string, and `.data` of it fails somewhere else."""
    pixpact_mock.fail_next("html")
    response = generate(pixpact_mock)

    assert isinstance(response, str)
    assert not hasattr(response, "data")


@pytest.mark.pixpact("apiyi")
def test_a_wrong_content_type_is_looked_through(pixpact_mock):
    """JSON that is called plain text is read all the same."""
    pixpact_mock.fail_next("wrong-content-type")

    assert generate(pixpact_mock).data[0].url


@pytest.mark.pixpact("apiyi")
def test_half_an_image_looks_like_a_whole_one(pixpact_mock):
    """Neither the SDK nor the download complains: only decoding tells, in base64 as well as by URL."""
    pixpact_mock.fail_next("truncated-image")
    inline = base64.b64decode(generate(pixpact_mock, response_format="b64_json").data[0].b64_json)
    pixpact_mock.fail_next("truncated-image", stage="download")
    with urlopen(generate(pixpact_mock).data[0].url) as download:
        fetched = download.read()

    assert [False, False] == [read_image_facts(it).complete for it in (inline, fetched)]


@pytest.mark.pixpact("apiyi")
def test_a_batch_that_lacks_an_image(pixpact_mock):
    """`data` has an item without URL: who maps `item.url` over it hands None to the next one."""
    pixpact_mock.fail_next("partial")
    response = generate(pixpact_mock, n=2)

    assert [True, False] == [bool(it.url) for it in response.data]
    assert "OutputImageSensitiveContentDetected" == response.data[1].error["code"]
    assert [1] == paid(pixpact_mock)


@pytest.mark.pixpact("apiyi", responses="extreme")
def test_a_response_that_relies_on_nothing(pixpact_mock):
    """The SDK builds its objects, and its errors, from responses as unusual as the contract allows."""
    assert generate(pixpact_mock).data[0].url
    with pytest.raises(openai.BadRequestError) as caught:
        generate(pixpact_mock, retries=0, n=0)
    assert len(caught.value.message) > 10_000
    assert "n must be at least 1" in caught.value.message


@pytest.mark.pixpact("apimart", responses="extreme", pace="polls:2")
def test_a_task_that_relies_on_nothing(pixpact_mock):
    """Followed by the documented words alone, a link in either of its forms, each task comes to its images."""
    words = set()
    for _ in range(6):
        with openai.OpenAI(base_url=pixpact_mock.url("apimart") + "/v1", api_key="sk-test") as client:
            task = client.images.generate(model="doubao-seedream-5-0-lite", prompt="A kite").data[0].task_id
            polls = [client.get(f"/tasks/{task}", cast_to=object)["data"] for _ in range(9)]
        words |= {poll["status"] for poll in polls}
        url = polls[-1]["result"]["images"][0]["url"]
        assert "completed" == polls[-1]["status"]
        assert str(url if isinstance(url, str) else url[0]).startswith("http")
    assert {"submitted", "pending", "processing", "in_progress", "completed"} >= words > {"completed"}


# ---------------------------------------------------------------------- tasks


@pytest.mark.pixpact("apimart", "toapis")
def test_a_failed_task_is_no_error_of_the_sdk(pixpact_mock):
    """Submission and poll succeed; the failure is in the response, and the money comes back."""
    pixpact_mock.fail_next("failed")
    with openai.OpenAI(base_url=pixpact_mock.url("toapis") + "/v1", api_key="sk-test") as client:
        task = client.images.generate(model="doubao-seedream-5-0", prompt="A kite")
        done = client.get(f"/images/generations/{task.id}", cast_to=object)

    assert ("failed", "generation_failed") == (done["status"], done["error"]["code"])
    assert ["reserve", "refund"] == [charge.intent for charge in pixpact_mock.charges]


@pytest.mark.pixpact("toapis")
def test_a_poll_is_tried_again(pixpact_mock, naps):
    """A poll that is refused once costs nothing but a moment."""
    with openai.OpenAI(base_url=pixpact_mock.url("toapis") + "/v1", api_key="sk-test") as client:
        task = client.images.generate(model="doubao-seedream-5-0", prompt="A kite")
        pixpact_mock.fail_next("server-error", stage="poll")
        done = client.get(f"/images/generations/{task.id}", cast_to=object)

    assert "completed" == done["status"]
    assert [500, 200] == [it.status for it in pixpact_mock.requests.where(operation="getImage")]
    assert [1] == paid(pixpact_mock)
