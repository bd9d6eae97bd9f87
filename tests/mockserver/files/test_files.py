"""What result URLs lead to: real images as the request asked for them, and nothing once their time is over."""

from __future__ import annotations

import asyncio
import base64

import pytest

from pixpact.wire.images import read_image_facts

APIMART = "/apimart/v1/images/generations"
DAY = 86_400


def image_urls(client, body, headers=None):
    response = client.post(APIMART, body, headers=headers)
    task_id = response.json["data"][0]["task_id"]
    task = client.get(f"/apimart/v1/tasks/{task_id}").json["data"]
    return [url for image in task["result"]["images"] for url in image["url"]]


def gpt(**fields):
    return {"model": "gpt-image-1-official", "prompt": "A red fox", **fields}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ("png", 1024, 1024, False)),
        ({"size": "2:3"}, ("png", 1024, 1536, False)),
        ({"size": "3:2", "output_format": "jpeg"}, ("jpeg", 1536, 1024, False)),
        ({"background": "transparent"}, ("png", 1024, 1024, True)),
    ],
)
def test_an_image_is_what_was_asked_for(mocked, fields, expected):
    """Format, pixels and transparency of the bytes are those of the request."""
    client = mocked("apimart", pace="instant")
    (url,) = image_urls(client, gpt(**fields))
    response = client.get(url, key=None)
    found = read_image_facts(response.body)

    assert expected == (found.format, found.width, found.height, found.transparent)
    assert found.complete
    assert f"image/{expected[0]}" == response.headers["content-type"]
    assert str(len(response.body)) == response.headers["content-length"]


def test_as_many_images_as_asked_for_and_each_another(mocked):
    """`n` images come, no two alike."""
    client = mocked("apimart", pace="instant")
    urls = image_urls(client, gpt(n=4))

    assert len({client.get(url, key=None).body for url in urls}) == 4


def test_a_watermark_changes_the_bottom_right_corner_only(mocked):
    """The mark is where the vendors put it."""
    from io import BytesIO

    from PIL import Image, ImageChops

    client = mocked("apimart", pace="instant")
    body = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "output_format": "png"}
    plain, marked = (
        Image.open(BytesIO(client.get(image_urls(client, body | {"watermark": mark})[0], key=None).body)).convert("RGB")
        for mark in (False, True)
    )
    # The request is part of what is drawn, so compare brightness in the corner rather than the whole image.
    width, height = marked.size
    corner = (int(width * 0.6), int(height * 0.85), width, height)

    assert ImageChops.difference(plain.crop(corner), marked.crop(corner)).getbbox() is not None


def test_images_depend_on_request_seed_and_index_only(mocked):
    """The same request draws the same image on another mock of the same seed, another seed draws another."""
    contents = []
    for seed in (7, 7, 8):
        client = mocked("apimart", pace="instant", seed=seed)
        client.advance(len(contents) * 1000)
        contents.append(client.get(image_urls(client, gpt())[0], key=None).body)

    assert contents[0] == contents[1]
    assert contents[0] != contents[2]


def test_the_order_of_fields_does_not_change_the_image(mocked):
    """A request is its fields, not their order."""
    client = mocked("apimart", pace="instant")
    body = gpt(size="2:3", quality="low")
    contents = [
        client.get(image_urls(client, it)[0], key=None).body for it in (body, dict(reversed(list(body.items()))))
    ]

    assert contents[0] == contents[1]


def test_images_are_gone_after_their_lifetime(mocked):
    """On the mock's clock: there until the last second, 410 from then on."""
    client = mocked("apimart", pace="instant")
    (url,) = image_urls(client, gpt())
    client.advance(DAY - 1)
    before = client.get(url, key=None)
    client.advance(1)
    after = client.get(url, key=None)

    assert (before.status, after.status) == (200, 410)
    assert "24 hours" in after.json["detail"]


def test_images_do_not_exist_before_the_outcome(mocked):
    """The URL of an image that will be made answers 404 until it is made."""
    client = mocked("apimart", pace="1x")
    client.post(APIMART, gpt())
    (task,) = asyncio.run(client.context.store.tasks())
    url = f"/_files/apimart/{task.token}-0.png"

    assert client.get(url, key=None).status == 404
    client.advance(3600)
    assert client.get(url, key=None).status == 200


def test_head_reports_the_length_without_the_bytes(mocked):
    """HEAD answers like GET, without a body."""
    client = mocked("apimart", pace="instant")
    (url,) = image_urls(client, gpt())
    whole = client.get(url, key=None)
    head = client.request("HEAD", url, key=None)

    assert head.status == 200
    assert whole.headers["content-length"] == head.headers["content-length"]
    assert head.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=0-99999999", 206, slice(0, None)),
        ("lines=1-2", 200, slice(0, None)),
        ("bytes=5-2", 416, slice(0, 0)),
        ("bytes=99999999-", 416, slice(0, 0)),
    ],
)
def test_a_range_gives_that_part(mocked, asked, status, part):
    """Single byte ranges of RFC 9110; units that are not known are ignored."""
    client = mocked("apimart", pace="instant")
    (url,) = image_urls(client, gpt())
    whole = client.get(url, key=None).body
    response = client.get(url, key=None, headers={"Range": asked})

    assert status == response.status
    assert whole[part] == response.body
    if status == 206:
        assert response.headers["content-range"].endswith(f"/{len(whole)}")


def test_a_known_image_is_not_sent_again(mocked):
    """If-None-Match with the ETag answers 304."""
    client = mocked("apimart", pace="instant")
    (url,) = image_urls(client, gpt())
    etag = client.get(url, key=None).headers["etag"]

    assert client.get(url, key=None, headers={"If-None-Match": etag}).status == 304


@pytest.mark.parametrize("name", ["nothing.png", "0" * 24 + "-0.png", "../../etc/passwd", "%00-0.png"])
def test_an_unknown_file_is_reported(mocked, name):
    """Names that no task or upload gave response 404."""
    assert mocked("apimart").get(f"/_files/apimart/{name}", key=None).status == 404


def test_an_index_beyond_the_count_is_unknown(mocked):
    """A task of one image has no second one."""
    client = mocked("apimart", pace="instant")
    (url,) = image_urls(client, gpt())

    assert client.get(url.replace("-0.png", "-1.png"), key=None).status == 404


def test_base64_is_the_same_image_as_the_url(mocked):
    """`b64_json` holds plain base64 of the image that `url` would lead to."""
    client = mocked("apiyi", pace="instant")
    body = {"model": "seedream-5-0-260128", "prompt": "A kite", "size": "1280x720"}
    response = client.post("/apiyi/v1/images/generations", body | {"response_format": "b64_json"}).json
    content = base64.b64decode(response["data"][0]["b64_json"], validate=True)
    found = read_image_facts(content)

    assert (found.format, found.width, found.height) == ("jpeg", 1280, 720)
    assert response["data"][0]["size"] == "1280x720"


def test_the_ratio_follows_the_first_reference(mocked):
    """`size: auto` takes the reference's ratio and the tier's area, where the reference's bytes are at hand."""
    from io import BytesIO

    from PIL import Image

    stream = BytesIO()
    Image.new("RGB", (300, 100)).save(stream, "PNG")
    uri = "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
    client = mocked("apimart", pace="instant")
    body = {"model": "doubao-seedream-5-0-lite", "prompt": "A kite", "size": "auto", "image_urls": [uri]}
    found = read_image_facts(client.get(image_urls(client, body)[0], key=None).body)

    assert pytest.approx(found.width / found.height, rel=0.01) == 3.0
    assert pytest.approx(found.pixels, rel=0.01) == 2048 * 2048


# ---------------------------------------------------------------------- conditions, ranges, pages of other origins


def test_a_page_of_another_origin_sees_why_a_file_is_not_there(mocked):
    """404 and 410 carry CORS as the file does; a preflight is answered."""
    client = mocked("apimart", pace="instant")
    (url,) = image_urls(client, gpt())
    there = client.get(url, key=None)
    asked = client.request("OPTIONS", url, key=None, headers={"Access-Control-Request-Method": "GET"})
    client.advance(4 * DAY)
    responses = [there, client.get(url, key=None), client.get(url.replace("-0.", "-7."), key=None), asked]

    assert [200, 410, 404, 204] == [response.status for response in responses]
    assert ["*"] * 4 == [response.headers["access-control-allow-origin"] for response in responses]
    assert "GET" in asked.headers["access-control-allow-methods"]
    assert "authorization" in asked.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    ("method", "headers", "status", "length"),
    [
        ("GET", {"Range": "bytes=0-9"}, 206, 10),
        ("GET", {"Range": "bytes=0-9", "If-Range": "ETAG"}, 206, 10),
        ("GET", {"Range": "bytes=0-9", "If-Range": '"another"'}, 200, None),
        ("GET", {"Range": "bytes=0-9", "If-Range": "W/ETAG"}, 200, None),
        ("GET", {"Range": "bytes=0-9", "If-Range": "Wed, 21 Oct 2026 07:28:00 GMT"}, 200, None),
        ("HEAD", {"Range": "bytes=0-9"}, 200, None),
        ("GET", {"If-None-Match": "ETAG"}, 304, 0),
        ("GET", {"If-None-Match": "W/ETAG"}, 304, 0),
        ("GET", {"If-None-Match": '"one", ETAG,"two"'}, 304, 0),
        ("GET", {"If-None-Match": "*"}, 304, 0),
        ("HEAD", {"If-None-Match": "ETAG"}, 304, 0),
        ("GET", {"If-None-Match": '"one", "two"'}, 200, None),
        ("GET", {"Range": "bytes=999999999-"}, 416, 0),
        ("GET", {"Range": "bytes=0-1,5-6"}, 200, None),
        ("GET", {"Range": "pages=1-2"}, 200, None),
    ],
)
def test_conditions_and_ranges(served, method, headers, status, length):
    """RFC 9110, sections 13 and 14, over a socket; the length is told as it would be sent."""
    mock = served("apimart")
    task = mock.http.post(APIMART, json=gpt()).json()["data"][0]["task_id"]
    [image] = mock.http.get(f"/apimart/v1/tasks/{task}").json()["data"]["result"]["images"]
    whole = mock.http.get(image["url"][0])
    asked = {name: value.replace("ETAG", whole.headers["etag"]) for name, value in headers.items()}
    response = mock.http.request(method, image["url"][0], headers=asked)
    expected = len(whole.content) if length is None else length

    assert status == response.status_code
    assert (0 if method == "HEAD" else expected) == len(response.content)
    assert status == 304 or str(expected) == response.headers["content-length"]


def observed(mock, vendor):
    """The URL of an image of the contract as it was recorded."""
    if vendor == "toapis":
        task = mock.http.post(
            "/toapis/v1/images/generations", json={"model": "doubao-seedream-5-0", "prompt": "A kite"}
        )
        shown = mock.http.get(f"/toapis/v1/images/generations/{task.json()['id']}").json()
        return shown["result"]["data"][0]["url"]
    task = mock.http.post(APIMART, json=gpt()).json()["data"][0]["task_id"]
    return mock.http.get(f"/apimart/v1/tasks/{task}").json()["data"]["result"]["images"][0]["url"][0]


@pytest.mark.parametrize(
    ("vendor", "status", "kind"), [("apimart", 403, "application/xml"), ("toapis", 410, "application/problem+json")]
)
def test_the_host_of_images_is_as_the_contract_has_it(served, vendor, status, kind):
    """As recorded: nothing for pages of another origin, and where that was seen XML for a link that is over."""
    mock = served(f"{vendor}@observed")
    url = observed(mock, vendor)
    given, asked = mock.http.get(url), mock.http.options(url, headers={"Origin": "http://app.test"})
    mock.advance(30 * 86400)
    gone = mock.http.get(url)

    assert (200, 403, status) == (given.status_code, asked.status_code, gone.status_code)
    assert kind == gone.headers["content-type"]
    assert [] == [it for response in (given, asked, gone) for it in response.headers if it.startswith("access-control")]


def test_the_host_of_images_serves_any_page_unless_the_contract_says_otherwise(served):
    """So that a page can be developed against the mock."""
    mock = served("apimart")
    given = mock.http.get(observed(mock, "apimart"))

    assert "*" == given.headers["access-control-allow-origin"]
