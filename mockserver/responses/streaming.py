"""Server-sent events: one example's list of events, sent as the images become ready.

Each event is an object with the fields `event` and `data` (the HTML standard's event stream; OpenAPI 3.2's view).
Images come evenly over the run; like the real services, headers come with the first of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
from starlette.types import Send

from pixpact.mockserver.faults.faulty_send import HEARTBEAT
from pixpact.mockserver.responses import rendering
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRoots
from pixpact.specs.openapi.document import Json

Events = Callable[[ExpressionRoots, Sequence[Any]], rendering.Events]


async def send_events(
    send: Send,
    status: int,
    headers: list[tuple[bytes, bytes]],
    events: Events,
    roots: ExpressionRoots,
    *,
    paint: Callable[[Any], Awaitable[None]] | None,
    sleep: Callable[[float], Awaitable[None]],
    seconds: float,
    heartbeat: float | None = None,
) -> bytes:
    """Send the whole stream, spread over `seconds`; returns the bytes sent.

    `heartbeat`: a comment comes at once, and again every so many seconds while the stream waits.
    """
    stream = _EventStream(send, status, [*headers, (b"cache-control", b"no-cache")], sleep, heartbeat)
    images = list(roots.images)
    pause = seconds / max(1, len(images))
    if heartbeat is not None:
        await stream.send(HEARTBEAT)
    if not images:
        await stream.wait(seconds)
    begun: list[Any] = []
    for image, write in events(roots, images):
        if image is not None and image not in begun:
            begun.append(image)
            await stream.wait(pause)
        if image is not None and paint is not None and image.content is None:
            await paint(image)
        event = write()
        if event is not UNDEFINED:
            await stream.send(encoded(event))
        if image is not None:
            image.content = None  # megabytes of base64 are not needed again
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    return b"".join(stream.sent)


class _EventStream:
    """One stream on its way: its headers go out with what comes first."""

    def __init__(
        self,
        send: Send,
        status: int,
        headers: list[tuple[bytes, bytes]],
        sleep: Callable[[float], Awaitable[None]],
        heartbeat: float | None,
    ) -> None:
        self._send = send
        self._start = {"type": "http.response.start", "status": status, "headers": headers}
        self._sleep = sleep
        self._heartbeat = heartbeat
        self.sent: list[bytes] = []

    async def send(self, chunk: bytes) -> None:
        """Send some bytes at once."""
        if not self.sent:
            await self._send(self._start)
        self.sent.append(chunk)
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def wait(self, seconds: float) -> None:
        """Let so many seconds pass, with heartbeats where they are wanted."""
        while self._heartbeat is not None and seconds > self._heartbeat:
            await self._sleep(self._heartbeat)
            await self.send(HEARTBEAT)
            seconds -= self._heartbeat
        if seconds > 0:
            await self._sleep(seconds)


def encoded(event: Json) -> bytes:
    """The bytes of one event; its data is one line of JSON, or the text itself."""
    data = event["data"] if isinstance(event["data"], str) else orjson.dumps(event["data"]).decode()
    name = f"event: {event['event']}\n" if "event" in event else ""
    return f"{name}data: {data}\n\n".encode()
