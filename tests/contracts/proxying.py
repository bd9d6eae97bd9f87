"""A proxy before the mock: it reads whole requests and answers, and changes what it is told to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pixpact.contracts.transport.inprocess import App


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answered:
    """A response."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def saying(self, value: Any) -> Answered:
        """The same with another JSON body."""
        return self.holding(json.dumps(value, ensure_ascii=False).encode())

    def holding(self, body: bytes, content_type: str = "") -> Answered:
        """The same with another body."""
        headers = {name: text for name, text in self.headers.items() if name != "content-length"}
        return replace(self, body=body, headers=headers | ({"content-type": content_type} if content_type else {}))


Change = Callable[[Asked, Answered], Answered]
Wrap = Callable[[App], App]


def answering(change: Change) -> Wrap:
    """A proxy that gives another response than the mock gave."""

    def around(app: App) -> App:
        async def proxy(scope: Any, receive: Any, send: Any) -> None:
            message = await receive()
            asked = _asked(scope, message.get("body", b""))
            collected: list[Any] = []

            async def again() -> Any:
                return message

            async def collect(it: Any) -> None:
                collected.append(dict(it))

            await app(scope, again, collect)
            await _sent(change(asked, _answered(collected)), send)

        return proxy

    return around


def asking(change: Callable[[Asked], dict[str, str]]) -> Wrap:
    """A proxy that sends other headers to the mock than it was sent."""

    def around(app: App) -> App:
        async def proxy(scope: Any, receive: Any, send: Any) -> None:
            headers = change(_asked(scope, b"")).items()
            pairs = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in headers]
            await app({**scope, "headers": pairs}, receive, send)

        return proxy

    return around


def _asked(scope: Any, body: bytes) -> Asked:
    headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]}
    return Asked(scope["method"], scope["path"], headers, body)


def _answered(messages: list[Any]) -> Answered:
    start = messages[0]
    headers = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in start.get("headers", ())}
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return Answered(start["status"], headers, body)


async def _sent(response: Answered, send: Any) -> None:
    pairs = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in response.headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": pairs})
    await send({"type": "http.response.body", "body": response.body})
