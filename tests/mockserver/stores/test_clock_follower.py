"""Several processes in one moment: whoever moves it moves it for all."""

from __future__ import annotations

import pytest

from pixpact.mockserver.stores.choice import StoreChoice, open_moment
from pixpact.mockserver.stores.clock_follower import StoreFollower
from pixpact.wire.clock import ManualClock

START = 1_790_000_000.0


@pytest.fixture
def followers(run, tmp_path):
    """Two processes that follow one store."""
    choice = StoreChoice("sqlite", str(tmp_path / "store.db"))
    stores = [choice.opened() for _ in range(2)]
    moments = [run(open_moment(store, ManualClock(START), "1x")) for store in stores]
    yield [StoreFollower(store, moment) for store, moment in zip(stores, moments, strict=True)]
    for store in stores:
        run(store.backend.close())


@pytest.mark.parametrize("seconds", [-1.0, float("inf"), float("nan")])
def test_time_moves_forward_by_a_finite_number(run, followers, seconds):
    """Anything else would leave the shared clock of all processes useless."""
    follower, _ = followers
    before = follower.clock.moment

    with pytest.raises(ValueError, match=f"time only moves forward, by a finite number of seconds: got {seconds}"):
        run(follower.advance(seconds))
    assert before == follower.clock.moment


def test_what_one_moves_the_others_see_when_they_look(run, followers):
    """Not before, and once."""
    one, another = followers
    before = another.clock.moment
    run(one.advance(60))

    assert before == another.clock.moment
    assert [True, False] == [run(another.sync()) for _ in range(2)]
    assert one.clock.moment == another.clock.moment
    assert before.ahead + 60 == another.clock.moment.ahead


def test_no_seconds_are_no_move(run, followers):
    """Zero is a number of seconds."""
    follower, _ = followers
    before = follower.clock.moment
    run(follower.advance(0))

    assert before == follower.clock.moment


def test_the_pace_of_one_is_that_of_all(run, followers):
    """For tasks that are submitted from now on."""
    one, another = followers
    run(one.keep_pace("polls:3"))
    run(another.sync())

    assert ["polls:3", "polls:3"] == [one.pace, another.pace]


def test_the_journal_of_all_is_reset_by_one(run, followers):
    """The others see it when they look."""
    one, another = followers
    run(one.journal.forget())
    run(another.sync())

    assert [1, 1] == [one.journal.resets, another.journal.resets]


def test_a_clock_that_can_never_run_stands(run, followers):
    """The store of a standing clock is not set going."""
    one, _ = followers
    run(one.stand(False))

    assert one.clock.stands_still


def test_only_the_store_moves_its_clock(followers):
    """A clock moved here alone would differ from that of every other process."""
    clock = followers[0].clock

    with pytest.raises(RuntimeError, match=r"await the store's advance\(5\) instead"):
        clock.advance(5)
    with pytest.raises(RuntimeError, match=r"await the store's stand\(True\) instead"):
        clock.stand(True)
