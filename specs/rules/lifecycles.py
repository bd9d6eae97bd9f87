"""Lifecycles: a graph that holds together, an example for every state, words that agree with the answers."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.specs.document import escaped
from pixpact.specs.lifecycle import Lifecycle
from pixpact.specs.model import Operation
from pixpact.specs.problems import Problem
from pixpact.specs.rules.subject import Meaning, Parts

_PLACE = "/components/x-lifecycles"


def state_graph(spec: Parts) -> Iterator[Problem]:
    """A state that leads nowhere known, an end that goes on, a life without an end."""
    for name, lifecycle in spec.lifecycles.items():
        place = f"{_PLACE}/{escaped(name)}"
        if lifecycle.initial not in lifecycle.states:
            message, remedy = f"the initial state {lifecycle.initial!r} is no state", "name one of its states"
            yield spec.problem("state-graph", f"{place}/initial", message, remedy)
            continue
        for state in lifecycle.states.values():
            for fault, remedy in _faults(lifecycle, state.name):
                yield spec.problem("state-graph", f"{place}/states/{escaped(state.name)}", fault, remedy)
        if not lifecycle.outcomes():
            message, remedy = "no state with an `outcome` can be reached", "let `next` lead to one"
            yield spec.problem("state-graph", place, message, remedy)


def _faults(lifecycle: Lifecycle, name: str) -> Iterator[tuple[str, str]]:
    state = lifecycle.states[name]
    for word in state.next:
        if word not in lifecycle.states:
            yield f"{name} is followed by {word!r}, which is no state", "add the state, or correct the word"
    if state.outcome and state.next:
        yield f"{name} is an outcome and goes on to {state.next[0]}", "remove `next` or `outcome`"
    if state.next and state.after is None:
        yield f"{name} has a `next` and no `after`", "say after how many seconds it ends"
    if name in lifecycle.reachable() and not state.outcome and not state.next:
        yield f"{name} can be reached and never ends", "give it a `next` or an `outcome`"
    if state.progress and state.progress[0] > state.progress[1]:
        yield f"the progress of {name} falls from {state.progress[0]} to {state.progress[1]}", "write it rising"


def state_example(spec: Meaning) -> Iterator[Problem]:
    """A state that an operation can be asked to show, without exactly one unconditional example."""
    for operation in spec.contract.operations:
        lifecycle = spec.lifecycle(operation)
        for state in _shown(operation, lifecycle) if lifecycle else ():
            count = _unconditional(operation, state, lifecycle)
            if count != 1:
                message = f"{operation.id} has {count} unconditional examples of the state {state!r}"
                remedy = f"write one example named {state!r}; give further ones an x-when"
                yield spec.problem("state-example", operation.pointer, message, remedy)


def _shown(operation: Operation, lifecycle: Lifecycle | None) -> tuple[str, ...]:
    assert operation.role is not None
    assert lifecycle is not None
    if operation.role.verb == "start":
        return (lifecycle.initial,)
    if operation.role.verb == "run":
        return lifecycle.outcomes()
    return tuple(state for state in lifecycle.reachable() if lifecycle.states[state].after != (0.0, 0.0))


def _unconditional(operation: Operation, state: str, lifecycle: Lifecycle | None) -> int:
    """How many examples answer a state whatever is asked; a complete set of conditional ones counts as one."""
    assert lifecycle is not None
    examples = [example for response in operation.responses for media in response.media for example in media.examples]
    named = [example for example in examples if example.answers == state]
    if named:
        return sum(example.when is None for example in named)
    if operation.role and operation.role.verb == "run" and lifecycle.states[state].outcome == "success":
        successes = (media for response in operation.responses if response.status[0] == "2" for media in response.media)
        return int(any(media.examples for media in successes))
    return 0


def status_word(spec: Meaning) -> Iterator[Problem]:
    """A word that an answer may say and the lifecycle does not know."""
    words = {word for lifecycle in spec.contract.lifecycles.values() for word in lifecycle.words()}
    for site in spec.parts.schema_objects():
        if site.value.get("x-value") != "$task.status":
            continue
        allowed = site.value.get("enum", [site.value["const"]] if "const" in site.value else [])
        for word in allowed:
            if word not in words:
                message = f"the status {word!r} is no state of a lifecycle"
                remedy = f"add it to components.x-lifecycles (a word never shown has no `after`): {word}: {{}}"
                yield spec.problem("status-word", site.pointer, message, remedy)
        for lifecycle in spec.contract.lifecycles.values() if allowed and len(allowed) > 1 else ():
            for word in lifecycle.reachable():
                if word not in allowed and lifecycle.states[word].after != (0.0, 0.0) and _shows(spec, lifecycle):
                    message = f"the state {word!r} of {lifecycle.name} is not among the status words"
                    yield spec.problem("status-word", site.pointer, message, "add it to this enum")


def _shows(spec: Meaning, lifecycle: Lifecycle) -> bool:
    """Whether any operation shows tasks of this lifecycle."""
    shown = (spec.lifecycle(op) for op in spec.contract.operations if op.role and op.role.verb == "show")
    return any(other is lifecycle for other in shown)


