"""A mock on a real socket, however it is set up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest

from pixpact.mockserver.app import MockApp
from pixpact.mockserver.background import background
from pixpact.mockserver.context import MockContext, MockSettings
from pixpact.mockserver.core.pace import parse
from pixpact.mockserver.server import MockServer, listen
from pixpact.mockserver.state.store import Store
from pixpact.wire.clock import ManualClock, SystemClock

START = 1_790_000_000.0


@dataclass
class Served:
    """A mock on a socket, and a client of it."""

    url: str
    context: MockContext
    http: httpx2.Client
    server: MockServer

    def fault(self, **fault: Any) -> None:
        """Let a fault stand."""
        background().call(lambda: self.context.faults.add(fault))

    def advance(self, seconds: float) -> None:
        """Move the clock, and wait until everything due has been sent."""
        background().run(self.context.advance(seconds))

    def journal(self, **note: str) -> list[Any]:
        """The recorded exchanges whose notes say this."""
        kept = background().call(lambda: list(self.context.journal))
        return [it for it in kept if note.items() <= dict(it.note).items()]

    def charges(self) -> list[Any]:
        """Every charge so far."""
        return background().call(self.context.ledger.charges)


@pytest.fixture
def served(contract: Callable[[str], Any]) -> Iterator[Callable[..., Served]]:
    """Serve contracts on a free port; `moving`: on true time instead of a standing clock."""
    made: list[tuple[MockServer, httpx2.Client]] = []

    def make(
        *names: str,
        pace: str = "instant",
        moving: bool = False,
        timeout: float = 5,
        store: Store | None = None,
        **settings: Any,
    ) -> Served:
        clock = SystemClock() if moving else ManualClock(START)
        context = MockContext.new(MockSettings(parse(pace), **settings), clock, store=store)
        server = MockServer(MockApp([contract(name) for name in names], context), listen("127.0.0.1", 0))
        background().run(server.open())
        client = httpx2.Client(base_url=server.url, timeout=timeout, headers={"Authorization": "Bearer sk-test"})
        made.append((server, client))
        return Served(server.url, context, client, server)

    yield make
    for server, client in made:
        client.close()
        background().run(server.close())


@dataclass
class Letters:
    """What a receiver of callbacks was sent, and what it answers: the statuses in order, then 204."""

    url: str
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    """Responses are given while it is open."""


@pytest.fixture
def receiver() -> Iterator[Letters]:
    """A receiver of callbacks on this machine."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            letters.received.append((self.path, headers, body))
            letters.gate.wait(5)
            # Without a Date: what a receiver says is in the journal, and a session may be repeated later.
            self.send_response_only(letters.statuses.pop(0) if letters.statuses else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    letters = Letters(f"http://127.0.0.1:{server.server_port}")
    letters.gate.set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield letters
    server.shutdown()
    server.server_close()
