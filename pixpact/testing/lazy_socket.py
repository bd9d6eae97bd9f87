"""The socket of an embedded mock, opened only when its URL is read.

A program that uses `transport()` or `asgi` opens no socket. Where sockets are forbidden (pytest-socket), the mock has a
URL that works only through those two.
"""

from __future__ import annotations

import ssl
import threading

from pixpact.mockserver.app import MockApp
from pixpact.mockserver.background import background
from pixpact.mockserver.server import CannotListen, MockServer, listen

NOWHERE = ("pixpact.test", 80)
"""The address of a mock without a socket: a host that cannot exist (RFC 6761)."""
_EVERYWHERE = {"//0.0.0.0": "//127.0.0.1", "//[::]": "//[::1]"}


class Listening:
    """An application, with a socket once `url` was read."""

    def __init__(self, app: MockApp, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._tls = tls
        self._server: MockServer | None = None
        self._url = ""
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The URL; opens the socket. Raises CannotListen."""
        with self._lock:
            if not self._url:
                self._open()
            return self._url

    @property
    def is_open(self) -> bool:
        """Whether the socket is open."""
        return self._server is not None

    def __str__(self) -> str:
        return self._url or "an address that nobody requested"

    def _open(self) -> None:
        try:
            bound = listen(self._host, self._port)
        except RuntimeError:  # raised where sockets are forbidden in tests
            self._url = f"http://{NOWHERE[0]}"
            return
        server = MockServer(self._app, bound, self._tls)
        background().run(server.open())
        url = server.url
        for anywhere, here in _EVERYWHERE.items():
            url = url.replace(anywhere, here)
        self._url, self._server = url, server

    def address(self) -> tuple[str, str, int]:
        """(scheme, host, port); NOWHERE without a socket."""
        if not self.is_open:
            return ("http", *NOWHERE)
        scheme, _, address = self._url.partition("://")
        host, _, port = address.rpartition(":")
        return scheme, host, int(port)

    def close(self) -> None:
        """Release waiting clients, and close the socket."""
        home = background()
        if not home.here:  # a forked child would close its parent's socket
            return
        with self._lock:
            self._url = self._url or f"http://{NOWHERE[0]}"  # prevents opening it later
        if self._server is not None:
            home.run(self._server.close())
        else:
            home.call(self._app.context.release)


__all__ = ["NOWHERE", "CannotListen", "Listening"]
