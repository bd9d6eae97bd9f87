"""Uploads: stored, served, usable as references, and judged like them."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

HOURS = 3600


def image(kind="PNG", size=(64, 48)):
    stream = BytesIO()
    Image.new("RGB", size, "teal").save(stream, kind)
    return stream.getvalue()


def form(content, filename="cat.png", name="file", media_type="image/png"):
    boundary = "a-boundary"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
    body = head.encode() + f"Content-Type: {media_type}\r\n\r\n".encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return {"content": body, "headers": {"Content-Type": f"multipart/form-data; boundary={boundary}"}}


def upload(client, vendor, content, **options):
    return client.post(f"/{vendor}/v1/uploads/images", **form(content, **options))


def url_in(response):
    body = response.json
    return body["data"]["url"] if "data" in body else body["url"]


@pytest.mark.parametrize("vendor", ["apimart", "toapis"])
def test_an_upload_is_served_as_it_was_sent(mocked, vendor):
    """The URL in the response gives the same bytes and their true media type."""
    client = mocked(vendor)
    content = image()
    response = upload(client, vendor, content)
    found = client.get(url_in(response), key=None)

    assert response.status == 200
    assert content == found.body
    assert found.headers["content-type"] == "image/png"


def test_an_upload_reports_its_facts(mocked):
    """Name, media type and length are those of the file."""
    content = image("JPEG")
    body = upload(mocked("apimart"), "apimart", content, filename="my cat.jpg", media_type="image/jpeg").json

    assert body["content_type"] == "image/jpeg"
    assert len(content) == body["bytes"]
    assert body["filename"].endswith("cat.jpg")
    assert body["created_at"] == 1_790_000_000


@pytest.mark.parametrize("vendor", ["apimart", "toapis"])
def test_what_is_no_image_is_refused(mocked, vendor):
    """A text that calls itself an image gets the vendor's refusal."""
    response = upload(mocked(vendor), vendor, b"%PDF-1.7 not a picture")

    assert response.status == 400
    assert "type" in response.text or "image" in response.text


@pytest.mark.parametrize("vendor", ["apimart", "toapis"])
def test_a_form_without_the_file_is_refused(mocked, vendor):
    """The part must have the documented name."""
    response = upload(mocked(vendor), vendor, image(), name="picture")

    assert response.status == 400
    assert "file" in response.text or "image" in response.text


def test_too_large_an_upload_has_its_own_response(mocked):
    """Above the documented size the vendor's own status is given."""
    client = mocked("apimart")
    noise = image() + b"\0" * (20 * 1024 * 1024)

    assert upload(client, "apimart", noise).status == 413


def test_a_broken_form_is_refused_in_the_vendors_shape(mocked):
    """A body that is no multipart never breaks the mock."""
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for content in (b"", b"garbage", b"--x\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--x--"):
        response = mocked("apimart").post("/apimart/v1/uploads/images", content=content, headers=headers)
        assert response.status == 400
        assert "error" in response.json


def test_an_upload_can_be_a_reference(mocked):
    """Its URL is accepted in `image_urls`, and its bytes are judged by the rules for input images."""
    client = mocked("toapis", pace="instant")
    body = {"model": "doubao-seedream-5-0", "prompt": "A kite"}
    good = url_in(upload(client, "toapis", image(size=(100, 50))))
    thin = url_in(upload(client, "toapis", image(size=(400, 100))))
    webp = url_in(upload(client, "toapis", image("WEBP"), filename="a.webp", media_type="image/webp"))
    path = "/toapis/v1/images/generations"

    assert client.post(path, body | {"image_urls": [good]}).status == 200
    for url in (thin, webp):
        refused = client.post(path, body | {"image_urls": [good, url]})
        assert refused.status == 400
        assert "image_urls[1]" in refused.text


def test_a_url_of_another_host_is_never_fetched(mocked):
    """Only this server's own uploads are looked at: an address that would be one elsewhere is not judged."""
    client = mocked("toapis", pace="instant")
    thin = url_in(upload(client, "toapis", image(size=(400, 100))))
    elsewhere = thin.replace("/_files/toapis/", "/_files/other/").replace("mock.test", "example.com")
    body = {"model": "doubao-seedream-5-0", "prompt": "A kite", "image_urls": ["https://example.invalid/a.png"]}

    assert client.post("/toapis/v1/images/generations", body).status == 200
    assert elsewhere != thin


def test_an_upload_lives_as_long_as_the_contract_says(mocked):
    """72 hours at one vendor; where no page says, it stays."""
    client = mocked("apimart", "toapis")
    limited, unlimited = (url_in(upload(client, vendor, image())) for vendor in ("apimart", "toapis"))
    client.advance(72 * HOURS)

    assert client.get(limited, key=None).status == 410
    assert client.get(unlimited, key=None).status == 200


def test_uploads_are_bounded(mocked):
    """The oldest files make room for new ones."""
    client = mocked("apimart")
    client.context.store._most_upload_bytes = 1000
    urls = [url_in(upload(client, "apimart", image(size=(64 + n, 64)))) for n in range(12)]
    statuses = [client.get(url, key=None).status for url in urls]

    assert statuses[0] == 404
    assert statuses[-1] == 200


@pytest.mark.parametrize(
    "filename", ["../../etc/passwd", "a/b\\c.png", "naïve 猫.png", ".hidden", "", "x" * 300 + ".png"]
)
def test_a_files_name_cannot_leave_its_folder(mocked, filename):
    """Whatever a file is called, its URL is one path segment that gives the file."""
    client = mocked("apimart")
    response = upload(client, "apimart", image(), filename=filename)
    url = url_in(response)

    assert "/_files/apimart/" in url
    assert "/" not in url.partition("/_files/apimart/")[2]
    assert client.get(url, key=None).status == 200


def test_a_text_is_no_file(mocked):
    """A form field without a file name is refused like a missing file."""
    content = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nhello\r\n--x--'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    response = mocked("apimart").post("/apimart/v1/uploads/images", content=content, headers=headers)

    assert response.status == 400
