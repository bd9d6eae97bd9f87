"""What the tests of the proxy share: an upstream that does what a script says, and a proxy before it, over sockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from pixpact.contracts.traffic.recording import recorded_exchange
from pixpact.contracts.transport.hosts import parse_url
from pixpact.mockserver.server import AppServer, listen
from pixpact.proxy.command import build_proxy
from pixpact.proxy.exchange_judge import ExchangeJudge, JudgedExchange
from pixpact.wire.clock import ManualClock
from pixpact.wire.exchange import Exchange

TOY = "fixtures/specs/toy.yaml"
NOON = 1_769_860_800.0  # 2026-01-31T12:00:00Z
KEY = "sk-a-secret-of-the-app"


class Connection:
    """One connection of the proxy, as the upstream's script sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: list[bytes]) -> None:
        self.reader = reader
        self.writer = writer
        self._requests = requests

    async def request(self) -> bytes:
        """The next request, whole, with the bytes of a chunked body as they are framed."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        chunked = any(line == b"transfer-encoding: chunked" for line in lines)
        body = await self.reader.readuntil(b"0\r\n\r\n") if chunked else await self.reader.readexactly(length)
        self._requests.append(head + body)
        return self._requests[-1]

    async def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()

    def reset(self) -> None:
        self.writer.transport.abort()

    async def gone(self) -> None:
        """Return when the proxy has closed the connection."""
        while await self.reader.read(4096):
            pass


Script = Callable[[Connection], Awaitable[None]]


@dataclass
class Log:
    """What a proxy told; it is also what records."""

    reported: list[JudgedExchange] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    def exchange(self, reported: JudgedExchange) -> None:
        self.reported.append(reported)

    def problem(self, text: str) -> None:
        self.problems.append(text)

    def add(self, exchange: Exchange) -> None:
        self.exchanges.append(recorded_exchange(exchange))


@dataclass
class Stand:
    """A proxy before an upstream, and an app's client of it."""

    url: str
    upstream: str
    client: httpx2.AsyncClient
    judge: ExchangeJudge
    log: Log
    requests: list[bytes]
    connections: list[Connection]

    async def findings(self) -> Any:
        """What the proxy tells at its findings, once everything so far was judged."""
        return (await self.client.get("/_pixpact/findings")).json()

    async def exchanges(self) -> list[Exchange]:
        """What was recorded, once everything so far was judged."""
        await self.findings()
        return self.log.exchanges


@pytest.fixture
def standing(contract) -> Callable[..., Any]:
    """Run `scenario(stand)` with a proxy before an upstream that treats each connection by `script(connection)`."""

    def run(script: Script | str, scenario: Callable[[Stand], Awaitable[Any]], name: str = TOY, **options: Any) -> Any:
        return asyncio.run(_standing(contract(name), script, scenario, options))

    return run


async def _standing(contract: Any, script: Any, scenario: Any, options: dict[str, Any]) -> Any:
    """`script` may also be the URL of an upstream that is there already."""
    async with contextlib.AsyncExitStack() as stack:
        requests: list[bytes] = []
        connections: list[Connection] = []
        tls = options.pop("server_tls", None)
        url = script
        if not isinstance(script, str):
            url = await stack.enter_async_context(_upstream(script, requests, connections, tls))
        log = Log()
        options = {"patience": 30.0, "clock": ManualClock(NOON), **options}
        app, judge = build_proxy(contract, parse_url(url), log, log, **options)
        server = AppServer(app, listen("127.0.0.1", 0))
        stack.callback(judge.close)
        stack.push_async_callback(app.close)
        await server.open()
        stack.push_async_callback(server.close)
        headers = {"x-api-key": KEY}
        client = await stack.enter_async_context(
            httpx2.AsyncClient(base_url=server.url, headers=headers, timeout=30, trust_env=False)
        )
        return await scenario(Stand(server.url, url, client, judge, log, requests, connections))


@contextlib.asynccontextmanager
async def _upstream(script: Script, requests: list[bytes], connections: list[Connection], tls: Any):
    tasks: set[asyncio.Task[None]] = set()

    async def treat(connection: Connection) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await script(connection)
        connection.writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(Connection(reader, writer, requests))
        tasks.add(asyncio.create_task(treat(connections[-1])))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
