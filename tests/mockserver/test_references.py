"""What says of itself that it is an image must hold one, whatever contract it is sent to."""

from __future__ import annotations

import base64
from io import BytesIO

import pytest
from PIL import Image

from pixpact.specs.dialect.keywords import pictureless
from pixpact.specs.dialect.request_body import no_fetch

REFERENCES = [
    ("apimart", "gpt-image-1-official", "image_urls"),
    ("apimart", "doubao-seedream-5-0-lite", "image_urls"),
    ("apimart@2026-09", "gpt-image-1-official", "image_urls"),
    ("apiyi", "seedream-5-0-260128", "image"),
    ("apiyi@2026-09", "seedream-5-0-260128", "image"),
    ("fasttoken", "doubao-seedream-5-0-260128", "image"),
    ("fasttoken@upstream", "doubao-seedream-5-0-260128", "image"),
    ("toapis", "doubao-seedream-5-0", "image_urls"),
]


def encoded(kind="PNG", size=(64, 64)):
    file = BytesIO()
    Image.new("RGB", size, "red").save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


PNG = encoded()
NO_IMAGES = {
    "prefix twice": f"data:image/png;base64,data:image/png;base64,{PNG}",
    "bytes of Python": f"data:image/png;base64,b'{PNG}'",
    "nothing": "data:image/png;base64,",
    "text": "data:image/png;base64,aGVsbG8=",
    "an object": "data:image/png;base64,[object Object]",
    "undefined": "data:image/png;base64,undefined",
    "no base64": "data:image/png;base64,%89PNG",
    "no data URI": "undefined",
    "an object's text": "[object Object]",
}


@pytest.mark.parametrize("value", NO_IMAGES.values(), ids=NO_IMAGES)
@pytest.mark.parametrize(("contract", "model", "name"), REFERENCES)
def test_a_reference_without_an_image_is_refused(mocked, contract, model, name, value):
    """In the vendor's own shape, naming the field; nothing is charged."""
    client = mocked(contract, pace="instant")
    response = client.post(f"/{contract}/v1/images/generations", {"model": model, "prompt": "A kite", name: [value]})

    assert 400 == response.status
    assert name in response.text
    assert [] == client.context.ledger.charges()


@pytest.mark.parametrize(("contract", "model", "name"), REFERENCES[:-1])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_reference_with_an_image_is_taken(mocked, contract, model, name, kind):
    """And so is a link, which is never fetched."""
    client = mocked(contract, pace="instant")
    for value in (f"data:image/{kind.lower()};base64,{encoded(kind)}", "https://example.com/kite.png"):
        body = {"model": model, "prompt": "A kite", name: [value]}

        assert 200 == client.post(f"/{contract}/v1/images/generations", body).status


def test_a_mask_is_an_address(mocked):
    """Like the images it belongs to."""
    body = {"model": "gpt-image-1-official", "prompt": "A kite", "image_urls": ["https://example.com/kite.png"]}
    statuses = [
        mocked("apimart", pace="instant").post("/apimart/v1/images/generations", body | {"mask_url": mask}).status
        for mask in ("https://example.com/mask.png", "nonsense", NO_IMAGES["text"])
    ]

    assert [200, 400, 400] == statuses


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ({"a": [{"b": NO_IMAGES["nothing"]}]}, [("a", 0, "b")]),
        ({"a": f"data:image/png;base64,{PNG}"}, []),
        ({"a": "DATA:IMAGE/PNG;BASE64,aGVsbG8="}, [("a",)]),
        ({"a": "data:image/heic;base64," + base64.b64encode(b"\0\0\0\x18ftypheic\0\0\0\0").decode()}, []),
        ({"a": "data:image/png;base64,[68 bytes, sha256 0a1b2c3d4e5f6071]"}, []),
        ({"a": "data:text/plain;base64,aGVsbG8="}, []),
        ("a kite", []),
    ],
)
def test_where_no_image_is(value, places):
    """At any depth; a format that cannot be decoded here, and what a recording left out, are not judged."""
    assert places == list(pictureless(value, no_fetch))
