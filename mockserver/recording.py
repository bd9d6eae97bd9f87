"""Records exchanges that no operation answers: files, unknown paths, preflights. Bodies are only counted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.types import Message, Scope, Send

from pixpact.mockserver.context import Context
from pixpact.wire.exchange import Exchange

Answer = Callable[[Send], Awaitable[None]]


async def recorded(answer: Answer, about: str, context: Context, scope: Scope, send: Send) -> None:
    """Let `answer` send its answer, and put the exchange into the journal under the note `about`."""
    started = context.clock.now()
    status, headers, size = 0, [], 0

    async def watched(message: Message) -> None:
        nonlocal status, headers, size
        if message["type"] == "http.response.start":
            status, headers = message["status"], message.get("headers", [])
        size += len(message.get("body", b""))
        await send(message)

    await answer(watched)
    sent = dict(scope["headers"])
    query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
    exchange = Exchange(
        started=started,
        method=scope["method"],
        url=f"{scope['scheme']}://{sent.get(b'host', b'').decode('latin-1')}{scope['path']}{query}",
        request_headers=texts(scope["headers"]),
        status=status,
        response_headers=texts(headers),
        duration=context.clock.now() - started,
        note={"operation": about, "bytes": str(size)},
    )
    context.journal.add(exchange)


def texts(headers: Any) -> tuple[tuple[str, str], ...]:
    """Header fields of ASGI as text."""
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])
