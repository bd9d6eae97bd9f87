"""The `openai` package of npm, unmodified, against a live mock. It is installed once, as its lock file says."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from urllib.request import urlopen

import pytest

from pixpact.wire.images import read_image_facts

HERE = Path(__file__).parent
PROJECT = HERE / "npm"
PAGE = HERE.parents[2] / "docs" / "clients.md"
MODELS = {
    "apiyi": "seedream-5-0-260128",
    "fasttoken": "doubao-seedream-5-0-260128",
    "apimart": "doubao-seedream-5-0-lite",
    "toapis": "doubao-seedream-5-0",
}
SERIES = {"sequential_image_generation": "auto", "sequential_image_generation_options": {"max_images": 3}}
pytestmark = [pytest.mark.pixpact(*MODELS), pytest.mark.sweep]


def run(words, folder, **options):
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, **options)


@pytest.fixture(scope="session")
def installed(npm_project):
    """The folder with `node_modules`."""
    return npm_project(PROJECT)


@pytest.fixture
def node(installed):
    """Run a program (a text) as a module of that folder."""

    def start(program, *arguments):
        words = ["node", "--input-type=module", "-", *arguments]
        done = run(words, installed, input=program, timeout=60)
        assert 0 == done.returncode, done.stderr
        return done.stdout

    return start


@pytest.fixture
def client(node, pixpact_mock):
    """One call of the package: `client("apiyi", "generate", {…})`, and what came of it."""
    program = (PROJECT / "client.mjs").read_text()

    def call(vendor, name, fields, request=None, expected=None, **options):
        address = {"baseURL": pixpact_mock.url(vendor) + "/v1"}
        job = {"options": address | options, "call": name, "members": fields, "request": request, "expected": expected}
        return json.loads(node(program, json.dumps(job)))

    return call


def asked(vendor, **fields):
    return {"model": MODELS[vendor], "prompt": "A kite"} | fields


def statuses(mock):
    return [it.status for it in mock.requests.where(operation="createImage")]


def paid(mock):
    """How many images were paid for, by charge."""
    return [charge.images for charge in mock.charges if charge.intent == "capture"]


def downloaded(url):
    with urlopen(url) as download:
        return download.read()


@pytest.mark.parametrize("vendor", ["apiyi", "fasttoken"])
def test_text_to_image(client, pixpact_mock, vendor):
    """The URL gives a real image of the size that the response states."""
    (item,) = client(vendor, "generate", asked(vendor, size="2K"))["value"]["data"]
    found = read_image_facts(downloaded(item["url"]))

    assert "2048x2048" == f"{found.width}x{found.height}" == item["size"]
    assert [1] == paid(pixpact_mock)


@pytest.mark.parametrize("vendor", ["apiyi", "fasttoken"])
def test_image_to_image(client, pixpact_mock, vendor):
    """A field that the package does not know goes out as it is: the first image's URL is the second's reference."""
    (first,) = client(vendor, "generate", asked(vendor))["value"]["data"]
    (second,) = client(vendor, "generate", asked(vendor, image=[first["url"]]))["value"]["data"]

    assert read_image_facts(downloaded(second["url"])).complete
    pixpact_mock.requests.assert_called_once(operation="createImage", body={"image": [first["url"]]})


def test_a_task_is_submitted_and_polled(client):
    """An asynchronous vendor: the submission's own fields come through, and `get` polls."""
    task = client("toapis", "generate", asked("toapis"))["value"]
    done = client("toapis", "get", f"/images/generations/{task['id']}")["value"]

    assert ("queued", "completed") == (task["status"], done["status"])
    assert read_image_facts(downloaded(done["result"]["data"][0]["url"])).complete


def test_a_task_with_an_uploaded_reference(client, pixpact_mock):
    """Upload, submit with the URL, poll: all with the package's own calls."""
    image = client("apiyi", "generate", asked("apiyi"))["value"]["data"][0]["url"]
    upload = client("apimart", "upload", {"path": "/uploads/images", "url": image})["value"]
    submitted = client("apimart", "generate", asked("apimart", image_urls=[upload["url"]]))["value"]
    done = client("apimart", "get", f"/tasks/{submitted['data'][0]['task_id']}")["value"]["data"]

    assert "completed" == done["status"]
    assert len(downloaded(image)) == upload["bytes"]
    pixpact_mock.requests.assert_called_once(vendor="apimart", body={"image_urls": [upload["url"]]})


def test_a_stream(client):
    """One event for each image, then the end."""
    events = client("apiyi", "stream", asked("apiyi", **SERIES))["value"]

    assert ["image_generation.partial_succeeded"] * 3 + ["image_generation.completed"] == events


# ---------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("cause", "error", "status", "code", "message"),
    [
        ("unauthenticated", "AuthenticationError", 401, None, "401 无效的令牌"),
        (
            "moderated",
            "PermissionDeniedError",
            403,
            "InputTextSensitiveContentDetected",
            "403 The input text may contain sensitive information.",
        ),
        ("rate-limited", "RateLimitError", 429, "rate_limit_exceeded", "429 Too many requests"),
        ("server-error", "InternalServerError", 500, "internal_error", "500 Internal error"),
    ],
)
def test_a_refusal_is_the_packages_own_error(client, pixpact_mock, cause, error, status, code, message):
    """The class is that of the status; the vendor's message and code are in it; nothing is charged."""
    pixpact_mock.fail_next(cause)
    reported = client("apiyi", "generate", asked("apiyi"), maxRetries=0)["error"]

    assert (error, status, code) == (reported["class"], reported["status"], reported["code"])
    assert reported["message"].startswith(message)
    assert [] == pixpact_mock.charges


@pytest.mark.parametrize(("cause", "status"), [("rate-limited", 429), ("server-error", 500), ("unavailable", 503)])
def test_a_passing_refusal_is_tried_again(client, pixpact_mock, cause, status):
    """By itself, after as many seconds as `Retry-After` says; paid once."""
    pixpact_mock.fail_next(cause, retry_after=7)
    done = client("apiyi", "generate", asked("apiyi"), expected=7000)

    assert done["value"]["data"][0]["url"]
    assert 1 == done["waits"]
    assert [status, 200] == statuses(pixpact_mock)
    assert [1] == paid(pixpact_mock)


def test_a_limit_that_lasts(client, pixpact_mock):
    """Three tries, then the error of the last one."""
    pixpact_mock.add_fault("rate-limited", retry_after=7)
    reported = client("apiyi", "generate", asked("apiyi"), expected=7000)["error"]

    assert "RateLimitError" == reported["class"]
    assert [429, 429, 429] == statuses(pixpact_mock)


def test_a_lost_response_is_bought_twice(client, pixpact_mock):
    """The package sends the request again: one call, two charges."""
    pixpact_mock.fail_next("accept-then-drop")
    response = client("apiyi", "generate", asked("apiyi"))["value"]

    assert 1 == len(response["data"])
    assert [1, 1] == paid(pixpact_mock)


def test_without_retries_a_lost_response_is_an_error(client, pixpact_mock):
    """`maxRetries: 0`: bought once, and the program knows that it does not know."""
    pixpact_mock.fail_next("accept-then-drop")
    reported = client("apiyi", "generate", asked("apiyi"), maxRetries=0)["error"]

    assert ("APIConnectionError", True) == (reported["class"], reported["ours"])
    assert [1] == paid(pixpact_mock)


def test_a_timeout_is_bought_as_often_as_it_is_tried(client, pixpact_mock):
    """Two tries that were each given up too early."""
    pixpact_mock.add_fault("hang")
    reported = client("apiyi", "generate", asked("apiyi"), {"timeout": 1000}, maxRetries=1)["error"]

    assert ("APIConnectionTimeoutError", True) == (reported["class"], reported["ours"])
    assert [1, 1] == paid(pixpact_mock)


def test_a_body_that_is_cut_is_not_the_packages_error(client, pixpact_mock):
    """Unlike in Python it is not tried again, and `instanceof OpenAIError` does not catch it."""
    pixpact_mock.fail_next("stream-cut")
    reported = client("apiyi", "generate", asked("apiyi"))["error"]

    assert ("TypeError", False, "terminated") == (reported["class"], reported["ours"], reported["message"])
    assert [1] == paid(pixpact_mock)


def test_a_stream_that_is_cut(client, pixpact_mock):
    """One image is in hand, all three are paid for."""
    pixpact_mock.fail_next("stream-cut")
    first, last = client("apiyi", "stream", asked("apiyi", **SERIES))["value"]

    assert "image_generation.partial_succeeded" == first
    assert ("TypeError", False) == (last["class"], last["ours"])
    assert [3] == paid(pixpact_mock)


def test_an_empty_purse_is_retried_in_vain(client, pixpact_mock):
    """A vendor says 429 for it, which the package takes for haste: three requests, and only `code` tells the truth."""
    pixpact_mock.add_fault("insufficient-balance", vendor="apiyi", retry_after=7)
    reported = client("apiyi", "generate", asked("apiyi"), expected=7000)["error"]

    assert ("RateLimitError", "insufficient_user_quota") == (reported["class"], reported["code"])
    assert [429, 429, 429] == statuses(pixpact_mock)


def test_a_withheld_image_ends_the_packages_stream(client, pixpact_mock):
    """The vendor goes on after it; the package takes its `error` for the end and throws."""
    pixpact_mock.fail_next("partial", images=2)
    *events, last = client("apiyi", "stream", asked("apiyi", **SERIES))["value"]

    assert ["image_generation.partial_succeeded"] * 2 == events
    assert ("APIError", True) == (last["class"], last["ours"])
    assert "The output image may contain sensitive information." in last["message"]
    assert [2] == paid(pixpact_mock)


@pytest.mark.parametrize("fault", ["malformed-json", "two-json-objects"])
def test_json_that_is_none_is_not_the_packages_error(client, pixpact_mock, fault):
    """A SyntaxError comes through; it is not tried again, and it is paid for."""
    pixpact_mock.fail_next(fault)
    reported = client("apiyi", "generate", asked("apiyi"))["error"]

    assert ("SyntaxError", False) == (reported["class"], reported["ours"])
    assert [1] == paid(pixpact_mock)


@pytest.mark.parametrize(
    ("fault", "kind"), [("html", "string"), ("wrong-content-type", "string"), ("empty", "undefined")]
)
def test_what_is_no_response_is_given_as_one(client, pixpact_mock, fault, kind):
    """No error at all: a text, even of good JSON under a wrong content type, or nothing."""
    pixpact_mock.fail_next(fault)

    assert kind == client("apiyi", "generate", asked("apiyi"))["type"]
    assert [1] == paid(pixpact_mock)


def test_a_batch_that_lacks_an_image(client, pixpact_mock):
    """An item without URL, with the vendor's reason."""
    pixpact_mock.fail_next("partial")
    items = client("apiyi", "generate", asked("apiyi", n=2))["value"]["data"]

    assert [True, False] == ["url" in item for item in items]
    assert "OutputImageSensitiveContentDetected" == items[1]["error"]["code"]


def test_a_failed_task_is_no_error(client, pixpact_mock):
    """Submission and poll succeed; the failure is in the response, and the money comes back."""
    pixpact_mock.fail_next("failed")
    task = client("toapis", "generate", asked("toapis"))["value"]
    done = client("toapis", "get", f"/images/generations/{task['id']}")["value"]

    assert ("failed", "generation_failed") == (done["status"], done["error"]["code"])
    assert ["reserve", "refund"] == [charge.intent for charge in pixpact_mock.charges]


# ---------------------------------------------------------------------- the page, and the lock file

PROGRAMS = re.findall(r"<!-- javascript -->\n```js\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_the_page_shows_programs():
    """The test below looks at something."""
    assert PROGRAMS


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_programs_of_the_page_run(node, pixpact_mock, program):
    """Each says something."""
    assert node(program.replace("http://127.0.0.1:4747", pixpact_mock.base_url)).strip()


def test_the_lock_file_names_no_host():
    """What is installed is said by its digest, not by where it lies."""
    lock = json.loads((PROJECT / "package-lock.json").read_text())
    packages = [it for name, it in lock["packages"].items() if name]

    assert [] == [package["resolved"] for package in packages if "resolved" in package]
    assert ["sha512"] * len(packages) == [package["integrity"].partition("-")[0] for package in packages] != []
