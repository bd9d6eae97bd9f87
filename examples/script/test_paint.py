"""The script, as it is called, on the mock's clock: tasks take their documented time, and no test does."""

import json
import subprocess
import sys
from pathlib import Path

import paint
import pytest
from PIL import Image

pytestmark = pytest.mark.pixpact("apimart@2026-09", pace="1x", start_time="2026-01-01")


@pytest.fixture
def painted(pixpact_mock, tmp_path, monkeypatch, capsys):
    """Call the script: (exit code, what it saved, what it said on stderr). Its waits pass on the mock's clock."""
    monkeypatch.setenv("APIMART_URL", pixpact_mock.url("apimart@2026-09"))
    monkeypatch.setenv("APIMART_KEY", "sk-test")

    def call(*words):
        code = paint.main([*words, "--out", str(tmp_path)], pixpact_mock.clock.now, pixpact_mock.clock.advance)
        out, err = capsys.readouterr()
        return code, [Path(line) for line in out.splitlines()], err.strip()

    return call


def size(path):
    with Image.open(path) as image:
        image.load()
        return image.size


def paid(mock):
    return sum(charge.images for charge in mock.charges if charge.intent == "capture")


def test_text_to_image(painted, pixpact_mock):
    """Two images of the size that was asked for; the polls come at growing distances until the task is over."""
    code, files, said = painted("A red kite", "--size", "16:9", "--number", "2")

    assert (0, "") == (code, said)
    assert [(2848, 1600)] * 2 == [size(path) for path in files]
    assert 3 <= len(pixpact_mock.requests.where(operation="getTask")) <= 12
    assert 2 == paid(pixpact_mock)


def test_image_to_image(painted, pixpact_mock, tmp_path):
    """The reference is uploaded, and its address goes with the request."""
    Image.new("RGB", (640, 480), "red").save(tmp_path / "kite.png")
    code, files, _ = painted("The same in winter", "--reference", str(tmp_path / "kite.png"))
    (upload,) = pixpact_mock.requests.where(operation="uploadImage")
    (submit,) = pixpact_mock.requests.where(operation="createImage")

    assert (0, 1) == (code, len(files))
    assert [json.loads(upload.response_body)["url"]] == json.loads(submit.request_body)["image_urls"]


LOST = ["accept-then-drop", "reset-after", "empty", "malformed-json", "two-json-objects", "html", "stream-cut"]


@pytest.mark.parametrize("fault", LOST)
def test_a_lost_response_is_paid_once(painted, pixpact_mock, fault):
    """The second try carries the same idempotency key, and gets the first one's response."""
    pixpact_mock.fail_next(fault)
    code, files, _ = painted("A red kite")

    assert (0, 1) == (code, len(files))
    assert 2 == len(pixpact_mock.requests.where(operation="createImage"))
    assert 1 == paid(pixpact_mock)


@pytest.mark.parametrize(("fault", "status"), [("server-error", None), ("html", 524), ("gateway-timeout", None)])
def test_a_5xx_after_the_charge_is_paid_once(painted, pixpact_mock, fault, status):
    """The vendor took the request and charged, whatever the gateway in front of it says: the key is the same."""
    pixpact_mock.fail_next(fault, status=status, charged=True)
    code, files, _ = painted("A red kite")

    assert (0, 1) == (code, len(files))
    assert 1 == paid(pixpact_mock)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("moderated", "content moderation failed"),
        ("insufficient-balance", "refused: "),
        ("unauthenticated", "refused: "),
        ("invalid-request", "refused: "),
    ],
)
def test_a_refusal_is_said_and_not_repeated(painted, pixpact_mock, fault, said):
    """The vendor's words, exit code 1, one request."""
    pixpact_mock.add_fault(fault, operation="createImage")
    code, files, line = painted("A red kite")

    assert (1, []) == (code, files)
    assert said in line
    pixpact_mock.requests.assert_called_once(operation="createImage")


@pytest.mark.pixpact("apimart@2026-09", pace="1x", start_time="2026-01-01", rate_limit="2/min")
def test_a_limit_is_waited_out(painted, pixpact_mock):
    """Submitting and looking are counted; the script waits as long as the vendor says."""
    code, files, _ = painted("A red kite")

    assert (0, 1) == (code, len(files))
    pixpact_mock.requests.assert_called(status=429)


@pytest.mark.parametrize("fault", ["stuck", "unknown-status"])
def test_the_deadline(painted, pixpact_mock, fault):
    """Nothing for so long: exit code 3 and how to go on; a status that it does not know is no end."""
    pixpact_mock.fail_next(fault)
    before = pixpact_mock.clock.now()
    code, _, line = painted("A red kite", "--deadline", "60")
    (task,) = pixpact_mock.tasks

    assert (3, f"no outcome after 60 seconds; later: paint.py --task {task.id}") == (code, line)
    assert 52 < pixpact_mock.clock.now() - before <= 60


def test_a_task_that_was_not_waited_for(painted, pixpact_mock):
    """It is fetched later, and not bought again."""
    assert 3 == painted("A red kite", "--deadline", "1")[0]
    (task,) = pixpact_mock.tasks
    code, files, _ = painted("--task", task.id)

    assert (0, 1) == (code, len(files))
    pixpact_mock.requests.assert_called_once(operation="createImage")


@pytest.mark.parametrize(("model", "time"), [("gpt-image-1-official", "25h"), ("doubao-seedream-5-0-lite", "73h")])
def test_links_die(painted, pixpact_mock, model, time):
    """Who comes back too late is told so; how late depends on the model."""
    painted("A red kite", "--model", model)
    (task,) = pixpact_mock.tasks
    pixpact_mock.clock.advance(time)
    code, files, line = painted("--task", task.id)

    assert (1, [], True) == (code, files, line.endswith("has expired"))


@pytest.mark.parametrize("example", [None, "failed-in-words", "failed-in-short"])
def test_a_task_that_fails(painted, pixpact_mock, example):
    """In each of the ways in which the vendor's pages tell it."""
    pixpact_mock.fail_next("failed", example=example)

    assert (1, [], "failed: content moderation failed") == painted("A red kite")
    assert 0 == paid(pixpact_mock)


def test_a_batch_in_part(painted, pixpact_mock):
    """What came is saved, what is missing is said, and not paid."""
    pixpact_mock.fail_next("partial", images=1)
    code, files, line = painted("A red kite", "--number", "3")

    assert (1, 1, "1 of 3 images came; the others were not charged") == (code, len(files), line)
    assert 1 == paid(pixpact_mock)


@pytest.mark.parametrize("fault", ["truncated-image", "stream-cut", "html", "reset-before"])
def test_half_an_image_is_fetched_again(painted, pixpact_mock, fault):
    """Even where the status was 200 and the length was right: the script decodes what it saves."""
    pixpact_mock.fail_next(fault, stage="download")
    code, files, _ = painted("A red kite")

    assert (0, (2048, 2048)) == (code, size(files[0]))
    assert 2 == len(pixpact_mock.requests.where(operation="(file)"))


@pytest.mark.pixpact("apimart@2026-09", pace="1x", start_time="2026-01-01", responses="extreme")
def test_the_script_relies_on_the_contract_alone(painted):
    """Answers as unusual as the contract allows."""
    code, files, _ = painted("A red kite")

    assert (0, 1) == (code, len(files))


@pytest.mark.pixpact("apimart@2026-09")
def test_as_a_program(pixpact_mock, tmp_path):
    """From outside, on true time, with the address that the mock gives to programs."""
    words = [sys.executable, str(Path(paint.__file__)), "A red kite", "--out", str(tmp_path)]
    environment = {"APIMART_URL": pixpact_mock.environ["PIXPACT_URL_APIMART"], "APIMART_KEY": "sk-test"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert (0, "") == (done.returncode, done.stderr)
    assert Path(done.stdout.strip()).exists()
