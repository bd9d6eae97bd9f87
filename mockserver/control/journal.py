"""`/_pixpact/journal`, `/_pixpact/verify` and `/_pixpact/tasks`: what was sent, whether it was, and what it made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import pixpact
from pixpact.mockserver.context import MockContext
from pixpact.mockserver.control.task_summary import discreet, facts_of
from pixpact.mockserver.control.verification import (
    COUNTS,
    BadRequestQuery,
    RequestQuery,
    Verification,
    count_of,
    question,
    verdict,
    written,
)
from pixpact.mockserver.core.problem import bad_request, json_response, problem_response
from pixpact.mockserver.state.journal import JournalSnapshot
from pixpact.specs.openapi.document import Json
from pixpact.wire.bodies import MOST_DEPTH, json_of
from pixpact.wire.exchange import Exchange
from pixpact.wire.har import to_har


def journal_routes(context: MockContext) -> list[Route]:
    """The routes of the journal and of the tasks."""
    control = _JournalRoutes(context)
    return [
        Route("/_pixpact/journal", control.journal),
        Route("/_pixpact/journal.har", control.har),
        Route("/_pixpact/verify", control.verify, methods=["POST"]),
        Route("/_pixpact/tasks", control.tasks),
    ]


class _JournalRoutes:
    def __init__(self, context: MockContext) -> None:
        self._context = context

    async def journal(self, request: Request) -> Response:
        """The kept exchanges that the query asks for, without secrets: `?operation=createImage&body.n=2`."""
        return await self._report(request, _summary)

    async def har(self, request: Request) -> Response:
        """The same as HAR 1.2."""
        return await self._report(request, lambda exchanges, _: to_har(exchanges, creator_version=pixpact.__version__))

    async def _report(self, request: Request, report: Callable[[list[Exchange], JournalSnapshot], Json]) -> Response:
        try:
            asked = self._question(criteria_of(request.query_params))
        except BadRequestQuery as error:
            return bad_request(str(error))
        await self._context.settled()
        kept = await self._context.journal.kept()
        return json_response(report([exchange for exchange in kept.exchanges if asked.matches(exchange)], kept))

    async def verify(self, request: Request) -> Response:
        """Whether what the body describes was sent as often as it says; 409 with the nearest requests when not."""
        try:
            body = _object(await request.body())
            asked = self._question({name: value for name, value in body.items() if name not in COUNTS})
            count = count_of(**{name: body.get(name) for name in COUNTS})
        except BadRequestQuery as error:
            return bad_request(str(error))
        await self._context.settled()
        kept = await self._context.journal.kept()
        return _reported(verdict(asked, count, kept.exchanges, kept.forgotten))

    def _question(self, criteria: Mapping[str, Any]) -> RequestQuery:
        return question(criteria, self._context.operations)

    async def tasks(self, request: Request) -> Response:
        """Every task as it stands; looking here is no poll."""
        context = self._context
        tasks = [(await facts_of(context, task), task.account) for task in await context.store.tasks()]
        return json_response({"tasks": [discreet(context, facts, account) for facts, account in tasks]})


def _summary(exchanges: list[Exchange], kept: JournalSnapshot) -> Json:
    counts = {"count": len(exchanges), "kept": len(kept.exchanges), "total": kept.total, "forgotten": kept.gone}
    return {**counts, "exchanges": [written(exchange) for exchange in exchanges]}


def _reported(verification: Verification) -> Response:
    facts: dict[str, Json] = {
        "verified": None if verification.undecided else verification.verified,
        "count": verification.number,
        "expected": str(verification.count),
    }
    if verification.verified:
        return json_response(facts)
    facts["nearest"] = [
        {"exchange": written(exchange), "differences": [difference.written() for difference in missed]}
        for exchange, missed in verification.nearest
    ]
    if verification.unsure:
        facts["unsure"] = verification.unsure
    title = "Cannot tell" if verification.undecided else "Not verified"
    return problem_response(409, title, str(verification), **facts)


def criteria_of(query: Mapping[str, str]) -> dict[str, Any]:
    """The criteria of a query: `body.n=2` names one field of the body; its values are JSON where they look like it.

    Raises BadRequestQuery.
    """
    wanted_fields: dict[str, Any] = {}
    for name, text in query.items():
        root, *steps = name.split(".")
        if root not in ("body", "since"):
            wanted_fields[name] = text
        elif not steps:
            wanted_fields[root] = _value(text)
        else:
            _put(wanted_fields.setdefault(root, {}), steps, _value(text), name)
    return wanted_fields


def _put(target: Any, steps: list[str], value: Any, name: str) -> None:
    if len(steps) > MOST_DEPTH:
        raise BadRequestQuery(f"a criterion names a field at most {MOST_DEPTH} levels deep")
    for step in steps[:-1]:
        target = target.setdefault(step, {}) if isinstance(target, dict) else target
    if not isinstance(target, dict):
        raise BadRequestQuery(f"{name!r} is part of a field that already has a value; use only one of them")
    target[steps[-1]] = value


def _value(text: str) -> Any:
    try:
        return json_of(text.encode())
    except ValueError:
        return text


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = json_of(raw)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise BadRequestQuery(
            'the body is not a JSON object; send one, such as {"operation": "createImage", "times": 1}'
        )
    return value
