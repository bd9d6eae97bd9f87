"""Server-sent events: one example's list of events, sent as the images become ready.

Each event is an object with the fields `event` and `data` (the HTML standard's event stream; OpenAPI 3.2's view).
Images come evenly over the run; like the real services, headers come with the first of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
from starlette.types import Send

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
) -> bytes:
    """Send the whole stream, spread over `seconds`; returns the bytes sent."""
    images = list(roots.images)
    pause = seconds / max(1, len(images))
    sent: list[bytes] = []
    if not images and seconds:
        await sleep(seconds)
    begun: list[Any] = []
    for image, write in events(roots, images):
        if image is not None and image not in begun:
            begun.append(image)
            if pause:
                await sleep(pause)
        if image is not None and paint is not None and image.content is None:
            await paint(image)
        event = write()
        if event is not UNDEFINED:
            await _send(send, status, headers, sent, event)
        if image is not None:
            image.content = None  # megabytes of base64 are not needed again
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    return b"".join(sent)


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], sent: list[bytes], event: Json) -> None:
    if not sent:
        started = [*headers, (b"cache-control", b"no-cache")]
        await send({"type": "http.response.start", "status": status, "headers": started})
    chunk = encoded(event)
    sent.append(chunk)
    await send({"type": "http.response.body", "body": chunk, "more_body": True})


def encoded(event: Json) -> bytes:
    """The bytes of one event; its data is one line of JSON, or the text itself."""
    data = event["data"] if isinstance(event["data"], str) else orjson.dumps(event["data"]).decode()
    name = f"event: {event['event']}\n" if "event" in event else ""
    return f"{name}data: {data}\n\n".encode()
