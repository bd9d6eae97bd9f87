"""Bounds of a shared store: the oldest of each kind makes room in steps, and what was forgotten is counted for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from pixpact.mockserver.state.compact_tasks import KeptTask
from pixpact.mockserver.state.forgotten_counts import ForgottenCounts, ForgottenKind
from pixpact.mockserver.state.store import Upload
from pixpact.mockserver.stores import accounts, deliveries, idempotency
from pixpact.mockserver.stores.backend import StoreBackend, StoredRow, StoreTransaction
from pixpact.mockserver.stores.codec import pack, unpack

STEP = 64
"""Records of a kind that a process writes between two looks at how many there are."""
FORGOTTEN = "forgotten"
TASK, UPLOAD = "task", "upload"
_UPLOADED = "uploaded bytes"


async def _forget_task(records: StoreTransaction, row: StoredRow) -> None:
    await forget_task(records, unpack(KeptTask, row.value))


async def _drop_claim(records: StoreTransaction, row: StoredRow) -> None:
    records.drop(idempotency.CLAIM, row.key)


async def _drop_window(records: StoreTransaction, row: StoredRow) -> None:
    records.drop(idempotency.WINDOW, row.key)


async def _drop_due(records: StoreTransaction, row: StoredRow) -> None:
    records.drop(deliveries.DUE, row.key)


async def _drop_at_poll(records: StoreTransaction, row: StoredRow) -> None:
    records.drop(deliveries.AT_POLL, row.key)


@dataclass(frozen=True, slots=True)
class StoreBound:
    """How many records of a kind there may be, what they are called, and how one is forgotten."""

    most: int
    noun: ForgottenKind
    forget: Callable[[StoreTransaction, StoredRow], Awaitable[None]]


BOUNDS: Mapping[str, StoreBound] = {
    TASK: StoreBound(1_000_000, "tasks", _forget_task),
    accounts.ENTRY: StoreBound(1_000_000, "charges", accounts.forget_entry),
    accounts.ACCOUNT: StoreBound(1_000_000, "accounts", accounts.forget_account),
    idempotency.CLAIM: StoreBound(100_000, "idempotency keys", _drop_claim),
    idempotency.WINDOW: StoreBound(100_000, "rate windows", _drop_window),
    deliveries.DUE: StoreBound(100_000, "webhooks", _drop_due),
    deliveries.AT_POLL: StoreBound(100_000, "webhooks", _drop_at_poll),
}
MOST_UPLOADED = 1024 * 1024 * 1024
"""Bytes of uploads."""


class StoreRoom:
    """Sees that the records of one store stay within their bounds."""

    def __init__(self, backend: StoreBackend, counts: ForgottenCounts) -> None:
        self.bounds = dict(BOUNDS)
        self.most_uploaded = MOST_UPLOADED
        self.step = STEP
        self._backend = backend
        self._counts = counts
        self._written: Counter[str] = Counter()

    def limit(self, kind: str, most: int) -> None:
        """Let there be at most so many records of a kind."""
        self.bounds[kind] = replace(self.bounds[kind], most=most)

    async def written(self, *kinds: str) -> None:
        """A record of each of these kinds was written: once in a while the oldest make room."""
        for kind in kinds:
            self._written[kind] += 1
            if self._written[kind] % min(self.step, self.bounds[kind].most) == 0:
                await self._make_room(kind)

    async def _make_room(self, kind: str) -> None:
        bound = self.bounds[kind]
        beyond = await self._backend.reading.size(kind) - bound.most
        if beyond > 0:
            self._counts.follow(await self._backend.run(partial(_forget_oldest, kind, bound, beyond)))

    async def add_upload(self, upload: Upload, order: int) -> None:
        """Write an upload; the oldest make room for its bytes."""
        counts = await self._backend.run(partial(_put_upload, upload, order, self.most_uploaded))
        self._counts.follow(counts)


async def _forget_oldest(kind: str, bound: StoreBound, beyond: int, records: StoreTransaction) -> dict[str, int]:
    """Forget so many; returns how many of its noun that makes, and whatever they took with them."""
    rows = await records.rows(kind, None, beyond)
    for row in rows:
        await bound.forget(records, row)
    return await _count(records, bound.noun, len(rows))


async def _put_upload(upload: Upload, order: int, most: int, records: StoreTransaction) -> dict[str, int]:
    (record,) = await records.get("state", _UPLOADED)
    written = pack(upload)
    size, forgotten = int(record or 0) + len(written), 0
    while size > most and (rows := await records.rows(UPLOAD, None, forgotten + 1))[forgotten:]:
        size -= len(rows[forgotten].value)
        records.drop(UPLOAD, rows[forgotten].key)
        forgotten += 1
    records.put(UPLOAD, upload.token, written, order)
    records.put("state", _UPLOADED, b"%d" % size)
    return await _count(records, "uploads", forgotten) if forgotten else {}


def clear_uploads(records: StoreTransaction) -> None:
    """Forget every upload, and that there was any."""
    records.clear(UPLOAD)
    records.put("state", _UPLOADED, b"0")


async def _count(records: StoreTransaction, noun: str, number: int) -> dict[str, int]:
    counts = of_record((await records.get("state", FORGOTTEN))[0])
    counts[noun] = counts.get(noun, 0) + number
    records.put("state", FORGOTTEN, pack(counts))
    return counts


def of_record(written: bytes | None) -> dict[str, int]:
    """What was forgotten, by kind."""
    return {} if written is None else unpack(dict[str, int], written)


async def forget_task(records: StoreTransaction, kept: KeptTask) -> None:
    """Forget a task, its polls, and what led to it; callbacks of a task that is not known are never sent."""
    records.drop(TASK, kept.task.token)
    (polls,) = await records.get("poll", kept.task.token)
    if polls is not None:
        records.drop("poll", kept.task.token)
    keys = [key_of(kept, key) for key in dict.fromkeys(kept.keys)]
    for key, token in zip(keys, await records.get("key", *keys) if keys else (), strict=True):
        if token == kept.task.token.encode():
            records.drop("key", key)


def key_of(kept: KeptTask, key: str) -> str:
    """The name of a value that leads to a task."""
    return f"{kept.task.contract}\x1f{kept.task.account}\x1f{key}"
