"""What says of itself that it is an image must hold one, whatever contract it is sent to."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from pixpact.specs.dialect.keyword_checks import data_uris_without_image
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
    "half an image": f"data:image/png;base64,{PNG[: len(PNG) // 8 * 4]}",
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
    assert places == list(data_uris_without_image(value, no_fetch))


EDITS = Path(__file__).parents[2] / "fixtures/specs/edits.yaml"
FORM = "multipart/form-data; boundary=cut"


def part(name, content, filename=None, kind=None):
    """One part of a form, as clients write it."""
    disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
    head = f"Content-Disposition: {disposition}\r\n" + (f"Content-Type: {kind}\r\n" if kind else "")
    return b"--cut\r\n" + head.encode() + b"\r\n" + content + b"\r\n"


def edited(client, *images, **texts):
    """The response to an edit with these parts."""
    fields = {"model": "m", "prompt": "A kite", **texts}
    body = b"".join([*(part(name, text.encode()) for name, text in fields.items()), *images, b"--cut--\r\n"])
    return client.request("POST", "/edits/v1/images/edits", content=body, headers={"content-type": FORM})


FILE = base64.b64decode(PNG)


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (part("image", b"[object Object]"), 'image[0] must be a file, sent with a filename; got the text "[object'),
        (part("image[]", b"undefined"), "image[0] must be a file"),
        (part("image", PNG.encode()), "image[0] must be a file"),
        (part("image", b"", "kite.png", "image/png"), "image[0] is sent as image/png and holds no image"),
        (part("image", b"b'\\x89PNG'", "kite.png", "image/png"), "image[0] is sent as image/png and holds no image"),
        (part("image", PNG.encode(), "kite.png", "image/png"), "image[0] is sent as image/png and holds no image"),
        (part("image", FILE, "a.png", "image/png") + part("image", b"x", "b.png", "image/png"), "image[1] is sent as"),
        (part("image", FILE, "a.png", "image/png") + part("mask", b"undefined"), "mask must be a file"),
    ],
)
def test_a_form_without_an_image_is_refused(mocked, image, said):
    """A text where a file belongs, nothing, base64 in place of bytes: each names its field."""
    client = mocked(str(EDITS), pace="instant")
    response = edited(client, image)

    assert 400 == response.status
    assert response.json["error"]["message"].startswith(said)
    assert [] == client.context.ledger.charges()


@pytest.mark.parametrize(
    "image",
    [
        part("image", FILE, "kite.png", "image/png"),
        part("image", FILE, "kite", "application/octet-stream"),
        part("image[]", FILE, "") + part("image[]", FILE, "b.png", "image/png"),
    ],
)
def test_a_form_with_images_is_taken(mocked, image):
    """Whatever their parts say of them."""
    assert 200 == edited(mocked(str(EDITS), pace="instant"), image).status


@pytest.mark.parametrize("value", ["undefined", "[object Object]", f"b'{PNG}'", "/tmp/kite.png", NO_IMAGES["text"]])
def test_a_vendor_of_plain_base64_refuses_what_is_none(mocked, value):
    """Where a reference is a URL or base64 without a prefix, a word or a path is neither."""
    body = {"prompt": "A kite", "input_image": value}
    response = mocked("bfl", pace="instant").post("/bfl/v1/flux-kontext-pro", body, headers={"x-key": "k"}, key=None)

    assert 400 <= response.status < 500
    assert "input_image" in response.text


@pytest.mark.parametrize("value", [PNG, f"data:image/png;base64,{PNG}", "https://example.com/kite.png"])
def test_a_vendor_of_plain_base64_takes_it(mocked, value):
    """With a prefix as well, and links."""
    body = {"prompt": "A kite", "input_image": value}
    response = mocked("bfl", pace="instant").post("/bfl/v1/flux-kontext-pro", body, headers={"x-key": "k"}, key=None)

    assert 200 == response.status
