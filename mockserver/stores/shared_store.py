"""What several processes remember together: the operations of `Store` as transactions of one backend.

A record is read, changed and written back at once or not at all; whoever comes second reads what the first one wrote.
There is room for so many of each kind: see `shared_bounds.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from pixpact.mockserver.faults.fault import ActiveFault, Fault
from pixpact.mockserver.state.compact_tasks import KeptTask
from pixpact.mockserver.state.forgotten_counts import ForgottenCounts
from pixpact.mockserver.state.ledger import AccountFunds, Charge, LedgerEntry, in_order
from pixpact.mockserver.state.store import IdempotencyEntry, PollCount, StoredResponse, Task, Upload, WebhookDelivery
from pixpact.mockserver.stores import accounts, deliveries, faults, idempotency
from pixpact.mockserver.stores.backend import StoreBackend, StoreReading, StoreTransaction
from pixpact.mockserver.stores.codec import pack, unpack
from pixpact.mockserver.stores.shared_bounds import (
    FORGOTTEN,
    TASK,
    StoreRoom,
    clear_uploads,
    forget_task,
    key_of,
    of_record,
)
from pixpact.mockserver.stores.shared_clock import SharedMoment

LEASE = 60.0
"""Seconds of true time after which a callback that nobody has reported as sent is taken again: its taker is gone."""


@dataclass(frozen=True, slots=True)
class StoreUpdate:
    """What every request has to know of the others: the moment, and how often the journal was reset."""

    moment: SharedMoment
    resets: int


class SharedStore:
    """Implements `Store` over a backend. `true_time` gives the machine's own time, by which leases end."""

    def __init__(
        self,
        backend: StoreBackend,
        true_time: Callable[[], float],
        *,
        lease: float = LEASE,
    ) -> None:
        self.backend = backend
        self.true_time = true_time
        self._lease = lease
        self.forgotten = ForgottenCounts()
        self.room = StoreRoom(backend, self.forgotten)
        self._faults: tuple[Fault, ...] = ()
        self._faults_read: bytes | None = None

    # ------------------------------------------------------------------ the moment

    async def check(self) -> None:
        """See that the backend can be used. Raises StoreRefused or StoreUnavailable."""
        await self.backend.check()

    async def ensure_moment(self, moment: SharedMoment) -> SharedMoment:
        """The moment of this store; the one given where it has none yet."""

        async def found(records: StoreTransaction) -> SharedMoment:
            (kept,) = await records.get("state", "moment")
            if kept is None:
                records.put("state", "moment", pack(moment))
            return moment if kept is None else unpack(SharedMoment, kept)

        return await self.backend.run(found)

    async def sync(self, moment: SharedMoment) -> StoreUpdate:
        """What stands now; a store that has lost everything begins again at the moment given."""
        names = ("moment", "faults", "resets", FORGOTTEN)
        kept, faults, resets, forgotten = await self.backend.reading.get("state", *names)
        self._keep_faults(faults)
        if forgotten is not None:
            self.forgotten.follow(of_record(forgotten))
        if kept is None:
            moment_now = await self.ensure_moment(moment.begun_again(self.true_time()))
        else:
            moment_now = unpack(SharedMoment, kept)
        return StoreUpdate(moment_now, int(resets or 0))

    async def change(self, changed: Callable[[SharedMoment], SharedMoment], moment: SharedMoment) -> SharedMoment:
        """Let the moment be another for all; returns it. `moment` is where a store that has none begins."""

        async def work(records: StoreTransaction) -> SharedMoment:
            (kept,) = await records.get("state", "moment")
            moment_now = changed(moment if kept is None else unpack(SharedMoment, kept))
            records.put("state", "moment", pack(moment_now))
            return moment_now

        return await self.backend.run(work)

    async def next_task_number(self) -> int:
        """The next running number, from 1."""
        return await self.backend.count("number")

    async def next_request_number(self, of: str) -> int:
        """Count a request of an operation; returns which it is, from 1."""
        return await self.backend.count(f"request:{of}")

    # ------------------------------------------------------------------ tasks

    async def add_task(self, task: Task, keys: Iterable[str]) -> None:
        """Remember a task under every value that leads to it."""
        kept, order = KeptTask(task, tuple(keys)), await self.backend.count("order")

        async def work(records: StoreTransaction) -> None:
            records.put("task", task.token, pack(kept), order)
            for key in kept.keys:
                records.put("key", key_of(kept, key), task.token.encode())

        await self.backend.run(work)
        await self.room.written(TASK)

    async def task_by_key(self, contract: str, account: str, key: str) -> Task | None:
        """The task of this account that a value leads to."""
        (token,) = await self.backend.reading.get("key", f"{contract}\x1f{account}\x1f{key}")
        return None if token is None else await self.task_by_token(token.decode())

    async def forget_task(self, task: Task) -> None:
        """Forget a task, and what led to it; callbacks of a task that is not known are never sent."""

        async def work(records: StoreTransaction) -> None:
            (kept,) = await records.get("task", task.token)
            if kept is not None:
                await forget_task(records, unpack(KeptTask, kept))

        await self.backend.run(work)

    async def task_by_token(self, token: str) -> Task | None:
        """The task whose images carry this token."""
        (kept,) = await self.backend.reading.get("task", token)
        return None if kept is None else unpack(KeptTask, kept).task

    async def tasks(self) -> list[Task]:
        """Every task that is remembered, oldest first."""
        return [unpack(KeptTask, row.value).task for row in await self.backend.reading.rows("task")]

    async def next_turn(self, name: str) -> int:
        """How often something was asked for before, under this name; counts it."""

        async def work(records: StoreTransaction) -> int:
            (turn,) = await records.get("turn", name)
            records.put("turn", name, b"%d" % (int(turn or 0) + 1))
            return int(turn or 0)

        return await self.backend.run(work)

    async def poll_count(self, task: Task) -> PollCount:
        """The polls taken so far."""
        return await _polls(self.backend.reading, task.token)

    async def record_poll(self, task: Task) -> int:
        """Count one poll; returns which it is, from 1."""

        async def work(records: StoreTransaction) -> int:
            polls = await _polls(records, task.token)
            polls.count += 1
            records.put("poll", task.token, pack(polls))
            return polls.count

        return await self.backend.run(work)

    async def complete_task(self, task: Task, now: float) -> float:
        """Complete a task that ends at a poll, once; returns when. Its charge ends, and what waits for it is due."""

        async def work(records: StoreTransaction) -> float:
            polls = await _polls(records, task.token)
            if polls.ended_at is not None:
                return polls.ended_at
            polls.ended_at = now
            records.put("poll", task.token, pack(polls))
            await accounts.end(records, task.token, now)
            await deliveries.repost(records, task.token, now)
            return now

        return await self.backend.run(work)

    async def replace_task(self, task: Task, kept: int, due: float | None) -> None:
        """Put a changed task in the place of the one with its token; its charge and its callbacks follow."""

        async def work(records: StoreTransaction) -> None:
            (record,) = await records.get("task", task.token)
            if record is None:
                return
            records.put("task", task.token, pack(replace(unpack(KeptTask, record), task=task)))
            await accounts.change(records, task.token, kept, due)
            await deliveries.repost(records, task.token, due, task)

        await self.backend.run(work)

    # ------------------------------------------------------------------ callbacks

    async def add_delivery(self, delivery: WebhookDelivery, due: float | None) -> None:
        """Let a callback wait until a time; None: until its task is completed by a poll."""
        order = await self.backend.count("order")
        await self.backend.run(lambda records: deliveries.put_off(records, delivery, order, due))
        await self.room.written(deliveries.AT_POLL if due is None else deliveries.DUE)

    async def take_due_deliveries(self, now: float) -> list[WebhookDelivery]:
        """The callbacks that are due by now, earliest first, and those whose taker is gone: who takes one sends it."""
        true_time, lease = self.true_time(), self._lease
        return await self.backend.run(lambda records: deliveries.lease(records, now, true_time, lease))

    async def finish_delivery(self, delivery: WebhookDelivery) -> None:
        """A callback that was taken has been sent, or never will be."""
        await self.backend.run(lambda records: deliveries.dismiss(records, delivery.place))

    async def is_delivering(self, now: float) -> bool:
        """Whether callbacks are due by now, or under way, in whatever process."""
        return await deliveries.is_sending(self.backend.reading, now)

    async def next_delivery_due(self) -> float | None:
        """When the next callback is due; None while none is."""
        return await deliveries.next_due(self.backend.reading, self.true_time())

    async def waiting_deliveries(self) -> list[WebhookDelivery]:
        """The callbacks that wait, earliest first, and that are sent now; those that wait for a poll last."""
        return await deliveries.waiting(self.backend.reading)

    # ------------------------------------------------------------------ uploads

    async def add_upload(self, upload: Upload) -> None:
        """Remember an uploaded file, forgetting the oldest ones when there is no room."""
        await self.room.add_upload(upload, await self.backend.count("order"))

    async def upload_by_token(self, token: str) -> Upload | None:
        """The upload of this token."""
        (kept,) = await self.backend.reading.get("upload", token)
        return None if kept is None else unpack(Upload, kept)

    # ------------------------------------------------------------------ money

    async def funds(self, account: str, opening: Decimal, now: float) -> AccountFunds:
        """What an account, opened with this balance when it is new, has left and has used."""
        funds = await self.backend.run(lambda records: accounts.funds(records, account, opening, now))
        await self.room.written(accounts.ACCOUNT)
        return funds

    async def charge(self, entry: LedgerEntry, opening: Decimal) -> bool:
        """Write an entry if the balance covers it; False, and nothing happens, when it does not."""
        order = await self.backend.count("order")
        paid = await self.backend.run(lambda records: accounts.charge(records, entry, opening, order))
        await self.room.written(accounts.ENTRY, accounts.ACCOUNT)
        return paid

    async def end_charge(self, token: str, at: float) -> None:
        """Tell when the task of an entry came to its outcome, once."""
        await self.backend.run(lambda records: accounts.end(records, token, at))

    async def charges(self, now: float) -> list[Charge]:
        """Every charge until now, in the order of time."""
        rows = await self.backend.reading.rows(accounts.ENTRY)
        return in_order((unpack(LedgerEntry, row.value) for row in rows), now)

    # ------------------------------------------------------------------ keys and windows

    async def claim_key(self, scope: str, claim: IdempotencyEntry, now: float) -> IdempotencyEntry | None:
        """Take an idempotency key of a scope; the claim that is there when it is taken already."""
        true_time = self.true_time()
        entry = await self.backend.run(lambda records: idempotency.claim(records, scope, claim, now, true_time))
        await self.room.written(idempotency.CLAIM)
        return entry

    async def keep_response(self, scope: str, response: StoredResponse) -> None:
        """Keep the response of the request that took the key."""
        await self.backend.run(lambda records: idempotency.settle(records, scope, response))

    async def release_key(self, scope: str) -> None:
        """Let go of a key."""
        await self.backend.run(lambda records: idempotency.release(records, scope))

    async def check_rate_limit(self, account: str, most: int, seconds: float, now: float) -> float:
        """Count a request of an account: 0 when at most `most` came within `seconds`, else how long until the next."""
        wait = await self.backend.run(lambda records: idempotency.take(records, account, most, seconds, now))
        await self.room.written(idempotency.WINDOW)
        return wait

    # ------------------------------------------------------------------ faults

    def _keep_faults(self, written: bytes | None) -> None:
        if written != self._faults_read:
            self._faults_read, self._faults = written, faults.of_record(written)

    async def add_fault(self, fault: Fault) -> Fault:
        """Let a fault stand; returns it with its number."""
        numbered = replace(fault, number=await self.backend.count("fault"))
        self._keep_faults(await self.backend.run(lambda records: faults.add(records, numbered)))
        return numbered

    async def faults(self) -> tuple[Fault, ...]:
        """The standing faults in the order they were added, as they were when the store was last read."""
        return self._faults

    async def match_fault(self, fault: Fault, drawn: Callable[[int], float]) -> bool:
        """Count a request that a standing fault fits; whether it strikes. `drawn` gives chance by that count."""
        return await self.backend.run(lambda records: faults.strike(records, fault, drawn))

    async def fault_counts(self) -> tuple[ActiveFault, ...]:
        """The standing faults with how many requests each fitted and how many it struck."""
        return await faults.counts(self.backend.reading)

    async def remove_faults(self, number: int | None = None) -> int:
        """Remove the fault of a number, or all; returns how many."""
        removed, written = await self.backend.run(lambda records: faults.remove(records, number))
        self._keep_faults(written)
        return removed

    async def reset(self, what: str) -> None:
        """Forget what `Store.reset` says. Running numbers go on, so that no id comes twice."""
        kinds = [kind for name, kinds in _RESETS.items() if what in (name, "all") for kind in kinds]
        if what in ("ledger", "all"):
            rows = await self.backend.reading.rows(accounts.ACCOUNT)
            kinds += [accounts.owed(row.key) for row in rows]

        async def work(records: StoreTransaction) -> None:
            for kind in kinds:
                records.clear(kind)
            if what in ("tasks", "all"):
                clear_uploads(records)

        await self.backend.run(work)
        if what in ("faults", "all"):
            await self.remove_faults()


_RESETS: Mapping[str, tuple[str, ...]] = {
    "tasks": ("task", "key", "poll", idempotency.CLAIM, deliveries.DUE, deliveries.TAKEN, deliveries.AT_POLL),
    "ledger": (accounts.ACCOUNT, accounts.ENTRY),
    "faults": (faults.STRUCK,),
    "recording": ("turn",),
    "all": (idempotency.WINDOW,),
}
"""The kinds that each reset clears."""


async def _polls(reading: StoreReading, token: str) -> PollCount:
    (kept,) = await reading.get("poll", token)
    return PollCount() if kept is None else unpack(PollCount, kept)
