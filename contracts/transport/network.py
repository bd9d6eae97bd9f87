"""Transport over sockets, without redirects, cookies and retries. The only module that imports httpx2.

Its client is not used, because it would keep the cookies of one key for another.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from urllib.request import getproxies, proxy_bypass

import httpx2

from pixpact.contracts.transport.hosts import HttpAddress
from pixpact.contracts.transport.response_reader import (
    IncomingResponse,
    OutgoingRequest,
    ResponseLimits,
    TransportFault,
)

_CLOSED = ("disconnected", "closed connection")
"""Words by which httpcore2 and h11 report an early end, unlike other protocol errors."""


class NetworkTransport:
    """Sends requests over HTTP/1.1. `tls`: which certificates to trust; None: those of the system."""

    def __init__(self, tls: ssl.SSLContext | None = None, proxy: str | None = None) -> None:
        self._tls = tls
        self._proxy = proxy
        self._opened: list[httpx2.AsyncHTTPTransport] = []

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self._tls or httpx2.create_ssl_context()

    @cached_property
    def _kept(self) -> httpx2.AsyncHTTPTransport:
        """A transport with persistent connections."""
        return self._transport(httpx2.Limits(max_connections=100, keepalive_expiry=5.0))

    @cached_property
    def _single(self) -> httpx2.AsyncHTTPTransport:
        """A transport with one connection per request."""
        return self._transport(httpx2.Limits(max_connections=100, max_keepalive_connections=0))

    def _transport(self, limits: httpx2.Limits) -> httpx2.AsyncHTTPTransport:
        made = httpx2.AsyncHTTPTransport(verify=self._context, limits=limits, proxy=self._proxy, retries=0)
        self._opened.append(made)
        return made

    async def carry(self, outgoing: OutgoingRequest, incoming: IncomingResponse, limits: ResponseLimits) -> None:
        """Send the request once and read the response. Raises TransportFault."""
        with faults():
            transport = self._single if outgoing.alone or outgoing.address else self._kept
            response = await transport.handle_async_request(
                _request(outgoing, limits, forwarded=self._proxy is not None)
            )
            try:
                raw = response.headers.raw
                incoming.begin(
                    response.status_code,
                    tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw),
                )
                assert isinstance(response.stream, httpx2.AsyncByteStream)
                async for data in response.stream:
                    incoming.more(data)
                incoming.end()
            finally:
                await response.aclose()

    async def close(self) -> None:
        """Close every connection."""
        for transport in self._opened:
            await transport.aclose()


def proxy_url(target: HttpAddress) -> str | None:
    """The proxy for a target, from the environment or the system; None without one."""
    return None if proxy_bypass(target.host) else getproxies().get(target.scheme) or getproxies().get("all")


def _request(outgoing: OutgoingRequest, limits: ResponseLimits, *, forwarded: bool) -> httpx2.Request:
    """The request for httpx2. `forwarded`: a proxy needs the whole URL, which the library then normalizes."""
    address = outgoing.place
    reached = address if outgoing.address is None else address._replace(host=outgoing.address)
    return httpx2.Request(
        outgoing.method,
        reached.url if forwarded else reached.origin,
        headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in outgoing.headers],
        stream=httpx2.ByteStream(outgoing.body),
        extensions={
            **({} if forwarded else {"target": address.target.encode("ascii")}),
            "sni_hostname": address.host,
            "timeout": {
                "connect": limits.connect,
                "read": limits.silence,
                "write": limits.silence,
                "pool": limits.total,
            },
        },
    )


@contextmanager
def faults() -> Iterator[None]:
    """Turn the exceptions of the library into TransportFault."""
    try:
        yield
    except httpx2.TimeoutException as error:
        sent = not isinstance(error, (httpx2.ConnectTimeout, httpx2.PoolTimeout))
        what = "the server sent nothing for too long" if sent else "the connection timed out"
        raise TransportFault("timeout", what, sent=sent) from None
    except (httpx2.ConnectError, httpx2.ProxyError) as error:
        raise _unconnected(error) from None
    except httpx2.RemoteProtocolError as error:
        early = any(words in str(error) for words in _CLOSED)
        raise TransportFault("reset" if early else "protocol", str(error)) from None
    except (httpx2.NetworkError, OSError) as error:
        raise TransportFault("reset", str(error) or "the connection was reset") from None
    except httpx2.HTTPError as error:
        raise TransportFault("protocol", str(error)) from None


def _unconnected(error: Exception) -> TransportFault:
    """The fault of a failed connection, from the causes of its error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return TransportFault("tls", str(cause), sent=False)
        if isinstance(cause, socket.gaierror):
            return TransportFault("unresolved", str(cause), sent=False)
        cause = cause.__cause__ or cause.__context__
    return TransportFault("refused-connection", str(error), sent=False)
