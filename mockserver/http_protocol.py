"""One connection: uvicorn's protocol, with bounds of our own, and requests that are answered as soon as they are there.

A request that has come as a whole, and whose operation may answer it straight through, needs neither a task of the
event loop nor an application: its response is written at once. Every other one takes uvicorn's way to the application.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pixpact.mockserver.core.upgrades import ParserError, Stopped, offset_of, resumed
from pixpact.mockserver.direct.exchange import DirectExchange
from pixpact.mockserver.direct.known_heads import KnownHead
from pixpact.mockserver.direct.operation import DirectRoute
from pixpact.mockserver.direct.routes import DirectRoutes
from pixpact.mockserver.faults.connection import TRANSPORT

MOST_HEAD = 64 * 1024
"""Bytes of the address and the header fields of a request; vendors and gateways take 8 to 32 KB."""
HEAD_SECONDS = 30
"""How long a request may take until its header is there, and a new connection to begin one."""
MOST_CONNECTIONS = 4000
KEEP_ALIVE = 75
"""Seconds that an idle connection is kept: as most gateways do, and longer than clients pause between two polls."""
_ELSEWHERE = frozenset({b"x-forwarded-proto", b"x-forwarded-for", b"transfer-encoding", b"expect", b"upgrade"})
"""Header fields of requests that uvicorn reads itself."""


class UvicornConfig(uvicorn.Config):
    """uvicorn's, with the clock that dates responses, and what may answer without the application."""

    now: Callable[[], float] | None = None
    direct: Callable[[], DirectRoutes] | None = None
    tls: ssl.SSLContext | None = None

    def load(self) -> None:
        """Load the application; a context of TLS is taken as it is."""
        super().load()
        self.ssl = self.tls


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's, telling the application which transport a request came by, and the client what time it is here."""

    _head = 0
    """Bytes of a header that is not complete."""
    _chunk = 0
    """Bytes that are being read."""
    _in_head = False
    """Whether the header of a request has begun, and is not complete."""
    _is_special = False
    """Whether it has fields that uvicorn reads itself."""
    _overdue: asyncio.TimerHandle | None = None
    _idle: asyncio.TimerHandle | None = None
    _used = 0.0
    """When something came last."""
    _route: DirectRoute | None = None
    """What may answer the request whose body is on its way."""
    _in_message = False
    """Whether a request has begun, and has not come as a whole."""
    _whole = b""
    """What is being read, if a request begins with it."""
    _raw = b""
    """What has come of that body."""

    # ------------------------------------------------------------------ the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take a connection while there is room, and let it go when it says nothing."""
        super().connection_made(transport)
        self._settings = cast(UvicornConfig, self.config)
        self._wait_for_head()
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(503, "too many connections are open")

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side is gone."""
        self._head_is_there()
        if self._idle is not None:
            self._idle.cancel()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        if self._overdue is None:
            self._overdue = self.loop.call_later(HEAD_SECONDS, self._refuse, 408, "no request arrived in time")

    def _head_is_there(self) -> None:
        self._head, self._in_head = 0, False
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def _refuse(self, status: int, reason: str) -> None:
        """Say why a connection ends, before there is a request that anybody could answer."""
        self._head_is_there()
        line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
        body = f"{reason}\n"
        head = f"content-type: text/plain; charset=utf-8\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        if not self.transport.is_closing():
            self.transport.write((line + head + body).encode())
            self.transport.close()

    def _end_if_idle(self) -> None:
        """Let a connection go on which nothing came; the time is counted anew while something is under way."""
        rest = self._used + KEEP_ALIVE - self.loop.time()
        if self.cycle is not None and not self.cycle.response_complete:
            rest = KEEP_ALIVE
        if rest > 0:
            self._idle = self.loop.call_later(rest, self._end_if_idle)
        else:
            self.timeout_keep_alive_handler()

    # ------------------------------------------------------------------ what comes

    def data_received(self, data: bytes) -> None:
        """Read on, whatever protocol a request offers beside this one."""
        self._used = self.loop.time()
        self._whole = b""
        if not self._in_message:
            if self._is_answered_at_once(data):
                return
            self._whole = data
        while data and not self.transport.is_closing():
            data = self._rest_of(data)

    def _rest_of(self, data: bytes) -> bytes:
        """Read what is a request of this protocol; gives what follows one that offered another."""
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        self._chunk = len(data)
        try:
            self.parser.feed_data(data)
        except Stopped as stopped:
            self.parser, head = resumed(self, self.headers)
            return head + data[offset_of(stopped) :]
        except ParserError:
            self.send_400_response("the received bytes are not an HTTP request")
            return b""
        if self._in_head or self._overdue is not None:
            self._wait_for_head()
            self._head += len(data)
            if self._head > MOST_HEAD:
                self._refuse(431, f"the request's header has more than {MOST_HEAD} bytes")
        if self._route is not None:
            self._leave_to_application()  # the rest of its body has still to come
        return b""

    def on_message_begin(self) -> None:
        """Begin a request."""
        self.url, self.headers, self._is_special, self._in_message = b"", [], False, True
        if self._overdue is not None:
            self._head_is_there()
            self._wait_for_head()
        self._in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the header has come."""
        name = name.lower()
        self.headers.append((name, value))
        if name in _ELSEWHERE:
            self._is_special = True

    def _size_of_head(self) -> int:
        return len(self.url) + sum([len(name) + len(value) for name, value in self.headers])

    def on_headers_complete(self) -> None:
        """The header is whole: pass it on, unless it is too large."""
        most = self._head + self._chunk  # beside this header they may hold a body, and other requests
        self._head, self._in_head = 0, False
        if self._overdue is not None:
            self._head_is_there()
        if most > MOST_HEAD and self._size_of_head() > MOST_HEAD:
            return self._refuse(431, f"the request's header has more than {MOST_HEAD} bytes")
        self._route, self._raw = None if self._is_special else self._direct_route(), b""
        return None if self._route is not None else self._begin()

    def on_body(self, body: bytes) -> None:
        """A piece of a body has come."""
        if self._route is None:
            super().on_body(body)
        else:
            self._raw += body

    def on_message_complete(self) -> None:
        """End a request; one that offers another protocol ends with its body, which the parser leaves out."""
        self._in_message = False
        if self._route is not None and self._is_answered(self._route):
            return
        if not self.parser.should_upgrade():
            super().on_message_complete()

    # ------------------------------------------------------------------ by the application

    def _begin(self) -> None:
        """Let the application answer."""
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url, self.headers = url, headers
        self.expect_100_continue = any(
            field == b"expect" and text.lower() == b"100-continue" for field, text in headers
        )
        self.scope["headers"] = headers
        self.scope["extensions"] = {TRANSPORT: self.transport}  # type: ignore[dict-item]  # an extension of our own
        if (now := self._settings.now) is not None:
            self.server_state.default_headers = _dated(int(now()))
        super().on_headers_complete()

    def _leave_to_application(self) -> None:
        """Let the application answer what might have been answered at once."""
        raw, self._route = self._raw, None
        self._begin()
        if raw:
            super().on_body(raw)

    # ------------------------------------------------------------------ at once

    def _direct_route(self) -> DirectRoute | None:
        """What may answer the request whose header has come, if nothing is under way on this connection."""
        direct, parser = self._settings.direct, self.parser
        busy = self.cycle is not None and not self.cycle.response_complete
        if direct is None or busy or self.flow.write_paused:
            return None
        route = direct().find(parser.get_method().decode("latin-1"), self.url.decode("latin-1"))
        plain = route is not None and parser.should_keep_alive() and parser.get_http_version() == "1.1"
        return route if plain else None

    def _is_answered_at_once(self, data: bytes) -> bool:
        """Answer the request that these bytes are, if its head is known; False, and they have to be parsed."""
        direct, cycle = self._settings.direct, self.cycle
        busy = self.flow.write_paused or (cycle is not None and not cycle.response_complete)
        if direct is None or busy or self._overdue is not None:
            return False
        try:
            exchange = direct().answer(self.scheme or "http", data)
        except Exception:  # what an application raises ends in a response, and so does this
            return self._fail()
        if exchange is None:
            return False
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        self._write(exchange)
        return True

    def _is_answered(self, route: DirectRoute) -> bool:
        """Answer the request that has come as a whole; False, and the application does, where it is unusual."""
        scheme, path, raw = self.scheme or "http", self.url.decode("latin-1"), self._raw
        try:
            head = route.operation.head(scheme, tuple(self.headers))
            exchange = None if head is None else route.operation(head, route.root, path, raw)
        except Exception:  # as above
            return self._fail()
        if head is None or exchange is None:
            self._leave_to_application()
            return False
        self._route = None
        if self._whole and self._settings.direct is not None:
            self._settings.direct().remember(self._whole, KnownHead(scheme, route, head, path, len(raw)))
        self._write(exchange)
        return True

    def _fail(self) -> bool:
        """End as uvicorn does when an application raises: with a response, and the traceback in its log."""
        self.logger.exception("Exception in a direct operation")
        self._route = None
        self._refuse(500, "Internal Server Error")
        return True

    def _write(self, exchange: DirectExchange) -> None:
        dated = b"" if self._settings.now is None else _dated_line(int(exchange.started))
        self.transport.write(exchange.head.written(dated, exchange.request_id, exchange.body))
        self.server_state.total_requests += 1
        if self._idle is None:
            self._idle = self.loop.call_later(KEEP_ALIVE, self._end_if_idle)


@lru_cache(maxsize=1)
def _dated(second: int) -> list[tuple[bytes, bytes]]:
    return [(b"date", formatdate(second, usegmt=True).encode())]


@lru_cache(maxsize=1)
def _dated_line(second: int) -> bytes:
    return b"".join([b"%b: %b\r\n" % field for field in _dated(second)])
