"""What can be known of the submissions of an operation before the first one comes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

from pixpact.mockserver.core.identity import IdShape
from pixpact.mockserver.core.pace import TaskPace
from pixpact.mockserver.core.unread_fields import UnreadFields
from pixpact.mockserver.direct.flat_bodies import FlatBodies
from pixpact.mockserver.direct.response import BodyFacts, BodyTemplate, ResponseHead, head_of, template_of
from pixpact.mockserver.direct.task_kind import TaskKind
from pixpact.mockserver.requests.tasks import MOST_PIXELS, ContractTasks
from pixpact.mockserver.responses.response_choice import ChosenExample, ResponseChoice
from pixpact.specs.contract.links import link_expressions
from pixpact.specs.contract.model import Contract, LifecycleRole, Operation
from pixpact.specs.dialect.expressions import UNDEFINED, value_at
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.lifecycle import LifecycleState
from pixpact.specs.dialect.request_body import BodyReader
from pixpact.specs.openapi.document import Json, steps

_OF_CALLBACK = re.compile(r"\$request\.body#/([^/~{}]+)")
_OF_BODY = re.compile(r"\$(?:task\.)?request\.body#((?:/[^/~{}]+)+)")


SubmissionFacts = tuple[str, float, Json]
"""What the response to a submission is written from: the task's id, its time of creation, and the request's body."""
_ID, _CREATED_AT, _REQUEST = (itemgetter(position) for position in range(3))


@dataclass(frozen=True, slots=True)
class SubmissionParts:
    """The parts of one operation that starts tasks."""

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

    def flat_bodies(self, reader: BodyReader) -> FlatBodies:
        """What reads the bodies of plain values; none of them where the response shows what not every body has."""
        branches = [] if self.shown else reader.all_branches()
        read = {branch: self.unread.leaves(branch.pointer) - self.callback_fields for branch in branches}
        return FlatBodies(reader, read)

    def suit(self, body: dict[str, Json]) -> bool:
        """Whether a body holds all that the response shows of it, and asks for no callback."""
        if not self.callback_fields.isdisjoint(body):
            return False
        return not self.shown or not any(value_at(body, path) is UNDEFINED for path in self.shown)

    def keys(self, task: str, body: dict[str, Json]) -> tuple[str, ...]:
        """What leads to a task: its id, and what its submission names it."""
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
    return SubmissionParts(
        ids, request_ids, unread, head, body, fields, tuple(shown.values()), reads_headers, ways_in, kind_of
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
        "$task.id": _ID,
        "$task.status": first.word,
        "$task.createdAt": _CREATED_AT,
    }
    if first.progress is not None:
        facts["$task.progress"] = first.progress[0]
    return facts | {text: _of_body(path) for text, path in shown.items()}


def _of_body(path: tuple[str, ...]) -> Callable[[Any], Json]:
    return lambda submission: value_at(_REQUEST(submission), path)
