"""Caps hold exactly: what may be bought counts until it is known what was."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixpact.contracts.limits.budget import Budget, OverBudget, SpendingCaps

CENT = Decimal("0.01")


def test_a_cap_is_reached_and_not_passed():
    """The last request that fits goes out; the message names the cap, what is spent and what was asked."""
    budget = Budget(SpendingCaps(images=5))
    budget.reserve(3)
    budget.reserve(2)

    with pytest.raises(OverBudget, match="--max-images is 5, 5 spent, 1 more asked for") as caught:
        budget.reserve(1)

    assert ("images", 5, 5, 1) == (caught.value.cap, caught.value.most, caught.value.spent, caught.value.asked)
    assert (2, 5, 0) == budget.spent


def test_what_is_free_goes_on_when_the_images_are_spent():
    """Looking at a task costs no image."""
    budget = Budget(SpendingCaps(images=1, cost=CENT))
    budget.reserve(1, CENT)

    budget.reserve()

    assert (2, 1, CENT) == budget.spent


def test_requests_are_capped_unless_reported_otherwise():
    """The five hundred and first is refused."""
    budget = Budget(SpendingCaps())
    for _ in range(500):
        budget.reserve()

    with pytest.raises(OverBudget, match="--max-requests is 500"):
        budget.reserve()


def test_money_is_counted_to_the_last_digit():
    """Ten times a tenth is one."""
    budget = Budget(SpendingCaps(cost=Decimal(1)))
    for _ in range(10):
        budget.reserve(1, Decimal("0.1"))

    with pytest.raises(OverBudget, match=r"--max-cost is 1, 1\.0 spent, 0\.000001 more"):
        budget.reserve(1, Decimal("0.000001"))


def test_an_unknown_price_is_over_a_cap_on_money():
    """Nobody could say how far it goes; where money is not capped, it is let through."""
    Budget(SpendingCaps(images=1)).reserve(1, None)

    with pytest.raises(OverBudget, match="images of unknown price"):
        Budget(SpendingCaps(cost=Decimal(9))).reserve(1, None)


def test_what_was_not_bought_comes_back():
    """A refusal settles at nothing; the request itself stays counted."""
    budget = Budget(SpendingCaps(images=4))
    budget.reserve(4).settle(0)

    budget.reserve(4)

    assert (2, 4, 0) == budget.spent


def test_what_was_never_sent_comes_back_whole():
    """With the request."""
    budget = Budget(SpendingCaps())
    budget.reserve(4, CENT).withdraw()

    assert (0, 0, 0) == budget.spent


def test_more_than_the_maximum_is_counted_as_well():
    """A server that bills more than it may is believed, and nothing more is bought."""
    budget = Budget(SpendingCaps(images=5))
    budget.reserve(1).settle(7)

    with pytest.raises(OverBudget, match="7 spent"):
        budget.reserve(1)


def test_what_is_under_way_is_waited_for():
    """Two requests that must be refused share one image of room: the second goes when the first was refused."""
    budget, order = Budget(SpendingCaps(images=1)), []

    async def one(name):
        held = await budget.reserved(1)
        order.append(f"{name} goes")
        await asyncio.sleep(0)
        order.append(f"{name} is refused")
        held.settle(0)

    async def both():
        await asyncio.gather(one("first"), one("second"))

    asyncio.run(both())
    assert ["first goes", "first is refused", "second goes", "second is refused"] == order
    assert (2, 0, 0) == budget.spent


@pytest.mark.parametrize("end", [lambda held: held.settle(1), lambda held: held.keep()], ids=["bought", "unknown"])
def test_nobody_waits_for_what_will_not_come(end):
    """Once nothing is under way any more, what does not fit is over budget."""
    budget = Budget(SpendingCaps(images=1))

    async def run():
        held = await budget.reserved(1)
        waiting = asyncio.create_task(budget.reserved(1))
        await asyncio.sleep(0)
        end(held)
        with pytest.raises(OverBudget, match="1 spent, 1 more"):
            await waiting

    asyncio.run(run())
    assert (1, 1, 0) == budget.spent


def test_a_cap_on_requests_is_not_waited_for():
    """A request stays one, whatever comes of it."""
    budget = Budget(SpendingCaps(requests=1))

    async def run():
        await budget.reserved(1)
        with pytest.raises(OverBudget, match="--max-requests"):
            await budget.reserved(1)

    asyncio.run(run())
    assert 1 == budget.spent.requests


def test_what_stays_unknown_stays_at_the_most():
    """Of what is settled already nothing changes."""
    budget = Budget(SpendingCaps())
    budget.reserve(2, CENT).keep()
    bought = budget.reserve(2, CENT)
    bought.settle(1)
    bought.keep()

    assert (2, 3, CENT) == budget.spent


def test_a_reservation_is_settled_once():
    """The second time is a bug of whoever does it."""
    reservation = Budget(SpendingCaps()).reserve(1)
    reservation.settle(1)

    with pytest.raises(ValueError, match="already settled"):
        reservation.settle(0)


def test_a_reservation_pays_for_one_request():
    """And for no more images than were set aside."""
    reservation = Budget(SpendingCaps()).reserve(1)
    with pytest.raises(ValueError, match="1 images were reserved for a request that may buy 2"):
        reservation.use(2)
    reservation.use(1)

    with pytest.raises(ValueError, match="one request"):
        reservation.use(1)


@pytest.mark.parametrize(("images", "cost"), [(-1, Decimal(0)), (1, Decimal(-1)), (1, Decimal("NaN"))])
def test_nothing_below_zero_is_bought(images, cost):
    """Neither set aside nor settled."""
    budget = Budget(SpendingCaps())

    with pytest.raises(ValueError, match="below zero"):
        budget.reserve(images, cost)
    with pytest.raises(ValueError, match="below zero"):
        budget.reserve().settle(images, cost)

    assert 0 == budget.spent.images


STEPS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=30)


@given(STEPS)
def test_the_cap_is_never_passed_by_what_was_reserved(steps):
    """Whatever is asked for, bought less, and given back."""
    budget, bought = Budget(SpendingCaps(images=10, cost=CENT * 10)), 0
    for most, less in steps:
        try:
            reservation = budget.reserve(most, most * CENT)
        except OverBudget:
            assert bought + most > 10
            continue
        real = max(0, most - less)
        reservation.settle(real, real * CENT)
        bought += real

    assert (bought, bought * CENT) == budget.spent[1:]
    assert bought <= 10
