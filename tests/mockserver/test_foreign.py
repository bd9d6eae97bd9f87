"""Vendors of shapes that none of the shipped ones has: a small client of each ends with an image."""

from __future__ import annotations

import base64

import pytest

from pixpact.contracts.samples.reference_images import image
from pixpact.wire.images import read_image_facts


@pytest.fixture
def vendor(served):
    """Serve one of them; a task is over at the third poll."""
    return lambda name: served(f"fixtures/specs/foreign/{name}.yaml", pace="polls:2").http


def shape(content):
    found = read_image_facts(content)
    return found.format, found.width, found.height


def test_the_body_is_the_image_or_has_it_where_accept_says_so(vendor):
    """Of one operation the media type follows a field, or a header; each shows an image of the size asked for."""
    http = vendor("inkwell")
    fields = {"prompt": (None, "A pier"), "aspect_ratio": (None, "16:9"), "output_format": (None, "webp")}
    as_file = http.post("/inkwell/generate/core", files=fields, headers={"Accept": "image/*"})
    in_json = http.post("/inkwell/generate/core", files=fields, headers={"Accept": "application/json"})

    assert ("image/webp", ("webp", 1344, 768)) == (as_file.headers["content-type"], shape(as_file.content))
    assert ("webp", 1344, 768) == shape(base64.b64decode(in_json.json()["image"]))


def test_prefer_decides_who_waits(vendor):
    """Without it the images are there at once; with it their address follows from the header Location."""
    http = vendor("presto")
    key = {"X-Presto-Key": "k"}
    at_once = http.post("/presto/jobs", json={"prompt": "A fox"}, headers=key)
    later = http.post("/presto/jobs", json={"prompt": "A fox", "n": 2}, headers={**key, "Prefer": "respond-async"})
    where = later.headers["location"]
    polls = [http.get(where, headers=key).json() for _ in range(3)]
    made = http.get(polls[-1]["output"], headers=key).json()["images"]

    assert (201, 1) == (at_once.status_code, len(at_once.json()["images"]))
    assert (202, ["queued", "working", "ready"]) == (later.status_code, [it["phase"] for it in polls])
    assert [0, 1] == [polls[0]["progress"], polls[2]["progress"]]
    assert 0 <= polls[1]["progress"] < 1
    assert polls[0]["created_ms"] >= 1_790_000_000_000
    assert [("png", 1024, 1024)] * 2 == [shape(http.get(it["url"]).content) for it in made]


def test_a_task_goes_on_from_another(vendor):
    """A refusal comes with 200 and a code of its own; a size has a star."""
    http = vendor("midway")
    key = {"api-secret": "k"}

    def made(path, body):
        task = http.post(f"/midway/submit/{path}", json=body, headers=key).json()["result"]
        polls = [http.get(f"/midway/task/{task}/fetch", headers=key).json() for _ in range(3)]
        assert "100%" == polls[-1]["progress"]
        return task, shape(http.get(polls[-1]["imageUrl"]).content)

    task, grid = made("imagine", {"prompt": "A cat", "size": "1024*768"})
    refused = http.post("/midway/submit/upscale", json={"taskId": "17", "index": 1}, headers=key)

    assert ("png", 1024, 768) == grid
    assert ("png", 2048, 2048) == made("upscale", {"taskId": task, "index": 4})[1]
    assert (200, 3) == (refused.status_code, refused.json()["code"])


def test_files_of_a_form_make_one_image(vendor):
    """202 until it is there, then the image itself; a file that is too small is refused."""
    http = vendor("basalt")
    layers = [("layers", ("a.png", image(f"png-{side}x{side}"), "image/png")) for side in (64, 128)]
    taken = http.post(
        "/basalt/compose?project=p", files=layers, data={"caption": "Two", "size": "800*600"}, auth=("me", "s")
    )
    small = [("layers", ("a.png", image("png-32x32"), "image/png"))]
    refused = http.post("/basalt/compose?project=p", files=small, data={"caption": "Two"}, auth=("me", "s"))
    polls = [http.get(taken.headers["location"], params={"project": "p"}, auth=("me", "s")) for _ in range(3)]

    assert [202, 202, 200] == [it.status_code for it in polls]
    assert ("png", 800, 600) == shape(polls[-1].content)
    assert (422, True) == (refused.status_code, "width" in refused.json()["fault"])


def test_images_that_fail_stand_beside_those_that_do_not(vendor):
    """Each failed one in the form that the contract has for it."""
    http = vendor("dash")
    ways = {"X-Dash-Async": "enable", "Authorization": "Bearer k"}
    body = {"model": "w-turbo", "input": {"prompt": "A tree"}, "parameters": {"n": 2, "size": "1024*768"}}
    path = "/dash/services/aigc/text2image/image-synthesis"
    task = http.post(path, json=body, headers={**ways, "Prefer": "fault=partial"}).json()["output"]["task_id"]
    over = [http.get(f"/dash/tasks/{task}", headers=ways).json()["output"] for _ in range(3)][-1]

    assert ("SUCCEEDED", {"TOTAL": 2, "SUCCEEDED": 1, "FAILED": 1}) == (over["task_status"], over["task_metrics"])
    assert ("png", 1024, 768) == shape(http.get(over["results"][0]["url"]).content)
    assert {"code", "message"} == over["results"][1].keys()
    assert "UNKNOWN" == http.get("/dash/tasks/none", headers=ways).json()["output"]["task_status"]


def test_states_and_ids_are_numbers_where_the_schema_says_so(vendor):
    """The id of the client's own leads to the job, and so does the number that the vendor gave it."""
    http = vendor("numeric")
    begun = http.put("/numeric/jobs/my-job-0002?key=k", data={"text": "A pond", "wide": "true"}).json()
    polls = [http.get(f"/numeric/jobs/{name}?key=k").json() for name in ("my-job-0002", begun["no"], begun["no"])]

    assert [0, 0, 1, 2] == [it["code"] for it in (begun, *polls)]
    assert isinstance(begun["no"], int)
    assert ("webp", 1024, 512) == shape(http.get(polls[-1]["files"]["a"]).content)
