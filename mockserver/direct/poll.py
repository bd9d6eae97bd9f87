"""A poll, straight through: from the id in its path to the task as it stands."""

from __future__ import annotations

from typing import Any

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.core.identity import IdShape
from pixpact.mockserver.direct.caller import Callers, RequestHead
from pixpact.mockserver.direct.exchange import DirectExchange
from pixpact.mockserver.direct.response import head_of
from pixpact.mockserver.requests.expression_values import ExchangeView, TaskView
from pixpact.mockserver.requests.tasks import ContractTasks
from pixpact.mockserver.responses.response_choice import ResponseChoice
from pixpact.mockserver.state.journal import ExchangeJournal
from pixpact.mockserver.state.memory import MemoryStore
from pixpact.mockserver.state.store import USUAL, Task
from pixpact.mockserver.state.task_snapshot import snapshot_at
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.dialect.expressions import ExpressionRequest, ExpressionRoots

_NONE: dict[str, Any] = {}


class DirectPoll:
    """The polls of one operation."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        tasks: ContractTasks,
        context: MockContext,
        store: MemoryStore,
        journal: ExchangeJournal,
        negotiation: ResponseChoice,
        request_ids: IdShape,
    ) -> None:
        self._contract, self._tasks, self._context = contract, tasks, context
        self._store, self._journal, self._negotiation = store, journal, negotiation
        self._counted = f"{contract.name}:{operation.id}"
        self.head = Callers(contract, operation, context).head
        self._heads = {id(chosen): head_of(operation, chosen) for chosen in negotiation.responses if not chosen.paints}
        parameter = next(parameter for parameter in operation.parameters if parameter.place == "path")
        self._name, self._is_valid = parameter.name, contract.schemas.test(parameter.schema)
        self._request_ids = request_ids
        self._seed = (context.settings.seed, context.clock.started, contract.name, operation.id)

    def __call__(self, head: RequestHead, root: str, path: str, raw: bytes) -> DirectExchange | None:
        """Tell how a task stands; None, and nothing has been done, where the plain way has to look at it."""
        caller, key = head.caller, path.rpartition("/")[2]
        if not self._is_valid(key):
            return None
        task = self._store.find_by_key(self._contract.name, caller.account, key)
        if task is None or task.pace.polls is not None or task.recorded is not None or not _is_usual(task):
            return None
        started = self._context.clock.now()
        view = self._view(task, started)
        if view is None:
            return None
        roots = self._roots(head, root, path, key)
        self._tasks.fill(roots, view, caller.base)
        chosen = self._negotiation.response(view.state, roots)
        response = None if chosen is None else self._heads.get(id(chosen))
        if chosen is None or response is None:
            return None
        self._context.outbox.wake()
        body = chosen.encode(chosen.render(roots))
        self._store.count_request(self._counted)
        request_id = roots.exchange.id if response.has_id else ""
        duration = self._context.clock.now() - started
        request, over = (path, head.headers, raw), (response, request_id, body)
        exchange = DirectExchange(started, duration, caller.subject, request, over, view.id, False)
        self._journal.put(exchange, caller.subject.key, exchange.size)
        return exchange

    def _view(self, task: Task, now: float) -> TaskView | None:
        """The task as it stands; None where its poll ends it."""
        standing = snapshot_at(task.route, task.fate, task.pace, now - task.created_at, 0)
        ended_at = None
        if standing.over:
            if task.ends_after is None:
                return None
            ended_at = task.created_at + task.ends_after
        return TaskView(task, standing, ended_at, now, task.pace.speed or 1.0)

    def _roots(self, head: RequestHead, root: str, path: str, key: str) -> ExpressionRoots:
        number, base = self._store.peek_request_number(self._counted), head.caller.base
        return ExpressionRoots(
            method="GET",
            url=base + path,
            server=base + root,
            request=ExpressionRequest({self._name: key}, _NONE, head.values),
            exchange=ExchangeView(self._request_ids, (*self._seed, number)),
        )


def _is_usual(task: Task) -> bool:
    return task.fate is USUAL or task.fate == USUAL


def is_plain_poll(operation: Operation) -> bool:
    """Whether an operation only shows the task whose id ends its path."""
    role, (head, _, last) = operation.role, operation.path.rpartition("/")
    if role is None or len(operation.roles) != 1 or role.verb != "show" or role.when is not None:
        return False
    asked = [parameter for parameter in operation.parameters if parameter.required or parameter.default is not None]
    if len(asked) != 1 or "{" in head or role.expression is None or operation.body is not None:
        return False
    (parameter,) = asked
    is_last = parameter.place == "path" and last == f"{{{parameter.name}}}"
    is_text = not {"integer", "number", "boolean"}.intersection(parameter.types)
    is_id = role.expression.text == f"$request.path.{parameter.name}"
    return is_last and is_text and is_id and operation.method == "GET"
