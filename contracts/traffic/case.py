"""Reads traces with a contract: a case is the exchanges of one task (or one exchange), ready for the checks.

Cases from a check and from a recording are read alike. A check notes in each exchange what it expects; for a recording
the expectation follows from the request.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pixpact.contracts.claims.contract_claims import INVALID, UNAUTHENTICATED, ContractClaims
from pixpact.contracts.claims.exercise import ExercisedClaims, exercise
from pixpact.contracts.claims.responses import ResponseBodyClaims, media_of
from pixpact.contracts.limits.backoff import instant_of
from pixpact.contracts.traffic.images import facts_of, with_base64
from pixpact.contracts.traffic.parts import files_of
from pixpact.contracts.traffic.requests import ReadRequest, RequestReader
from pixpact.contracts.traffic.task_states import states_at
from pixpact.contracts.traffic.unrecorded import BODY
from pixpact.specs.contract.bodies import decoded
from pixpact.specs.contract.model import CAUSES, Example, MediaType, Operation, Response, WhenCondition
from pixpact.specs.contract.parameters import HeaderValues
from pixpact.specs.dialect.expression_inverse import as_text
from pixpact.specs.dialect.expressions import ExpressionRequest, ExpressionRoots
from pixpact.specs.dialect.keyword_checks import Fetch
from pixpact.specs.dialect.request_body import no_fetch
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.media import is_json, is_text
from pixpact.wire.bodies import STREAM, UndecodableBody, events_of, json_of
from pixpact.wire.exchange import Exchange, Trace, media_type
from pixpact.wire.images import ImageFacts

LEFT_OUT = BODY
"""The problem of a response whose body the recording left out: not a fault of the server."""
_NAMES = ("$task.id", "$task.status")
"""Expressions that are compared as text, because a vendor may write an id or a status as an integer."""
_SAME = 2.0
"""Seconds of clock difference that are ignored, because a `Date` header has whole seconds."""
UNKNOWN = "?"
"""The expectation for a request that names a task: only the vendor knows whether that task exists."""


@dataclass(frozen=True, slots=True)
class ReadExchange:
    """One exchange, with its request and response read with the contract."""

    index: int
    exchange: Exchange
    asked: ReadRequest | None
    """None for a download and for a request that calls no operation of the contract."""
    expects: str
    """Empty when the request must be accepted; else the cause for which it must be refused, or `?`."""
    sent: Json
    """The request's body as it was sent; None without one."""
    value: Json
    """The response's body; None if it could not be read."""
    problem: str
    """Why the response's body could not be read; empty when it could."""
    response: Response | None
    """The documented response with this status; without one, the documented 2XX response if the status is 2XX."""
    documented: bool
    """Whether the status is documented."""
    media: MediaType | None
    body: ResponseBodyClaims | None
    exercise: ExercisedClaims | None
    flaw: str = ""
    """What is wrong with the encoding of a body that could be read leniently; empty when nothing is."""
    disguised: bool = False
    """Whether a response with a 2XX status carries a documented error: the request counts as refused."""
    states: frozenset[str] = frozenset()
    """The task states that the status alone reports, where the body has no field for them."""

    @property
    def role(self) -> str:
        """The role of the exchange: start, run, show, store, download or other."""
        return self.exchange.note.get("role", "other")

    @property
    def operation(self) -> Operation:
        """The operation that was called. Raises ValueError for a download."""
        if self.asked is None:
            raise ValueError("a download belongs to no operation")
        return self.asked.operation

    @property
    def answered(self) -> bool:
        """Whether a complete response came."""
        return self.exchange.status > 0 and "fault" not in self.exchange.note

    @property
    def accepted(self) -> bool:
        """Whether the request was accepted."""
        taken = 200 <= self.exchange.status < 300 or bool(self.states)
        return self.answered and taken and not self.disguised

    @property
    def refused(self) -> bool:
        """Whether the request was refused."""
        return self.answered and not self.states and (400 <= self.exchange.status < 500 or self.disguised)

    @property
    def roots(self) -> ExpressionRoots:
        """The values that expressions of this response are evaluated against."""
        assert self.asked is not None
        fields = {
            name.lower().encode(): text.encode("latin-1", "replace") for name, text in self.exchange.response_headers
        }
        response = ExpressionRequest(header=HeaderValues({}, fields), body=self.value)
        return ExpressionRoots(
            method=self.exchange.method,
            url=self.exchange.url,
            status=self.exchange.status,
            request=self.asked.request,
            response=response,
        )

    def bound(self, expression: str) -> Iterator[tuple[str, Json]]:
        """(JSON pointer, value) of every field of the response that is bound to an expression."""
        for bound in self.body.bound if self.body else ():
            if bound.expression == expression:
                yield bound.pointer, as_text(bound.value) if expression in _NAMES else bound.value

    def says(self, expression: str) -> Json:
        """The first value that is bound to an expression; None without one."""
        return next((value for _, value in self.bound(expression)), None)


@dataclass(frozen=True, slots=True)
class TaskCase:
    """The exchanges of one task, read with the contract, in the order they were sent."""

    steps: tuple[ReadExchange, ...]
    clock_stands: bool = False
    """Whether the clock only moved by hand while the exchanges were recorded."""

    @property
    def start(self) -> ReadExchange | None:
        """The first step that asks for images; None if the trace has none, or the contract lacks its operation."""
        return next((step for step in self.steps if step.asked and step.role in ("start", "run")), None)

    def of(self, role: str) -> list[ReadExchange]:
        """The steps with this role."""
        return [step for step in self.steps if step.role == role]

    @property
    def skew(self) -> float:
        """Seconds that the server's clock is ahead of this machine's, by the first `Date` header; 0 without one.

        The server may write the header at any time during an exchange, so a date within it counts as no difference.
        """
        for step in self.steps:
            if step.asked and (date := instant_of(step.exchange.response_header("date") or "")) is not None:
                ahead, behind = date - step.exchange.ended, date - step.exchange.started
                return ahead if ahead > _SAME else behind if behind < -_SAME else 0.0
        return 0.0

    def trace(self, indices: tuple[int, ...]) -> Trace:
        """The trace of the exchanges at these indices."""
        return Trace(tuple(self.steps[index].exchange for index in indices))


class CaseReader:
    """Reads traces with one contract."""

    def __init__(self, claims: ContractClaims, bases: tuple[str, ...] = (), fetch: Fetch = no_fetch) -> None:
        self.claims = claims
        self.fetch = fetch
        self._reader = RequestReader(claims.contract, bases)

    def verb(self, exchange: Exchange, usual: str) -> str:
        """The role of a request's operation; `usual` if the contract has no such operation."""
        asked = self._reader.asked(exchange, self.fetch)
        return asked.verb if asked else usual

    def case(self, trace: Trace, clock_stands: bool = False) -> TaskCase:
        """Read one trace."""
        return TaskCase(tuple(self._step(index, exchange) for index, exchange in enumerate(trace)), clock_stands)

    def step(self, exchange: Exchange) -> ReadExchange:
        """Read one exchange."""
        return self._step(0, exchange)

    def _step(self, index: int, exchange: Exchange) -> ReadExchange:
        asked = None if exchange.note.get("role") == "download" else self._reader.asked(exchange, self.fetch)
        if asked is None:
            return ReadExchange(index, exchange, None, "", None, None, "", None, False, None, None, None)
        sent = sent_by(exchange, asked.operation)
        response, documented = _response(asked, exchange)
        media = _media(response, exchange)
        value, problem = value_of(exchange, media)
        flaw = ""
        if problem and (leniently := lenient(exchange, media)) is not None:
            value, problem, flaw = leniently, "", problem
        body = self.claims.responses.body(media, value) if media and not problem else None
        error = self._error(asked, exchange, value) if body and body.violations else None
        if error is not None:
            response, documented, media = error[0], False, error[1]
            body = self.claims.responses.body(media, value)
        return ReadExchange(
            index=index,
            exchange=exchange,
            asked=asked,
            expects=expected(asked, exchange),
            sent=sent,
            value=value,
            problem=problem,
            response=response,
            documented=documented,
            media=media,
            body=body,
            exercise=self._exercise(exchange, asked, sent),
            flaw=flaw,
            disguised=error is not None or self._is_cause(media, value, body),
            states=self._states(asked, exchange, body),
        )

    def _states(self, asked: ReadRequest, exchange: Exchange, body: ResponseBodyClaims | None) -> frozenset[str]:
        """The states that the status alone reports; none if the body reports a status itself."""
        if body is None or any(bound.expression == "$task.status" for bound in body.bound):
            return frozenset()
        return states_at(self.claims.contract, asked.operation, exchange.status)

    def _is_cause(self, media: MediaType | None, value: Json, body: ResponseBodyClaims | None) -> bool:
        """Whether a body is that of an error which the contract documents beside the successes of the same media type.

        True if the body binds none of the expressions that every success binds, and shares at least as many field
        names with an error example as with any success example.
        """
        if media is None or body is None or not isinstance(value, dict):
            return False
        causes = [example for example in media.examples if example.subject in CAUSES]
        successes = [example for example in media.examples if example not in causes]
        is_reported = _reported(bound.expression for bound in body.bound)
        reported = [_reported(binding.expression.text for binding in example.bindings) for example in successes]
        if not causes or not successes or not all(success and not success & is_reported for success in reported):
            return False
        return _shared_names(value, causes) >= _shared_names(value, successes)

    def _error(self, asked: ReadRequest, exchange: Exchange, value: Json) -> tuple[Response, MediaType] | None:
        """The documented 4XX response whose body came with a 2XX status; None without one."""
        for response in asked.operation.responses if 200 <= exchange.status < 300 else ():
            for media in response.media if response.status.startswith("4") else ():
                if isinstance(value, dict) and self._is_told_by(media, value):
                    return response, media
        return None

    def _is_told_by(self, media: MediaType, value: Json) -> bool:
        """Whether the body matches the schema, and the schema does not also match an empty object."""
        responses = self.claims.responses
        return not responses.body(media, value).violations and bool(responses.body(media, {}).violations)

    def _exercise(self, exchange: Exchange, asked: ReadRequest, sent: Json) -> ExercisedClaims | None:
        if not asked.valid or asked.reading is None or asked.reading.branch is None or asked.operation.body is None:
            return None
        for media in asked.operation.body.media:
            accepted = self.claims.acceptance.get((asked.operation.id, media.name))
            if accepted and asked.reading.branch.pointer in accepted.samples:
                return exercise(accepted, sent, asked.reading, with_files(exchange, self.fetch))
        return None


def _reported(expressions: Iterable[str]) -> frozenset[str]:
    """The expressions that have a value only after a request was carried out."""
    return frozenset(
        expression
        for expression in expressions
        if expression.startswith(("$task.", "$image.", "$upload.", "$usage.", "$account."))
    )


def _shared_names(value: Mapping[str, Json], examples: Iterable[Example]) -> int:
    """How many field names the body shares with the example closest to it."""
    return max(
        (len(value.keys() & bound.value.keys()) for bound in examples if isinstance(bound.value, dict)), default=0
    )


def expected(asked: ReadRequest, exchange: Exchange) -> str:
    """What the request must lead to: as its sender noted, else as derived from it. See `ReadExchange.expects`."""
    if "expects" in exchange.note:
        return exchange.note["expects"]
    if asked.authenticated is False:
        return UNAUTHENTICATED
    if asked.violations:
        return INVALID
    names_task = asked.operation.does("show", "end") or any(role.of for role in asked.operation.roles)
    return UNKNOWN if names_task or not asked.whole else ""


def sent_by(exchange: Exchange, operation: Operation) -> Json:
    """The request's body as its sender wrote it; None if there is none, or it cannot be decoded."""
    kind = media_type(exchange.request_headers)
    try:
        for media in operation.body.media if operation.body else ():
            if media.name == kind and exchange.request_body:
                return decoded(media, exchange.request_body, exchange.request_header("content-type") or "")[0]
        return json_of(exchange.request_body) if exchange.request_body else None
    except UndecodableBody:
        return None


def silence_of(exchange: Exchange) -> str:
    """Why an exchange has no complete response: the host, the fault and its detail."""
    note = exchange.note
    host = urlsplit(note.get("ended-at", exchange.url)).netloc
    fault, detail = note.get("fault", "the connection ended"), note.get("detail", "")
    reason = f"{fault}: {detail}" if detail and detail != fault else fault
    return f"no response of {host}: {reason}" if host and host not in reason else f"no response: {reason}"


def with_files(exchange: Exchange, fetch: Fetch) -> Fetch:
    """A fetch that also returns the files of the exchange's form; for images left out of a recording, their facts."""
    files = files_of(exchange)

    def shown(url: str) -> bytes | ImageFacts | None:
        content = files[url].content if url in files else None
        if content is None:
            return (facts_of(exchange, url) if url.startswith("data:") else None) or fetch(url)
        return facts_of(exchange, content.decode("latin-1")) or content if len(content) < _LONGEST_MARK else content

    return shown


_LONGEST_MARK = 80


def value_of(exchange: Exchange, media: MediaType | None) -> tuple[Json, str]:
    """(the value of a response's body, why it could not be read)."""
    if exchange.status == 0 or "fault" in exchange.note:
        return None, exchange.note.get("fault", "no response")
    if "response" in exchange.note.get("truncated", "").split():
        return None, LEFT_OUT
    try:
        if media is not None and media.name == STREAM:
            return with_base64(exchange, events_of(exchange.response_body)), ""
        if media is not None and not is_json(media.name):
            return _text_of(media, exchange.response_body), ""
        if not exchange.response_body and media is None:
            return None, ""
        value = json_of(exchange.response_body)
        return with_base64(exchange, value) if b" bytes, sha256 " in exchange.response_body else value, ""
    except UndecodableBody as error:
        return None, str(error)


def lenient(exchange: Exchange, media: MediaType | None) -> Json:
    """The value of a JSON body that is not in UTF-8, or starts with a byte order mark; None if it is not JSON.

    Such an encoding is a fault (RFC 8259, section 8.1); the value is judged nevertheless.
    """
    raw = exchange.response_body
    if media is None or media.name == STREAM or "fault" in exchange.note or exchange.note.get("truncated"):
        return None
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"):
        try:
            return json_of(raw.decode(encoding).encode())
        except ValueError:
            continue
    return None


def _text_of(media: MediaType, body: bytes) -> str:
    """A body that is not JSON: text as it stands, a file as base64."""
    return body.decode("utf-8", "replace") if is_text(media.name) else base64.b64encode(body).decode()


def _response(asked: ReadRequest, exchange: Exchange) -> tuple[Response | None, bool]:
    documented = asked.operation.response(exchange.status)
    if documented is not None or not 200 <= exchange.status < 300:
        return documented, documented is not None
    return next((response for response in asked.operation.responses if response.status.startswith("2")), None), False


def _media(response: Response | None, exchange: Exchange) -> MediaType | None:
    if response is None or not response.media:
        return None
    named = media_of(response, media_type(exchange.response_headers))
    return named or next((media for media in response.media if media.name != STREAM), response.media[0])


def condition_holds(condition: WhenCondition | None, roots: ExpressionRoots) -> bool:
    """Whether an `x-when` holds, as far as the request and the response show."""
    return condition is None or condition.never or condition.holds(roots)
