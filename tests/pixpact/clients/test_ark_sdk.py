"""The Ark SDK, which writes every unset option as null, against a live mock: what works, and what goes wrong."""

from __future__ import annotations

import base64
import json
import warnings
from urllib.request import urlopen

import httpx
import pytest

from pixpact.wire.images import read_image_facts

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its generated code warns while it is imported
    import volcenginesdkarkruntime as runtime
    from volcenginesdkarkruntime import Ark
    from volcenginesdkarkruntime.types.images import SequentialImageGenerationOptions

PROMPT = "A red kite"
MODELS = {"apiyi": "seedream-5-0-260128", "fasttoken": "doubao-seedream-5-0-260128"}
CONTRACTS = ["apiyi", "fasttoken"]
STREAMING = ["apiyi", "fasttoken@upstream"]


MADE = []


def ark(live, name, retries=0):
    """A client, closed when the test ends."""
    MADE.append(Ark(base_url=live.url(name) + "/v1", api_key="sk-test", max_retries=retries))
    return MADE[-1]


@pytest.fixture(autouse=True)
def closing():
    yield
    while MADE:
        MADE.pop().close()


def model_of(name):
    return MODELS[name.partition("@")[0]]


@pytest.mark.parametrize("name", CONTRACTS)
def test_images_by_url(live, name):
    """The URL gives a real image of the size that the response states."""
    response = ark(live, name).images.generate(model=model_of(name), prompt=PROMPT, size="2K", response_format="url")
    with urlopen(response.data[0].url) as download:
        found = read_image_facts(download.read())

    assert f"{found.width}x{found.height}" == response.data[0].size
    assert response.usage.generated_images == 1


@pytest.mark.parametrize("name", CONTRACTS)
def test_images_as_base64(live, name):
    """`b64_json` decodes to an image."""
    response = ark(live, name).images.generate(model=model_of(name), prompt=PROMPT, response_format="b64_json")

    assert read_image_facts(base64.b64decode(response.data[0].b64_json)).complete


@pytest.mark.parametrize("name", STREAMING)
def test_images_streamed(live, name):
    """One event per image, then the end; the SDK stops at [DONE]."""
    stream = ark(live, name).images.generate(
        model=model_of(name),
        prompt=PROMPT,
        stream=True,
        sequential_image_generation="auto",
        sequential_image_generation_options=SequentialImageGenerationOptions(max_images=2),
    )
    events = [event for event in stream if event is not None]

    assert [it.type for it in events] == ["image_generation.partial_succeeded"] * 2 + ["image_generation.completed"]
    assert [event.image_index for event in events[:2]] == [0, 1]


# ---------------------------------------------------------------------- Ark itself, with the defaults of its clients

DEFAULTS = {
    "doubao-seedream-5-0-pro-260628": (2048, 2048),
    "doubao-seedream-5-0-260128": (2048, 2048),
    "doubao-seedream-4-5-251128": (2048, 2048),
    "seedream-4-0-250828": (2048, 2048),
    "doubao-seedream-3-0-t2i-250415": (1024, 1024),
}


@pytest.fixture
def own(live):
    """A client of Ark, its base URL as the SDK's documentation has it but for the host."""
    MADE.append(Ark(base_url=live.url("ark") + "/api/v3", api_key="sk-test", max_retries=0))
    return MADE[-1]


@pytest.mark.parametrize("model", DEFAULTS)
def test_ark_with_nothing_but_a_model(own, model):
    """The default size of the model, and the usage by Ark's rule."""
    response = own.images.generate(model=model, prompt=PROMPT)
    with urlopen(response.data[0].url) as download:
        found = read_image_facts(download.read())

    assert DEFAULTS[model] == (found.width, found.height)
    assert found.width * found.height // 256 == response.usage.output_tokens
    assert model == response.model


def test_ark_streams_a_series(own):
    """An event for each image, then the usage."""
    options = SequentialImageGenerationOptions(max_images=3)
    stream = own.images.generate(
        model="doubao-seedream-4-5-251128",
        prompt=PROMPT,
        stream=True,
        sequential_image_generation="auto",
        sequential_image_generation_options=options,
    )
    events = [event for event in stream if event is not None]

    assert [it.type for it in events] == ["image_generation.partial_succeeded"] * 3 + ["image_generation.completed"]
    assert 3 == events[-1].usage["generated_images"]


def test_ark_takes_a_seed_and_refuses_guidance(own):
    """As measured: the one is without effect, the other is refused by name."""
    assert own.images.generate(model="doubao-seedream-4-5-251128", prompt=PROMPT, seed=42).data[0].url
    with pytest.raises(runtime._exceptions.ArkBadRequestError, match="the parameter `guidance_scale` is not supported"):
        own.images.generate(model="doubao-seedream-4-5-251128", prompt=PROMPT, guidance_scale=2.5)


def test_ark_does_not_know_the_model(own):
    """The SDK's error for a 404 has Ark's code."""
    with pytest.raises(runtime._exceptions.ArkNotFoundError) as caught:
        own.images.generate(model="doubao-seedream-9-0", prompt=PROMPT)

    assert "InvalidEndpointOrModel.NotFound" == caught.value.code


def test_nulls_reach_the_wire(live):
    """The SDK really sends them: what is accepted here is what it sends."""
    before = len(live.requests)
    ark(live, "apiyi").images.generate(model=model_of("apiyi"), prompt=PROMPT)
    sent = live.requests[before].request_body

    assert b"null" in sent


@pytest.mark.parametrize("name", CONTRACTS)
def test_image_to_image(live, name):
    """An image made from words is the reference of the next one."""
    client = ark(live, name)
    first = client.images.generate(model=model_of(name), prompt=PROMPT, response_format="b64_json").data[0].b64_json
    response = client.images.generate(
        model=model_of(name), prompt="Make it blue", image=["data:image/jpeg;base64," + first], size="3K"
    )
    with urlopen(response.data[0].url) as download:
        found = read_image_facts(download.read())
    (reference,) = json.loads(live.requests[-2].request_body)["image"]

    assert "3072x3072" == f"{found.width}x{found.height}" == response.data[0].size
    assert f"data:image/jpeg;base64,[{len(base64.b64decode(first))} bytes, sha256" == reference.rpartition(" ")[0]


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_reference_that_breaks_a_rule(live, name):
    """The vendor's refusal is the SDK's own error."""
    with pytest.raises(runtime._exceptions.ArkBadRequestError, match="image"):
        ark(live, name).images.generate(model=model_of(name), prompt=PROMPT, image="ftp://example.com/kite.png")


# ---------------------------------------------------------------------- what goes wrong


def generate(mock, name="apiyi", retries=runtime._constants.DEFAULT_MAX_RETRIES, **fields):
    """One call, with the retries that the SDK does unless told otherwise."""
    return ark(mock, name, retries).images.generate(model=model_of(name), prompt=PROMPT, **fields)


def statuses(mock):
    return [it.status for it in mock.requests.where(operation="createImage")]


def paid(mock):
    """How many images were paid for, by charge."""
    return [charge.images for charge in mock.charges if charge.intent == "capture"]


TEXT = "InputTextSensitiveContentDetected"
QUOTA = "insufficient_user_quota"
REFUSALS = [
    ("apiyi", "unauthenticated", "ArkAuthenticationError", 401, None, "无效的令牌"),
    ("apiyi", "moderated", "ArkPermissionDeniedError", 403, TEXT, "The input text may contain sensitive information."),
    ("apiyi", "insufficient-balance", "ArkRateLimitError", 429, QUOTA, "is not enough"),
    ("apiyi", "server-error", "ArkInternalServerError", 500, "internal_error", "Internal error"),
    ("fasttoken@upstream", "unauthenticated", "ArkAuthenticationError", 401, "", "Invalid token"),
    ("fasttoken@upstream", "invalid-request", "ArkBadRequestError", 400, "InvalidParameter", "seed must be at least"),
    ("fasttoken@upstream", "moderated", "ArkBadRequestError", 400, TEXT, "the input text may contain sensitive"),
    ("fasttoken@upstream", "insufficient-balance", "ArkPermissionDeniedError", 403, QUOTA, "quota is not enough"),
]


@pytest.mark.pixpact(*STREAMING)
@pytest.mark.parametrize(("name", "cause", "error", "status", "code", "words"), REFUSALS)
def test_a_refusal_is_the_sdks_own_error(pixpact_mock, name, cause, error, status, code, words):
    """The class is that of the status; the vendor's message and code are in it; nothing is charged."""
    pixpact_mock.fail_next(cause)
    with pytest.raises(runtime._exceptions.ArkAPIStatusError) as caught:
        generate(pixpact_mock, name, retries=0)
    raised = caught.value

    assert (error, status, code) == (type(raised).__name__, raised.status_code, raised.code)
    assert words in str(raised)
    assert [] == pixpact_mock.charges


@pytest.mark.pixpact(*STREAMING)
@pytest.mark.parametrize("name", STREAMING)
@pytest.mark.parametrize(("cause", "status"), [("rate-limited", 429), ("server-error", 500), ("unavailable", 503)])
def test_a_passing_refusal_is_tried_again(pixpact_mock, naps, name, cause, status):
    """By itself, within a second; `Retry-After` makes no difference to this SDK."""
    pixpact_mock.fail_next(cause, retry_after=30)
    response = generate(pixpact_mock, name)

    assert response.data[0].url
    assert [status, 200] == statuses(pixpact_mock)
    assert [1] == paid(pixpact_mock)
    assert [True] == [0 < seconds <= 1 for seconds in naps]


@pytest.mark.pixpact("apiyi")
def test_a_limit_that_lasts(pixpact_mock, naps):
    """Three tries, then the error of the last one."""
    pixpact_mock.add_fault("rate-limited")
    with pytest.raises(runtime._exceptions.ArkRateLimitError):
        generate(pixpact_mock)

    assert [429, 429, 429] == statuses(pixpact_mock)


@pytest.mark.pixpact(*STREAMING)
@pytest.mark.parametrize("name", STREAMING)
@pytest.mark.parametrize("fault", ["accept-then-drop", "reset-after", "stream-cut"])
def test_a_lost_response_is_bought_twice(pixpact_mock, naps, name, fault):
    """The SDK sends the request again: one call, two charges."""
    pixpact_mock.fail_next(fault)
    response = generate(pixpact_mock, name)

    assert 1 == len(response.data)
    assert [1, 1] == paid(pixpact_mock)


@pytest.mark.pixpact("apiyi")
def test_without_retries_a_lost_response_is_an_error(pixpact_mock):
    """`max_retries=0`: bought once, and the program knows that it does not know."""
    pixpact_mock.fail_next("accept-then-drop")
    with pytest.raises(runtime._exceptions.ArkAPIConnectionError):
        generate(pixpact_mock, retries=0)

    assert [1] == paid(pixpact_mock)


@pytest.mark.pixpact(*STREAMING)
@pytest.mark.parametrize("name", STREAMING)
def test_a_stream_that_is_cut(pixpact_mock, naps, name):
    """One image arrives, no retry, and both are paid for; the transport's own exception comes through."""
    pixpact_mock.fail_next("stream-cut")
    options = SequentialImageGenerationOptions(max_images=2)
    stream = generate(
        pixpact_mock,
        name,
        stream=True,
        sequential_image_generation="auto",
        sequential_image_generation_options=options,
    )
    events = []
    with pytest.raises(httpx.RemoteProtocolError):
        events.extend(event.type for event in stream if event is not None)

    assert ["image_generation.partial_succeeded"] == events
    assert [2] == paid(pixpact_mock)


@pytest.mark.pixpact("apiyi")
def test_a_batch_that_lacks_an_image(pixpact_mock):
    """A withheld image has an error in its place, and no URL."""
    pixpact_mock.fail_next("partial")
    options = SequentialImageGenerationOptions(max_images=2)
    response = generate(pixpact_mock, sequential_image_generation="auto", sequential_image_generation_options=options)

    assert [True, False] == [bool(it.url) for it in response.data]
    assert "OutputImageSensitiveContentDetected" == response.data[1].error["code"]
    assert [1] == paid(pixpact_mock)


@pytest.mark.pixpact("apiyi")
@pytest.mark.parametrize("fault", ["empty", "malformed-json", "two-json-objects"])
def test_json_that_is_none_is_not_the_sdks_error(pixpact_mock, fault):
    """`except ArkError` does not catch it; it is not tried again, and it is paid for."""
    pixpact_mock.fail_next(fault)
    with pytest.raises(json.JSONDecodeError):
        generate(pixpact_mock)

    assert [1] == paid(pixpact_mock)


@pytest.mark.pixpact("apiyi")
def test_html_with_200_is_given_as_text(pixpact_mock):
    """No error at all: what comes back is a string."""
    pixpact_mock.fail_next("html")

    assert generate(pixpact_mock).startswith("<!DOCTYPE html>")


# ---------------------------------------------------------------------- answers that rely on nothing


@pytest.mark.pixpact(*CONTRACTS, responses="extreme")
@pytest.mark.parametrize("name", CONTRACTS)
def test_a_response_that_relies_on_nothing(pixpact_mock, name):
    """Images arrive whole through answers as unusual as can be; a refusal of ten thousand characters too."""
    response = generate(pixpact_mock, name, response_format="b64_json", size="2K")
    with pytest.raises(runtime._exceptions.ArkBadRequestError) as caught:
        generate(pixpact_mock, name, retries=0, seed="x")

    assert read_image_facts(base64.b64decode(response.data[0].b64_json)).complete
    assert len(str(caught.value)) > 10_000
    assert " seed " in str(caught.value)


@pytest.mark.pixpact(*STREAMING, responses="extreme")
@pytest.mark.parametrize("name", STREAMING)
def test_a_stream_that_relies_on_nothing(pixpact_mock, name):
    """Each event is read by its type, whatever else it holds."""
    events = [event for event in generate(pixpact_mock, name, stream=True) if event is not None]

    assert ["image_generation.partial_succeeded", "image_generation.completed"] == [it.type for it in events]
    assert events[0].url.startswith("http")


@pytest.mark.pixpact("apiyi")
def test_an_empty_purse_is_retried_in_vain(pixpact_mock, naps):
    """A vendor says 429 for it, which the SDK takes for haste: three requests, and only `code` tells the truth."""
    pixpact_mock.add_fault("insufficient-balance")
    with pytest.raises(runtime._exceptions.ArkRateLimitError) as caught:
        generate(pixpact_mock)

    assert [429, 429, 429] == statuses(pixpact_mock)
    assert QUOTA == caught.value.code


@pytest.mark.sweep
@pytest.mark.pixpact("apiyi")
def test_a_timeout_is_bought_as_often_as_it_is_tried(pixpact_mock, naps):
    """Three tries that were each given up too early: three images paid for, and none in hand."""
    pixpact_mock.add_fault("hang")
    with pytest.raises(runtime._exceptions.ArkAPITimeoutError):
        generate(pixpact_mock, timeout=1.0)

    assert [1, 1, 1] == paid(pixpact_mock)


@pytest.mark.pixpact("apiyi")
def test_a_withheld_image_ends_the_sdks_stream(pixpact_mock):
    """The vendor goes on after it; the SDK takes its `error` for the end and raises, with the vendor's code."""
    pixpact_mock.fail_next("partial", images=2)
    options = SequentialImageGenerationOptions(max_images=3)
    stream = generate(
        pixpact_mock, stream=True, sequential_image_generation="auto", sequential_image_generation_options=options
    )
    events = []
    with pytest.raises(runtime._exceptions.ArkAPIError) as caught:
        events.extend(event.type for event in stream if event is not None)

    assert ["image_generation.partial_succeeded"] * 2 == events
    assert "OutputImageSensitiveContentDetected" == caught.value.code
    assert [2] == paid(pixpact_mock)


@pytest.mark.pixpact("apiyi")
def test_a_wrong_content_type_is_looked_through(pixpact_mock):
    """JSON that is called plain text is read all the same."""
    pixpact_mock.fail_next("wrong-content-type")

    assert generate(pixpact_mock).data[0].url
