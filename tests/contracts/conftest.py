"""What the tests of checks share: claims, made once, and servers on 127.0.0.1 that do what a script says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pixpact.contracts.claims import Claims
from pixpact.contracts.means import Means
from pixpact.contracts.plan import Plan, plan
from pixpact.specs.model import Contract

Script = Callable[["Connection"], Awaitable[None]]


class Connection:
    """One connection of a client, as the script sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: list[bytes]) -> None:
        self.reader = reader
        self.writer = writer
        self._requests = requests

    async def request(self) -> bytes:
        """The next request, whole."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        self._requests.append(head + await self.reader.readexactly(length))
        return self._requests[-1]

    async def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()

    def reset(self) -> None:
        self.writer.transport.abort()


class Served:
    """A server that runs while a scenario does; what it read, and where it is."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[bytes] = []
        self.connections = 0
        self.tasks: set[asyncio.Task[None]] = set()

    async def gone(self) -> None:
        """Return when every connection until now is closed."""
        await asyncio.gather(*self.tasks)


@pytest.fixture
def serving() -> Callable[..., Any]:
    """Run `scenario(served)` against a server that treats each connection by `script(connection)`."""

    def run(script: Script, scenario: Callable[[Served], Awaitable[Any]]) -> Any:
        return asyncio.run(_served(script, scenario))

    return run


async def _served(script: Script, scenario: Callable[[Served], Awaitable[Any]]) -> Any:
    served = Served()

    async def treat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.connections += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await script(Connection(reader, writer, served.requests))
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.tasks.add(asyncio.create_task(treat(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        return await scenario(served)
    finally:
        server.close()
        for task in served.tasks:
            task.cancel()
        await asyncio.gather(*served.tasks, return_exceptions=True)


_claims: dict[str, Claims] = {}
_plans: dict[tuple[str, Means], Plan] = {}


@pytest.fixture(scope="session")
def claims(contract: Callable[[str], Contract]) -> Callable[[str], Claims]:
    """The claims of a contract, by the name a user gives or the path of a spec."""

    def made(name: str) -> Claims:
        return _claims.get(name) or _claims.setdefault(name, Claims(contract(name)))

    return made


@pytest.fixture(scope="session")
def planned(claims: Callable[[str], Claims]) -> Callable[..., Plan]:
    """The plan of a run against the mock in process, or with other means."""

    def made(name: str, means: Means | None = None) -> Plan:
        means = means or Means(second_key=True, can_wait=True, provokes=True)
        if (name, means) not in _plans:
            _plans[name, means] = plan(claims(name), means)
        return _plans[name, means]

    return made
