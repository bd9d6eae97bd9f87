"""The made-up vendor of fixtures/specs, served: what its spec says is all that the mock knows of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pixpact.specs.openapi import grammar
from pixpact.specs.openapi.document import parse
from pixpact.wire.images import read_image_facts

TOY = "fixtures/specs/toy.yaml"
ROOT = Path(__file__).parent.parent.parent
KEY = {"X-Api-Key": "sk-toy"}


@pytest.fixture
def toy(mocked: Callable[..., Any]) -> Any:
    return mocked(TOY, key=None)


def order(toy: Any, **body: Any) -> Any:
    return toy.post("/toy/v2/drawings", {"model": "ink-1", "prompt": "A red kite", **body}, headers=KEY)


def poll(toy: Any, name: str) -> Any:
    return toy.get(f"/toy/v2/drawings/{name}", headers=KEY).json


def test_a_drawing_from_order_to_image(toy: Any) -> None:
    """An order moves through the vendor's own words to files that are what was asked for."""
    response = order(toy, size="640x480", copies=2, paper="none", reference="order-42")
    name = response.json["drawing"]
    toy.advance(5)
    under_way = poll(toy, name)
    toy.advance(60)
    done = poll(toy, "order-42")

    assert (202, "waiting", 0) == (response.status, response.json["state"], response.json["percent"])
    assert "drawing" == under_way["state"]
    assert 0 < under_way["percent"] < 100
    assert ("done", 100, name, "order-42") == (done["state"], done["percent"], done["drawing"], done["reference"])
    assert done["ordered"] < done["finished"]
    assert [1, 1] == [len(sheet["files"]) for sheet in done["sheets"]]
    found = read_image_facts(toy.get(urlsplit(done["sheets"][1]["files"][0]).path).body)
    assert found is not None
    assert ("png", 640, 480, True) == (found.format, found.width, found.height, found.transparent)


def test_a_drawing_that_breaks(toy: Any) -> None:
    """The failure is reported in the vendor's form, and its price comes back."""
    before = toy.get("/toy/v2/purse", headers=KEY).json["left"]
    response = toy.post(
        "/toy/v2/drawings",
        {"model": "crayon-1", "prompt": "p", "size": "large"},
        headers={**KEY, "Prefer": "state=broken"},
    )
    spent = toy.get("/toy/v2/purse", headers=KEY).json
    toy.advance(60)

    assert "The crayon broke." == poll(toy, response.json["drawing"])["error"]
    assert (round(before - 0.04, 6), 0.04) == (spent["left"], spent["spent"])
    assert before == toy.get("/toy/v2/purse", headers=KEY).json["left"]


def test_sketches_in_one_exchange(toy: Any) -> None:
    """A plain list of links, or of base64."""
    body = {"prompt": "A red kite", "most": 2}
    links = toy.post("/toy/v2/sketches", body, headers=KEY).json["sketches"]
    texts = toy.post("/toy/v2/sketches", {**body, "answer": "base64"}, headers=KEY).json["sketches"]

    assert [2, 2] == [len(links), len(texts)]
    for content in [*(toy.get(urlsplit(link).path).body for link in links), *map(base64.b64decode, texts)]:
        found = read_image_facts(content)
        assert found is not None
        assert ("jpeg", 256, 256) == (found.format, found.width, found.height)


def test_sketches_as_a_stream(toy: Any) -> None:
    """One event for each sketch, then one that says how many there were."""
    response = toy.post("/toy/v2/sketches", {"prompt": "A red kite", "most": 2, "stream": True}, headers=KEY)
    events = [dict(line.split(": ", 1) for line in block.splitlines()) for block in response.text.strip().split("\n\n")]

    assert ["one-more", "one-more", "that-is-all"] == [event["event"] for event in events]
    assert [0, 1] == [json.loads(event["data"])["number"] for event in events[:-1]]
    assert {"sketches": 2} == json.loads(events[-1]["data"])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"copies": 5}, "copies must be at most 4; got 5"),
        ({"size": "2048x2048"}, "size has a number of pixels of 4194304, which must be at most 1048576"),
        ({"pictures": ["ftp://x"]}, "pictures[0] must match"),
        (
            {"copies": 4, "pictures": ["https://x/1", "https://x/2", "https://x/3"]},
            "copies + pictures must be at most 6 together; got 7",
        ),
        ({"model": "chalk-1"}, "model must be one of crayon-1 or ink-1"),
        ({"prompt": None}, "prompt must be a string"),
    ],
)
def test_refusals_name_the_field(toy: Any, body: Any, message: str) -> None:
    """What breaks a rule is refused in the vendor's form, with the rule in words."""
    response = order(toy, **body)

    assert 422 == response.status
    assert message in response.json["error"]


def test_crayons_clamp_what_ink_refuses(toy: Any) -> None:
    """The same field follows another rule in each branch."""
    name = toy.post("/toy/v2/drawings", {"model": "crayon-1", "prompt": "p", "copies": 9}, headers=KEY).json["drawing"]
    toy.advance(60)

    assert 4 == len(poll(toy, name)["sheets"])


def test_an_upload_is_judged_and_served(toy: Any) -> None:
    """A stored image has a link that leads to its bytes, for a day."""
    png = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQAAAAA3iMLMAAAAD0lEQVR42mP8z8DEQAICADIBAR/gNlhXAAAAAElFTkSuQmCC"
    )
    stored, refused = (upload(toy, content) for content in (png, b"no picture"))
    path = urlsplit(stored.json["link"]).path

    assert 201 == stored.status
    assert png == toy.get(path).body
    assert (422, "file has a format of unknown, which must be one of jpeg or png") == (
        refused.status,
        refused.json["error"],
    )
    toy.advance(86401)
    assert 410 == toy.get(path).status


def upload(toy: Any, content: bytes) -> Any:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + content + b"\r\n--x--\r\n"
    return toy.request(
        "POST", "/toy/v2/files", content=body, headers={**KEY, "Content-Type": "multipart/form-data; boundary=x"}
    )


def test_without_a_key(toy: Any) -> None:
    """The key stands in the vendor's own header, and nowhere else."""
    assert 401 == toy.get("/toy/v2/purse").status
    assert 401 == toy.get("/toy/v2/purse", headers={"Authorization": "Bearer sk-toy"}).status
    assert 200 == toy.get("/toy/v2/purse", headers=KEY).status


def test_a_later_edition(mocked: Callable[..., Any]) -> None:
    """An overlay changes what the vendor takes."""
    base, later = (mocked(f"{ROOT / TOY}{overlay}", key=None) for overlay in ("", "@2027"))
    body = {"model": "crayon-2", "prompt": "p", "size": "huge"}

    assert 422 == base.post("/toy/v2/drawings", body, headers=KEY).status
    assert 202 == later.post("/toy@2027/v2/drawings", body, headers=KEY).status


def test_it_uses_every_key() -> None:
    """The template shows each of the ten keys at least once."""
    document = parse((ROOT / TOY).read_text(), Path(TOY)).value
    known = {key for rule in grammar.meta_schema()["$defs"].values() for key in _named(rule) if key.startswith("x-")}

    assert known == {key for key in _named_anywhere(document) if key.startswith("x-")}


def _named(rule: Any) -> list[str]:
    return list(rule.get("properties", ())) if isinstance(rule, dict) else []


def _named_anywhere(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in _named_anywhere(inner)}
    return {key for item in value for key in _named_anywhere(item)} if isinstance(value, list) else set()


def test_no_python_knows_it() -> None:
    """No module of the package names the made-up vendor or its words."""
    folders = [ROOT / name for name in ("specs", "mockserver", "contracts", "pixpact")]
    sources = [path.read_text() for folder in folders for path in folder.rglob("*.py")]

    assert [] == [word for word in ("Toy Images", "crayon-1", "startDrawing") if any(word in text for text in sources)]
