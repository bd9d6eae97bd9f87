"""fal's own client, with the mock below it in place of the network: submit, follow, fetch, fail, cancel."""

from __future__ import annotations

import fal_client
import httpx
import pytest

from pixpact.wire.images import read_image_facts

APP, EDIT = "fal-ai/flux/dev", "fal-ai/flux-pro/kontext"
PROMPT = {"prompt": "A red kite over the dunes"}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
pytestmark = pytest.mark.pixpact("fal", pace="manual")


@pytest.fixture
def fal(pixpact_mock):
    """The client, as it is; only what carries its requests leads to the mock."""
    client = fal_client.SyncClient(key="key-of-a-test")
    headers = {"Authorization": "Key key-of-a-test"}
    with httpx.Client(transport=pixpact_mock.transport(), headers=headers, follow_redirects=True) as http:
        vars(client)["_client"] = http
        yield client


def done(mock, handle):
    """The result, once the mock's clock has been moved beyond it."""
    mock.clock.advance(60)
    return handle.get()


@pytest.mark.parametrize(
    ("size", "pixels"), [("landscape_16_9", (1024, 576)), ({"width": 640, "height": 480}, (640, 480))]
)
def test_text_to_image(pixpact_mock, fal, size, pixels):
    """As many images as were asked for, of the size that is named, or given as a width and a height."""
    handle = fal.submit(APP, {**PROMPT, "image_size": size, "num_images": 2, "output_format": "png"})
    states = [handle.status()]
    pixpact_mock.clock.advance(4)
    states.append(handle.status(with_logs=True))
    result = done(pixpact_mock, handle)
    files = [read_image_facts(fal._client.get(image["url"]).content) for image in result["images"]]

    assert [fal_client.Queued(position=0), "step 4 of 28"] == [states[0], states[1].logs[0]["message"]]
    assert [("png", *pixels)] * 2 == [(it.format, it.width, it.height) for it in files]
    assert [(pixels, "image/png")] * 2 == [((it["width"], it["height"]), it["content_type"]) for it in result["images"]]
    assert isinstance(handle.status(), fal_client.Completed)


def test_a_reference(pixpact_mock, fal):
    """A data URI, as the client encodes images."""
    result = done(pixpact_mock, fal.submit(EDIT, {**PROMPT, "image_url": f"data:image/png;base64,{PIXEL}"}))

    assert 1 == len(result["images"])


def test_a_failure_is_completed_and_its_result_an_error(pixpact_mock, fal):
    """The client tells one when it fetches the result."""
    pixpact_mock.fail_next("failed")
    handle = fal.submit(APP, PROMPT)
    pixpact_mock.clock.advance(60)
    status = handle.status()

    assert "Internal Server Error" == status.error
    with pytest.raises(fal_client.client.FalClientHTTPError) as caught:
        handle.get()
    assert 500 == caught.value.status_code


def test_a_request_that_waits_is_cancelled_for_good(pixpact_mock, fal):
    """It is not found any more."""
    handle = fal.submit(APP, PROMPT)
    handle.cancel()
    pixpact_mock.clock.advance(60)

    with pytest.raises(fal_client.client.FalClientHTTPError) as caught:
        handle.status()
    assert (404, "Request not found") == (caught.value.status_code, caught.value.message)


def test_a_request_that_runs_is_not_stopped_and_one_that_is_over_refuses(pixpact_mock, fal):
    """The first is asked for all the same."""
    handle = fal.submit(APP, PROMPT)
    pixpact_mock.clock.advance(4)
    handle.cancel()

    assert done(pixpact_mock, handle)["images"]
    with pytest.raises(fal_client.client.FalClientHTTPError) as caught:
        handle.cancel()
    assert 400 == caught.value.status_code


def test_the_files_are_gone_after_a_week(pixpact_mock, fal):
    url = done(pixpact_mock, fal.submit(APP, PROMPT))["images"][0]["url"]
    found = fal._client.get(url).status_code
    pixpact_mock.clock.advance("8d")

    assert [200, 410] == [found, fal._client.get(url).status_code]


def test_what_is_wrong_is_told(fal):
    with pytest.raises(fal_client.client.FalClientHTTPError) as caught:
        fal.submit(APP, {**PROMPT, "num_images": 5})

    assert (422, "num_images must be at most 4; got 5") == (caught.value.status_code, caught.value.message[0]["msg"])
