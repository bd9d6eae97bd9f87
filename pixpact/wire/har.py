"""Writes and reads HTTP Archive 1.2 (http://www.softwareishard.com/blog/har-12-spec/).

It reads what `to_har` writes, and the incomplete files of browsers and proxies. What it writes is read back unchanged,
times to the millisecond and durations to the microsecond. Redaction must happen before (`pixpact.wire.redaction`).
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from pixpact.wire.har_entry import CODING, NOTE, OURS, EntryReader
from pixpact.wire.har_place import HarError, HarPlace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pixpact.wire.exchange import Exchange

__all__ = ["HarError", "entry_of", "from_har", "to_har"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# -------------------------------------------------------------------------------------- writing


def to_har(exchanges: Iterable[Exchange], *, creator_version: str) -> dict[str, Any]:
    """The exchanges as a HAR 1.2 document of plain JSON values, in the given order.

    Bodies that are not UTF-8 are written in base64; notes go to `_pixpact` of the entry.
    """
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": OURS, "version": creator_version},
            "entries": [entry_of(exchange) for exchange in exchanges],
        }
    }


def entry_of(exchange: Exchange) -> dict[str, Any]:
    """One exchange as a HAR 1.2 entry."""
    took = round(exchange.duration * 1000, 3)
    return {
        "startedDateTime": _written(exchange.started),
        "time": took,
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
        **({NOTE: dict(exchange.note)} if exchange.note else {}),
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
        written["postData"] = {"mimeType": kind, **_coded(exchange.request_body, CODING)}
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
    except ValueError:  # an invalid URL is still written as it was
        return []


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


# -------------------------------------------------------------------------------------- reading


def from_har(document: object, odd: Callable[[HarError], None] | None = None) -> list[Exchange]:
    """The exchanges of a parsed HAR document, in order.

    An entry needs only a method and a URL. What was not recorded, or cannot be read, is noted: see
    `pixpact.wire.har_entry`. Invalid entries are skipped and passed to `odd`. Raises HarError for a document that is
    not HAR, and for an invalid entry if `odd` is None.
    """
    log = HarPlace("", document)["log"]
    reader = EntryReader(creator=log["creator"].value)
    read = (reader.take(entry, odd) for entry in log["entries"].required().items())
    return [exchange for exchange in read if exchange is not None]
