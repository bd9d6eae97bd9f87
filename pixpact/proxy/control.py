"""The read-only control API of the proxy: `/_pixpact/health` and `/_pixpact/findings`, for this machine only."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.types import Receive, Scope, Send

import pixpact
from pixpact.contracts.transport import hosts
from pixpact.mockserver.core.problem import send_problem
from pixpact.proxy.exchange_judge import ExchangeJudge


class ProxyControl:
    """Serves the control API. `facts`: contract and upstream, added to every response."""

    def __init__(self, judge: ExchangeJudge, facts: dict[str, Any]) -> None:
        self._judge = judge
        self._facts = facts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if _is_foreign(scope):
            detail = "only programs on this machine, and pages of the proxy's own origin, may use the control API"
            return await send_problem(send, 403, "Foreign", detail)
        path = scope["path"].removeprefix("/_pixpact")
        if scope["method"] not in ("GET", "HEAD"):
            return await send_problem(send, 405, "Read only", "the control API of the proxy is read-only")
        if path == "/health":
            return await _send(send, self._health())
        if path == "/findings":
            return await _send(send, {**self._facts, **await self._judge.findings()})
        detail = f"there is no /_pixpact{path}; there are /_pixpact/health and /_pixpact/findings"
        return await send_problem(send, 404, "Unknown path", detail)

    def _health(self) -> dict[str, Any]:
        tally = self._judge.tally
        counted = {"exchanges": tally.exchanges, "waiting": tally.waiting}
        return {"status": "ok", "version": pixpact.__version__, **self._facts, **counted}


async def _send(send: Send, value: Any) -> None:
    body = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _is_foreign(scope: Scope) -> bool:
    """Whether the request comes from another machine, or a web page of another origin (Fetch Metadata; RFC 6454)."""
    headers = dict(scope["headers"])
    if not _is_address(headers.get(b"host", b"")):
        return True  # a page whose host name now resolves here is foreign (DNS rebinding)
    origin = headers.get(b"origin")
    other_origin = origin is not None and origin.partition(b"://")[2] != headers.get(b"host")
    return other_origin or headers.get(b"sec-fetch-site") == b"cross-site" or not _is_near(scope.get("client"))


def _is_address(host: bytes) -> bool:
    """Whether a Host header has an IP address or `localhost`: any other name may belong to anyone."""
    try:
        name = urlsplit(f"//{host.decode('ascii')}").hostname or "localhost"
        return hosts.is_loopback(name) or bool(ip_address(name))
    except ValueError:
        return False


def _is_near(client: tuple[str, int] | None) -> bool:
    if client is None:
        return True  # in process, or over a Unix socket
    try:
        return ip_address(client[0].partition("%")[0]).is_loopback
    except ValueError:
        return True
