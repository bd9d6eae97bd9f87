"""HTTP Archive 1.2: exchanges written and read (http://www.softwareishard.com/blog/har-12-spec/).

What is read is what `to_har` writes, and what browsers and proxies write, which leave out a good
deal. What is written comes back the same, times to the millisecond and durations to the
microsecond. Nothing is redacted here: that is done before (`pixpact.wire.redaction`).
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from pixpact.wire.exchange import Exchange, header

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pixpact.wire.exchange import Headers

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTE = "_pixpact"
#: HAR has a place for the coding of a response only; this is ours for requests.
_CODING = "_encoding"
_Kind = TypeVar("_Kind")


class HarError(ValueError):
    """A document that is no HAR: where (a JSON Pointer, RFC 6901), what is wrong, what would do."""

    def __init__(self, pointer: str, problem: str, remedy: str) -> None:
        super().__init__(pointer, problem, remedy)
        self.pointer = pointer
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"HAR {self.pointer or '/'}: {self.problem}; {self.remedy}"


# -------------------------------------------------------------------------------------- writing


def to_har(exchanges: Iterable[Exchange], *, creator_version: str) -> dict[str, Any]:
    """The exchanges as a HAR 1.2 document of plain JSON values, in the order given.

    Bodies that are not UTF-8 are written in base64; notes go to `_pixpact` of the entry.
    """
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "pixpact", "version": creator_version},
            "entries": [_entry(exchange) for exchange in exchanges],
        }
    }


def _entry(exchange: Exchange) -> dict[str, Any]:
    took = round(exchange.duration * 1000, 3)
    return {
        "startedDateTime": _written(exchange.started),
        "time": took,
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
        **({_NOTE: dict(exchange.note)} if exchange.note else {}),
    }


def _written(seconds: float) -> str:
    moment = _EPOCH + timedelta(milliseconds=round(seconds * 1000))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _request(exchange: Exchange) -> dict[str, Any]:
    written = {
        "method": exchange.method,
        "url": exchange.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],  # they are among the headers, where redaction finds them
        "headers": _pairs(exchange.request_headers),
        "queryString": _pairs(_query(exchange.url)),
        "headersSize": -1,
        "bodySize": len(exchange.request_body),
    }
    if exchange.request_body:
        kind = exchange.request_header("content-type") or ""
        written["postData"] = {"mimeType": kind, **_coded(exchange.request_body, _CODING)}
    return written


def _response(exchange: Exchange) -> dict[str, Any]:
    body = exchange.response_body
    kind = exchange.response_header("content-type") or ""
    return {
        "status": exchange.status,
        "statusText": _phrase(exchange.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(exchange.response_headers),
        "content": {"size": len(body), "mimeType": kind, **_coded(body, "encoding")},
        "redirectURL": exchange.response_header("location") or "",
        "headersSize": -1,
        "bodySize": len(body),
    }


def _coded(body: bytes, coding: str) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": b64encode(body).decode(), coding: "base64"}


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _query(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:  # a URL that cannot be taken apart is still written as it was
        return []


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


# -------------------------------------------------------------------------------------- reading


def from_har(document: object) -> list[Exchange]:
    """The exchanges of a parsed HAR document, in its order.

    Only a URL and a method are asked for. A response body that was left out although it had a
    length is noted as `truncated: response`. Raises HarError for anything that has the wrong type.
    """
    if not isinstance(document, dict) or not isinstance(document.get("log"), dict):
        raise HarError("/log", "there is no such object", "give a HAR 1.2 document")
    entries = _Object(document["log"], "/log").list("entries")
    return [_exchange(entry) for entry in entries]


class _Object:
    """A JSON object that knows where it stands, and says so when a member is not as it must be."""

    def __init__(self, value: object, pointer: str) -> None:
        if not isinstance(value, dict):
            raise HarError(pointer, f"this is {_said(value)}", "write an object")
        self.members: dict[str, Any] = value
        self.pointer = pointer

    def wrong(self, name: str, remedy: str) -> HarError:
        there = name in self.members
        problem = f"this is {_said(self.members[name])}" if there else "this is missing"
        return HarError(f"{self.pointer}/{name}", problem, remedy)

    def get(self, name: str, default: _Kind, remedy: str) -> _Kind:
        """A member of the type of its default; null counts as left out."""
        value = self.members.get(name)
        if value is None:
            return default
        if not isinstance(value, type(default)) or isinstance(value, bool):
            raise self.wrong(name, remedy)
        return value

    def text(self, name: str) -> str:
        return self.get(name, "", "write a string")

    def number(self, name: str) -> float:
        value = self.members.get(name) or 0
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.wrong(name, "write a number")
        return value

    def object(self, name: str) -> _Object:
        return _Object(self.get(name, {}, "write an object"), f"{self.pointer}/{name}")

    def list(self, name: str) -> list[_Object]:
        items = self.get(name, [], "write an array")
        return [_Object(item, f"{self.pointer}/{name}/{place}") for place, item in enumerate(items)]
