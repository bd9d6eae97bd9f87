"""The Vercel AI SDK (`ai`) of npm, unmodified, with its providers for Ark and for relays that speak as OpenAI does."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest

from pixpact.wire.images import read_image_facts

PROJECT = Path(__file__).parent / "npm"
ARK, RELAY = ("ark", "/api/v3", "bytedance"), ("apiyi", "/v1", "openai-compatible")
PRO = "doubao-seedream-5-0-pro-260628"
pytestmark = [pytest.mark.pixpact("ark", "apiyi"), pytest.mark.sweep]


@pytest.fixture
def generate(npm_project, pixpact_mock, tmp_path):
    """One call: `generate(ARK, model, images=…, size=…)`, and what came of it."""
    folder, program = npm_project(PROJECT), (PROJECT / "vercel.mjs").read_text()

    def call(where, model, images=(), **options):
        vendor, path, provider = where
        texts = [base64.b64encode(image).decode() for image in images]
        job = {"baseURL": pixpact_mock.url(vendor) + path, "provider": provider, "model": model, "options": options}
        (tmp_path / "job.json").write_text(json.dumps(job | {"images": texts}))
        words = ["node", "--input-type=module", "-", str(tmp_path / "job.json")]
        done = subprocess.run(words, cwd=folder, input=program, capture_output=True, text=True, timeout=60, check=False)
        assert 0 == done.returncode, done.stderr
        return json.loads(done.stdout)

    return call


def made(found):
    """The bytes of each image."""
    return [base64.b64decode(image["base64"]) for image in found["images"]]


@pytest.mark.parametrize(
    ("where", "model"), [(ARK, PRO), (RELAY, "seedream-5-0-260128"), (RELAY, "gpt-image-2")], ids=str
)
def test_text_to_image(generate, where, model):
    """A real image of the size that was asked for."""
    found = generate(where, model, size="1024x1024" if model == "gpt-image-2" else "2048x2048")
    (image,) = map(read_image_facts, made(found))

    assert image.complete
    assert ("1024x1024" if model == "gpt-image-2" else "2048x2048") == f"{image.width}x{image.height}"


def test_references(generate, pixpact_mock):
    """The SDK sends one to Ark as a data URI, and several to a relay as the parts of a form."""
    (first,) = made(generate(ARK, PRO))
    (second,) = made(generate(ARK, PRO, images=[first]))
    (third,) = made(generate(RELAY, "gpt-image-2", images=[first, second]))

    assert read_image_facts(third).complete
    edit = pixpact_mock.requests.where(operation="editImage")
    assert [200] == [request.status for request in edit]
    (sent,) = [it for it in pixpact_mock.requests.where(vendor="ark") if '"image"' in str(it)]
    assert "data:image/" in str(sent)


@pytest.mark.parametrize(
    ("cause", "status", "message"),
    [
        ("unauthenticated", 401, "API key"),
        ("rate-limited", 429, "Too many images per minute for this model."),
        ("server-error", 500, "The service failed."),
    ],
)
def test_a_refusal_is_the_sdk_s_own_error(generate, pixpact_mock, cause, status, message):
    """With the vendor's status and message; nothing is charged."""
    pixpact_mock.fail_next(cause)
    error = generate(ARK, PRO)["error"]

    assert ("AI_APICallError", status) == (error["name"], error["status"])
    assert message in error["message"]
    assert [] == pixpact_mock.charges


def test_an_unknown_model(generate):
    """Ark's own words reach the program."""
    error = generate(ARK, "doubao-seedream-9")["error"]

    assert 404 == error["status"]
    assert "doubao-seedream-9 does not exist" in error["message"]
