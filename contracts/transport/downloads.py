"""Downloads the URLs of responses: without the key, over http(s), and not from addresses private to this machine.

A host is resolved once, all its addresses are judged, and the connection goes to one of these: a host that resolves to
another address a moment later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from pixpact.contracts.limits.budget import Budget
from pixpact.contracts.transport import hosts
from pixpact.contracts.transport.hosts import HttpAddress, Reach, Resolve
from pixpact.contracts.transport.response_reader import (
    OutgoingRequest,
    ResponseLimits,
    Transport,
    TransportFault,
    fault_note,
    location,
    perform,
)
from pixpact.wire.clock import Clock
from pixpact.wire.exchange import Exchange, Headers

MOST_REDIRECTS = 3


@dataclass(slots=True)
class ImageDownloads:
    """How to download on behalf of a target. `local`: only the application in this process is asked."""

    target: HttpAddress
    line: Transport
    local: bool
    budget: Budget
    clock: Clock
    limits: ResponseLimits
    headers: Headers
    resolve: Resolve
    reach: Reach | None = None
    """From where the target can be reached, once it was resolved."""

    async def fetch(self, url: str) -> Exchange:
        """The exchange with the last server of the redirects; its `url` is the one given. Raises OverBudget.

        The note has the fault, the number of redirects, and the URL where they ended.
        """
        until = asyncio.get_running_loop().time() + self.limits.total
        asked, redirects, here = url, 0, Exchange(self.clock.now(), "GET", url, self.headers)
        while True:
            try:
                outgoing = await self._outgoing(asked, until)
            except TransportFault as fault:
                here = replace(here, note={**here.note, **fault_note(fault)})
                break
            self.budget.reserve()
            here = await perform(self.line, outgoing, self.limits, until, self.clock)
            further = location(here)
            if further is None or "fault" in here.note:
                break
            if redirects == MOST_REDIRECTS:
                here = here.noted(**fault_note(TransportFault("redirects", f"more than {MOST_REDIRECTS} redirects")))
                break
            redirects, asked = redirects + 1, _joined(asked, further)
        reported = {"redirects": str(redirects), "ended-at": asked} if redirects else {}
        return replace(here, url=url, note={**here.note, **reported})

    async def _outgoing(self, url: str, until: float) -> OutgoingRequest:
        """The request of one hop. Raises TransportFault if it is not allowed, or cannot be sent."""
        try:
            http_address = hosts.parse_url(url)
        except ValueError as error:
            raise TransportFault("forbidden-url", str(error), sent=False) from None
        headers = (("Host", http_address.authority), *self.headers)
        if self.local:
            if http_address.origin != self.target.origin:
                raise TransportFault(
                    "refused-connection", f"only {self.target.origin} is served in this process", sent=False
                )
            return OutgoingRequest("GET", http_address, headers)
        try:
            async with asyncio.timeout_at(until):
                address = await self._address(http_address)
        except TimeoutError:
            raise TransportFault("timeout", f"the DNS lookup of {http_address.host} timed out", sent=False) from None
        return OutgoingRequest("GET", http_address, headers, address=address)

    async def _address(self, http_address: HttpAddress) -> str:
        """An address of the host, after all of them were judged. Raises TransportFault."""
        if self.reach is None:
            self.reach = await hosts.target_reach(self.target.host, self.target.port, self.resolve)
        allowed = hosts.allowed(self.reach)
        try:
            addresses = await self.resolve(http_address.host, http_address.port)
        except OSError as error:
            raise TransportFault("unresolved", f"{http_address.host}: {error.strerror or error}", sent=False) from None
        for address in addresses:
            if hosts.reach_of(address) not in allowed:
                detail = f"{http_address.host} leads to {address}, a private address, although the target is public"
                raise TransportFault("forbidden-address", detail, sent=False)
        if not addresses:
            raise TransportFault("unresolved", f"{http_address.host} has no address", sent=False)
        # The first address: the resolver sorts them by reachability (RFC 6724).
        return addresses[0]


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError:
        return location
