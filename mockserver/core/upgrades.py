"""Requests that offer another protocol, read as what they are in this one.

A server may ignore `Upgrade` (RFC 9110, section 7.8), and this one always does: clients that offer h2c with a body (the
JDK's by default) mean that body. httptools stops behind the head of such a request; what follows is read by another
parser, which is given the framing of that head first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httptools

_FRAMING = (b"content-length", b"transfer-encoding")
"""The header fields that say how long a body is (RFC 9112, section 6)."""

Headers = Iterable[tuple[bytes, bytes]]


def parser_of(events: Any) -> Any:
    """A parser that calls these events, and answers a request although more data comes on a closing connection."""
    parser = httptools.HttpRequestParser(events)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser


def resumed(events: Any, headers: Headers) -> tuple[Any, bytes]:
    """A parser for what follows a head whose events have been called already, and what it is to be fed before that.

    `headers` are the fields of that head, by lower-case names.
    """
    framing = b"".join(b"%s: %s\r\n" % field for field in headers if field[0] in _FRAMING)
    return parser_of(_Gate(events)), b"POST / HTTP/1.1\r\nHost: -\r\n" + framing + b"\r\n"


def offset_of(stopped: httptools.HttpParserUpgrade) -> int:
    """How many bytes were read before the parser stopped."""
    return int(stopped.args[0])


ParserError = httptools.HttpParserError
"""What a parser raises for what is no HTTP."""
Stopped = httptools.HttpParserUpgrade
"""What a parser raises behind the head of a request that offers another protocol."""


class _Gate:
    """Events of a parser, but for those of the head that it begins with."""

    def __init__(self, events: Any) -> None:
        self._events = events
        self._open = False

    def on_message_begin(self) -> None:
        if self._open:
            self._events.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if self._open:
            self._events.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._open:
            self._events.on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._open:
            self._events.on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._events.on_body(body)

    def on_message_complete(self) -> None:
        self._open = True
        self._events.on_message_complete()
