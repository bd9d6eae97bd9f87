"""Clocks and durations."""

from __future__ import annotations

import asyncio

import pytest

from pixpact.wire.clock import ManualClock, SystemClock, duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90.0),
        ("1.5", 1.5),
        ("250ms", 0.25),
        ("25h", 90_000.0),
        ("2d", 172_800.0),
        ("PT25H", 90_000.0),
        ("P1DT2H3M4.5S", 93_784.5),
        ("PT0.5H", 1800.0),
        ("P0,5D", 43_200.0),
        ("P2W", 1_209_600.0),
        (" PT0S ", 0.0),
    ],
)
def test_durations(text, seconds):
    """Seconds, short forms and ISO 8601."""
    assert seconds == duration(text)


@pytest.mark.parametrize("text", ["", "P", "PT", "soon", "-5", "1y", "P1Y", "P1M", "5 h", "PT1H2", "1e3"])
def test_what_is_no_duration_is_reported(text):
    """The value and how to write one."""
    with pytest.raises(ValueError, match="ISO 8601"):
        duration(text)


def test_a_manual_clock_only_moves_by_hand():
    """It stands where it was put."""
    clock = ManualClock(100.0)
    before = clock.now()
    clock.advance(25 * 3600)

    assert (100.0, 100.0 + 90_000, 100.0, True) == (before, clock.now(), clock.started, clock.stands_still)


@pytest.mark.parametrize("clock", [ManualClock(0.0), SystemClock()], ids=["manual", "system"])
@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_time_does_not_go_back(clock, seconds):
    """Nor does it go on for ever."""
    with pytest.raises(ValueError, match="forward"):
        clock.advance(seconds)


def test_whoever_waits_on_a_manual_clock_moves_it():
    """A wait of an hour takes no time, and the hour has passed."""
    clock = ManualClock(0.0)
    asyncio.run(clock.sleep(3600))

    assert 3600.0 == clock.now()


def test_advancing_wakes_who_sleeps_on_true_time():
    """A sleeper of an hour is awake as soon as an hour was advanced."""

    async def wait() -> bool:
        clock = SystemClock()
        sleeper = asyncio.create_task(clock.sleep(3600))
        await asyncio.sleep(0)
        clock.advance(1800)
        await asyncio.sleep(0)
        still_asleep = not sleeper.done()
        clock.advance(1800)
        await asyncio.wait_for(sleeper, 30)
        return still_asleep

    assert asyncio.run(wait())


def test_a_released_clock_lets_everybody_go():
    """Before the end of a program nobody is kept waiting, whoever slept and whoever comes later."""

    async def wait() -> None:
        clock = SystemClock()
        sleeper = asyncio.create_task(clock.sleep(3600))
        await asyncio.sleep(0)
        clock.release()
        await asyncio.wait_for(sleeper, 30)
        await asyncio.wait_for(clock.sleep(3600), 30)

    asyncio.run(wait())


def test_true_time_can_stand_and_run_on():
    """It stands where it was, moves when it is advanced, and goes on from there."""
    clock = SystemClock()
    clock.stand(True)
    before = clock.now()
    clock.advance(90)

    assert clock.stands_still
    assert before + 90 == clock.now()
    clock.stand(False)
    assert not clock.stands_still
    assert before + 90 <= clock.now() < before + 100


def test_whoever_sleeps_when_the_time_stops_is_let_go():
    """A wait that only the client could end would never end."""

    async def stop_while_asleep():
        clock = SystemClock()
        sleeper = asyncio.create_task(clock.sleep(1000))
        await asyncio.sleep(0)
        clock.stand(True)
        await asyncio.wait_for(sleeper, 5)
        before = clock.now()
        await clock.sleep(30)
        return clock.now() - before

    assert 30 == pytest.approx(asyncio.run(stop_while_asleep()))


def test_a_clock_that_is_moved_by_hand_always_stands():
    """It cannot be told to run."""
    clock = ManualClock(5)
    clock.stand(False)

    assert clock.stands_still
