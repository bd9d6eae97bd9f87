"""The `openai` SDK, unmodified, against a live mock."""

from __future__ import annotations

import base64
from urllib.request import urlopen

import openai
import pytest

from pixpact.wire.images import facts

PROMPT = "A serene Japanese garden"


@pytest.fixture
def client(live):
    with openai.OpenAI(base_url=live.url("apiyi") + "/v1", api_key="sk-test", max_retries=0) as made:
        yield made


def test_images_by_url(client):
    """The seed page's own sample, with only the host changed; the URL gives a real image."""
    answer = client.images.generate(
        model="seedream-5-0-260128",
        prompt=PROMPT,
        size="2K",
        response_format="url",
        extra_body={"output_format": "png", "watermark": False},
    )
    with urlopen(answer.data[0].url) as download:
        found = facts(download.read())

    assert (found.format, found.width, found.height) == ("png", 2048, 2048)


def test_images_as_base64(client):
    """`b64_json` decodes to an image."""
    answer = client.images.generate(
        model="seedream-4-0-250828", prompt=PROMPT, size="1280x720", response_format="b64_json"
    )
    found = facts(base64.b64decode(answer.data[0].b64_json))

    assert (found.width, found.height) == (1280, 720)


def test_images_streamed(client):
    """Events arrive one by one, the last with the usage."""
    stream = client.images.generate(
        model="seedream-5-0-260128",
        prompt=PROMPT,
        size="1280x720",
        stream=True,
        extra_body={
            "sequential_image_generation": "auto",
            "sequential_image_generation_options": {"max_images": 3},
        },
    )
    events = list(stream)

    assert [it.type for it in events] == ["image_generation.partial_succeeded"] * 3 + ["image_generation.completed"]
    assert events[-1].usage.generated_images == 3


def test_models_are_listed(client):
    """`GET /v1/models` as the SDK reads it."""
    assert "seedream-5-0-260128" in [model.id for model in client.models.list()]


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"size": "100x100"}, openai.BadRequestError),
        ({"model": "nope"}, openai.BadRequestError),
    ],
)
def test_refusals_are_the_sdks_own_errors(client, members, error):
    """A broken rule raises the class that the real service's status would."""
    with pytest.raises(error) as caught:
        client.images.generate(**({"model": "seedream-5-0-260128", "prompt": PROMPT} | members))

    assert next(iter(members)) in str(caught.value)


@pytest.mark.parametrize(
    ("key", "error"),
    [("sk-unauthenticated", openai.AuthenticationError), ("sk-rate-limited", openai.RateLimitError)],
)
def test_a_key_named_after_a_cause_raises_its_error(live, key, error):
    """Refusals can be had without any header."""
    with (
        openai.OpenAI(base_url=live.url("apiyi") + "/v1", api_key=key, max_retries=0) as client,
        pytest.raises(error),
    ):
        client.images.generate(model="seedream-5-0-260128", prompt=PROMPT)
