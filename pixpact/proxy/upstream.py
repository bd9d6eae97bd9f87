"""The way to the vendor: one request, sent once, its response as it comes. A door to httpx2.

Of the library only the transport is used: HTTP/1.1 that neither repeats nor redirects, decodes nothing and trusts whom
the system trusts. No time is up here: how long to wait is for the app to say.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property

import httpx2

from pixpact.contracts.transport.hosts import HttpAddress
from pixpact.contracts.transport.network import faults, proxy_url
from pixpact.proxy.headers import Raw

_FOR_EVER = {"connect": None, "read": None, "write": None, "pool": None}
_IDLE = 4.0
"""Seconds that an idle connection is kept: less than servers do, so that none is closed under a request."""
_REPEATABLE = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """A request on its way. `address`: connect there, whatever the host resolves to by then."""

    method: str
    place: HttpAddress
    headers: Raw
    body: AsyncIterable[bytes] | None = None
    address: str | None = None
    url: str = ""
    """What is asked for as it was written; empty: as the place is."""


class UpstreamResponse:
    """The status and the header fields of a response, and its body piece by piece, as it came over the wire."""

    def __init__(self, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.headers: Raw = list(response.headers.raw)
        self._stream = response.stream

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, nothing undone. Raises Fault."""
        assert isinstance(self._stream, httpx2.AsyncByteStream)
        with faults():
            async for piece in self._stream:
                yield piece


class UpstreamClient:
    """Carries requests to wherever they say. `tls`: whom to trust; None: whom the system trusts."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._transports: dict[tuple[str | None, bool], httpx2.AsyncHTTPTransport] = {}

    @asynccontextmanager
    async def answered(self, call: UpstreamRequest) -> AsyncIterator[UpstreamResponse]:
        """Send a request, once, and give its response. Raises Fault, and whatever the body raises."""
        between = proxy_url(call.place) if call.address is None else None
        # A server may close an idle connection under a request, which nobody can tell from a lost response. What may
        # cost something therefore has a connection of its own.
        transport = self._transport(between, kept=call.method in _REPEATABLE)
        with faults():
            response = await transport.handle_async_request(_request(call, forwarded=between is not None))
        try:
            yield UpstreamResponse(response)
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Close every connection."""
        for transport in self._transports.values():
            await transport.aclose()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self._tls or httpx2.create_ssl_context()

    def _transport(self, between: str | None, *, kept: bool) -> httpx2.AsyncHTTPTransport:
        key = between, kept
        if key not in self._transports:
            limits = httpx2.Limits(max_keepalive_connections=20 if kept else 0, keepalive_expiry=_IDLE)
            self._transports[key] = httpx2.AsyncHTTPTransport(
                verify=self._context, limits=limits, proxy=between, retries=0
            )
        return self._transports[key]


class _RequestStream(httpx2.AsyncByteStream):
    def __init__(self, pieces: AsyncIterable[bytes]) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces:
            yield piece


def _request(call: UpstreamRequest, *, forwarded: bool) -> httpx2.Request:
    """`forwarded`: another proxy must see the whole URL, which the library then writes in its own normal form."""
    address = call.place
    reached = address if call.address is None else address._replace(host=call.address)
    return httpx2.Request(
        call.method,
        reached.url if forwarded else reached.origin,
        headers=call.headers,
        stream=httpx2.ByteStream(b"") if call.body is None else _RequestStream(call.body),
        extensions={
            **({} if forwarded else {"target": address.target.encode("latin-1")}),
            "sni_hostname": address.host,
            "timeout": _FOR_EVER,
        },
    )
