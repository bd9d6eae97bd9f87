"""The socket of a mock inside a program: opened when somebody asks for its address, not before.

A program that reaches the mock by `transport()` or `asgi` opens none. Where sockets are forbidden (pytest-socket) the
mock has an address that only these lead to.
"""

from __future__ import annotations

import ssl
import threading

from pixpact.mockserver.app import MockApp
from pixpact.mockserver.background import background
from pixpact.mockserver.server import CannotListen, MockServer, listen

NOWHERE = ("pixpact.test", 80)
"""The address of a mock without a socket: a name that no host has (RFC 6761)."""
_EVERYWHERE = {"//0.0.0.0": "//127.0.0.1", "//[::]": "//[::1]"}


class Listening:
    """An application, and the socket that leads to it once `url` was asked for."""

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
        """The address. Raises CannotListen."""
        with self._lock:
            if not self._url:
                self._open()
            return self._url

    @property
    def is_open(self) -> bool:
        """Whether there is a socket."""
        return self._server is not None

    def __str__(self) -> str:
        return self._url or "an address that nobody requested"

    def _open(self) -> None:
        try:
            bound = listen(self._host, self._port)
        except RuntimeError:  # what forbids sockets in tests raises this
            self._url = f"http://{NOWHERE[0]}"
            return
        server = MockServer(self._app, bound, self._tls)
        background().run(server.open())
        url = server.url
        for anywhere, here in _EVERYWHERE.items():
            url = url.replace(anywhere, here)
        self._url, self._server = url, server

    def address(self) -> tuple[str, str, int]:
        """Scheme, host and port, as far as there is a socket."""
        if not self.is_open:
            return ("http", *NOWHERE)
        scheme, _, address = self._url.partition("://")
        host, _, port = address.rpartition(":")
        return scheme, host, int(port)

    def close(self) -> None:
        """Let every client that waits go, and close the socket."""
        home = background()
        if not home.here:  # a forked child would take the socket away from its parent
            return
        with self._lock:
            self._url = self._url or f"http://{NOWHERE[0]}"  # nobody opens it any more
        if self._server is not None:
            home.run(self._server.close())
        else:
            home.call(self._app.context.release)


__all__ = ["NOWHERE", "CannotListen", "Listening"]
