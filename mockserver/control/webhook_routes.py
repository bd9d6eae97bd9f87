"""`/_pixpact/webhooks`: every callback as it stands, and a way to wait for one."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.control.webhooks import awaited, webhooks_of
from pixpact.mockserver.core.problem import bad_request, json_response, problem_response
from pixpact.wire.bodies import json_of
from pixpact.wire.clock import duration

USUAL, MOST = 5.0, 60.0
"""Seconds of true time that are waited for a callback."""
_SHOWN = '{"task": "task_…", "timeout": 5}'


def webhook_routes(context: MockContext) -> list[Route]:
    """The routes of callbacks."""
    control = _WebhookRoutes(context)
    return [
        Route("/_pixpact/webhooks", control.listed),
        Route("/_pixpact/webhooks/wait", control.wait, methods=["POST"]),
    ]


class _WebhookRoutes:
    def __init__(self, context: MockContext) -> None:
        self._context = context

    async def listed(self, request: Request) -> Response:
        """Every callback with its attempts, oldest first."""
        await self._context.settled()
        return json_response({"webhooks": [webhook.written() for webhook in await webhooks_of(self._context)]})

    async def wait(self, request: Request) -> Response:
        """The first callback, of a `task` or `vendor`, that is over; 408 when none is within `timeout` seconds."""
        try:
            asked = _asked(await request.body())
        except ValueError as error:
            return bad_request(f"{error}; send {_SHOWN}, all of it optional")
        try:
            webhook = await awaited(self._context, asked.get("task"), asked.get("vendor"), asked["timeout"])
        except TimeoutError as error:
            return problem_response(408, "No callback", str(error))
        return json_response(webhook.written())


def _asked(raw: bytes) -> dict[str, Any]:
    """What is waited for. Raises ValueError."""
    body = json_of(raw) if raw else {}
    if not isinstance(body, dict):
        raise ValueError("the body is not a JSON object")
    if unknown := [name for name in body if name not in ("task", "vendor", "timeout")]:
        raise ValueError(f"{unknown[0]!r} is not known here")
    if wrong := [name for name in ("task", "vendor") if not isinstance(body.get(name, ""), str)]:
        raise ValueError(f"{wrong[0]} is not a text")
    timeout = body.get("timeout", USUAL)
    seconds = duration(timeout if isinstance(timeout, str) else repr(timeout))
    if seconds > MOST:
        raise ValueError(f"timeout is {seconds:g} seconds; the maximum is {MOST:g}")
    return {**body, "timeout": seconds}
