"""Tasks as bytes: what is remembered of a hundred thousand must cost no more than its bytes.

A collection of the interpreter walks every object of every task that is kept as one; bytes it passes over. What tasks
have in common (their states, their promise, their pace) is kept once, and counted, so that it goes with the last task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from decimal import Decimal
from operator import attrgetter
from typing import Any

import orjson

from pixpact.mockserver.core.pace import TaskPace
from pixpact.mockserver.state.insertion_order import ArrivalOrder
from pixpact.mockserver.state.store import Task, TaskOverrides
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRequest
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.lifecycle import FOREVER, LifecycleState, RouteStage
from pixpact.specs.openapi.document import Json

_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
"""What JSON would not give back as it was is refused."""


_MOST_RECENT = 256
"""Tasks that are at hand as objects."""


@dataclass(frozen=True, slots=True)
class KeptTask:
    """A task, and the values that lead to it."""

    task: Task
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class TaskShape:
    """What many tasks have in common; it is looked up for every task, and so told apart by what it is."""

    contract: str
    operation: str
    states: tuple[LifecycleState, ...]
    promise: ImagePromise | None
    row: tuple[str, ...]
    price: Decimal | None
    pace: TaskPace
    recorded: int | None
    fate: TaskOverrides


ForgottenTask = tuple[tuple[str, str], Sequence[str], int]
"""What has to be known of a task to forget what leads to it: contract and account, the keys, and its size."""

_FIELDS = attrgetter(*(each.name for each in dataclass_fields(TaskShape)))

TaskFacts = tuple[
    str, str, float, float | None, int, list[float | None], tuple[str, ...], *tuple[Mapping[str, Any] | Json, ...]
]
"""What is a task's own: id, account, time of creation, seconds until its end, size, seconds in each state (None: for
ever), the values that lead to it, and its request: path, query, header, and the body if there is one."""


class CompactTasks:
    """Tasks by token, oldest first, with the values that lead to each."""

    def __init__(self) -> None:
        self.rows: dict[str, bytes | KeptTask] = {}
        """By token, for whoever counts them."""
        self._order = ArrivalOrder(self.rows)
        self._of_fields: dict[tuple[Any, ...], TaskShape] = {}
        self._numbers: dict[TaskShape, int] = {}
        self._shapes: dict[int, TaskShape] = {}
        self._uses: dict[int, int] = {}
        self._next = 0
        self._recent: dict[str, tuple[bytes, KeptTask]] = {}
        """Those that were read last, each with its row at that time: clients poll the same few again and again."""

    def __contains__(self, token: str) -> bool:
        return token in self.rows

    def put(self, task: Task, keys: tuple[str, ...]) -> None:
        """Keep a task, in the place of the one with its token if there is one."""
        before, request = self.rows.get(task.token), task.request
        seconds = [None if stage.seconds == FOREVER else stage.seconds for stage in task.route]
        body = () if request.body is UNDEFINED else (request.body,)
        own = (task.id, task.account, task.created_at, task.ends_after, task.size, seconds, keys)
        try:
            self.put_facts(task.token, self._shape_of(task), (*own, request.path, request.query, request.header, *body))
        except TypeError:  # what is no JSON, such as an integer of more than 64 bits, is kept as it is
            if before is None:
                self._order.add(task.token)
            self.rows[task.token] = KeptTask(task, keys)
        self._let_go(_number_of(before))

    def put_facts(self, token: str, shape: TaskShape, facts: TaskFacts) -> None:
        """Keep a task by its shape and what is its own. Raises TypeError for what is no JSON."""
        number = self._numbers.get(shape) or self._new_number(shape)
        self._uses[number] += 1
        try:
            row = orjson.dumps((number, *facts), option=_STRICT)
        except TypeError:
            self._let_go(number)
            raise
        if token not in self.rows:
            self._order.add(token)
        self.rows[token] = row[:-1]  # a copy: what is written has a kilobyte or more of room behind it

    def get(self, token: str) -> KeptTask | None:
        """A task, and the values that lead to it."""
        row = self.rows.get(token)
        if row is None or isinstance(row, KeptTask):
            return row
        recent = self._recent.get(token)
        if recent is not None and recent[0] is row:
            return recent[1]
        if len(self._recent) >= _MOST_RECENT:
            self._recent.clear()
        task = self._read(token, row)
        self._recent[token] = row, task
        return task

    def pop(self, token: str) -> ForgottenTask:
        """Forget a task; returns whose it was. Raises KeyError."""
        gone = self._whose(self.rows.pop(token))
        self._order.tidy()
        return gone

    def pop_oldest(self) -> tuple[str, ForgottenTask]:
        """Forget the oldest task; returns its token, and whose it was. Raises IndexError."""
        token = self._order.take()
        return token, self._whose(self.rows.pop(token))

    def _whose(self, row: bytes | KeptTask) -> ForgottenTask:
        """Whose a task was that is not kept any more."""
        if isinstance(row, KeptTask):
            task = row.task
            return (task.contract, task.account), row.keys, task.size
        number, _, account, _, _, size, _, keys, *_ = orjson.loads(row + b"]")
        contract = self._shapes[number].contract
        self._let_go(number)
        return (contract, account), keys, size

    def tasks(self) -> list[Task]:
        """Every task, oldest first."""
        return [self._read(token, row).task for token, row in self.rows.items()]

    def clear(self) -> None:
        """Forget every task."""
        for kept in (self.rows, self._of_fields, self._numbers, self._shapes, self._uses):
            kept.clear()
        self._order.clear()
        self._recent.clear()

    def _read(self, token: str, row: bytes | KeptTask) -> KeptTask:
        if isinstance(row, KeptTask):
            return row
        number, id_, account, created_at, ends_after, size, seconds, keys, *request = orjson.loads(row + b"]")
        shape = self._shapes[number]
        stages = zip(shape.states, seconds, strict=True)
        task = Task(
            id=id_,
            token=token,
            contract=shape.contract,
            operation=shape.operation,
            account=account,
            created_at=created_at,
            route=tuple([RouteStage(state, FOREVER if seconds is None else seconds) for state, seconds in stages]),
            request=ExpressionRequest(*request),
            promise=shape.promise,
            price=shape.price,
            ends_after=ends_after,
            size=size,
            pace=shape.pace,
            recorded=shape.recorded,
            fate=shape.fate,
        )
        return KeptTask(task, tuple(keys))

    def _new_number(self, shape: TaskShape) -> int:
        self._next += 1
        self._numbers[shape] = self._next
        self._shapes[self._next] = shape
        self._uses[self._next] = 0
        return self._next

    def _shape_of(self, task: Task) -> TaskShape:
        """The shape of a task, the same for all that are alike."""
        states = tuple([stage.state for stage in task.route])
        row = task.promise.row if task.promise else ()
        fields = (
            task.contract, task.operation, states, task.promise, row, task.price, task.pace, task.recorded, task.fate
        )  # fmt: skip
        shape = self._of_fields.get(fields)
        if shape is None:
            shape = self._of_fields[fields] = TaskShape(*fields)
        return shape

    def _let_go(self, number: int | None) -> None:
        """Use a shape once less; what nobody uses goes."""
        if number is None:
            return
        self._uses[number] -= 1
        if not self._uses[number]:
            shape = self._shapes.pop(number)
            del self._uses[number], self._numbers[shape]
            if self._of_fields.get(fields := _FIELDS(shape)) is shape:
                del self._of_fields[fields]


def _number_of(row: bytes | KeptTask | None) -> int | None:
    return int(row[1 : row.index(b",")]) if isinstance(row, bytes) else None
