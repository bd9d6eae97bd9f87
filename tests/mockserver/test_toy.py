"""A made-up vendor that no Python knows: one YAML file is all it takes."""

from __future__ import annotations

import base64
import json
from datetime import datetime

import pytest

from pixpact.wire.images import read_image_facts

TOY = "fixtures/specs/toy.yaml"
KEY = {"X-Api-Key": "toy-key"}
CRAYON = {"model": "crayon-1", "prompt": "A red kite", "size": "large", "copies": 2, "reference": "order-42"}


@pytest.fixture
def toy(mocked):
    return lambda **options: mocked(TOY, key=None, **options)


def test_its_tasks_live_through_its_own_words(toy):
    """Ordered, waiting, drawing, done, at its own durations, with its own shapes."""
    client = toy(pace="1x")
    ordered = client.post("/toy/v2/drawings", CRAYON, headers=KEY)
    assert 202 == ordered.status
    path = f"/toy/v2/drawings/{ordered.json['drawing']}"
    seen = []
    for _ in range(40):
        seen.append(client.get(path, headers=KEY).json)
        client.advance(1)

    assert ["waiting", "drawing", "done"] == list(dict.fromkeys(it["state"] for it in seen))
    assert sorted(it["percent"] for it in seen) == [it["percent"] for it in seen]
    assert seen[-1] == client.get("/toy/v2/drawings/order-42", headers=KEY).json


def test_its_times_are_written_as_its_schemas_say(toy):
    """RFC 3339 where the format is date-time."""
    client = toy(pace="instant")
    client.post("/toy/v2/drawings", CRAYON, headers=KEY)
    found = client.get("/toy/v2/drawings/order-42", headers=KEY).json

    assert 1_790_000_000 == datetime.fromisoformat(found["ordered"]).timestamp()
    assert found["finished"] >= found["ordered"]


def test_its_images_are_what_its_table_says(toy):
    """Pixels and format by model and size, one list entry for each image."""
    client = toy(pace="instant")
    client.post("/toy/v2/drawings", CRAYON, headers=KEY)
    sheets = client.get("/toy/v2/drawings/order-42", headers=KEY).json["sheets"]
    found = [read_image_facts(client.get(url).body) for sheet in sheets for url in sheet["files"]]

    assert [("png", 1024, 768)] * 2 == [(it.format, it.width, it.height) for it in found]


def test_its_money_is_counted_and_given_back(toy):
    """Charged on submission by size and count, refunded on failure."""
    client = toy(pace="1x")
    client.post("/toy/v2/drawings", CRAYON, headers=KEY | {"Prefer": "state=broken"})
    charged = client.get("/toy/v2/purse", headers=KEY).json["spent"]
    client.advance(60)

    assert 0.08 == charged
    assert 0 == client.get("/toy/v2/purse", headers=KEY).json["spent"]


@pytest.mark.parametrize(
    ("fields", "status", "word"),
    [
        ({"copies": 99}, 202, ""),
        ({"copies": 4, "pictures": ["https://a.example/1.png"] * 2}, 202, ""),
        ({"copies": 4, "pictures": ["https://a.example/1.png"] * 3}, 422, "copies + pictures"),
        ({"size": "huge"}, 422, "size"),
        ({"model": "chalk-1"}, 422, "model"),
        ({"model": "ink-1", "size": "640x320"}, 202, ""),
        ({"model": "ink-1", "size": "641x320"}, 422, "size"),
        ({"model": "ink-1", "size": "640x480", "copies": 5}, 422, "copies"),
        ({"prompt": ""}, 422, "prompt"),
    ],
)
def test_its_rules_hold_on_both_sides(toy, fields, status, word):
    """Clamps, totals, branches, derived limits: each on its bound and one step past it."""
    response = toy().post("/toy/v2/drawings", CRAYON | fields, headers=KEY)

    assert status == response.status, response.text
    assert word in response.text


def test_its_key_goes_in_its_own_header(toy):
    """Not a bearer: an API key scheme."""
    client = toy()

    assert 401 == client.get("/toy/v2/purse", key="toy-key").status
    assert 200 == client.get("/toy/v2/purse", headers=KEY).status


def test_its_synchronous_responses_come_in_every_form(toy):
    """Links, base64, and a stream of its own events."""
    client = toy(pace="instant")
    links = client.post("/toy/v2/sketches", {"prompt": "A kite", "most": 2}, headers=KEY)
    coded = client.post("/toy/v2/sketches", {"prompt": "A kite", "answer": "base64"}, headers=KEY)
    stream = client.post("/toy/v2/sketches", {"prompt": "A kite", "most": 2, "stream": True}, headers=KEY)

    assert 2 == len(links.json["sketches"])
    assert 256 == read_image_facts(base64.b64decode(coded.json["sketches"][0])).width
    events = [block.split("\n") for block in stream.text.strip().split("\n\n")]
    assert ["event: one-more", "event: one-more", "event: that-is-all"] == [event[0] for event in events]
    assert {"sketches": 2} == json.loads(events[-1][1].removeprefix("data: "))


def test_it_is_served_beside_the_others(mocked):
    """A vendor more changes nothing for those that were there."""
    client = mocked(TOY, "toapis", pace="instant")
    body = {"model": "doubao-seedream-5-0", "prompt": "A kite"}

    assert 200 == client.post("/toapis/v1/images/generations", body).status
    assert 200 == client.get("/toy/v2/purse", headers=KEY).status
