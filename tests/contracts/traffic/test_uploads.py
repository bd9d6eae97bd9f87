"""Recorded uploads, and exchanges that are joined as they come."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.run.check import RunOptions, judge_recording
from pixpact.contracts.traffic.case import CaseReader
from pixpact.contracts.traffic.recording import recorded_exchange
from pixpact.contracts.traffic.trace_builder import TraceBuilder
from pixpact.contracts.traffic.uploads import SeenUploads
from pixpact.wire.exchange import Exchange
from pixpact.wire.har import from_har

ROOT = Path(__file__).parents[3]
TOY = "fixtures/specs/toy.yaml"
JSON = (("content-type", "application/json"), ("x-api-key", "sk-test"))
BASE = "https://api.toy.example/v2"


def stored(content, url="https://files.toy.example/f.png", status=201):
    kind = (("content-type", "multipart/form-data; boundary=b"), ("x-api-key", "sk-test"))
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f.png"\r\nContent-Type: image/png\r\n\r\n'
    response = json.dumps({"file": "file_3dR7", "link": url}).encode()
    body = head + content + b"\r\n--b--\r\n"
    return Exchange(1.0, "POST", f"{BASE}/files", kind, body, status, JSON[:1], response, note={"role": "store"})


def refused(url):
    order = {"model": "crayon-1", "prompt": "A kite", "size": "small", "pictures": [url]}
    response = b'{"error": "pictures[0] has a ratio of more than 3"}'
    return Exchange(2.0, "POST", f"{BASE}/drawings", JSON, json.dumps(order).encode(), 422, JSON[:1], response)


@pytest.fixture
def toy(contract):
    return contract(TOY)


@pytest.fixture
def banner():
    """An image four times as wide as it is high, where three times is allowed."""
    from io import BytesIO

    from PIL import Image

    buffer = BytesIO()
    Image.new("RGB", (400, 100)).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_refusal_for_an_uploaded_image_is_no_finding(toy, banner):
    """The recording shows what was uploaded, as facts where its bytes are out: the vendor was right to refuse it."""
    exchanges = [recorded_exchange(stored(banner)), refused("https://files.toy.example/f.png")]

    assert () == judge_recording(toy, exchanges, RunOptions()).findings


def test_what_was_uploaded_is_known_by_its_url(toy, banner):
    """Of an upload that was taken, and of no other URL; the oldest are forgotten."""
    reader, uploads = CaseReader(ContractClaims(toy)), SeenUploads(most=1)
    uploads.note(reader.step(recorded_exchange(stored(banner, "https://files.toy.example/1.png"))))
    uploads.note(reader.step(stored(b"no picture", "https://files.toy.example/2.png")))
    uploads.note(reader.step(stored(banner, "https://files.toy.example/3.png", status=422)))

    assert (None, b"no picture", None) == tuple(
        uploads.fetch(f"https://files.toy.example/{number}.png") for number in (1, 2, 3)
    )


def test_facts_stand_for_bytes_that_were_not_recorded(toy, banner):
    """A mark with its note is as good as the image."""
    uploads = SeenUploads()
    uploads.note(CaseReader(ContractClaims(toy)).step(recorded_exchange(stored(banner))))
    known = uploads.fetch("https://files.toy.example/f.png")

    assert (400, 100, len(banner)) == (known.width, known.height, known.bytes)


@pytest.mark.parametrize("name", ["charles", "chrome", "firefox", "mitmproxy", "proxyman"])
@pytest.mark.parametrize("vendor", ["apimart", "toapis", "apiyi", "fasttoken"])
def test_exchanges_are_joined_as_they_come(contract, name, vendor):
    """What was joined of each task in the end is what is joined afterwards; the place is that of the newest."""
    exchanges = from_har(json.loads((ROOT / f"fixtures/traffic/{name}.har").read_text()))
    joining = TraceBuilder(contract(vendor))
    joined = [joining.take(exchange) for exchange in exchanges]
    afterwards = list(TraceBuilder(contract(vendor)).traces(exchanges))
    so_far = [trace for trace, _ in filter(None, joined)]

    assert [] == [trace for trace in afterwards if trace not in so_far]
    assert sum(map(len, afterwards)) == len(so_far)
    for exchange, found in zip(exchanges, joined, strict=True):
        if found is not None:
            assert (exchange.started, exchange.method) == (
                found[0].exchanges[found[1]].started,
                found[0].exchanges[found[1]].method,
            )
