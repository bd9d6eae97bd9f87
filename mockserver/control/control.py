"""`/_pixpact/…`: health, the clock, the journal, reset. Never reachable from a browser page of another origin."""

from __future__ import annotations

import json
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

import pixpact
from pixpact.mockserver.context import MockContext
from pixpact.mockserver.control.faults import fault_routes
from pixpact.mockserver.control.journal import journal_routes
from pixpact.mockserver.control.reset import UnknownReset, reset
from pixpact.mockserver.core.pace import parse
from pixpact.mockserver.core.problem import TYPE, problem_body, send_problem
from pixpact.wire.clock import duration


def control_app(context: MockContext) -> ASGIApp:
    """The application below `/_pixpact`, and the welcome at `/`."""
    control = _ControlRoutes(context)
    app = Starlette(
        routes=[
            Route("/", control.health),
            Route("/_pixpact/health", control.health),
            Route("/_pixpact/clock", control.read_clock, methods=["GET"]),
            Route("/_pixpact/clock", control.advance, methods=["POST"]),
            *journal_routes(context),
            Route("/_pixpact/pace", control.set_pace, methods=["POST"]),
            Route("/_pixpact/reset", control.reset, methods=["POST"]),
            *fault_routes(context),
            Route("/{rest:path}", control.unknown),
        ]
    )

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_foreign(Headers(scope=scope)):
            detail = "a browser page of another origin may not use the control side of the mock"
            await send_problem(send, 403, "Foreign origin", detail)
        else:
            await app(scope, receive, send)

    return guarded


def _is_foreign(headers: Headers) -> bool:
    """Whether a browser page of another origin sends this (Fetch Metadata; Origin, RFC 6454)."""
    origin = headers.get("origin")
    other_origin = origin is not None and origin.partition("://")[2] != headers.get("host")
    return other_origin or headers.get("sec-fetch-site") == "cross-site"


class _ControlRoutes:
    def __init__(self, context: MockContext) -> None:
        self._context = context

    async def health(self, request: Request) -> Response:
        """That the mock is up, and what it serves."""
        vendors = self._context.served
        return _json(
            {
                "status": "ok",
                "version": pixpact.__version__,
                "pace": self._pace(),
                "vendors": vendors,
            }
        )

    def _pace(self) -> str:
        return self._context.tempo.pace.text

    async def read_clock(self, request: Request) -> Response:
        """What time it is here."""
        clock = self._context.clock
        return _json({"now": clock.now(), "standing": clock.standing, "pace": self._pace()})

    async def advance(self, request: Request) -> Response:
        """Move the clock: `{"advance": 90}`, `{"advance": "25h"}` or `{"advance": "PT25H"}`."""
        try:
            body = json.loads(await request.body())
            seconds = _seconds(body)
        except ValueError as error:
            return _refused(f'{error}; send {{"advance": 90}} (seconds) or {{"advance": "PT25H"}}')
        await self._context.advance(seconds)
        return await self.read_clock(request)

    async def set_pace(self, request: Request) -> Response:
        """Let the tasks that come live at another pace: `{"pace": "manual"}`; under `manual` the clock stands."""
        try:
            pace = parse(json.loads(await request.body())["pace"])
        except (ValueError, KeyError, TypeError) as error:
            return _refused(f'{error}; send {{"pace": "instant"}}')
        self._context.keep_pace(pace)
        return await self.read_clock(request)

    async def reset(self, request: Request) -> Response:
        """Forget `{"what": "tasks"}`, or another of the things that can be; all when nothing is said."""
        try:
            raw = await request.body()
            what = json.loads(raw).get("what", "all") if raw else "all"
            await reset(self._context, what)
        except UnknownReset as error:
            return _refused(str(error))
        except (ValueError, AttributeError):
            return _refused('the body is no JSON object; send {"what": "tasks"}')
        return _json({"reset": what})

    async def unknown(self, request: Request) -> Response:
        """Nothing is there."""
        paths = "health, clock, pace, journal, journal.har, verify, tasks, faults, ledger, reset"
        detail = f"there is no {request.url.path}; below /_pixpact/ there are {paths}"
        return Response(problem_body(404, "Unknown path", detail), 404, media_type=TYPE.decode())


def _seconds(body: Any) -> float:
    if not isinstance(body, dict) or "advance" not in body:
        raise ValueError("the body says nothing of `advance`")
    value = body["advance"]
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"{value!r} is no duration")
    seconds = duration(value) if isinstance(value, str) else float(value)
    if not 0 <= seconds < 1e10:
        raise ValueError(f"{value!r} does not move the clock forward by a sensible time")
    return seconds


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")


def _refused(detail: str) -> Response:
    return Response(problem_body(400, "Bad control request", detail), 400, media_type=TYPE.decode())
