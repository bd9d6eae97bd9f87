"""One HTTP/1.1 POST, without following anything. The door to httptools."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit

MOST_REPLY = 64 * 1024
"""Bytes of an answer that are read at most."""

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; status 0: nothing did."""

    status: int
    headers: Headers = ()
    body: bytes = b""


@dataclass(slots=True)
class _Collected:
    """What httptools' parser tells of an answer."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    complete: bool = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True


async def post(url: str, headers: Headers, body: bytes, seconds: float) -> Reply:
    """Send a POST and read its answer. Raises OSError, or TimeoutError after so many seconds of true time."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    async with asyncio.timeout(seconds):
        try:
            port = parts.port or (443 if secure else 80)
            reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=secure or None)
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


async def _reply(reader: asyncio.StreamReader) -> Reply:
    import httptools

    collected = _Collected()
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
            raise OSError(f"the answer is no HTTP: {error}") from None
    status = parser.get_status_code()
    if not status:
        raise OSError("the connection was closed without an answer")
    return Reply(status, tuple(collected.headers), collected.body)
