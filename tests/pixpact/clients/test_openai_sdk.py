"""The `openai` SDK, unmodified, against a live mock: what works. What goes wrong is in `test_openai_faults.py`."""

from __future__ import annotations

import base64
import json
from urllib.request import urlopen

import openai
import pytest

from pixpact.wire.images import read_image_facts

PROMPT = "A serene Japanese garden"
MODELS = {
    "apiyi": "seedream-5-0-260128",
    "fasttoken": "doubao-seedream-5-0-260128",
    "apimart": "doubao-seedream-5-0-lite",
    "toapis": "doubao-seedream-5-0",
}


def client_of(live, vendor):
    return openai.OpenAI(base_url=live.url(vendor) + "/v1", api_key="sk-test", max_retries=0)


@pytest.fixture
def client(live):
    with client_of(live, "apiyi") as made:
        yield made


def sent(live):
    """The body of the last submission."""
    return json.loads(live.requests.where(operation="createImage")[-1].request_body)


def test_images_by_url(client):
    """The seed page's own sample, with only the host changed; the URL gives a real image."""
    response = client.images.generate(
        model="seedream-5-0-260128",
        prompt=PROMPT,
        size="2K",
        response_format="url",
        extra_body={"output_format": "png", "watermark": False},
    )
    with urlopen(response.data[0].url) as download:
        found = read_image_facts(download.read())

    assert (found.format, found.width, found.height) == ("png", 2048, 2048)


def test_images_as_base64(client):
    """`b64_json` decodes to an image."""
    response = client.images.generate(
        model="seedream-4-0-250828", prompt=PROMPT, size="1280x720", response_format="b64_json"
    )
    found = read_image_facts(base64.b64decode(response.data[0].b64_json))

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

    assert [event.type for event in events] == ["image_generation.partial_succeeded"] * 3 + [
        "image_generation.completed"
    ]
    assert events[-1].usage.generated_images == 3


def bytes_of(response):
    return len(base64.b64decode(response.data[0].b64_json))


@pytest.mark.parametrize("vendor", ["apiyi", "fasttoken"])
def test_image_to_image(live, vendor):
    """An image made from words is the reference of the next one, as a data URI in the vendor's own field."""
    with client_of(live, vendor) as client:
        first = client.images.generate(model=MODELS[vendor], prompt=PROMPT, size="2K", response_format="b64_json")
        reference = "data:image/jpeg;base64," + first.data[0].b64_json
        response = client.images.generate(
            model=MODELS[vendor], prompt="The same in winter", size="3K", extra_body={"image": [reference]}
        )
    with urlopen(response.data[0].url) as download:
        found = read_image_facts(download.read())

    assert (3072, 3072) == (found.width, found.height)
    assert [f"data:image/jpeg;base64,[{bytes_of(first)} bytes, sha256"] == [
        it.rpartition(" ")[0] for it in sent(live)["image"]
    ]


def test_a_reference_that_breaks_a_rule(client):
    """The mock looks into the image: what Ark would refuse is refused, and the SDK says why."""
    with pytest.raises(openai.BadRequestError, match="image"):
        client.images.generate(
            model=MODELS["apiyi"], prompt=PROMPT, extra_body={"image": ["ftp://example.com/picture.png"]}
        )


def test_a_task_is_submitted_and_polled(live):
    """An asynchronous vendor through the same SDK: what it does not know of a response is kept, and `get` polls."""
    with client_of(live, "toapis") as client:
        task = client.images.generate(model=MODELS["toapis"], prompt=PROMPT, extra_body={"size": "16:9"})
        done = client.get(f"/images/generations/{task.id}", cast_to=object)
    with urlopen(done["result"]["data"][0]["url"]) as download:
        found = read_image_facts(download.read())

    assert ("queued", "completed") == (task.status, done["status"])
    assert (2848, 1600) == (found.width, found.height)


def polled(client, submission):
    return client.get(f"/tasks/{submission.data[0].task_id}", cast_to=object)["data"]


def test_a_task_with_an_uploaded_reference(live):
    """Upload, submit with the URL, poll: all with the SDK's own calls."""
    multipart = {"headers": {"Content-Type": "multipart/form-data"}}
    with client_of(live, "apimart") as client:
        first = client.images.generate(model=MODELS["apimart"], prompt=PROMPT)
        with urlopen(polled(client, first)["result"]["images"][0]["url"][0]) as download:
            image = download.read()
        files = [("file", ("garden.jpg", image))]
        upload = client.post("/uploads/images", cast_to=object, files=files, options=multipart)
        body = {"image_urls": [upload["url"]], "size": "1:1"}
        second = client.images.generate(model=MODELS["apimart"], prompt="The same in winter", extra_body=body)
        done = polled(client, second)

    assert "completed" == done["status"]
    assert len(image) == upload["bytes"]
    assert [upload["url"]] == sent(live)["image_urls"]


def test_models_are_listed(client):
    """`GET /v1/models` as the SDK reads it."""
    assert "seedream-5-0-260128" in [model.id for model in client.models.list()]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"size": "100x100"}, openai.BadRequestError),
        ({"model": "nope"}, openai.BadRequestError),
    ],
)
def test_refusals_are_the_sdks_own_errors(client, fields, error):
    """A broken rule raises the class that the real service's status would."""
    with pytest.raises(error) as caught:
        client.images.generate(**({"model": "seedream-5-0-260128", "prompt": PROMPT} | fields))

    assert next(iter(fields)) in str(caught.value)


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


TASKS = [
    ("apimart", "gpt-image-2", {"size": "1024x1024"}, (1024, 1024)),
    ("apimart", "gpt-image-2", {"size": "16:9", "extra_body": {"resolution": "2k"}}, (2048, 1152)),
    ("apimart", "gpt-image-2-official", {"quality": "high"}, (1024, 1024)),
    ("apimart", "gemini-3-pro-image-preview", {"size": "16:9", "extra_body": {"resolution": "2K"}}, (2731, 1536)),
    ("apimart", "gemini-3.1-flash-image-preview", {"size": "1:4"}, (512, 2048)),
    ("apimart", "doubao-seedream-4-5", {"size": "16:9"}, (2560, 1440)),
    ("apimart", "doubao-seedream-4-0", {"extra_body": {"resolution": "1K"}}, (1024, 1024)),
    ("apimart", "doubao-seedream-5-0-pro", {"extra_body": {"resolution": "1K"}}, (1024, 1024)),
    ("apimart", "z-image-turbo", {}, (1024, 1024)),
    ("toapis", "gpt-image-2", {"extra_body": {"resolution": "4K", "size": "9:21"}}, (1648, 3840)),
    ("toapis", "gpt-image-2-vip", {"size": "1:1"}, (1024, 1024)),
    ("toapis", "doubao-seedream-5-0", {"size": "9:21"}, (1341, 3128)),
]


@pytest.mark.parametrize(("vendor", "model", "options", "size"), TASKS)
def test_the_models_that_people_call(live, vendor, model, options, size):
    """Submitted through the SDK as its users do, polled to the end, and an image of the right size behind the URL."""
    with client_of(live, vendor) as client:
        task = client.images.generate(model=model, prompt=PROMPT, **options)
        if vendor == "apimart":
            shown = client.get(f"/tasks/{task.data[0].task_id}", cast_to=object)["data"]
            url = shown["result"]["images"][0]["url"][0]
        else:
            url = client.get(f"/images/generations/{task.id}", cast_to=object)["result"]["data"][0]["url"]
    with urlopen(url) as download:
        found = read_image_facts(download.read())

    assert size == (found.width, found.height)


@pytest.mark.parametrize("vendor", ["apimart", "apiyi", "toapis"])
def test_the_models_are_listed(live, vendor):
    """What credential checks of clients call, and every listed model is taken: in a body, or in a path of its own."""
    with client_of(live, vendor) as client:
        listed = {model.id for model in client.models.list()}

    assert MODELS[vendor] in listed
    assert set() == listed - models_taken(vendor)


def models_taken(vendor):
    from pixpact.specs.catalogue import SpecCatalogue
    from pixpact.specs.models import models_of

    contract = SpecCatalogue().source(vendor).contract()
    in_paths = {operation.path.rpartition("/")[2].partition(":")[0] for operation in contract.operations}
    return {model.value for model in models_of(contract)} | in_paths
