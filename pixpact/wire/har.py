"""HTTP Archive 1.2: exchanges written and read (http://www.softwareishard.com/blog/har-12-spec/).

What is read is what `to_har` writes, and what browsers and proxies write, which leave out a good
deal. What is written comes back the same, times to the millisecond and durations to the
microsecond. Nothing is redacted here: that is done before (`pixpact.wire.redaction`).
"""

from __future__ import annotations

from base64 import b64encode
from binascii import a2b_base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from pixpact.wire.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pixpact.wire.exchange import Headers

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTE = "_pixpact"
#: HAR has a place for the coding of a response only; this is ours for requests.
_CODING = "_encoding"
#: Fields of entries that browsers add. They leave out credentials when they export, unless told otherwise.
_OF_BROWSERS = ("_initiator", "_resourceType", "_priority")


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
            "entries": [entry_of(exchange) for exchange in exchanges],
        }
    }


def entry_of(exchange: Exchange) -> dict[str, Any]:
    """One exchange as an entry of a HAR 1.2 document."""
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

    Of an entry only the method and the URL are demanded. A body that the document leaves out,
    though it says that there was one, is noted as `truncated`. Raises HarError for a field of
    the wrong type.
    """
    return [_exchange(entry) for entry in _HarPlace("", document)["log"]["entries"].required().items()]


def exchange_of(entry: object, index: int) -> Exchange:
    """The exchange of one parsed entry, the `index`-th of its document. Raises HarError as `from_har` does."""
    return _exchange(_HarPlace(f"/log/entries/{index}", entry).required())


@dataclass(frozen=True, slots=True)
class _HarPlace:
    """A place in the document and what stands there; None if nothing, or null, does."""

    pointer: str
    value: Any

    def __getitem__(self, name: str) -> _HarPlace:
        return _HarPlace(f"{self.pointer}/{name}", self.fields().get(name))

    def fields(self) -> dict[str, Any]:
        return cast("dict[str, Any]", self._as("an object", dict, {}))

    def required(self) -> _HarPlace:
        if self.value is None:
            raise HarError(self.pointer, "this is missing", "give a HAR 1.2 document")
        return self

    def text(self) -> str:
        return cast("str", self._as("a string", str, ""))

    def number(self) -> float:
        value = self._as("a number", (int, float), 0)
        if not -1e15 < value < 1e15:  # nor NaN
            raise self.wrong("write a number of ordinary size")
        return cast("float", value)

    def items(self) -> list[_HarPlace]:
        found = self._as("an array", list, [])
        return [_HarPlace(f"{self.pointer}/{place}", item) for place, item in enumerate(found)]

    def wrong(self, remedy: str) -> HarError:
        shown = repr(self.value)
        return HarError(self.pointer, f"this is {shown if len(shown) < 60 else shown[:57] + '...'}", remedy)

    def _as(self, words: str, kind: type | tuple[type, ...], absent: Any) -> Any:
        if self.value is None:
            return absent
        if not isinstance(self.value, kind) or isinstance(self.value, bool):
            raise self.wrong(f"write {words}")
        return self.value


def _exchange(entry: _HarPlace) -> Exchange:
    request, response = entry["request"].required(), entry["response"]
    posted, content = request["postData"], response["content"]
    return Exchange(
        started=_time(entry["startedDateTime"]),
        method=request["method"].required().text(),
        url=request["url"].required().text(),
        request_headers=_headers(request),
        request_body=_form(posted) if posted["text"].value is None else _body(posted, _CODING),
        status=int(response["status"].number()),
        response_headers=_headers(response),
        response_body=_body(content, "encoding"),
        duration=max(0.0, round(entry["time"].number() / 1000, 6)),
        note=_note(entry),
    )


def _note(entry: _HarPlace) -> dict[str, str]:
    note = {name: entry[_NOTE][name].text() for name in entry[_NOTE].fields()}
    if cut := [
        name for name, is_cut in (("request", _lacks_request(entry)), ("response", _lacks_response(entry))) if is_cut
    ]:
        note.setdefault("truncated", " ".join(cut))
    if any(name in entry.fields() for name in _OF_BROWSERS):
        note.setdefault("recorder", "browser")
    return note


def _lacks_request(entry: _HarPlace) -> bool:
    posted = entry["request"]["postData"]
    return posted["text"].value is None and bool(posted["params"].items()) and not _form(posted)


def _lacks_response(entry: _HarPlace) -> bool:
    response = entry["response"]
    sizes = (response["content"]["size"].number(), response["bodySize"].number())
    return response["content"]["text"].value is None and max(sizes) > 0


def _headers(message: _HarPlace) -> Headers:
    return tuple((field["name"].required().text(), field["value"].text()) for field in message["headers"].items())


def _body(content: _HarPlace, coding: str) -> bytes:
    text = content["text"].text()
    if not content[coding].text():
        # JSON can hold half a character, which no encoding can: keep what it was.
        return text.encode("utf-8", "surrogatepass")
    if content[coding].text() != "base64":
        raise content[coding].wrong('write "base64", or leave it out for plain text')
    try:
        return a2b_base64("".join(text.split()), strict_mode=True)
    except ValueError:
        raise content["text"].wrong("write base64, as the encoding says") from None


def _form(posted: _HarPlace) -> bytes:
    """The body of a form, which browsers may give as its parameters only; empty for other kinds."""
    if not posted["mimeType"].text().startswith("application/x-www-form-urlencoded"):
        return b""
    fields = posted["params"].items()
    return urlencode([(f["name"].text(), f["value"].text()) for f in fields]).encode()


def _time(written: _HarPlace) -> float:
    if not written.text():
        return 0.0
    try:
        moment = datetime.fromisoformat(written.text())
    except ValueError:
        raise written.wrong("write a time such as 2026-11-21T09:30:00.000Z") from None
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH).total_seconds()
