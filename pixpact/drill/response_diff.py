"""Two answers to one request, side by side: what a client could see that differs."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import short
from pixpact.wire.bodies import Undecodable, events_of
from pixpact.wire.exchange import Exchange, Headers, media_type
from pixpact.wire.images import facts
from pixpact.wire.redaction import redacted

MOST = 4
"""Differences that are told of one answer."""

ABSENT = "absent"
_MOST_TEXT = 40
# The ending of a picture's address is the mock's own: what the picture is, only shows who fetches it.
_PICTURE = re.compile(r"(/_files/[^/\"\s]+/[0-9a-f]{24}-\d+)\.(?:jpg|png|webp)")
_ENCODED = re.compile(rb"[A-Za-z0-9+/]{512,}={0,2}")
_EVENTS = "text/event-stream"
# What says nothing of the contract: the machine's time, and what follows from the bytes of the body.
_UNTOLD = frozenset(("date", "server", "content-length", "etag", "content-range", "transfer-encoding", "connection"))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it went out."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Difference:
    """One place, and what stands there in either answer, in words."""

    place: str
    was: str
    now: str


def differences(request: Headers, was: Answer, now: Answer) -> list[Difference]:
    """What differs, at most MOST places, the status first. No secret of the request comes back in it."""
    if was.status == now.status and was.body == now.body and _told(was.headers) == _told(now.headers):
        return []
    was, now = _without_pictures(was), _without_pictures(now)
    found = list(_all(_discreet(request, was), _discreet(request, now)))
    if not found and _compared(was) != _compared(now):
        return [Difference("body", "[redacted]", "[redacted]")]
    return list({it.place: it for it in found}.values())[:MOST]


def _discreet(request: Headers, answer: Answer) -> Answer:
    exchange = Exchange(0, "GET", "", request, b"", answer.status, answer.headers, answer.body)
    found = redacted(exchange)
    return Answer(found.status, found.response_headers, answer.body if _is_picture(answer) else found.response_body)


def _without_pictures(answer: Answer) -> Answer:
    """The answer with the facts of each picture in place of its base64: other bytes alone say nothing."""
    return answer if _is_picture(answer) else replace(answer, body=_ENCODED.sub(_picture_said, answer.body))


def _picture_said(found: re.Match[bytes]) -> bytes:
    try:
        content = facts(base64.b64decode(found[0], validate=True), decode=False)
    except ValueError:
        content = None
    if content is None:
        return found[0]
    alpha = " with alpha" if content.alpha else ""
    return f"[{content.width}x{content.height} {content.format}{alpha}]".encode()


def _all(was: Answer, now: Answer) -> Iterator[Difference]:
    if was.status != now.status:
        yield Difference("status", str(was.status), str(now.status))
    yield from _headers(was.headers, now.headers)
    yield from _values("", _compared(was), _compared(now))


def _headers(was: Headers, now: Headers) -> Iterator[Difference]:
    left, right = _told(was), _told(now)
    for name in sorted(left.keys() | right.keys()):
        if left.get(name) != right.get(name):
            yield Difference(f"header {name}", left.get(name, ABSENT), right.get(name, ABSENT))


def _told(headers: Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers if name.lower() not in _UNTOLD}


def _is_picture(answer: Answer) -> bool:
    return media_type(answer.headers).startswith("image/")


def _compared(answer: Answer) -> Json:
    """What of a body is compared: the value it holds, the facts of a picture, or the bytes themselves."""
    if _is_picture(answer):
        found = facts(answer.body, decode=False)
        if found is not None:
            size = {"width": found.width, "height": found.height}
            return {"picture": {**size, "format": found.format, "alpha": found.alpha}}
    if media_type(answer.headers) == _EVENTS:
        with suppress(Undecodable):
            return {"events": events_of(_PICTURE.sub(r"\1", answer.body.decode("utf-8", "replace")).encode())}
    return _value(answer.body)


def _value(content: bytes) -> Json:
    text = _PICTURE.sub(r"\1", content.decode("utf-8", "replace"))
    try:
        return json.loads(text)
    except ValueError:
        return text


def _values(place: str, was: Json, now: Json) -> Iterator[Difference]:
    if isinstance(was, dict) and isinstance(now, dict):
        for name in dict.fromkeys((*was, *now)):
            inner = f"{place}.{name}" if place else name
            if name in was and name in now:
                yield from _values(inner, was[name], now[name])
            elif name in was:
                yield Difference(inner, short(was[name]), ABSENT)
            else:
                yield Difference(inner, ABSENT, short(now[name]))
    elif isinstance(was, list) and isinstance(now, list):
        if len(was) != len(now):
            yield Difference(place or "body", f"{len(was)} items", f"{len(now)} items")
        for left, right in zip(was, now, strict=False):
            yield from _values(f"{place}[]", left, right)
    elif was != now or type(was) is not type(now):
        yield Difference(place or "body", *_words(was, now))


def _words(was: Json, now: Json) -> tuple[str, str]:
    """Two values in words; of long texts that begin alike, what follows."""
    if isinstance(was, str) and isinstance(now, str) and max(len(was), len(now)) > _MOST_TEXT:
        alike = next((at for at, pair in enumerate(zip(was, now, strict=False)) if pair[0] != pair[1]), _MOST_TEXT)
        begins = max(0, alike - _MOST_TEXT // 2)
        was, now = (text if begins == 0 else f"…{text[begins:]}" for text in (was, now))
    return short(was), short(now)
