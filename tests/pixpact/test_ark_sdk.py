"""The Ark SDK, which writes every unset option as null, against a live mock."""

from __future__ import annotations

import base64
import warnings
from urllib.request import urlopen

import pytest

from pixpact.wire.images import facts

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its generated code warns while it is imported
    from volcenginesdkarkruntime import Ark
    from volcenginesdkarkruntime.types.images import SequentialImageGenerationOptions

PROMPT = "A red kite"
MODELS = {"apiyi": "seedream-5-0-260128", "fasttoken": "doubao-seedream-5-0-260128"}
CONTRACTS = ["apiyi", "fasttoken"]
STREAMING = ["apiyi", "fasttoken@upstream"]


def ark(live, name):
    return Ark(base_url=live.url(name) + "/v1", api_key="sk-test", max_retries=0)


def model_of(name):
    return MODELS[name.partition("@")[0]]


@pytest.mark.parametrize("name", CONTRACTS)
def test_images_by_url(live, name):
    """The URL gives a real image of the size that the answer states."""
    answer = ark(live, name).images.generate(model=model_of(name), prompt=PROMPT, size="2K", response_format="url")
    with urlopen(answer.data[0].url) as download:
        found = facts(download.read())

    assert f"{found.width}x{found.height}" == answer.data[0].size
    assert answer.usage.generated_images == 1


@pytest.mark.parametrize("name", CONTRACTS)
def test_images_as_base64(live, name):
    """`b64_json` decodes to an image."""
    answer = ark(live, name).images.generate(model=model_of(name), prompt=PROMPT, response_format="b64_json")

    assert facts(base64.b64decode(answer.data[0].b64_json)).complete


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


def test_nulls_reach_the_wire(live):
    """The SDK really sends them: what is accepted here is what it sends."""
    before = len(live.requests)
    ark(live, "apiyi").images.generate(model=model_of("apiyi"), prompt=PROMPT)
    sent = live.requests[before].request_body

    assert b"null" in sent
