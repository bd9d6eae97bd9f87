"""What the console asks of the control side: files under a strict policy, events, tasks by hand, contracts, money."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from pixpact.mockserver.console.events import MOST_ROWS, Following
from pixpact.mockserver.console.exchanges import MOST_TEXT

ROOT = Path(__file__).parent.parent.parent
STATIC = ROOT / "mockserver" / "console" / "static"
VENDOR = STATIC / "vendor"
BODY = {"model": "doubao-seedream-5-0", "prompt": "A red kite", "n": 2}
IMAGES = "/toapis/v1/images/generations"


def written(following):
    """The events that are new, as they are sent."""
    return asyncio.run(following.events())


def events_of(following):
    """(name, id, data) of each event that is new."""
    text = b"".join(written(following)).decode()
    found = []
    for block in filter(None, text.split("\n\n")):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        found.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
    return found


def numbers(events):
    return [row["number"] for name, _, rows in events if name == "exchanges" for row in rows]


def gallery(client):
    return client.get("/_pixpact/gallery").json["tasks"]


# ---------------------------------------------------------------------- files


def test_the_page_comes_under_a_strict_policy(mocked):
    """No inline script or style, and nothing of another host."""
    page = mocked("toapis").get("/_pixpact/")
    policy = page.headers["content-security-policy"]

    assert (200, "nosniff") == (page.status, page.headers["x-content-type-options"])
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'"} <= set(policy.split("; "))
    assert "unsafe" not in policy
    assert [] == re.findall(r"<script>|<style|\son\w+=|https?://", page.text)


def test_every_file_is_served_and_refers_to_nothing_outside(mocked):
    """Scripts import files that are there; no address leads away."""
    client = mocked("toapis")
    for path in STATIC.rglob("*"):
        if path.suffix in (".js", ".mjs", ".css", ".svg"):
            name = path.relative_to(STATIC).as_posix()
            served = client.get(f"/_pixpact/console/{name}")
            assert (200, path.read_bytes()) == (served.status, served.body)
            own = "" if path.parent == VENDOR else re.sub(r"http://www\.w3\.org/2000/svg", "", path.read_text())
            assert [] == re.findall(r"https?://\S+", own)
            imports = re.findall(r'from ?"(\.[^"]+)"', path.read_text())
            assert [] == [it for it in imports if not (path.parent / it).exists()]


def test_a_file_that_did_not_change_is_not_sent_again(mocked):
    """By its entity tag."""
    client = mocked("toapis")
    first = client.get("/_pixpact/console/app.js")

    assert 304 == client.get("/_pixpact/console/app.js", headers={"If-None-Match": first.headers["etag"]}).status


@pytest.mark.parametrize("name", ["../pages.py", "..%2Fpages.py", "nothing.js", "vendor/../../pages.py"])
def test_no_other_file_is_served(mocked, name):
    """Whatever dots are in its name."""
    assert 404 == mocked("toapis").get(f"/_pixpact/console/{name}").status


def test_the_libraries_are_those_of_the_registry(npm_project):
    """Byte for byte what npm has; of the hooks only the name of their import is another."""
    modules = npm_project(ROOT / "tests" / "console" / "npm") / "node_modules"
    hooks = (modules / "preact/hooks/dist/hooks.mjs").read_text().replace('from"preact"', 'from"./preact.mjs"')

    assert (modules / "preact/dist/preact.mjs").read_text() == (VENDOR / "preact.mjs").read_text()
    assert (modules / "htm/dist/htm.mjs").read_text() == (VENDOR / "htm.mjs").read_text()
    assert hooks == (VENDOR / "hooks.mjs").read_text()
    assert (modules / "preact/LICENSE").read_text() == (VENDOR / "LICENSE-preact").read_text()
    assert (modules / "htm/LICENSE").read_text() == (VENDOR / "LICENSE-htm").read_text()


def test_a_page_of_another_origin_sees_nothing(mocked):
    """As everything of the control side."""
    client = mocked("toapis")
    foreign = {"Origin": "https://elsewhere.example"}

    paths = ("", "events", "gallery", "accounts", "contracts", "exchanges/1")
    assert {403} == {client.get(f"/_pixpact/{path}", headers=foreign).status for path in paths}


# ---------------------------------------------------------------------- events


def test_events_begin_with_what_is_kept_and_go_on_with_what_is_new(mocked):
    """Each exchange once, with its number; nothing when nothing happened."""
    client = mocked("toapis")
    client.post(IMAGES, BODY)
    following = Following(client.context)
    first = events_of(following)
    nothing = written(following)
    client.post(IMAGES, BODY)

    assert ["reset", "clock", "exchanges"] == [name for name, _, _ in first]
    assert ([1], [], [2]) == (numbers(first), nothing, numbers(events_of(following)))


def test_events_are_resumed_after_the_last_one(mocked):
    """Only what came since; after a reset of the journal everything, and the page is told to forget."""
    client = mocked("toapis")
    client.post(IMAGES, BODY)
    last = events_of(Following(client.context))[-1][1]
    client.post(IMAGES, BODY)
    resumed = events_of(Following(client.context, last))
    client.post("/_pixpact/reset", {"what": "journal"})
    client.post(IMAGES, BODY)
    afterwards = events_of(Following(client.context, last))

    assert (["clock", "exchanges"], [2]) == ([name for name, _, _ in resumed], numbers(resumed))
    assert ("reset", [1]) == (afterwards[0][0], numbers(afterwards))


def test_a_burst_comes_in_bounded_events(mocked):
    """The oldest first and each once; whoever opens a console gets at once what is kept."""
    client = mocked("toapis")
    client.post(IMAGES, BODY)
    following = Following(client.context)
    written(following)
    for _ in range(2 * MOST_ROWS + 1):
        client.post(IMAGES, BODY)
    events = [numbers(events_of(following)) for _ in range(3)]

    assert [MOST_ROWS, MOST_ROWS, 1] == [len(event) for event in events]
    assert list(range(2, 2 * MOST_ROWS + 3)) == [number for event in events for number in event]
    assert 2 * MOST_ROWS + 2 == len(numbers(events_of(Following(client.context))))


def test_a_key_is_not_shown_where_a_request_is_cut(mocked):
    """The row of a long request ends in the middle of a key that its prompt repeats."""
    client = mocked("toapis", key="sk-of-somebody-else")
    client.post(IMAGES, {"prompt": "." * (MOST_TEXT - 18) + "sk-of-somebody-else", "model": BODY["model"]})
    seen = b"".join(written(Following(client.context)))

    assert b"....." in seen
    assert b"sk-of" not in seen


def test_what_was_under_way_comes_when_it_is_over(mocked):
    """It is not passed over when later ones end before it, nor lost to who resumes meanwhile."""
    client = mocked("toapis")
    client.post(IMAGES, BODY)
    journal = client.context.journal
    (first,) = journal.places()
    place = journal.keep_place()
    client.post(IMAGES, BODY)
    following = Following(client.context)
    before = events_of(following)
    journal.add(first.read(), place=place)

    assert ([1, 3], "0-1") == (numbers(before), before[-1][1])
    assert [2] == numbers(events_of(following))
    assert [2, 3] == numbers(events_of(Following(client.context, before[-1][1])))


def test_events_report_the_clock_when_it_moves(mocked):
    """A standing one when it is advanced."""
    client = mocked("toapis")
    following = Following(client.context)
    written(following)
    client.post("/_pixpact/clock", {"advance": 90})
    ((name, _, clock),) = events_of(following)

    assert ("clock", client.context.clock.now(), True) == (name, clock["now"], clock["standing"])


def test_no_secret_is_in_rows_or_exchanges(mocked):
    """Neither the key nor what a field of a secret name holds."""
    client = mocked("toapis", key="sk-of-somebody")
    client.post(IMAGES, BODY | {"api_key": "hidden-value", "prompt": "my key is sk-of-somebody"})
    seen = b"".join(written(Following(client.context))) + client.get("/_pixpact/exchanges/1").body
    seen += client.get("/_pixpact/exchanges/1.har").body

    assert not re.search(rb"sk-of-somebody|hidden-value", seen)
    assert 404 == client.get("/_pixpact/exchanges/9").status


def test_an_exchange_shows_what_it_breaks_and_what_nobody_reads(mocked):
    """Each rule with its line and source; fields by their dotted paths."""
    client = mocked("toapis")
    client.post(IMAGES, BODY | {"n": 99, "siez": "1:1", "metadata": {"resolutoin": "2K"}})
    judgement = client.get("/_pixpact/exchanges/1").json["judgement"]
    violation, _together = judgement["violations"]
    line = (ROOT / "specs/vendors/toapis.yaml").read_text().splitlines()[violation["line"] - 1]

    assert ["siez", "metadata.resolutoin"] == judgement["unread"]
    assert ("n", "toapis.yaml", "seed") == (violation["field"], violation["file"], violation["source"])
    assert "maximum: 15" in line


# ---------------------------------------------------------------------- tasks


def test_a_task_is_put_into_a_state_and_goes_on_from_there(mocked):
    """The vendor shows it, and in time it comes to its usual end."""
    client = mocked("toapis", pace="1x")
    task = client.post(IMAGES, BODY).json["id"]
    pushed = client.post(f"/_pixpact/tasks/{task}/state", {"state": "in_progress"})
    shown = client.get(f"{IMAGES}/{task}").json["status"]
    client.advance(31)

    assert (200, "in_progress", ["completed", "failed"]) == (pushed.status, shown, pushed.json["next"])
    assert "completed" == client.get(f"{IMAGES}/{task}").json["status"]


@pytest.mark.parametrize(
    ("state", "intents"), [("completed", ["reserve", "capture"]), ("failed", ["reserve", "refund"])]
)
def test_an_outcome_is_charged_as_the_contract_bills_it(mocked, state, intents):
    """At once, whatever was drawn for the task; what was planned before does not come as well."""
    client = mocked("toapis", pace="1x")
    task = client.post(IMAGES, BODY).json["id"]
    client.post(f"/_pixpact/tasks/{task}/state", {"state": state})
    at_once = [charge["intent"] for charge in client.get("/_pixpact/ledger").json["charges"]]
    client.advance(3600)

    assert intents == at_once == [charge["intent"] for charge in client.get("/_pixpact/ledger").json["charges"]]
    assert state == client.get(f"{IMAGES}/{task}").json["status"]


@pytest.mark.parametrize("state", ["completed", "failed"])
def test_balances_follow_an_outcome_by_hand(mocked, state):
    """A priced task takes its price or gives it back, once."""
    client = mocked("apimart", pace="1x")
    body = {"model": "doubao-seedream-5-0-lite", "prompt": "A red kite"}
    client.post("/apimart/v1/images/generations", body)
    (task,) = gallery(client)
    client.post(f"/_pixpact/tasks/{task['token']}/state", {"state": state})
    client.advance(3600)
    (account,) = client.get("/_pixpact/accounts").json["accounts"]

    assert {"completed": "0.0228", "failed": "0.0000"}[state] == account["used"]


def test_a_task_is_held(mocked):
    """However much time passes, until it is pushed on."""
    client = mocked("toapis", pace="1x")
    task = client.post(IMAGES, BODY).json["id"]
    client.post(f"/_pixpact/tasks/{task}/state", {"state": "in_progress", "hold": True})
    client.advance(86_400)
    held = client.get(f"{IMAGES}/{task}").json["status"]
    client.post(f"/_pixpact/tasks/{task}/state", {"state": "completed"})

    assert ("in_progress", "completed") == (held, client.get(f"{IMAGES}/{task}").json["status"])


def test_links_expire_by_hand(mocked):
    """The link is gone for clients; the console still has the image."""
    client = mocked("toapis", pace="instant")
    task = client.post(IMAGES, BODY).json["id"]
    link = client.get(f"{IMAGES}/{task}").json["result"]["data"][0]["url"].partition(":4747")[2]
    before = client.get(link).status
    expired = client.post(f"/_pixpact/tasks/{task}/expire")
    image = client.get(f"/_pixpact/tasks/{task}/images/1")

    assert (200, 200, 410) == (before, expired.status, client.get(link).status)
    assert (200, b"\xff\xd8") == (image.status, image.body[:2])
    assert 404 == client.get(f"/_pixpact/tasks/{task}/images/2").status


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"state": "archived"}, "is never followed by 'archived'; choose from in_progress, completed or failed"),
        ({"state": 5}, "name a state"),
        ([], "name a state"),
        ({"state": "completed", "hold": "yes"}, "name a state"),
    ],
)
def test_a_state_that_makes_no_sense_is_refused(mocked, body, message):
    """With what there is."""
    client = mocked("toapis", pace="1x")
    task = client.post(IMAGES, BODY).json["id"]
    refused = client.post(f"/_pixpact/tasks/{task}/state", body)

    assert 400 == refused.status
    assert message in refused.json["detail"]


def test_what_is_over_stays_and_what_is_not_has_no_links(mocked):
    """Said with the task's id; an unknown task is 404."""
    client = mocked("toapis", pace="1x")
    task = client.post(IMAGES, BODY).json["id"]
    early = client.post(f"/_pixpact/tasks/{task}/expire")
    client.advance(60)
    late = client.post(f"/_pixpact/tasks/{task}/state", {"state": "failed"})

    assert (400, f"task {task} has no images yet; complete it first") == (early.status, early.json["detail"])
    assert (400, f"task {task} is over: it ended as 'completed'") == (late.status, late.json["detail"])
    assert 404 == client.post("/_pixpact/tasks/task_nobody/expire").status


def test_looking_at_the_gallery_is_no_poll(mocked):
    """A task that is counted in polls stays where it is."""
    client = mocked("toapis", pace="polls:2")
    task = client.post(IMAGES, BODY).json["id"]
    shown = [gallery(client)[0]["status"] for _ in range(5)]
    client.post(f"/_pixpact/tasks/{task}/state", {"state": "completed"})

    assert ["queued"] * 5 == shown
    assert ("completed", [0, 1]) == (gallery(client)[0]["status"], gallery(client)[0]["pictures"])


# ---------------------------------------------------------------------- contracts and money


@pytest.mark.parametrize("name", ["apimart", "apiyi", "fasttoken", "toapis", "apimart@2026-09"])
def test_a_contract_is_described_in_full(mocked, name):
    """Each field of a request with line and source; states, responses, remarks."""
    client = mocked(name)
    found = client.get(f"/_pixpact/contracts/{name}").json
    fields = [
        it for op in found["operations"] for body in op["bodies"] for br in body["branches"] for it in br["fields"]
    ]
    counts = found["evidence"]["counts"]

    assert "prompt" in {field["name"] for field in fields}
    assert all(field["line"] > 0 and field["source"] in counts for field in fields)
    assert all(response["description"] for op in found["operations"] for response in op["responses"])
    assert {state["name"] for lifecycle in found["lifecycles"] for state in lifecycle["states"] if state["reachable"]}
    assert found["evidence"]["notes"]


def test_contracts_lie_side_by_side(mocked):
    """Each form of a request that makes images, with its models and what is promised."""
    client = mocked("toapis", "apiyi")
    listed = client.get("/_pixpact/contracts").json["contracts"]
    models = {it["name"]: [branch["models"] for op in it["operations"] for branch in op["models"]] for it in listed}

    assert {"toapis", "apiyi"} == models.keys()
    assert ["doubao-seedream-5-0"] == models["toapis"][0]
    assert 404 == client.get("/_pixpact/contracts/nobody").status


def test_accounts_are_those_of_the_keys_and_of_who_paid(mocked):
    """Named so that no key can be read."""
    client = mocked("apimart", key="sk-rich", keys={"sk-rich": 5, "sk-poor": 1})
    client.post("/apimart/v1/images/generations", {"model": "doubao-seedream-5-0-lite", "prompt": "A red kite"})
    found = client.get("/_pixpact/accounts")

    assert {"4.9772", "1"} == {account["balance"] for account in found.json["accounts"]}
    assert "sk-" not in found.text
