"""The life of tasks, in every pace, for every contract that has tasks."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

TOY = "fixtures/specs/toy.yaml"
ASYNC = ["apimart", "toapis", "apimart@2026-09", "apimart@observed", "toapis@observed"]
BODIES = {
    "apimart": {"model": "doubao-seedream-5-0-lite", "prompt": "A lighthouse", "n": 2},
    "toapis": {"model": "doubao-seedream-5-0", "prompt": "A lighthouse", "n": 2},
}
SUBMIT = "/v1/images/generations"


def submit(client, name, headers=None, **fields):
    body = BODIES[name.partition("@")[0]] | fields
    response = client.post(f"/{name}{SUBMIT}", body, headers=headers)
    assert response.status == 200, response.text
    return response.json


def poll(client, name, submitted):
    if name.startswith("apimart"):
        data = submitted["data"]
        task_id = data[0]["task_id"] if isinstance(data, list) else data["id"]
        return client.get(f"/{name}/v1/tasks/{task_id}").json["data"]
    return client.get(f"/{name}{SUBMIT}/{submitted['id']}").json


def route_of(client, contract):
    """The usual way and its longest duration."""
    lifecycle = next(iter(contract.lifecycles.values()))
    return lifecycle, sum((lifecycle.states[word].after or (0, 0))[1] for word in lifecycle.usual_path())


def urls(task):
    result = task["result"]
    images = result["images"] if "images" in result else result["data"]
    found = [image["url"] for image in images]
    return [url for entry in found for url in (entry if isinstance(entry, list) else [entry])]


@pytest.mark.parametrize("name", ASYNC)
def test_a_submission_answers_with_the_first_word_and_a_vendor_shaped_id(mocked, contract, name):
    """A submission shows the initial state, even where it lasts no time."""
    submitted = submit(mocked(name), name)

    text = str(submitted)
    assert contract(name).lifecycles["image"].initial in text
    assert re.search(r"task_[0-9A-Z]{26}|task_img_[0-9a-f]+|tsk_img_[0-9A-Z]{26}", text)


@pytest.mark.parametrize("name", ASYNC)
def test_one_x_passes_every_state_in_order(mocked, contract, name):
    """At 1x a task moves through the usual way, its progress never falls, and it ends in success."""
    client = mocked(name, pace="1x")
    lifecycle, longest = route_of(client, contract(name))
    submitted = submit(client, name)

    seen, progress = [], []
    for _ in range(int(longest * 4) + 2):
        task = poll(client, name, submitted)
        seen.append(task["status"])
        progress.append(task["progress"])
        client.advance(0.25)

    words = list(dict.fromkeys(seen))
    shown = [word for word in lifecycle.usual_path() if lifecycle.states[word].after != (0.0, 0.0)]
    assert words == shown
    assert progress == sorted(progress)
    assert progress[-1] == 100


@pytest.mark.parametrize("name", ASYNC)
def test_ten_x_takes_a_tenth_and_keeps_true_timestamps(mocked, name):
    """The same task ends ten times sooner at 10x; its times are those of the clock."""
    durations = {}
    for pace in ("1x", "10x"):
        client = mocked(name, pace=pace)
        submitted = submit(client, name)
        seconds = 0.0
        while poll(client, name, submitted)["status"] != "completed":
            client.advance(0.05)
            seconds += 0.05
        task = poll(client, name, submitted)
        created = task.get("created", task.get("created_at"))
        completed = task.get("completed", task.get("completed_at"))
        assert created == 1_790_000_000
        assert created <= completed <= created + seconds + 1
        durations[pace] = seconds

    assert durations["1x"] == pytest.approx(durations["10x"] * 10, rel=0.05, abs=0.6)


@pytest.mark.parametrize("name", ASYNC)
def test_instant_is_over_at_the_first_poll(mocked, name):
    """Under `instant` the first poll shows the outcome."""
    client = mocked(name, pace="instant")

    assert poll(client, name, submit(client, name))["status"] == "completed"


@pytest.mark.parametrize("name", ASYNC)
@pytest.mark.parametrize("polls", [0, 1, 2, 5])
def test_polls_counts_polls(mocked, name, polls):
    """Under `polls:N` exactly N looks show a task under way; time does not matter."""
    client = mocked(name, pace=f"polls:{polls}")
    submitted = submit(client, name)
    client.advance(86_000)

    words = [poll(client, name, submitted)["status"] for _ in range(polls + 2)]

    assert words[polls:] == ["completed", "completed"]
    assert "completed" not in words[:polls]


@pytest.mark.parametrize("name", ASYNC)
def test_manual_moves_only_with_the_clock(mocked, contract, name):
    """Under `manual` nothing happens until the clock endpoint moves time."""
    client = mocked(name, pace="manual")
    submitted = submit(client, name)
    _, longest = route_of(client, contract(name))
    first = poll(client, name, submitted)

    assert first == poll(client, name, submitted)
    response = client.post("/_pixpact/clock", {"advance": longest}, key=None)
    assert response.status == 200
    assert poll(client, name, submitted)["status"] == "completed"


@pytest.mark.parametrize("name", ASYNC)
def test_an_outcome_does_not_change(mocked, name):
    """A finished task is shown the same at every later look."""
    client = mocked(name, pace="instant")
    submitted = submit(client, name)
    first = poll(client, name, submitted)
    client.advance(3600)

    assert first == poll(client, name, submitted)


@pytest.mark.parametrize("name", ASYNC)
def test_a_failure_is_shown_as_the_vendor_shows_it_and_refunded(mocked, name):
    """`Prefer: state=failed` takes the way to failure; what was charged comes back then, not before."""
    client = mocked(name, pace="1x")
    before = client.get(f"/{name}/v1/balance").json["remain_balance"]
    submitted = submit(client, name, headers={"Prefer": "state=failed"})
    client.advance(3600)
    task = poll(client, name, submitted)

    assert task["status"] == "failed"
    assert "error" in task or "fail_reason" in task
    assert "result" not in task
    assert before == client.get(f"/{name}/v1/balance").json["remain_balance"]


def test_a_refund_waits_for_the_failure(mocked):
    """The charge of a task that will fail stands until it has failed."""
    client = mocked("apimart", pace="1x")
    submitted = submit(client, "apimart", headers={"Prefer": "state=failed"})
    charged = client.get("/apimart/v1/balance").json["used_balance"]
    client.advance(3600)

    assert charged > 0
    assert client.get("/apimart/v1/balance").json["used_balance"] == 0
    assert poll(client, "apimart", submitted).get("cost", 0) == 0


def test_a_refund_under_polls_comes_with_the_completing_poll(mocked):
    """Where looks decide, the poll that shows the failure gives the money back, once."""
    client = mocked("apimart", pace="polls:1")
    submitted = submit(client, "apimart", headers={"Prefer": "state=failed"})
    used = []
    for _ in range(4):
        poll(client, "apimart", submitted)
        used.append(client.get("/apimart/v1/balance").json["used_balance"])

    assert used[0] > 0
    assert used[1:] == [0, 0, 0]


def test_a_state_that_cannot_be_reached_is_reported(mocked):
    """`Prefer: state=` with a word the lifecycle does not lead to names the words it does."""
    client = mocked("apimart")
    response = client.post(f"/apimart{SUBMIT}", BODIES["apimart"], headers={"Prefer": "state=exploded"})

    assert response.status == 400
    assert "exploded" in response.json["detail"]
    assert "completed" in response.json["detail"]


def test_a_state_under_way_can_be_asked_to_last(mocked):
    """`Prefer: state=processing` makes a task that never ends."""
    client = mocked("apimart", pace="1x")
    submitted = submit(client, "apimart", headers={"Prefer": "state=processing"})
    client.advance(10_000_000)

    assert poll(client, "apimart", submitted)["status"] == "processing"


def test_tasks_belong_to_the_key_that_made_them(mocked):
    """Another account's key does not find a task; the same key does."""
    client = mocked("apimart", pace="instant")
    task_id = submit(client, "apimart")["data"][0]["task_id"]

    assert client.get(f"/apimart/v1/tasks/{task_id}").status == 200
    other = client.get(f"/apimart/v1/tasks/{task_id}", key="sk-other")
    assert other.status == 400
    assert "Invalid task ID" in other.text


def test_a_callers_own_reference_leads_to_the_task(mocked):
    """Every link of the submission is a way in: `client_business_id` too."""
    client = mocked("toapis", pace="instant")
    submitted = submit(client, "toapis", client_business_id="order-42")

    found = client.get(f"/toapis{SUBMIT}/order-42").json

    assert submitted["id"] == found["id"]
    assert found["client_business_id"] == "order-42"


def test_a_versioned_submission_leads_to_the_task_too(mocked):
    """The response chosen by header has another shape, and its link finds the same task."""
    client = mocked("apimart@2026-09", pace="instant")
    headers = {"X-APIMart-Response-Version": "2026-07-27"}
    submitted = submit(client, "apimart@2026-09", headers=headers)

    assert isinstance(submitted["data"], dict)
    assert poll(client, "apimart@2026-09", submitted)["status"] == "completed"


def test_ids_are_never_given_twice(mocked):
    """Neither a second task nor a reset brings an id back."""
    client = mocked("apimart")
    first = [submit(client, "apimart")["data"][0]["task_id"] for _ in range(20)]
    client.post("/_pixpact/reset", {"what": "all"}, key=None)
    second = [submit(client, "apimart")["data"][0]["task_id"] for _ in range(20)]

    assert len({*first, *second}) == 40


def test_the_oldest_tasks_make_room(mocked):
    """Memory is bounded: beyond the limit the oldest task is forgotten, the newest is kept."""
    client = mocked("apimart", pace="instant")
    client.context.store._most_tasks = 3
    ids = [submit(client, "apimart")["data"][0]["task_id"] for _ in range(5)]
    statuses = [client.get(f"/apimart/v1/tasks/{task_id}").status for task_id in ids]

    assert statuses == [400, 400, 200, 200, 200]


def test_images_inside_a_request_are_not_kept_with_the_task(mocked):
    """A data URI of a megabyte does not stay in memory for as long as its task."""
    import base64
    from io import BytesIO

    from PIL import Image

    client = mocked("apimart", pace="instant")
    stream = BytesIO()
    Image.effect_noise((700, 700), 90).save(stream, "PNG")
    uri = "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
    submit(client, "apimart", image_urls=[uri])

    (kept,) = asyncio.run(client.context.store.tasks())
    assert len(uri) > 100_000
    assert len(str(kept.request.body)) < 2_000


def test_long_requests_make_room_too(mocked):
    """Memory is bounded in bytes as well: a few enormous prompts push older tasks out."""
    client = mocked("apimart", pace="instant")
    client.context.store._most_task_bytes = 100_000
    for _ in range(8):
        submit(client, "apimart", prompt="x" * 30_000)

    assert 3 == len(client.context.store._tasks.rows)


def test_a_reference_with_reserved_characters_leads_to_its_task(mocked):
    """A slash or a percent sign in a caller's own id is part of it."""
    client = mocked("toapis", pace="instant")
    for reference, path in (("a/b", "a%2Fb"), ("100%", "100%25"), ("a%41", "a%2541"), ("\u732b", "%E7%8C%AB")):
        submitted = submit(client, "toapis", client_business_id=reference)
        assert submitted["id"] == client.get(f"/toapis{SUBMIT}/{path}").json["id"]


def test_no_two_tasks_of_a_key_have_one_id(mocked, tmp_path):
    """Also where the contract's ids are so short that a draw soon comes twice."""
    spec = tmp_path / "brief.yaml"
    spec.write_text(Path(TOY).read_text().replace("dr_8fK2mQ", "dr_8f"))
    client = mocked(str(spec))
    headers = {"X-Api-Key": "sk-test"}
    body = {"model": "crayon-1", "prompt": "A kite"}
    names = [client.post("/brief/v2/drawings", body, headers=headers).json["drawing"] for _ in range(100)]

    assert 100 == len(set(names)), names
    assert 100 == sum(client.get(f"/brief/v2/drawings/{name}", headers=headers).status == 200 for name in names)
