"""The ledger: charges by intent, balances to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixpact.mockserver.state.ledger import LedgerEntry, MoneyLedger

ENTRY = LedgerEntry(
    token="t1",
    task="task_1",
    account="a",
    vendor="toy",
    operation="startDrawing",
    currency="EUR",
    at=0.0,
    price=Decimal(2),
    images=3,
    kept=3,
    reserved=True,
    ends_at=5.0,
)
TEN = Decimal(10)


def reported(ledger, now):
    """(time, intent, amount, images) of every charge."""
    return [(charge.time, charge.intent, charge.amount, charge.images) for charge in ledger.charges(now)]


def balances(ledger, *times):
    return [ledger.funds("a", TEN, now).balance for now in times]


def test_a_success_is_reserved_and_captured():
    """What was reserved at submission is captured at the outcome; the balance moves once."""
    ledger = MoneyLedger()

    assert ledger.charge(ENTRY, TEN)
    assert reported(ledger, 4.9) == [(0.0, "reserve", Decimal(6), 3)]
    assert reported(ledger, 5.0) == [(0.0, "reserve", Decimal(6), 3), (5.0, "capture", Decimal(6), 3)]
    assert balances(ledger, 0.0, 5.0) == [Decimal(4), Decimal(4)]


def test_a_failure_is_refunded_from_its_time_on():
    """Before the outcome the money is gone, from then on it is back."""
    ledger = MoneyLedger()
    ledger.charge(ENTRY._replace(kept=0), TEN)

    assert balances(ledger, 0.0, 4.9, 5.0) == [Decimal(4), Decimal(4), TEN]
    assert reported(ledger, 5.0)[1:] == [(5.0, "refund", Decimal(6), 3)]


def test_what_is_not_delivered_comes_back():
    """Of three images two are captured and one is refunded."""
    ledger = MoneyLedger()
    ledger.charge(ENTRY._replace(kept=2), TEN)

    assert reported(ledger, 9.0)[1:] == [(5.0, "capture", Decimal(4), 2), (5.0, "refund", Decimal(2), 1)]
    assert balances(ledger, 9.0) == [Decimal(6)]


def test_a_charge_on_success_reserves_nothing():
    """The balance moves at the outcome, and not at all for a failure."""
    ledger = MoneyLedger()
    ledger.charge(ENTRY._replace(reserved=False), TEN)
    ledger.charge(ENTRY._replace(token="t2", reserved=False, kept=0), TEN)

    assert reported(ledger, 4.9) == []
    assert reported(ledger, 5.0) == [(5.0, "capture", Decimal(6), 3)]
    assert balances(ledger, 4.9, 5.0) == [TEN, Decimal(4)]


def test_who_cannot_pay_is_not_charged():
    """A charge beyond the balance changes nothing; to the last cent it may go."""
    ledger = MoneyLedger()

    assert not ledger.charge(ENTRY._replace(price=Decimal("3.34")), TEN)
    assert balances(ledger, 0.0) == [TEN]
    assert ledger.charge(ENTRY._replace(price=Decimal(10), images=1, kept=1), TEN)
    assert balances(ledger, 0.0) == [Decimal(0)]


def test_an_outcome_that_comes_with_a_poll_counts_once():
    """A task that ends when it is looked at gives its money back one time; an unknown one nothing."""
    ledger = MoneyLedger()
    ledger.charge(ENTRY._replace(kept=0, ends_at=None), TEN)
    for token in ("t1", "t1", "t9"):
        ledger.end(token, 7.0)

    assert balances(ledger, 6.9, 7.0, 99.0) == [Decimal(4), TEN, TEN]
    assert reported(ledger, 99.0)[1:] == [(7.0, "refund", Decimal(6), 3)]


def test_a_charge_without_a_known_price_is_listed():
    """Where no price is published, the charge has no amount and the balance stays."""
    ledger = MoneyLedger()
    ledger.charge(ENTRY._replace(price=None), TEN)

    assert reported(ledger, 5.0) == [(0.0, "reserve", None, 3), (5.0, "capture", None, 3)]
    assert balances(ledger, 5.0) == [TEN]


@pytest.mark.parametrize("ends_at", [5.0, None])
def test_what_is_to_be_paid_on_success_cannot_be_spent_twice(ends_at):
    """Tasks under way that are paid at their outcome leave nothing for more; a failure makes room again."""
    ledger = MoneyLedger()
    later = ENTRY._replace(reserved=False, ends_at=ends_at)
    taken = [ledger.charge(later._replace(token=str(number)), TEN) for number in range(3)]
    ledger.end("0", 5.0)

    assert [True, False, False] == taken
    assert balances(ledger, 4.0, 5.0) == [TEN, Decimal(4)]
    assert ledger.charge(later._replace(token="last", images=2, kept=2, at=6.0), TEN)


def test_nothing_is_bought_with_nothing():
    """A key with an empty balance is refused where no price is known, too."""
    ledger = MoneyLedger()

    assert not ledger.charge(ENTRY._replace(price=None), Decimal(0))
    assert ledger.charge(ENTRY._replace(price=None, account="c"), Decimal("0.01"))
    assert ledger.charge(ENTRY._replace(token="t3", account="b", price=Decimal(0)), Decimal(0))


def test_old_entries_are_no_longer_listed_and_still_count():
    """The list is bounded; the balance is not wrong because of it."""
    ledger = MoneyLedger(most=2)
    for number in range(4):
        ledger.charge(ENTRY._replace(token=str(number), price=Decimal("0.5"), ends_at=1.0), TEN)

    assert len(reported(ledger, 0.0)) == 2
    assert balances(ledger, 1.0) == [Decimal(4)]


@given(
    st.lists(
        st.tuples(
            st.integers(1, 5), st.integers(0, 5), st.booleans(), st.decimals("0", "3", places=3), st.floats(0, 50)
        ),
        max_size=12,
    )
)
def test_the_balance_is_the_opening_less_the_charges(drawn):
    """At any time: the opening, less what is reserved and under way, less what is captured."""
    ledger = MoneyLedger()
    for number, (images, kept, reserved, price, after) in enumerate(drawn):
        paid_for = min(images, kept)
        entry = ENTRY._replace(token=str(number), task=str(number), images=images, kept=paid_for, reserved=reserved)
        ledger.charge(entry._replace(price=price, at=float(number), ends_at=number + after), TEN)
    for now in (12.0, 30.0, 70.0):
        found = ledger.charges(now)
        over = {it.task for it in found if it.intent in ("capture", "refund")}
        held = [it.amount for it in found if it.intent == "reserve" and it.task not in over]
        paid = [it.amount for it in found if it.intent == "capture"]
        balance = ledger.funds("a", TEN, now).balance
        assert balance == TEN - sum(held, Decimal(0)) - sum(paid, Decimal(0))
        assert balance >= 0  # nobody overdraws, whenever the money is due


def test_an_account_belongs_to_no_other():
    """Each account has its own opening balance."""
    ledger = MoneyLedger()
    ledger.charge(ENTRY, TEN)

    assert ledger.funds("b", Decimal(3), 9.0).balance == Decimal(3)
    assert pytest.approx(4) == float(ledger.funds("a", TEN, 9.0).balance)
