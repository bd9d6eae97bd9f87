"""What must be taken: each claim comes with a request that exercises it."""

from __future__ import annotations

import pytest

from pixpact.contracts.plan.cover import candidate_request
from pixpact.contracts.samples.samples import slot
from pixpact.specs.catalogue import SpecCatalogue

CATALOGUE = SpecCatalogue()
TOY = "fixtures/specs/toy.yaml"
VENDORS = CATALOGUE.names()
EVERY = [*VENDORS, *(f"{name}@{overlay}" for name in VENDORS for overlay in CATALOGUE.overlays(name)), TOY]


def accepted(claims, operation="startDrawing", media="application/json"):
    return claims(TOY).acceptance[(operation, media)]


def exercised(claims, body, **where):
    acceptance = accepted(claims, **where)
    body, reading = acceptance.valid(body)
    assert not reading.violations
    return {key.split(":", 2)[2] for key in acceptance.exercised(body, reading)}


@pytest.mark.sweep
@pytest.mark.parametrize("name", EVERY)
def test_a_change_gives_a_valid_body_that_exercises_its_claim(claims, planned, name):
    """Every claim about what must be taken has such a body, or is said to be out of reach."""
    missing = set()
    for acceptance in claims(name).acceptance.values():
        for want in acceptance.wants:
            bodies = (change(acceptance.base(want.branch)) for change in want.changes)
            if not any(
                (made := candidate_request(acceptance, body)) and want.claim.id in made.exercise.all for body in bodies
            ):
                missing.add(want.claim.id)
    plan = planned(name)
    in_company = {key for probe in plan.probes for key in probe.claims}

    assert set() == missing - in_company - plan.beyond.keys()


@pytest.mark.parametrize("name", EVERY)
def test_the_smallest_request_of_a_branch_is_valid(claims, name):
    """What is required, and nothing else, keeps every rule: or all that is missing can be put in."""
    for acceptance in claims(name).acceptance.values():
        for branch in acceptance.media.reader.all_branches():
            _, reading = acceptance.valid(acceptance.base(branch))

            assert (branch.pointer, ()) == (reading.branch.pointer, tuple(reading.violations))


@pytest.mark.parametrize("name", EVERY)
def test_documented_examples_are_claims(claims, name):
    """Each documented request exercises the claim of its name, also with our words in place of its own."""
    for acceptance in claims(name).acceptance.values():
        for claim, body in acceptance.examples:
            made = candidate_request(acceptance, body)

            assert made is not None, claim.id
            assert claim.id in made.exercise.all


def test_a_request_exercises_what_it_shows(claims):
    """Values on bounds, forms and what is left out are read off the request itself."""
    found = exercised(claims, {"model": "ink-1", "prompt": "P", "copies": 4, "size": "1448x724", "paper": "none"})

    assert {
        "request/Ink/copies/maximum",
        "request/Ink/paper/enum/none",
        "request/Ink/size/x-image/aspect/maximum",
        "request/Order/prompt/minLength",
        "request/Order/reference/left-out",
        "request/Order/pictures/left-out",
    } <= found
    assert not {"request/Ink/copies/minimum", "request/Ink/size/left-out", "request/Ink/paper/enum/white"} & found


def test_a_default_that_is_filled_in_is_not_sent(claims):
    """A field that the client leaves out exercises its omission, and no value of it."""
    found = exercised(claims, {"model": "crayon-1", "prompt": "A kite"})

    assert "request/Crayon/size/left-out" in found
    assert "request/Crayon/size/enum/small" not in found


def test_a_clamped_value_is_a_claim_of_its_own(claims):
    """A number beyond a clamp is taken: as the bound."""
    found = exercised(claims, {"model": "crayon-1", "prompt": "A kite", "copies": 5})

    assert "normalisation/Crayon/copies/x-clamp/maximum" in found


def test_images_are_judged_by_what_their_slots_hold(claims):
    """A slot stands for the image that it names."""
    found = exercised(claims, {"model": "ink-1", "prompt": "A kite", "pictures": [slot("jpeg-192x64")]})

    assert {
        "request/Picture/x-image/format/enum/jpeg",
        "request/Picture/x-image/aspect/maximum",
        "request/Picture/pattern/url",
    } <= found
    assert not {"request/Picture/x-image/format/enum/png", "request/Picture/pattern/data"} & found


def test_what_is_missing_is_put_in(claims):
    """A body that lacks something required is completed; one that breaks another rule is not touched."""
    acceptance = accepted(claims)
    made, reading = acceptance.valid({"model": "crayon-1"})
    wrong, still = acceptance.valid({"model": "crayon-1", "copies": "many"})

    assert ({"model", "prompt"}, 0) == (set(made), len(reading.violations))
    assert {"model": "crayon-1", "copies": "many"} == wrong
    assert still.violations


def test_defaults_that_show_are_claims(claims):
    """A default is checked where the images tell of it: the size and the count, not the paper."""
    acceptance = accepted(claims)
    branch = acceptance.media.reader.all_branches()[0]
    left_out = acceptance.defaults({"model": "crayon-1", "prompt": "A kite"}, branch)

    assert {("copies",), ("size",)} == left_out.keys()
    assert {("copies",)} == acceptance.defaults({"model": "crayon-1", "prompt": "P", "size": "large"}, branch).keys()


def test_an_alike_request_exercises_the_example(claims):
    """Other words, the same request: what a client sends from the documentation counts as its example."""
    body = {"model": "crayon-1", "prompt": "Something else", "size": "large"}

    assert "request/example/crayon" in exercised(claims, body)
    assert "request/example/crayon" not in exercised(claims, {**body, "size": "small"})
