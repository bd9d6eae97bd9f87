"""The store of one process. Whatever it holds has a bound: the oldest makes room for the new, and is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal

from pixpact.mockserver.faults.fault import ActiveFault, Fault
from pixpact.mockserver.state.compact_tasks import CompactTasks, ForgottenTask, TaskFacts, TaskShape
from pixpact.mockserver.state.deliveries import WaitingDeliveries
from pixpact.mockserver.state.forgotten_counts import ForgottenCounts
from pixpact.mockserver.state.ledger import AccountFunds, Charge, KnownCharge, LedgerEntry, MoneyLedger
from pixpact.mockserver.state.store import IdempotencyEntry, PollCount, StoredResponse, Task, Upload, WebhookDelivery
from pixpact.mockserver.state.task_snapshot import entered
from pixpact.mockserver.state.windows import RateWindows

MOST_TASKS = 100_000
_STEPS = 2000
"""Of so many tasks one more than has to is forgotten at once."""
MOST_TASK_BYTES = 64 * 1024 * 1024
MOST_UPLOAD_BYTES = 128 * 1024 * 1024
MOST_CLAIMS = 10_000
MOST_CLAIM_BYTES = 64 * 1024 * 1024
"""Of idempotency keys and of the responses that they give again."""


class MemoryStore:
    """Implements `Store` with dictionaries: an operation that never waits is atomic in one event loop."""

    def __init__(
        self,
        most_tasks: int = MOST_TASKS,
        most_task_bytes: int = MOST_TASK_BYTES,
        most_upload_bytes: int = MOST_UPLOAD_BYTES,
    ) -> None:
        self._most_tasks = most_tasks
        self._most_task_bytes = most_task_bytes
        self._most_upload_bytes = most_upload_bytes
        self.forgotten = ForgottenCounts()
        self._number = 0
        self._requests: dict[str, int] = {}
        self._tasks = CompactTasks()
        self._keys: dict[tuple[str, str], dict[str, str]] = {}
        self._polls: dict[str, int] = {}
        self._ended: dict[str, float] = {}
        self._task_bytes = 0
        self._deliveries = WaitingDeliveries()
        self._uploads: dict[str, Upload] = {}
        self._upload_bytes = 0
        self._ledger = MoneyLedger(forgotten=self.forgotten)
        self._claims: dict[str, IdempotencyEntry] = {}
        self._claim_bytes = 0
        self._windows = RateWindows(lambda: self.forgotten.add("rate windows"))
        self._faults: tuple[Fault, ...] = ()
        self.is_undisturbed = True
        """Whether no fault stands."""
        self._fault_number = 0
        self._struck: dict[int, ActiveFault] = {}
        self._turns: dict[str, int] = {}

    async def next_task_number(self) -> int:
        """The next running number, from 1."""
        self._number += 1
        return self._number

    async def next_request_number(self, of: str) -> int:
        """Count a request of an operation; returns which it is, from 1."""
        self.count_request(of)
        return self._requests[of]

    # ------------------------------------------------------------------ tasks

    async def add_task(self, task: Task, keys: Iterable[str]) -> None:
        """Remember a task under every value that leads to it."""
        kept = tuple(keys)
        self._tasks.put(task, kept)
        self._lead_to(task.token, (task.contract, task.account), kept, task.size)

    def _lead_to(self, token: str, owner: tuple[str, str], keys: tuple[str, ...], size: int) -> None:
        """Let keys lead to a task that is kept now, and let old ones make room."""
        if keys:
            of_owner = self._keys.get(owner)
            if of_owner is None:
                of_owner = self._keys[owner] = {}
            for key in keys:
                of_owner[key] = token
        self._task_bytes += size
        if len(self._tasks.rows) > self._most_tasks or self._task_bytes > self._most_task_bytes:
            self._make_room()

    def _make_room(self) -> None:
        """Forget the oldest tasks: of very many a few more than have to go, so that not every submission waits."""
        rows, gone, webhooks = self._tasks.rows, 0, 0
        most = self._most_tasks - (self._most_tasks // _STEPS if len(rows) > self._most_tasks else 0)
        while (len(rows) > most or self._task_bytes > self._most_task_bytes) and len(rows) > 1:
            webhooks += self._forget(*self._tasks.pop_oldest())
            gone += 1
        self.forgotten.add("webhooks", webhooks)
        self.forgotten.add("tasks", gone)

    async def forget_task(self, task: Task) -> None:
        """Forget a task; callbacks of a task that is not known are never sent."""
        if task.token in self._tasks:
            self._forget(task.token, self._tasks.pop(task.token))

    def _forget(self, token: str, gone: ForgottenTask) -> int:
        """Forget all that is of a task; returns how many callbacks it would have sent yet."""
        owner, keys, size = gone
        self._task_bytes -= size
        if self._polls:
            self._polls.pop(token, None)
        if self._ended:
            self._ended.pop(token, None)
        of_owner = self._keys.get(owner, {})
        for key in keys:
            if of_owner.get(key) == token:
                del of_owner[key]
        if keys and not of_owner:
            self._keys.pop(owner, None)
        return self._deliveries.forget(token)

    async def task_by_key(self, contract: str, account: str, key: str) -> Task | None:
        """The task of this account that a value leads to."""
        return self.find_by_key(contract, account, key)

    async def task_by_token(self, token: str) -> Task | None:
        """The task whose images carry this token."""
        task = self._tasks.get(token)
        return task.task if task else None

    async def tasks(self) -> list[Task]:
        """Every task that is remembered, oldest first."""
        return self._tasks.tasks()

    async def next_turn(self, name: str) -> int:
        """How often something was asked for before, under this name; counts it."""
        turn = self._turns.get(name, 0)
        self._turns[name] = turn + 1
        return turn

    async def poll_count(self, task: Task) -> PollCount:
        """The polls taken so far."""
        return PollCount(self._polls.get(task.token, 0), self._ended.get(task.token))

    async def record_poll(self, task: Task) -> int:
        """Count one poll; returns which it is, from 1."""
        count = self._polls.get(task.token, 0) + 1
        if task.token in self._tasks:  # it may have made room meanwhile
            self._polls[task.token] = count
        return count

    async def complete_task(self, task: Task, now: float) -> float:
        """Complete a task that ends at a poll, once; returns when it was completed."""
        if task.token not in self._tasks:
            return now  # it made room meanwhile
        if task.token not in self._ended:
            self._ended[task.token] = now
            for delivery in self._deliveries.take_at_poll(task.token):
                await self.add_delivery(delivery, now)
        return self._ended[task.token]

    async def replace_task(self, task: Task, kept: int, due: float | None) -> None:
        """Put a changed task in the place of the one with its token; its charge and its callbacks follow."""
        before = self._tasks.get(task.token)
        if before is None:
            return
        self._tasks.put(task, before.keys)
        self._ledger.change(task.token, kept, due)
        for delivery in self._deliveries.take_of(task.token):
            if not delivery.state:
                await self.add_delivery(delivery, due)
            elif (began := entered(task, delivery.state)) is not None:
                await self.add_delivery(replace(delivery, due=began), began)

    # ------------------------------------------------------------------ without waiting

    def peek_task_number(self) -> int:
        """The running number that comes next."""
        return self._number + 1

    def peek_request_number(self, of: str) -> int:
        """Which request of an operation comes next."""
        return self._requests.get(of, 0) + 1

    def submit(
        self, of: str, shape: TaskShape, facts: TaskFacts, token: str, charge: KnownCharge | None, opening: Decimal
    ) -> bool:
        """Charge and keep a task, and count its request and its number, in one step.

        False, and nothing happens, when the balance does not cover it, or another task of the account has its id.
        """
        if facts[0] in self._keys.get((shape.contract, facts[1]), ()):
            return False
        if charge is not None and not self._ledger.charge_parts(*charge, opening):
            return False
        self._number += 1
        self._requests[of] = self._requests.get(of, 0) + 1
        self._tasks.put_facts(token, shape, facts)
        self._lead_to(token, (shape.contract, facts[1]), facts[6], facts[4])
        return True

    def find_by_key(self, contract: str, account: str, key: str) -> Task | None:
        """The task of this account that a value leads to."""
        token = self._keys.get((contract, account), {}).get(key)
        task = None if token is None else self._tasks.get(token)
        return task.task if task else None

    def count_request(self, of: str) -> None:
        """Count a request of an operation."""
        self._requests[of] = self._requests.get(of, 0) + 1

    # ------------------------------------------------------------------ callbacks

    async def add_delivery(self, delivery: WebhookDelivery, due: float | None) -> None:
        """Let a callback wait until a time; None: until its task is completed by a poll."""
        self._deliveries.post(delivery, due)

    async def take_due_deliveries(self, now: float) -> list[WebhookDelivery]:
        """The callbacks that are due by now, earliest first."""
        return self._deliveries.take_due(now)

    async def finish_delivery(self, delivery: WebhookDelivery) -> None:
        """Nothing is to be done: who took it was this process."""

    async def is_delivering(self, now: float) -> bool:
        """There is no other process."""
        return False

    async def next_delivery_due(self) -> float | None:
        """When the next callback is due; None while none is."""
        return self._deliveries.next_due()

    async def waiting_deliveries(self) -> list[WebhookDelivery]:
        """The callbacks that wait, earliest first; those that wait for a poll last."""
        return self._deliveries.all()

    # ------------------------------------------------------------------ uploads

    async def add_upload(self, upload: Upload) -> None:
        """Remember an uploaded file, forgetting the oldest ones when there is no room."""
        self._uploads[upload.token] = upload
        self._upload_bytes += _room_of(upload)
        while self._upload_bytes > self._most_upload_bytes and len(self._uploads) > 1:
            oldest = self._uploads.pop(next(iter(self._uploads)))
            self._upload_bytes -= _room_of(oldest)
            self.forgotten.add("uploads")

    async def upload_by_token(self, token: str) -> Upload | None:
        """The upload of this token."""
        return self._uploads.get(token)

    # ------------------------------------------------------------------ money

    async def funds(self, account: str, opening: Decimal, now: float) -> AccountFunds:
        """What an account, opened with this balance when it is new, has left and has used."""
        return self._ledger.funds(account, opening, now)

    async def charge(self, entry: LedgerEntry, opening: Decimal) -> bool:
        """Write an entry if the balance covers it; False, and nothing happens, when it does not."""
        return self._ledger.charge(entry, opening)

    async def end_charge(self, token: str, at: float) -> None:
        """Tell when the task of an entry came to its outcome, once."""
        self._ledger.end(token, at)

    async def charges(self, now: float) -> list[Charge]:
        """Every charge until now, in the order of time."""
        return self._ledger.charges(now)

    async def claim_key(self, scope: str, claim: IdempotencyEntry, now: float) -> IdempotencyEntry | None:
        """Take an idempotency key of a scope; the claim that is there when it is taken already."""
        entry = self._claims.get(scope)
        if entry is not None and now < entry.until:
            return entry
        await self.release_key(scope)  # an expired one, so that the new one is the youngest
        self._claims[scope] = claim
        self._claim_bytes += len(scope)
        while len(self._claims) > MOST_CLAIMS or self._claim_bytes > MOST_CLAIM_BYTES:
            await self.release_key(next(iter(self._claims)))
            self.forgotten.add("idempotency keys")
        return None

    async def keep_response(self, scope: str, response: StoredResponse) -> None:
        """Keep the response of the request that took the key."""
        if scope in self._claims:
            self._claims[scope] = replace(self._claims[scope], response=response)
            self._claim_bytes += len(response.body)

    async def release_key(self, scope: str) -> None:
        """Let go of a key."""
        entry = self._claims.pop(scope, None)
        if entry is not None:
            self._claim_bytes -= len(scope) + (len(entry.response.body) if entry.response is not None else 0)

    async def check_rate_limit(self, account: str, most: int, seconds: float, now: float) -> float:
        """Count a request of an account: 0 when at most `most` came within `seconds`, else how long until the next."""
        return self._windows.take(account, most, seconds, now)

    # ------------------------------------------------------------------ faults

    async def add_fault(self, fault: Fault) -> Fault:
        """Let a fault stand; returns it with its number."""
        self._fault_number += 1
        numbered = replace(fault, number=self._fault_number)
        self._faults, self.is_undisturbed = (*self._faults, numbered), False
        self._struck[numbered.number] = ActiveFault(numbered)
        return numbered

    async def faults(self) -> tuple[Fault, ...]:
        """The standing faults in the order they were added."""
        return self._faults

    async def match_fault(self, fault: Fault, drawn: Callable[[int], float]) -> bool:
        """Count a request that a standing fault fits; whether it strikes. `drawn` gives chance by that count."""
        counts = self._struck.get(fault.number)
        if counts is None:
            return False  # removed meanwhile
        fitted = counts.fitted + 1
        strikes = fault.strikes(fitted, counts.struck, drawn(fitted))
        self._struck[fault.number] = ActiveFault(fault, fitted, counts.struck + strikes)
        return strikes

    async def fault_counts(self) -> tuple[ActiveFault, ...]:
        """The standing faults with how many requests each fitted and how many it struck."""
        return tuple(self._struck[fault.number] for fault in self._faults)

    async def remove_faults(self, number: int | None = None) -> int:
        """Remove the fault of a number, or all; returns how many."""
        kept = tuple(fault for fault in self._faults if number is not None and fault.number != number)
        removed = len(self._faults) - len(kept)
        self._faults, self.is_undisturbed = kept, not kept
        self._struck = {fault.number: self._struck[fault.number] for fault in kept}
        return removed

    async def reset(self, what: str) -> None:
        """Forget what `Store.reset` says. Running numbers go on, so that no id comes twice."""
        if what in ("tasks", "all"):
            self._tasks.clear()
            self._keys.clear()
            self._polls.clear()
            self._ended.clear()
            self._uploads.clear()
            self._claims.clear()
            self._deliveries.clear()
            self._upload_bytes = self._task_bytes = self._claim_bytes = 0
        if what in ("ledger", "all"):
            self._ledger = MoneyLedger(forgotten=self.forgotten)
        if what in ("faults", "all"):
            await self.remove_faults()
        if what in ("recording", "all"):
            self._turns.clear()
        if what == "all":
            self._windows.clear()


def _room_of(upload: Upload) -> int:
    """Bytes that an upload is counted as: an empty one takes room too."""
    return len(upload.content) + 1000
