"""`litellm`, unmodified, against a live mock: the provider `openai/` with `api_base`, which is how it meets a relay."""

from __future__ import annotations

import base64
import json
import os
import socket
from urllib.request import urlopen

import openai
import pytest

from pixpact.wire.images import read_image_facts

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # it would fetch a list of prices while it is imported
import litellm

MODELS = {"apiyi": "openai/seedream-5-0-260128", "fasttoken@upstream": "openai/doubao-seedream-5-0-260128"}
pytestmark = pytest.mark.pixpact(*MODELS, "apimart", "ark", "toapis")


@pytest.fixture(autouse=True)
def only_this_machine(monkeypatch):
    """No name but loopback's is looked up while these tests run: the library tells nobody."""
    look_up = socket.getaddrinfo

    def guarded(host, *rest, **options):
        assert host in ("127.0.0.1", "localhost", None), f"litellm looks for {host}"
        return look_up(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", guarded)
    monkeypatch.setattr(litellm, "suppress_debug_info", True)
    yield
    kept = litellm.in_memory_llm_clients_cache  # a client for each address and key
    for name, client in list(kept.cache_dict.items()):
        if isinstance(client, openai.OpenAI):
            client.close()
            kept.delete_cache(name)


def generate(mock, vendor="apiyi", **fields):
    """One call of `image_generation`, with the retries that the library does unless told otherwise."""
    address = {"api_base": mock.url(vendor) + "/v1", "api_key": "sk-test"}
    return litellm.image_generation(
        **({"model": MODELS.get(vendor), "prompt": "A kite", "size": "2K"} | address | fields)
    )


def statuses(mock):
    return [it.status for it in mock.requests.where(operation="createImage")]


def paid(mock):
    """How many images were paid for, by charge."""
    return [charge.images for charge in mock.charges if charge.intent == "capture"]


def test_the_provider_of_ark(pixpact_mock):
    """`volcengine/`, which the library knows by name, with the address of the mock."""
    base = pixpact_mock.url("ark") + "/api/v3"
    made = generate(pixpact_mock, model="volcengine/doubao-seedream-5-0-pro-260628", api_base=base)
    with urlopen(made.data[0].url) as download:
        assert read_image_facts(download.read()).complete
    assert [1] == paid(pixpact_mock)


@pytest.mark.parametrize("vendor", MODELS)
def test_text_to_image(pixpact_mock, vendor):
    """The URL gives a real image, of the size that was asked for."""
    with urlopen(generate(pixpact_mock, vendor, size="3K").data[0].url) as download:
        found = read_image_facts(download.read())

    assert (3072, 3072) == (found.width, found.height)
    assert [1] == paid(pixpact_mock)


@pytest.mark.parametrize("vendor", MODELS)
def test_image_to_image(pixpact_mock, vendor):
    """Fields that the library does not know go into `extra_body`: base64 out, and in again as the reference."""
    first = generate(pixpact_mock, vendor, extra_body={"response_format": "b64_json"}).data[0].b64_json
    second = generate(pixpact_mock, vendor, extra_body={"image": ["data:image/jpeg;base64," + first]})
    (reference,) = json.loads(pixpact_mock.requests[1].request_body)["image"]

    assert second.data[0].url
    assert f"data:image/jpeg;base64,[{len(base64.b64decode(first))} bytes, sha256" == reference.rpartition(" ")[0]


def test_response_format_is_not_passed_on_by_itself(pixpact_mock):
    """For a model that it has not heard of, the library refuses fields that OpenAI's later models lack."""
    with pytest.raises(litellm.UnsupportedParamsError, match="response_format"):
        generate(pixpact_mock, response_format="b64_json")

    assert [] == statuses(pixpact_mock)


@pytest.mark.parametrize(
    ("vendor", "cause", "error", "status", "words"),
    [
        ("apiyi", "unauthenticated", litellm.AuthenticationError, 401, "无效的令牌"),
        ("apiyi", "invalid-request", litellm.BadRequestError, 400, "image size must be at least 921600 pixels"),
        ("apiyi", "moderated", litellm.APIError, 403, "The input text may contain sensitive information."),
        ("fasttoken@upstream", "moderated", litellm.BadRequestError, 400, "the input text may contain sensitive"),
        ("fasttoken@upstream", "insufficient-balance", litellm.APIError, 403, "User quota is not enough"),
    ],
)
def test_a_refusal_is_the_librarys_own_error(pixpact_mock, vendor, cause, error, status, words):
    """The class is the library's for the status; the vendor's message is in it; nothing is charged or tried again."""
    pixpact_mock.fail_next(cause)
    with pytest.raises(error) as caught:
        generate(pixpact_mock, vendor)

    assert (error, status) == (type(caught.value), caught.value.status_code)
    assert words in str(caught.value)
    assert [status] == statuses(pixpact_mock)
    assert [] == pixpact_mock.charges


@pytest.mark.parametrize("vendor", MODELS)
@pytest.mark.parametrize(("cause", "status"), [("rate-limited", 429), ("server-error", 500), ("unavailable", 503)])
def test_a_passing_refusal_is_tried_again(pixpact_mock, naps, vendor, cause, status):
    """By the `openai` SDK underneath; paid once."""
    pixpact_mock.fail_next(cause)
    response = generate(pixpact_mock, vendor)

    assert response.data[0].url
    assert [status, 200] == statuses(pixpact_mock)
    assert [1] == paid(pixpact_mock)
    assert 1 == len(naps)


def test_retry_after_is_obeyed(pixpact_mock, naps):
    """A number of seconds in the vendor's response outranks the library's own."""
    pixpact_mock.fail_next("rate-limited", retry_after=7)
    generate(pixpact_mock)

    assert [7] == naps


def test_a_limit_that_lasts(pixpact_mock, naps):
    """Three tries, then the library's own class for it, with the vendor's message."""
    pixpact_mock.add_fault("rate-limited")
    with pytest.raises(litellm.RateLimitError, match="Too many requests"):
        generate(pixpact_mock)

    assert [429, 429, 429] == statuses(pixpact_mock)


class Once(openai.OpenAI):
    """A client that never tries again, whatever it is reported."""

    max_retries = property(lambda self: 0, lambda self, value: None)


@pytest.mark.parametrize("fields", [{}, {"max_retries": 0}, {"num_retries": 0}, {"client": openai.OpenAI}])
def test_a_lost_response_is_bought_twice(pixpact_mock, naps, fields):
    """Whatever is said of retries: for images the library sets two, even on a client that was made with none."""
    pixpact_mock.fail_next("accept-then-drop")
    if made := fields.get("client"):
        with made(base_url=pixpact_mock.url("apiyi") + "/v1", api_key="sk-test", max_retries=0) as client:
            response = generate(pixpact_mock, client=client)
    else:
        response = generate(pixpact_mock, **fields)

    assert 1 == len(response.data)
    assert [1, 1] == paid(pixpact_mock)


def test_a_client_that_cannot_retry_pays_once(pixpact_mock):
    """The way out: hand over a client whose number of retries cannot be set."""
    pixpact_mock.fail_next("accept-then-drop")
    with (
        Once(base_url=pixpact_mock.url("apiyi") + "/v1", api_key="sk-test") as client,
        pytest.raises(litellm.InternalServerError, match="Connection error"),
    ):
        generate(pixpact_mock, client=client)

    assert [1] == paid(pixpact_mock)


def test_an_empty_purse_is_retried_in_vain(pixpact_mock, naps):
    """A vendor says 429 for it, which the library takes for haste: three requests, and only the words tell."""
    pixpact_mock.add_fault("insufficient-balance", vendor="apiyi")
    with pytest.raises(litellm.RateLimitError, match="is not enough"):
        generate(pixpact_mock)

    assert [429, 429, 429] == statuses(pixpact_mock)


@pytest.mark.sweep
def test_a_timeout_is_bought_as_often_as_it_is_tried(pixpact_mock, naps):
    """Three tries that were each given up too early; the library calls it a 408, which nobody sent."""
    pixpact_mock.add_fault("hang")
    with pytest.raises(litellm.Timeout) as caught:
        generate(pixpact_mock, timeout=1.0)

    assert 408 == caught.value.status_code
    assert [1, 1, 1] == paid(pixpact_mock)


def test_a_body_that_is_cut_is_bought_twice(pixpact_mock, naps):
    """Like a response that never came."""
    pixpact_mock.fail_next("stream-cut")

    assert 1 == len(generate(pixpact_mock).data)
    assert [1, 1] == paid(pixpact_mock)


def test_a_stream_is_bought_and_thrown_away(pixpact_mock):
    """The library does not stream images: it asks the vendor for one, is charged, and cannot read it."""
    with pytest.raises(litellm.InternalServerError, match="model_dump"):
        generate(pixpact_mock, extra_body={"stream": True})

    assert [200] == statuses(pixpact_mock)
    assert [1] == paid(pixpact_mock)


def test_a_wrong_content_type_is_looked_through(pixpact_mock):
    """JSON that is called plain text is read all the same."""
    pixpact_mock.fail_next("wrong-content-type")

    assert generate(pixpact_mock).data[0].url


@pytest.mark.parametrize("fault", ["html", "malformed-json", "two-json-objects", "empty"])
def test_a_response_that_is_none_is_called_a_500(pixpact_mock, fault):
    """The vendor said 200 and was paid; the library says 500, so a retry of one's own would pay again."""
    pixpact_mock.fail_next(fault)
    with pytest.raises(litellm.InternalServerError) as caught:
        generate(pixpact_mock)

    assert 500 == caught.value.status_code
    assert [200] == statuses(pixpact_mock)
    assert [1] == paid(pixpact_mock)


def test_a_batch_that_lacks_an_image(pixpact_mock):
    """An item without URL and without the vendor's reason, which the library drops."""
    pixpact_mock.fail_next("partial")
    response = generate(pixpact_mock, n=2)

    assert [True, False] == [bool(it.url) for it in response.data]
    assert "error" not in response.data[1].model_dump()
    assert [1] == paid(pixpact_mock)


@pytest.mark.parametrize(
    ("vendor", "model"), [("apimart", "openai/doubao-seedream-5-0-lite"), ("toapis", "openai/doubao-seedream-5-0")]
)
def test_tasks_are_out_of_its_reach(pixpact_mock, vendor, model):
    """A task is submitted and charged, and its id is dropped: asynchronous vendors cannot be used so."""
    response = generate(pixpact_mock, vendor, model=model, size="1:1")
    (task,) = pixpact_mock.tasks

    assert task.id not in response.model_dump_json()
    assert ["reserve", "capture"] == [charge.intent for charge in pixpact_mock.charges]
