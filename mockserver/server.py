"""The socket: uvicorn started, stopped and reloaded. The door to uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from pixpact.mockserver.app import MockApp
from pixpact.mockserver.direct.routes import DirectRoutes
from pixpact.mockserver.http_protocol import KEEP_ALIVE, HttpProtocol, UvicornConfig

_REUSE: int = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
"""The option of a listening socket. On Windows SO_REUSEADDR would let another program have the same port, so that
either may get a client's requests; elsewhere it lets a port be used again that was in use a moment ago."""


class CannotListen(OSError):
    """The address cannot be used; says why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A bound, listening socket; port 0 takes a free one. Raises CannotListen."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with contextlib.ExitStack() as unused:
            bound = unused.enter_context(socket.socket(family, socket.SOCK_STREAM))
            bound.setsockopt(socket.SOL_SOCKET, _REUSE, 1)
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

    `now` is what the `Date` of responses is told from, which they have not without it; `direct` gives the operations
    that may answer without the application; `release` lets those who wait have their response.
    """

    def __init__(
        self,
        app: ASGIApp,
        bound: socket.socket,
        *,
        now: Callable[[], float] | None = None,
        direct: Callable[[], DirectRoutes] | None = None,
        release: Callable[[], None] = lambda: None,
    ) -> None:
        self.url = url_of(bound)
        self._socket = bound
        config = UvicornConfig(
            app,
            http=HttpProtocol,
            ws="none",
            timeout_keep_alive=KEEP_ALIVE,
            log_level="warning",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=5,
            date_header=False,
        )
        config.now, config.direct = now, direct
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
        cast(UvicornConfig, self._server.config).tls = tls

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
        super().__init__(app, bound, now=app.context.clock.now, direct=lambda: app.direct, release=app.context.release)
        host, port = bound.getsockname()[:2]
        app.context.outbox.own_ports.add(port)
        app.context.outbox.is_local = ip_address(host).is_loopback
        if app.context.shared is not None:
            self.beside(app.context.follow)
        if tls is not None:
            self.secure(tls)


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
            cycle = connection.cycle if isinstance(connection, HttpProtocol) else None
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
        self._served_marks = self._marks()

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
        changed = marks != self._served_marks
        self._served_marks = marks
        return changed
