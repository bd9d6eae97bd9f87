"""Lint rules for lifecycles: a consistent graph, an example for every state, status words that match the responses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pixpact.specs.contract.model import LifecycleRole, Operation, Verb
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.specs.lint.rules.subject import CompiledSpec, LintFault, SpecParts
from pixpact.specs.openapi.document import escaped


def state_graph(spec: SpecParts) -> Iterator[LintFault]:
    """A state with an unknown successor, an outcome with a successor, a lifecycle without a reachable outcome."""
    for name, lifecycle in spec.lifecycles.items():
        lifecycle_pointer = f"/components/x-lifecycles/{escaped(name)}"
        if lifecycle.initial not in lifecycle.states:
            message = f"the initial state {lifecycle.initial!r} is not a state"
            yield LintFault(f"{lifecycle_pointer}/initial", message, f"name one of {', '.join(lifecycle.states)}")
            continue
        faults = [(word, fault) for word in lifecycle.states for fault in _faults(lifecycle, word)]
        for word, (message, remedy) in faults:
            yield LintFault(f"{lifecycle_pointer}/states/{escaped(word)}", message, remedy)
        if not lifecycle.outcomes():
            yield LintFault(lifecycle_pointer, "no state with an `outcome` can be reached", "let `next` lead to one")
        elif not faults and (back := _circle(lifecycle)):
            message = f"the first `next` of each state leads back to {back[1]}, not to an outcome"
            yield LintFault(f"{lifecycle_pointer}/states/{escaped(back[0])}", message, "put the usual state first")


def _circle(lifecycle: Lifecycle) -> tuple[str, str] | None:
    """(from, to) where the usual path returns to an earlier state; None when it reaches an outcome."""
    last = lifecycle.states[lifecycle.usual_path()[-1]]
    return None if last.outcome else (last.name, last.next[0])


def _faults(lifecycle: Lifecycle, name: str) -> Iterator[tuple[str, str]]:
    state = lifecycle.states[name]
    for word in state.next:
        if word not in lifecycle.states:
            yield f"{name} is followed by {word!r}, which is not a state", "add the state, or correct the word"
    if state.outcome and state.next:
        yield f"{name} is an outcome but continues to {state.next[0]}", "remove `next` or `outcome`"
    if state.next and state.after is None and not state.outcome:
        yield f"{name} has a `next` but no `after`", "add `after`: how many seconds it lasts"
    if state.after and state.after[0] > state.after[1]:
        yield f"{name} lasts from {state.after[0]:g} to {state.after[1]:g} seconds", "write the smaller number first"
    if name in lifecycle.reachable() and not state.outcome and not state.next:
        yield f"{name} can be reached but never ends", "give it a `next` or an `outcome`"
    if state.progress and state.progress[0] > state.progress[1]:
        yield f"the progress of {name} falls from {state.progress[0]} to {state.progress[1]}", "write it rising"


def state_example(spec: CompiledSpec) -> Iterator[LintFault]:
    """A state that an operation may show, without exactly one unconditional example."""
    for operation in spec.contract.operations:
        lifecycle = spec.lifecycle(operation)
        for state in _shown(operation, lifecycle) if lifecycle else ():
            count = _unconditional(operation, state)
            if count != 1 and not (count == 0 and operation.responses_without_body):
                message = f"{operation.id} has {count} unconditional examples of the state {state!r}"
                remedy = f"write one example named {state!r}; give further ones (or their media type) an x-when"
                yield LintFault(operation.pointer, message, remedy)


def _shown(operation: Operation, lifecycle: Lifecycle) -> tuple[str, ...]:
    shown: list[str] = []
    for role in operation.roles:
        shown += _SHOWN[role.verb](role, lifecycle)
    return tuple(dict.fromkeys(shown))


_SHOWN: dict[Verb, Callable[[LifecycleRole, Lifecycle], Sequence[str]]] = {
    "start": lambda role, lifecycle: (lifecycle.initial, *(_lasting(lifecycle) if role.wait else ())),
    "run": lambda _, lifecycle: [state for state in lifecycle.by_itself() if lifecycle.states[state].outcome],
    "show": lambda _, lifecycle: _lasting(lifecycle),
    "store": lambda _, __: (),
    "end": lambda role, _: (role.becomes,) if role.becomes is not None else (),
}
"""Verb → the states that the operation may show."""


def _lasting(lifecycle: Lifecycle) -> tuple[str, ...]:
    """The states that a poll can observe: those with a duration."""
    return tuple(word for word in lifecycle.reachable() if lifecycle.states[word].after != (0.0, 0.0))


def _unconditional(operation: Operation, state: str) -> int:
    """The number of unconditional examples of a state; conditional media types count as alternatives."""
    media_types = [
        media
        for response in operation.responses
        for media in response.media
        if any(example.subject == state and example.when is None for example in media.examples)
    ]
    always = [media for media in media_types if media.when is None] or media_types[:1]
    return sum(example.subject == state and example.when is None for media in always for example in media.examples)


def status_word(spec: CompiledSpec) -> Iterator[LintFault]:
    """A status word in a response that no lifecycle has, or a state whose word the response does not allow."""
    shown = {
        operation_role.name: operation_role
        for op in spec.contract.operations
        if _shows(op) and (operation_role := spec.lifecycle(op))
    }
    words = [word for lifecycle in spec.contract.lifecycles.values() for word in lifecycle.words()]
    for site in spec.parts.schema_objects:
        if site.value.get("x-value") == "$task.status" and "enum" in site.value:
            allowed, enum_pointer = list(map(str, site.value["enum"])), f"{site.pointer}/enum"
            for word in allowed:
                if word not in words:
                    remedy = f"add it to components.x-lifecycles (a word never shown has no `after`): {word}: {{}}"
                    yield LintFault(enum_pointer, f"the status {word!r} is not a state of a lifecycle", remedy)
            for lifecycle in shown.values() if len(allowed) > 1 else ():  # a single word: the response of a submit
                for word in (lifecycle.states[name].word for name in _lasting(lifecycle)):
                    if word not in allowed:
                        message = f"the state {word!r} of {lifecycle.name} is not among the status words"
                        yield LintFault(enum_pointer, message, "add it to this enum")


def _shows(operation: Operation) -> bool:
    return operation.does("show")
