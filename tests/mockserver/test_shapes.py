"""A mock of a contract of other shapes than the toy's: what a client gets."""

from __future__ import annotations

import base64

import pytest

from pixpact.wire.images import read_image_facts

SHAPES = "fixtures/specs/shapes.yaml"
KEY = {"Authorization": "Key toy-key", "X-Mode": "async"}
BASIC = {"Authorization": f"Basic {base64.b64encode(b'me:secret').decode()}", "X-Mode": "async"}
BOUNDARY = "multipart/form-data; boundary=b"


@pytest.fixture
def shapes(mocked):
    return lambda **options: mocked(SHAPES, key=None, **options)


def form(*pairs):
    """A form of texts."""
    text = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in pairs)
    return f"{text}--b--\r\n".encode()


def start(client, *pairs, headers=KEY, path="/shapes/acme/jobs"):
    """Order a job by a form."""
    body = form(("kind", "KIND::a"), ("prompt", "A red kite"), *pairs)
    return client.request("POST", path, content=body, headers={**headers, "Content-Type": BOUNDARY})


@pytest.mark.parametrize("headers", [KEY, BASIC])
def test_one_of_several_schemes_is_enough(shapes, headers):
    assert 202 == start(shapes(), headers=headers).status


def test_a_form_is_read_by_its_schema(shapes):
    """A number is one; what is none is refused."""
    client = shapes(pace="1x")
    job = start(client, ("count", "2")).json["id"]
    client.advance(5)

    assert 422 == start(client, ("count", "two")).status
    assert 2 == client.get(f"/shapes/acme/jobs/{job}", headers=KEY).json["made"]


@pytest.mark.parametrize(("path", "base"), [("/shapes", "/shapes"), ("/shapes/api", "/shapes/api")])
def test_an_address_leads_back_below_the_base_that_was_used(shapes, path, base):
    """The base path of the contract's server may stand in the URL, and then stands in what is answered."""
    client = shapes()
    ordered = start(client, path=f"{path}/acme/jobs").json

    assert f"http://mock.test:4747{base}/acme/jobs/{ordered['id']}" == ordered["look"]
    assert 200 == client.get(f"{base}/acme/jobs/{ordered['id']}", headers=KEY).status


def test_what_there_is_not_yet_is_null(shapes):
    """A required field that may be null, while a task runs and afterwards."""
    client = shapes(pace="1x")
    path = f"/shapes/acme/jobs/{start(client).json['id']}"
    queued = client.get(path, headers=KEY).json
    client.advance(5)
    done = client.get(path, headers=KEY).json

    assert (None, None, 0) == (queued["started"], queued["made"], queued["part"])
    assert (1, 1) == (done["made"], done["part"])
    assert 1_790_000_001 <= done["started"] <= 1_790_000_003


def test_a_status_alone_reports_a_state(shapes):
    """202 without a body until the files are there."""
    client = shapes(pace="1x")
    path = f"/shapes/acme/jobs/{start(client).json['id']}/files"
    waiting = client.get(path, headers=KEY)
    client.advance(5)

    assert (202, b"") == (waiting.status, waiting.body)
    assert "content-type" not in waiting.headers
    assert 200 == client.get(path, headers=KEY).status


def test_a_success_without_a_body_has_none(shapes):
    """RFC 9110, section 8.6: 204 has no Content-Length."""
    removed = shapes().request("DELETE", "/shapes/acme/jobs/x", headers=KEY)

    assert (204, b"") == (removed.status, removed.body)
    assert not {"content-type", "content-length"} & removed.headers.keys()


def test_an_image_is_the_body_or_stands_in_it(shapes):
    """As the request asks; outside of a list it is the only one."""
    client = shapes()
    file = client.post("/shapes/images", {"prompt": "A red kite"}, headers=KEY)
    reported = client.post("/shapes/images", {"prompt": "A red kite", "as": "json"}, headers=KEY).json

    assert "image/png" == file.headers["content-type"]
    assert ("png", 64, 64) == (
        read_image_facts(file.body).format,
        read_image_facts(file.body).width,
        read_image_facts(file.body).height,
    )
    assert ("png", 64) == (read_image_facts(base64.b64decode(reported["image"])).format, reported["wide"])


def test_a_file_is_uploaded_as_the_body(shapes):
    client = shapes()
    image = client.post("/shapes/images", {"prompt": "A red kite"}, headers=KEY).body
    headers = {**KEY, "Content-Type": "image/png"}
    stored = client.request("PUT", "/shapes/files", content=image, headers=headers)

    assert 201 == stored.status
    assert image == client.get(stored.json["link"].removeprefix("http://mock.test:4747")).body
    assert 422 == client.request("PUT", "/shapes/files", content=b"no picture", headers=headers).status
