"""A recording, played: recorded requests are answered as they were recorded, before the contract is asked.

What the recorded request did is done here too: a submission makes a task and is charged, an upload is kept. Polls walk
along the recorded task. Nothing is ever fetched: an image whose bytes were not recorded is painted from its facts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pixpact.mockserver.context import FILES, MockContext
from pixpact.mockserver.core.json_diff import JsonDifference, differences
from pixpact.mockserver.core.pace import TaskPace
from pixpact.mockserver.core.problem import problem_body
from pixpact.mockserver.playback.recording import (
    OWN_FILE,
    RecordedExchange,
    RecordedTask,
    Recording,
    image_alias,
    subject,
    task_alias,
    upload_alias,
)
from pixpact.mockserver.requests.actions import OperationAction
from pixpact.mockserver.requests.call import RequestState
from pixpact.mockserver.requests.response_sender import ResponseSender
from pixpact.mockserver.requests.tasks import ContractTasks, kept
from pixpact.mockserver.state.store import USUAL, Task
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.lifecycle import FOREVER, Lifecycle, LifecycleState, Route, RouteStage
from pixpact.specs.openapi.document import Json
from pixpact.wire.bodies import json_of

MOST_COMPARED = 500
"""Recorded requests that one which was not recorded is compared with."""


class RecordedPlayer:
    """The recorded responses of one operation."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        tasks: ContractTasks,
        actions: OperationAction,
        writing: ResponseSender,
        context: MockContext,
        recording: Recording,
    ) -> None:
        self._contract = contract
        self._operation = operation
        self._tasks = tasks
        self._actions = actions
        self._writing = writing
        self._store = context.store
        self._only = recording.only
        self._recorded = recording.of(contract, context.faults.contracts)
        role = operation.role
        self._lifecycle = contract.lifecycles[role.lifecycle] if role and role.lifecycle else None
        self._shown = role.expression if role and role.verb == "show" else None

    async def answered(self, call: RequestState, cause: str | None) -> bool:
        """Response from the recording; False where the contract has to. `cause`: why the contract would refuse."""
        asked = call.wish.chooses_response or call.wish.state is not None or call.fate is not USUAL
        if asked or cause not in (None, "invalid-request"):
            return False  # what the request, or a fault, asks for comes first; and the key is not in the recording
        entry = await self._looked(call)
        if entry is None:
            key = await self._subject(call)
            entry = await self._next(key)
            if entry is None:
                return self._only and await self._refuse(call, key)
        if not await self._done(call, entry):
            return False
        await self._write(call, entry)
        return True

    # ------------------------------------------------------------------ which answer

    async def _looked(self, call: RequestState) -> RecordedExchange | None:
        """The response to a poll of a played task; the poll counts."""
        if self._shown is None:
            return None
        task = await self._tasks.find(call.account, str(self._shown.evaluate(call.roots)))
        episode = self._recorded.episodes.get(task.recorded) if task and task.recorded is not None else None
        if task is None or episode is None or not episode.poll(self._operation, 1):
            return None
        call.view = await self._tasks.looked_at(task)
        self._tasks.fill(call.roots, call.view, call.base)
        return episode.poll(self._operation, (await self._store.poll_count(task)).count)

    async def _next(self, key: bytes) -> RecordedExchange | None:
        """The next of the recorded exchanges that are alike; the last repeats."""
        alike = self._recorded.subjects.get(key, ())
        if not alike:
            return None
        turn = await self._store.next_turn(f"{self._contract.name}:{alike[0].number}")
        return alike[min(turn, len(alike) - 1)]

    async def _subject(self, call: RequestState) -> bytes:
        names = {**self._recorded.names, **await self._names(call)}
        return subject(self._operation, call.request, names)

    async def _names(self, call: RequestState) -> dict[str, str]:
        """The aliases of this mock's own ids and addresses in a request."""
        names = {}
        for value in call.request.path.values():
            task = await self._tasks.find(call.account, value)
            if task is not None and task.recorded is not None:
                names[value] = task_alias(task.recorded)
        if FILES.encode() in call.raw:
            for match in OWN_FILE.finditer(call.raw.decode("utf-8", "replace").replace("\\/", "/")):
                names[match[0]] = await self._file_alias(match[1], match[2])
        return names

    async def _file_alias(self, token: str, name: str) -> str:
        """What a file of this mock is called in comparisons: an image of a played task, or an upload."""
        task, index = await self._store.task_by_token(token), name.partition(".")[0]
        if task is not None and task.recorded is not None and index.isdigit():
            return image_alias(task.recorded, int(index))
        return upload_alias(name)

    # ------------------------------------------------------------------ what it does

    async def _done(self, call: RequestState, entry: RecordedExchange) -> bool:
        """Do what the recorded response did; False when the account cannot pay for it."""
        verb = self._operation.role.verb if self._operation.role else None
        episode = self._recorded.episodes.get(entry.number)
        if episode is not None:
            return await self._begun(call, episode)
        if verb == "store" and entry.response.status < 400 and call.files:
            await self._actions.act(call)
        return True

    async def _begun(self, call: RequestState, episode: RecordedTask) -> bool:
        """Submit and charge a task that walks along the recorded one."""
        assert self._lifecycle is not None
        promise = self._promise(call, episode)
        call.role = self._operation.role_for(call.roots)
        ran = call.role is not None and call.role.verb == "run"
        request, size = kept(call.request, len(call.raw))
        task = await self._tasks.begin(
            self._operation, self._lifecycle, call.account, request, promise, call.fate, size, ran
        )
        task = replace(_along(task, self._lifecycle, episode), promise=promise, recorded=episode.start.number)
        if not await self._tasks.charge(task, self._operation.billing, call.key):
            return False
        call.view = self._tasks.ended(task) if ran else self._tasks.initial(task)
        self._tasks.fill(call.roots, call.view, call.base)
        if ran:
            await self._tasks.keep(task, ())
        return True

    def _promise(self, call: RequestState, episode: RecordedTask) -> ImagePromise | None:
        """What the contract promises, as far as the recording does not know better."""
        valid = call.reading is not None and not call.reading.violations
        promise = self._actions.promise(call) if valid else None
        if not episode.images:
            return promise
        first = episode.images[0]
        promised = promise or ImagePromise()
        width, height = first.size or (promised.width, promised.height)
        return replace(
            promised, count=len(episode.images), width=width, height=height, format=first.format or promised.format
        )

    # ------------------------------------------------------------------ how it is written

    async def _write(self, call: RequestState, entry: RecordedExchange) -> None:
        response = entry.response
        for image in call.roots.images if response.paints else ():
            await self._tasks.paint(image)
        value, body = response.written(call.roots)
        if entry.number in self._recorded.episodes:
            await self._actions.remember(call, value)
        call.recorded = str(entry.number)
        try:
            await self._writing.play(call, response.status, response.head(call.roots, self._mount(call)), body)
        finally:
            if entry.number in self._recorded.episodes:
                await self._actions.expect_callbacks(call)

    def _mount(self, call: RequestState) -> str:
        """The address under which the client reached this contract: by its prefix, or by the vendor's own host."""
        prefix = str(call.scope["path"])[1:].partition("/")[0]
        return f"{call.base}/{prefix}" if prefix in (self._contract.name, self._contract.vendor) else call.base

    async def _refuse(self, call: RequestState, key: bytes) -> bool:
        """Say that a request was not recorded, and where the nearest that was is another one. Always True."""
        nearest = self._nearest(key)
        facts: dict[str, Json] = {"operation": self._operation.id}
        detail = f"no request of {self._operation.id} was recorded"
        if nearest is not None:
            entry, missed = nearest
            facts["nearest"] = {"exchange": entry.number, "started": entry.exchange.started, "url": entry.exchange.url}
            facts["differences"] = [difference.written() for difference in missed]
            detail = f"the nearest recorded request of {self._operation.id} is exchange {entry.number}; it differs in "
            detail += "; ".join(map(str, missed)) or "nothing else"
        body = problem_body(404, "Not recorded", detail, **facts)
        call.recorded = "no"
        await self._writing.play(call, 404, [(b"content-type", b"application/problem+json")], body)
        return True

    def _nearest(self, key: bytes) -> tuple[RecordedExchange, list[JsonDifference]] | None:
        sent = json_of(key)
        scored = [
            (entry, list(_compared(json_of(expected), sent)))
            for expected, entries in list(self._recorded.subjects.items())[:MOST_COMPARED]
            for entry in entries[:1]
            if entry.operation.id == self._operation.id
        ]
        return min(scored, key=lambda pair: len(pair[1]), default=None)


def _compared(expected: Any, sent: Any) -> Iterable[JsonDifference]:
    """Where two subjects differ: in path parameters, in the body."""
    yield from differences(expected[1], sent[1], exact=True, pointer="path")
    for recorded_body, body in zip(expected[2:], sent[2:], strict=False):
        yield from differences(recorded_body, body, exact=True, pointer="body")


def _along(task: Task, lifecycle: Lifecycle, episode: RecordedTask) -> Task:
    """A task whose polls walk along a recorded one; as it is where no poll was recorded."""
    words = episode.words
    if not words:
        return task
    ends = next((index for index, entry in enumerate(episode.polls) if _over(lifecycle, entry)), None)
    under_way = dict.fromkeys(word for word in words[:ends] if word is not None)
    stages = [RouteStage(_state(lifecycle, word, None), 1.0) for word in under_way] or [
        RouteStage(task.route[0].state, 1.0)
    ]
    if ends is None:
        route: Route = (*stages[:-1], RouteStage(stages[-1].state, FOREVER))
        return replace(task, route=route, ends_after=None, pace=TaskPace("recorded", polls=len(words)))
    outcome = "success" if episode.images else "failure"
    route = (*stages, RouteStage(_state(lifecycle, words[ends], outcome), FOREVER))
    return replace(task, route=route, ends_after=None, pace=TaskPace("recorded", polls=ends))


def _over(lifecycle: Lifecycle, entry: RecordedExchange) -> bool:
    """Whether a recorded look showed an outcome: a word of the lifecycle's that is one, or images."""
    word = entry.response.said.get("$task.status")
    state = lifecycle.states.get(str(word))
    return bool(entry.response.images) or (state is not None and state.outcome is not None)


def _state(lifecycle: Lifecycle, word: str | None, outcome: str | None) -> LifecycleState:
    """The state of a word; of one that the contract does not know as much as was recorded."""
    state = lifecycle.states.get(str(word))
    state_now = LifecycleState(str(word)) if state is None else state
    return state_now if state_now.outcome or outcome is None else replace(state_now, outcome=outcome)
