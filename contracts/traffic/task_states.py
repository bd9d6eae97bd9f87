"""The task states that a response reports: by a word in its body, or by its status alone."""

from __future__ import annotations

from collections.abc import Iterable

from pixpact.specs.contract.model import Contract, MediaType, Operation
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.specs.openapi.document import Json

_STATUS = "$task.status"


def reports_status(operation: Operation) -> bool:
    """Whether the responses of an operation contain the status of a task."""
    return any(
        binding.expression.text == _STATUS for _, example in operation.examples() for binding in example.bindings
    )


def states_at(contract: Contract, operation: Operation, status: int) -> frozenset[str]:
    """The task states that this status of a polling operation stands for; none if it also stands for a refusal."""
    if not operation.does("show"):
        return frozenset()
    named = {example.subject for code, example in operation.examples() if code == str(status)} - {None}
    words = {word for life in contract.lifecycles.values() for word in life.states}
    return frozenset(str(word) for word in named) if named and named <= words else frozenset()


def states_of_word(life: Lifecycle, word: str, media: MediaType | None, value: Json) -> frozenset[str]:
    """The states that a status word in a response may stand for.

    Where a vendor uses one word for several states, these are the states whose examples differ from the body in the
    fewest field names. An undocumented word is its own state.
    """
    states = life.spoken(word)
    if len(states) < 2 or media is None or not isinstance(value, dict):
        return states or frozenset([word])
    names = set(value)
    shown = {
        example.subject: example.value.keys()
        for example in media.examples
        if example.subject and isinstance(example.value, dict)
    }
    apart = {state: len(names ^ set(shown[state])) for state in states if state in shown}
    nearest = min(apart.values(), default=0)
    return frozenset(state for state in apart if apart[state] == nearest) or states


def is_over(life: Lifecycle, words: Iterable[str]) -> bool:
    """Whether a task in one of these states has ended; an undocumented state counts as ended."""
    return all(word not in life.states or life.states[word].outcome is not None for word in words)
