"""With `--rewrite-urls` result images are downloaded through the proxy; nothing else of a body changes."""

from __future__ import annotations

import asyncio
import gzip
import json

import pytest

import pixpact
from pixpact.proxy.addresses import IMAGES, ImageAddresses
from pixpact.proxy.downloads import ProxiedImages
from pixpact.proxy.rewriting import ResponseRewriter
from pixpact.wire.images import read_image_facts

TOY = "fixtures/specs/toy.yaml"
SKETCH = {"prompt": "A kite", "most": 2}
BASE = "http://proxy.test:4748"


@pytest.fixture(scope="module")
def toy():
    with pixpact.mock(TOY, start_time="2026-01-31T12:00:00Z") as mock:
        yield mock


def upstream_of(body, *headers, more=()):
    """An upstream that answers everything with this body; `more`: the (status, headers, body) of others by path."""
    others = dict(more)

    async def script(connection):
        while True:
            path = (await connection.request()).split(b" ", 2)[1]
            status, fields, content = others.get(path, (b"200 OK", (b"Content-Type: application/json", *headers), body))
            lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(content), *fields]
            await connection.send(b"\r\n".join(lines) + b"\r\n\r\n" + content)

    return script


def sketching(**fields):
    async def scenario(stand):
        response = await stand.client.post("/v2/sketches", json=SKETCH | fields)
        return stand, response, await stand.exchanges()

    return scenario


# ---- over sockets, before a mock


def test_images_are_downloaded_through_the_proxy(standing, toy):
    """The address is the proxy's; the bytes are the vendor's; the recording has the vendor's own addresses."""

    async def scenario(stand):
        response = (await stand.client.post("/v2/sketches", json=SKETCH)).json()
        images = [await stand.client.get(url) for url in response["sketches"]]
        return stand, response, images, await stand.exchanges()

    stand, response, images, recorded = standing(toy.url("toy"), scenario, rewrite_urls=True)
    original = json.loads(recorded[0].response_body)["sketches"]

    assert all(url.startswith(stand.url + IMAGES) for url in response["sketches"])
    assert [(256, 256)] * 2 == [
        (read_image_facts(image.content).width, read_image_facts(image.content).height) for image in images
    ]
    assert all(url.startswith(toy.base_url) for url in original)
    assert original == [it.url for it in recorded[1:]]
    assert ["run", "download", "download"] == [it.note["role"] for it in recorded]


def test_downloads_are_judged_with_their_task(standing, toy):
    """Claims about images were seen to be kept, and nothing is found."""

    async def scenario(stand):
        response = (await stand.client.post("/v2/sketches", json=SKETCH)).json()
        before = await stand.findings()
        await stand.client.get(response["sketches"][0])
        return before, await stand.findings()

    before, after = standing(toy.url("toy"), scenario, rewrite_urls=True)

    assert before["claims"]["seen to be kept"] < after["claims"]["seen to be kept"]
    assert ([], {}) == (after["findings"], after["not judged"])


def test_an_image_of_an_unusual_address_is_still_the_one_that_was_given(standing):
    """What goes over the wire is escaped; the recording has what the vendor wrote, by which both are joined."""
    name = "/a b/ü.png"

    async def scenario(stand):
        content = json.dumps({"sketches": [stand.upstream + name]}).encode()
        others[b"/v2/sketches"] = (b"200 OK", (b"Content-Type: application/json",), content)
        response = (await stand.client.post("/v2/sketches", json=SKETCH)).json()
        await stand.client.get(response["sketches"][0])
        return stand, await stand.exchanges()

    others = {}

    async def script(connection):
        await upstream_of(b"x", more=others)(connection)

    stand, recorded = standing(script, scenario, rewrite_urls=True)

    assert b"GET /a%20b/%C3%BC.png HTTP/1.1" == stand.requests[1].partition(b"\r\n")[0]
    assert (stand.upstream + name, "download") == (recorded[1].url, recorded[1].note["role"])


def test_a_stream_is_rewritten_event_by_event(standing, toy):
    """Each event has the proxy's address, and they still come one by one."""

    async def scenario(stand):
        async with stand.client.stream("POST", "/v2/sketches", json=SKETCH | {"stream": True}) as response:
            found = [line async for line in response.aiter_lines()]
        links = [json.loads(line[6:])["link"] for line in found if '"link"' in line]
        images = [await stand.client.get(link) for link in links]
        return stand.url, links, [image.status_code for image in images]

    url, links, statuses = standing(toy.url("toy"), scenario, rewrite_urls=True)

    assert 2 == len(links)
    assert all(link.startswith(url + IMAGES) for link in links)
    assert [200, 200] == statuses


def test_an_address_that_an_app_sends_back_is_the_vendors_again(standing, toy):
    """A vendor could not fetch an image from a proxy on the app's machine."""

    async def scenario(stand):
        response = (await stand.client.post("/v2/sketches", json=SKETCH)).json()
        order = {"model": "crayon-1", "prompt": "again", "size": "small", "pictures": [response["sketches"][0]]}
        await stand.client.post("/v2/drawings", json=order)
        return await stand.exchanges()

    first, second = standing(toy.url("toy"), scenario, rewrite_urls=True)

    assert json.loads(second.request_body)["pictures"] == json.loads(first.response_body)["sketches"][:1]


def test_without_the_flag_addresses_stay(standing, toy):
    """The app downloads past the proxy then."""
    _, response, (recorded,) = standing(toy.url("toy"), sketching())

    assert recorded.response_body == response.content


# ---- what else of a response stays


def test_every_other_byte_stays(standing):
    """Spaces, order, escapes and texts that only look like one."""
    body = b'{ "note":"\\u0041 https://x.example/y",\n "sketches" : ["https:\\/\\/cdn.toy.example\\/a.jpg?sig=1"] }\r\n'
    _, response, _ = standing(upstream_of(body), sketching(), rewrite_urls=True)
    new = json.loads(response.content)["sketches"][0]

    assert body.replace(b"https:\\/\\/cdn.toy.example\\/a.jpg?sig=1", new.encode()) == response.content
    assert new.endswith("/a.jpg")
    assert "sig" not in new


def test_a_coded_response_is_rewritten_too(standing):
    """It comes without its coding, and without what told of its bytes."""
    coded = gzip.compress(b'{"sketches": ["https://cdn.toy.example/a.jpg"]}')
    script = upstream_of(coded, b"Content-Encoding: gzip", b"ETag: x")
    _, response, _ = standing(script, sketching(), rewrite_urls=True)

    assert IMAGES in response.json()["sketches"][0]
    assert [] == [name for name in ("content-encoding", "etag") if name in response.headers]


@pytest.mark.parametrize("body", [b'{"sketches": "no list"}', b"{", b"", b'{"sketches": ["https://[/"]}'])
def test_a_response_that_cannot_be_read_stays(standing, body):
    """A vendor's fault is for the app to see."""
    _, response, _ = standing(upstream_of(body), sketching(), rewrite_urls=True)

    assert body == response.content or IMAGES.encode() in response.content


# ---- downloads


def test_a_redirect_leads_through_the_proxy_too(standing, toy):
    """So that the image at its end is recorded."""
    target = b"http://127.0.0.1:1/b.jpg"
    redirect = (b"302 Found", (b"Location: " + target,), b"")

    async def scenario(stand):
        images = stand.upstream + "/a.jpg"
        redirecting[b"/v2/sketches"] = (
            b"200 OK",
            (b"Content-Type: application/json",),
            json.dumps({"sketches": [images]}).encode(),
        )
        response = (await stand.client.post("/v2/sketches", json=SKETCH)).json()
        return await stand.client.get(response["sketches"][0])

    redirecting = {b"/a.jpg": redirect}

    async def script(connection):
        await upstream_of(b"", more=redirecting)(connection)

    response = standing(script, scenario, rewrite_urls=True)

    assert 302 == response.status_code
    assert IMAGES in response.headers["location"]


def test_the_key_goes_to_the_vendor_alone(contract):
    """Whoever keeps its images gets neither key nor cookies; an image of the vendor's own origin may need them."""
    vendor = "https://api.toy.example"
    rewriting = ResponseRewriter(contract(TOY), vendor, print)

    async def resolve(host, port):
        return ("93.184.216.34",)

    from pixpact.contracts.transport.hosts import parse_url

    images = ProxiedImages(rewriting, parse_url(vendor), resolve)
    secret = [b"x-api-key", b"api-key", b"cookie", b"authorization", b"referer", b"x-gateway-pass"]
    sent = [(b"host", b"x"), *[(name, b"k") for name in secret], (b"range", b"bytes=0-")]

    def names(url):
        path = rewriting.addresses.given(url, BASE).removeprefix(BASE)
        call = asyncio.run(images.call({"method": "GET", "headers": sent}, path))
        return [name for name, _ in call.headers], call.address

    assert (["host", "range"], "93.184.216.34") == (lambda found: ([it.decode() for it in found[0]], found[1]))(
        names("https://cdn.example/a.jpg")
    )
    assert b"x-api-key" in names(f"{vendor}/a.jpg")[0]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1"])
def test_a_public_vendor_leads_nowhere_that_only_this_machine_can_reach(contract, address):
    """Not to the machine itself, its network, or the metadata service of its cloud."""
    from pixpact.contracts.transport.hosts import parse_url
    from pixpact.proxy.downloads import ForgottenAddress

    async def resolve(host, port):
        return (address,) if host == "cdn.example" else ("93.184.216.34",)

    rewriting = ResponseRewriter(contract(TOY), "https://api.toy.example", print)
    images = ProxiedImages(rewriting, parse_url("https://api.toy.example"), resolve)
    path = rewriting.addresses.given("http://cdn.example/a.jpg", BASE).removeprefix(BASE)

    with pytest.raises(ForgottenAddress) as caught:
        asyncio.run(images.call({"method": "GET", "headers": []}, path))

    assert 403 == caught.value.status


# ---- addresses


def test_an_address_is_the_same_each_time():
    """An app may compare what two polls say."""
    addresses = ImageAddresses()

    assert addresses.given("https://a.example/x.png?s=1", BASE) == addresses.given("https://a.example/x.png?s=1", BASE)
    assert addresses.given("https://a.example/x.png?s=2", BASE) != addresses.given("https://a.example/x.png?s=1", BASE)


def test_only_what_was_given_out_leads_anywhere():
    """The proxy is no way to other places; the oldest addresses are forgotten."""
    addresses = ImageAddresses(most=1)
    old = addresses.given("https://a.example/1.png", BASE).removeprefix(BASE)
    new = addresses.given("https://a.example/2.png", BASE).removeprefix(BASE)

    assert (None, "https://a.example/2.png", None) == (
        addresses.original(old),
        addresses.original(new),
        addresses.original(IMAGES + "https://evil.example"),
    )


@pytest.mark.parametrize("escaped", [False, True])
def test_addresses_come_back_in_whatever_way_they_are_written(escaped):
    """As a field of JSON, with or without escaped slashes, and in the middle of a text."""
    addresses = ImageAddresses()
    given = addresses.given("https://a.example/x y.png?s=1&t=%20", BASE)
    text = json.dumps({"image": given, "prompt": f"like {given} but red"})
    body = (text.replace("/", "\\/") if escaped else text).encode()
    found = json.loads(addresses.restored(body))

    assert "https://a.example/x y.png?s=1&t=%20" == found["image"]
    assert found["prompt"] == "like https://a.example/x y.png?s=1&t=%20 but red"
