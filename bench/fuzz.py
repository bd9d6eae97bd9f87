"""Broken inputs for every parser: `python bench/fuzz.py [COUNT] [FIRST] [PARSER ...]`.

Input number N of a parser is made from N alone: a sample that the parser takes, with bytes and tokens changed, cut,
doubled and nested. So a run is taken up where it ended by giving its last number as FIRST, and an input that broke
something is made again by its number. A parser may refuse with the errors it documents; anything else, and anything
slower than two seconds, is printed with its number. The exit code is 1 then.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import perf_counter

from pixpact.cli.click_ext import flags_of
from pixpact.cli.config import ConfigError, configuration
from pixpact.cli.main import main as pixpact
from pixpact.contracts.diff.regex.samples import samples
from pixpact.contracts.plan.planfile import PlanFile
from pixpact.contracts.reports.plain import PlainText
from pixpact.contracts.samples.pattern_texts import matching
from pixpact.contracts.transport import hosts
from pixpact.mockserver.app import MockApp
from pixpact.mockserver.context import MockContext, MockSettings
from pixpact.mockserver.core.pace import parse as parse_pace
from pixpact.mockserver.faults.fault import BadFault
from pixpact.mockserver.faults.parsing import from_text
from pixpact.mockserver.responses.negotiation import preference
from pixpact.mockserver.webhooks.outbox import receiver
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.openapi.document import parse
from pixpact.specs.openapi.problems import SpecError
from pixpact.wire import bodies
from pixpact.wire.clock import ManualClock, duration, instant
from pixpact.wire.har import HarError
from pixpact.wire.har_stream import exchanges_of
from pixpact.wire.images import facts
from pixpact.wire.redaction import redacted_body, redacted_headers, redacted_url

ROOT = Path(__file__).parent.parent
SLOW = 2.0
"""Seconds that an input may take."""
COUNT = 1_000_000
TOKENS = [
    *(token.encode() for token in ("{", "}", "[", "]", '"', ":", ",", "null", "true", "-1", "1e999", "NaN", "0", "\\")),
    *(
        token.encode()
        for token in ("\\ud800", "\\u0000", "%00", "%zz", "../", "\r\n\r\n", "--", "$ref", "&a", "*a", "!!")
    ),
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x1b[2J", "\u202e".encode(), b"9" * 400, b"a" * 3000),
    *(
        b"[" * 120,
        b'{"a":' * 120,
        b"(" * 60,
        b"{1,99}" * 4,
        b"(a+)+",
        b"\\p{L}",
        b"(?<x>a)",
        b";base64,",
        b"data:image/png",
    ),
]


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
    "image": FuzzedParser(facts, (PNG,)),
    "duration": FuzzedParser(lambda raw: duration(text(raw)), (b"PT25H", b"25h", b"90"), (ValueError,)),
    "instant": FuzzedParser(lambda raw: instant(text(raw)), (b"2026-01-01T00:00:00Z",), (ValueError,)),
    "pattern": FuzzedParser(
        lambda raw: (matching([text(raw)], 3), samples(text(raw))), (b"^[a-z]{1,3}(a|b)+$",), (), 3
    ),
    "fault": FuzzedParser(lambda raw: from_text(text(raw)), (b"rate-limited,times=2,vendor=toapis",), (BadFault,)),
    "prefer": FuzzedParser(preference, (b'code=429, example="a", delay=2; fault=reset',), (BadFault,)),
    "webhook": FuzzedParser(lambda raw: receiver(text(raw)), (b"toy=https://dev.example:80,SECRET",), (ValueError,)),
    "url": FuzzedParser(lambda raw: hosts.place(text(raw)), (b"https://a.test:8080/x?y=z",), (ValueError,)),
    "plain text": FuzzedParser(lambda raw: PlainText(("sk-secret",)).block(text(raw)), (b"##[error] ::a:: sk-secret",)),
    "mock": FuzzedParser(ask_mock, (JSON, FORM, b'{"fault": "rate-limited"}', b'{"advance": 5}'), (), 8),
}


def made(name: str, number: int) -> bytes:
    """The input of a number."""
    dice = random.Random(f"{name}:{number}")
    raw = bytearray(dice.choice(PARSERS[name].samples))
    for _ in range(dice.randint(1, 6)):
        place = dice.randrange(len(raw) + 1)
        match dice.randrange(6):
            case 0:
                raw[place:place] = dice.choice(TOKENS)
            case 1:
                del raw[place : place + dice.randint(1, 20)]
            case 2:
                raw[place : place + 1] = bytes([dice.randrange(256)])
            case 3:
                raw[place:place] = raw[dice.randrange(len(raw) + 1) :][: dice.randint(1, 60)] * dice.randint(1, 9)
            case 4:
                raw[place:] = b""
            case _:
                raw[place : place + dice.randint(0, 8)] = dice.choice(TOKENS)
    return bytes(raw)


def tried(name: str, number: int) -> str:
    """What an input broke; empty for nothing."""
    parser, raw = PARSERS[name], made(name, number)
    began = perf_counter()
    try:
        parser.read(raw)
    except parser.refuses:
        pass
    except Exception as error:  # whatever a parser lets out is what this looks for
        return f"{type(error).__name__}: {error}\n{traceback.format_exc(limit=-3)}"
    took = perf_counter() - began
    return f"took {took:.1f} s" if took > SLOW else ""


def main(count: int, first: int, names: list[str]) -> int:
    """Try so many inputs, shared out among the parsers; how many broke something."""
    chosen = [name for name in PARSERS if not names or name in names]
    shares = sum(PARSERS[name].share for name in chosen)
    broken = whole = 0
    for name in chosen:
        part, began, wrong = max(1, count * PARSERS[name].share // shares), perf_counter(), 0
        for number in range(first, first + part):
            if problem := tried(name, number):
                wrong += 1
                if wrong <= 3:
                    print(f"{name} {number}: {problem}\n  {made(name, number)[:300]!r}", flush=True)
        whole, broken = whole + part, broken + wrong
        print(f"{name}: {part} inputs from {first}, {wrong} broken, {perf_counter() - began:.0f} s", flush=True)
    print(f"{whole} inputs, {broken} broken")
    return broken


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:3]]
    sys.exit(main(*(numbers + [COUNT, 0][len(numbers) :]), sys.argv[3:]) > 0)
