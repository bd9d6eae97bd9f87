"""One HTTP/1.1 POST, without following anything. The door to httptools."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

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

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True


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


async def _resolved(host: str, port: int) -> str:
    """The loopback address of a name that stands for this machine, whatever a name server says of it."""
    if not _is_local(host):
        return host
    found = await asyncio.get_running_loop().getaddrinfo(LOCAL, port, type=socket.SOCK_STREAM)
    addresses = [str(it[4][0]) for it in found if ip_address(it[4][0]).is_loopback]
    return LOCAL if len(addresses) == len(found) else next(iter(addresses), "127.0.0.1")


async def post(url: str, headers: Headers, body: bytes, seconds: float, *, here: bool = False) -> WebhookReply:
    """Send a POST and read its response; `here`: to this machine, whatever a name server says of its name.

    Raises OSError, or TimeoutError after so many seconds of true time.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    async with asyncio.timeout(seconds):
        try:
            port = parts.port or (443 if secure else 80)
            host = await _resolved(parts.hostname or "", port) if here else parts.hostname
            name = parts.hostname if secure else None
            reader, writer = await asyncio.open_connection(host, port, ssl=secure or None, server_hostname=name)
        except ValueError as error:  # a host that is none
            raise OSError(str(error)) from None
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            fields = (("Host", parts.netloc.rpartition("@")[2]), *headers, ("Content-Length", str(len(body))))
            lines = [f"POST {target} HTTP/1.1", *(f"{name}: {_one_line(value)}" for name, value in fields)]
            writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1", "replace") + body)
            await writer.drain()
            return await _reply(reader)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


async def _reply(reader: asyncio.StreamReader) -> WebhookReply:
    import httptools

    collected = _ReplyParser()
    parser = httptools.HttpResponseParser(collected)
    read = 0
    while not collected.complete and read < MOST_REPLY:
        chunk = await reader.read(8192)
        if not chunk:
            break
        read += len(chunk)
        try:
            parser.feed_data(chunk)
        except httptools.HttpParserError as error:
            raise OSError(f"the response is no HTTP: {error}") from None
    status = parser.get_status_code()
    if not status:
        raise OSError("the connection was closed without a response")
    return WebhookReply(status, tuple(collected.headers), collected.body)
