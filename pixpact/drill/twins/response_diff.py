"""Compares two responses to one request: the differences that a client can see."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import plural, short_json
from pixpact.wire.bodies import UndecodableBody, events_of
from pixpact.wire.exchange import Exchange, Headers, media_type
from pixpact.wire.images import read_image_facts
from pixpact.wire.redaction import redacted

MOST = 4
"""The most differences that are reported for one response."""

ABSENT = "absent"
_MOST_TEXT = 40
# The extension in an image's URL comes from the mock; the format of the image only shows when it is fetched.
_IMAGE = re.compile(r"(/_files/[^/\"\s]+/[0-9a-f]{24}-\d+)\.(?:jpg|png|webp)")
_ENCODED = re.compile(rb"[A-Za-z0-9+/]{512,}={0,2}")
_EVENTS = "text/event-stream"
# Header fields that do not depend on the contract: the time, and what follows from the bytes of the body.
_UNREPORTED = frozenset(
    ("date", "server", "content-length", "etag", "content-range", "transfer-encoding", "connection", "pixpact-not-read")
)


@dataclass(frozen=True, slots=True)
class SentResponse:
    """A response as it was sent."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class ResponseDifference:
    """One place, with its value in either response as text."""

    place: str
    was: str
    now: str


def response_differences(request: Headers, was: SentResponse, now: SentResponse) -> list[ResponseDifference]:
    """The differences, at most MOST, the status first. Secrets of the request are redacted."""
    if was.status == now.status and was.body == now.body and _reported(was.headers) == _reported(now.headers):
        return []
    was, now = _without_images(was), _without_images(now)
    differences_found = list(_all(_discreet(request, was), _discreet(request, now)))
    if not differences_found and _compared(was) != _compared(now):
        return [ResponseDifference("body", "[redacted]", "[redacted]")]
    return list({difference.place: difference for difference in differences_found}.values())[:MOST]


def _discreet(request: Headers, response: SentResponse) -> SentResponse:
    exchange = Exchange(0, "GET", "", request, b"", response.status, response.headers, response.body)
    plain = redacted(exchange)
    return SentResponse(
        plain.status, plain.response_headers, response.body if _is_image(response) else plain.response_body
    )


def _without_images(response: SentResponse) -> SentResponse:
    """Replace each base64 image by its facts: a difference in bytes alone does not count."""
    return response if _is_image(response) else replace(response, body=_ENCODED.sub(_image_said, response.body))


def _image_said(match: re.Match[bytes]) -> bytes:
    try:
        content = read_image_facts(base64.b64decode(match[0], validate=True), decode=False)
    except ValueError:
        content = None
    if content is None:
        return match[0]
    alpha = " with alpha" if content.alpha else ""
    return f"[{content.width}x{content.height} {content.format}{alpha}]".encode()


def _all(was: SentResponse, now: SentResponse) -> Iterator[ResponseDifference]:
    if was.status != now.status:
        yield ResponseDifference("status", str(was.status), str(now.status))
    yield from _headers(was.headers, now.headers)
    yield from _values("", _compared(was), _compared(now))


def _headers(was: Headers, now: Headers) -> Iterator[ResponseDifference]:
    left, right = _reported(was), _reported(now)
    for name in sorted(left.keys() | right.keys()):
        if left.get(name) != right.get(name):
            yield ResponseDifference(f"header {name}", left.get(name, ABSENT), right.get(name, ABSENT))


def _reported(headers: Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers if name.lower() not in _UNREPORTED}


def _is_image(response: SentResponse) -> bool:
    return media_type(response.headers).startswith("image/")


def _compared(response: SentResponse) -> Json:
    """What is compared of a body: its JSON value, the facts of an image, or its text."""
    if _is_image(response):
        image_facts = read_image_facts(response.body, decode=False)
        if image_facts is not None:
            size = {"width": image_facts.width, "height": image_facts.height}
            return {"picture": {**size, "format": image_facts.format, "alpha": image_facts.alpha}}
    if media_type(response.headers) == _EVENTS:
        with suppress(UndecodableBody):
            return {"events": events_of(_IMAGE.sub(r"\1", response.body.decode("utf-8", "replace")).encode())}
    return _value(response.body)


def _value(content: bytes) -> Json:
    text = _IMAGE.sub(r"\1", content.decode("utf-8", "replace"))
    try:
        return json.loads(text)
    except ValueError:
        return text


def _values(location: str, was: Json, now: Json) -> Iterator[ResponseDifference]:
    if isinstance(was, dict) and isinstance(now, dict):
        for name in dict.fromkeys((*was, *now)):
            inner = f"{location}.{name}" if location else name
            if name in was and name in now:
                yield from _values(inner, was[name], now[name])
            elif name in was:
                yield ResponseDifference(inner, short_json(was[name]), ABSENT)
            else:
                yield ResponseDifference(inner, ABSENT, short_json(now[name]))
    elif isinstance(was, list) and isinstance(now, list):
        if len(was) != len(now):
            yield ResponseDifference(location or "body", plural(len(was), "item"), plural(len(now), "item"))
        for left, right in zip(was, now, strict=False):
            yield from _values(f"{location}[]", left, right)
    elif was != now or type(was) is not type(now):
        yield ResponseDifference(location or "body", *_words(was, now))


def _words(was: Json, now: Json) -> tuple[str, str]:
    """Two values as text; in long texts with a common beginning, the part that differs."""
    if isinstance(was, str) and isinstance(now, str) and max(len(was), len(now)) > _MOST_TEXT:
        alike = next((at for at, pair in enumerate(zip(was, now, strict=False)) if pair[0] != pair[1]), _MOST_TEXT)
        begins = max(0, alike - _MOST_TEXT // 2)
        was, now = (text if begins == 0 else f"…{text[begins:]}" for text in (was, now))
    return short_json(was), short_json(now)
