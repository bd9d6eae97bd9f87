"""What is played leads to the mock, wherever the recorded response led."""

from __future__ import annotations

import json
from http.client import HTTPConnection

import pytest

import pixpact

BODY = {"model": "doubao-seedream-5-0", "prompt": "a kite"}
TASK = {"id": "task_img_aaaaaaaaaaaa", "object": "generation.task", "model": "doubao-seedream-5-0", "status": "queued"}
QUEUED = TASK | {"progress": 0, "created_at": 1790000000, "metadata": {}}
PATH = "/v1/images/generations"


def entry(second, url, status, body=None, method="POST", headers=(), **content):
    written = {"mimeType": "application/json", **({"text": json.dumps(body)} if body is not None else {}), **content}
    fields = [{"name": "Content-Type", "value": "application/json"}, *headers]
    posted = {"postData": {"mimeType": "application/json", "text": json.dumps(BODY)}} if method == "POST" else {}
    return {
        "startedDateTime": f"2026-09-21T10:00:{second:02}.000Z",
        "time": 1,
        "request": {"method": method, "url": url, "headers": fields, **posted},
        "response": {"status": status, "headers": fields, "content": written, "bodySize": -1},
    }


def location(url):
    return [{"name": "Location", "value": url}]


@pytest.fixture
def playing(tmp_path):
    """A mock that plays these entries and nothing else."""

    def make(*entries):
        path = tmp_path / "app.har"
        path.write_text(json.dumps({"log": {"version": "1.2", "creator": {"name": "x"}, "entries": list(entries)}}))
        return pixpact.mock("toapis", play=path, recorded_only=True)

    return make


def sent(mock, method="POST", path=PATH):
    """(status, Location, body) of a request that follows no redirect."""
    base = mock.url("toapis")
    host = base.removeprefix("http://").partition("/")[0]
    connection = HTTPConnection(host, timeout=20)
    headers = {"Authorization": "Bearer sk-test", "Content-Type": "application/json"}
    body = json.dumps(BODY) if method == "POST" else None
    connection.request(method, base.removeprefix(f"http://{host}") + path, body, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, response.getheader("location"), content


@pytest.mark.parametrize(
    "target",
    ["https://toapis.cn" + PATH, "https://toapis.com" + PATH, "//toapis.com" + PATH, PATH, "http://x:9/toapis" + PATH],
)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_leads_to_the_mock(playing, status, target):
    """Also one to another host of the vendor; whoever follows it gets what was recorded there."""
    first = entry(0, "https://toapis.com" + PATH, status, size=0, headers=location(target))
    second = entry(1, "https://toapis.cn" + PATH, 200, QUEUED)
    with playing(first, second) as mock:
        assert (status, mock.url("toapis") + PATH) == sent(mock)[:2]
        assert "queued" == json.loads(sent(mock)[2])["status"]


def test_the_address_of_a_task_has_its_new_id(playing):
    """A task has another id each time it is played."""
    made = entry(
        0, "https://toapis.com" + PATH, 200, QUEUED, headers=location(f"https://toapis.com{PATH}/{TASK['id']}")
    )
    with playing(made) as mock:
        _, where, content = sent(mock)

        assert f"{mock.url('toapis')}{PATH}/{json.loads(content)['id']}" == where
        assert TASK["id"] not in where


@pytest.mark.parametrize(
    ("status", "content"), [(304, {"text": ""}), (206, {"text": "{"}), (200, {"size": 0}), (200, {"size": -1})]
)
def test_what_was_not_recorded_whole_is_not_played(playing, status, content):
    """No 304 to who sent no validator, no empty body in place of one that was left out."""
    kept = entry(0, "https://toapis.com" + PATH, 200, QUEUED)
    poll = f"https://toapis.com{PATH}/{TASK['id']}"
    with playing(kept, entry(1, poll, status, method="GET", **content), entry(2, poll, 200, QUEUED, "GET")) as mock:
        task = json.loads(sent(mock)[2])["id"]

        assert [200, 200] == [sent(mock, "GET", f"{PATH}/{task}")[0] for _ in range(2)]


def test_a_recording_is_played_by_its_times(playing):
    """A recorder may write the newest first."""
    poll = f"https://toapis.com{PATH}/{TASK['id']}"
    running = QUEUED | {"status": "in_progress", "progress": 50}
    entries = [entry(0, "https://toapis.com" + PATH, 200, QUEUED)]
    entries += [entry(1, poll, 200, QUEUED, "GET"), entry(2, poll, 200, running, "GET")]
    with playing(*reversed(entries)) as mock:
        task = json.loads(sent(mock)[2])["id"]
        words = [json.loads(sent(mock, "GET", f"{PATH}/{task}")[2])["status"] for _ in range(2)]

        assert ["queued", "in_progress"] == words


def test_an_odd_entry_does_not_keep_the_others_from_being_played(playing):
    """It is left out."""
    with playing(None, {"request": None}, entry(0, "https://toapis.com" + PATH, 200, QUEUED)) as mock:
        assert 200 == sent(mock)[0]
