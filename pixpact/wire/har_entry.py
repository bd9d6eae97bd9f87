"""Reads one HAR entry as an exchange, with notes on what the recorder left out.

Pixpact's own recordings are read as they were written. For others, notes say what must not be judged:

- `truncated`: `request`, `response` or both: the body is not as it was sent; `lacks request` and `lacks response`
  give the reason;
- `unrecorded`: words of `request-headers`, `response-headers`, `time`;
- `read request`, `read response`: how a body was read that is not as HAR 1.2 requires;
- `recorder`: `browser` (which leaves credentials out) or `other`;
- `entry`: the index of the entry, if it has any note above.
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
"""The creator of Pixpact's own recordings."""
NOTE = "_pixpact"
CODING = "_encoding"
"""HAR has a field for the encoding of responses only; this one is for requests."""
#: Fields of entries that browsers add. By default, browsers export without credentials.
_OF_BROWSERS = ("_initiator", "_resourceType", "_priority")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
"""Earlier times come from programs that do not know the time."""
_APART = 300.0
"""Maximum seconds between a recorder's clock and the server's `Date`."""
_WITHOUT_BODY = ("GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT")
_UNSAID = ("", "x-unknown", "application/octet-stream", "application/x-unknown")
_EMPTY_FILE = re.compile(r'filename="[^"\r\n]+"[^\r\n]*(?:\r?\n[^\r\n]+)*\r?\n\r?\n(?:\r?\n)?--')
_GIVE_TIME = "write a time such as 2026-11-21T09:30:00.000Z"


@dataclass(slots=True)
class EntryReader:
    """Reads the entries of one document, in order. `creator`: its `log.creator`."""

    creator: Any = None
    _last: float = 0.0
    """The start of the previous entry: entries without a time keep their order."""

    def take(self, entry: HarPlace, odd: Callable[[HarError], None] | None) -> Exchange | None:
        """Read an entry; an invalid one is passed to `odd` and gives None. Raises HarError if `odd` is None."""
        try:
            return self.read(entry.required())
        except HarError as error:
            if odd is None:
                raise
            odd(error)
            return None

    def read(self, entry: HarPlace) -> Exchange:
        """Read an entry. Raises HarError for an invalid one."""
        name = self.creator.get("name") if isinstance(self.creator, dict) else None
        exchange = _own(entry) if name == OURS else _foreign(entry, self._last)
        self._last = exchange.started
        return exchange


# ---- Pixpact's own entries


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
    """A body as `pixpact.wire.har` wrote it, unchanged."""
    text = content["text"].text()
    if not content[coding].text():
        # JSON can contain lone surrogates, which have no UTF-8 encoding: they are kept.
        return text.encode("utf-8", "surrogatepass")
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise content["text"].wrong("write base64, as the encoding says") from None


# ---- entries of other programs


@dataclass(slots=True)
class _Notes:
    """The notes of an entry, collected while it is read."""

    unrecorded: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)

    def body(self, name: str, read: RecordedBody) -> bytes:
        """Note what a body lacks; return its content."""
        if read.lacks:
            self.cut.append(name)
            self.said[f"lacks {name}"] = read.lacks
        elif read.read_as:
            self.said[f"read {name}"] = read.read_as
        return read.content

    def all(self, entry: HarPlace) -> dict[str, str]:
        """All notes, including the recorder's own."""
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
    """A field of a value that may be no object; None without one."""
    return entry.value.get(name) if isinstance(entry.value, dict) else None


def _status(written: HarPlace) -> int:
    """The status; 0 without a response. Raises HarError for anything else."""
    number = written.number()
    if number is None and written.value is not None:
        raise written.wrong("write a number")
    return max(0, int(number or 0))


def _address(written: HarPlace, headers: Headers) -> str:
    """The URL; a mere path is completed from the Host header. Raises HarError for an invalid URL."""
    url = written.text()
    try:
        urlsplit(url)
    except ValueError:
        raise written.wrong("write a URL") from None
    host = header(headers, "host") or header(headers, ":authority")
    return f"https://{host}{url}" if url.startswith("/") and not url.startswith("//") and host else url


def _fields(written: HarPlace) -> Iterator[tuple[str, str]]:
    """Yield header fields, from a list of names and values or an object; items without a name are skipped."""
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
    """The headers with the recorder's media type added, if they have none."""
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
    """Whether a request without a recorded body was sent without one."""
    if length is not None:
        return length == 0
    size = _number(request, "bodySize") or 0
    if size > 0 or header(headers, "transfer-encoding"):
        return False
    return method in _WITHOUT_BODY or bool(headers and size == 0 and not header(headers, "content-type"))


def _of_form(read: RecordedBody, text: str, kind: str) -> RecordedBody:
    """The form if its files are recorded completely; else marked as incomplete."""
    if "boundary=" not in kind or _EMPTY_FILE.search(text):
        return RecordedBody(read.content, LEFT_OUT)
    if read.content == text.encode("utf-8", "surrogatepass") and "filename=" in text and not text.isascii():
        return RecordedBody(read.content, AS_TEXT)
    return read


def _form(params: list[Any], kind: str) -> bytes:
    """A URL-encoded form rebuilt from the parameters that browsers record; empty for other media types."""
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
    """The start of the request in epoch seconds; None without one. Unreliable times are noted."""
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
    """The server's `Date` in a response; None for a response that may come from a cache."""
    if header(headers, "age"):
        return None
    try:
        return parsedate_to_datetime(header(headers, "date") or "").timestamp()
    except (ValueError, OverflowError):
        return None


def _time(written: HarPlace) -> float | None:
    """Epoch seconds; None without a value. Raises HarError for an invalid time."""
    return _moment(written)[0]


def _moment(written: HarPlace) -> tuple[float | None, bool]:
    """(epoch seconds, whether a time zone is stated)."""
    number = written.number()
    if number is not None:  # milliseconds, as JavaScript writes them
        return number / 1000, True
    if not written.text():
        return None, False
    try:
        moment = datetime.fromisoformat(written.text().strip())
    except ValueError:
        raise written.wrong(_GIVE_TIME) from None
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH).total_seconds(), moment.tzinfo is not None
