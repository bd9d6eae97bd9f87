"""What the tests of checks share: claims, made once, and servers on 127.0.0.1 that do what a script says."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from pixpact.cli.in_process import IN_PROCESS, against_mock
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.limits.budget import SpendingCaps
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.plan import ProbePlan, plan
from pixpact.contracts.run.check import RunOptions, prepare_run
from pixpact.specs.contract.model import Contract

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


_claims: dict[str, ContractClaims] = {}
_plans: dict[tuple[str, Capabilities], ProbePlan] = {}


@pytest.fixture(scope="session")
def claims(contract: Callable[[str], Contract]) -> Callable[[str], ContractClaims]:
    """The claims of a contract, by the name a user gives or the path of a spec."""

    def made(name: str) -> ContractClaims:
        return _claims.get(name) or _claims.setdefault(name, ContractClaims(contract(name)))

    return made


@pytest.fixture(scope="session")
def planned(claims: Callable[[str], ContractClaims]) -> Callable[..., ProbePlan]:
    """The plan of a run against the mock in process, or with other means."""

    def made(name: str, means: Capabilities | None = None) -> ProbePlan:
        means = means or Capabilities(second_key=True, can_wait=True, provokes=True)
        if (name, means) not in _plans:
            _plans[name, means] = plan(claims(name), means)
        return _plans[name, means]

    return made


@dataclass(frozen=True)
class Asked:
    """One request, as an application got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Its body; None where that is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Watched:
    """An application before the mock: it notes every request, and answers those for which `act` gives a response.

    `act(asked)` gives None (the mock answers), (status, body), or an exception to raise.
    """

    def __init__(self, act: Callable[[Asked], Any] = lambda _: None) -> None:
        self.asked: list[Asked] = []
        self.under_way = self.most = 0
        self._act = act

    def __call__(self, app: Any) -> Any:
        async def watched(scope: Any, receive: Any, send: Any) -> None:
            message = await receive()
            headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
            asked = Asked(scope["method"], scope["path"], headers, message["body"])
            self.asked.append(asked)
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            await asyncio.sleep(0)
            pending = iter([message])

            async def again() -> Any:
                return next(pending, None) or await receive()

            try:
                await self._response(app, asked, scope, again, send)
            finally:
                self.under_way -= 1

        return watched

    async def _response(self, app: Any, asked: Asked, scope: Any, receive: Any, send: Any) -> None:
        response = self._act(asked)
        if response is None:
            await app(scope, receive, send)
        elif isinstance(response, BaseException):
            raise response
        else:
            status, body = response
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": content})

    def paid(self, *paths: str) -> list[Asked]:
        """The requests that may buy something: those to these paths with a body."""
        return [asked for asked in self.asked if asked.method == "POST" and asked.path.endswith(paths)]


@pytest.fixture
def checked(contract: Callable[[str], Contract]) -> Callable[..., Any]:
    """Check a contract against a mock in this process, with an application between them."""

    def run(
        name: str,
        around: Callable[[Any], Any] = lambda app: app,
        *,
        served: str = "",
        caps: SpendingCaps | None = None,
        only: Callable[[Any], bool] | None = None,
        **options: Any,
    ) -> Any:
        """`only`: which probes are sent. Everything else is of `RunOptions`."""
        options = {"means": IN_PROCESS, "target": "the mock", **options}
        run = RunOptions(**options)
        ready = prepare_run(contract(name), run)
        if only is not None:
            probes = tuple(probe for probe in ready.plan.probes if only(probe))
            ready = replace(ready, plan=replace(ready.plan, probes=probes))
        return asyncio.run(against_mock(ready, contract(served or name), run, caps, around))

    return run


@pytest.fixture
def watched() -> type[Watched]:
    """What stands before a mock."""
    return Watched
