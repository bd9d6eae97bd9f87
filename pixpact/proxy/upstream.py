"""The HTTP client of the proxy: sends each request once, streams its response; imports httpx2.

Only the library's transport is used: HTTP/1.1 without retries, redirects and decoding, with the system's certificates.
There are no timeouts: the app decides how long to wait.
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
"""Seconds that an idle connection is kept: less than servers do, so that none closes during a request."""
_REPEATABLE = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """A request to forward. `address`: connect there, whatever the host resolves to by then."""

    method: str
    place: HttpAddress
    headers: Raw
    body: AsyncIterable[bytes] | None = None
    address: str | None = None
    url: str = ""
    """The requested URL as written; empty: that of `place`."""


class UpstreamResponse:
    """Status, headers and body of a response as received."""

    def __init__(self, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.headers: Raw = list(response.headers.raw)
        self._stream = response.stream

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body, undecoded. Raises TransportFault."""
        assert isinstance(self._stream, httpx2.AsyncByteStream)
        with faults():
            async for piece in self._stream:
                yield piece


class UpstreamClient:
    """Sends requests upstream. `tls`: which certificates to trust; None: those of the system."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._transports: dict[tuple[str | None, bool], httpx2.AsyncHTTPTransport] = {}

    @asynccontextmanager
    async def answered(self, call: UpstreamRequest) -> AsyncIterator[UpstreamResponse]:
        """Send a request once, and give its response. Raises TransportFault, and what the body raises."""
        between = proxy_url(call.place) if call.address is None else None
        # A server may close an idle connection during a request, which looks like a lost response. Requests that may
        # cost something therefore get a connection of their own.
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
    """The request for httpx2. `forwarded`: another proxy needs the whole URL, which the library then normalizes."""
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
