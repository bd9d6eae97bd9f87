"""Contracts → one ASGI application: a mount for each vendor, routing by `Host`, files and the control prefix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from pixpact.mockserver.console.routes import console_routes
from pixpact.mockserver.context import FILES, MockContext
from pixpact.mockserver.control.control import control_app
from pixpact.mockserver.core.addresses import normalized
from pixpact.mockserver.core.hosts import base_paths, canonical_host, hosts_of
from pixpact.mockserver.core.identity import IdShape
from pixpact.mockserver.core.problem import send_problem
from pixpact.mockserver.direct.asgi import answered, direct_route
from pixpact.mockserver.direct.routes import DirectRoutes
from pixpact.mockserver.endpoint import Endpoint
from pixpact.mockserver.faults.redirecting import PREFIX, without_prefix
from pixpact.mockserver.files.downloads import FaultyDownloads
from pixpact.mockserver.files.files import files_app
from pixpact.mockserver.reference.pages import reference_response
from pixpact.mockserver.requests.journaling import journal_exchange
from pixpact.mockserver.requests.tasks import ContractTasks
from pixpact.mockserver.stores.backend import StoreUnavailable
from pixpact.specs.contract.model import Contract
from pixpact.specs.contract.routes import RouteTable

CONTROL = "/_pixpact"
_SOME_ID = "00000000000000000000000000000000"
_PREFLIGHT = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-headers", b"*, authorization"),
    (b"access-control-max-age", b"86400"),
]


class MountedContract:
    """One contract, served at the root of its mount."""

    def __init__(self, contract: Contract, context: MockContext) -> None:
        self.contract = contract
        self._bases = sorted(base_paths(contract), key=len, reverse=True)
        self._context = context
        tasks = ContractTasks(contract, context)
        ids = IdShape(_request_id(contract))
        self._routes = RouteTable(
            (operation, Endpoint(contract, operation, tasks, context, ids)) for operation in contract.operations
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        """Answer a request to `path`, the prefix taken away; it may begin with the base path of a server."""
        method, base = scope["method"], self._base(path)
        if base:
            path = path.removeprefix(base)
            scope = {**scope, "root_path": scope.get("root_path", "") + base}
        match = self._routes.find(method, path)
        if match is not None:
            return await match.target(scope, receive, send, match.path)
        methods = self._routes.methods(path)

        async def response(watched: Send) -> None:
            if method == "OPTIONS" and methods:
                await _send_preflight(watched, methods)
            else:
                await self._send_unknown(watched, method, path, methods)

        about = "(preflight)" if method == "OPTIONS" else "(unknown)"
        return await journal_exchange(response, about, self._context, scope, send)

    def _base(self, path: str) -> str:
        """The base path of a server that a path begins with; empty where there is none."""
        return next((base for base in self._bases if path.startswith(f"{base}/")), "")

    def served(self) -> Iterator[tuple[str, str, Endpoint]]:
        """Base path, path below it and endpoint of each operation that no other one can be taken for."""
        literal = {
            operation.path.rpartition("/")[0] for operation in self.contract.operations if "{" not in operation.path
        }
        for base in ("", *self._bases):
            for operation in self.contract.operations:
                head, _, last = operation.path.rpartition("/")
                path = base + operation.path
                match = self._routes.find(operation.method, path.removeprefix(self._base(path)))
                mixed = "{" in last and head in literal
                if match is not None and match.target.operation is operation and self._base(path) == base and not mixed:
                    yield base, operation.path, match.target

    def knows(self, path: str) -> bool:
        """Whether any method of the contract answers at this path."""
        return bool(self._routes.methods(path))

    async def _send_unknown(self, send: Send, method: str, path: str, methods: list[str]) -> None:
        name = self.contract.name
        if methods:
            detail = f"{name} supports {' and '.join(methods)} at {path}, not {method}"
            allow = (b"allow", ", ".join(dict.fromkeys([*methods, "OPTIONS"])).encode("ascii"))
            return await send_problem(send, 405, "Method not in the contract", detail, [allow])
        nearest = self._routes.nearest(method, path)
        detail = f"the contract of {name} has no {method} {path}; the nearest operation is {nearest}"
        return await send_problem(send, 404, "Not in the contract", detail, nearest=nearest)


async def _send_preflight(send: Send, methods: list[str]) -> None:
    headers = [*_PREFLIGHT, (b"access-control-allow-methods", ", ".join(methods).encode())]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _request_id(contract: Contract) -> str:
    """The shape of the vendor's request ids: a header's example that is bound to `$exchange.id`."""
    for operation in contract.operations:
        for response in operation.responses:
            for header in response.headers:
                if header.value and header.value.text == "$exchange.id" and header.example:
                    return str(header.example)
    return _SOME_ID


class MockApp:
    """The whole mock. Vendors are matched by a dictionary; everything else is a Starlette application."""

    def __init__(self, contracts: Iterable[Contract], context: MockContext) -> None:
        self.context = context
        self._files = FaultyDownloads(files_app(context), context)
        self._control = control_app(context, console_routes(context))
        self.serve(contracts)

    def serve(self, contracts: Iterable[Contract]) -> None:
        """Serve these contracts from now on; tasks, journal and clock stay."""
        self.context.faults.contracts[:] = contracts
        vendors = [MountedContract(contract, self.context) for contract in self.context.faults.contracts]
        mounts: dict[str, MountedContract] = {}
        hosts: dict[str, MountedContract] = {}
        for vendor in vendors:
            mounts.setdefault(vendor.contract.name, vendor)
        for vendor in vendors:
            mounts.setdefault(vendor.contract.vendor, vendor)
            for host in hosts_of(vendor.contract):
                hosts.setdefault(host, vendor)
        self.mounts, self._hosts = mounts, hosts
        # Clients that keep nothing of their base URL but the host find a single contract without its prefix too.
        self._only = vendors[0] if len(vendors) == 1 else None
        self.context.served[:] = [vendor.contract.name for vendor in vendors]
        self.context.vendor_hosts.clear()
        self.context.vendor_hosts.update(hosts)
        self.direct = DirectRoutes(self.context, self._served())

    def _served(self) -> Iterator[tuple[str, str, Endpoint]]:
        """Root, path below it and endpoint of each operation that its path alone leads to."""
        for mount, vendor in self.mounts.items():
            for base, path, endpoint in vendor.served():
                yield f"/{mount}{base}", path, endpoint
        for base, path, endpoint in self._only.served() if self._only else ():
            first = (base + path)[1:].partition("/")[0]
            if first not in self.mounts and not (base + path).startswith((CONTROL, f"{FILES}/", f"{PREFIX}/")):
                yield base, path, endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] != "http":
            return await self._control(scope, receive, send)  # lifespan and websockets: Starlette knows
        if (route := direct_route(self.direct, scope)) is not None:
            again = await answered(route, scope, receive, send)
            if again is None:
                return None
            receive = again
        if self.context.shared is not None:
            with suppress(StoreUnavailable):  # the store says so itself where it is needed
                await self.context.sync()
        try:
            await self._respond(scope, receive, send)
        except StoreUnavailable as error:
            await send_problem(send, 503, "Store unavailable", str(error))

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        # As sent: a slash inside a path parameter (%2F) is part of it.
        path = normalized(scope["raw_path"].decode("latin-1") if scope.get("raw_path") else scope["path"])
        if path.startswith(PREFIX + "/"):
            scope, path = without_prefix(scope, path)
        if (vendor := self._by_host(scope)) and not path.startswith((CONTROL + "/", FILES + "/")):
            return await vendor(scope, receive, send, path)
        mount, slash, rest = path[1:].partition("/")
        if (mounted := self.mounts.get(mount)) is not None:
            page = reference_response(Request(scope), slash + rest, mounted.contract, mount)
            if page is not None and not mounted.knows(slash + rest):
                return await page(scope, receive, send)
            return await mounted({**scope, "root_path": f"/{mount}"}, receive, send, slash + rest)
        if path.startswith(FILES + "/"):
            return await self._files(scope, receive, send)
        if path == "/" or path.startswith(CONTROL):
            return await self._control(scope, receive, send)
        if self._only is not None and self._only.knows(path):
            return await self._only(scope, receive, send, path)
        return await journal_exchange(partial(self._send_unknown, path), "(unknown)", self.context, scope, send)

    def _by_host(self, scope: Scope) -> MountedContract | None:
        for name, value in scope["headers"]:
            if name == b"host":
                return self._hosts.get(canonical_host(value.decode("latin-1")))
        return None

    async def _send_unknown(self, path: str, send: Send) -> None:
        names = ", ".join(f"/{name}" for name in self.mounts)
        detail = f"nothing is served at {path}; every vendor has its own prefix: {names}"
        await send_problem(send, 404, "Unknown path", detail)
