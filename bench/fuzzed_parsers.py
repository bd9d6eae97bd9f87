"""What reads bytes from elsewhere, for `bench/fuzz.py`: each parser with samples and the errors it documents."""

from __future__ import annotations

import asyncio
import atexit
import json
import random
import socket
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pixpact.cli.click_ext import flags_of
from pixpact.cli.config import ConfigError, configuration
from pixpact.cli.main import main as pixpact
from pixpact.contracts.diff.read.contract_version import read_version
from pixpact.contracts.diff.regex.samples import samples
from pixpact.contracts.diff.report import comparison
from pixpact.contracts.plan.planfile import PlanFile
from pixpact.contracts.reports import FORMATS, baseline
from pixpact.contracts.reports.sanitize import TextSanitizer
from pixpact.contracts.reports.view import view
from pixpact.contracts.run.check import RunOptions, judge_recording
from pixpact.contracts.samples.pattern_texts import matching
from pixpact.contracts.transport import hosts
from pixpact.mockserver.app import MockApp
from pixpact.mockserver.context import MockContext, MockSettings
from pixpact.mockserver.core.pace import parse as parse_pace
from pixpact.mockserver.faults.fault import BadFault
from pixpact.mockserver.faults.parsing import from_text
from pixpact.mockserver.local import serving
from pixpact.mockserver.responses.response_choice import preference
from pixpact.mockserver.webhooks.outbox import receiver
from pixpact.specs.adopt.adopt import adopted_document
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract
from pixpact.specs.dialect import expressions
from pixpact.specs.lint import lint
from pixpact.specs.openapi.document import SpecDocument, parse
from pixpact.specs.openapi.overlay import apply_overlay
from pixpact.specs.openapi.problems import SpecError
from pixpact.wire import bodies
from pixpact.wire.clock import ManualClock, duration, parse_instant
from pixpact.wire.exchange import Exchange
from pixpact.wire.har import HarError
from pixpact.wire.har_stream import exchanges_of
from pixpact.wire.images import read_image_facts
from pixpact.wire.redaction import redacted_body, redacted_headers, redacted_url

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class FuzzedParser:
    """What reads bytes, samples of what it takes, what it may raise, and its share of the inputs."""

    read: Callable[[bytes], object]
    samples: tuple[bytes, ...]
    refuses: tuple[type[BaseException], ...] = ()
    share: int = 10


def text(raw: bytes) -> str:
    """The bytes as whatever text they make."""
    return raw.decode("utf-8", "replace")


FORM = (
    b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n'
    b"Content-Type: image/png\r\n\r\nx\r\n--b--"
)
JSON = (
    b'{"model": "gpt-image-2", "prompt": "A kite", "n": 1, "size": "1024x1024", "image_urls": ["https://a.test/a.png"]}'
)
HAR = json.dumps(
    {
        "log": {
            "version": "1.2",
            "entries": [
                {
                    "startedDateTime": "2026-01-01T00:00:00Z",
                    "time": 5,
                    "request": {
                        "method": "POST",
                        "url": "https://a.test/x?key=1",
                        "headers": [{"name": "A", "value": "b"}],
                    },
                    "response": {
                        "status": 200,
                        "headers": [],
                        "content": {"text": "{}", "encoding": "base64", "size": 2},
                    },
                }
            ],
        }
    }
).encode()
PLAN = (
    b'{"plan":{"contract":"a","target":"b","digest":"c"},"beyond":{}}\n'
    b'{"probe":{"id":"a","kind":"take","operation":"b","what":"c"}}\n{"sent":"a"}\n'
)
TOML = b'pace = "instant"\nspecs = ["a"]\n[serve]\nport = 4800\napi-key = ["sk-a=10.00"]\n[check]\nrate = 1.5\n'
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)


@cache
def folder() -> Path:
    """Where files lie that parsers read."""
    return Path(tempfile.mkdtemp(prefix="pixpact-fuzz-"))


def written(raw: bytes, name: str) -> Path:
    """A file with these bytes."""
    path = folder() / name
    path.write_bytes(raw)
    return path


def read_plan(raw: bytes) -> None:
    """A plan file."""
    PlanFile(written(raw, "a.plan")).close()


def read_toml(raw: bytes) -> object:
    """A file of configuration."""
    flags = {name: flags_of(command) for name, command in pixpact.commands.items()}
    return configuration(folder(), flags, written(raw, "pixpact.toml"))


@cache
def mock() -> MockApp:
    """A mock in this process."""
    contracts = [SpecCatalogue().source(name).contract() for name in ("toapis", "apiyi")]
    return MockApp(
        contracts, MockContext.new(MockSettings(parse_pace("instant"), images="outline"), ManualClock(1.7e9))
    )


PATHS = [
    b"/toapis/v1/images/generations",
    b"/apiyi/v1/images/generations",
    b"/apiyi/v1/images/edits",
    b"/_pixpact/faults",
    b"/_pixpact/clock",
    b"/_pixpact/verify",
    b"/_pixpact/reset",
    b"/_pixpact/journal",
    b"/_files/toapis/x",
    b"/_pixpact/tasks",
]


def ask_mock(raw: bytes) -> None:
    """A request: its first bytes choose path, method and type. Raises AssertionError for a 5xx."""
    chosen = random.Random(raw[:64])
    path = chosen.choice(PATHS) if chosen.random() < 0.8 else b"/" + raw[:40].replace(b"?", b"").replace(b"#", b"")
    kind = chosen.choice([b"application/json", b"multipart/form-data; boundary=b", raw[:30]])
    headers = [(b"host", b"127.0.0.1"), (b"authorization", b"Bearer sk-a"), (b"content-type", kind)]
    scope = {
        "type": "http",
        "method": chosen.choice(["POST", "POST", "GET", "DELETE", "PUT"]),
        "path": path.decode("latin-1"),
        "raw_path": path,
        "query_string": raw[:30] if chosen.random() < 0.2 else b"",
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    messages = iter([{"type": "http.request", "body": raw, "more_body": False}])
    statuses: list[int] = []

    async def receive() -> dict[str, object]:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(int(str(message["status"])))

    app = mock()
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]  # messages of ASGI
    asyncio.run(app.context.store.reset("faults"))
    assert statuses, "no response"
    assert statuses[0] < 500, f"status {statuses} of {scope['method']} {path!r}"


@cache
def address() -> tuple[str, int]:
    """Where the same kind of mock listens on this machine until this process ends."""
    kept = ExitStack()
    bound = kept.enter_context(serving(mock())).url.rpartition(":")
    atexit.register(kept.close)
    return "127.0.0.1", int(bound[2])


def send_raw(raw: bytes) -> None:
    """The bytes on a connection, as they are. Raises AssertionError for a 5xx, and for a mock that is gone."""
    with socket.create_connection(address(), timeout=10) as connection:
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            response = b"".join(iter(lambda: connection.recv(65536), b""))
        except ConnectionError:  # refused before all of it was sent
            return
    assert not response.startswith(b"HTTP/1.1 5"), response[:300]


@cache
def toy() -> str:
    """A whole spec in our dialect."""
    return (ROOT / "fixtures" / "specs" / "toy.yaml").read_text()


@cache
def toy_document() -> SpecDocument:
    """The same as a document."""
    return parse(toy(), Path("toy.yaml"))


@cache
def toy_contract() -> Contract:
    """The same as a contract."""
    contract = lint.lint_document(toy_document(), "toy").contract
    assert contract is not None
    return contract


def check_spec(raw: bytes) -> None:
    """A spec with one stretch of it replaced: its first two bytes choose where."""
    whole, place = toy().encode(), int.from_bytes(raw[:2], "big")
    place %= len(whole)
    lint.lint_document(parse(text(whole[:place] + raw[2:] + whole[place + len(raw) :]), Path("toy.yaml")), "toy")


def overlay(raw: bytes) -> None:
    """An overlay, on the toy's document."""
    apply_overlay(toy_document(), parse(text(raw), Path("overlay.yaml")))


def compare(raw: bytes) -> None:
    """A document of a stranger, compared with what it was made from, both ways."""
    before = read_version(parse(text(OPENAPI), Path("a.yaml"), aliases=True), "a")
    after = read_version(parse(text(raw), Path("b.yaml"), aliases=True), "b")
    comparison(before, after)
    comparison(after, before)


def adopt(raw: bytes) -> None:
    """A document of a stranger as the draft of a spec."""
    adopted_document(parse(text(raw), Path("a.yaml"), aliases=True), "a")


def judge(raw: bytes) -> None:
    """The body of a response, judged by a contract and told in every format."""
    chosen = random.Random(raw[:32])
    path, body = chosen.choice([("/v2/drawings", SUBMISSION), ("/v2/sketches", SKETCH)])
    kind = chosen.choice(["application/json", "application/json", "text/event-stream", text(raw[:30])])
    headers = (("X-Api-Key", "sk-canary"), ("Content-Type", "application/json"))
    submitted = Exchange(
        1.7e9,
        "POST",
        f"https://api.toy.example{path}",
        headers,
        body,
        chosen.choice([200, 202, 401, 422, 500, 0]),
        (("Content-Type", kind),),
        raw,
    )
    shown = Exchange(1.7e9 + 1, "GET", "https://api.toy.example/v2/drawings/dr_1", headers, b"", 200, headers[1:], raw)
    result = judge_recording(toy_contract(), [submitted, shown], RunOptions())
    reported = view(result, secrets=("sk-canary",))
    for written in FORMATS.values():
        assert "sk-canary" not in written(reported)


OPENAPI = b"""openapi: 3.1.0
info: {title: A, version: '1'}
paths:
  /a/{id}:
    post:
      parameters:
      - {name: id, in: path, required: true, schema: {type: string}}
      - {name: q, in: query, schema: {type: integer, minimum: 1, maximum: 9, default: 3}}
      requestBody:
        content:
          application/json:
            schema: {$ref: '#/components/schemas/A'}
      responses:
        '200':
          description: Fine
          content:
            application/json:
              schema: {type: object, required: [a], properties: {a: {enum: [x, y]}, b: {type: array, items: {$ref: '#/components/schemas/A'}}}}
components:
  schemas:
    A:
      type: object
      properties:
        s: {type: string, pattern: '^[a-z]{1,8}$', maxLength: 20}
        n: {oneOf: [{type: integer, multipleOf: 2}, {type: 'null'}]}
        u: {anyOf: [{$ref: '#/components/schemas/A'}, {type: string, format: uri}]}
"""  # noqa: E501  # a document as strangers write it
OVERLAY = b"""overlay: 1.0.0
info: {title: A change, version: '1'}
actions:
- {target: "$.paths['/v2/drawings'].post", update: {summary: Another}}
- {target: '$.components.schemas.Order.properties[?@.minimum > 1]', update: {maximum: 4}}
- {target: $..copies, remove: true}
"""
SUBMISSION = b'{"model": "crayon-1", "prompt": "A kite", "copies": 2}'
SKETCH = b'{"prompt": "A kite", "stream": true}'
SHOWN = (
    b'{"drawing": "dr_1", "state": "done", "percent": 100, "ordered": "2026-01-31T12:00:00Z", '
    b'"sheets": [{"files": ["https://files.toy.example/a.png"]}], "error": "sk-canary ##[error] <b>"}'
)
EVENTS = (
    b'event: one-more\ndata: {"number": 0, "link": "https://files.toy.example/a.jpg"}\n\n'
    b'event: that-is-all\ndata: {"sketches": 1}\n\n'
)
ENTRIES = (
    b"version: 1\nentries:\n- {claim: 'toy:startDrawing:request/prompt/required', reason: known, until: 2026-12-01}\n"
)
RAW = (
    b"POST /toapis/v1/images/generations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer sk-a\r\n"
    b"Content-Type: application/json\r\nContent-Length: 44\r\n\r\n"
    b'{"model": "gpt-image-2", "prompt": "A kite"}'
)
CHUNKED = (
    b"POST /apiyi/v1/images/edits HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer sk-a\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\n--b\r\n\r\n0\r\n\r\n"
)
GOT = (
    b"GET /_pixpact/journal?body.n=1&limit=2 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
)


PARSERS = {
    "json": FuzzedParser(bodies.json_of, (JSON,), (bodies.UndecodableBody,), 25),
    "events": FuzzedParser(bodies.events_of, (b'event: a\ndata: {"a": 1}\n\n',), (bodies.UndecodableBody,)),
    "form": FuzzedParser(
        lambda raw: bodies.form_of(raw, "multipart/form-data; boundary=b"), (FORM,), (bodies.UndecodableBody,)
    ),
    "redacted body": FuzzedParser(redacted_body, (JSON, b'{"api_keys": ["a"], "token": "b"}')),
    "redacted url": FuzzedParser(lambda raw: redacted_url(text(raw)), (b"https://u:p@a.test:80/x?key=1&sign=2#t=3",)),
    "redacted headers": FuzzedParser(lambda raw: redacted_headers([(text(raw[:20]), text(raw))]), (b"Bearer a",)),
    "har": FuzzedParser(lambda raw: list(exchanges_of(written(raw, "a.har"))), (HAR,), (HarError,)),
    "plan file": FuzzedParser(read_plan, (PLAN,), (SpecError,), 5),
    "toml": FuzzedParser(read_toml, (TOML,), (ConfigError,), 4),
    "yaml": FuzzedParser(
        lambda raw: parse(text(raw), Path("a.yaml"), aliases=True),
        (b"openapi: 3.1.0\na: &x {b: [1, *x]}\n", JSON),
        (SpecError,),
        4,
    ),
    "image": FuzzedParser(read_image_facts, (PNG,)),
    "duration": FuzzedParser(lambda raw: duration(text(raw)), (b"PT25H", b"25h", b"90"), (ValueError,)),
    "instant": FuzzedParser(lambda raw: parse_instant(text(raw)), (b"2026-01-01T00:00:00Z",), (ValueError,)),
    "pattern": FuzzedParser(
        lambda raw: (matching([text(raw)], 3), samples(text(raw))), (b"^[a-z]{1,3}(a|b)+$",), (), 3
    ),
    "fault": FuzzedParser(lambda raw: from_text(text(raw)), (b"rate-limited,times=2,vendor=toapis",), (BadFault,)),
    "prefer": FuzzedParser(preference, (b'code=429, example="a", delay=2; fault=reset',), (BadFault,)),
    "webhook": FuzzedParser(lambda raw: receiver(text(raw)), (b"toy=https://dev.example:80,SECRET",), (ValueError,)),
    "url": FuzzedParser(lambda raw: hosts.parse_url(text(raw)), (b"https://a.test:8080/x?y=z",), (ValueError,)),
    "plain text": FuzzedParser(
        lambda raw: TextSanitizer(("sk-secret",)).block(text(raw)), (b"##[error] ::a:: sk-secret",)
    ),
    "mock": FuzzedParser(ask_mock, (JSON, FORM, b'{"fault": "rate-limited"}', b'{"advance": 5}'), (), 8),
    "connection": FuzzedParser(send_raw, (RAW, CHUNKED, GOT), (), 2),
    "expression": FuzzedParser(
        lambda raw: expressions.parse(text(raw)),
        (b"$request.body#/a/0/b~1c", b"$task.result.0.url", b"{$event.id}.{$event.body}"),
        (expressions.ExpressionError,),
    ),
    "spec": FuzzedParser(check_spec, (b"\x07\x10type: [string]", b"\x1f\x08{$ref: '#/components'}"), (SpecError,), 3),
    "overlay": FuzzedParser(overlay, (OVERLAY,), (SpecError,), 3),
    "adopted": FuzzedParser(adopt, (OPENAPI,), (SpecError,), 3),
    "comparison": FuzzedParser(compare, (OPENAPI,), (SpecError,), 3),
    "judged response": FuzzedParser(judge, (SHOWN, EVENTS), (), 3),
    "baseline": FuzzedParser(
        lambda raw: baseline.load(written(raw, "baseline.yaml")), (ENTRIES,), (baseline.BaselineError,), 3
    ),
}
