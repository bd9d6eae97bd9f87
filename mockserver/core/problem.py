"""What the mock itself has to say: JSON, or RFC 9457 problem details. It never speaks in a vendor's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Send

TYPE = b"application/problem+json"


def problem_body(status: int, title: str, detail: str, **more: Any) -> bytes:
    """The body of a problem response."""
    detail = detail.encode("utf-8", "replace").decode()  # a text of somebody's may hold half a character
    return orjson.dumps({"title": title, "status": status, "detail": detail, "by": "pixpact", **more})


def problem_response(
    status: int, title: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """A problem response, with more header fields and more fields of its body."""
    return Response(problem_body(status, title, detail, **more), status, headers, media_type=TYPE.decode())


def bad_request(detail: str, title: str = "Bad control request") -> Response:
    """400, with what is wrong and the remedy."""
    return problem_response(400, title, detail)


def json_response(value: Any, status: int = 200) -> Response:
    """A value as JSON."""
    return Response(orjson.dumps(value), status, media_type="application/json")


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
