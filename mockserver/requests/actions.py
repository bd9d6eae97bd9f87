"""What a valid request does: start, run or show a task, store an upload, or nothing but response."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.requests.call import RequestState
from pixpact.mockserver.requests.callbacks import CompiledCallback
from pixpact.mockserver.requests.current_snapshot import current_snapshot, waited
from pixpact.mockserver.requests.expression_values import TaskView
from pixpact.mockserver.requests.task_override import ended, finished_at_submit
from pixpact.mockserver.requests.tasks import ContractTasks, kept
from pixpact.mockserver.responses.extreme import ExtremeResponses, word_of
from pixpact.mockserver.state.store import Task
from pixpact.mockserver.state.task_snapshot import snapshot_at
from pixpact.specs.contract.bodies import uploaded_file
from pixpact.specs.contract.links import link_expressions
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRequest
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.lifecycle import FOREVER, Lifecycle
from pixpact.specs.openapi.document import Json


class OperationAction:
    """The action of one operation. `act` gives the state or the cause that the response must tell."""

    def __init__(self, contract: Contract, operation: Operation, tasks: ContractTasks, context: MockContext) -> None:
        self._operation = operation
        self._tasks = tasks
        self._context = context
        role = operation.role
        self.verb = role.verb if role else None
        self._contract = contract
        self._expression = role.expression if role else None
        shows = (operation_shown for operation_shown in contract.operations if operation_shown.does("show", "end"))
        self._shown_states = frozenset(example.subject for _, example in operation.examples())
        self._callbacks = [
            CompiledCallback(contract, operation, callback, tasks, context) for callback in operation.callbacks
        ]
        self._words = _every_word(contract, operation) if context.settings.responses == "extreme" else {}
        self._ways_in = [expression for show in shows for expression in link_expressions(operation, show)]
        self._acts: dict[str, Callable[[RequestState], Awaitable[str | None]]] = {
            "start": self._start,
            "run": self._run,
            "show": self._show,
            "store": self._store,
            "end": self._end,
        }

    async def act(self, call: RequestState) -> str | None:
        """Carry a valid request out; the state or the cause that the response must tell, None for plain success."""
        call.role = self._operation.role_for(call.roots)
        return await (self._acts[call.role.verb] if call.role else self._plain)(call)

    async def remember(self, call: RequestState, response: Json) -> None:
        """Keep a started task under every value that the links of its response hand on."""
        if call.view is None or call.role is None or call.role.verb != "start":
            return
        call.roots.response = ExpressionRequest(body=response)
        task = call.view.task
        keys = [task.id, *(expression.evaluate(call.roots) for expression in self._ways_in)]
        await self._tasks.keep(task, [str(key) for key in keys if key is not UNDEFINED and key is not None])

    async def expect_callbacks(self, call: RequestState) -> None:
        """Let the callbacks of a started task come; once its response is out, so that none overtakes it."""
        if call.view is None or self.verb != "start":
            return
        for callback in self._callbacks:
            fault = call.injection.webhook if call.injection else None
            await callback.expect(call.view.task, call.roots, call.base, fault)

    async def _plain(self, call: RequestState) -> None:
        if call.account:
            call.roots.account = await self._tasks.account(call.account, call.key)

    def promise(self, call: RequestState) -> ImagePromise | None:
        """The images that a valid request must yield; None when it yields none."""
        reading = call.reading
        if reading is None or reading.branch is None:
            return None
        return reading.branch.promise(reading, call.request, call.fetch)

    async def _begin(self, call: RequestState) -> TaskView | None:
        """Submit and charge; None when the account cannot pay."""
        assert call.role is not None
        assert call.role.lifecycle is not None
        lifecycle = self._contract.lifecycles[call.role.lifecycle]
        fate = call.fate if call.wish.state is None else replace(call.fate, state=call.wish.state)
        request, size = kept(call.request, len(call.raw))
        task = await self._tasks.begin(
            self._operation, lifecycle, call.account, request, self.promise(call), fate, size, call.role.verb == "run"
        )
        if call.role.wait_seconds(call.roots) is not None and (not task.pace.waits or self._context.clock.stands_still):
            task = finished_at_submit(task)
        paid = await self._tasks.charge(task, self._operation.billing, call.key)
        return self._tasks.initial(task) if paid else None

    async def _lacks(self, call: RequestState) -> bool:
        """Whether there is no finished task of this account that a request could go on from."""
        if call.role is None or call.role.of is None:
            return False
        task = await self._tasks.find(call.account, str(call.role.of.evaluate(call.roots)))
        snapshot = (await current_snapshot(self._context, task))[0] if task else None
        return snapshot is None or snapshot.state.outcome != "success"

    async def _start(self, call: RequestState) -> str:
        if await self._lacks(call):
            return "unknown-task"
        call.view = await self._begin(call)
        if call.view is None:
            return "insufficient-balance"
        if call.role is not None and (seconds := call.role.wait_seconds(call.roots)) is not None:
            self._wait(call, call.view.task, seconds)
        self._tasks.fill(call.roots, call.view, call.base)
        return call.view.state

    def _wait(self, call: RequestState, task: Task, seconds: float) -> None:
        """Let the response show the task as it will stand after so many seconds, or once it is over."""
        lasts = FOREVER if task.ends_after is None else task.ends_after
        call.wait = min(seconds, lasts)
        if seconds >= lasts:
            call.view = self._tasks.at_outcome(task, task.created_at + lasts)
        else:
            call.view = self._tasks.viewed(task, snapshot_at(task.route, task.fate, task.pace, seconds, 0), None)
        call.view.now += call.wait

    async def _run(self, call: RequestState) -> str:
        if await self._lacks(call):
            return "unknown-task"
        call.view = await self._begin(call)
        if call.view is None:
            return "insufficient-balance"
        task = call.view.task
        await self._tasks.keep(task, (task.id,))  # what goes on from it names it so
        call.wait = waited(self._context, task)
        return task.route[-1].state.name

    async def _show(self, call: RequestState) -> str:
        assert self._expression is not None
        task = await self._tasks.find(call.account, str(self._expression.evaluate(call.roots)))
        if task is None:
            return "unknown-task"
        call.view = await self._tasks.looked_at(task)
        if self._words and call.view.word is None:
            call.view.word = word_of(self._words.get(call.view.state, ()), task.token, call.view.state)
        self._tasks.fill(call.roots, call.view, call.base)
        return call.view.state

    async def _end(self, call: RequestState) -> str | None:
        """End a task; one that cannot be ended is shown as it is where the contract has no refusal for that."""
        role = call.role
        assert role is not None
        assert role.expression is not None
        task = await self._tasks.find(call.account, str(role.expression.evaluate(call.roots)))
        if task is None:
            return "unknown-task"
        snapshot, ended_at = await current_snapshot(self._context, task)
        may_end = snapshot.state.name in role.since if role.since else role.becomes is None or not snapshot.over
        if may_end and role.becomes is None:
            await self._context.store.forget_task(task)
            return None
        if may_end and role.becomes is not None:
            operation = self._contract.operation(task.operation)
            outcome = next(life.states[role.becomes] for life in self._lives(operation) if role.becomes in life.states)
            task = await ended(self._context, task, operation, snapshot.state, outcome)
            snapshot, ended_at = await current_snapshot(self._context, task)
        call.view = self._tasks.viewed(task, snapshot, ended_at)
        self._tasks.fill(call.roots, call.view, call.base)
        shown = snapshot.state.name
        is_told = shown in self._shown_states and shown != role.becomes
        return shown if may_end or is_told or "task-over" not in self._shown_states else "task-over"

    def _lives(self, operation: Operation) -> list[Lifecycle]:
        return [self._contract.lifecycles[role.lifecycle] for role in operation.roles if role.lifecycle]

    async def _store(self, call: RequestState) -> None:
        assert self._expression is not None
        part = uploaded_file(self._expression, call.roots, call.files)
        assert part is not None  # validation saw to that
        call.roots.upload = await self._tasks.store(self._operation, part, call.base)


def _every_word(contract: Contract, operation: Operation) -> dict[str, tuple[str, ...]]:
    """For each state that tasks are shown in, the words that the contract allows for it."""
    extremes, words = ExtremeResponses(contract), {}
    for lifecycle in contract.lifecycles.values():
        words.update(extremes.words(operation, lifecycle))
    return words
