"""Each store beside a small model of it: whatever is submitted, polled, struck, advanced, reset or killed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from pixpact.mockserver.core.pace import parse
from pixpact.mockserver.faults.fault import Fault
from pixpact.mockserver.state.ledger import LedgerEntry
from pixpact.mockserver.state.memory import MemoryStore
from pixpact.mockserver.state.store import Task, WebhookDelivery
from pixpact.mockserver.stores.shared_clock import SharedMoment
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRequest
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.lifecycle import FOREVER, LifecycleState, RouteStage

OPENING = Decimal(5)
ROUTE = (
    RouteStage(LifecycleState("queued", (1.0, 2.0)), 1.5),
    RouteStage(LifecycleState("done", outcome="ok"), FOREVER),
)
ACCOUNTS = st.sampled_from(["a", "b"])
LEASE = 60.0


@dataclass
class Model:
    """What is expected of a store, in plain values."""

    numbers: int = 0
    tasks: dict[str, Task] = field(default_factory=dict)
    polls: dict[str, int] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)
    paid: dict[str, list[str]] = field(default_factory=lambda: {"a": [], "b": []})
    waiting: dict[str, float | None] = field(default_factory=dict)
    taken: dict[str, float] = field(default_factory=dict)
    faults: dict[int, int] = field(default_factory=dict)


class StoreMachine(RuleBasedStateMachine):
    """Does to a store, and to the model, what a mock and its users do."""

    def __init__(self, choice) -> None:
        super().__init__()
        self.choice, self.loop = choice, asyncio.new_event_loop()
        self.model, self.now, self.true_time = Model(), 0.0, 0.0
        self.killed: list[Any] = []
        self.store = self.opened()

    def opened(self):
        if self.choice is None:
            return MemoryStore()
        store = self.choice.opened()
        store.true_time = lambda: self.true_time
        self.run(store.check())
        assert SharedMoment(0.0, "instant") == self.run(store.ensure_moment(SharedMoment(0.0, "instant")))
        return store

    def run(self, operation):
        return self.loop.run_until_complete(operation)

    def teardown(self) -> None:
        for store in [*self.killed, self.store] if self.choice is not None else []:
            self.run(store.backend.close())
        self.loop.close()

    @rule(account=ACCOUNTS, known=st.booleans(), text=st.text(max_size=5), key=st.text(max_size=5))
    def submit(self, account, known, text, key):
        """Number, charge, remember, and let a callback wait: for a time, or for the poll that completes the task."""
        number = self.run(self.store.next_task_number())
        token, ends_at = f"{number:024x}", self.now + 3 if known else None
        task = Task(
            id=f"task_{number}",
            token=token,
            contract="toy",
            operation="startDrawing",
            account=account,
            created_at=self.now,
            route=ROUTE,
            request=ExpressionRequest({"id": key}, {}, {}, {"prompt": text} if text else UNDEFINED),
            promise=ImagePromise(count=2, price=Decimal(1)),
            price=Decimal(2),
            ends_after=3.0 if known else None,
            size=9,
            pace=parse("polls:1"),
        )
        entry = LedgerEntry(
            token, task.id, account, "toy", task.operation, "EUR", self.now, Decimal(1), 2, 2, True, ends_at
        )
        paid = self.run(self.store.charge(entry, OPENING))
        if paid:
            self.run(self.store.add_task(task, [task.id, key]))
            delivery = WebhookDelivery(token, "toy", "toy", task.operation, "finished", "http://127.0.0.1/", "http://m")
            self.run(self.store.add_delivery(delivery, ends_at))

        self.model.numbers += 1
        assert self.model.numbers == number
        assert paid == (len(self.model.paid[account]) < 2)
        if paid:
            self.model.paid[account].append(token)
            self.model.tasks[token], self.model.waiting[token] = task, ends_at

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data())
    def poll(self, data):
        """Polls are counted; the first one that completes a task ends it, and its callback is due."""
        token = data.draw(st.sampled_from(sorted(self.model.tasks)))
        task = self.model.tasks[token]
        count = self.run(self.store.record_poll(task))
        self.model.polls[token] = self.model.polls.get(token, 0) + 1
        assert self.model.polls[token] == count
        if task.ends_after is None:
            self.model.ended.setdefault(token, self.now)
            assert self.model.ended[token] == self.run(self.store.complete_task(task, self.now))
            if token in self.model.waiting and self.model.waiting[token] is None:
                self.model.waiting[token] = self.model.ended[token]

    @rule(times=st.integers(1, 3))
    def add_fault(self, times):
        """It stands under the next number."""
        fault = self.run(self.store.add_fault(Fault("server-error", times=times)))
        assert fault.number not in self.model.faults
        self.model.faults[fault.number] = times

    @precondition(lambda self: self.model.faults)
    @rule(data=st.data(), removed=st.booleans())
    def meet_fault(self, data, removed):
        """It strikes as often as it says, whoever counts; removed, it strikes no more."""
        number = data.draw(st.sampled_from(sorted(self.model.faults)))
        fault = next(counted.fault for counted in self.run(self.store.fault_counts()) if counted.fault.number == number)
        if removed:
            assert 1 == self.run(self.store.remove_faults(number))
            del self.model.faults[number]
        strikes = self.run(self.store.match_fault(fault, lambda _: 0.0))
        assert strikes == (not removed and self.model.faults[number] > 0)
        if not removed:
            self.model.faults[number] = max(self.model.faults[number] - 1, 0)

    @rule(seconds=st.sampled_from([1.0, 3.0]))
    def advance(self, seconds):
        """Time passes, here and for the machine."""
        self.now += seconds
        self.true_time += seconds

    @rule(sent=st.booleans())
    def send(self, sent):
        """What is due is taken once; what nobody reports as sent is taken again when its lease is over."""
        taken = self.run(self.store.take_due_deliveries(self.now))
        due = {token for token, at in self.model.waiting.items() if at is not None and at <= self.now}
        left = {token for token, until in self.model.taken.items() if until <= self.true_time}
        assert sorted(due | left) == sorted(delivery.token for delivery in taken)
        for delivery in taken:
            self.model.waiting.pop(delivery.token, None)
            self.model.taken.pop(delivery.token, None)
            if sent:
                self.run(self.store.finish_delivery(delivery))
            elif self.choice is not None:
                self.model.taken[delivery.token] = self.true_time + LEASE

    @rule(what=st.sampled_from(["tasks", "ledger", "faults", "all"]))
    def reset(self, what):
        """What is named is forgotten, and running numbers go on."""
        self.run(self.store.reset(what))
        fresh, model = Model(), self.model
        if what in ("tasks", "all"):
            for name in ("tasks", "polls", "ended", "waiting", "taken"):
                setattr(model, name, getattr(fresh, name))
        if what in ("ledger", "all"):
            model.paid = fresh.paid
        if what in ("faults", "all"):
            model.faults = fresh.faults

    @precondition(lambda self: self.choice is not None)
    @rule(killed=st.booleans())
    def restart(self, killed):
        """Another process opens the same store, whether the last one closed it or was killed."""
        if killed:
            self.killed.append(self.store)  # what its process held open is only let go at the end
        else:
            self.run(self.store.backend.close())
        self.store = self.opened()

    @precondition(lambda self: self.model.taken)
    @rule()
    def outlast_leases(self):
        """Who took callbacks is gone for long."""
        self.true_time += LEASE

    @invariant()
    def remembers(self):
        """Every task is there and as it was; balances are what was paid; what is due next is told."""
        assert list(self.model.tasks.values()) == self.run(self.store.tasks())
        for account, paid in self.model.paid.items():
            assert OPENING - 2 * len(paid) == self.run(self.store.funds(account, OPENING, self.now)).balance
        left = [token for token, until in self.model.taken.items() if until <= self.true_time]
        due = [at for at in self.model.waiting.values() if at is not None]
        assert bool(due or left) == (self.run(self.store.next_delivery_due()) is not None)
        standing = {counted.fault.number for counted in self.run(self.store.fault_counts())}
        assert set(self.model.faults) == standing


@pytest.mark.parametrize("kind", ["memory", "sqlite", "redis"])
def test_a_store_does_what_its_model_does(kind, new_choice):
    """In any order of operations, with restarts and kills between them."""
    machine = settings(
        max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    run_state_machine_as_test(lambda: StoreMachine(None if kind == "memory" else new_choice(kind)), settings=machine)
