"""A poll, straight through: from the id in its path to the task as it stands."""

from __future__ import annotations

from typing import Any

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.core.identity import IdShape
from pixpact.mockserver.direct.caller import Caller, Callers
from pixpact.mockserver.direct.exchange import DirectExchange, DirectRequest
from pixpact.mockserver.direct.response import DirectResponse, head_of
from pixpact.mockserver.requests.expression_values import ExchangeView, TaskView
from pixpact.mockserver.requests.tasks import ContractTasks
from pixpact.mockserver.responses.response_choice import ResponseChoice
from pixpact.mockserver.state.journal import ExchangeJournal
from pixpact.mockserver.state.memory import MemoryStore
from pixpact.mockserver.state.progress import standing_of
from pixpact.mockserver.state.store import USUAL, Task
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.contract.parameters import HeaderValues
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
        self._callers = Callers(contract, operation, context)
        self._heads = {id(chosen): head_of(operation, chosen) for chosen in negotiation.responses if not chosen.paints}
        parameter = next(parameter for parameter in operation.parameters if parameter.place == "path")
        self._name, self._is_valid = parameter.name, contract.schemas.test(parameter.schema)
        self._request_ids = request_ids
        self._seed = (context.settings.seed, context.clock.started, contract.name, operation.id)

    def __call__(self, request: DirectRequest) -> DirectResponse | None:
        """Tell how a task stands; None, and nothing has been done, where the plain way has to look at it."""
        headers = dict(request.headers)
        caller = self._callers.of(request.scheme, headers)
        key = request.path.rpartition("/")[2]
        if caller is None or not self._is_valid(key):
            return None
        task = self._store.find_by_key(self._contract.name, caller.account, key)
        if task is None or task.pace.polls is not None or task.recorded is not None or not _is_usual(task):
            return None
        started = self._context.clock.now()
        view = self._view(task, started)
        if view is None:
            return None
        roots = self._roots(request, caller, headers, key)
        self._tasks.fill(roots, view, caller.base)
        chosen = self._negotiation.response(view.state, roots)
        head = None if chosen is None else self._heads.get(id(chosen))
        if chosen is None or head is None:
            return None
        self._context.outbox.wake()
        body = chosen.encode(chosen.render(roots))
        self._store.count_request(self._counted)
        response = DirectResponse(head, roots.exchange.id if head.has_id else "", body, started)
        return self._recorded(request, caller, started, response, view.id)

    def _view(self, task: Task, now: float) -> TaskView | None:
        """The task as it stands; None where its poll ends it."""
        standing = standing_of(task.route, task.fate, task.pace, now - task.created_at, 0)
        ended_at = None
        if standing.over:
            if task.ends_after is None:
                return None
            ended_at = task.created_at + task.ends_after
        return TaskView(task, standing, ended_at, now, task.pace.speed or 1.0)

    def _roots(self, request: DirectRequest, caller: Caller, headers: dict[bytes, bytes], key: str) -> ExpressionRoots:
        number = self._store.peek_request_number(self._counted)
        return ExpressionRoots(
            method="GET",
            url=caller.base + request.path,
            server=caller.base + request.root,
            request=ExpressionRequest({self._name: key}, _NONE, HeaderValues(_NONE, headers)),
            exchange=ExchangeView(self._request_ids, (*self._seed, number)),
        )

    def _recorded(
        self, request: DirectRequest, caller: Caller, started: float, response: DirectResponse, task: str
    ) -> DirectResponse:
        duration = self._context.clock.now() - started
        over = DirectExchange(started, duration, request, response, caller.subject, task)
        self._journal.put(over, lasting=False)
        return response


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
