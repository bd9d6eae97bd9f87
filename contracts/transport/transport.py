"""Sends requests: each passes the budget, the rules for live targets and the rate limit here.

No request is sent twice, redirects of API calls are not followed, and faults of the remote server are noted in the
exchange, not raised.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import replace
from typing import Self
from urllib.parse import quote, urlencode

from pixpact import __version__
from pixpact.contracts.limits.budget import Budget, BudgetReservation
from pixpact.contracts.limits.gate import RequestGate
from pixpact.contracts.transport import hosts, live_target
from pixpact.contracts.transport.content_coding import ACCEPTED
from pixpact.contracts.transport.downloads import ImageDownloads
from pixpact.contracts.transport.gateway_options import GatewayOptions
from pixpact.contracts.transport.hosts import HttpAddress, Resolve
from pixpact.contracts.transport.inprocess import App, AsgiTransport
from pixpact.contracts.transport.keys import ApiKeys
from pixpact.contracts.transport.planned_request import Key, PlannedRequest, RequestForbidden
from pixpact.contracts.transport.response_reader import DOWNLOAD, OutgoingRequest, ResponseLimits, Transport, perform
from pixpact.specs.contract.model import Contract, CredentialPlace
from pixpact.wire.clock import Clock
from pixpact.wire.exchange import Exchange
from pixpact.wire.redaction import redacted_headers

__all__ = [
    "USER_AGENT",
    "Key",
    "PlannedRequest",
    "RequestForbidden",
    "RequestSender",
    "ResponseLimits",
    "credentials_of",
    "target_of",
]

USER_AGENT = f"pixpact/{__version__} (+contract check)"
_OURS = frozenset({"host", "content-length", "user-agent", "accept-encoding", "connection", "transfer-encoding"})
"""Headers that the transport sets."""
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_SAFE = "%/:@!$&'()*+,;=~?[]"


def credentials_of(contract: Contract) -> dict[str, tuple[CredentialPlace, ...]]:
    """Operation id → where that operation expects the key."""
    return {operation.id: operation.credentials for operation in contract.operations}


class RequestSender:
    """Sends requests to one target: a URL, or the ASGI application `app` behind that URL in this process."""

    def __init__(
        self,
        base_url: str,
        *,
        budget: Budget,
        clock: Clock,
        app: App | None = None,
        credentials: Mapping[str, tuple[CredentialPlace, ...]] | None = None,
        keys: ApiKeys | None = None,
        rate: float | None = None,
        concurrency: int | None = None,
        live: bool = False,
        reference_url: str | None = None,
        limits: ResponseLimits | None = None,
        download_limits: ResponseLimits = DOWNLOAD,
        resolve: Resolve = hosts.resolve,
        tls: ssl.SSLContext | None = None,
        around: GatewayOptions | None = None,
    ) -> None:
        """`rate`: requests per second; None: 1 to a live target, else unlimited. `live`: treat loopback as live.

        `around`: sent with each request to the target besides the key. `credentials`: by operation id. `reference_url`:
        an image of the user that the vendor may fetch. `tls`: which certificates to trust. Raises ValueError for a bad
        URL, RequestForbidden for a live target without a cap.
        """
        self.target = target_of(base_url)
        self.in_process = app is not None
        """Whether the target is an application in this process."""
        self.live = live or (app is None and not hosts.is_loopback(self.target.host))
        if self.live and budget.caps.images is None and budget.caps.cost is None:
            raise RequestForbidden(f"{self.target.origin} is not on this machine: set --max-images or --max-cost first")
        self.budget = budget
        self.clock = clock
        self.requests_sent = 0
        self._base = self.target.target.rstrip("/")
        self._credentials = credentials or {}
        self._keys = keys or ApiKeys()
        self._around = around or GatewayOptions()
        self._limits = limits or ResponseLimits()
        self._own_urls = {reference_url} if reference_url else set()
        self._gate = RequestGate.towards(self.live, clock, rate, concurrency)
        self._line, self._direct = _lines(self.target, app, self.live, tls)
        common = (("User-Agent", USER_AGENT), ("Accept", "*/*"), ("Accept-Encoding", ACCEPTED))
        self._downloads = ImageDownloads(
            self.target, self._direct, app is not None, budget, clock, download_limits, common, resolve
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._line.close()
        await self._direct.close()

    def own(self, url: str) -> None:
        """Allow the vendor to be given this URL: it is an upload to that vendor."""
        self._own_urls.add(url)

    def slow_down(self, wait: float) -> None:
        """Start no request for `wait` seconds, then fewer per second: the target is busy."""
        self._gate.slow_down(wait)

    def check(self, sending: PlannedRequest) -> None:
        """Raises RequestForbidden for what `send` would not send, ValueError for what HTTP cannot express."""
        if self._credentials.get(sending.operation):
            self._keys.of(sending.key)
        _check_form(sending)
        if self.live:
            live_target.check_live_request(sending, self._own_urls)

    def reserve(self, sending: PlannedRequest) -> BudgetReservation:
        """Reserve the maximum cost. Raises OverBudget, RequestForbidden or ValueError; then nothing is spent."""
        self.check(sending)
        return self.budget.reserve(sending.images, sending.cost)

    async def reserved(self, sending: PlannedRequest) -> BudgetReservation:
        """Reserve the maximum cost, as soon as open reservations leave room for it."""
        self.check(sending)
        return await self.budget.reserved(sending.images, sending.cost)

    async def send(self, sending: PlannedRequest, reservation: BudgetReservation | None = None) -> Exchange:
        """Send a request once. Raises OverBudget, RequestForbidden or ValueError before anything is sent or spent.

        A remote fault is in the note: `fault`, `detail`, and `sent: no` if the server cannot have received the request;
        status, headers and body are those received until then. Without a reservation, one is made and stays at its
        maximum, unless nothing was sent. A given reservation must be settled by the caller.
        """
        self.check(sending)
        held = reservation or self.budget.reserve(sending.images, sending.cost)
        held.use(sending.images)
        exchange = await self._through(self._outgoing(sending), held)
        if reservation is None and exchange.note.get("sent") == "no":
            held.settle(0)
        note = {"operation": sending.operation, "key": sending.key}
        exchange = replace(exchange, request_headers=redacted_headers(exchange.request_headers))
        return self._keys.scrubbed(self._around.unrecorded(exchange), self._around.secrets).noted(
            **{name: value for name, value in note.items() if value}
        )

    async def _through(self, outgoing: OutgoingRequest, held: BudgetReservation) -> Exchange:
        """Send through the gate; a request that never started is not counted."""
        begun = False
        try:
            async with self._gate.open():
                begun = True
                self.requests_sent += 1
                until = asyncio.get_running_loop().time() + self._limits.total
                return await perform(self._line, outgoing, self._limits, until, self.clock)
        finally:
            if not begun:
                held.withdraw()

    async def download(self, url: str) -> Exchange:
        """Download a URL of a response, without the key: at most 3 redirects, 64 MB, 30 seconds.

        Faults are in the note. Each hop counts as a request. Raises OverBudget.
        """
        async with self._gate.open():
            exchange = await self._downloads.fetch(url)
        return self._keys.scrubbed(exchange, self._around.secrets)

    def _outgoing(self, sending: PlannedRequest) -> OutgoingRequest:
        path = self._base + quote(sending.path, safe=_SAFE)
        agent = self._around.user_agent or USER_AGENT
        headers = [("Host", self.target.authority), ("User-Agent", agent), ("Accept-Encoding", ACCEPTED)]
        headers += [*self._around.headers, *sending.headers]
        if sending.body or sending.method.upper() in ("POST", "PUT", "PATCH"):
            headers.append(("Content-Length", str(len(sending.body))))
        for credential in self._credentials.get(sending.operation, ())[:1]:  # of alternatives, the first
            if (key := self._keys.of(sending.key)) is None:
                continue
            if credential.place == "header":
                headers.append((credential.name, credential.written(key)))
            else:
                path += ("&" if "?" in path else "?") + urlencode({credential.name: key})
        target = self.target._replace(target=self._around.asked(path))
        return OutgoingRequest(sending.method, target, tuple(headers), sending.body, alone=sending.images > 0)


def target_of(base_url: str) -> HttpAddress:
    """Parse a base URL. Raises ValueError for an unusable one."""
    try:
        address = hosts.parse_url(base_url)
    except ValueError as error:
        raise ValueError(f"--url cannot be used: {error}") from None
    if "?" in address.target:
        raise ValueError("--url cannot be used: it has a query, but paths are appended to it")
    if "@" in base_url.partition("://")[2].partition("/")[0]:
        raise ValueError("--url cannot be used: it has a user name; keys come from --api-key-env")
    return address


def _check_form(sending: PlannedRequest) -> None:
    """Raises ValueError for what would not be one HTTP request (RFC 9112): a bug of the caller."""
    if not sending.path.startswith("/"):
        raise ValueError(f"the path must begin with a slash: got {sending.path[:80]!r}")
    if not _FIELD_NAME.fullmatch(sending.method):
        raise ValueError(f"{sending.method!r} is not a method")
    for name, value in sending.headers:
        if not _FIELD_NAME.fullmatch(name) or not _FIELD_VALUE.fullmatch(value):
            raise ValueError(f"the header {name!r} cannot be sent: a character in it is not allowed")
        if name.lower() in _OURS:
            raise ValueError(f"the header {name} is set by the transport: leave it out")


def _lines(target: HttpAddress, app: App | None, live: bool, tls: ssl.SSLContext | None) -> tuple[Transport, Transport]:
    """(transport to the target, transport for downloads)."""
    if app is not None:
        line = AsgiTransport(app)
        return line, line
    from pixpact.contracts.transport.network import (  # 90 ms that a mock in process does not need
        NetworkTransport,
        proxy_url,
    )

    return NetworkTransport(tls, proxy_url(target) if live else None), NetworkTransport(tls)
