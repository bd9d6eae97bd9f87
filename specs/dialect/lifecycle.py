"""The life of a task: a graph of states, and where on it a task stands.

A task's route through the graph is drawn once, when it is submitted. Where it stands is then a function of the
route and the time that has passed (or the number of polls taken at it): nothing has to run in the background.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

FOREVER = float("inf")


class RandomSource(Protocol):
    """What durations are drawn from; `random.Random` is one."""

    def uniform(self, a: float, b: float, /) -> float:
        """A number between `a` and `b`."""


@dataclass(frozen=True, slots=True)
class LifecycleState:
    """One word of a vendor: how long it lasts (seconds, from and to), what follows, its progress (percent)."""

    name: str
    after: tuple[float, float] | None = None
    next: tuple[str, ...] = ()
    outcome: str | None = None
    progress: tuple[int, int] | None = None
    spoken: str = ""
    """The word that is shown for it, where that is not its name."""

    @property
    def word(self) -> str:
        """The word that the vendor shows for it."""
        return self.spoken or self.name


@dataclass(frozen=True, slots=True)
class ClientEnd:
    """How a client ends a task: what it becomes, and the states in which it can be ended; none: all but outcomes."""

    becomes: str
    since: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteStage:
    """One state on a task's route, and how many seconds the task stays in it."""

    state: LifecycleState
    seconds: float


Route = tuple[RouteStage, ...]


class TaskStanding(NamedTuple):
    """Where a task is: its state, its progress (None where the vendor states none), whether it is over."""

    state: LifecycleState
    progress: int | None

    @property
    def over(self) -> bool:
        """Whether this state is an outcome."""
        return self.state.outcome is not None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A state machine as `components.x-lifecycles` writes it."""

    name: str
    initial: str
    states: Mapping[str, LifecycleState]
    ends: tuple[ClientEnd, ...] = ()
    """How operations of the contract end its tasks."""

    def words(self) -> frozenset[str]:
        """Every word the vendor may use, shown by the mock or not."""
        return frozenset(state.word for state in self.states.values())

    def spoken(self, word: str) -> frozenset[str]:
        """The states for which a word is shown."""
        return frozenset(state.name for state in self.states.values() if state.word == word)

    def following(self, name: str) -> tuple[str, ...]:
        """What can come after a state: what follows by itself, then what a client ends it as."""
        state = self.states[name]
        ended = (
            ending.becomes for ending in self.ends if (name in ending.since if ending.since else not state.outcome)
        )
        return (*state.next, *(word for word in ended if word in self.states and word not in (name, *state.next)))

    def by_itself(self) -> tuple[str, ...]:
        """The states that can follow from the initial one while nobody ends the task, nearest first."""
        names = [self.initial]
        for name in names:
            names += [word for word in self.states[name].next if word in self.states and word not in names]
        return tuple(names)

    def reachable(self) -> tuple[str, ...]:
        """The states that can follow from the initial one, nearest first; what only a client causes comes last."""
        names = list(self.by_itself())
        for name in names:
            names += [word for word in self.following(name) if word in self.states and word not in names]
        return tuple(names)

    def outcomes(self) -> tuple[str, ...]:
        """The reachable states that end a task."""
        return tuple(name for name in self.reachable() if self.states[name].outcome)

    def path_to(self, wanted: str) -> tuple[str, ...] | None:
        """The shortest way from the initial state to `wanted`; None when there is none."""
        ways: list[tuple[str, ...]] = [(self.initial,)]
        for way in ways:
            if way[-1] == wanted:
                return way
            ways += [(*way, word) for word in self.following(way[-1]) if word not in way]
        return None

    def usual_path(self) -> tuple[str, ...]:
        """From the initial state along the first `next` of each to an outcome."""
        way = [self.initial]
        while self.states[way[-1]].next and self.states[way[-1]].next[0] not in way:
            way.append(self.states[way[-1]].next[0])
        return tuple(way)

    def states_along(self, wanted: str | None = None) -> tuple[LifecycleState, ...]:
        """The states of the usual way, or of the shortest to `wanted`. Raises KeyError when none leads there."""
        names = self.usual_path() if wanted is None else self.path_to(wanted)
        if names is None:
            raise KeyError(wanted)
        return tuple(self.states[name] for name in names)

    def route(self, chance: RandomSource, wanted: str | None = None) -> Route:
        """Draw a task's route: the usual way, or the shortest to `wanted`, where it then stays.

        Raises KeyError when no way leads to `wanted`.
        """
        return draw_route(self.states_along(wanted), chance)


def draw_route(way: Sequence[LifecycleState], chance: RandomSource) -> Route:
    """A route along these states: how long each lasts is drawn, the last one lasts for ever."""
    stages = [RouteStage(state, _seconds(state, chance)) for state in way[:-1]]
    return (*stages, RouteStage(way[-1], FOREVER))


def _seconds(state: LifecycleState, chance: RandomSource) -> float:
    low, high = state.after or (0.0, 0.0)
    return low if low == high else round(chance.uniform(low, high), 3)


def seconds_to_outcome(route: Route) -> float:
    """How long the task runs: the sum of all stages but the last; endless when the last is no outcome."""
    return sum(stage.seconds for stage in route[:-1]) if route[-1].state.outcome else FOREVER


def at_time(route: Route, elapsed: float) -> TaskStanding:
    """Where a task stands `elapsed` seconds (of the spec's own durations) after its submission."""
    for stage in route[:-1]:
        if elapsed < stage.seconds:
            return TaskStanding(stage.state, _progress(stage.state, elapsed / stage.seconds))
        elapsed -= stage.seconds
    return _last(route)


def at_poll(route: Route, poll: int, polls: int) -> TaskStanding:
    """Where a task stands at its `poll`-th poll (1 is the first) when `polls` polls precede its outcome."""
    under_way = [stage for stage in route if stage.seconds > 0 and stage.state.outcome is None]
    if poll > polls or not under_way:
        return _last(route)
    index, rest = divmod((poll - 1) * len(under_way), polls)
    return TaskStanding(under_way[index].state, _progress(under_way[index].state, rest / polls))


def _last(route: Route) -> TaskStanding:
    return TaskStanding(route[-1].state, _progress(route[-1].state, 1.0))


def _progress(state: LifecycleState, fraction: float) -> int | None:
    if state.progress is None:
        return None
    low, high = state.progress
    return low if fraction <= 0 else low + int((high - low) * min(fraction, 1.0))
