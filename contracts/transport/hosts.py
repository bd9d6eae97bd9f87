"""Parses URLs, resolves hosts, and decides which addresses may be requested (against SSRF).

A server chooses the URLs of its images. It must not make the machine of a check request what only that can reach: the
machine itself, its network, the metadata service of its cloud.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable
from typing import Literal, NamedTuple
from urllib.parse import quote, urlsplit

Reach = Literal["public", "private", "loopback", "never"]
"""From where an address can be reached: anywhere, its network, this machine. `never`: no server can be there."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]
"""Resolves a host to its addresses, as texts. Raises OSError."""

_PORTS = {"http": 80, "https": 443}
#: Labels of at most 63 characters (RFC 1035, 2.3.4), or an IPv6 address.
_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?|[0-9a-f:.]+", re.ASCII)
_SAFE = "%/:@!$&'()*+,;=~?[]"
#: Networks whose addresses embed the IPv4 address of the real destination, and the bit where it begins.
_CARRIERS = (
    (ipaddress.IPv6Network("::ffff:0:0/96"), 96),  # RFC 4291, 2.5.5.2
    (ipaddress.IPv6Network("::/96"), 96),  # RFC 4291, 2.5.5.1
    (ipaddress.IPv6Network("64:ff9b::/96"), 96),  # RFC 6052
    (ipaddress.IPv6Network("64:ff9b:1::/48"), 96),  # RFC 8215
    (ipaddress.IPv6Network("2002::/16"), 16),  # RFC 3056
)
_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)


_ALLOWED: dict[Reach, frozenset[Reach]] = {
    "loopback": frozenset({"loopback", "private", "public"}),
    "private": frozenset({"private", "public"}),
    "public": frozenset({"public"}),
    "never": frozenset({"public"}),
}


class HttpAddress(NamedTuple):
    """An http(s) URL in parts: `target` is path and query as sent; without user and fragment."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The host, with the port unless it is the default, as in a Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme and authority."""
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        """The whole URL."""
        return self.origin + self.target


def parse_url(url: str) -> HttpAddress:
    """Parse a URL. Raises ValueError with the reason, but without the URL: it may contain a secret."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("its host or port cannot be read (in a password / ? # @ and : are percent-encoded)") from None
    if parts.scheme not in _PORTS:
        raise ValueError(f"its scheme is {parts.scheme!r}, not http or https" if parts.scheme else "it has no scheme")
    target = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_SAFE)
    return HttpAddress(parts.scheme, _ascii(parts.hostname or ""), port or _PORTS[parts.scheme], target)


def _ascii(host: str) -> str:
    try:
        written = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        written = ""
    if not (_HOST.fullmatch(written) and len(written) <= 253):
        raise ValueError("its host cannot exist")
    return written


async def resolve(host: str, port: int) -> tuple[str, ...]:
    """The addresses of a host by the system's resolver. Raises OSError."""
    try:
        addresses = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label is too long
        raise socket.gaierror(socket.EAI_NONAME, str(error)) from None
    return tuple(dict.fromkeys(str(address[0]) for *_, address in addresses))


def is_loopback(host: str) -> bool:
    """Whether a host names this machine: `localhost` (RFC 6761) or a loopback address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return reach_of(host) == "loopback"
    except ValueError:
        return False


def reach_of(address: str) -> Reach:
    """From where an address can be reached. Raises ValueError for an invalid address."""
    ip = _destination(ipaddress.ip_address(address.partition("%")[0]))
    if ip.is_loopback:
        return "loopback"
    if any(ip in network for network in _PRIVATE if network.version == ip.version):
        return "private"
    return "public" if ip.is_global and not ip.is_multicast else "never"


def _destination(ip: Address) -> Address:
    if isinstance(ip, ipaddress.IPv6Address) and ip not in (ipaddress.IPv6Address("::"), ipaddress.IPv6Address("::1")):
        for network, bit in _CARRIERS:
            if ip in network:
                return ipaddress.IPv4Address(int(ip) >> (96 - bit) & 0xFFFFFFFF)
    return ip


def allowed(target: Reach) -> frozenset[Reach]:
    """The kinds of addresses that may be requested on behalf of a target of this kind.

    A server on this machine can reach its networks anyway; one in a private network cannot reach this machine.
    """
    return _ALLOWED[target]


async def target_reach(host: str, port: int, resolve: Resolve) -> Reach:
    """From where the target can be reached: `private` only if all addresses are, `loopback` only by its name."""
    if is_loopback(host):
        return "loopback"
    try:
        reaches = {reach_of(address) for address in await resolve(host, port)}
    except OSError:
        return "public"
    return "private" if reaches == {"private"} else "public"
