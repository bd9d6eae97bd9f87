"""Task lifecycles: a graph of states, and the state of a task at a time.

The route of a task through the graph is drawn at submission. Its state is then a function of the route and the elapsed
time (or the number of polls), so that nothing runs in the background.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

FOREVER = float("inf")


class RandomSource(Protocol):
    """The source of random durations, such as `random.Random`."""

    def uniform(self, a: float, b: float, /) -> float:
        """A number between `a` and `b`."""


@dataclass(frozen=True, slots=True)
class LifecycleState:
    """A state: its duration in seconds (from, to), the states that follow, its progress in percent (from, to)."""

    name: str
    after: tuple[float, float] | None = None
    next: tuple[str, ...] = ()
    outcome: str | None = None
    progress: tuple[int, int] | None = None
    spoken: str = ""
    """The status word, where it differs from the name."""

    @property
    def word(self) -> str:
        """The status word in responses."""
        return self.spoken or self.name


@dataclass(frozen=True, slots=True)
class ClientEnd:
    """How a client ends a task: the new state, and the states in which that is possible; empty: all but outcomes."""

    becomes: str
    since: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteStage:
    """A state on a task's route, and how many seconds it lasts."""

    state: LifecycleState
    seconds: float


Route = tuple[RouteStage, ...]


class TaskSnapshot(NamedTuple):
    """The state of a task, its progress (None if the vendor states none), and whether it is over."""

    state: LifecycleState
    progress: int | None

    @property
    def over(self) -> bool:
        """Whether this state is an outcome."""
        return self.state.outcome is not None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A state machine of `components.x-lifecycles`."""

    name: str
    initial: str
    states: Mapping[str, LifecycleState]
    ends: tuple[ClientEnd, ...] = ()
    """How operations of the contract end its tasks."""

    def words(self) -> frozenset[str]:
        """All status words, including those that the mock never shows."""
        return frozenset(state.word for state in self.states.values())

    def spoken(self, word: str) -> frozenset[str]:
        """The states with this status word."""
        return frozenset(state.name for state in self.states.values() if state.word == word)

    def following(self, name: str) -> tuple[str, ...]:
        """The states that can follow a state: by itself, then by a client's request."""
        state = self.states[name]
        ended = (
            ending.becomes for ending in self.ends if (name in ending.since if ending.since else not state.outcome)
        )
        return (*state.next, *(word for word in ended if word in self.states and word not in (name, *state.next)))

    def by_itself(self) -> tuple[str, ...]:
        """The states reachable without a client's request, nearest first."""
        names = [self.initial]
        for name in names:
            names += [word for word in self.states[name].next if word in self.states and word not in names]
        return tuple(names)

    def reachable(self) -> tuple[str, ...]:
        """All reachable states, nearest first; those that only a client's request reaches come last."""
        names = list(self.by_itself())
        for name in names:
            names += [word for word in self.following(name) if word in self.states and word not in names]
        return tuple(names)

    def outcomes(self) -> tuple[str, ...]:
        """The reachable states that end a task."""
        return tuple(name for name in self.reachable() if self.states[name].outcome)

    def path_to(self, wanted: str) -> tuple[str, ...] | None:
        """The shortest path from the initial state to `wanted`; None without one."""
        ways: list[tuple[str, ...]] = [(self.initial,)]
        for way in ways:
            if way[-1] == wanted:
                return way
            ways += [(*way, word) for word in self.following(way[-1]) if word not in way]
        return None

    def usual_path(self) -> tuple[str, ...]:
        """The path from the initial state along the first `next` of each state."""
        way = [self.initial]
        while self.states[way[-1]].next and self.states[way[-1]].next[0] not in way:
            way.append(self.states[way[-1]].next[0])
        return tuple(way)

    def states_along(self, wanted: str | None = None) -> tuple[LifecycleState, ...]:
        """The states of the usual path, or of the shortest one to `wanted`. Raises KeyError without one."""
        names = self.usual_path() if wanted is None else self.path_to(wanted)
        if names is None:
            raise KeyError(wanted)
        return tuple(self.states[name] for name in names)

    def route(self, chance: RandomSource, wanted: str | None = None) -> Route:
        """Draw a task's route: the usual path, or the shortest one to `wanted`, where it then stays.

        Raises KeyError if no path leads to `wanted`.
        """
        return draw_route(self.states_along(wanted), chance)


def draw_route(way: Sequence[LifecycleState], chance: RandomSource) -> Route:
    """A route along these states with random durations; the last state lasts forever."""
    stages = [RouteStage(state, _seconds(state, chance)) for state in way[:-1]]
    return (*stages, RouteStage(way[-1], FOREVER))


def _seconds(state: LifecycleState, chance: RandomSource) -> float:
    low, high = state.after or (0.0, 0.0)
    return low if low == high else round(chance.uniform(low, high), 3)


def seconds_to_outcome(route: Route) -> float:
    """Seconds until the outcome: the sum of all stages but the last; infinite where the last is no outcome."""
    return sum(stage.seconds for stage in route[:-1]) if route[-1].state.outcome else FOREVER


def at_time(route: Route, elapsed: float) -> TaskSnapshot:
    """The state of a task `elapsed` seconds after its submission, in the spec's own durations."""
    for stage in route[:-1]:
        if elapsed < stage.seconds:
            return TaskSnapshot(stage.state, _progress(stage.state, elapsed / stage.seconds))
        elapsed -= stage.seconds
    return _last(route)


def at_poll(route: Route, poll: int, polls: int) -> TaskSnapshot:
    """The state of a task at its `poll`-th poll (from 1), if `polls` polls precede its outcome."""
    under_way = [stage for stage in route if stage.seconds > 0 and stage.state.outcome is None]
    if poll > polls or not under_way:
        return _last(route)
    index, rest = divmod((poll - 1) * len(under_way), polls)
    return TaskSnapshot(under_way[index].state, _progress(under_way[index].state, rest / polls))


def _last(route: Route) -> TaskSnapshot:
    return TaskSnapshot(route[-1].state, _progress(route[-1].state, 1.0))


def _progress(state: LifecycleState, fraction: float) -> int | None:
    if state.progress is None:
        return None
    low, high = state.progress
    return low if fraction <= 0 else low + int((high - low) * min(fraction, 1.0))
