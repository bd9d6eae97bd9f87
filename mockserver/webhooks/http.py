"""One HTTP/1.1 POST, without following anything. The door to httptools."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import unquote, urlsplit

from pixpact.mockserver.core.addresses import encoded

MOST_REPLY = 64 * 1024
"""Bytes of a response that are read at most."""

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What came back; status 0: nothing did."""

    status: int
    headers: Headers = ()
    body: bytes = b""


@dataclass(slots=True)
class _ReplyParser:
    """What httptools' parser tells of a response."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    complete: bool = False
    interim: Callable[[], bool] = bool
    """Whether what was read is one of the responses that come before the response (RFC 9110, section 15.2)."""

    def on_message_begin(self) -> None:
        self.headers.clear()
        self.body = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def check_end(self) -> None:
        """Raise OSError where the connection ends before a response does that says how long it is."""
        if any(name.lower() in ("content-length", "transfer-encoding") for name, _ in self.headers):
            raise OSError("the connection was closed before the response was complete")

    def on_message_complete(self) -> None:
        self.complete = not self.interim()


LOCAL = "localhost"


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine by its very text; no name is looked up. Raises ValueError."""
    host = (urlsplit(url).hostname or "").lower()
    if _is_local(host):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _is_local(host: str) -> bool:
    """RFC 6761: `localhost` and every name below it."""
    return host == LOCAL or host.endswith(f".{LOCAL}")


async def _elsewhere(host: str, port: int) -> list[str]:
    """The addresses of a host that is not this machine, looked up now and used as they are. Raises OSError.

    A name server that says that it is this machine, or what only this machine's network card reaches, is not believed.
    """
    infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(address[4][0]) for address in infos))
    allowed = [address for address in addresses if not _is_inner(ip_address(address.partition("%")[0]))]
    if not allowed:
        raise OSError(f"{host} leads to {', '.join(addresses)}, where nothing but this machine itself may be reached")
    return allowed


def _is_inner(address: IPv4Address | IPv6Address) -> bool:
    plain = getattr(address, "ipv4_mapped", None) or address
    return bool(plain.is_loopback or plain.is_link_local or plain.is_unspecified or plain.is_multicast)


async def _here(host: str, port: int) -> list[str]:
    """Where a host that stands for this machine is looked for: at its loopback addresses, of both families.

    Whatever a name server says of it: a receiver on `localhost` may listen on `::1` alone.
    """
    if not _is_local(host):
        return [host]
    try:
        infos = await asyncio.get_running_loop().getaddrinfo(LOCAL, port, type=socket.SOCK_STREAM)
    except OSError:
        infos = []
    addresses = [str(address[4][0]) for address in infos if ip_address(address[4][0]).is_loopback]
    return list(dict.fromkeys([*addresses, "127.0.0.1", "::1"]))


async def _connected(
    hosts: list[str], port: int, name: str | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection with the first host that takes one; with TLS for `name`. Raises what the first one gave."""
    problem: OSError | None = None
    for host in hosts:
        try:
            return await asyncio.open_connection(host, port, ssl=True if name else None, server_hostname=name)
        except OSError as error:
            problem = problem or error
    assert problem is not None
    raise problem


async def post(url: str, headers: Headers, body: bytes, seconds: float, *, here: bool = False) -> WebhookReply:
    """Send a POST and read its response; `here`: to this machine, whatever a name server says of its name.

    Raises OSError, or TimeoutError after so many seconds of true time.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    async with asyncio.timeout(seconds):
        try:
            port = parts.port or (443 if secure else 80)
            authority = _ascii(parts.netloc.rpartition("@")[2])
            hosts = await (_here if here else _elsewhere)(parts.hostname or "", port)
            reader, writer = await _connected(hosts, port, parts.hostname if secure else None)
        except ValueError as error:  # a host that is none
            raise OSError(str(error)) from None
        try:
            target = encoded((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
            fields = (("Host", authority), *headers, ("Content-Length", str(len(body))))
            lines = [f"POST {target} HTTP/1.1", *(f"{name}: {_one_line(value)}" for name, value in fields)]
            writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1", "replace") + body)
            await writer.drain()
            return await _reply(reader)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def credentials_of(url: str) -> Headers:
    """The field that stands for `user:password@` in a URL (RFC 7617), which is left out of the request's target."""
    parts = urlsplit(url)
    if parts.username is None:
        return ()
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return (("Authorization", f"Basic {b64encode(pair).decode()}"),)


def _ascii(authority: str) -> str:
    """A host as it goes over the wire: a name of other letters as IDNA writes it (RFC 5890). Raises ValueError."""
    return authority if authority.isascii() else authority.encode("idna").decode()


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


async def _reply(reader: asyncio.StreamReader) -> WebhookReply:
    import httptools

    collected = _ReplyParser()
    parser = httptools.HttpResponseParser(collected)
    collected.interim = lambda: parser.get_status_code() < 200
    read = 0
    while not collected.complete and read < MOST_REPLY:
        chunk = await reader.read(8192)
        if not chunk:
            collected.check_end()
            break
        read += len(chunk)
        try:
            parser.feed_data(chunk)
        except httptools.HttpParserError as error:
            raise OSError(f"the response is not HTTP: {error}") from None
    status = parser.get_status_code()
    if status < 200:
        raise OSError("the connection was closed without a response")
    return WebhookReply(status, tuple(collected.headers), collected.body)
