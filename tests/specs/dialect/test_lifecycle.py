from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixpact.specs.contract.loader import lifecycles_of
from pixpact.specs.dialect.lifecycle import (
    FOREVER,
    Lifecycle,
    LifecycleState,
    Route,
    at_poll,
    at_time,
    seconds_to_outcome,
)


def lifecycle(initial: str, **states: Any) -> Lifecycle:
    return lifecycles_of({"components": {"x-lifecycles": {"it": {"initial": initial, "states": states}}}})["it"]


DRAWING = lifecycle(
    "submitted",
    submitted={"after": 0, "next": "waiting"},
    waiting={"after": 2, "next": "drawing", "progress": [0, 0]},
    drawing={"after": [10, 30], "next": ["done", "broken"], "progress": [1, 99]},
    done={"outcome": "success", "progress": [100, 100]},
    broken={"outcome": "failure"},
    torn={},
)


def test_words_and_ways() -> None:
    """All words are known; only those with a way to them are shown; the usual way takes each first step."""
    assert {"submitted", "waiting", "drawing", "done", "broken", "torn"} == DRAWING.words()
    assert ("submitted", "waiting", "drawing", "done", "broken") == DRAWING.reachable()
    assert ("done", "broken") == DRAWING.outcomes()
    assert ("submitted", "waiting", "drawing", "done") == DRAWING.usual_path()
    assert ("submitted", "waiting", "drawing", "broken") == DRAWING.path_to("broken")
    assert ("submitted",) == DRAWING.path_to("submitted")
    assert DRAWING.path_to("torn") is None


def test_a_route_is_drawn_by_its_seed() -> None:
    """The same chance gives the same durations, within the range that the contract states."""
    first, again, other = (DRAWING.route(Random(seed)) for seed in (1, 1, 2))

    assert first == again
    assert first != other
    assert 10 <= first[2].seconds <= 30
    assert ["submitted", "waiting", "drawing", "done"] == [stage.state.name for stage in first]
    assert [0, 2, FOREVER] == [first[0].seconds, first[1].seconds, first[3].seconds]


def test_a_route_to_a_state() -> None:
    """A task asked to come to a state takes the shortest way and stays there."""
    route = DRAWING.route(Random(0), "waiting")

    assert ["submitted", "waiting"] == [stage.state.name for stage in route]
    assert FOREVER == route[-1].seconds == seconds_to_outcome(route)
    with pytest.raises(KeyError):
        DRAWING.route(Random(0), "torn")


ROUTE = lifecycle(
    "waiting",
    waiting={"after": 2, "next": "drawing", "progress": [0, 0]},
    drawing={"after": 10, "next": "done", "progress": [0, 50]},
    done={"outcome": "success", "progress": [100, 100]},
).route(Random(0))


@pytest.mark.parametrize(
    ("elapsed", "expected"),
    [
        (-5.0, ("waiting", 0, False)),
        (0.0, ("waiting", 0, False)),
        (1.999, ("waiting", 0, False)),
        (2.0, ("drawing", 0, False)),
        (7.0, ("drawing", 25, False)),
        (11.999, ("drawing", 49, False)),
        (12.0, ("done", 100, True)),
        (1e9, ("done", 100, True)),
        (FOREVER, ("done", 100, True)),
    ],
)
def test_standing_in_time(elapsed: float, expected: tuple[str, int, bool]) -> None:
    """A state begins when the one before has lasted; progress runs through its range meanwhile."""
    found = at_time(ROUTE, elapsed)

    assert expected == (found.state.name, found.progress, found.over)


def test_the_outcome_comes_after_all_stages() -> None:
    """How long a task runs is the sum of its stages."""
    assert 12 == seconds_to_outcome(ROUTE)


@pytest.mark.parametrize(
    ("polls", "expected"),
    [
        (0, ["done", "done"]),
        (1, ["waiting", "done"]),
        (2, ["waiting", "drawing", "done"]),
        (4, ["waiting", "waiting", "drawing", "drawing", "done", "done"]),
        (5, ["waiting", "waiting", "waiting", "drawing", "drawing", "done"]),
    ],
)
def test_standing_by_polls(polls: int, expected: list[str]) -> None:
    """So many polls meet the task under way, its stages in turn; the next one meets the outcome."""
    assert expected == [at_poll(ROUTE, poll, polls).state.name for poll in range(1, len(expected) + 1)]


def test_instant_stages_are_not_looked_at() -> None:
    """A state that lasts no time is met by no poll."""
    route = DRAWING.route(Random(0))

    assert ["waiting", "drawing", "done"] == [at_poll(route, poll, 2).state.name for poll in (1, 2, 3)]


def test_states_as_written() -> None:
    """One number is a fixed time, one word a list of one; what is not written is not there."""
    found = lifecycle(
        "a",
        a={"after": 0, "next": "b"},
        b={"after": [1, 2.5], "next": ["c", "a"], "progress": [3, 9]},
        c={"outcome": "failure"},
    )

    assert LifecycleState("a", (0.0, 0.0), ("b",)) == found.states["a"]
    assert LifecycleState("b", (1.0, 2.5), ("c", "a"), None, (3, 9)) == found.states["b"]
    assert LifecycleState("c", None, (), "failure", None) == found.states["c"]


@st.composite
def routes(draw: st.DrawFn) -> Route:
    """A route through a line of states whose progress rises; perhaps one that stays before its outcome."""
    marks = sorted(draw(st.lists(st.integers(0, 100), min_size=2, max_size=8)))
    states = {
        f"s{index}": {
            "after": sorted(draw(st.tuples(st.floats(0, 50), st.floats(0, 50)))),
            "next": f"s{index + 1}",
            **({"progress": [marks[index], marks[index + 1]]} if draw(st.booleans()) else {}),
        }
        for index in range(len(marks) - 1)
    }
    last = f"s{len(marks) - 1}"
    it = lifecycle("s0", **states, **{last: {"outcome": "success", "progress": [marks[-1], 100]}})
    return it.route(Random(draw(st.integers(0, 9))), draw(st.sampled_from([None, *it.states])))


def moves_on(route: Route, standings: list[Any]) -> bool:
    """Whether states come in the order of the route, and progress never falls."""
    names = [stage.state.name for stage in route]
    places = [names.index(standing.state.name) for standing in standings]
    progress = [standing.progress for standing in standings if standing.progress is not None]
    return places == sorted(places) and progress == sorted(progress)


@settings(max_examples=200, deadline=None)
@given(routes(), st.lists(st.floats(0, 500), max_size=12))
def test_time_only_moves_a_task_on(route: Route, times: list[float]) -> None:
    """Whenever one looks, later polls meet the same state or one further along its way, and no less progress."""
    assert moves_on(route, [at_time(route, elapsed) for elapsed in sorted(times)])


@settings(max_examples=200, deadline=None)
@given(routes(), st.integers(0, 9))
def test_polls_only_move_a_task_on(route: Route, polls: int) -> None:
    """The same holds when looks are counted, and the outcome comes right after the last of them."""
    standings = [at_poll(route, poll, polls) for poll in range(1, polls + 3)]

    assert moves_on(route, standings)
    assert route[-1].state == standings[polls].state


@settings(max_examples=100, deadline=None)
@given(routes())
def test_the_end_is_the_last_state(route: Route) -> None:
    """Once all stages have lasted, a task stands in its last state with all its progress."""
    total = sum(stage.seconds for stage in route[:-1])

    assert at_time(route, total * 1.001 + 0.001).state == route[-1].state
    assert at_time(route, FOREVER) == at_poll(route, 1, 0)
