"""Answers as unusual as a contract allows, and never beyond it."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from pixpact.mockserver.responses.extreme import UNKNOWN
from pixpact.specs.catalogue import Catalogue

NAMES = [
    name
    for vendor in Catalogue().names()
    for name in (vendor, *(f"{vendor}@{it}" for it in Catalogue().overlays(vendor)))
]
SUBMIT = "/apimart/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "n": 2}


def operations(contract, names):
    return [(name, operation.id) for name in names for operation in contract(name).operations]


def violations(contract, operation, answer):
    """What an answer breaks of every schema that the contract has for its status and media type."""
    kind = answer.headers["content-type"]
    [response] = [it for it in operation.responses if it.status == str(answer.status)]
    [media] = [it for it in response.media if it.name == kind]
    return contract.schemas.violations(f"{media.pointer}/schema", value_of(answer, kind))


def value_of(answer, kind):
    if kind != "text/event-stream":
        return answer.json
    events = []
    for block in answer.text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        data = fields["data"]
        events.append({**fields, "data": data if data.startswith("[") else json.loads(data)})
    return events


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_keeps_the_contract(mocked, contract, name):
    """Every example of every operation, asked for by name or met by using it, is valid by its own schema."""
    contract_ = contract(name)
    client = mocked(name, pace="instant", answers="extreme")
    checked = 0
    for operation in contract_.operations:
        for body in bodies(operation):
            path = f"/{name}{operation.path}".replace("{task_id}", "x").replace("{id}", "x")
            wishes = [{}, *({"Prefer": f"example={quote(it.name)}"} for _, it in operation.examples())]
            for headers in wishes:
                answer = client.request(operation.method, path, json=body, headers=headers)
                assert [] == violations(contract_, operation, answer), (operation.id, headers, answer.text)
                checked += 1

    assert checked > 20


def bodies(operation):
    """The documented JSON requests of an operation; none for one without a body."""
    media = [it for it in operation.body.media if it.name == "application/json"] if operation.body else []
    return [it.value for one in media for it in one.examples] or [None]


@pytest.mark.parametrize("name", ["apimart", "apimart@2026-09", "apimart@observed", "toapis", "toapis@observed"])
@pytest.mark.parametrize("state", [None, "failed"])
def test_tasks_keep_the_contract_at_every_look(mocked, contract, name, state):
    """From submission to outcome, in every word; the images can be fetched."""
    contract_ = contract(name)
    show = next(it for it in contract_.operations if it.role and it.role.verb == "show")
    client = mocked(name, pace="1x", answers="extreme")
    create = contract_.operation("createImage")
    for body in bodies(create):
        submitted = client.post(f"/{name}{create.path}", body, headers={"Prefer": f"state={state}"} if state else {})
        data = submitted.json.get("data", submitted.json)
        task = data[0]["task_id"] if isinstance(data, list) else data["id"]
        for _ in range(6):
            path = show.path.replace("{task_id}", task).replace("{id}", task)
            looked = client.get(f"/{name}{path}")
            assert [] == violations(contract_, show, looked), looked.text
            client.advance(11)


def words(client, count, **options):
    """The words that many tasks show at their first looks and at the end."""
    found = set()
    for _ in range(count):
        task = client.post(SUBMIT, BODY, **options).json["data"][0]["task_id"]
        for _ in range(3):
            found.add(client.get(f"/apimart/v1/tasks/{task}").json["data"]["status"])
            client.advance(20)
    return found


def test_every_status_word_is_shown(mocked, contract):
    """Over some tasks every word of the contract's list appears, those that the mock never shows by itself too."""
    client = mocked("apimart", pace="1x", answers="extreme")
    found = words(client, 40) | words(client, 20, headers={"Prefer": "state=failed"})

    assert set(contract("apimart").lifecycles["image"].words()) == found


def test_a_task_does_not_change_its_word(mocked):
    """Two looks at one moment agree."""
    client = mocked("apimart", pace="manual", answers="extreme")
    task = client.post(SUBMIT, BODY).json["data"][0]["task_id"]

    assert 1 == len({client.get(f"/apimart/v1/tasks/{task}").body for _ in range(5)})


def test_what_is_unusual(mocked):
    """Optional members are gone, unknown ones there, a text stands for a list, members come in another order."""
    looks = {}
    for answers in ("usual", "extreme"):
        client = mocked("apimart", pace="instant", answers=answers)
        task = client.post(SUBMIT, BODY).json["data"][0]["task_id"]
        looks[answers] = client.get(f"/apimart/v1/tasks/{task}").json
    usual, extreme = looks["usual"], looks["extreme"]

    assert {"estimated_time", "actual_time", "cost"} <= usual["data"].keys()
    assert not {"estimated_time", "actual_time", "cost"} & extreme["data"].keys()
    assert UNKNOWN in extreme
    assert UNKNOWN in extreme["data"]
    images = [it["result"]["images"] for it in (usual["data"], extreme["data"])]
    assert [list, str] == [type(it[0]["url"]) for it in images]
    assert [2, 2] == [len(it) for it in images]
    assert list(usual) == ["code", "data"]
    assert list(extreme)[1:] == ["data", "code"]


def test_messages_grow_long(mocked):
    """A message is as long as its schema lets it be, with every kind of character."""
    client = mocked("apimart", answers="extreme")
    message = client.post(SUBMIT, BODY, headers={"Prefer": "fault=rate-limited"}).json["error"]["message"]

    assert 10_000 == len(message)
    assert {"\n", '"', "\\", "日"} <= set(message)


@pytest.mark.parametrize("vendor", Catalogue().names())
def test_a_refusal_says_what_is_wrong_after_many_words(mocked, contract, vendor):
    """Its message is long too, keeps its form, and still helps who really made a mistake."""
    create = contract(vendor).operation("createImage")
    [body, *_] = bodies(create)
    wrong = {name: it for name, it in body.items() if name != "prompt"}
    usual, extreme = (
        mocked(vendor, answers=it).post(f"/{vendor}{create.path}", wrong).json["error"]["message"]
        for it in ("usual", "extreme")
    )
    said, _, rest = usual.partition("prompt is required")

    assert "" == said
    assert 10_000 < len(extreme)
    assert "prompt is required" in extreme
    assert rest.partition(":")[0] in extreme


def test_optional_headers_are_gone(mocked):
    """A header that is not required is not sent."""
    headers = [mocked("apimart", answers=it).post(SUBMIT, BODY).headers for it in ("usual", "extreme")]

    assert [True, False] == ["x-oneapi-request-id" in it for it in headers]


def test_the_usual_answers_are_untouched(mocked, contract):
    """Asking for extremes once changes no contract that others share."""
    mocked("apimart", answers="extreme").post(SUBMIT, BODY)

    assert UNKNOWN not in mocked("apimart").post(SUBMIT, BODY).text
