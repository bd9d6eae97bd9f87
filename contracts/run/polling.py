"""Polls tasks from submit to outcome: follows links until the task ends or the deadline passes, then downloads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from pixpact.contracts.claims.responses import links_of
from pixpact.contracts.limits.backoff import NEVER_BETTER, is_transient, retry_delay
from pixpact.contracts.plan.build_request import path_of
from pixpact.contracts.plan.required_parameters import SAFE, path_values, with_required
from pixpact.contracts.run.retrying import RetryingSender
from pixpact.contracts.traffic.case import CaseReader, ReadExchange
from pixpact.contracts.traffic.next_requests import FollowUpReader, FollowUps, Key, plain
from pixpact.contracts.traffic.task_states import is_over, reports_status, states_of_word
from pixpact.contracts.transport.planned_request import PlannedRequest
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.wire.bodies import STREAM
from pixpact.wire.exchange import Exchange, Trace, media_type

_OK = 200
_PATIENCE = 5
"""Consecutive refused polls after which a task is given up."""
_SELDOM = 4
"""Factor on the time between polls where only the outcome is needed."""
_EVENLY = 10
"""Polls of a task before their interval grows: one task must not use up the requests of all others."""
_GROWTH = 1.25
_LONGEST = 30.0
"""Maximum seconds between two polls, unless `poll_every` is longer."""
_DOWNLOADS = 3
"""Tries of a download, which is free."""
_GIVEN_UP = 3
"""Consecutive failed downloads after which further ones are tried only once."""


@dataclass(frozen=True, slots=True)
class PollingLimits:
    """How tasks are polled: `poll_every` and `deadline` in seconds."""

    poll_every: float = 2.0
    deadline: float = 300.0
    again: int = 1
    """Polls after the outcome, to see whether it changes."""

    @property
    def seldom(self) -> PollingLimits:
        """Fewer polls, for tasks of which only the outcome is needed."""
        return replace(self, poll_every=_SELDOM * self.poll_every, again=0)


class TaskPolling:
    """Polls the tasks of one contract."""

    def __init__(self, reader: CaseReader, retrying: RetryingSender, patience: PollingLimits) -> None:
        self._reader = reader
        self._contract = reader.claims.contract
        self._retrying = retrying
        self._transport = retrying.transport
        self._clock = retrying.clock
        self._patience = patience
        self._follow_up_reader = FollowUpReader(self._contract)
        self._given: set[str] = set()
        self._lost = 0

    async def followed(
        self, trace: Trace, second_key: bool, reported: Callable[[Exchange], None], fetched: int | None = None
    ) -> Trace:
        """The trace of a submit, or of a synchronous request, extended by its polls and downloads.

        `fetched`: how many images are downloaded; None: all.
        """
        start = self._reader.step(trace.exchanges[-1])
        if start.asked is None or not start.accepted:
            return trace
        follow_ups = self._follow_ups(start)
        if start.role == "start":
            trace, follow_ups = await self._polled(trace, start, follow_ups, reported)
            reported_before = len(trace)
            trace = await self._looked_otherwise(trace, start, second_key, reported)
            follow_ups = self._with_files(follow_ups, trace.exchanges[reported_before:])
        for url in list(follow_ups.urls)[:fetched]:
            exchange = await self._downloaded(url)
            trace = trace.followed_by(exchange)
            reported(exchange)
        return trace

    def _with_files(self, follow_ups: FollowUps, polls: Iterable[Exchange]) -> FollowUps:
        """The follow-ups with the images that only the other links to the task show."""
        if follow_ups.urls:
            return follow_ups
        steps = [self._reader.step(exchange) for exchange in polls if not exchange.note.get("isolation")]
        shown = [self._follow_ups(step).urls for step in steps if step.accepted and step.asked]
        return replace(follow_ups, urls=next((urls for urls in shown if urls), {}))

    async def _polled(
        self, trace: Trace, start: ReadExchange, follow_ups: FollowUps, reported: Callable[[Exchange], None]
    ) -> tuple[Trace, FollowUps]:
        keys = self._ordered(start, follow_ups.ids or follow_ups.keys)
        role = start.operation.role
        life = self._contract.lifecycles.get(role.lifecycle or "") if role else None
        if not keys or life is None:
            return trace, follow_ups
        began, count, refused, ended, after = self._clock.now(), 0, 0, False, 0
        while True:
            waited = self._clock.now() - began
            exchange = await self._poll(keys[0], self._patience.deadline - waited)
            count += 1
            late = waited > self._patience.deadline
            exchange = exchange.noted(deadline="passed", waited=f"{waited:.0f}") if late else exchange
            trace = trace.followed_by(exchange)
            reported(exchange)
            step = self._reader.step(exchange)
            refused = refused + 1 if step.refused and not is_transient(exchange) else 0
            over = self._is_over(step, life)
            follow_ups = self._follow_ups(step) if over and not ended else follow_ups
            ended = ended or over  # a task that is reopened stays ended: clients no longer poll it
            after += ended
            if late or after > self._patience.again or refused >= _PATIENCE:
                return trace, follow_ups
            await self._clock.sleep(self._pause(count))

    def _pause(self, count: int) -> float:
        """Seconds until the next poll, after `count` polls."""
        every = self._patience.poll_every
        return max(every, min(_LONGEST, every * _GROWTH ** max(0, count - _EVENLY)))

    async def _downloaded(self, url: str) -> Exchange:
        """Download an image; retried, because it is free and a CDN may fail temporarily."""
        tries = 0
        while True:
            exchange = (await self._transport.download(url)).noted(role="download", requested=url)
            tries += 1
            exchange = exchange.noted(tries=str(tries))
            if _is_whole(exchange):
                self._lost = 0
                return exchange
            if tries >= _DOWNLOADS or self._lost >= _GIVEN_UP or exchange.note.get("fault") in NEVER_BETTER:
                self._lost += 1
                return exchange
            self._retrying.again(exchange)
            await self._clock.sleep(min(retry_delay(exchange, tries), _LONGEST))

    def _ordered(self, start: ReadExchange, keys: Iterable[Key]) -> list[Key]:
        """The safe polls of a task: operations that report its status first, then in the order of the links."""
        links = [(link.operation, frozenset(map(plain, link.parameters))) for link in links_of(start.operation)]

        def rank(key: Key) -> tuple[bool, int, Key]:
            names = (key[0], frozenset(name for name, _ in key[1]))
            rank_of_link = links.index(names) if names in links else len(links)
            return not reports_status(self._contract.operation(key[0])), rank_of_link, key

        return sorted((key for key in keys if is_safe_status_read(self._contract.operation(key[0]))), key=rank)

    def _is_over(self, step: ReadExchange, life: Lifecycle) -> bool:
        """Whether a task has ended; an undocumented state also ends polling: it is a finding, and no reason to wait."""
        word = step.says("$task.status")
        if not isinstance(word, str):
            return step.accepted and is_over(life, step.states)
        alike = (documented for documented in life.words() if documented.casefold() == word.casefold())
        return step.accepted and is_over(life, states_of_word(life, next(alike, word), step.media, step.value))

    async def _looked_otherwise(
        self, trace: Trace, start: ReadExchange, second_key: bool, reported: Callable[[Exchange], None]
    ) -> Trace:
        """Poll once by each other link and optional parameter, and once per operation with another account's key."""
        follow_ups = self._follow_ups(start)
        keys, polled = (
            self._ordered(start, follow_ups.keys),
            self._ordered(start, follow_ups.ids or follow_ups.keys)[:1],
        )
        for key in keys:
            if key not in polled:
                exchange = await self._poll(key)
                trace = trace.followed_by(exchange)
                reported(exchange)
        for name, text in self._parameters(keys):
            exchange = await self._poll(keys[0], query=((name, text),))
            trace = trace.followed_by(exchange)
            reported(exchange)
        for key in {key[0]: key for key in reversed(keys)}.values() if second_key else ():
            exchange = await self._poll(key, second=True)
            trace = trace.followed_by(exchange)
            reported(exchange)
        return trace

    def _parameters(self, keys: list[Key]) -> list[tuple[str, str]]:
        """The optional query parameters of the poll that were not sent in this run yet."""
        given = self._reader.claims.parameters[keys[0][0]].given if keys else []
        new = [
            parameter_claim
            for parameter_claim in given
            if not parameter_claim.refused
            and parameter_claim.parameter.place == "query"
            and parameter_claim.claim.id not in self._given
        ]
        self._given |= {parameter_claim.claim.id for parameter_claim in new}
        return [(parameter_claim.parameter.name, parameter_claim.text) for parameter_claim in new]

    async def ended(self, trace: Trace, operation: Operation, reported: Callable[[Exchange], None]) -> Trace:
        """End a submitted task at once by this operation, then poll it: it must stay ended. Returns the trace."""
        start = self._reader.step(trace.exchanges[-1])
        if start.asked is None or not start.accepted or start.role != "start":
            return trace
        follow_ups = self._follow_ups(start)
        key = _ending(self._contract, follow_ups, operation)
        if key is None:
            return trace
        sending = self._request(key)
        exchange = await self._retrying.sent(lambda: self._transport.send(sending), self._patience.deadline, free=False)
        trace = trace.followed_by(exchange := exchange.noted(role="end", expects=""))
        reported(exchange)
        role = operation.role
        if role is not None and role.becomes is None:
            for one in self._ordered(start, follow_ups.ids or follow_ups.keys)[:1]:
                exchange = (await self._poll(one)).noted(expects="?")
                trace = trace.followed_by(exchange)
                reported(exchange)
            return trace
        trace, _ = await self._polled(trace, start, follow_ups, reported)
        last = self._reader.step(trace.exchanges[-1])
        is_ended = role is not None and last.says("$task.status") == self._word(role.becomes)
        if is_ended and any(example.subject == "task-over" for _, example in operation.examples()):
            exchange = (await self._transport.send(sending)).noted(role="end", expects="task-over")
            trace = trace.followed_by(exchange)
            reported(exchange)
        return trace

    def _word(self, state: str | None) -> str | None:
        """The status word of a state."""
        lives = self._contract.lifecycles.values()
        return next((life.states[state].word for life in lives if state in life.states), None) if state else None

    async def _poll(
        self, key: Key, seconds: float | None = None, second: bool = False, query: tuple[tuple[str, str], ...] = ()
    ) -> Exchange:
        """Send one poll. `seconds`: how long a busy server may delay it."""
        sending = self._request(key, second, query)
        most = self._patience.deadline if seconds is None else max(0.0, seconds)
        exchange = await self._retrying.sent(lambda: self._transport.send(sending), most, free=True)
        if second:
            return exchange.noted(role="show", expects="unknown-task", isolation="yes")
        return exchange.noted(role="show", expects="")

    def _request(self, key: Key, second: bool = False, query: tuple[tuple[str, str], ...] = ()) -> PlannedRequest:
        """The request to the key's operation, for the key's task."""
        operation = self._contract.operation(key[0])
        values = dict(key[1])
        placed = {parameter.name: parameter.place for parameter in operation.parameters}
        given = tuple(item for item in values.items() if placed.get(item[0]) not in ("path", "header"))
        query = with_required(operation, "query", (*query, *given))
        headers = tuple(item for item in values.items() if placed.get(item[0]) == "header")
        return PlannedRequest(
            operation.method,
            path_of(operation, path_values(operation, values), query),
            headers=with_required(operation, "header", headers),
            key="second" if second else "own",
            operation=operation.id,
        )

    def _follow_ups(self, step: ReadExchange) -> FollowUps:
        assert step.asked is not None
        return self._follow_up_reader.follow_ups(step.asked, as_documented(step), step.value)


def _is_whole(exchange: Exchange) -> bool:
    """Whether a GET returned a complete file."""
    return exchange.status == _OK and "fault" not in exchange.note


def as_documented(step: ReadExchange) -> Exchange:
    """The exchange with the documented status and content type, so that its links can still be followed."""
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


def is_safe_status_read(operation: Operation) -> bool:
    """Whether an operation shows a task by a safe method; no other is sent to poll a task."""
    return operation.does("show") and operation.method in SAFE


def _ending(contract: Contract, follow_ups: FollowUps, operation: Operation) -> Key | None:
    """The key of a request that ends the task: from a link, else with the task id of a poll's key."""
    keys = sorted(follow_ups.ids or follow_ups.keys)
    linked = next((key for key in keys if key[0] == operation.id), None)
    if linked is not None or operation.role is None or operation.role.expression is None:
        return linked
    wanted = operation.role.expression.text.rpartition(".")[2]
    for name, values in keys:
        role = contract.operation(name).role
        read = role.expression.text.rpartition(".")[2] if role and role.expression else ""
        if read in dict(values):
            given = {key: value for key, value in values if key != read}
            return operation.id, tuple(sorted({**given, wanted: dict(values)[read]}.items()))
    return None
