"""The tasks of a mock as they stand, for whoever looks in from behind: no poll of theirs counts."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

import orjson

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.core.identity import account_of
from pixpact.mockserver.requests.current_snapshot import current_snapshot
from pixpact.mockserver.state.store import Task
from pixpact.specs.dialect.expressions import UNDEFINED
from pixpact.specs.openapi.document import Json
from pixpact.wire.redaction import REDACTED, redacted_body
from pixpact.wire.secret_values import secret_values

_WORD = re.compile(rb"[A-Za-z0-9._~+/=-]{6,}")
"""What a key consists of (RFC 6750, section 2.1)."""


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """One task. Times are seconds since the epoch; `outcome` is success, failure, or None while it is under way.

    `body` is the request's as the vendor reads it, defaults filled in; `images` is how many it must yield, 0 where it
    yields none; `price` that of all of them, None where it is not known.
    """

    id: str
    vendor: str
    operation: str
    status: str
    progress: int | None
    outcome: str | None
    created_at: float
    ended_at: float | None
    body: Json
    images: int
    price: float | None

    def written(self) -> dict[str, Json]:
        """It as JSON."""
        return asdict(self)


def discreet(context: MockContext, task: TaskFacts, account: str) -> dict[str, Json]:
    """A task as it is shown to whoever looks in from outside: without secrets in its request's body, or keys in use.

    `account` is that of the task: where another process was sent its key, nothing but this digest is known of it.
    """
    body = redacted_body(orjson.dumps(task.body))
    of_others = _keys_in(body, task.vendor, account) if context.shared is not None else ()
    keys = secret_values((*context.journal.keys, *(context.settings.keys or ()), *of_others))
    return {**task.written(), "body": orjson.loads(keys.in_bytes(body, REDACTED))}


def _keys_in(body: bytes, vendor: str, account: str) -> list[str]:
    """The words of a body that are the key of an account."""
    words = {word.decode().rstrip(".") for word in _WORD.findall(body)}
    return [word for word in words if account_of(vendor.partition("@")[0], word) == account]


async def tasks_of(context: MockContext) -> list[TaskFacts]:
    """Every task that is remembered, oldest first."""
    return [await facts_of(context, task) for task in await context.store.tasks()]


async def facts_of(context: MockContext, task: Task) -> TaskFacts:
    """One task as it stands now."""
    standing, ended_at = await current_snapshot(context, task)
    return TaskFacts(
        id=task.id,
        vendor=task.contract,
        operation=task.operation,
        status=task.fate.word or standing.state.word,
        progress=standing.progress,
        outcome=standing.state.outcome,
        created_at=task.created_at,
        ended_at=ended_at,
        body=None if task.request.body is UNDEFINED else task.request.body,
        images=task.promise.count if task.promise else 0,
        price=None if task.price is None else float(task.price),
    )
