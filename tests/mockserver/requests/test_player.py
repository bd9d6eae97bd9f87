"""A recording is answered as it was recorded, with ids, times and addresses of the mock that plays it."""

from __future__ import annotations

import json
from base64 import b64encode
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
import yaml
from PIL import Image

from pixpact.mockserver.playback.recording import Recording
from pixpact.wire.har import from_har, to_har

ROOT = Path(__file__).parents[3]
SUBMIT = "/apimart/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite"}
ARK = {"model": "seedream-5-0-260128", "prompt": "A kite", "size": "1280x720"}
STARTED = "2026-01-01T00:00:00.000Z"


def image(kind="PNG", size=(64, 48)):
    stream = BytesIO()
    Image.new("RGB", size, "teal").save(stream, kind)
    return stream.getvalue()


def size_of(content):
    return Image.open(BytesIO(content)).size


def recording_of(client, **options):
    """What a client's mock recorded, through a file and back."""
    document = json.loads(json.dumps(to_har(client.journal(), creator_version="1")))
    return Recording(from_har(document), **options)


def entry(method, url, body=None, reply=None, *, status=200, kind="application/json", **response):
    """One entry as a browser writes it: with HTTP/2 names, without much else."""
    request = {"method": method, "url": url, "headers": [{"name": ":method", "value": method}]}
    if body is not None:
        request["headers"].append({"name": "content-type", "value": "application/json"})
        request["postData"] = {"mimeType": "application/json", "text": json.dumps(body)}
    headers = [{"name": "Content-Type", "value": kind}, {"name": "content-encoding", "value": "br"}]
    content = {"mimeType": kind}
    if isinstance(reply, bytes):
        content |= {"text": b64encode(reply).decode(), "encoding": "base64"}
    else:
        content["text"] = reply if isinstance(reply, str) else json.dumps(reply)
    response = {"status": status, "headers": headers, "content": content, **response}
    return {"startedDateTime": STARTED, "time": 5, "request": request, "response": response}


def browsed(*entries, **options):
    return Recording(from_har({"log": {"entries": list(entries)}}), **options)


VENDOR = "https://api.apimart.ai"
CDN = "https://cdn.example/result/"


def task(status, **fields):
    return {"code": 200, "data": {"id": "task_RECORDED", "status": status, "created": 1_700_000_000, **fields}}


def images(*names):
    return {"images": [{"url": [f"{CDN}{name}"], "expires_at": 1_700_086_400} for name in names]}


ACCEPTED = {"code": 200, "data": [{"status": "submitted", "task_id": "task_RECORDED"}]}
DONE = task("completed", progress=100, completed=1_700_000_030, actual_time=30, cost=0.02, result=images("a.png"))


def session(*responses, body=BODY, **options):
    """A recorded task: its submission, and these responses to looks at it."""
    polls = [entry("GET", f"{VENDOR}/v1/tasks/task_RECORDED", reply=response) for response in responses]
    return browsed(entry("POST", f"{VENDOR}/v1/images/generations", body, ACCEPTED), *polls, **options)


def submitted(client, body=BODY, **options):
    return client.post(SUBMIT, body, **options).json["data"][0]["task_id"]


def poll(client, task_id, **options):
    return client.get(f"/apimart/v1/tasks/{task_id}", **options)


# ---------------------------------------------------------------------- our own recordings

CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}:{case['name']}")
    for path in sorted((ROOT / "fixtures/requests").glob("*.yaml"))
    if "@" not in path.stem
    for case in yaml.safe_load(path.read_text())
    if "b64_json" not in str(case)  # painting takes its time: one test below is enough
    and not ("refused" in case and "base64," in str(case))  # such a refusal quotes what a journal leaves out
]


def carried_out(client, name, operation, case):
    """Send one request of the corpus, look three times at what it started; every response."""
    responses = [client.post(f"/{name}{operation.path}", case["body"], headers=case.get("headers"))]
    links = [link for response in operation.responses for link in response.links]
    found = {"apimart": ("data", 0, "task_id"), "toapis": ("id",)}
    if responses[0].status < 300 and links:
        task_id = responses[0].json
        for step in found[name]:
            task_id = task_id[step]
        path = "/apimart/v1/tasks/" if name == "apimart" else f"/{name}{operation.path}/"
        responses += [client.get(path + task_id) for _ in range(3)]
    return [(reply.status, reply.headers["content-type"], reply.body) for reply in responses]


@pytest.mark.sweep
@pytest.mark.parametrize(("name", "case"), CASES)
def test_with_the_same_seed_and_time_a_recording_plays_itself(mocked, contract, name, case):
    """Every request of the corpus, accepted or refused: the same bytes, and none of them from the contract."""
    operation = contract(name).operation(case.get("operation", "createImage"))
    recorder = mocked(name, pace="polls:2")
    before = carried_out(recorder, name, operation, case)
    player = mocked(name, pace="instant", recording=recording_of(recorder, only=True))

    assert before == carried_out(player, name, operation, case)
    assert len(before) == len([it for it in player.context.journal if it.note.get("recorded", "no") != "no"])


def test_images_in_the_response_are_painted_again(mocked):
    """The journal keeps no base64; the image that is played has the size of the one that was recorded."""
    body = ARK | {"response_format": "b64_json"}
    recorder = mocked("apiyi", pace="instant")
    before = recorder.post("/apiyi/v1/images/generations", body).json
    player = mocked("apiyi", recording=recording_of(recorder, only=True), seed=5)
    after = player.post("/apiyi/v1/images/generations", body).json

    assert "sha256" not in str(after)
    assert before.keys() == after.keys()
    assert before["data"][0]["size"] == after["data"][0]["size"] == "1280x720"
    assert before["data"][0]["b64_json"] != after["data"][0]["b64_json"]


def test_a_stream_is_played_as_a_stream(mocked):
    """Its events come in their order, with addresses that work here."""
    body = ARK | {"stream": True}
    recorder = mocked("apiyi", pace="instant")
    before = recorder.post("/apiyi/v1/images/generations", body)
    player = mocked("apiyi", recording=recording_of(recorder, only=True), seed=5)
    after = player.post("/apiyi/v1/images/generations", body)
    url = json.loads(after.text.split("data: ")[1].split("\n")[0])["url"]

    assert "text/event-stream" == after.headers["content-type"]
    assert before.text.count("event: ") == after.text.count("event: ")
    assert before.text != after.text
    assert 200 == player.get(url, key=None).status


# ---------------------------------------------------------------------- matching


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": "A kite", "model": "doubao-seedream-5-0-lite"},
        BODY | {"n": 1},
        BODY | {"n": 1.0, "resolution": "2K"},
        BODY | {"size": None},
    ],
)
def test_requests_that_mean_the_same_are_the_same(mocked, body):
    """The order of fields, defaults that are written out, and nulls do not count."""
    player = mocked("apimart", recording=session(DONE, only=True))

    assert 200 == player.post(SUBMIT, body).status


def test_a_miss_says_which_field_differed(mocked):
    """A request that was not recorded is refused, with the nearest that was."""
    player = mocked("apimart", recording=session(DONE, only=True))
    response = player.post(SUBMIT, BODY | {"prompt": "A kite!", "seed": 3})

    assert 404 == response.status
    assert {
        ("body/prompt", "A kite", "A kite!"),
        ("body/seed", None, 3),
    } == {
        (difference["place"], difference.get("expected"), difference.get("actual"))
        for difference in response.json["differences"]
    }
    assert 1 == response.json["nearest"]["exchange"]
    assert 'body/prompt: expected "A kite", got "A kite!"' in response.json["detail"]


def test_an_operation_that_was_never_recorded_is_said_to_be_such(mocked):
    """There is no nearest request then."""
    response = mocked("apimart", recording=session(DONE, only=True)).get("/apimart/v1/balance")

    assert 404 == response.status
    assert "no request of getBalance was recorded" in response.json["detail"]


def test_what_was_not_recorded_is_the_contracts_to_response(mocked):
    """Without the flag a mock that plays is still a whole mock."""
    player = mocked("apimart", pace="instant", recording=session(task("failed")))
    other = submitted(player, BODY | {"prompt": "A boat"})

    assert "completed" == poll(player, other).json["data"]["status"]
    assert 400 == player.post(SUBMIT, BODY | {"n": 99}).status


def test_several_that_match_response_in_their_order(mocked):
    """The last repeats; a reset of the recording begins again."""
    recording = browsed(
        *(entry("GET", f"{VENDOR}/v1/balance", reply={"balance": number}) for number in (3, 2, 1)), only=True
    )
    player = mocked("apimart", recording=recording)

    def balances():
        return [player.get("/apimart/v1/balance").json["balance"] for _ in range(4)]

    assert [3, 2, 1, 1] == balances()
    player.post("/_pixpact/reset", {"what": "tasks"}, key=None)
    assert 1 == player.get("/apimart/v1/balance").json["balance"]
    player.post("/_pixpact/reset", {"what": "recording"}, key=None)
    assert [3, 2, 1, 1] == balances()


def test_the_key_is_not_in_the_recording(mocked):
    """A request without one is refused as the contract says, whatever was recorded."""
    assert 401 == mocked("apimart", recording=session(DONE, only=True)).post(SUBMIT, BODY, key=None).status


@pytest.mark.parametrize(
    ("headers", "status"), [({"Prefer": "code=429"}, 429), ({"Prefer": "fault=server-error"}, 500)]
)
def test_what_a_request_asks_for_comes_first(mocked, headers, status):
    """A preference or a fault is not overruled by a recording."""
    player = mocked("apimart", recording=session(DONE, only=True))

    assert status == player.post(SUBMIT, BODY, headers=headers).status
    assert 200 == player.post(SUBMIT, BODY).status


def test_what_a_fault_asks_for_a_task_comes_first(mocked):
    """A task that shall fail is the contract's."""
    player = mocked("apimart", pace="instant", recording=session(DONE))
    found = submitted(player, headers={"Prefer": "state=failed"})

    assert "failed" == poll(player, found).json["data"]["status"]


def test_a_refusal_is_played_too(mocked):
    """Also one that the contract knows nothing of; nothing is charged, no task is made."""
    recording = browsed(entry("POST", f"{VENDOR}/v1/images/generations", BODY, {"oops": 1}, status=418))
    player = mocked("apimart", recording=recording)
    response = player.post(SUBMIT, BODY)

    assert (418, {"oops": 1}) == (response.status, response.json)
    assert [] == player.context.ledger.charges()


def test_a_request_that_the_contract_refuses_is_played_as_it_was_accepted(mocked):
    """The recording knows better what the vendor took."""
    body = BODY | {"n": 99}
    player = mocked("apimart", recording=session(DONE, body=body, only=True))

    assert "completed" == poll(player, submitted(player, body)).json["data"]["status"]


def test_a_fault_spoils_a_played_response(mocked):
    """What was recorded goes out the way a fault leaves it, and the journal says so."""
    player = mocked("apimart", recording=session(DONE, only=True))
    player.post("/_pixpact/faults", {"fault": "two-json-objects", "times": 1}, key=None)
    spoiled, whole = player.post(SUBMIT, BODY), player.post(SUBMIT, BODY)
    notes = [it.note for it in player.context.journal]

    assert spoiled.text.startswith('{"code":200') or spoiled.text.startswith('{"code": 200')
    assert "}{" in spoiled.text.replace("\n", "")
    assert 200 == whole.json["code"]
    assert [("two-json-objects", "1"), (None, "1")] == [(note.get("fault"), note["recorded"]) for note in notes]


def test_an_idempotency_key_is_kept_while_playing(mocked):
    """The same key gives the response that was given, and no second task; another gives the next one recorded."""
    client = mocked("apimart@2026-09", recording=session(DONE))
    url = "/apimart/v1/images/generations"
    first, again, other = (client.post(url, BODY, headers={"Idempotency-Key": key}) for key in ("k-1", "k-1", "k-2"))

    assert first.json == again.json != other.json
    assert 2 == len(client.get("/_pixpact/tasks", key=None).json["tasks"])


# ---------------------------------------------------------------------- tasks


def test_polls_walk_along_the_recorded_task(mocked):
    """One response for each poll, errors included, and the last repeats; whatever the pace."""
    gateway = entry(
        "GET", f"{VENDOR}/v1/tasks/task_RECORDED", reply="<html>", status=502, kind="text/html", statusText="x"
    )
    first, *rest = [
        entry("GET", f"{VENDOR}/v1/tasks/task_RECORDED", reply=response)
        for response in (task("pending", progress=0), task("processing", progress=60), DONE)
    ]
    start = entry("POST", f"{VENDOR}/v1/images/generations", BODY, ACCEPTED)
    player = mocked("apimart", pace="1x", recording=browsed(start, first, gateway, *rest, only=True))
    found = submitted(player)
    responses = [poll(player, found) for _ in range(5)]

    assert [200, 502, 200, 200, 200] == [response.status for response in responses]
    assert "<html>" == responses[1].text
    assert [("pending", 0), ("processing", 60), ("completed", 100), ("completed", 100)] == [
        (response.json["data"]["status"], response.json["data"]["progress"])
        for response in responses
        if response.status == 200
    ]


def test_ids_and_times_are_of_now_and_the_rest_is_recorded(mocked):
    """Every bound id, time and address is another; what the vendor said besides stays."""
    player = mocked("apimart", recording=session(task("processing"), DONE, only=True))
    now = int(player.context.clock.now())
    first, second = submitted(player), submitted(player)
    poll(player, first)
    player.advance(40)
    data = poll(player, first).json["data"]

    assert "task_RECORDED" != first != second
    assert data["id"] == first
    assert (now, now + 40, 40) == (data["created"], data["completed"], data["actual_time"])
    assert 0.02 == data["cost"]
    assert "cdn.example" not in str(data)
    assert data["result"]["images"][0]["expires_at"] > now + 40


def test_each_submission_has_polls_of_its_own(mocked):
    """Two tasks of one recording do not hurry each other on."""
    player = mocked("apimart", recording=session(task("pending"), DONE, only=True))
    one, two = submitted(player), submitted(player)

    assert ["pending", "completed"] == [poll(player, one).json["data"]["status"] for _ in range(2)]
    assert "pending" == poll(player, two).json["data"]["status"]


def test_a_played_task_belongs_to_its_key(mocked):
    """Another key does not find it."""
    player = mocked("apimart", recording=session(DONE))
    found = submitted(player)

    assert poll(player, found, key="sk-other").status >= 400
    assert 200 == poll(player, found).status


def test_a_task_that_was_never_looked_at_lives_by_the_contract(mocked):
    """Only its submission was recorded."""
    player = mocked("apimart", pace="instant", recording=session())

    assert "completed" == poll(player, submitted(player)).json["data"]["status"]


def test_a_recording_that_ends_under_way_stays_there(mocked):
    """Nothing is made up."""
    player = mocked("apimart", recording=session(task("pending"), task("processing"), only=True))
    found = submitted(player)

    assert ["pending", "processing", "processing"] == [poll(player, found).json["data"]["status"] for _ in range(3)]


def test_a_word_that_the_contract_does_not_know_is_played(mocked):
    """A drift that was recorded can be developed against, images included."""
    data = task("SUCCEEDED", result=images("a.png"))
    player = mocked("apimart", recording=session(task("RUNNING"), data, only=True))
    found = submitted(player)
    responses = [poll(player, found).json["data"] for _ in range(2)]

    assert ["RUNNING", "SUCCEEDED"] == [response["status"] for response in responses]
    assert 200 == player.get(responses[1]["result"]["images"][0]["url"][0], key=None).status


def test_a_played_task_is_charged_as_the_contract_says(mocked):
    """The money of a mock is its own; a failure is refunded when it is seen."""
    player = mocked("apimart", recording=session(task("processing"), task("failed", error={"message": "no"})))
    found = submitted(player)
    before = [charge.intent for charge in player.context.ledger.charges()]
    poll(player, found)
    poll(player, found)

    assert ["reserve"] == before
    assert ["reserve", "refund"] == [charge.intent for charge in player.context.ledger.charges()]


def test_a_key_that_cannot_pay_is_refused(mocked):
    """A balance that was asked for is not overruled by a recording."""
    player = mocked("apimart", keys={"sk-test": Decimal("0.001")}, recording=session(DONE))

    assert 402 == player.post(SUBMIT, BODY).status


# ---------------------------------------------------------------------- images and uploads


def test_a_recorded_image_is_served(mocked):
    """The bytes that a browser saw come back under an address of this mock."""
    content = image()
    recording = browsed(
        entry("POST", f"{VENDOR}/v1/images/generations", BODY, ACCEPTED),
        entry("GET", f"{VENDOR}/v1/tasks/task_RECORDED", reply=DONE),
        entry("GET", f"{CDN}a.png", reply=content, kind="image/png"),
        only=True,
    )
    player = mocked("apimart", recording=recording)
    response = player.get(poll(player, submitted(player)).json["data"]["result"]["images"][0]["url"][0], key=None)

    assert (200, "image/png", content) == (response.status, response.headers["content-type"], response.body)


def test_an_image_whose_bytes_are_missing_is_painted(mocked):
    """As large as the contract promises, and in the format that its address tells."""
    player = mocked("apimart", recording=session(DONE, body=BODY | {"size": "16:9"}, only=True))
    found = submitted(player, BODY | {"size": "16:9"})
    response = player.get(poll(player, found).json["data"]["result"]["images"][0]["url"][0], key=None)
    width, height = size_of(response.body)

    assert "image/png" == response.headers["content-type"]
    assert 16 / 9 == pytest.approx(width / height, rel=0.05)


def test_as_many_images_as_were_recorded(mocked):
    """Where the model decides, the recording says how many it made."""
    done = task("completed", result=images("a.png", "b.png", "c.png"))
    player = mocked("apimart", recording=session(done, only=True))
    found = poll(player, submitted(player)).json["data"]["result"]["images"]

    assert 3 == len({it["url"][0] for it in found})
    assert [200] * 3 == [player.get(it["url"][0], key=None).status for it in found]


def test_an_upload_and_what_uses_it_are_played(mocked):
    """The address of an upload is another one each time, and stands for the same file."""
    form = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="cat.png"\r\nContent-Type: image/png\r\n\r\n'
        + image()
        + b"\r\n--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}

    def both(client, opened=None):
        response = client.post("/apimart/v1/uploads/images", content=form, headers=headers)
        url = opened or response.json["url"]
        return url, client.post(SUBMIT, BODY | {"image_urls": [url]})

    recorder = mocked("apimart", pace="instant")
    before, _ = both(recorder)
    player = mocked("apimart", recording=recording_of(recorder, only=True), seed=9)
    after, response = both(player)

    assert before != after
    assert 200 == response.status
    assert 200 == player.get(after, key=None).status
    assert 404 == both(player, "https://example.com/cat.png")[1].status


def test_a_result_that_is_sent_back_is_recognised(mocked):
    """An edit of an image that was made before matches, though its address is another one."""

    def twice(client):
        url = poll(client, submitted(client)).json["data"]["result"]["images"][0]["url"][0]
        return client.post(SUBMIT, BODY | {"image_urls": [url]})

    recorder = mocked("apimart", pace="instant")
    twice(recorder)
    player = mocked("apimart", recording=recording_of(recorder, only=True), seed=9)

    assert 200 == twice(player).status


def test_images_in_a_request_are_compared_by_what_they_are(mocked):
    """A recording holds what identifies a data URI; another image is another request."""

    def edit(client, colour):
        stream = BytesIO()
        Image.new("RGB", (64, 48), colour).save(stream, "PNG")
        uri = "data:image/png;base64," + b64encode(stream.getvalue()).decode()
        return client.post(SUBMIT, BODY | {"image_urls": [uri]}).status

    recorder = mocked("apimart")
    edit(recorder, "teal")
    player = mocked("apimart", recording=recording_of(recorder, only=True))

    assert 200 == edit(player, "teal")
    assert 404 == edit(player, "red")


# ---------------------------------------------------------------------- what is in a recording


def test_what_cannot_be_played_is_reported(mocked, contract):
    """A response that never came, or was cut; what belongs to others is passed over."""
    recording = browsed(
        entry("GET", f"{VENDOR}/v1/balance", reply={"balance": 1}, status=0),
        entry("GET", f"{VENDOR}/v1/balance", reply={"balance": 1}) | {"_pixpact": {"truncated": "response"}},
        entry("GET", "https://other.example/v1/nothing", reply={}),
        entry("GET", f"{VENDOR}/v1/balance", reply={"balance": 7}),
    )
    found = recording.of(contract("apimart"))

    assert [4] == [it.number for it in found.entries]
    assert {
        1: "GET /v1/balance: no response was recorded",
        2: "GET /v1/balance: its response was not recorded completely",
    } == found.left_out


def test_headers_that_are_not_the_vendors_words_are_left_out(mocked):
    """The body is played uncoded, with its own length; what the vendor said stays."""
    odd = entry("GET", f"{VENDOR}/v1/balance", reply={"balance": 1})
    odd["response"]["headers"] += [{"name": "Retry-After", "value": "7"}, {"name": "Set-Cookie", "value": "a=b"}]
    response = mocked("apimart", recording=browsed(odd)).get("/apimart/v1/balance")

    assert "7" == response.headers["retry-after"]
    assert not {"set-cookie", "content-encoding"} & response.headers.keys()
    assert str(len(response.body)) == response.headers["content-length"]


def test_one_recording_serves_several_contracts(mocked):
    """Each exchange goes where its host or its prefix leads."""
    other = entry("GET", "http://127.0.0.1:1/toapis/v1/balance", reply={"balance": 5})
    player = mocked("apimart", "toapis", recording=browsed(entry("GET", f"{VENDOR}/v1/balance", reply={"b": 1}), other))

    assert {"b": 1} == player.get("/apimart/v1/balance").json
    assert {"balance": 5} == player.get("/toapis/v1/balance").json


def test_a_recording_without_headers_will_do(mocked):
    """Some tools leave them out; JSON is known by its look."""
    entries = [
        entry("POST", f"{VENDOR}/v1/images/generations", BODY, ACCEPTED),
        entry("GET", f"{VENDOR}/v1/tasks/task_RECORDED", reply=DONE),
    ]
    for it in entries:
        it["request"]["headers"], it["response"]["headers"] = [], []
    player = mocked("apimart", recording=browsed(*entries, only=True))
    found = submitted(player, BODY | {"n": 1})

    assert found == poll(player, found).json["data"]["id"] != "task_RECORDED"


def test_request_ids_in_headers_are_new_ones(mocked):
    """A header that the contract binds to the request's id has another value each time; others stay."""
    recorder = mocked("apimart", pace="instant")
    recorder.post(SUBMIT, BODY)
    player = mocked("apimart", recording=recording_of(recorder, only=True), seed=5)
    names = [next(iter(recorder.journal())).response_header("x-oneapi-request-id")]
    names += [player.post(SUBMIT, BODY).headers["x-oneapi-request-id"] for _ in range(2)]

    assert 3 == len(set(names))
    assert {len(names[0])} == {len(name) for name in names}
