"""The claims of a contract: each once, under an id that stays, with the line that states it."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import yaml

from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.openapi.document import at

CATALOGUE = SpecCatalogue()
VENDORS = CATALOGUE.names()
TOY = "fixtures/specs/toy.yaml"
EVERY = [*VENDORS, *(f"{name}@{overlay}" for name in VENDORS for overlay in CATALOGUE.overlays(name)), TOY]
ID = re.compile(
    r"[a-z0-9]+:\w*:(request|refusal|normalisation|answer|lifecycle|image|stream|isolation|billing)(/\S[^\n]*)?"
)
LEAST = {
    "apimart": {"request": 80, "refusal": 60, "answer": 120, "lifecycle": 10, "image": 25, "billing": 2},
    "apiyi": {"request": 50, "refusal": 30, "answer": 100, "image": 10, "stream": 2},
    "ark": {"request": 120, "refusal": 70, "answer": 150, "image": 20, "stream": 2},
    "bfl": {"request": 200, "refusal": 150, "answer": 90, "lifecycle": 8, "image": 50, "billing": 4},
    "fal": {"request": 120, "refusal": 90, "answer": 150, "lifecycle": 9, "image": 30},
    "fasttoken": {"request": 30, "refusal": 25, "answer": 50, "image": 10},
    "openai": {"request": 150, "refusal": 75, "answer": 130, "image": 20, "stream": 4},
    "replicate": {"request": 90, "refusal": 55, "answer": 100, "lifecycle": 10, "image": 35, "isolation": 1},
    "toapis": {"request": 50, "refusal": 40, "answer": 90, "lifecycle": 10, "image": 15, "isolation": 1},
}


@pytest.mark.parametrize("name", EVERY)
def test_every_claim_says_what_and_where(claims, name):
    """An id of the known form, a sentence part, and a line of the file that states it."""
    lines = {}
    operations = {
        "",
        *(operation.id for operation in claims(name).contract.operations),
    }  # none where several share the statement
    for claim in claims(name).all:
        path = claim.origin.path
        lines.setdefault(path, len(path.read_text().splitlines()))

        assert ID.fullmatch(claim.id), claim.id
        assert claim.text
        assert not claim.text.endswith("."), claim.text
        assert 0 < claim.origin.line <= lines[path]
        assert at(claims(name).contract.document.value, claim.pointer) is not None
        assert claim.operation in operations
        assert claim.operation == claim.id.split(":")[1]


@pytest.mark.parametrize("name", EVERY)
def test_no_two_claims_have_one_id(claims, name):
    """A claim is found by its id, and the id is that of its area."""
    every = claims(name).all

    assert [] == [key for key, count in Counter(claim.id for claim in every).items() if count > 1]
    assert [] == [claim.id for claim in every if claim.id.split(":", 2)[2].partition("/")[0] != claim.area]
    assert [] == [claim.id for claim in every if claims(name).find(claim.id) is not claim]


@pytest.mark.parametrize("name", EVERY)
def test_the_same_contract_gives_the_same_claims(claims, contract, name):
    """A second reading gives the same ids in the same order."""
    assert [claim.id for claim in claims(name).all] == [claim.id for claim in ContractClaims(contract(name)).all]


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_is_added_elsewhere_changes_no_id(claims, tmp_path, vendor):
    """An overlay that adds an operation and a field of its own leaves every id as it was."""
    response = {"schema": {"type": "object"}, "examples": {"open": {"value": {}}}}
    hours = {
        "operationId": "pixpactHours",
        "summary": "Hours",
        "security": [],
        "responses": {"200": {"description": "Open.", "content": {"application/json": response}}},
    }
    update = {"/pixpact/hours": {"get": hours}}
    overlay = {
        "overlay": "1.0.0",
        "info": {"title": "More", "version": "1"},
        "actions": [{"target": "$.paths", "update": update}],
    }
    (tmp_path / "more.yaml").write_text(yaml.safe_dump(overlay))
    more = ContractClaims(SpecCatalogue().source(f"{vendor}@{tmp_path / 'more.yaml'}").contract())

    before = [claim.id for claim in claims(vendor).all]
    assert before == [claim.id for claim in more.all if claim.operation != "pixpactHours"]
    assert [claim for claim in more.all if claim.operation == "pixpactHours"]


@pytest.mark.parametrize("vendor", VENDORS)
def test_nothing_of_a_vendor_is_overlooked(claims, vendor):
    """Each area has about as many claims as the spec has statements; a walk that stops early has fewer."""
    counts = Counter(claim.area for claim in claims(vendor).all)

    assert {} == {area: counts[area] for area, least in LEAST[vendor].items() if counts[area] < least}


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("toy:startDrawing:request/Crayon/size/enum/large", 'size "large" is accepted'),
        ("toy:startDrawing:request/Ink/copies/maximum", "copies 4 is accepted"),
        ("toy:startDrawing:refusal/Ink/copies/maximum", "copies that breaks maximum 4 is refused"),
        ("toy:startDrawing:request/Order/x-total", "copies + pictures of 6 in total is accepted"),
        ("toy:startDrawing:normalisation/Crayon/copies/x-clamp/maximum", "copies 5 is clamped to 4"),
        ("toy:startDrawing:request/Order/reference/left-out", "reference may be left out"),
        ("toy:startDrawing:request/example/crayon", "the documented example crayon is accepted"),
        ("toy:startDrawing:image/Crayon/pixels/large", "images for large have 1024x768 px"),
        ("toy:startDrawing:refusal/model/enum", "an unknown model is refused"),
        ("toy:showDrawing:isolation/task", "another account's key cannot read the task"),
    ],
)
def test_ids_are_those_that_people_read(claims, key, text):
    """An id is built of the names in the spec, and stays: baselines rest on it."""
    assert text == claims(TOY).find(key).text


def test_a_part_names_the_wider_statement(claims):
    """Values of an enum belong together, so that several of them broken are one finding."""
    found = [claim for claim in claims(TOY).all if claim.group == "toy:startDrawing:request/Crayon/size/enum"]

    assert ['size "small" is accepted', 'size "large" is accepted'] == [claim.text for claim in found]


def test_what_no_request_can_break_alone_is_said(claims):
    """A header without a value is no header: the rule that asks for one character cannot be broken."""
    found = claims(TOY).unreachable()

    assert (
        "no value that can be sent breaks this rule alone"
        == found["toy:startDrawing:refusal/header/Repeat-Key/minLength"]
    )
