"""What a store has no room for: the oldest goes, nothing else does, and it is counted and reported."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from pixpact.mockserver.core.pace import parse
from pixpact.mockserver.state.deliveries import WaitingDeliveries
from pixpact.mockserver.state.forgotten_counts import ForgottenCounts
from pixpact.mockserver.state.ledger import LedgerEntry, MoneyLedger
from pixpact.mockserver.state.memory import MemoryStore
from pixpact.mockserver.state.store import IdempotencyEntry, StoredResponse, Task, Upload, WebhookDelivery
from pixpact.mockserver.state.windows import RateWindows
from pixpact.mockserver.stores import accounts, deliveries, idempotency
from pixpact.mockserver.stores.shared_bounds import TASK
from pixpact.mockserver.stores.shared_clock import SharedMoment
from pixpact.specs.dialect.expressions import ExpressionRequest
from pixpact.specs.dialect.lifecycle import FOREVER, LifecycleState, RouteStage

TEN = Decimal(10)
ENTRY = LedgerEntry("t1", "task_1", "a", "toy", "order", "EUR", 0.0, Decimal(1), 3, 0, True, 5.0)
DELIVERY = WebhookDelivery("t1", "toy", "toy", "order", "ready", "http://127.0.0.1/", "http://m")
ROUTE = (RouteStage(LifecycleState("waiting"), FOREVER),)


def task(number):
    request = ExpressionRequest({}, {}, {}, {"prompt": "A kite"})
    token = f"t{number}"
    return Task(
        f"task_{number}", token, "toy", "order", "a", 0.0, ROUTE, request, None, None, None, 100, parse("manual")
    )


def tokens(them):
    return [it.token for it in them]


def test_callbacks_of_forgotten_tasks_take_no_room():
    """However many tasks come and go on a clock that stands, there are no more callbacks than tasks."""
    waiting = WaitingDeliveries()
    for number in range(20_000):
        waiting.post(replace(DELIVERY, token=str(number)), 5.0 + number % 7)
        if number >= 10:
            assert 1 == waiting.forget(str(number - 10))

    assert {str(number) for number in range(19_990, 20_000)} == {it.token for it in waiting.all()}
    assert 10 == len(waiting.take_due(100.0))
    assert waiting.next_due() is None
    assert len(waiting._due) + len(waiting._gone) + len(waiting._due_of) <= 3000


def test_a_callback_of_a_forgotten_task_is_never_taken():
    """Not even one that is posted later; those of others are."""
    waiting = WaitingDeliveries()
    for token in ("a", "b"):
        waiting.post(replace(DELIVERY, token=token), 5.0)
    waiting.forget("a")
    waiting.post(replace(DELIVERY, token="a"), 6.0)

    assert ["b"] == tokens(waiting.take_due(10.0))
    assert [] == waiting.all()


def test_windows_share_a_room():
    """A key that was not used for the longest time is the first to be forgotten, and may send again."""
    forgotten = []
    windows = RateWindows(lambda: forgotten.append(1), most=2, most_times=5)
    windows.take("a", 1, 60, 0.0)
    windows.take("b", 1, 60, 1.0)

    assert 58.0 == windows.take("a", 1, 60, 2.0)
    assert 0.0 == windows.take("c", 9, 60, 3.0)
    assert (0.0, 1) == (windows.take("b", 1, 60, 4.0), len(forgotten) - 1)
    assert [0.0] * 9 == [windows.take("c", 9, 60, 5.0 + number) for number in range(8)] + [0.0]
    assert 1 == len(windows._windows)


def test_an_entry_that_is_forgotten_has_changed_the_balance():
    """A refund to come is given back at once: it would be nowhere later; the account goes on."""
    forgotten = ForgottenCounts()
    ledger = MoneyLedger(most=1, forgotten=forgotten)
    ledger.charge(ENTRY, TEN)
    assert Decimal(7) == ledger.funds("a", TEN, 1.0).balance
    ledger.charge(ENTRY._replace(token="t2", images=1, kept=1), TEN)

    assert Decimal(9) == ledger.funds("a", TEN, 1.0).balance == ledger.funds("a", TEN, 9.0).balance
    assert {"charges": 1} == forgotten.read()


def test_the_account_that_was_not_used_for_the_longest_time_is_forgotten():
    """It has its opening balance again; what is known of its tasks does no harm."""
    forgotten = ForgottenCounts()
    ledger = MoneyLedger(most_accounts=2, forgotten=forgotten)
    for account in ("a", "b", "a", "c"):
        ledger.charge(ENTRY._replace(account=account, token=account + "1"), TEN)
    ledger.end("b1", 3.0)
    ledger.change("b1", 1, 4.0)

    assert {"accounts": 1} == forgotten.read()
    assert Decimal(4) == ledger.funds("a", TEN, 1.0).balance
    assert TEN == ledger.funds("b", TEN, 1.0).balance


def test_what_is_forgotten_is_reported_once_of_each_kind():
    """With a line the first time, and the number as long as there is one to ask."""
    lines, counts = [], ForgottenCounts()
    counts.report = lines.append
    counts.add("tasks")
    counts.add("tasks", 4)
    counts.add("uploads", 0)

    assert {"tasks": 5} == counts.read()
    assert ["there is no room for more tasks: the oldest are forgotten; /_pixpact/health counts them"] == lines


@pytest.fixture(params=["memory", "sqlite", "redis"])
def store(request, run, monkeypatch):
    """A store of each kind in which there is room for three of everything, or for 5000 bytes."""
    if request.param == "memory":
        monkeypatch.setattr("pixpact.mockserver.state.memory.MOST_CLAIMS", 3)
        store = MemoryStore(most_tasks=3, most_upload_bytes=5000)
        store._ledger = MoneyLedger(3, 3, store.forgotten)
        store._windows = RateWindows(lambda: store.forgotten.add("rate windows"), 3)
        yield store
        return
    store = request.getfixturevalue("new_choice")(request.param).opened()
    for kind in (TASK, accounts.ENTRY, accounts.ACCOUNT, idempotency.CLAIM, idempotency.WINDOW, deliveries.DUE):
        store.room.limit(kind, 3)
    store.room.step, store.room.most_uploaded = 1, 5000
    yield store
    run(store.backend.close())


def test_a_store_keeps_to_its_bounds(store, run):
    """Six of each kind are written: three are there, three are counted."""

    async def written():
        for number in range(6):
            await store.add_task(task(number), [f"task_{number}"])
            await store.add_delivery(replace(DELIVERY, token=f"t{number}"), 50.0 + number)
            await store.record_poll(task(number))
            await store.charge(ENTRY._replace(token=f"t{number}", account=f"a{number}", at=float(number)), TEN)
            await store.claim_key(f"key {number}", IdempotencyEntry("f", 100.0 + number), 0.0)
            await store.keep_response(f"key {number}", StoredResponse(200, (), b"{}"))
            await store.check_rate_limit(f"a{number}", 1, 60.0, float(number))
            await store.add_upload(Upload(f"u{number}", f"u{number}", "a.png", "image/png", b"a" * 900, 0.0, None))

    run(written())
    counts = store.forgotten.read()
    uploads = [run(store.upload_by_token(f"u{number}")) for number in range(6)]

    assert ["t3", "t4", "t5"] == tokens(run(store.tasks())) == tokens(run(store.waiting_deliveries()))
    assert [None, "t5"] == [
        it and it.token for it in (run(store.task_by_key("toy", "a", f"task_{it}")) for it in (0, 5))
    ]
    assert [0, 1] == [run(store.poll_count(task(number))).count for number in (0, 5)]
    assert [3.0, 4.0, 5.0] == [charge.time for charge in run(store.charges(9.0)) if charge.intent == "reserve"]
    assert [Decimal(7), TEN] == [run(store.funds(f"a{number}", TEN, 4.9)).balance for number in (5, 0)]
    assert 0.0 < run(store.check_rate_limit("a5", 1, 60.0, 6.0))
    assert uploads[0] is None
    assert uploads[5] is not None
    assert {"tasks": 3, "webhooks": 3, "charges": 3, "idempotency keys": 3, "rate windows": 3} == {
        kind: counts[kind] for kind in counts if kind not in ("uploads", "accounts")
    }
    assert 3 == counts["accounts"]
    assert counts["uploads"] == uploads.count(None) > 0


def test_another_process_learns_what_was_forgotten(new_choice, run):
    """With its next look at the store, and reports it too."""
    choice, lines = new_choice("sqlite"), []
    one, two = choice.opened(), choice.opened()
    two.forgotten.report = lines.append
    one.room.limit(TASK, 1)
    for number in range(3):
        run(one.add_task(task(number), []))
    run(two.sync(SharedMoment(0.0, "instant")))
    for store in (one, two):
        run(store.backend.close())

    assert {"tasks": 2} == one.forgotten.read() == two.forgotten.read()
    assert 1 == len(lines)


def test_a_reset_makes_room_for_uploads(new_choice, run):
    """What was uploaded before counts no more."""
    store = new_choice("sqlite").opened()
    store.room.most_uploaded = 2000
    for number in range(4):
        run(store.add_upload(Upload("u", f"u{number}", "a.png", "image/png", b"a" * 900, 0.0, None)))
        run(store.reset("tasks"))
    run(store.backend.close())

    assert {} == store.forgotten.read()
