"""From a submit to its outcome: the links are followed until a task is over or the deadline has passed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pixpact.contracts.plan.hands import path_of
from pixpact.contracts.traffic.case import CaseReader, ReadExchange
from pixpact.contracts.traffic.ways import FollowUpReader, FollowUps, Key
from pixpact.contracts.transport.sending import PlannedRequest
from pixpact.contracts.transport.transport import RequestSender
from pixpact.specs.contract.model import Operation
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.wire.bodies import STREAM
from pixpact.wire.clock import Clock
from pixpact.wire.exchange import Exchange, Trace, media_type

_PATIENCE = 5
"""Looks in a row that may fail before a task is given up."""
_SELDOM = 4
"""Times as long between two polls where only the outcome is wanted."""


@dataclass(frozen=True, slots=True)
class PollingLimits:
    """How a task is followed: seconds between polls, and after which it must have come to an outcome."""

    poll_every: float = 2.0
    deadline: float = 300.0
    again: int = 1
    """Looks after the outcome, to see that it stays."""

    @property
    def seldom(self) -> PollingLimits:
        """Fewer looks, for tasks of which only the outcome is wanted."""
        return replace(self, poll_every=_SELDOM * self.poll_every, again=0)


class TaskPolling:
    """Follows tasks of one contract."""

    def __init__(self, reader: CaseReader, transport: RequestSender, clock: Clock, patience: PollingLimits) -> None:
        self._reader = reader
        self._contract = reader.claims.contract
        self._transport = transport
        self._clock = clock
        self._patience = patience
        self._ways = FollowUpReader(self._contract)
        self._given: set[str] = set()

    async def followed(
        self, trace: Trace, second_key: bool, reported: Callable[[Exchange], None], fetched: int | None = None
    ) -> Trace:
        """The trace of a submit, or of a synchronous request, with all that follows it.

        `fetched`: how many images of it; None: all.
        """
        start = self._reader.step(trace.exchanges[-1])
        if start.asked is None or not start.accepted:
            return trace
        said = self._said(start)
        if start.role == "start":
            trace, said = await self._polled(trace, start, said, reported)
            trace = await self._looked_otherwise(trace, start, second_key, reported)
        for url in list(said.urls)[:fetched]:
            exchange = await self._transport.download(url)
            trace = trace.followed_by(exchange.noted(role="download", requested=url))
            reported(exchange)
        return trace

    async def _polled(
        self, trace: Trace, start: ReadExchange, said: FollowUps, reported: Callable[[Exchange], None]
    ) -> tuple[Trace, FollowUps]:
        keys = sorted(said.ids or said.keys)
        role = start.operation.role
        life = self._contract.lifecycles.get(role.lifecycle or "") if role else None
        if not keys or life is None:
            return trace, said
        began, failed, after = self._clock.now(), 0, 0
        while True:
            waited = self._clock.now() - began
            exchange = await self._poll(keys[0])
            late = waited > self._patience.deadline
            exchange = exchange.noted(deadline="passed", waited=f"{waited:.0f}") if late else exchange
            trace = trace.followed_by(exchange)
            reported(exchange)
            step = self._reader.step(exchange)
            failed = 0 if step.accepted else failed + 1
            over = self._is_over(step, life)
            said = self._said(step) if over and step.accepted and not after else said
            after += over
            if (over and after > self._patience.again) or late or failed >= _PATIENCE or (failed and step.refused):
                return trace, said
            await self._clock.sleep(self._patience.poll_every)

    def _is_over(self, step: ReadExchange, life: Lifecycle) -> bool:
        """Whether a task is over; a word that nobody knows ends the polls: it is a finding, and no reason to wait."""
        word = step.says("$task.status")
        state = life.states.get(word) if isinstance(word, str) else None
        return step.accepted and (state is None or state.outcome is not None)

    async def _looked_otherwise(
        self, trace: Trace, start: ReadExchange, second_key: bool, reported: Callable[[Exchange], None]
    ) -> Trace:
        """One look by each other link, and one with another account's key."""
        said = self._said(start)
        keys, polled = sorted(said.keys), sorted(said.ids or said.keys)[:1]
        for key in keys:
            if key not in polled:
                exchange = await self._poll(key)
                trace = trace.followed_by(exchange)
                reported(exchange)
        for name, text in self._parameters(keys):
            exchange = await self._poll(keys[0], query=((name, text),))
            trace = trace.followed_by(exchange)
            reported(exchange)
        if second_key and keys:
            exchange = await self._poll(keys[0], second=True)
            trace = trace.followed_by(exchange)
            reported(exchange)
        return trace

    def _parameters(self, keys: list[Key]) -> list[tuple[str, str]]:
        """The optional query parameters of the operation that shows a task: each is sent once in a run."""
        given = self._reader.claims.parameters[keys[0][0]].given if keys else []
        new = [
            it for it in given if not it.refused and it.parameter.place == "query" and it.claim.id not in self._given
        ]
        self._given |= {it.claim.id for it in new}
        return [(it.parameter.name, it.text) for it in new]

    async def _poll(self, key: Key, second: bool = False, query: tuple[tuple[str, str], ...] = ()) -> Exchange:
        operation = self._contract.operation(key[0])
        values = dict(key[1])
        in_path = {parameter.name for parameter in operation.parameters if parameter.place == "path"}
        query = (*query, *((name, value) for name, value in values.items() if name not in in_path))
        path = path_of(operation, {name: values[name] for name in in_path if name in values}, query)
        sending = PlannedRequest(operation.method, path, key="second" if second else "own", operation=operation.id)
        exchange = await self._transport.send(sending)
        if second:
            return exchange.noted(role="show", expects="unknown-task", isolation="yes")
        return exchange.noted(role="show", expects="")

    def _said(self, step: ReadExchange) -> FollowUps:
        assert step.asked is not None
        return self._ways.said(step.asked, as_documented(step), step.value)


def as_documented(step: ReadExchange) -> Exchange:
    """The exchange with the documented status and content type, so that what it says can still be followed."""
    exchange = step.exchange
    if step.response is None or step.media is None:
        return exchange
    status = step.response.status
    headers = tuple((name, value) for name, value in exchange.response_headers if name.lower() != "content-type")
    named = step.media.name if media_type(exchange.response_headers) != STREAM else STREAM
    return replace(
        exchange,
        status=int(status) if status.isdecimal() else exchange.status,
        response_headers=(*headers, ("content-type", named)),
    )


def shows(operation: Operation) -> bool:
    """Whether an operation shows a task."""
    return operation.role is not None and operation.role.verb == "show"
