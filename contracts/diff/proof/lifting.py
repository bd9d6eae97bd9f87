"""Messages built from the inside out: a value that only one side takes, then what it stands in, step by step.

At each step the sender must take what was built and the receiver must refuse it, so that a value which another
alternative takes after all is given up where that shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from pixpact.contracts.diff.compare.differences import ContractDifference, Path
from pixpact.contracts.diff.proof.samples import unlike
from pixpact.contracts.diff.proof.search_space import REMOVED, SampledSide, WitnessSearch, at_path
from pixpact.contracts.diff.read.applied_schemas import Pointers
from pixpact.specs.openapi.document import Json

_MOST_AROUND, _MOST_KEPT, _MOST_BESIDE = 6, 12, 30


class _Level(NamedTuple):
    """The schemas of a value on the way to a difference; `form`: also those of the alternative that leads on."""

    whole: Pointers
    form: Pointers


def enclose_value(search: WitnessSearch, difference: ContractDifference, values: list[Any]) -> Iterator[Json]:
    """Whole messages that hold one of the values, or lack one, where the difference is."""
    sent, taken = (_levels(side, difference, new) for side, new in _both(search))
    whole = len(difference.path)
    enclosed = list(islice(_kept(search, sent[whole], taken[whole], values, innermost=True), _MOST_KEPT))
    yield from _outwards(search, difference.path, sent, taken, enclosed)


def _outwards(
    search: WitnessSearch, path: Path, sent: list[_Level], taken: list[_Level], values: list[Any]
) -> Iterator[Json]:
    """Values at a path, each in all that it stands in."""
    enclosed = values
    for length in range(len(path) - 1, -1, -1):
        around = _around(search, sent[length], path[: length + 1], enclosed)
        enclosed = list(islice(_kept(search, sent[length], taken[length], around), _MOST_KEPT))
    yield from (value for value in enclosed if value is not REMOVED)


def overlapping(search: WitnessSearch, difference: ContractDifference, values: list[Any]) -> Iterator[Json]:
    """Messages of another alternative of a `oneOf`, which this one takes too since the difference: now they are of two.

    The search has no guards, for its messages are of none of the alternatives that lead to the difference.
    """
    sent, taken = (_levels(side, difference, new) for side, new in _both(search))
    senders, receivers = search.sender.samples, search.receiver.samples
    for guard in reversed(difference.guards):
        length = len(guard.path)
        form, now = (guard.before, guard.after) if search.asks else (guard.after, guard.before)
        beside = senders.some(sent[length].whole, _MOST_BESIDE)
        rest = difference.path[length:]
        tried = [*beside, *(search.put(outer, rest, value) for outer in beside for value in values if rest)]
        shared = [
            value
            for value in unlike(tried)
            if senders.takes(sent[length].whole, value)
            and not senders.takes(form, value)
            and receivers.takes(now, value)
            and not (taken[length].whole and receivers.takes(taken[length].whole, value))
        ]
        yield from _outwards(search, guard.path, sent, taken, shared[:_MOST_KEPT])


def _both(search: WitnessSearch) -> list[tuple[SampledSide, bool]]:
    return [(search.sender, not search.asks), (search.receiver, search.asks)]


def _levels(side: SampledSide, difference: ContractDifference, new: bool) -> list[_Level]:
    """The schemas of every value on the way, from the message to the value in question."""
    whole, levels = side.pointers, []
    for length, step in enumerate((*difference.path, "")):
        guards = [guard for guard in difference.guards if guard.holds and guard.path == difference.path[:length]]
        form = tuple(pointer for guard in guards for pointer in (guard.after if new else guard.before))
        levels.append(_Level(whole, tuple(dict.fromkeys((*whole, *form)))))
        whole = _stepped(side, levels[-1].form, step)
    return levels


def _stepped(side: SampledSide, pointers: Pointers, step: str) -> Pointers:
    """The schemas of what stands one step further in: of the alternative itself where it speaks of it."""
    return side.reader.shape(pointers).fields.get(step) or at_path(side.reader, pointers, (step,) if step else ())


def _kept(
    search: WitnessSearch, sent: _Level, taken: _Level, values: list[Any], innermost: bool = False
) -> Iterator[Any]:
    """The values that the sender takes and the receiver does not; of the innermost the others too, but last."""
    later = []
    for value in values:
        if value is REMOVED:
            yield value
        elif search.sender.samples.takes(sent.whole, value):
            if not (taken.whole and search.receiver.samples.takes(taken.whole, value)):
                yield value
            elif innermost:
                later.append(value)
    yield from later


def _around(search: WitnessSearch, level: _Level, path: Path, values: list[Any]) -> list[Json]:
    """Each value in what it may stand in."""
    samples = search.sender.samples
    outers = samples.some(level.form, _MOST_AROUND)
    return unlike(search.put(outer, path[-1:], value) for value in values for outer in outers)
