"""Decodes bodies: JSON, multipart forms (RFC 7578) and event streams (`text/event-stream` of the HTML standard)."""

from __future__ import annotations

import codecs
import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STREAM = "text/event-stream"
"""The media type of server-sent events (the HTML standard, section 9.2)."""
MOST_PARTS = 1000
"""Maximum number of parts in a form."""
MOST_VALUES = 50_000
"""Maximum number of values in JSON or an event stream: a few bytes each become hundreds in memory."""
MOST_DEPTH = 100
"""Maximum nesting of lists and objects in anything that is read as JSON."""
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_BEGINNINGS = (b",", b"[", b"{", b"\n")
"""Every value but the first, and every line of a stream, follows one of these."""


class UndecodableBody(ValueError):
    """The body is not of its media type; `str()` gives the reason."""


def json_of(raw: bytes) -> Any:
    """The JSON value of a body. Raises UndecodableBody, also for NaN, lone surrogates and trailing bytes.

    Bodies deeper than `MOST_DEPTH`, which not every library can write again, or of more than `MOST_VALUES` values, are
    refused; images are long strings, not many values.
    """
    if len(raw) > MOST_VALUES:
        _check_number(raw)
    if len(raw) > MOST_DEPTH and is_too_deep(raw):
        raise UndecodableBody(f"the body nests lists and objects more than {MOST_DEPTH} levels deep")
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        position = f" (line {error.lineno}, column {error.colno})" if raw else ""
        raise UndecodableBody(f"the body is not valid JSON: {error.msg.split(':')[0]}{position}") from None


def check_depth(value: Any, what: str = "the body") -> None:
    """Raises UndecodableBody for a value nested deeper than `MOST_DEPTH`."""
    level, depth = [value], 0
    while level := [inner for outer in level for inner in _inner(outer)]:
        depth += 1
        if depth > MOST_DEPTH:
            raise UndecodableBody(f"{what} is nested more than {MOST_DEPTH} levels deep")


def _inner(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def is_too_deep(raw: bytes) -> bool:
    """Whether JSON nests lists and objects deeper than `MOST_DEPTH`; brackets within strings do not count."""
    if raw.count(b"[") + raw.count(b"{") <= MOST_DEPTH:
        return False
    depth = 0
    for bracket in _BRACKETS.finditer(raw):
        token = bracket[0]
        depth += (token in (b"[", b"{")) - (token in (b"]", b"}"))
        if depth > MOST_DEPTH:
            return True
    return False


def values_in(raw: bytes) -> int:
    """An upper bound of the number of values in a body, or a piece of one."""
    return sum(map(raw.count, _BEGINNINGS))


def _check_number(raw: bytes) -> None:
    """Raises UndecodableBody for too many values."""
    if len(raw) > MOST_VALUES and values_in(raw) > MOST_VALUES:
        raise UndecodableBody(f"the body has more than {MOST_VALUES} values")


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file in a multipart body, with the client's file name and media type."""

    content: bytes
    filename: str
    media_type: str


def form_of(raw: bytes, content_type: str) -> tuple[dict[str, str], dict[str, FilePart]]:
    """(parts of a multipart body by name as text, its files by `cid:` URL (RFC 2392)).

    `content_type`: the whole header, with the boundary. Of parts with the same name the last one counts. Raises
    UndecodableBody.
    """
    pairs, files = parts_of(raw, content_type)
    return dict(pairs), files


def parts_of(raw: bytes, content_type: str) -> tuple[list[tuple[str, str]], dict[str, FilePart]]:
    """((name, text) of the parts of a multipart body in order, its files by `cid:` URL).

    The first file of a name is `cid:NAME`, further ones are `cid:NAME/2` and so on. Raises UndecodableBody.
    """
    pairs: list[tuple[str, str]] = []
    files: dict[str, FilePart] = {}
    try:
        for part in _parts(raw, content_type):
            pairs.append((part.name, part.text if part.filename is None else _url_of(part.name, files)))
            if part.filename is not None:
                kind = part.headers.get(b"content-type", b"").decode("latin-1") or "application/octet-stream"
                files[pairs[-1][1]] = FilePart(part.data, part.filename or part.name, kind)
    except ValueError as error:
        raise UndecodableBody(f"the body is not valid multipart/form-data: {error}") from None
    return pairs, files


def _url_of(name: str, files: dict[str, FilePart]) -> str:
    url, number = f"cid:{name}", 1
    while url in files:
        number += 1
        url = f"cid:{name}/{number}"
    return url


@dataclass(slots=True)
class _FormPart:
    charset: str
    pieces: list[bytes] = field(default_factory=list)
    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: str = ""
    filename: str | None = None

    @property
    def data(self) -> bytes:
        # A large file comes as one piece, which must not be copied again.
        return self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)

    @property
    def text(self) -> str:
        return _text(self.data, self.charset)


def _parts(raw: bytes, content_type: str) -> list[_FormPart]:
    """Raises ValueError for an invalid form."""
    # Imported on first use: most servers and recordings never have a form.
    from python_multipart import MultipartParser
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import parse_options_header

    # The library logs every invalid form; the sender gets an error anyway.
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
    options = parse_options_header(content_type)[1]
    if b"boundary" not in options:
        raise ValueError("no boundary")
    reader = _PartReader(_charset(options.get(b"charset", b"utf-8").decode("latin-1")), parse_options_header)
    try:
        parser = MultipartParser(options[b"boundary"], reader.callbacks())
        parser.write(raw)
        parser.finalize()
    except FormParserError as error:
        raise ValueError(str(error).partition("\n")[0]) from None
    return reader.parts


class _PartReader:
    """Collects the parts that the parser reports."""

    def __init__(self, charset: str, options_of: Any) -> None:
        self.parts: list[_FormPart] = []
        self._charset = charset
        self._options_of = options_of
        self._part = _FormPart(charset)
        self._name, self._value = b"", b""

    def callbacks(self) -> Any:
        """The parser's callbacks: one method for each event."""
        names = ("part_begin", "part_data", "part_end", "header_field", "header_value", "header_end")
        callbacks = {f"on_{name}": getattr(self, f"_{name}") for name in names}
        return callbacks | {"on_headers_finished": self._headers_finished}

    def _part_begin(self) -> None:
        if len(self.parts) >= MOST_PARTS:
            raise ValueError(f"more than {MOST_PARTS} parts")
        self._part = _FormPart(self._charset)

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self._part.pieces.append(data[start:end])

    def _part_end(self) -> None:
        self.parts.append(self._part)

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._part.headers[self._name.lower()] = self._value
        self._name, self._value = b"", b""

    def _headers_finished(self) -> None:
        _, options = self._options_of(self._part.headers.get(b"content-disposition", b""))
        if b"name" not in options:
            raise ValueError("a part has no name in its Content-Disposition")
        self._part.name = _text(options[b"name"], self._charset)
        if b"filename" in options:
            self._part.filename = _text(options[b"filename"], self._charset)


def _charset(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "latin-1"


def _text(raw: bytes, charset: str) -> str:
    try:
        return raw.decode(charset)
    except (UnicodeDecodeError, LookupError):
        return raw.decode("latin-1")


def events_of(raw: bytes) -> list[dict[str, Any]]:
    """The events of a stream in order, each with `data`, and with `event` if it has a name.

    JSON data is decoded, other data is text. Comments, `id`, `retry` and an incomplete last event are left out, as in
    the standard. Raises UndecodableBody for more than `MOST_VALUES` lines and values.
    """
    _check_number(raw)
    return list(_events(raw.decode("utf-8", "replace").removeprefix("\ufeff")))


def _events(text: str) -> Iterator[dict[str, Any]]:
    name, data = "", []
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for line in lines[:-1]:  # text after the last line end is incomplete
        field_name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field_name == "event":
            name = value
        elif field_name == "data":
            data.append(value)
        elif not line:
            if data:
                yield {**({"event": name} if name else {}), "data": _datum("\n".join(data))}
            name, data = "", []


def _datum(text: str) -> Any:
    try:
        return json_of(text.encode("utf-8", "surrogatepass"))
    except UndecodableBody:
        return text
