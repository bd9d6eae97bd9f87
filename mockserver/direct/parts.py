"""What can be known of the submissions of an operation before the first one comes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from pixpact.mockserver.core.identity import IdShape
from pixpact.mockserver.core.pace import TaskPace
from pixpact.mockserver.core.unread_fields import UnreadFields
from pixpact.mockserver.direct.response import BodyFacts, BodyTemplate, ResponseHead, head_of, template_of
from pixpact.mockserver.requests.tasks import MOST_PIXELS, ContractTasks, paid
from pixpact.mockserver.responses.response_choice import ChosenExample, ResponseChoice
from pixpact.mockserver.state.compact_tasks import TaskShape
from pixpact.mockserver.state.ledger import KnownCharge, LedgerEntry
from pixpact.mockserver.state.store import USUAL
from pixpact.specs.contract.links import link_expressions
from pixpact.specs.contract.model import Contract, LifecycleRole, Operation
from pixpact.specs.dialect.expressions import UNDEFINED, value_at
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.lifecycle import LifecycleState
from pixpact.specs.openapi.document import Json, steps

_OF_CALLBACK = re.compile(r"\$request\.body#/([^/~{}]+)")
_OF_BODY = re.compile(r"\$(?:task\.)?request\.body#((?:/[^/~{}]+)+)")


class SubmissionFacts(NamedTuple):
    """What the response to a submission is written from."""

    id: str
    created_at: float
    body: Json


class TaskKind:
    """What all tasks with one promise, at one pace, have in common."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        way: tuple[LifecycleState, ...],
        promise: ImagePromise,
        pace: TaskPace,
    ) -> None:
        price = None if promise.price is None else promise.price * promise.count
        self.pace = pace
        self.shape = TaskShape(contract.name, operation.id, way, promise, promise.row, price, pace, None, USUAL)
        self._promise, self._billing = promise, operation.billing
        self._vendor, self._operation = contract.vendor, operation.id
        failed = way[-1].outcome == "failure"
        self._kept = 0 if operation.billing is None else paid(failed, promise, USUAL, operation.billing)
        self._parts = LedgerEntry._make(self._entry("", "", "", 0.0, None)).parts()

    def charge(
        self, token: str, task: str, account: str, created_at: float, ends_after: float | None
    ) -> KnownCharge | None:
        """What one of them costs; None where nothing is charged."""
        if self._billing is None:
            return None
        return KnownCharge(self._entry(token, task, account, created_at, ends_after), self._parts)

    def _entry(
        self, token: str, task: str, account: str, created_at: float, ends_after: float | None
    ) -> tuple[Any, ...]:
        """The fields of a ledger entry."""
        billing, promise = self._billing, self._promise
        return (
            token,
            task,
            account,
            self._vendor,
            self._operation,
            billing and billing.currency,
            created_at,
            promise.price,
            promise.count,
            self._kept,
            billing is not None and billing.charge == "on-submit",
            None if ends_after is None else created_at + ends_after,
        )


@dataclass(frozen=True, slots=True)
class SubmissionParts:
    """The parts of one operation that starts tasks."""

    way: tuple[LifecycleState, ...]
    """The states that its tasks come to."""
    spans: tuple[tuple[float, float], ...]
    """How many seconds each of them but the last one may last."""
    ids: IdShape
    request_ids: IdShape
    unread: UnreadFields
    head: ResponseHead
    body: BodyTemplate
    callback_fields: frozenset[str]
    """The fields of a body that ask for a callback."""
    shown: tuple[tuple[str, ...], ...]
    """The places in a body whose values the response shows."""
    reads_headers: bool
    """Whether what the contract promises may depend on header fields."""
    ways_in: tuple[tuple[str, ...], ...]
    """The places in a body whose values lead to the task, beside its id."""
    kind_of: Callable[[ImagePromise, TaskPace], TaskKind]

    def suit(self, body: dict[str, Json]) -> bool:
        """Whether a body holds all that the response shows of it, and asks for no callback."""
        if not self.callback_fields.isdisjoint(body):
            return False
        return not self.shown or not any(value_at(body, path) is UNDEFINED for path in self.shown)

    def keys(self, task: str, body: dict[str, Json]) -> tuple[str, ...]:
        """What leads to a task: its id, and what its submission names it."""
        if not self.ways_in:
            return (task,)
        names = [value_at(body, path) for path in self.ways_in]
        return (task, *[str(name) for name in names if name is not UNDEFINED and name is not None])

    def kind(self, promise: ImagePromise, pace: TaskPace) -> TaskKind | None:
        """The kind of task that makes these images; None where the mock cannot paint them."""
        return self.kind_of(promise, pace) if promise.width * promise.height <= MOST_PIXELS else None


def submission_parts(
    contract: Contract,
    operation: Operation,
    tasks: ContractTasks,
    negotiation: ResponseChoice,
    unread: UnreadFields,
    request_ids: IdShape,
) -> SubmissionParts | None:
    """The parts of an operation; None where its submissions need the plain way."""
    role = operation.role
    fields = _callback_fields(operation)
    if role is None or not _is_plain(operation, role) or fields is None:
        return None
    assert role.lifecycle is not None
    way = contract.lifecycles[role.lifecycle].states_along()
    chosen = negotiation.certain(way[0].name)
    ways_in = None if chosen is None else _ways_in(contract, operation, chosen)
    if chosen is None or chosen.paints or ways_in is None:
        return None
    shown = _shown(chosen)
    head, body = head_of(operation, chosen), template_of(chosen, _facts(way[0], shown))
    if head is None or body is None:
        return None
    kind_of = partial(TaskKind, contract, operation, way)
    ids = tasks.shape(operation)
    reads_headers = any("$request.header." in text for text in _texts(contract.document.value))
    spans = tuple(state.after or (0.0, 0.0) for state in way[:-1])
    return SubmissionParts(
        way, spans, ids, request_ids, unread, head, body, fields, tuple(shown.values()), reads_headers, ways_in, kind_of
    )


def _texts(value: Json) -> Iterator[str]:
    """Every text in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _is_plain(operation: Operation, role: LifecycleRole) -> bool:
    """Whether a submission only begins a task, whatever it says."""
    only = len(operation.roles) == 1 and role.verb == "start" and not role.wait and role.of is None
    asked = any(parameter.required or parameter.default is not None for parameter in operation.parameters)
    return only and role.when is None and not asked and operation.idempotency is None and operation.method == "POST"


def _callback_fields(operation: Operation) -> frozenset[str] | None:
    """The fields at the top of a body without which no callback is sent; None where one is sent without them."""
    read = [_OF_CALLBACK.findall(callback.url.text) for callback in operation.callbacks]
    return frozenset(name for names in read for name in names) if all(read) else None


def _ways_in(contract: Contract, operation: Operation, chosen: ChosenExample) -> tuple[tuple[str, ...], ...] | None:
    """The places in a body whose values lead to a task, as its id in the response does; None if anything else does."""
    shows = [show for show in contract.operations if show.does("show", "end")]
    ids = [
        binding.path
        for binding in chosen.example.bindings
        if binding.expression.text == "$task.id" and "string" in binding.types
    ]
    written = {f"$response.body#/{'/'.join(map(str, path))}" for path in ids}
    texts = dict.fromkeys(expression.text for show in shows for expression in link_expressions(operation, show))
    matches = [_OF_BODY.fullmatch(text) for text in texts if text not in written]
    return tuple(steps(match[1]) for match in matches if match) if all(matches) else None


def _shown(chosen: ChosenExample) -> dict[str, tuple[str, ...]]:
    """The places of a request's body that a response shows, by expression."""
    matches = [_OF_BODY.fullmatch(binding.expression.text) for binding in chosen.example.bindings]
    return {match[0]: steps(match[1]) for match in matches if match}


def _facts(first: LifecycleState, shown: dict[str, tuple[str, ...]]) -> BodyFacts:
    """What a response may show of a task that was submitted just now, by expression."""
    facts: BodyFacts = {
        "$task.id": lambda submission: submission.id,
        "$task.status": first.word,
        "$task.createdAt": lambda submission: submission.created_at,
    }
    if first.progress is not None:
        facts["$task.progress"] = first.progress[0]
    return facts | {text: _of_body(path) for text, path in shown.items()}


def _of_body(path: tuple[str, ...]) -> Callable[[Any], Json]:
    return lambda submission: value_at(submission.body, path)
