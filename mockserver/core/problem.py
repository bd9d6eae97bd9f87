"""What the mock itself has to say, as RFC 9457 problem details: it never speaks in a vendor's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from starlette.types import Send

TYPE = b"application/problem+json"


def problem_body(status: int, title: str, detail: str, **more: Any) -> bytes:
    """The body of a problem response."""
    detail = detail.encode("utf-8", "replace").decode()  # a text of somebody's may hold half a character
    return orjson.dumps({"title": title, "status": status, "detail": detail, "by": "pixpact", **more})


async def send_problem(
    send: Send, status: int, title: str, detail: str, fields: Iterable[tuple[bytes, bytes]] = (), **more: Any
) -> None:
    """Send a problem response; `fields` are more header fields."""
    body = problem_body(status, title, detail, **more)
    headers = [
        (b"content-type", TYPE),
        (b"content-length", b"%d" % len(body)),
        (b"access-control-allow-origin", b"*"),
        *fields,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
