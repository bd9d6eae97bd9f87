"""What a client sends and the contract never reads is reported, and changes nothing."""

from __future__ import annotations

import json

import pytest

from pixpact.mockserver.core.unread_fields import shape_of
from pixpact.specs.catalogue import SpecCatalogue

BODIES = {
    "toapis": {"model": "doubao-seedream-5-0", "prompt": "A kite"},
    "apimart": {"model": "doubao-seedream-5-0-lite", "prompt": "A kite"},
    "apimart@2026-09": {"model": "doubao-seedream-5-0-lite", "prompt": "A kite"},
    "apiyi": {"model": "seedream-5-0-260128", "prompt": "A kite", "size": "1280x720"},
    "fasttoken": {"model": "doubao-seedream-5-0-260128", "prompt": "A kite"},
}
PATH = "/v1/images/generations"
VENDORS = SpecCatalogue().names()


@pytest.mark.parametrize(
    ("vendor", "fields", "said"),
    [
        ("toapis", {"resolution": "3K"}, "resolution; metadata.resolution is"),
        ("toapis", {"siez": "1:1"}, "siez; size is"),
        ("toapis", {"metadata": {"watermrk": True}}, "metadata.watermrk; metadata.watermark is"),
        ("toapis", {"siez": "1:1", "resolution": "3K"}, "siez, resolution; size and metadata.resolution are"),
        ("apimart", {"image_url": "https://a.test/a.png"}, "image_url; image_urls is"),
        ("apimart", {"imageUrls": ["https://a.test/a.png"]}, "imageUrls; image_urls is"),
        ("apiyi", {"aspect_ratio": "1:1"}, "aspect_ratio"),
        ("apiyi", {"b\u00fcrste\r\n": 1}, "b\\u00fcrste\\r\\n"),
        ("fasttoken", {f"x{number}": 1 for number in range(10)}, "x0, x1, x2, x3, x4, x5, x6, x7 and 2 more"),
    ],
)
def test_a_field_that_is_not_read_is_named_with_what_is_read_instead(mocked, vendor, fields, said):
    """In a header of the response, which is the vendor's as ever, and in the journal."""
    client = mocked(vendor, pace="instant")
    usual = client.post(f"/{vendor}{PATH}", BODIES[vendor])
    response = client.post(f"/{vendor}{PATH}", BODIES[vendor] | fields)
    notes = [it.note.get("not-read") for it in client.journal()]

    assert (200, said) == (response.status, response.headers["pixpact-not-read"])
    assert sorted(usual.json) == sorted(response.json)
    assert "pixpact-not-read" not in usual.headers
    assert [None, said] == notes
    assert said in [
        exchange.get("not-read") for exchange in client.get("/_pixpact/journal", key=None).json["exchanges"]
    ]


def test_a_field_of_another_model_is_named_with_the_model(mocked):
    """It is spelt right, and read for somebody else."""
    client = mocked("apimart")
    body = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "background": "opaque"}

    said = client.post(f"/apimart{PATH}", body).headers["pixpact-not-read"]

    assert "background; background of gpt-image-1-official is" == said


def test_a_refused_request_is_reported_too(mocked):
    """The field that is missing may be the one that is misspelt."""
    client = mocked("apiyi")
    response = client.post(f"/apiyi{PATH}", {"model": "seedream-5-0-260128", "promt": "A kite"})

    assert (400, "promt; prompt is") == (response.status, response.headers["pixpact-not-read"])


def test_a_null_is_no_field(mocked):
    """An SDK sends every unset option as null."""
    client = mocked("apiyi")

    assert "pixpact-not-read" not in client.post(f"/apiyi{PATH}", BODIES["apiyi"] | {"style": None}).headers


def test_a_query_is_not_read_either(mocked):
    """A parameter that the operation has not."""
    client = mocked("apiyi")

    assert "?stream" == client.post(f"/apiyi{PATH}?stream=true", BODIES["apiyi"]).headers["pixpact-not-read"]


def test_a_field_that_a_vendor_has_stopped_reading_is_named(mocked):
    """The later edition of a page says that `n` is ignored: whoever relies on it is reported."""
    client = mocked("apiyi@2026-09")
    response = client.post(f"/apiyi@2026-09{PATH}", {"model": "seedream-5-0-260128", "prompt": "A kite", "n": 2})

    assert (200, "n; n of gpt-image-2 is") == (response.status, response.headers["pixpact-not-read"])


def test_what_is_given_again_reports_once(mocked):
    """The header of a repeated idempotency key is that of the request at hand, and stands once."""
    client = mocked("apimart@2026-09", pace="instant")
    url, options = f"/apimart@2026-09{PATH}", {"headers": {"Idempotency-Key": "order-7"}}
    body = BODIES["apimart@2026-09"] | {"siez": "1:1"}
    first, again = (client.post(url, body, **options) for _ in range(2))

    assert first.body == again.body
    assert "siez; size is" == again.headers["pixpact-not-read"]


@pytest.mark.parametrize("vendor", sorted(BODIES))
def test_strict_refuses_it(mocked, vendor):
    """In the mock's own words, before anything is bought; what is read is taken as ever."""
    client = mocked(vendor, strict=True)
    refused = client.post(f"/{vendor}{PATH}", BODIES[vendor] | {"siez": "1:1"})
    taken = client.post(f"/{vendor}{PATH}", BODIES[vendor])

    assert [400, 200] == [refused.status, taken.status]
    assert "application/problem+json" == refused.headers["content-type"]
    assert "createImage does not read siez; size is" == refused.json["detail"]
    assert 1 == len({charge.task for charge in client.context.ledger.charges()})


def test_strict_leaves_the_vendors_refusals_to_the_vendor(mocked):
    """Who has no key is told so."""
    client = mocked("apiyi", strict=True)

    assert 401 == client.post(f"/apiyi{PATH}", BODIES["apiyi"] | {"siez": "1:1"}, key=None).status


@pytest.mark.parametrize("name", VENDORS)
def test_every_documented_request_is_read(contract, name):
    """No example of a contract holds a field that the contract does not read."""
    found = contract(name)
    unread = []
    for operation in found.operations:
        for media in operation.body.media if operation.body else ():
            for example in media.examples:
                branch = media.reader.read(example.value).branch
                if branch is not None:
                    unread += [it for it, _ in shape_of(found.document.value, branch.pointer).unread(example.value)]

    assert [] == unread


SCHEMA = {
    "type": "object",
    "properties": {"a": {"$ref": "#/node"}, "free": {"type": "object"}, "list": {"items": {"properties": {"b": {}}}}},
    "allOf": [{"properties": {"c": {}}}],
    "anyOf": [{"oneOf": [{"properties": {"d": {}}}]}],
    "if": {"properties": {"e": {}}},
    "then": {"properties": {"f": {}}},
    "else": {"properties": {"g": {"additionalProperties": {"type": "string"}, "properties": {"x": {}}}}},
    "dependentSchemas": {"a": {"properties": {"h": {}}}},
}
NODE = {"type": "object", "properties": {"next": {"$ref": "#/node"}, "name": {"type": "string"}}}


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (dict.fromkeys("acdefgh", 1), []),
        ({"a": {"next": {"name": "x", "nam": "y"}}}, []),
        ({"a": {"nam": "y"}}, ["a.nam"]),
        ({"free": {"anything": 1}}, []),
        ({"g": {"anything": "text"}}, []),
        ({"list": [{"b": 1}, {"b": 1, "c": 2}]}, ["list[].c"]),
        ({"z": 1, "list": "no list"}, ["z"]),
        (["no object"], []),
    ],
)
def test_fields_are_looked_for_along_every_form_and_condition(body, paths):
    """Where any part of a schema may read a field it is read; recursion is followed once."""
    document = json.loads(json.dumps({"schema": SCHEMA, "node": NODE}))

    assert paths == [path for path, _ in shape_of(document, "/schema").unread(body)]
