"""Stubs: requests of one's own choice give one's own images, a status, or the end of a task."""

from __future__ import annotations

import base64
from io import BytesIO

import httpx2
import pytest
from PIL import Image

import pixpact
from pixpact.wire.images import read_image_facts

PATH = "/v1/images/generations"
TASK = {"model": "doubao-seedream-5-0", "prompt": "A kite"}
RUN = {"model": "seedream-5-0-260128", "prompt": "A kite", "size": "1280x720"}
KEY = {"Authorization": "Bearer sk-test"}


def image(form="png", size=(64, 48)):
    content = BytesIO()
    Image.new("RGB", size, "red").save(content, form)
    return content.getvalue()


def post(mock, vendor, body):
    return httpx2.post(mock.url(vendor) + PATH, json=body, headers=KEY)


def ended(mock, task):
    return httpx2.get(f"{mock.url('toapis')}{PATH}/{task}", headers=KEY).json()


def test_a_prompt_gives_my_image(pixpact_mock, tmp_path):
    """By its link, under its own format; any other prompt is painted as ever."""
    (tmp_path / "kite.png").write_bytes(image())
    pixpact_mock.on("toapis", prompt="A kite").gives(image=tmp_path / "kite.png")
    links = []
    for prompt in ("A kite", "A boat"):
        task = post(pixpact_mock, "toapis", TASK | {"prompt": prompt}).json()["id"]
        links.append(ended(pixpact_mock, task)["result"]["data"][0]["url"])
    mine, painted = (httpx2.get(url) for url in links)

    assert (image(), "image/png") == (mine.content, mine.headers["content-type"])
    assert links[0].endswith(".png")
    assert (2048, 2048) == (read_image_facts(painted.content).width, read_image_facts(painted.content).height)
    assert ["image"] == [request.note["fault"] for request in pixpact_mock.requests if "fault" in request.note]


def test_images_come_in_turn_and_as_base64_and_say_their_own_size(pixpact_mock):
    """What the response says of an image is what the image is; it costs what was asked for."""
    mine = [image(size=(30, 20)), image("jpeg", (40, 20))]
    pixpact_mock.on("apiyi", prompt="A kite").gives(image=mine)
    data = post(pixpact_mock, "apiyi", RUN | {"n": 3, "response_format": "b64_json"}).json()["data"]

    assert [mine[0], mine[1], mine[0]] == [base64.b64decode(it["b64_json"]) for it in data]
    assert ["30x20", "40x20", "30x20"] == [it["size"] for it in data]
    assert [3] == [charge.images for charge in pixpact_mock.charges]


@pytest.mark.parametrize(
    ("gives", "status", "kind"),
    [
        ({"status": 429}, 429, "application/json"),
        ({"status": "moderated"}, 403, "application/json"),
        ({"status": 524}, 524, "text/html"),
        ({"status": "503"}, 503, "application/json"),
        ({"fault": "html", "status": None}, 200, "text/html"),
    ],
)
def test_a_prompt_gives_a_status(pixpact_mock, gives, status, kind):
    """In the vendor's words where it documents it; a gateway's page where it is one; nothing is bought by a refusal."""
    pixpact_mock.on("apiyi", prompt="A kite").gives(**gives)
    response = post(pixpact_mock, "apiyi", RUN)

    assert (status, kind) == (response.status_code, response.headers["content-type"])
    assert (status == 200) == bool(pixpact_mock.charges)
    assert 200 == post(pixpact_mock, "apiyi", RUN | {"prompt": "A boat"}).status_code


def test_a_status_can_come_after_the_charge_and_only_once(pixpact_mock):
    """The fields of faults go with it."""
    pixpact_mock.on(prompt="A kite", model=RUN["model"]).gives(status=500, charged=True, times=1)
    statuses = [post(pixpact_mock, "apiyi", RUN).status_code for _ in range(2)]

    assert [500, 200] == statuses
    assert 2 == len(pixpact_mock.charges)


@pytest.mark.pixpact("toapis", start_time=0)
@pytest.mark.parametrize("pace", ["instant", "1x", "10x"])
@pytest.mark.parametrize("takes", ["3m", 180, 0.5])
def test_a_prompt_takes_a_time(pixpact_mock, pace, takes):
    """In all, at any pace: longer than usual, or shorter."""
    pixpact_mock.pace = pace
    pixpact_mock.on("toapis", prompt="A kite").gives(task=takes)
    seconds = 180 if takes == "3m" else takes
    task = post(pixpact_mock, "toapis", TASK).json()["id"]
    statuses = []
    for step in (seconds * 0.99, seconds * 0.02):
        pixpact_mock.clock.advance(step)
        statuses.append(ended(pixpact_mock, task)["status"])

    assert statuses[0] in ("queued", "in_progress")
    assert "completed" == statuses[1]


def test_a_prompt_fails(pixpact_mock):
    """The task ends so, and is paid back."""
    pixpact_mock.on("toapis", prompt="A kite").gives(task="failed")
    task = post(pixpact_mock, "toapis", TASK).json()["id"]

    assert "failed" == ended(pixpact_mock, task)["status"]
    assert "refund" == pixpact_mock.charges[-1].intent


def test_several_effects_and_nested_fields(pixpact_mock):
    """An image that takes its time, where a field deep in the body says so; a reset forgets it."""
    stub = pixpact_mock.on("toapis", operation="createImage", body={"metadata": {"resolution": "3K"}})
    stub.gives(image=image(), task="1m")
    bodies = (TASK, TASK | {"metadata": {"resolution": "3K"}})
    tasks = [post(pixpact_mock, "toapis", body).json()["id"] for body in bodies]
    assert ["completed", "in_progress"] == [ended(pixpact_mock, task)["status"] for task in tasks]
    pixpact_mock.reset("faults")
    again = post(pixpact_mock, "toapis", TASK | {"metadata": {"resolution": "3K"}}).json()["id"]

    assert "completed" == ended(pixpact_mock, again)["status"]


@pytest.mark.parametrize(
    ("on", "gives", "said"),
    [
        (
            {"promt": "A kite"},
            {"status": 429},
            "no operation reads the field 'promt' of body; did you mean 'prompt'",
        ),
        ({"prompt": "A kite"}, {}, "a stub gives one of image, status, task, fault"),
        ({"prompt": "A kite"}, {"status": 418}, "no response 418 is documented"),
        ({"prompt": "A kite"}, {"status": "moderate"}, "did you mean 'moderated'"),
        ({"prompt": "A kite"}, {"task": "fail"}, "did you mean 'failed'"),
        ({"prompt": "A kite"}, {"image": "nowhere.png"}, "'nowhere.png' cannot be read"),
        ({"prompt": "A kite"}, {"image": b"no image"}, "not a JPEG, PNG or WebP"),
        ({"prompt": "A kite"}, {"image": []}, "an empty list"),
        ({"vendor": "nobody"}, {"status": 429}, "'nobody' is not served"),
    ],
)
def test_a_stub_that_can_never_be_is_refused(pixpact_mock, on, gives, said):
    """With what there is."""
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        pixpact_mock.on(**on).gives(**gives)


STUBS = """stubs:
- on: {vendor: toapis, prompt: A kite}
  gives: {image: kite.png}
- on: {prompt: A storm}
  gives: {status: 500, charged: true}
"""


@pytest.fixture
def page(tmp_path):
    (tmp_path / "kite.png").write_bytes(image())
    path = tmp_path / "stubs.yaml"
    path.write_text(STUBS)
    return path


def test_a_file_of_stubs(page):
    """Images are beside the file."""
    with pixpact.mock("toapis", stubs=page) as mock:
        assert 500 == post(mock, "toapis", TASK | {"prompt": "A storm"}).status_code
        task = post(mock, "toapis", TASK).json()["id"]

        assert image() == httpx2.get(ended(mock, task)["result"]["data"][0]["url"]).content
        assert ["reserve", "reserve"] == [charge.intent for charge in mock.charges if charge.intent == "reserve"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stubs:\n- on: {prompt: x}\n  give: {status: 429}\n", ":2: a stub has `on` and `gives`"),
        ("stubs:\n- on: {prompt: x}\n  gives: {status: 418}\n", ":2: no response 418"),
        ("other: 1\n", ":1: a file of stubs has one list"),
        ("stubs: {a\n", "stubs.yaml"),
    ],
)
def test_a_wrong_file_says_where(page, command, text, said):
    """File, line and remedy; for the command as for a program."""
    page.write_text(text)
    with pytest.raises(ValueError, match=r"stubs\.yaml"), pixpact.mock("toapis", stubs=page):
        pass
    done = command("serve", "toapis", "--port", "0", "--stub", str(page))

    assert 2 == done.returncode
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_control_side(pixpact_mock):
    """Images are data URIs there: no file of the machine is read for a client."""
    url = f"{pixpact_mock.base_url}/_pixpact/stubs"
    mine = "data:image/png;base64," + base64.b64encode(image()).decode()
    taken = httpx2.post(url, json={"on": {"vendor": "apiyi", "prompt": "A kite"}, "gives": {"image": mine}})
    refused = httpx2.post(url, json={"on": {"prompt": "A kite"}, "gives": {"image": "/etc/hostname"}})
    body = post(pixpact_mock, "apiyi", RUN | {"response_format": "b64_json"}).json()

    assert [201, 400] == [taken.status_code, refused.status_code]
    assert "image '/etc/hostname', not a JPEG" in refused.json()["detail"].replace("image is", "image")
    assert {"id": 1, "fault": "image", "image": ["64x48 png"], "vendor": "apiyi", "body": {"prompt": "A kite"}} == {
        name: value for name, value in taken.json()["faults"][0].items() if name not in ("fitted", "fired")
    }
    assert image() == base64.b64decode(body["data"][0]["b64_json"])
