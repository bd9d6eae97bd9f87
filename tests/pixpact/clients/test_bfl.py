"""BFL has no client of its own: plain HTTP, as its guide shows it."""

from __future__ import annotations

import httpx2
import pytest

from pixpact.wire.images import read_image_facts

PROMPT = {"prompt": "A red kite over the dunes"}
pytestmark = pytest.mark.pixpact("bfl", pace="manual")


@pytest.fixture
def http(pixpact_mock):
    with httpx2.Client(base_url=pixpact_mock.url("bfl"), headers={"x-key": "bfl_test"}) as client:
        yield client


def ordered(http, model="flux-pro-1.1", **fields):
    """The address by which the task is looked at."""
    return http.post(f"/v1/{model}", json=PROMPT | fields).json()["polling_url"]


@pytest.mark.parametrize(
    ("model", "fields", "pixels"),
    [("flux-2-pro", {"width": 1024, "height": 768}, (1024, 768)), ("flux-pro-1.1", {"width": 256}, (256, 768))],
)
def test_text_to_image(pixpact_mock, http, model, fields, pixels):
    """The polling URL leads to the task, and the sample has the width and the height that were asked for."""
    url = ordered(http, model, **fields, output_format="png", seed=7)
    waiting = http.get(url).json()
    pixpact_mock.clock.advance(20)
    ready = http.get(url).json()
    image = read_image_facts(http.get(ready["result"]["sample"]).content)

    assert ("Pending", None) == (waiting["status"], waiting["result"])
    assert ("Ready", 7) == (ready["status"], ready["result"]["seed"])
    assert ("png", *pixels) == (image.format, image.width, image.height)


def test_a_reference(pixpact_mock, http):
    url = ordered(http, "flux-kontext-pro", input_image="https://example.com/kite.png", aspect_ratio="16:9")
    pixpact_mock.clock.advance(20)

    assert "Ready" == http.get(url).json()["status"]


@pytest.mark.parametrize("word", ["Error", "Request Moderated", "Content Moderated"])
def test_a_failure(pixpact_mock, http, word):
    """Each of the words that a task may end with."""
    url = http.post("/v1/flux-2-max", json=PROMPT, headers={"Prefer": f'state="{word}"'}).json()["polling_url"]
    pixpact_mock.clock.advance(20)
    failed = http.get(url).json()

    assert (word, None) == (failed["status"], failed["result"])


def test_a_sample_lasts_ten_minutes(pixpact_mock, http):
    url = ordered(http)
    pixpact_mock.clock.advance(20)
    sample = http.get(url).json()["result"]["sample"]
    found = http.get(sample).status_code
    pixpact_mock.clock.advance("10m")

    assert [200, 410] == [found, http.get(sample).status_code]


def test_what_is_refused(http):
    """A number that is no multiple, a task that nobody has, no key."""
    wrong = http.post("/v1/flux-pro-1.1", json=PROMPT | {"width": 1000})
    unknown = http.get("/v1/get_result", params={"id": "nobody"})
    without = httpx2.get(f"{http.base_url}v1/get_result?id=nobody")

    assert (422, "width must be a multiple of 32; got 1000") == (wrong.status_code, wrong.json()["detail"][0]["msg"])
    assert (404, "Task not found") == (unknown.status_code, unknown.json()["status"])
    assert 401 == without.status_code
