"""Probes → requests."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from pixpact.contracts.plan.build_request import build_request, path_of
from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.samples.reference_images import is_ours
from pixpact.contracts.samples.samples import REFERENCE, slot
from pixpact.wire.bodies import form_of

TOY = "fixtures/specs/toy.yaml"
TAKE = Probe("take-1", "take", "startDrawing", "a kite", media="application/json", images=2, price="0.04")


@pytest.fixture
def made(contract):
    def make(probe, **images):
        return build_request(probe, contract(TOY).operation(probe.operation), images)

    return make


def test_images_take_the_place_of_their_slots(contract):
    """The body holds what stands for each image, and the user's own URL for the one that only it can be."""
    body = {"pictures": [slot("png-64x64"), REFERENCE], "prompt": "雪"}
    images = {"png-64x64": "https://files.test/1.png", REFERENCE: "https://mine.test/2.png"}
    found = build_request(replace(TAKE, body=body), contract(TOY).operation("startDrawing"), images)

    assert {"pictures": ["https://files.test/1.png", "https://mine.test/2.png"], "prompt": "雪"} == json.loads(
        found.body
    )
    assert "雪".encode() in found.body


def test_what_goes_around_a_body(made):
    """Path, type, headers, and what it may cost."""
    found = made(replace(TAKE, body={}, headers=(("Repeat-Key", "a"),), prefer="code=402"))

    assert ("POST", "/v2/drawings", "startDrawing") == (found.method, found.path, found.operation)
    assert (("Repeat-Key", "a"), ("Content-Type", "application/json"), ("Prefer", "code=402")) == found.headers
    assert (2, Decimal("0.04"), Decimal("0.08"), False) == (
        found.images,
        found.price,
        found.cost,
        found.must_be_refused,
    )
    assert made(replace(TAKE, body={}, expects="invalid-request")).must_be_refused


def test_a_body_that_is_no_json_goes_as_it_stands(made):
    """Byte by byte."""
    assert b'{"model"' == made(replace(TAKE, text='{"model"')).body


def test_a_poll_has_no_body(made):
    """Nor a type of one."""
    found = made(Probe("look-1", "look", "getPurse", "the purse"))

    assert (b"", ()) == (found.body, found.headers)


def test_a_form_holds_the_image_itself(made):
    """The slot of a form's file becomes a file, other fields its fields."""
    found = made(
        Probe("u", "upload", "storeFile", "", media="multipart/form-data", body={"file": slot("png-64x64"), "n": 2})
    )
    fields, files = form_of(found.body, dict(found.headers)["Content-Type"])

    assert {"n": "2", "file": "cid:file"} == fields
    assert ("image/png", True) == (files["cid:file"].media_type, is_ours(files["cid:file"].content))


@pytest.mark.parametrize(
    ("values", "query", "path"),
    [
        ({"drawing": "dr_1"}, (), "/v2/drawings/dr_1"),
        ({"drawing": "a/../b?c=#"}, (), "/v2/drawings/a%2F..%2Fb%3Fc%3D%23"),
        ({"drawing": "dr_1"}, (("of", "a b"),), "/v2/drawings/dr_1?of=a+b"),
    ],
)
def test_an_id_stays_in_its_place(contract, values, query, path):
    """Whatever a vendor gives as an id leads to no other operation."""
    assert path == path_of(contract(TOY).operation("showDrawing"), values, query)
