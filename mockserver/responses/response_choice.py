"""Which documented response fits: a cause or a state, the conditions of examples, and what `Prefer` asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pixpact.mockserver.faults.fault import Fault
from pixpact.mockserver.faults.gateways import GAVE_UP
from pixpact.mockserver.faults.parsing import read, typed
from pixpact.mockserver.responses.encoding import encoder
from pixpact.mockserver.responses.extreme import ExtremeResponses
from pixpact.mockserver.responses.rendering import (
    Events,
    Render,
    compile_events,
    compile_example,
    compile_headers,
    holds,
)
from pixpact.specs.contract.model import CAUSES, Example, MediaType, Operation, Response, WhenCondition
from pixpact.specs.dialect.expressions import ExpressionRoots
from pixpact.specs.openapi.document import Json
from pixpact.wire.bodies import STREAM

_PAINTED = ("$image.base64", "$image.bytes")
"""What stands in a response itself, and not behind a link."""


@dataclass(frozen=True, slots=True)
class RequestPreference:
    """What a `Prefer` header asks for (RFC 7240): `code=429`, `example=name`, `state=failed`, `fault=hang`."""

    code: str | None = None
    example: str | None = None
    state: str | None = None
    fault: Fault | None = None
    charged: bool | None = None
    """Whether a request that it refuses is carried out all the same; None: as such a response does."""
    applied: str = field(default="", compare=False)

    @property
    def chooses_response(self) -> bool:
        """Whether it names the response itself."""
        return self.code is not None or self.example is not None


@dataclass(frozen=True, slots=True)
class ChosenExample:
    """One example, ready to be written."""

    status: int
    media_type: str
    content_type: bytes
    example: Example
    conditions: tuple[WhenCondition, ...]
    headers: Callable[[ExpressionRoots], list[tuple[bytes, bytes]]]
    render: Render
    events: Callable[[ExpressionRoots, Sequence[Any]], Events] | None
    encode: Callable[[Json], bytes]
    """How its value is written to the wire."""
    paints: bool
    """Whether images stand in the response itself, as base64."""
    for_media: bool = False
    """Whether its media type has a condition of its own."""

    @property
    def bodyless(self) -> bool:
        """Whether a status is all that it says."""
        return not self.media_type

    def satisfies(self, wish: RequestPreference) -> bool:
        """Whether it is what a preference asks for."""
        return wish.example in (None, self.example.name) and wish.code in (None, str(self.status))

    def literal(self) -> ChosenExample:
        """The same response as the contract writes it, nothing computed; refusals keep what they say of the request."""
        if self.status >= 400:
            return self
        return replace(self, render=lambda _: self.example.value)

    def fits(self, roots: ExpressionRoots) -> bool:
        """Whether every condition on it holds."""
        return all(holds(condition, roots) for condition in self.conditions)


NO_PREFERENCE = RequestPreference()


_PREFERENCE = re.compile(r'([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^;,"]*)))?')
"""`name=value` or `name="quoted, value"`, between commas and semicolons (RFC 7240, section 2)."""
_OURS = ("code", "example", "state", "fault", "delay", "status", "images", "retry-after", "charged")
_OF_FAULTS = ("example", "delay", "status", "images", "retry-after", "charged")


def preference(header: bytes | None) -> RequestPreference:
    """Read a `Prefer` header; preferences that are not ours are ignored, as RFC 7240 says. Raises BadFault.

    `fault=slow-drip; delay=2`: what a fault may have beside its name stands beside it. `delay=2` alone is latency.
    """
    if not header:
        return NO_PREFERENCE
    values: dict[str, str] = {}
    for name, quoted, plain in _PREFERENCE.findall(header.decode("latin-1")):
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted else plain.strip()
        value = value or "true" * (name.lower() == "charged")
        if name.lower() in _OURS and value:
            values.setdefault(name.lower(), value)
    fault = _fault(values)
    applied = ", ".join(f"{name}={value}" for name, value in values.items())
    charged = {"true": True, "false": False}.get(values.get("charged", ""))
    return RequestPreference(values.get("code"), values.get("example"), values.get("state"), fault, charged, applied)


def _fault(values: dict[str, str]) -> Fault | None:
    """The fault that these preferences name, taken out of them."""
    name = values.pop("fault", None) or ("latency" if "delay" in values else None)
    if name is None:
        return None
    fields = {field: typed(field, values.pop(field)) for field in _OF_FAULTS if field in values}
    return read({"fault": name, **fields})


class ResponseChoice:
    """The responses of one operation, by what they answer."""

    def __init__(self, operation: Operation, extremes: ExtremeResponses | None = None) -> None:
        self._all = [reply for response in operation.responses for reply in _responses(response, extremes)]
        self._statuses = sorted({reply.status for reply in self._all})
        self._by_subject: dict[str | None, list[ChosenExample]] = {}
        self._empty = [_empty(response) for response in operation.responses if not response.media]

    def response(self, subject: str | None, roots: ExpressionRoots) -> ChosenExample | None:
        """The response to a cause or a state (None: plain success): the first whose conditions hold, else the last."""
        candidates = self._by_subject.get(subject)
        if candidates is None:
            candidates = self._by_subject[subject] = self._candidates(subject) or self._bodyless(subject)
        for response in candidates:
            if response.fits(roots):
                return response
        return candidates[-1] if candidates else None

    @property
    def responses(self) -> Sequence[ChosenExample]:
        """Every response with an example."""
        return self._all

    def certain(self, subject: str) -> ChosenExample | None:
        """The response to a state, where no condition has a say in it."""
        first = next(iter(self._candidates(subject)), None)
        return first if first is not None and not first.conditions else None

    def documents(self, subject: str) -> bool:
        """Whether the contract has a response to a cause or a state."""
        return any(response.example.subject == subject for response in self._all)

    def named(self, subject: str | None, example: str) -> ChosenExample | None:
        """The response to a subject by the name of its example; None when it has none of that name."""
        return next(
            (
                candidate
                for candidate in self._all
                if candidate.example.subject == subject and candidate.example.name == example
            ),
            None,
        )

    def preferred(self, wish: RequestPreference) -> ChosenExample | None:
        """The response that a preference names; None when there is none."""
        return next((response for response in self._all if response.satisfies(wish)), None)

    def refuses(self, wish: RequestPreference) -> bool:
        """Whether the response that a preference names is an error, or there is none."""
        response = self.preferred(wish)
        return response is None or response.status >= 400

    def refusal(self, status: int | None, example: str | None) -> ChosenExample | None:
        """The first refusal of a status, or of the name of an example; None when there is none."""
        wish = RequestPreference(None if status is None else str(status), example)
        return next((response for response in self._all if response.status >= 400 and response.satisfies(wish)), None)

    def is_late(self, wish: RequestPreference) -> bool:
        """Whether the refusal that a preference names comes after the service took the request."""
        response = self.preferred(wish)
        return response is not None and (wish.charged is True or (wish.charged is None and response.status in GAVE_UP))

    def offers(self) -> str:
        """What a preference may name, for an error message."""
        names = sorted({response.example.name for response in self._all})
        return f"codes {', '.join(map(str, self._statuses))}; examples {', '.join(names)}"

    def _bodyless(self, subject: str | None) -> list[ChosenExample]:
        """The success without a body, which answers whatever state or success no example shows."""
        return (
            [] if subject in CAUSES else [candidate for candidate in self._empty if 200 <= candidate.status < 300][:1]
        )

    def _candidates(self, subject: str | None) -> list[ChosenExample]:
        named = [response for response in self._all if response.example.subject == subject]
        beside = [response for response in self._all if _stands_in(response, subject, named)]
        both = [response for response in self._all if response in named or response in beside]
        # The media type is chosen first: of one with a condition that holds every example comes before any other.
        return sorted(both, key=lambda candidate: (not candidate.for_media, candidate.example.when is None))


def _stands_in(response: ChosenExample, subject: str | None, named: list[ChosenExample]) -> bool:
    """Whether an example named after nothing may answer a subject by its condition."""
    if response.example.subject is not None or response.example.when is None:
        return False
    if "violation" in response.example.when.roots:
        return subject == "invalid-request"
    return any(rival.status == response.status and rival.media_type == response.media_type for rival in named)


def _empty(response: Response) -> ChosenExample:
    """A response that is documented without a body."""
    return ChosenExample(
        status=_status(response),
        media_type="",
        content_type=b"",
        example=Example("", response.pointer, None, None),
        conditions=(),
        headers=compile_headers(response.headers),
        render=lambda _: None,
        events=None,
        encode=lambda _: b"",
        paints=False,
    )


def _status(response: Response) -> int:
    return int(response.status.replace("X", "0")) if response.status != "default" else 500


def _responses(response: Response, extremes: ExtremeResponses | None) -> Iterator[ChosenExample]:
    status = _status(response)
    headers = compile_headers([header for header in response.headers if header.required or extremes is None])
    for media in response.media:
        for example in media.examples:
            shown = example if extremes is None else extremes.of(response, media, example)
            yield _response(status, headers, media, shown)


def _response(
    status: int,
    headers: Callable[[ExpressionRoots], list[tuple[bytes, bytes]]],
    media: MediaType,
    example: Example,
) -> ChosenExample:
    streamed = media.name == STREAM
    return ChosenExample(
        status=status,
        media_type=media.name,
        content_type=media.name.encode("latin-1"),
        example=example,
        conditions=tuple(condition for condition in (media.when, example.when) if condition),
        headers=headers,
        render=compile_example(example),
        events=compile_events(example) if streamed else None,
        encode=encoder(media.name),
        paints=any(name in binding.expression.text for binding in example.bindings for name in _PAINTED),
        for_media=media.when is not None,
    )
