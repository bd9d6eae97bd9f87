"""Records exchanges that no operation answers: files, unknown paths, preflights.

Bodies are only counted, but for those that say why something is refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType

from starlette.types import Message, Scope, Send

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.core.addresses import base_of
from pixpact.mockserver.state.journal import wire_exchange
from pixpact.mockserver.stores.backend import StoreUnavailable
from pixpact.wire.exchange import Exchange

_MOST_REASON = 4096
"""Bytes of a refusal that are kept."""
Response = Callable[[Send], Awaitable[None]]


async def journal_exchange(
    response: Response,
    about: str,
    context: MockContext,
    scope: Scope,
    send: Send,
    facts: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Let `response` be sent, and put the exchange into the journal under the note `about`, with more facts."""
    started = context.clock.now()
    status, size, reason = 0, 0, b""
    headers: Iterable[tuple[bytes, bytes]] = ()
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    base = base_of(scope, host)

    def exchange() -> Exchange:
        note = {"operation": about, "bytes": str(size), **facts}
        duration = context.clock.now() - started
        return exchange_of(
            scope, base, started, duration, status=status, headers=headers, note=note, response_body=reason
        )

    entry = await context.journal.arrive(exchange)
    over = False

    async def record() -> None:
        nonlocal over
        over = True
        with suppress(StoreUnavailable):
            await context.journal.record(wire_exchange(exchange(), ""), entry)

    async def watched(message: Message) -> None:
        nonlocal status, headers, size, reason
        if message["type"] == "http.response.start":
            status, headers = message["status"], message.get("headers", [])
        size += len(message.get("body", b""))
        if status >= 400 and size <= _MOST_REASON:
            reason += message.get("body", b"")
        last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if last and context.shared is not None:
            await record()  # whoever has the response finds it, wherever he asks
        await send(message)

    await response(watched)
    if not over:
        await record()


def exchange_of(
    scope: Scope,
    base: str,
    started: float,
    duration: float,
    *,
    status: int,
    headers: Iterable[tuple[bytes, bytes]],
    note: Mapping[str, str],
    request_body: bytes = b"",
    response_body: bytes = b"",
) -> Exchange:
    """The exchange that an ASGI request, reached under `base`, and its response make."""
    target = (scope["method"], base, scope["path"], scope["query_string"])
    bodies = (request_body, response_body)
    return exchange_from(target, started, duration, status, scope["headers"], headers, note, bodies)


def exchange_from(
    target: tuple[str, str, str, bytes],
    started: float,
    duration: float,
    status: int,
    request_headers: Iterable[tuple[bytes, bytes]],
    headers: Iterable[tuple[bytes, bytes]],
    note: Mapping[str, str],
    bodies: tuple[bytes, bytes],
) -> Exchange:
    """The exchange of these parts; `target` is method, base, path and query."""
    method, base, path, query = target
    request_body, response_body = bodies
    return Exchange(
        started=started,
        method=method,
        url=f"{base}{path}?{query.decode('latin-1')}" if query else f"{base}{path}",
        request_headers=_texts(request_headers),
        request_body=request_body,
        status=status,
        response_headers=_texts(headers),
        response_body=response_body,
        duration=duration,
        note=note,
    )


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])
