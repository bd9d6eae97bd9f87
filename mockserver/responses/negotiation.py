"""Which documented answer fits: a cause or a state, the conditions of examples, and what `Prefer` asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pixpact.mockserver.faults.fault import Fault, from_text
from pixpact.mockserver.responses.extreme import Extremes
from pixpact.mockserver.responses.rendering import (
    Render,
    compile_events,
    compile_example,
    compile_headers,
    holds,
)
from pixpact.specs.contract.model import Condition, Example, MediaType, Operation, Response
from pixpact.specs.dialect.expressions import Roots
from pixpact.specs.openapi.document import Json

STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Preference:
    """What a `Prefer` header asks for (RFC 7240): `code=429`, `example=name`, `state=failed`, `fault=hang`."""

    code: str | None = None
    example: str | None = None
    state: str | None = None
    fault: Fault | None = None
    applied: str = field(default="", compare=False)

    @property
    def chooses_answer(self) -> bool:
        """Whether it names the answer itself."""
        return self.code is not None or self.example is not None


@dataclass(frozen=True, slots=True)
class Answer:
    """One example, ready to be written."""

    status: int
    media_type: str
    content_type: bytes
    example: Example
    conditions: tuple[Condition, ...]
    headers: Callable[[Roots], list[tuple[bytes, bytes]]]
    render: Render
    events: Callable[[Roots, Sequence[Any]], Iterator[tuple[Any, Json]]] | None
    paints: bool
    """Whether images stand in the answer itself, as base64."""
    for_media: bool = False
    """Whether its media type has a condition of its own."""

    def satisfies(self, wish: Preference) -> bool:
        """Whether it is what a preference asks for."""
        return wish.example in (None, self.example.name) and wish.code in (None, str(self.status))

    def literal(self) -> Answer:
        """The same answer as the contract writes it, nothing computed; refusals keep what they say of the request."""
        if self.status >= 400:
            return self
        return replace(self, render=lambda _: self.example.value)

    def fits(self, roots: Roots) -> bool:
        """Whether every condition on it holds."""
        return all(holds(condition, roots) for condition in self.conditions)


NO_PREFERENCE = Preference()


_OURS = ("code", "example", "state", "fault", "delay", "status", "images", "retry-after")
_OF_FAULTS = ("example", "delay", "status", "images", "retry-after")


def preference(header: bytes | None) -> Preference:
    """Read a `Prefer` header; preferences that are not ours are ignored, as RFC 7240 says. Raises BadFault.

    `fault=slow-drip; delay=2`: what a fault may have beside its name stands beside it. `delay=2` alone is latency.
    """
    if not header:
        return NO_PREFERENCE
    values: dict[str, str] = {}
    for part in header.decode("latin-1").replace(";", ",").split(","):
        name, _, value = part.strip().partition("=")
        if name.strip().lower() in _OURS and value.strip():
            values.setdefault(name.strip().lower(), value.strip().strip('"'))
    fault = _fault(values)
    applied = ", ".join(f"{name}={value}" for name, value in values.items())
    return Preference(values.get("code"), values.get("example"), values.get("state"), fault, applied)


def _fault(values: dict[str, str]) -> Fault | None:
    """The fault that these preferences name, taken out of them."""
    name = values.pop("fault", None) or ("latency" if "delay" in values else None)
    if name is None:
        return None
    members = [f"{member}={values.pop(member)}" for member in _OF_FAULTS if member in values]
    return from_text(",".join([name, *members]))


class Negotiation:
    """The answers of one operation, by what they answer."""

    def __init__(self, operation: Operation, extremes: Extremes | None = None) -> None:
        self._all = [answer for response in operation.responses for answer in _answers(response, extremes)]
        self._statuses = sorted({answer.status for answer in self._all})
        self._by_subject: dict[str | None, list[Answer]] = {}

    def answer(self, subject: str | None, roots: Roots) -> Answer | None:
        """The answer to a cause or a state (None: plain success): the first whose conditions hold, else the last."""
        candidates = self._by_subject.get(subject)
        if candidates is None:
            candidates = self._by_subject[subject] = self._candidates(subject)
        for answer in candidates:
            if answer.fits(roots):
                return answer
        return candidates[-1] if candidates else None

    def documents(self, subject: str) -> bool:
        """Whether the contract has an answer to a cause or a state."""
        return any(answer.example.answers == subject for answer in self._all)

    def named(self, subject: str | None, example: str) -> Answer | None:
        """The answer to a subject by the name of its example; None when it has none of that name."""
        return next((it for it in self._all if it.example.answers == subject and it.example.name == example), None)

    def preferred(self, wish: Preference) -> Answer | None:
        """The answer that a preference names; None when there is none."""
        return next((answer for answer in self._all if answer.satisfies(wish)), None)

    def refuses(self, wish: Preference) -> bool:
        """Whether the answer that a preference names is an error, or there is none."""
        answer = self.preferred(wish)
        return answer is None or answer.status >= 400

    def offers(self) -> str:
        """What a preference may name, for an error message."""
        names = sorted({answer.example.name for answer in self._all})
        return f"codes {', '.join(map(str, self._statuses))}; examples {', '.join(names)}"

    def _candidates(self, subject: str | None) -> list[Answer]:
        named = [answer for answer in self._all if answer.example.answers == subject]
        beside = [answer for answer in self._all if _stands_in(answer, subject, named)]
        both = [answer for answer in self._all if answer in named or answer in beside]
        # The media type is chosen first: of one with a condition that holds every example comes before any other.
        return sorted(both, key=lambda it: (not it.for_media, it.example.when is None))


def _stands_in(answer: Answer, subject: str | None, named: list[Answer]) -> bool:
    """Whether an example named after nothing may answer a subject by its condition."""
    if answer.example.answers is not None or answer.example.when is None:
        return False
    if "violation" in answer.example.when.roots:
        return subject == "invalid-request"
    return any(other.status == answer.status and other.media_type == answer.media_type for other in named)


def _answers(response: Response, extremes: Extremes | None) -> Iterator[Answer]:
    status = int(response.status.replace("X", "0")) if response.status != "default" else 500
    headers = compile_headers([it for it in response.headers if it.required or extremes is None])
    for media in response.media:
        for example in media.examples:
            shown = example if extremes is None else extremes.of(response, media, example)
            yield _answer(status, headers, media, shown)


def _answer(
    status: int,
    headers: Callable[[Roots], list[tuple[bytes, bytes]]],
    media: MediaType,
    example: Example,
) -> Answer:
    streamed = media.name == STREAM
    return Answer(
        status=status,
        media_type=media.name,
        content_type=media.name.encode("latin-1"),
        example=example,
        conditions=tuple(condition for condition in (media.when, example.when) if condition),
        headers=headers,
        render=compile_example(example),
        events=compile_events(example) if streamed else None,
        paints=any("$image.base64" in binding.expression.text for binding in example.bindings),
        for_media=media.when is not None,
    )
