"""Edits for tasks that differ from their lifecycle: states, order, progress, times."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.propose.finding_context import ContractEdit, FindingContext, edit
from pixpact.contracts.propose.operations import (
    AppendItem,
    Operation,
    RemoveValue,
    SetValue,
    exists,
    parent_of,
    pointer_below,
)
from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.specs.openapi.document import Json, at, escaped, steps
from pixpact.specs.openapi.grammar import sites
from pixpact.specs.openapi.messages import short_json

STATUS, PROGRESS = "$task.status", "$task.progress"


def progress(context: FindingContext) -> Iterator[ContractEdit]:
    """Widen the progress range of a state to every observed value."""
    word = steps(context.claim.pointer)[-2]
    low, high = context.statement
    observed = [
        value
        for step in context.seen.steps
        if step.accepted and step.says(STATUS) == word
        for value in [step.says(PROGRESS)]
        if isinstance(value, int) and 0 <= value <= 100
    ]
    if observed:
        never = not any(low <= value <= high for value in observed)
        wider = [min(observed), max(observed)] if never else [min(low, *observed), max(high, *observed)]
        yield edit(f"progress in {word} is {wider[0]} to {wider[1]}", SetValue(context.claim.pointer, wider))


def transition(context: FindingContext) -> Iterator[ContractEdit]:
    """Allow a state after another that it could not follow."""
    written, word = context.statement, context.finding.detail
    documented = written if isinstance(written, list) else [written]
    root = context.claim.pointer.partition("/states/")[0]
    if context.case is not None and not at(context.document, pointer_below(root, "states", word)).keys() & {
        "next",
        "outcome",
    }:
        yield from _instead(context, root, word, context.case)
        yield from _between(context, root, word, context.case, [])
    yield edit(
        f"{word} may follow {steps(context.claim.pointer)[-2]}", SetValue(context.claim.pointer, [*documented, word])
    )


def initial_state_edits(context: FindingContext) -> Iterator[ContractEdit]:
    """Change the initial state to the one that submissions return."""
    yield from _begins(context, context.finding.detail, [])


def state_word_edits(context: FindingContext) -> Iterator[ContractEdit]:
    """Explain an unknown status: a state was renamed, a state is new, or only a word is missing from a list."""
    value = context.observed if context.finding.kind != "unknown-word" else context.finding.detail
    case = context.case
    life = _lifecycle(context)
    if not isinstance(value, str) or case is None or life is None:
        return
    root = f"/components/x-lifecycles/{escaped(life)}"
    listed: list[Operation] = []
    if context.finding.kind != "unknown-word":
        alone = isinstance(context.statement, list) and len(context.statement) == 1 and not context.kept
        listed = [SetValue(context.claim.pointer, [value]) if alone else AppendItem(context.claim.pointer, value)]
    states = at(context.document, pointer_below(root, "states"))
    if value in states:
        yield from _begins(context, value, listed)
        yield edit(f"{short_json(value)} is one of its values", *listed)
        return
    yield from _instead(context, root, value, case)
    yield from _between(context, root, value, case, listed)
    yield edit(
        f"{value} is a state about which nothing is known", *listed, SetValue(pointer_below(root, "states", value), {})
    )


def _lifecycle(context: FindingContext) -> str | None:
    for call in context.seen.contract.operations:
        if call.role and call.role.lifecycle and call.role.verb == "start":
            return call.role.lifecycle
    return None


def _words(case: TaskCase) -> list[str]:
    """The status words of a task in the order in which they were shown, each once."""
    polled = [step.says(STATUS) for step in case.steps if _is_poll(step)]
    return list(dict.fromkeys(word for word in polled if isinstance(word, str)))


def _is_poll(step: ReadExchange) -> bool:
    return step.accepted and step.role in ("start", "show")


# ---- a state that has another name


def _instead(context: FindingContext, root: str, value: str, case: TaskCase) -> Iterator[ContractEdit]:
    """Rename a state: the new word appears where a state was expected that no task was ever seen in."""
    states = at(context.document, pointer_below(root, "states"))
    life = context.seen.contract.lifecycles[steps(root)[-1]]
    observed = {observed_word for any_case in context.seen.cases for observed_word in _words(any_case)}
    before = _words(case)[: _words(case).index(value)] if value in _words(case) else []
    expected = life.states[before[-1]].next if before and before[-1] in life.states else life.reachable()
    for old in expected:
        if old in observed or old not in states:
            continue
        yield edit(f"{old} is called {value}", *_renamed(context, root, old, value))


def _renamed(context: FindingContext, root: str, old: str, new: str) -> Iterator[Operation]:
    """Rename a state wherever it is named: in the lifecycle, in enums and conditions of the status, in examples."""
    states = at(context.document, pointer_below(root, "states"))
    for name, state in states.items():
        following = state.get("next")
        if following == old:
            yield SetValue(pointer_below(root, "states", name, "next"), new)
        elif isinstance(following, list) and old in following:
            yield SetValue(
                pointer_below(root, "states", name, "next"),
                [new if successor == old else successor for successor in following],
            )
    yield RemoveValue(pointer_below(root, "states", old))
    yield SetValue(pointer_below(root, "states", new), states[old])
    if at(context.document, pointer_below(root, "initial")) == old:
        yield SetValue(pointer_below(root, "initial"), new)
    yield from _renamed_words(context, old, new)
    yield from _renamed_examples(context, old, new)


def _renamed_words(context: FindingContext, old: str, new: str) -> Iterator[Operation]:
    """Rename it in `enum` and `const` of every schema of the status, also in conditions."""
    fields = set()
    for site in sites(context.document):
        if site.kind == "schema" and isinstance(site.value, dict) and site.value.get("x-value") == STATUS:
            fields.add(steps(site.pointer)[-1])
    for site in sites(context.document):
        if site.kind != "schema" or not isinstance(site.value, dict) or steps(site.pointer)[-1] not in fields:
            continue
        if site.value.get("const") == old:
            yield SetValue(f"{site.pointer}/const", new)
        if old in site.value.get("enum", ()):
            words = [new if value == old else value for value in site.value["enum"]]
            yield SetValue(f"{site.pointer}/enum", list(dict.fromkeys(words)))


def _renamed_examples(context: FindingContext, old: str, new: str) -> Iterator[Operation]:
    for site in sites(context.document):
        examples = site.value.get("examples") if isinstance(site.value, dict) and site.kind == "media-type" else None
        if isinstance(examples, dict) and old in examples:
            yield RemoveValue(pointer_below(site.pointer, "examples", old))
            yield SetValue(pointer_below(site.pointer, "examples", new), _with_word(examples[old], old, new))


def _with_word(value: Json, old: str, new: str) -> Json:
    """A value in which every text equal to one word is replaced by another."""
    if isinstance(value, dict):
        return {key: _with_word(inner, old, new) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_word(inner, old, new) for inner in value]
    return new if value == old else value


# ---- a state between others


def _between(
    context: FindingContext, root: str, value: str, case: TaskCase, listed: list[Operation]
) -> Iterator[ContractEdit]:
    """Add a state between the one before it and the one after it."""
    words = _words(case)
    index = words.index(value) if value in words else -1
    states = at(context.document, pointer_below(root, "states"))
    before = words[:index][-1:]
    if index < 0 or not before or before[0] not in states or "next" not in states[before[0]]:
        return
    poll = next(step for step in case.steps if _is_poll(step) and step.says(STATUS) == value)
    following = states[before[0]].get("next", [])
    following = [word for word in (following if isinstance(following, list) else [following]) if word != value]
    later = [word for word in words[index + 1 : index + 2] if word in states]
    state: dict[str, Json] = {"after": _lasted(case, value), "next": later[0] if later else following}
    guess = "" if later else "; the next state was not seen, and is assumed to be the previous one's"
    at_ = poll.says(PROGRESS)
    if isinstance(at_, int):
        state["progress"] = [at_, at_]
    yield edit(
        f"{value} is a state after {before[0]}{guess}",
        *listed,
        SetValue(pointer_below(root, "states", value), state),
        SetValue(pointer_below(root, "states", before[0], "next"), [*following, value]),
        *_example(context, before[0], value, poll),
    )


def _lasted(case: TaskCase, value: str) -> int:
    """Seconds from the first poll that shows a word to the first that shows another."""
    polls = [step for step in case.steps if _is_poll(step)]
    first = next(index for index, step in enumerate(polls) if step.says(STATUS) == value)
    later = next((step for step in polls[first:] if step.says(STATUS) != value), polls[-1])
    return max(1, round(later.exchange.started - polls[first].exchange.started))


def _example(context: FindingContext, like: str, word: str, poll: ReadExchange) -> Iterator[Operation]:
    """An example of the new state, copied from that of the state before it."""
    for call in context.seen.contract.operations:
        if call.role is None or call.role.verb != "show":
            continue
        for response in call.responses:
            for media in response.media:
                documented = at(context.document, media.pointer).get("examples", {}).get(like)
                if documented is not None:
                    yield SetValue(pointer_below(media.pointer, "examples", word), _shown(documented, like, word, poll))


def _shown(example: Json, like: str, word: str, poll: ReadExchange) -> Json:
    made: Json = _with_word(example, like, word)
    for pointer, value in poll.bound(PROGRESS):
        if exists(made["value"], pointer):
            holder, name = parent_of(pointer)
            at(made["value"], holder)[name] = value
    return made


# ---- the first state


def _begins(context: FindingContext, word: str, listed: list[Operation]) -> Iterator[ContractEdit]:
    """Make tasks begin with another state, which the response to a submission shows."""
    name = _lifecycle(context)
    step = context.step
    if name is None or step is None or step.role != "start" or not word:
        return
    root = f"/components/x-lifecycles/{escaped(name)}"
    old = at(context.document, pointer_below(root, "initial"))
    operations: list[Operation] = [SetValue(pointer_below(root, "initial"), word)]
    for response in step.operation.responses:
        for media in response.media:
            documented = at(context.document, media.pointer).get("examples", {})
            if old in documented:
                operations.append(RemoveValue(pointer_below(media.pointer, "examples", old)))
                operations.append(
                    SetValue(pointer_below(media.pointer, "examples", word), _with_word(documented[old], old, word))
                )
    yield edit(f"tasks start as {word}", *listed, *operations)


def unstable_time_edits(context: FindingContext) -> Iterator[ContractEdit]:
    """Remove the binding of a time that changes between polls: it is no time of the task."""
    expression = "$task.createdAt" if context.claim.id.endswith("/created") else "$task.id"
    pointers = dict.fromkeys(
        bound.claim.pointer
        for step in context.seen.steps
        if step.body
        for bound in step.body.bound
        if bound.expression == expression and bound.claim is not None
    )
    if pointers:
        yield edit(f"nothing says {expression}", *(RemoveValue(pointer) for pointer in pointers))
