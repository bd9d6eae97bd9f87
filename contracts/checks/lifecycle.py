"""Lifecycle check: a task makes only documented transitions, its progress does not fall, its end is final."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

from pixpact.contracts.checks.observation import Observation, kept, unjudged
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.contracts.traffic.instants import natural
from pixpact.contracts.traffic.task_states import states_of_word
from pixpact.specs.dialect.expression_inverse import read
from pixpact.specs.dialect.expressions import parse
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.specs.openapi.document import Json
from pixpact.wire.json_values import is_number

_STATUS, _PROGRESS, _FRACTION = "$task.status", "$task.progress", "$task.fraction"


def lifecycle(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """Whether the polls of one task fit its lifecycle."""
    start = case.start
    name = start.operation.role.lifecycle if start and start.operation.role else None
    if start is None or start.role != "start" or name is None or not start.accepted:
        return
    life = claims.contract.lifecycles[name]
    polls = [step for step in case.steps if _is_poll(step)]
    yield from _initial(claims, life, start)
    for step in polls:
        yield from _progress(claims, life, step)
    yield from _words(claims, life, polls)
    yield from _transitions(claims, life, polls)
    yield from _rising(claims, life, polls)
    yield from _terminal(claims, life, polls)
    yield from _stable(claims, life, polls)
    yield from _outcome(claims, life, polls)
    yield from _ended(case, claims, life)


def _is_poll(step: ReadExchange) -> bool:
    return (
        step.accepted
        and step.role in ("start", "show", "end")
        and step.body is not None
        and not step.exchange.note.get("isolation")
    )


def _word(life: Lifecycle, step: ReadExchange) -> str:
    """The state that a response reports, by a word or by its status alone; empty if several are possible."""
    word = step.says(_STATUS)
    states = states_of_word(life, word, step.media, step.value) if isinstance(word, str) else step.states
    return next(iter(states)) if len(states) == 1 else ""


def _initial(claims: ContractClaims, life: Lifecycle, start: ReadExchange) -> Iterator[Observation]:
    claim = claims.lives.task.get((life.name, "initial"))
    wrong = {violation.pointer for _, violation in (start.body.violations if start.body else ())}
    if claim is None or any(pointer in wrong for pointer, _ in start.bound(_STATUS)):
        return  # judged by `body`
    if not (word := _word(life, start)) or word not in life.states or (start.asked and start.asked.waits):
        return
    if word == life.initial:
        yield from kept(claim)
    else:
        promised = f"the response to a submit says {life.initial}"
        yield Observation(
            (claim,), False, "initial", "breaking", "", promised, f"it says {word}", word, steps=(start.index,)
        )


def _progress(claims: ContractClaims, life: Lifecycle, step: ReadExchange) -> Iterator[Observation]:
    word, value = _word(life, step), _percent(step)
    claim = claims.lives.state.get((life.name, word, "progress"))
    if claim is None or not is_number(value):
        return
    low, high = life.states[word].progress or (0, 100)
    if low <= value <= high:
        yield from kept(claim)
    elif 0 <= value <= 100:  # otherwise the schema reports it
        pointer = next((pointer for kind in (_PROGRESS, _FRACTION) for pointer, _ in step.bound(kind)), "")
        yield Observation((claim,), False, "progress", "warning", pointer, claim.text, str(value), steps=(step.index,))


def _words(claims: ContractClaims, life: Lifecycle, polls: list[ReadExchange]) -> Iterator[Observation]:
    """Report a word outside the lifecycle that the schema allows."""
    claim = claims.lives.task.get((life.name, "words"))
    for step in polls:
        word = _word(life, step)
        if claim is None or not word or (step.body and step.body.violations):
            continue
        if word in life.states:
            yield from kept(claim)
        else:
            yield Observation(
                (claim,), False, "unknown-word", "breaking", "", claim.text, word, word, steps=(step.index,)
            )


def _transitions(claims: ContractClaims, life: Lifecycle, polls: list[ReadExchange]) -> Iterator[Observation]:
    """Each state must be reachable from the one before: states between two polls may be missed."""
    for before, after in pairwise(step for step in polls if _word(life, step) in life.states):
        old, new = _word(life, before), _word(life, after)
        claim = claims.lives.state.get((life.name, old, "next"))
        if claim is None or old == new:
            continue
        if new in _following(life, old):
            yield from kept(claim)
        else:
            observed = f"{new} follows {old}"
            yield Observation(
                (claim,),
                False,
                "transition",
                # Clients handle a documented state, even where no documented transition leads to this one.
                "breaking" if new in life.reachable() else "info",
                "",
                claim.text,
                observed,
                new,
                steps=(before.index, after.index),
            )


def _following(life: Lifecycle, word: str) -> set[str]:
    reached, waiting = set(), [word]
    while waiting:
        for name in life.following(waiting.pop()):
            if name in life.states and name not in reached:
                reached.add(name)
                waiting.append(name)
    return reached


def _is_over(life: Lifecycle, step: ReadExchange) -> bool:
    word = step.says(_STATUS)
    states = states_of_word(life, word, step.media, step.value) if isinstance(word, str) else step.states
    return bool(states) and all(name in life.states and life.states[name].outcome is not None for name in states)


def _rising(claims: ContractClaims, life: Lifecycle, polls: list[ReadExchange]) -> Iterator[Observation]:
    claim = claims.lives.task.get((life.name, "rising"))
    readable = [
        step
        for step in polls
        if is_number(_percent(step)) and _word(life, step) in life.states and not _is_over(life, step)
    ]
    over = next((step.index for step in polls if _is_over(life, step)), None)
    for before, after in pairwise(readable):
        if over is not None and after.index > over:
            return  # reopened: `_terminal` reports it
        old, new = _percent(before), _percent(after)
        if claim is None:
            return
        if _word(life, after) != _word(life, before) and _word(life, after) not in _following(
            life, _word(life, before)
        ):
            continue  # the transition itself is wrong
        if new >= old:
            yield from kept(claim)
        elif _in_range(life, after):
            yield Observation(
                (claim,),
                False,
                "falling",
                "warning",
                "",
                claim.text,
                f"{old}, then {new}",
                steps=(before.index, after.index),
            )


def _in_range(life: Lifecycle, step: ReadExchange) -> bool:
    low, high = life.states[_word(life, step)].progress or (0, 100)
    return bool(low <= _percent(step) <= high)


def _terminal(claims: ContractClaims, life: Lifecycle, polls: list[ReadExchange]) -> Iterator[Observation]:
    for before, after in _repeated(polls):
        if not _is_over(life, before):
            continue
        claim = claims.lives.state.get((life.name, _word(life, before), "terminal"))
        if claim is None or any(step.body and step.body.violations for step in (before, after)):
            continue
        old, new = _outcome_of(before), _outcome_of(after)
        if old == new:
            yield from kept(claim)
        else:
            differing = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
            observed = f"a later poll differs in {', '.join(differing)}"
            yield Observation(
                (claim,),
                False,
                "changed",
                "breaking",
                "",
                claim.text,
                observed,
                ",".join(differing),
                steps=(before.index, after.index),
                root=f"${differing[0]}" if len(differing) == 1 else _REOPENED if "task.status" in differing else "",
            )


_REOPENED = "a finished task is running again"


def _repeated(polls: list[ReadExchange]) -> Iterator[tuple[ReadExchange, ReadExchange]]:
    """Yield consecutive polls of the same operation: other operations may show a task differently."""
    by_operation: dict[str, list[ReadExchange]] = {}
    for step in polls:
        by_operation.setdefault(step.operation.id, []).append(step)
    for alike in by_operation.values():
        yield from pairwise(alike)


def _outcome_of(step: ReadExchange) -> dict[str, list[Json]]:
    """The values that must not change after the end: all bindings of the task and its images, URLs without queries."""
    outcomes: dict[str, list[Json]] = {}
    for bound in step.body.bound if step.body else ():
        if bound.expression.startswith(("$task.", "$image.")):
            value = _unsigned(bound.value) if bound.expression == "$image.url" else bound.value
            outcomes.setdefault(bound.expression.removeprefix("$"), []).append(value)
    return outcomes


def _unsigned(url: Json) -> Json:
    return urlsplit(url)._replace(query="", fragment="").geturl() if isinstance(url, str) else url


_KEPT = {"id": "$task.id", "created": "$task.createdAt"}


def _stable(claims: ContractClaims, life: Lifecycle, polls: list[ReadExchange]) -> Iterator[Observation]:
    for about, expression in _KEPT.items():
        claim = claims.lives.task.get((life.name, about))
        values = [(step, value) for step in polls if (value := _natural(step, expression)) is not None]
        for (before, old), (after, new) in pairwise(values):
            if claim is None:
                break
            if old == new:
                yield from kept(claim)
            elif old != "" and new != "":  # an empty value is not another id
                observed = f"{old}, then {new}"
                yield Observation(
                    (claim,),
                    False,
                    "unstable",
                    "breaking",
                    "",
                    claim.text,
                    observed,
                    steps=(before.index, after.index),
                    root=expression,
                )


def _natural(step: ReadExchange, expression: str) -> Json:
    for bound in step.body.bound if step.body else ():
        if bound.expression == expression:
            return (natural(bound) or {}).get(expression)
    return None


def _outcome(claims: ContractClaims, life: Lifecycle, polls: list[ReadExchange]) -> Iterator[Observation]:
    claim = claims.lives.task.get((life.name, "outcome"))
    if claim is None or not polls:
        return
    late = next((step for step in polls if step.exchange.note.get("deadline") == "passed"), None)
    if any(_is_over(life, step) for step in polls):
        yield from kept(claim)
    elif late is not None and not any(_word(life, step) for step in polls if step.role == "show"):
        yield from unjudged("no poll shows the task's state", claim)
    elif late is not None:
        observed = f"still {_word(life, late)} after {late.exchange.note.get('waited', '?')} s"
        yield Observation(
            (claim,),
            False,
            "deadline",
            "warning",
            "",
            claim.text,
            observed,
            steps=(polls[0].index, late.index),
            chance=True,
        )
    elif _word(life, polls[-1]) in life.states:
        yield from unjudged("the task was not polled to its end", claim)


def _ended(case: TaskCase, claims: ContractClaims, life: Lifecycle) -> Iterator[Observation]:
    """Whether a task that its client ended has the documented state afterwards, and keeps it."""
    end = next((step for step in case.of("end") if step.accepted and step.asked), None)
    claim = claims.lives.ended.get(end.operation.id) if end else None
    if end is None or claim is None or end.operation.role is None:
        return
    becomes = end.operation.role.becomes
    later = [step for step in case.of("show") if step.index > end.index and not step.exchange.note.get("isolation")]
    if becomes is None:
        accepted_later = [step for step in later if step.accepted]
        if any(step.refused for step in later) and not accepted_later:
            yield from kept(claim)
        elif accepted_later:
            observed = f"responded with {accepted_later[0].exchange.status} and the task"
            yield Observation(
                (claim,), False, "not-ended", "breaking", "", claim.text, observed, steps=(accepted_later[0].index,)
            )
        return
    over = next((step for step in later if step.accepted and _is_over(life, step)), None)
    word = _word(life, over) if over else ""
    if over is None or not word or _word(life, end) not in ("", becomes, *_under_way(life)):
        yield from unjudged("the task was never seen ended by this request, or was over before", claim)
    elif word == becomes:
        yield from kept(claim)
    else:
        steps = (end.index, over.index)
        yield Observation((claim,), False, "not-ended", "breaking", "", claim.text, f"it is {word}", word, steps=steps)


def _under_way(life: Lifecycle) -> list[str]:
    return [name for name, state in life.states.items() if not state.outcome]


def _percent(step: ReadExchange) -> Json:
    """The progress in a response, in percent; None without one."""
    value, fraction = _said_within(step, _PROGRESS), _said_within(step, _FRACTION)
    return value if value is not None or not is_number(fraction) else fraction * 100


def _said_within(step: ReadExchange, expression: str) -> Json:
    """The value bound to an expression, also within a text such as `{$task.progress}%`; None without one."""
    for binding in step.body.bound if step.body else ():
        if binding.expression == expression:
            return binding.value
        if f"{{{expression}}}" in binding.expression:
            return (read(parse(binding.expression), binding.value, binding.types, binding.format) or {}).get(expression)
    return None
