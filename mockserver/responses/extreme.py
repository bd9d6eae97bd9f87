"""Answers as unusual as a contract allows, for finding clients that rely on more than it promises.

An example is changed step by step, and a step stays only if the contract's own schema takes the result: fields that
are not promised go, unknown ones come, texts grow long, a value takes another of its forms, the order of fields turns
round. What leads to a task or an image stays, or there would be nothing left to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from pixpact.mockserver.core.identity import SeededChance, entropy
from pixpact.specs.contract.bindings import BindingReader
from pixpact.specs.contract.model import Contract, Example, ExampleBinding, MediaType, Operation, Response
from pixpact.specs.dialect.applicators import Path
from pixpact.specs.dialect.expressions import UNDEFINED, Expression, ExpressionRequest, ExpressionRoots, parse
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.specs.openapi.document import Json
from pixpact.wire.json_values import is_integer, value_on, with_value

UNKNOWN = "not_in_the_contract"
"""The field that every object gets which may have one."""
_UNKNOWN_VALUE = {"note": "a client ignores what it does not know", "list": [None, 1.5, True]}
_LONG = 'Long “text” with \\ "quotes", a\nline break, עברית, 日本語 and 🪁. '
_LENGTHS = (10_000, 1_000, 250, 60)
_MESSAGE = "$violation.message"
_NEEDED = frozenset({"$image.url", "$image.base64", "$task.status", "$task.id"})

Candidates = Iterator[Json]


class ExtremeResponses:
    """The unusual responses of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._schemas = contract.schemas
        self._bindings = BindingReader(contract.document.value, contract.schemas)

    def of(self, response: Response, media: MediaType, example: Example) -> Example:
        """The most unusual form of an example; itself where its media type has no schema."""
        if media.schema is None:
            return example
        links = [expression for link in response.links for expression in link.parameters.values()]
        change = _ExtremeSteps(self._acceptable(media.schema, example.value, links))
        value = _turned(change.all(example.value))
        bound = self._bindings.bound(media.schema, value)
        test = self._schemas.test(media.schema)
        bindings = tuple(_wordy(binding, value, test) for binding in bound.bindings)
        return replace(example, value=value, bindings=bindings, images=bound.images)

    def words(self, operation: Operation, lifecycle: Lifecycle) -> dict[str, tuple[str, ...]]:
        """For each state that an operation shows, every word that the contract allows in its place."""
        words_by_state: dict[str, tuple[str, ...]] = {}
        for response in operation.responses:
            for media in response.media:
                for example in media.examples:
                    state = lifecycle.states.get(example.subject or "")
                    if state is not None and media.schema is not None and example.when is None:
                        words = [
                            state_name
                            for state_name in lifecycle.states
                            if _may_stand_for(lifecycle, state_name, state.name)
                        ]
                        words_by_state[state.name] = tuple(self._valid(example, media.schema, words))
        return words_by_state

    def _valid(self, example: Example, schema: str, words: list[str]) -> Iterator[str]:
        test = self._schemas.test(schema)
        paths = [binding.path for binding in example.bindings if binding.expression.text == "$task.status"]
        for word in words:
            value = example.value
            for path in paths:
                value = with_value(value, path, word)
            if paths and test(value):
                yield word

    def _acceptable(self, schema: str, original: Json, links: list[Expression]) -> Callable[[Json], bool]:
        """Whether a changed value keeps the contract, and everything that leads on."""
        test = self._schemas.test(schema)
        defined = [link for link in links if _defined(link, original)]
        needed = self._expressions(schema, original) & _NEEDED

        def acceptable(value: Json) -> bool:
            return (
                test(value)
                and all(_defined(link, value) for link in defined)
                and needed <= self._expressions(schema, value)
            )

        return acceptable

    def _expressions(self, schema: str, value: Json) -> set[str]:
        return {binding.expression.text for binding in self._bindings.bound(schema, value).bindings}


def word_of(words: tuple[str, ...], token: str, state: str) -> str | None:
    """The word that a task shows in a state: always the same, and over many tasks every one."""
    if not words:
        return None
    index = SeededChance(entropy(token, state)).uniform(0, len(words))
    return words[min(int(index), len(words) - 1)]


def _wordy(binding: ExampleBinding, value: Json, test: Callable[[Json], bool]) -> ExampleBinding:
    """The binding of a refusal's message with a long text before what is wrong, where a text may be so long."""
    text, shown = binding.expression.text, value_on(value, binding.path)
    if _MESSAGE not in text or not isinstance(shown, str) or not test(with_value(value, binding.path, shown * 2)):
        return binding
    wrong = f"{{{_MESSAGE}}}"
    template = text if wrong in text else text.replace(_MESSAGE, wrong)
    return replace(binding, expression=parse(template.replace(wrong, f"{shown} {wrong}")))


class _ExtremeSteps:
    """The steps, each tried at every place of a value."""

    def __init__(self, acceptable: Callable[[Json], bool]) -> None:
        self._acceptable = acceptable

    def all(self, value: Json) -> Json:
        for candidates in (_without_a_field, _other_form, _longer, _with_unknown):
            for path in list(_paths(value)):
                value = self._tried(value, path, candidates)
        return value

    def _tried(self, value: Json, path: Path, candidates: Callable[[Json], Candidates]) -> Json:
        """The value with the last acceptable candidate at a place, each built upon the one before."""
        again = True
        while again and _exists(value, path):
            again = False
            for candidate in candidates(value_on(value, path)):
                changed = with_value(value, path, candidate)
                if self._acceptable(changed):
                    value, again = changed, candidates is _without_a_field
                    break
        return value


def _without_a_field(value: Json) -> Candidates:
    for name in value if isinstance(value, dict) else ():
        yield {key: inner for key, inner in value.items() if key != name}


def _other_form(value: Json) -> Candidates:
    """A text for a list of one, a list for a text, a number for a text, and the other way round; else nothing."""
    if isinstance(value, list) and len(value) == 1 and not isinstance(value[0], (list, dict)):
        yield value[0]
    elif isinstance(value, str):
        yield [value]
        if value.isdecimal() and len(value) < 16:
            yield int(value)
    elif is_integer(value):
        yield str(value)
    yield None


def _longer(value: Json) -> Candidates:
    """Texts only: a single word, an id or an address means something."""
    if isinstance(value, str) and " " in value:
        for length in _LENGTHS:
            yield (_LONG * (length // len(_LONG) + 1))[:length]


def _with_unknown(value: Json) -> Candidates:
    if isinstance(value, dict) and UNKNOWN not in value:
        yield {**value, UNKNOWN: _UNKNOWN_VALUE}


def _turned(value: Json) -> Json:
    """The same value with the fields of every object in the opposite order."""
    if isinstance(value, dict):
        return {key: _turned(inner) for key, inner in reversed(value.items())}
    return [_turned(item) for item in value] if isinstance(value, list) else value


def _paths(value: Json, path: Path = ()) -> Iterator[Path]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in inner:
        yield from _paths(item, (*path, step))


def _exists(value: Json, path: Path) -> bool:
    try:
        value_on(value, path)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _defined(link: Expression, body: Json) -> bool:
    return (
        link.text.startswith("$response")
        and link.evaluate(ExpressionRoots(response=ExpressionRequest(body=body))) is not UNDEFINED
    )


def _may_stand_for(lifecycle: Lifecycle, word: str, state: str) -> bool:
    """Whether a word means the same to a client as a state: never one that is shown anyway, nor one from before."""
    shown = [state_name for state_name in lifecycle.reachable() if lifecycle.states[state_name].after != (0.0, 0.0)]
    if word == state:
        return True
    alike = lifecycle.states[word].outcome == lifecycle.states[state].outcome
    return alike and word not in shown and (word != lifecycle.initial or state == shown[0])
