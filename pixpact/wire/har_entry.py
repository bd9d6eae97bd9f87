"""One entry of a HAR document → an exchange, with notes of what the recorder left out.

Our own recordings are read as they were written. Of all others the notes say what is not to be judged:

- `truncated`: `request`, `response` or both: the body is not the one that was sent; `lacks request` and
  `lacks response` say why;
- `unrecorded`: words among `request-headers`, `response-headers`, `time`;
- `read request`, `read response`: how a body was read that is written otherwise than HAR 1.2 says;
- `recorder`: `browser` (which leaves credentials out) or `other`;
- `entry`: the entry's place in the document, where one of the notes above tells of something.
"""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from pixpact.wire.exchange import Exchange, header, media_type
from pixpact.wire.har_body import AS_TEXT, LEFT_OUT, Facts, RecordedBody, recorded_body
from pixpact.wire.har_place import HarError, HarPlace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pixpact.wire.exchange import Headers

OURS = "pixpact"
"""Name of the creator of our own recordings."""
NOTE = "_pixpact"
CODING = "_encoding"
"""HAR has a place for the coding of a response only; this is ours for requests."""
#: Fields of entries that browsers add. They leave out credentials when they export, unless told otherwise.
_OF_BROWSERS = ("_initiator", "_resourceType", "_priority")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
"""Earlier times are what programs write that know none."""
_APART = 300.0
"""Seconds that a recorder's clock may be off the server's `Date`."""
_WITHOUT_BODY = ("GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT")
_UNSAID = ("", "x-unknown", "application/octet-stream", "application/x-unknown")
_EMPTY_FILE = re.compile(r'filename="[^"\r\n]+"[^\r\n]*(?:\r?\n[^\r\n]+)*\r?\n\r?\n(?:\r?\n)?--')
_GIVE_TIME = "write a time such as 2026-11-21T09:30:00.000Z"


@dataclass(slots=True)
class EntryReader:
    """Reads the entries of one document, in their order. `creator`: the `log.creator` of the document."""

    creator: Any = None
    _last: float = 0.0
    """When the entry before began: what has no time stands where it stands in the file."""

    def take(self, entry: HarPlace, odd: Callable[[HarError], None] | None) -> Exchange | None:
        """The exchange; None for an entry that is none, of which `odd` is reported. Raises HarError where nobody is."""
        try:
            return self.read(entry.required())
        except HarError as error:
            if odd is None:
                raise
            odd(error)
            return None

    def read(self, entry: HarPlace) -> Exchange:
        """The exchange. Raises HarError for an entry that is none."""
        name = self.creator.get("name") if isinstance(self.creator, dict) else None
        exchange = _own(entry) if name == OURS else _foreign(entry, self._last)
        self._last = exchange.started
        return exchange


# ---- our own


def _own(entry: HarPlace) -> Exchange:
    request, response = entry["request"].required(), entry["response"]
    posted, content = request["postData"], response["content"]
    return Exchange(
        started=_time(entry["startedDateTime"]) or 0.0,
        method=request["method"].required().text(),
        url=request["url"].required().text(),
        request_headers=tuple(_fields(request["headers"])),
        request_body=_written(posted, CODING),
        status=int(response["status"].number() or 0),
        response_headers=tuple(_fields(response["headers"])),
        response_body=_written(content, "encoding"),
        duration=_duration(entry),
        note={name: entry[NOTE][name].text() for name in entry[NOTE].fields()},
    )


def _written(content: HarPlace, coding: str) -> bytes:
    """A body that `pixpact.wire.har` wrote, byte by byte."""
    text = content["text"].text()
    if not content[coding].text():
        # JSON can hold half a character, which no encoding can: keep what it was.
        return text.encode("utf-8", "surrogatepass")
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise content["text"].wrong("write base64, as the encoding says") from None


# ---- those of others


@dataclass(slots=True)
class _Notes:
    """What is noted of an entry on the way."""

    unrecorded: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)

    def body(self, name: str, read: RecordedBody) -> bytes:
        """Note what a body lacks, and give what there is of it."""
        if read.lacks:
            self.cut.append(name)
            self.said[f"lacks {name}"] = read.lacks
        elif read.read_as:
            self.said[f"read {name}"] = read.read_as
        return read.content

    def all(self, entry: HarPlace) -> dict[str, str]:
        """Everything, and what the recorder noted itself."""
        own = {name: entry[NOTE][name].text() for name in entry[NOTE].fields()}
        notes = {**({"unrecorded": " ".join(self.unrecorded)} if self.unrecorded else {}), **self.said}
        notes |= {"truncated": " ".join(self.cut)} if self.cut else {}
        notes |= {"entry": entry.pointer.rpartition("/")[2]} if notes else {}
        browser = any(name in entry.fields() for name in _OF_BROWSERS)
        return {"recorder": "browser" if browser else "other", **notes, **own}


def _foreign(entry: HarPlace, last: float) -> Exchange:
    request, response, notes = entry["request"].required(), entry["response"], _Notes()
    method = request["method"].required().text().upper()
    status = _status(response["status"])
    asked = tuple(_fields(request["headers"]))
    answered = tuple(_fields(response["headers"]))
    url = _address(request["url"].required(), asked)
    posted, content = request["postData"], response["content"]
    if not asked:
        notes.unrecorded.append("request-headers")
    if not answered and status:
        notes.unrecorded.append("response-headers")
    asked = _with_type(asked, _lenient(posted, "mimeType"))
    answered = answered or _with_type(answered, _lenient(content, "mimeType"))
    started = _started(entry["startedDateTime"], answered, notes)
    return Exchange(
        started=last if started is None else started,
        method=method,
        url=url,
        request_headers=asked,
        request_body=notes.body("request", _request_body(request, method, asked)),
        status=status,
        response_headers=answered,
        response_body=notes.body("response", _response_body(response, method, status, answered)),
        duration=_duration(entry),
        note=notes.all(entry),
    )


def _lenient(entry: HarPlace, name: str) -> Any:
    """A field of what may be anything."""
    return entry.value.get(name) if isinstance(entry.value, dict) else None


def _status(written: HarPlace) -> int:
    """The status; 0 where no response came. Raises HarError for what is no status."""
    number = written.number()
    if number is None and written.value is not None:
        raise written.wrong("write a number")
    return max(0, int(number or 0))


def _address(written: HarPlace, headers: Headers) -> str:
    """The URL; of one that is a path only, with the host of its header. Raises HarError for what is no URL."""
    url = written.text()
    try:
        urlsplit(url)
    except ValueError:
        raise written.wrong("write a URL") from None
    host = header(headers, "host") or header(headers, ":authority")
    return f"https://{host}{url}" if url.startswith("/") and not url.startswith("//") and host else url


def _fields(written: HarPlace) -> Iterator[tuple[str, str]]:
    """Header fields, as a list of names and values or as an object; what has no name is none."""
    if isinstance(written.value, dict):
        for name, value in written.value.items():
            yield from ((name, _plain(each)) for each in (value if isinstance(value, list) else [value]))
    elif isinstance(written.value, list):
        for item in written.value:
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                yield item["name"], _plain(item.get("value"))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _with_type(headers: Headers, kind: Any) -> Headers:
    """The headers with the media type that the recorder states, where there is none among them."""
    if not isinstance(kind, str) or kind.lower() in _UNSAID or header(headers, "content-type") is not None:
        return headers
    return (*headers, ("Content-Type", kind))


# ---- bodies


def _request_body(request: HarPlace, method: str, headers: Headers) -> RecordedBody:
    posted, kind = request["postData"], media_type(headers)
    text, params = _lenient(posted, "text"), _lenient(posted, "params")
    length = _length(headers)
    if not text and isinstance(params, list) and params:
        rebuilt = _form(params, kind)
        return RecordedBody(rebuilt) if rebuilt else RecordedBody(lacks=LEFT_OUT)
    if not text:
        length = 0 if _has_no_body(request, method, headers, length) else length or None
    encoding = _lenient(posted, CODING) or _lenient(posted, "encoding")
    read = recorded_body(text, encoding, Facts(kind, None, length, header(headers, "content-encoding") or ""))
    if read.lacks or kind != "multipart/form-data" or not isinstance(text, str):
        return read
    return _of_form(read, text, header(headers, "content-type") or "")


def _has_no_body(request: HarPlace, method: str, headers: Headers, length: int | None) -> bool:
    """Whether a request without a recorded body had none."""
    if length is not None:
        return length == 0
    size = _number(request, "bodySize") or 0
    if size > 0 or header(headers, "transfer-encoding"):
        return False
    return method in _WITHOUT_BODY or bool(headers and size == 0 and not header(headers, "content-type"))


def _of_form(read: RecordedBody, text: str, kind: str) -> RecordedBody:
    """A form is read only where its files are in it, byte by byte."""
    if "boundary=" not in kind or _EMPTY_FILE.search(text):
        return RecordedBody(read.content, LEFT_OUT)
    if read.content == text.encode("utf-8", "surrogatepass") and "filename=" in text and not text.isascii():
        return RecordedBody(read.content, AS_TEXT)
    return read


def _form(params: list[Any], kind: str) -> bytes:
    """The body of a form, which browsers may give as its parameters only; empty for other kinds."""
    fields = [param for param in params if isinstance(param, dict) and isinstance(param.get("name"), str)]
    if kind != "application/x-www-form-urlencoded" or len(fields) < len(params):
        return b""
    return urlencode([(parameter["name"], _plain(parameter.get("value"))) for parameter in fields]).encode()


def _response_body(response: HarPlace, method: str, status: int, headers: Headers) -> RecordedBody:
    content = HarPlace(f"{response.pointer}/content", _lenient(response, "content"))
    text, size = _lenient(content, "text"), _number(content, "size")
    length, counted = _length(headers), _number(response, "bodySize") or 0
    kind = media_type(headers) or str(_lenient(content, "mimeType") or "").partition(";")[0].strip().lower()
    coding = (header(headers, "content-encoding") or "").strip().lower().replace("identity", "")
    facts = Facts(
        media_type=kind,
        size=int(size) if size is not None and size >= 0 else None,
        length=int(counted) if length is None and counted > 0 and not text else length,
        coding=coding,
        bare=method == "HEAD" or status < 200 or status in (204, 205) or 300 <= status < 400,
    )
    return recorded_body(text, _lenient(content, "encoding"), facts)


def _length(headers: Headers) -> int | None:
    written = (header(headers, "content-length") or "").strip()
    return int(written) if written.isascii() and written.isdigit() and len(written) < 16 else None


def _number(entry: HarPlace, name: str) -> float | None:
    return HarPlace("", _lenient(entry, name)).number()


# ---- times


def _duration(entry: HarPlace) -> float:
    return max(0.0, round((entry["time"].number() or 0) / 1000, 6))


def _started(written: HarPlace, headers: Headers, notes: _Notes) -> float | None:
    """When the request began, in seconds since the epoch; whether that is true time is noted."""
    try:
        moment, has_zone = _moment(written)
    except HarError:
        moment, has_zone = None, False
    if moment is None or moment < _OLDEST:
        notes.unrecorded.append("time")
        return None
    reported = _date(headers)
    if not has_zone or (reported is not None and abs(reported - moment) > _APART):
        notes.unrecorded.append("time")
    return moment


def _date(headers: Headers) -> float | None:
    """The server's own time in a response, which a cache may have kept for a while."""
    if header(headers, "age"):
        return None
    try:
        return parsedate_to_datetime(header(headers, "date") or "").timestamp()
    except (ValueError, OverflowError):
        return None


def _time(written: HarPlace) -> float | None:
    """Seconds since the epoch; None where nothing is written. Raises HarError for what is no time."""
    return _moment(written)[0]


def _moment(written: HarPlace) -> tuple[float | None, bool]:
    """(seconds since the epoch, whether a time zone is said)."""
    number = written.number()
    if number is not None:  # milliseconds, as scripts have them
        return number / 1000, True
    if not written.text():
        return None, False
    try:
        moment = datetime.fromisoformat(written.text().strip())
    except ValueError:
        raise written.wrong(_GIVE_TIME) from None
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH).total_seconds(), moment.tzinfo is not None
