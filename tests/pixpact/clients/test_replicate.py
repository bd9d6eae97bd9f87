"""Replicate's own client, with the mock in place of its server: wait, poll, refer, fail, cancel, expire, webhooks."""

from __future__ import annotations

import pytest
import replicate
from replicate.exceptions import ModelError, ReplicateError

from pixpact.wire.images import read_image_facts

SCHNELL, KONTEXT = "black-forest-labs/flux-schnell", "black-forest-labs/flux-kontext-pro"
VERSION = "9dcd6d78e7c6560c340d916fe32e9f24aabfa331e5cce95fe31f77fb03121426"
PROMPT = {"prompt": "A red kite over the dunes"}
pytestmark = pytest.mark.pixpact("replicate", pace="manual")


@pytest.fixture
def client(pixpact_mock):
    """The client, as it is; only what carries its requests leads to the mock."""
    made = replicate.Client(api_token="r8_of_a_test", transport=pixpact_mock.transport())
    made.poll_interval = 0.0
    yield made
    made._client.close()


def begun(client, model=SCHNELL, **fields):
    return client.models.predictions.create(model=model, input={**PROMPT, **fields})


def test_run_waits_for_the_images(client):
    """`Prefer: wait` is what `run` sends; the files have the size of the ratio and the format that was asked for."""
    urls = client.run(SCHNELL, input={**PROMPT, "aspect_ratio": "16:9", "num_outputs": 2, "output_format": "png"})
    files = [read_image_facts(client._client.get(url).content) for url in urls]

    assert [("png", 1344, 768)] * 2 == [(it.format, it.width, it.height) for it in files]


def test_run_takes_a_model_with_its_version(client):
    """`run` begins a prediction of the version, then gets the version, whose schema says that the output is a list."""
    urls = client.run(f"{SCHNELL}:{VERSION}", input={**PROMPT, "num_outputs": 2, "output_format": "png"})

    assert ["png", "png"] == [read_image_facts(client._client.get(url).content).format for url in urls]


@pytest.mark.parametrize("version", [VERSION, SCHNELL])
def test_a_prediction_by_version(pixpact_mock, client, version):
    prediction = client.predictions.create(version=version, input=PROMPT, webhook_events_filter=["completed"])
    pixpact_mock.clock.advance(60)
    prediction.reload()

    assert "succeeded" == prediction.status


def test_a_version_that_is_none_is_refused(client):
    with pytest.raises(ReplicateError, match="version"):
        client.predictions.create(version="flux", input=PROMPT)


def test_a_prediction_is_followed(pixpact_mock, client):
    """From its start to its end; its own URLs lead to it."""
    prediction = begun(client)
    states = [prediction.status]
    for seconds in (3, 60):
        pixpact_mock.clock.advance(seconds)
        prediction.reload()
        states.append(prediction.status)

    assert ["starting", "processing", "succeeded"] == states
    assert prediction.started_at < prediction.completed_at
    assert "flux-schnell" in prediction.model
    assert prediction.id == client._client.get(prediction.urls["get"]).json()["id"]


def test_a_reference(client):
    """A URL; this model's output is one file."""
    url = client.run(KONTEXT, input={**PROMPT, "input_image": "https://example.com/kite.png"})

    assert "png" == read_image_facts(client._client.get(url).content).format


def test_a_failure(pixpact_mock, client):
    pixpact_mock.fail_next("failed")
    with pytest.raises(ModelError) as caught:
        client.run(SCHNELL, input=PROMPT)

    assert ("failed", "Prediction failed.") == (caught.value.prediction.status, caught.value.prediction.error)


def test_a_cancelled_prediction_stays_cancelled(pixpact_mock, client):
    """One that is over stays what it is."""
    prediction, done = begun(client), client.models.predictions.create(model=SCHNELL, input=PROMPT, wait=True)
    prediction.cancel()
    pixpact_mock.clock.advance(60)
    later = client.predictions.get(prediction.id)

    assert ["canceled", "canceled", None] == [prediction.status, later.status, later.output]
    assert "succeeded" == client.predictions.cancel(done.id).status


def test_files_are_gone_after_an_hour(pixpact_mock, client):
    [url] = client.run(SCHNELL, input=PROMPT)
    found = client._client.get(url).status_code
    pixpact_mock.clock.advance("61m")

    assert [200, 410] == [found, client._client.get(url).status_code]


def test_what_is_refused(client):
    """As RFC 9457 has it."""
    with pytest.raises(ReplicateError) as caught:
        begun(client, num_outputs=5)
    with pytest.raises(ReplicateError) as unknown:
        client.predictions.get("nobody")

    assert (422, "Input validation failed") == (caught.value.status, caught.value.title)
    assert "num_outputs must be at most 4; got 5" in caught.value.detail
    assert 404 == unknown.value.status
