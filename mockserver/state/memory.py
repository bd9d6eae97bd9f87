"""The store of one process. The oldest tasks, uploads and idempotency keys make room for new ones."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal

from pixpact.mockserver.faults.fault import Fault, StandingFault
from pixpact.mockserver.state.compact import CompactTasks, TaskFacts, TaskShape
from pixpact.mockserver.state.ledger import AccountFunds, Charge, LedgerEntry, MoneyLedger
from pixpact.mockserver.state.progress import entered
from pixpact.mockserver.state.store import IdempotencyEntry, PollCount, StoredResponse, Task, Upload, WebhookDelivery

MOST_TASKS = 100_000
MOST_TASK_BYTES = 64 * 1024 * 1024
MOST_UPLOAD_BYTES = 128 * 1024 * 1024
MOST_CLAIMS = 10_000
MOST_WINDOWS = 100_000
MOST_CLAIM_BYTES = 64 * 1024 * 1024


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
        self._number = 0
        self._requests: dict[str, int] = {}
        self._tasks = CompactTasks()
        self._keys: dict[tuple[str, str], dict[str, str]] = {}
        self._polls: dict[str, int] = {}
        self._ended: dict[str, float] = {}
        self._task_bytes = 0
        self._posted = itertools.count()
        self._due: list[tuple[float, int, WebhookDelivery]] = []
        self._at_poll: dict[str, list[WebhookDelivery]] = {}
        self._uploads: dict[str, Upload] = {}
        self._upload_bytes = 0
        self._ledger = MoneyLedger()
        self._claims: dict[str, IdempotencyEntry] = {}
        self._claim_bytes = 0
        self._windows: dict[str, deque[float]] = {}
        self._faults: tuple[Fault, ...] = ()
        self._fault_number = 0
        self._struck: dict[int, StandingFault] = {}
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
            self._keys.setdefault(owner, {}).update(dict.fromkeys(keys, token))
        self._task_bytes += size
        while len(self._tasks) > 1 and (
            len(self._tasks) > self._most_tasks or self._task_bytes > self._most_task_bytes
        ):
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        self._forget(self._tasks.oldest)

    async def forget_task(self, task: Task) -> None:
        """Forget a task; callbacks of a task that is not known are never sent."""
        if task.token in self._tasks:
            self._forget(task.token)

    def _forget(self, token: str) -> None:
        gone = self._tasks.pop(token)
        owner, keys = (gone.contract, gone.account), gone.keys
        self._task_bytes -= gone.size
        self._polls.pop(token, None)
        self._ended.pop(token, None)
        self._at_poll.pop(token, None)
        of_account = self._keys.get(owner, {})
        for key in keys:
            if of_account.get(key) == token:
                del of_account[key]
        if keys and not of_account:
            self._keys.pop(owner, None)

    async def task_by_key(self, contract: str, account: str, key: str) -> Task | None:
        """The task of this account that a value leads to."""
        return self.find_by_key(contract, account, key)

    async def task_by_token(self, token: str) -> Task | None:
        """The task whose images carry this token."""
        found = self._tasks.get(token)
        return found.task if found else None

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
        self._polls[task.token] = count = self._polls.get(task.token, 0) + 1
        return count

    async def complete_task(self, task: Task, now: float) -> float:
        """Complete a task that ends at a poll, once; returns when it was completed."""
        if task.token not in self._ended:
            self._ended[task.token] = now
            for delivery in self._at_poll.pop(task.token, ()):
                await self.add_delivery(delivery, now)
        return self._ended[task.token]

    async def replace_task(self, task: Task, kept: int, due: float | None) -> None:
        """Put a changed task in the place of the one with its token; its charge and its callbacks follow."""
        before = self._tasks.get(task.token)
        if before is None:
            return
        self._tasks.put(task, before.keys)
        self._ledger.change(task.token, kept, due)
        waiting = self._at_poll.pop(task.token, [])
        waiting += [delivery for _, _, delivery in self._due if delivery.token == task.token]
        self._due = [item for item in self._due if item[2].token != task.token]
        heapq.heapify(self._due)
        for delivery in waiting:
            if not delivery.state:
                await self.add_delivery(delivery, due)
            elif (began := entered(task, delivery.state)) is not None:
                await self.add_delivery(replace(delivery, due=began), began)

    # ------------------------------------------------------------------ without waiting

    @property
    def is_undisturbed(self) -> bool:
        """Whether no fault stands."""
        return not self._faults

    def peek_task_number(self) -> int:
        """The running number that comes next."""
        return self._number + 1

    def peek_request_number(self, of: str) -> int:
        """Which request of an operation comes next."""
        return self._requests.get(of, 0) + 1

    def submit(
        self, of: str, shape: TaskShape, facts: TaskFacts, token: str, entry: LedgerEntry | None, opening: Decimal
    ) -> bool:
        """Charge and keep a task, and count its request and its number, in one step.

        False, and nothing happens, when the balance does not cover it.
        """
        if entry is not None and not self._ledger.charge(entry, opening):
            return False
        self._number += 1
        self._requests[of] = self._requests.get(of, 0) + 1
        self._tasks.put_facts(token, shape, facts)
        self._lead_to(token, (shape.contract, facts[1]), facts[6], facts[4])
        return True

    def find_by_key(self, contract: str, account: str, key: str) -> Task | None:
        """The task of this account that a value leads to."""
        token = self._keys.get((contract, account), {}).get(key)
        found = None if token is None else self._tasks.get(token)
        return found.task if found else None

    def count_request(self, of: str) -> None:
        """Count a request of an operation."""
        self._requests[of] = self._requests.get(of, 0) + 1

    # ------------------------------------------------------------------ callbacks

    async def add_delivery(self, delivery: WebhookDelivery, due: float | None) -> None:
        """Let a callback wait until a time; None: until its task is completed by a poll."""
        if due is None:
            self._at_poll.setdefault(delivery.token, []).append(delivery)
        else:
            heapq.heappush(self._due, (due, next(self._posted), delivery))

    async def take_due_deliveries(self, now: float) -> list[WebhookDelivery]:
        """The callbacks that are due by now, earliest first."""
        found = []
        while self._due and self._due[0][0] <= now:
            found.append(heapq.heappop(self._due)[2])
        return found

    async def finish_delivery(self, delivery: WebhookDelivery) -> None:
        """Nothing is to be done: who took it was this process."""

    async def is_delivering(self, now: float) -> bool:
        """There is no other process."""
        return False

    async def next_delivery_due(self) -> float | None:
        """When the next callback is due; None while none is."""
        return self._due[0][0] if self._due else None

    async def waiting_deliveries(self) -> list[WebhookDelivery]:
        """The callbacks that wait, earliest first; those that wait for a poll last."""
        at_poll = [delivery for them in self._at_poll.values() for delivery in them]
        return [replace(delivery, due=due) for due, _, delivery in sorted(self._due)] + at_poll

    # ------------------------------------------------------------------ uploads

    async def add_upload(self, upload: Upload) -> None:
        """Remember an uploaded file, forgetting the oldest ones when there is no room."""
        self._uploads[upload.token] = upload
        self._upload_bytes += len(upload.content)
        while self._upload_bytes > self._most_upload_bytes and len(self._uploads) > 1:
            oldest = self._uploads.pop(next(iter(self._uploads)))
            self._upload_bytes -= len(oldest.content)

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
        found = self._claims.get(scope)
        if found is not None and now < found.until:
            return found
        await self.release_key(scope)  # an expired one, so that the new one is the youngest
        self._claims[scope] = claim
        while len(self._claims) > MOST_CLAIMS or self._claim_bytes > MOST_CLAIM_BYTES:
            await self.release_key(next(iter(self._claims)))
        return None

    async def keep_response(self, scope: str, response: StoredResponse) -> None:
        """Keep the response of the request that took the key."""
        if scope in self._claims:
            self._claims[scope] = replace(self._claims[scope], response=response)
            self._claim_bytes += len(response.body)

    async def release_key(self, scope: str) -> None:
        """Let go of a key."""
        found = self._claims.pop(scope, None)
        if found is not None and found.response is not None:
            self._claim_bytes -= len(found.response.body)

    async def check_rate_limit(self, account: str, most: int, seconds: float, now: float) -> float:
        """Count a request of an account: 0 when at most `most` came within `seconds`, else how long until the next."""
        window = self._windows.get(account)
        if window is None:
            window = self._windows[account] = deque(maxlen=most)
            if len(self._windows) > MOST_WINDOWS:
                del self._windows[next(iter(self._windows))]
        if len(window) == most and window[0] > now - seconds:
            return window[0] + seconds - now
        window.append(now)  # the oldest makes room
        return 0.0

    # ------------------------------------------------------------------ faults

    async def add_fault(self, fault: Fault) -> Fault:
        """Let a fault stand; returns it with its number."""
        self._fault_number += 1
        numbered = replace(fault, number=self._fault_number)
        self._faults = (*self._faults, numbered)
        self._struck[numbered.number] = StandingFault(numbered)
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
        self._struck[fault.number] = StandingFault(fault, fitted, counts.struck + strikes)
        return strikes

    async def fault_counts(self) -> tuple[StandingFault, ...]:
        """The standing faults with how many requests each fitted and how many it struck."""
        return tuple(self._struck[fault.number] for fault in self._faults)

    async def remove_faults(self, number: int | None = None) -> int:
        """Remove the fault of a number, or all; returns how many."""
        kept = tuple(fault for fault in self._faults if number is not None and fault.number != number)
        removed = len(self._faults) - len(kept)
        self._faults = kept
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
            self._due.clear()
            self._at_poll.clear()
            self._upload_bytes = self._task_bytes = self._claim_bytes = 0
        if what in ("ledger", "all"):
            self._ledger = MoneyLedger()
        if what in ("faults", "all"):
            await self.remove_faults()
        if what in ("recording", "all"):
            self._turns.clear()
        if what == "all":
            self._windows.clear()
