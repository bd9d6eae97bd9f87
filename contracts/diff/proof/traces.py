"""Traces of tasks as witnesses: what a client that polls can see now and could not see before."""

from __future__ import annotations

from pixpact.contracts.diff.compare.differences import ContractDifference
from pixpact.contracts.diff.compare.media import BETWEEN
from pixpact.contracts.diff.proof.witness import DifferenceVerdict, harmful, harmless, undecided
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.specs.openapi.document import Json


def _trace(lifecycle: Lifecycle, *words: str) -> list[Json]:
    """The states on the way from the first one through these."""
    way = list(lifecycle.path_to(words[0]) or words[:1])
    return [*way, *words[1:]]


def state(difference: ContractDifference) -> DifferenceVerdict:
    """A word that a task can come to on one side only."""
    old, new = difference.detail["lifecycles"]
    word = difference.path[0]
    if difference.action == "removed":
        return harmless("every trace that is possible now was possible before")
    if word in old.words():
        return harmless(f"{word} was documented before, although never seen")
    return harmful("trace", difference, _trace(new, word), f"{word} is possible now, forbidden before", "states")


def order(difference: ContractDifference) -> DifferenceVerdict:
    """A word that may be seen after another on one side only."""
    if difference.action == "removed":
        return harmless("every trace that is possible now was possible before")
    new = difference.detail["lifecycles"][1]
    says = f"{difference.path[1]} after {difference.path[0]} is possible now, forbidden before"
    return harmful("trace", difference, _trace(new, *difference.path), says, "states")


def initial(difference: ContractDifference) -> DifferenceVerdict:
    """The state that a submit answers with."""
    old, new = difference.detail
    says = f"a submission returns {new.initial} now; it returned {old.initial}"
    return harmful("trace", difference, [new.initial], says, "states")


def outcome(difference: ContractDifference) -> DifferenceVerdict:
    """What the end of a task means."""
    new = difference.detail[1]
    word = difference.path[0]
    old_end, new_end = (spot.value if spot else None for spot in (difference.before, difference.after))
    says = f"{word} is {_end(new_end)} now; it was {_end(old_end)}"
    return harmful("trace", difference, _trace(new, word), says, "states")


def _end(value: Json) -> str:
    return f"the end, a {value}," if value else "no end"


def progress(difference: ContractDifference) -> DifferenceVerdict:
    """The progress that goes with a state."""
    new = difference.detail[1]
    old_range, new_range = (spot.value if spot else None for spot in (difference.before, difference.after))
    if old_range is None:
        return harmless("progress was not stated before")
    if new_range is None:
        return undecided("progress is no longer stated")
    outside = next((edge for edge in new_range if not old_range[0] <= edge <= old_range[1]), None)
    if outside is None:
        return harmless("every progress that is possible now was possible before")
    word = difference.path[0]
    says = f"{word} at {outside} % is possible now; it was {old_range[0]} to {old_range[1]} %"
    return harmful("trace", difference, _trace(new, word), says, "states")


def duration(difference: ContractDifference) -> DifferenceVerdict:
    """How long the usual way takes at most."""
    _, new, before, after = difference.detail
    if after < before:
        return harmless("a task takes at most as long as before")
    says = f"still running after {before:g} s is possible now, forbidden before: {after:g} s at most"
    return harmful("trace", difference, [state.name for state in new.states_along()], says, "states")


def role(difference: ContractDifference) -> DifferenceVerdict:
    """Whether a call begins a task, waits for it, or shows it."""
    old, new = (spot.value if spot else None for spot in (difference.before, difference.after))
    ended = [written.get("as") for written in (old, new) if isinstance(written, dict) and "end" in written]
    if len(ended) == 2 and ended[0] != ended[1]:
        says = f"a task that is ended is {ended[1] or 'gone'} now; it was {ended[0] or 'gone'}"
        return harmful("trace", difference, [str(ended[1] or "gone")], says, "states")
    if not _verb(old) or not _verb(new) or _verb(old) == _verb(new):
        return undecided("a task on one side only has no trace to compare")
    says = f"the call did {_verb(old)} a task; it does {_verb(new)} one now"
    return harmful("trace", difference, [_verb(new)], says, "exchange")


def _verb(written: Json) -> str:
    return next((key for key in written if not key.startswith("x-")), "") if isinstance(written, dict) else ""


def stream(difference: ContractDifference) -> DifferenceVerdict:
    """The order in which the events of a response come."""
    new = str(difference.after.value if difference.after else "").split(BETWEEN)
    says = "these events are possible now; they were different before"
    return harmful("trace", difference, new, says, "events")
