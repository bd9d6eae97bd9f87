"""Tasks as bytes: what is remembered of a hundred thousand must cost no more than its bytes.

A collection of the interpreter walks every object of every task that is kept as one; bytes it passes over. What tasks
have in common (their states, their promise, their pace) is kept once, and counted, so that it goes with the last task.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import orjson

from pixpact.mockserver.core.pace import TaskPace
from pixpact.mockserver.state.store import Task, TaskOverrides
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRequest
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.lifecycle import FOREVER, LifecycleState, RouteStage

_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
"""What JSON would not give back as it was is refused."""


@dataclass(frozen=True, slots=True)
class KeptTask:
    """A task, and the values that lead to it."""

    task: Task
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TaskShape:
    """What many tasks have in common."""

    contract: str
    operation: str
    states: tuple[LifecycleState, ...]
    promise: ImagePromise | None
    row: tuple[str, ...]
    price: Decimal | None
    pace: TaskPace
    recorded: int | None
    fate: TaskOverrides
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Hash once what is looked up for every task."""
        parts = (self.contract, self.operation, self.states, self.promise, self.row, self.price, self.pace)
        object.__setattr__(self, "_hash", hash((*parts, self.recorded, self.fate)))

    def __hash__(self) -> int:
        return self._hash


class CompactTasks:
    """Tasks by token, oldest first, with the values that lead to each."""

    def __init__(self) -> None:
        self._rows: dict[str, bytes | KeptTask] = {}
        self._numbers: dict[TaskShape, int] = {}
        self._shapes: dict[int, TaskShape] = {}
        self._uses: dict[int, int] = {}
        self._next = 0

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, token: str) -> bool:
        return token in self._rows

    @property
    def oldest(self) -> str:
        """The token of the oldest task."""
        return next(iter(self._rows))  # a dictionary keeps the order of insertion

    def put(self, task: Task, keys: tuple[str, ...]) -> None:
        """Keep a task, in the place of the one with its token if there is one."""
        before = self._rows.get(task.token)
        number, request = self._number(task), task.request
        fields = (number, task.id, task.account, task.created_at, task.ends_after, task.size)
        seconds = [None if it.seconds == FOREVER else it.seconds for it in task.route]
        body = () if request.body is UNDEFINED else (request.body,)
        try:
            row = orjson.dumps(
                (*fields, seconds, keys, request.path, request.query, request.header, *body), option=_STRICT
            )
            self._rows[task.token] = row[:-1]  # a copy: what is written has a kilobyte or more of room behind it
        except TypeError:  # what is no JSON, such as an integer of more than 64 bits, is kept as it is
            self._let_go(number)
            self._rows[task.token] = KeptTask(task, keys)
        self._let_go(_number_of(before))

    def get(self, token: str) -> KeptTask | None:
        """A task, and the values that lead to it."""
        row = self._rows.get(token)
        return None if row is None else self._read(token, row)

    def pop(self, token: str) -> KeptTask:
        """Forget a task; returns what it was. Raises KeyError."""
        row = self._rows.pop(token)
        found = self._read(token, row)
        self._let_go(_number_of(row))
        return found

    def tasks(self) -> list[Task]:
        """Every task, oldest first."""
        return [self._read(token, row).task for token, row in self._rows.items()]

    def clear(self) -> None:
        """Forget every task."""
        for kept in (self._rows, self._numbers, self._shapes, self._uses):
            kept.clear()

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
            route=tuple([RouteStage(state, FOREVER if it is None else it) for state, it in stages]),
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

    def _number(self, task: Task) -> int:
        """The number of a task's shape, used once more."""
        states = tuple([stage.state for stage in task.route])
        row = task.promise.row if task.promise else ()
        shape = TaskShape(
            task.contract, task.operation, states, task.promise, row, task.price, task.pace, task.recorded, task.fate
        )
        number = self._numbers.get(shape)
        if number is None:
            self._next += 1
            number = self._numbers[shape] = self._next
            self._shapes[number] = shape
        self._uses[number] = self._uses.get(number, 0) + 1
        return number

    def _let_go(self, number: int | None) -> None:
        """Use a shape once less; what nobody uses goes."""
        if number is None:
            return
        self._uses[number] -= 1
        if not self._uses[number]:
            del self._uses[number], self._numbers[self._shapes.pop(number)]


def _number_of(row: bytes | KeptTask | None) -> int | None:
    return int(row[1 : row.index(b",")]) if isinstance(row, bytes) else None
