"""Answers as unusual as a contract allows, and never beyond it."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from pixpact.mockserver.responses.extreme import UNKNOWN
from pixpact.specs.catalogue import SpecCatalogue

pytestmark = pytest.mark.sweep

NAMES = [
    name
    for vendor in SpecCatalogue().names()
    for name in (vendor, *(f"{vendor}@{overlay}" for overlay in SpecCatalogue().overlays(vendor)))
]
SUBMIT = "/apimart/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "n": 2}


def operations(contract, names):
    return [(name, operation.id) for name in names for operation in contract(name).operations]


def violations(contract, operation, reply):
    """What a response breaks of every schema that the contract has for its status and media type."""
    kind = reply.headers["content-type"]
    [response] = [it for it in operation.responses if it.status == str(reply.status)]
    [media] = [it for it in response.media if it.name == kind]
    return contract.schemas.violations(f"{media.pointer}/schema", value_of(reply, kind))


def value_of(response, kind):
    if kind != "text/event-stream":
        return response.json
    events = []
    for block in response.text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        data = fields["data"]
        events.append({**fields, "data": data if data.startswith("[") else json.loads(data)})
    return events


@pytest.mark.parametrize("name", NAMES)
def test_every_response_keeps_the_contract(mocked, contract, name):
    """Every example of every operation, asked for by name or met by using it, is valid by its own schema."""
    contract_ = contract(name)
    client = mocked(name, pace="instant", responses="extreme")
    checked = 0
    for operation in contract_.operations:
        for body in bodies(operation):
            path = f"/{name}{operation.path}".replace("{task_id}", "x").replace("{id}", "x")
            names = [f'"{it.name}"' if " " in it.name else quote(it.name) for _, it in operation.examples()]
            wishes = [{}, *({"Prefer": f"example={name}"} for name in names)]
            for headers in wishes:
                response = client.request(operation.method, path, json=body, headers=headers)
                assert [] == violations(contract_, operation, response), (operation.id, headers, response.text)
                checked += 1

    assert checked > 20


def bodies(operation):
    """The documented JSON requests of an operation; none for one without a body."""
    media = [it for it in operation.body.media if it.name == "application/json"] if operation.body else []
    return [it.value for one in media for it in one.examples] or [None]


@pytest.mark.parametrize("name", ["apimart", "apimart@2026-09", "apimart@observed", "toapis", "toapis@observed"])
@pytest.mark.parametrize("state", [None, "failed"])
def test_tasks_keep_the_contract_at_every_poll(mocked, contract, name, state):
    """From submission to outcome, in every word; the images can be fetched."""
    contract_ = contract(name)
    show = next(operation for operation in contract_.operations if operation.role and operation.role.verb == "show")
    client = mocked(name, pace="1x", responses="extreme")
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
    client = mocked("apimart", pace="1x", responses="extreme")
    found = words(client, 40) | words(client, 20, headers={"Prefer": "state=failed"})

    assert set(contract("apimart").lifecycles["image"].words()) == found


def test_a_task_does_not_change_its_word(mocked):
    """Two looks at one moment agree."""
    client = mocked("apimart", pace="manual", responses="extreme")
    task = client.post(SUBMIT, BODY).json["data"][0]["task_id"]

    assert 1 == len({client.get(f"/apimart/v1/tasks/{task}").body for _ in range(5)})


def test_what_is_unusual(mocked):
    """Optional fields are gone, unknown ones there, a text stands for a list, fields come in another order."""
    polls = {}
    for responses in ("usual", "extreme"):
        client = mocked("apimart", pace="instant", responses=responses)
        task = client.post(SUBMIT, BODY).json["data"][0]["task_id"]
        polls[responses] = client.get(f"/apimart/v1/tasks/{task}").json
    usual, extreme = polls["usual"], polls["extreme"]

    assert {"cost"} <= usual["data"].keys()
    assert not {"cost"} & extreme["data"].keys()
    assert UNKNOWN in extreme
    assert UNKNOWN in extreme["data"]
    images = [it["result"]["images"] for it in (usual["data"], extreme["data"])]
    assert [list, str] == [type(image[0]["url"]) for image in images]
    assert [2, 2] == [len(image) for image in images]
    assert list(usual) == ["code", "data"]
    assert list(extreme)[1:] == ["data", "code"]


def test_messages_grow_long(mocked):
    """A message is as long as its schema lets it be, with every kind of character."""
    client = mocked("apimart", responses="extreme")
    message = client.post(SUBMIT, BODY, headers={"Prefer": "fault=rate-limited"}).json["error"]["message"]

    assert 10_000 == len(message)
    assert {"\n", '"', "\\", "日"} <= set(message)


@pytest.mark.parametrize("vendor", ["apimart", "apiyi", "ark", "fasttoken", "toapis"])
def test_a_refusal_says_what_is_wrong_after_many_words(mocked, contract, vendor):
    """Its message is long too, keeps its form, and still helps who really made a mistake."""
    create = contract(vendor).operation("createImage")
    [body, *_] = bodies(create)
    wrong = {name: it for name, it in body.items() if name != "prompt"}
    usual, extreme = (
        mocked(vendor, responses=it).post(f"/{vendor}{create.path}", wrong).json["error"]["message"]
        for it in ("usual", "extreme")
    )
    said, _, rest = usual.partition("prompt is required")

    assert "" == said
    assert 10_000 < len(extreme)
    assert "prompt is required" in extreme
    assert rest.partition(":")[0] in extreme


def test_optional_headers_are_gone(mocked):
    """A header that is not required is not sent."""
    headers = [mocked("apimart", responses=it).post(SUBMIT, BODY).headers for it in ("usual", "extreme")]

    assert [True, False] == ["x-oneapi-request-id" in header for header in headers]


def test_the_usual_responses_are_untouched(mocked, contract):
    """Asking for extremes once changes no contract that others share."""
    mocked("apimart", responses="extreme").post(SUBMIT, BODY)

    assert UNKNOWN not in mocked("apimart").post(SUBMIT, BODY).text
