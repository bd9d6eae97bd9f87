"""Requests that come by ASGI, offered to the operations that answer straight through."""

from __future__ import annotations

from starlette.types import Message, Receive, Scope, Send

from pixpact.mockserver.direct.operation import DirectRoute
from pixpact.mockserver.direct.routes import DirectRoutes


def direct_route(routes: DirectRoutes, scope: Scope) -> DirectRoute | None:
    """The operation that may answer a request; None: the plain way does."""
    if scope["query_string"] or scope.get("root_path"):
        return None
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    return routes.find(scope["method"], path)


async def answered(route: DirectRoute, scope: Scope, receive: Receive, send: Send) -> Receive | None:
    """Answer a request; where it has to go the plain way, returns what that receives it from."""
    head = route.operation.head(scope["scheme"], tuple(scope["headers"]))
    if head is None:
        return receive
    raw = b""
    if route.reads_body:
        message = await receive()
        receive = _again(message, receive)
        if message["type"] != "http.request" or message.get("more_body"):
            return receive
        raw = bytes(message.get("body", b""))
    exchange = route.operation(head, route.root, scope["path"], raw)
    if exchange is None:
        return receive
    await send({"type": "http.response.start", "status": exchange.status, "headers": exchange.fields})
    await send({"type": "http.response.body", "body": exchange.body})
    return None


def _again(message: Message, receive: Receive) -> Receive:
    """What gives a message that was received already, and then what follows it."""
    first = [message]

    async def received() -> Message:
        return first.pop() if first else await receive()

    return received
