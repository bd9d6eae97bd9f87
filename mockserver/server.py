"""The socket: uvicorn started, stopped and reloaded. The door to uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pixpact.mockserver.app import MockApp
from pixpact.mockserver.core.upgrades import ParserError, Stopped, offset_of, resumed
from pixpact.mockserver.faults.connection import TRANSPORT

MOST_HEAD = 64 * 1024
"""Bytes of the address and the header fields of a request; vendors and gateways take 8 to 32 KB."""
HEAD_SECONDS = 30
"""How long a request may take until its header is there, and a new connection to begin one."""
MOST_CONNECTIONS = 4000
KEEP_ALIVE = 75
"""Seconds that an idle connection is kept: as most gateways do, and longer than clients pause between two polls."""


class CannotListen(OSError):
    """The address cannot be used; says why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A bound, listening socket; port 0 takes a free one. Raises CannotListen."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with contextlib.ExitStack() as unused:
            bound = unused.enter_context(socket.socket(family, socket.SOCK_STREAM))
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((host, port))
            bound.listen(2048)
            unused.pop_all()
    except (OSError, OverflowError) as error:
        remedy = "choose another port (0: a free one) or host"
        reason = getattr(error, "strerror", None) or str(error)
        raise CannotListen(f"cannot listen on {host}:{port}: {reason}; {remedy}") from None
    return bound


def url_of(bound: socket.socket) -> str:
    """The base URL of a listening socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def new_loop() -> asyncio.AbstractEventLoop:
    """An event loop of the fastest kind there is here."""
    factory = uvicorn.Config(_nothing, log_config=None).get_loop_factory()
    return factory() if factory else asyncio.new_event_loop()


async def _nothing(*_: object) -> None:
    """An application that is never asked."""


class AppServer:
    """One application on one socket.

    `now` is what the `Date` of responses is told from, which they have not without it; `release` lets those who wait
    have their response.
    """

    def __init__(
        self,
        app: ASGIApp,
        bound: socket.socket,
        *,
        now: Callable[[], float] | None = None,
        release: Callable[[], None] = lambda: None,
    ) -> None:
        self.url = url_of(bound)
        self._socket = bound
        config = _UvicornConfig(
            app,
            http=_HttpProtocol,
            ws="none",
            timeout_keep_alive=KEEP_ALIVE,
            log_level="warning",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=5,
            date_header=False,
        )
        config.now = now
        self._server = _QuietUvicorn(config)
        self._server.release = release
        self._beside: Callable[[], Coroutine[None, None, None]] | None = None
        self._running: asyncio.Task[None] | None = None

    def beside(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Run something beside the application for as long as it is served."""
        self._beside = work

    def _begin_beside(self) -> None:
        if self._beside is not None:
            self._running = asyncio.create_task(self._beside())

    async def _end_beside(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    def secure(self, tls: ssl.SSLContext) -> None:
        """Speak TLS with this context from the beginning; the address begins with https then."""
        self.url = self.url.replace("http://", "https://", 1)
        cast(_UvicornConfig, self._server.config).tls = tls

    def run(self, ready: Callable[[], None], watch: Callable[[], None] | None = None) -> None:
        """Serve until stopped by a signal or `stop`; `ready` is called once, `watch` about twice a second."""
        with asyncio.Runner(loop_factory=self._server.config.get_loop_factory()) as runner:
            runner.run(self._serve(ready, watch))

    async def _serve(self, ready: Callable[[], None], watch: Callable[[], None] | None) -> None:
        self._server.ready = ready
        watcher = asyncio.create_task(_repeat(watch)) if watch else None
        self._begin_beside()
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            await self._end_beside()
            if watcher:
                watcher.cancel()

    def stop(self) -> None:
        """Finish what is under way and return from `run`; may be called from another thread."""
        self._server.should_exit = True

    async def open(self) -> None:
        """Response from now on, in the event loop that runs and until `close`, beside whatever else it does."""
        config = self._server.config
        config.load()
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup([self._socket])
        await self._server.on_tick(0)
        self._begin_beside()

    async def close(self) -> None:
        """Stop what `open` began: no new connections, and no wait for those that stay open."""
        self._server.release()
        for server in self._server.servers:
            server.close()
        state = self._server.server_state
        for connection in list(state.connections):
            connection.shutdown()
        if state.tasks:
            await asyncio.wait(list(state.tasks), timeout=1)
        for task in list(state.tasks):
            task.cancel()
        await self._end_beside()


class MockServer(AppServer):
    """One mock on one socket."""

    def __init__(self, app: MockApp, bound: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(app, bound, now=app.context.clock.now, release=app.context.release)
        app.context.outbox.own_ports.add(bound.getsockname()[1])
        if app.context.shared is not None:
            self.beside(app.context.follow)
        if tls is not None:
            self.secure(tls)


class _UvicornConfig(uvicorn.Config):
    """uvicorn's, with the clock that dates responses."""

    now: Callable[[], float] | None = None
    tls: ssl.SSLContext | None = None

    def load(self) -> None:
        """Load the application; a context of TLS is taken as it is."""
        super().load()
        self.ssl = self.tls


class _HttpProtocol(HttpToolsProtocol):
    """uvicorn's, telling the application which transport a request came by, and the client what time it is here."""

    _head = 0
    """Bytes of a header that is not complete."""
    _overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take a connection while there is room, and let it go when it says nothing."""
        super().connection_made(transport)
        self._wait_for_head()
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(503, "too many connections are open")

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side is gone."""
        self._head_is_there()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._head_is_there()
        self._overdue = self.loop.call_later(HEAD_SECONDS, self._refuse, 408, "no request came in time")

    def _head_is_there(self) -> None:
        self._head = 0
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

    def on_headers_complete(self) -> None:
        """The header is whole: pass it on, unless it is too large."""
        self._head_is_there()
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MOST_HEAD:
            return self._refuse(431, f"the request's header has more than {MOST_HEAD} bytes")
        return super().on_headers_complete()

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._wait_for_head()
        self.scope["extensions"] = {TRANSPORT: self.transport}  # type: ignore[dict-item]  # an extension of our own
        if (now := cast(_UvicornConfig, self.config).now) is not None:
            self.server_state.default_headers = _dated(int(now()))

    def data_received(self, data: bytes) -> None:
        """Read on, whatever protocol a request offers beside this one."""
        while data and not self.transport.is_closing():
            data = self._rest_of(data)

    def _rest_of(self, data: bytes) -> bytes:
        """Read what is a request of this protocol; gives what follows one that offered another."""
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
            self._head += len(data) if self._overdue is not None else 0
            if self._head > MOST_HEAD:
                self._refuse(431, f"the request's header has more than {MOST_HEAD} bytes")
        except Stopped as stopped:
            self.parser, head = resumed(self, self.headers)
            return head + data[offset_of(stopped) :]
        except ParserError:
            self.send_400_response("the bytes that came are no HTTP request")
        return b""

    def on_message_complete(self) -> None:
        """End a request; one that offers another protocol ends with its body, which the parser leaves out."""
        if not self.parser.should_upgrade():
            super().on_message_complete()


@lru_cache(maxsize=1)
def _dated(second: int) -> list[tuple[bytes, bytes]]:
    return [(b"date", formatdate(second, usegmt=True).encode())]


class _QuietUvicorn(uvicorn.Server):
    """uvicorn, telling when it is ready; a signal ends it without being raised again."""

    ready: Callable[[], None] = staticmethod(lambda: None)
    release: Callable[[], None] = staticmethod(lambda: None)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let clients that wait for a synchronous response have it at once, then finish what is under way.

        A request that has not come as a whole is not under way: nobody waits for the rest of it.
        """
        self.release()
        for connection in list(self.server_state.connections):
            cycle = connection.cycle if isinstance(connection, _HttpProtocol) else None
            if cycle is not None and cycle.more_body and not cycle.response_started:
                connection.transport.close()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell that requests are answered."""
        await super().startup(sockets)
        if self.started:
            self.ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM end the server; unlike uvicorn's own, they are not raised again afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        kinds = (signal.SIGINT, signal.SIGTERM)
        before = {kind: signal.signal(kind, self.handle_exit) for kind in kinds}
        try:
            yield
        finally:
            for kind, former in before.items():
                signal.signal(kind, former)


async def _repeat(watch: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(0.4)
        watch()


class FileChanges:
    """Tells when one of some files changed, by modification time and size."""

    def __init__(self, files: Callable[[], list[Path]]) -> None:
        self._files = files
        self._seen = self._marks()

    def _marks(self) -> dict[Path, tuple[int, int]]:
        marks = {}
        for path in self._files():
            with contextlib.suppress(OSError):
                stat = path.stat()
                marks[path] = (stat.st_mtime_ns, stat.st_size)
        return marks

    def any(self) -> bool:
        """Whether something changed since the last time this was asked."""
        marks = self._marks()
        changed = marks != self._seen
        self._seen = marks
        return changed
