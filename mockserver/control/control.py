"""`/_pixpact/…`: health, the clock, the journal, reset. Never reachable from a browser page of another origin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp

import pixpact
from pixpact.mockserver.context import MockContext
from pixpact.mockserver.control.faults import fault_routes
from pixpact.mockserver.control.guard import guarded
from pixpact.mockserver.control.journal import journal_routes
from pixpact.mockserver.control.reset import UnknownReset, reset
from pixpact.mockserver.control.webhook_routes import webhook_routes
from pixpact.mockserver.core.pace import parse
from pixpact.mockserver.core.problem import bad_request, json_response, problem_response
from pixpact.mockserver.stores.backend import StoreUnavailable
from pixpact.wire.bodies import json_of
from pixpact.wire.clock import duration

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def control_app(context: MockContext, console: Sequence[Route] = ()) -> ASGIApp:
    """The application below `/_pixpact` with the routes of the console, and the welcome at `/`."""
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
            *webhook_routes(context),
            *console,
            Route("/{rest:path}", control.unknown, methods=_METHODS),
        ],
        exception_handlers={StoreUnavailable: _store_away},
    )

    return guarded(app, context)


class _ControlRoutes:
    def __init__(self, context: MockContext) -> None:
        self._context = context

    async def health(self, request: Request) -> Response:
        """That the mock is up, what it serves, and how much made room since it began."""
        vendors = self._context.served
        return json_response(
            {
                "status": "ok",
                "version": pixpact.__version__,
                "pace": self._pace(),
                "vendors": vendors,
                "console": "/_pixpact/",
                "docs": {name: f"/{name}/docs" for name in vendors},
                "forgotten": self._context.store.forgotten.read(),
            }
        )

    def _pace(self) -> str:
        return self._context.tempo.pace.text

    async def read_clock(self, request: Request) -> Response:
        """What time it is here."""
        clock = self._context.clock
        return json_response({"now": clock.now(), "standing": clock.stands_still, "pace": self._pace()})

    async def advance(self, request: Request) -> Response:
        """Move the clock: `{"advance": 90}`, `{"advance": "25h"}` or `{"advance": "PT25H"}`."""
        try:
            body = json_of(await request.body())
            seconds = _seconds(body)
        except ValueError as error:
            return bad_request(f'{error}; send {{"advance": 90}} (seconds) or {{"advance": "PT25H"}}')
        try:
            await self._context.advance(seconds)
        except ValueError as error:
            return bad_request(str(error))
        return await self.read_clock(request)

    async def set_pace(self, request: Request) -> Response:
        """Let the tasks that come live at another pace: `{"pace": "manual"}`; under `manual` the clock stands."""
        try:
            pace = parse(json_of(await request.body())["pace"])
        except (ValueError, KeyError, TypeError) as error:
            return bad_request(f'{error}; send {{"pace": "instant"}}')
        await self._context.keep_pace(pace)
        return await self.read_clock(request)

    async def reset(self, request: Request) -> Response:
        """Forget `{"what": "tasks"}`, another of the things that can be, or a list of them; all when none is named."""
        try:
            raw = await request.body()
            what = json_of(raw).get("what", "all") if raw else "all"
            await reset(self._context, what)
        except UnknownReset as error:
            return bad_request(str(error))
        except (ValueError, AttributeError):
            return bad_request('the body is not a JSON object; send {"what": "tasks"}')
        return json_response({"reset": what})

    async def unknown(self, request: Request) -> Response:
        """Nothing is there, or nothing for this method."""
        allowed = _methods_of(request)
        if allowed:
            detail = f"{request.url.path} supports {', '.join(allowed)}, not {request.method}"
            return problem_response(405, "Method not allowed", detail, {"allow": ", ".join(allowed)})
        paths = (
            "health, clock, pace, journal, journal.har, verify, tasks, gallery, webhooks, faults, stubs, ledger, "
            "accounts, contracts, exchanges/NUMBER, events, reset; the console is at /_pixpact/ itself"
        )
        detail = f"there is no {request.url.path}; below /_pixpact/ there are {paths}"
        return problem_response(404, "Unknown path", detail)


def _methods_of(request: Request) -> list[str]:
    """The methods that the path of a request is there for."""
    routes = (
        route
        for route in request.app.routes
        if isinstance(route, Route) and route.matches(request.scope)[0] is Match.PARTIAL
    )
    return sorted({method for route in routes for method in route.methods or ()})


async def _store_away(_: Request, error: Exception) -> Response:
    return problem_response(503, "Store unavailable", str(error))


def _seconds(body: Any) -> float:
    if not isinstance(body, dict) or "advance" not in body:
        raise ValueError("the body has no `advance`")
    value = body["advance"]
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"{value!r} is not a duration")
    seconds = duration(value) if isinstance(value, str) else float(value)
    if not 0 <= seconds < 1e10:
        raise ValueError(f"{value!r} is not a positive time within range")
    return seconds
