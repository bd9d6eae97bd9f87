"""The `openai` client against the contract of OpenAI itself: generate, edit with several images and a mask, stream."""

from __future__ import annotations

import base64
import io

import openai
import pytest
from PIL import Image

from pixpact.wire.images import read_image_facts

MODEL = "gpt-image-2.5-sunburst"
PROMPT = "A red kite over the dunes"
pytestmark = pytest.mark.pixpact("openai", pace="manual")


@pytest.fixture
def images(pixpact_mock):
    with openai.OpenAI(base_url=f"{pixpact_mock.url('openai')}/v1", api_key="sk-test", max_retries=0) as client:
        yield client.images


def decoded(image):
    return read_image_facts(base64.b64decode(image.b64_json))


def png(name, **alpha):
    """A file as a caller opens it."""
    file = io.BytesIO()
    Image.new("RGBA", (64, 64), (200, 30, 30, 0 if alpha else 255)).save(file, "PNG")
    return name, file.getvalue(), "image/png"


@pytest.mark.parametrize(
    ("model", "fields", "expected"),
    [
        (MODEL, {"size": "1536x864", "n": 2}, ("png", 1536, 864, False)),
        ("gpt-image-1.5", {"size": "1024x1536", "output_format": "jpeg"}, ("jpeg", 1024, 1536, False)),
        (
            "gpt-image-2",
            {"size": "512x512", "background": "transparent", "output_format": "webp"},
            ("webp", 512, 512, True),
        ),
    ],
)
def test_text_to_image(images, model, fields, expected):
    """Base64 of images of the size, the format and the background that were asked for."""
    response = images.generate(model=model, prompt=PROMPT, **fields)
    found = [decoded(image) for image in response.data]

    assert [expected] * fields.get("n", 1) == [(it.format, it.width, it.height, it.transparent) for it in found]
    assert (fields["size"], expected[0]) == (response.size, response.output_format)


@pytest.mark.parametrize("several", [False, True])
def test_edits(images, several):
    """One image, or several, which the client sends as parts called `image[]`, and a mask."""
    files = [png("kite.png"), png("beach.png")] if several else png("kite.png")
    response = images.edit(
        model=MODEL, prompt="Make it blue", image=files, mask=png("mask.png", alpha=True), size="640x640"
    )

    assert ("png", 640, 640) == (decoded(response.data[0]).format, *map(int, response.size.split("x")))


@pytest.mark.parametrize("partial", [0, 1, 3])
def test_partial_images_come_before_the_final_one(images, partial):
    """As many as were asked for, numbered, each a whole image."""
    stream = images.generate(model=MODEL, prompt=PROMPT, size="512x512", stream=True, partial_images=partial)
    events = list(stream)

    kinds = ["image_generation.partial_image"] * partial + ["image_generation.completed"]
    assert kinds == [event.type for event in events]
    assert list(range(partial)) == [event.partial_image_index for event in events[:-1]]
    assert [(512, 512)] * len(events) == [(decoded(event).width, decoded(event).height) for event in events]


def test_a_streamed_edit(images):
    events = list(images.edit(model=MODEL, prompt="Make it blue", image=png("kite.png"), stream=True, partial_images=2))

    assert ["image_edit.partial_image"] * 2 + ["image_edit.completed"] == [event.type for event in events]


def test_what_is_refused(images):
    """More than ten, a transparent JPEG, a model that was shut down, a mask that is no PNG."""
    wrong = [
        ({"model": MODEL, "n": 11}, "n"),
        ({"model": MODEL, "background": "transparent", "output_format": "jpeg"}, "output_format"),
        ({"model": "gpt-image-1"}, "model"),
    ]
    for fields, field in wrong:
        with pytest.raises(openai.BadRequestError) as caught:
            images.generate(prompt=PROMPT, **fields)
        assert field == caught.value.param


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("moderated", openai.BadRequestError),
        ("insufficient-balance", openai.RateLimitError),
        ("unavailable", openai.InternalServerError),
    ],
)
def test_a_failure(pixpact_mock, images, fault, kind):
    """In OpenAI's own words; whether the client tries again the status says."""
    pixpact_mock.fail_next(fault)
    with pytest.raises(kind) as caught:
        images.generate(model=MODEL, prompt=PROMPT)

    codes = {"moderated": "moderation_blocked", "insufficient-balance": "insufficient_quota", "unavailable": None}
    assert codes[fault] == caught.value.code
