"""The line over sockets, by httpx2's transport: no redirects, no cookies, no retries. The door to httpx2.

Of the client around that transport nothing is wanted: it would keep the cookies of one key for another.
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
"""Words by which httpcore2 and h11 tell an early end from other breaches of the protocol."""


class NetworkTransport:
    """Carries requests over HTTP/1.1. `tls`: whom to trust; None: whom the system trusts."""

    def __init__(self, tls: ssl.SSLContext | None = None, proxy: str | None = None) -> None:
        self._tls = tls
        self._proxy = proxy
        self._opened: list[httpx2.AsyncHTTPTransport] = []

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self._tls or httpx2.create_ssl_context()

    @cached_property
    def _kept(self) -> httpx2.AsyncHTTPTransport:
        """Keeps connections for the next request."""
        return self._transport(httpx2.Limits(max_connections=100, keepalive_expiry=5.0))

    @cached_property
    def _single(self) -> httpx2.AsyncHTTPTransport:
        """Opens a connection for each request."""
        return self._transport(httpx2.Limits(max_connections=100, max_keepalive_connections=0))

    def _transport(self, limits: httpx2.Limits) -> httpx2.AsyncHTTPTransport:
        made = httpx2.AsyncHTTPTransport(verify=self._context, limits=limits, proxy=self._proxy, retries=0)
        self._opened.append(made)
        return made

    async def carry(self, outgoing: OutgoingRequest, incoming: IncomingResponse, limits: ResponseLimits) -> None:
        """Send it once and read what comes. Raises Fault."""
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
    """The proxy that the environment, or the system, names for a target."""
    return None if proxy_bypass(target.host) else getproxies().get(target.scheme) or getproxies().get("all")


def _request(outgoing: OutgoingRequest, limits: ResponseLimits, *, forwarded: bool) -> httpx2.Request:
    """`forwarded`: a proxy must see the whole URL, which the library then writes in its own normal form."""
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
    """What the library raises, as a Fault."""
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
    """Why there is no connection, from what led to the error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return TransportFault("tls", str(cause), sent=False)
        if isinstance(cause, socket.gaierror):
            return TransportFault("unresolved", str(cause), sent=False)
        cause = cause.__cause__ or cause.__context__
    return TransportFault("refused-connection", str(error), sent=False)
