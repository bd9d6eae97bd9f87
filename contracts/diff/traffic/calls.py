"""Judges recorded calls by one side: their operation, whether the side accepts them, what it promises for them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pixpact.contracts.diff.compare.compare import ComparedContracts
from pixpact.contracts.diff.compare.differences import MessageSite
from pixpact.contracts.diff.compare.security import carriers_of
from pixpact.contracts.diff.proof.judges import BodyJudge, MessageJudge, SchemaJudge, is_list, judge_of
from pixpact.contracts.diff.proof.promises import PromisedImages, promised
from pixpact.contracts.diff.read.message_pairs import media_types
from pixpact.contracts.diff.read.operations import SideOperation, calls
from pixpact.contracts.traffic.unrecorded import lacks
from pixpact.specs.contract.model import Operation, WhenCondition
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRequest, ExpressionRoots
from pixpact.specs.openapi.document import Json, at, escaped
from pixpact.specs.openapi.parts import resolved
from pixpact.wire.bodies import UndecodableBody, json_of
from pixpact.wire.exchange import Exchange, media_type

_PARAMETER = re.compile(r"\{[^{}]*\}")
_NOTHING: Any = object()


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A recorded call, decoded as far as it can be."""

    exchange: Exchange
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    media: str
    body: Json
    status: str
    response_media: str
    response: Json
    response_headers: tuple[str, ...]
    repeated: dict[str, list[str]] = field(default_factory=dict)
    """Values of query parameters that occur more than once."""
    stripped: frozenset[str] = frozenset()
    """Credentials that must have been sent but are not in the recording."""

    @property
    def sent(self) -> frozenset[str]:
        """The places with possible credentials: `header authorization`, `query key`."""
        headers = {f"header {name}" for name in self.headers}
        return self.stripped | headers | {f"query {name.lower()}" for name in self.query}

    def with_key(self, alternatives: list[frozenset[str]]) -> RecordedCall:
        """The call with its credential, if it was accepted but a browser left the credential out of the export."""
        if (
            self.status[0] not in "23"
            or not alternatives
            or any(alternative <= self.sent for alternative in alternatives)
        ):
            return self
        return replace(self, stripped=alternatives[0])

    @classmethod
    def of(cls, exchange: Exchange) -> RecordedCall:
        """Decode one exchange. A body that is no JSON stays unknown."""
        parts = urlsplit(exchange.url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        several = {name for name, count in Counter(name for name, _ in pairs).items() if count > 1}
        return cls(
            exchange=exchange,
            path=parts.path or "/",
            query=dict(pairs),
            headers={name.lower(): value for name, value in exchange.request_headers},
            media=media_type(exchange.request_headers),
            body=_NOTHING if _lacks_body(exchange) else _decoded(exchange.request_body),
            status=str(exchange.status),
            response_media=media_type(exchange.response_headers),
            response=_decoded(exchange.response_body),
            response_headers=tuple(name.lower() for name, _ in exchange.response_headers),
            repeated={name: [value for key, value in pairs if key == name] for name in several},
        )


def _lacks_body(exchange: Exchange) -> bool:
    return "request" in exchange.note.get("truncated", "").split()


def _decoded(body: bytes) -> Json:
    if not body:
        return None
    try:
        return json_of(body)
    except UndecodableBody:
        return _NOTHING


@dataclass(frozen=True, slots=True)
class JudgedRequest:
    """The judgement of a request: why the side refuses it, or what it promises."""

    refusals: tuple[str, ...]
    promised: PromisedImages | None = None


@dataclass
class OperationJudge:
    """One operation of a side, with the judges of its calls."""

    call: SideOperation
    pattern: re.Pattern[str]
    parameters: list[tuple[str, str, bool, MessageJudge]]
    bodies: dict[str, MessageJudge]
    body_required: bool
    credentials: list[frozenset[str]]
    responses: dict[str, dict[str, str]]
    """Status → media type → pointer of its schema."""
    operation: Operation | None = None
    response_judges: dict[str, SchemaJudge] = field(default_factory=dict)

    def response(self, recorded: RecordedCall) -> tuple[str, str] | None:
        """The documented status and media type of the recorded response; None if it is undocumented."""
        for status in (recorded.status, f"{recorded.status[0]}XX", "default"):
            if status in self.responses:
                media = self.responses[status]
                return status, recorded.response_media if recorded.response_media in media else next(iter(media), "")
        return None


class SideCalls:
    """All operations of one side, found by method and path."""

    def __init__(self, both: ComparedContracts, new: bool) -> None:
        self.both = both
        self.new = new
        self.side = both.revision if new else both.base
        self._made: dict[str, OperationJudge] = {}
        self._calls = sorted(calls(self.side).values(), key=lambda call: call.path.count("{"))
        self._patterns = [(call, _pattern(call.path)) for call in self._calls if not call.label.startswith("webhook ")]
        self._prefixes = list(self._server_paths())
        self._known: dict[tuple[str, str], OperationJudge | None] = {}

    def _server_paths(self) -> Iterator[str]:
        """The possible prefixes of paths: none, the path of a server, the name under which a mock serves it."""
        for side in (self.both.base, self.both.revision):
            for server in side.value.get("servers", [{"url": "/"}]):
                yield urlsplit(server.get("url", "")).path.rstrip("/")

    def find(self, recorded: RecordedCall) -> OperationJudge | None:
        """The operation of a call."""
        key = recorded.exchange.method, recorded.path
        if key not in self._known:
            if len(self._known) > 1_000:  # every task has its own path
                self._known.clear()
            self._known[key] = self._found(*key)
        return self._known[key]

    def _found(self, method: str, path: str) -> OperationJudge | None:
        for rest in self._rests(path):
            for call, pattern in self._patterns:
                if call.method == method and pattern.fullmatch(rest):
                    return self._answered(call, pattern)
        return None

    def _rests(self, path: str) -> Iterator[str]:
        mounted = "/" + path.lstrip("/").partition("/")[2]
        for prefix in dict.fromkeys((*self._prefixes, "")):
            for whole in (path, mounted):
                if whole.startswith(prefix):
                    yield whole[len(prefix) :] or "/"

    def _answered(self, call: SideOperation, pattern: re.Pattern[str]) -> OperationJudge:
        if call.label not in self._made:
            written = at(self.side.value, call.pointer)
            contract = self.side.contract
            operations = {operation.pointer: operation for operation in contract.operations} if contract else {}
            self._made[call.label] = OperationJudge(
                call=call,
                pattern=pattern,
                parameters=list(self._parameters(call)),
                bodies=dict(self._bodies(call)),
                body_required=self._whole(written.get("requestBody"), f"{call.pointer}/requestBody").get("required")
                is True,
                credentials=carriers_of(self.side, call),
                responses=dict(self._responses(call)),
                operation=operations.get(call.pointer),
            )
        return self._made[call.label]

    def _whole(self, written: Json, pointer: str) -> dict[str, Any]:
        return at(self.side.value, resolved(self.side.value, pointer)) if written is not None else {}

    def _judge(self, schema: str, area: str) -> MessageJudge:
        reader, plain = self.both.reader(self.new, "request"), self.both.plain(self.new, "request")
        dialect = self.both.base.contract is not None and self.both.revision.contract is not None
        return judge_of(reader, plain, (schema,), MessageSite("request", area, ""), dialect)

    def _parameters(self, call: SideOperation) -> Iterator[tuple[str, str, bool, MessageJudge]]:
        for owner in (call.item, call.pointer):
            for index in range(len(at(self.side.value, owner).get("parameters", ()))):
                pointer = resolved(self.side.value, f"{owner}/parameters/{index}")
                written = at(self.side.value, pointer)
                kind, name = written.get("in"), written.get("name", "")
                if "schema" in written and kind in ("query", "header"):
                    name = name.lower() if kind == "header" else name
                    yield kind, name, written.get("required") is True, self._judge(f"{pointer}/schema", "parameter")

    def _bodies(self, call: SideOperation) -> Iterator[tuple[str, MessageJudge]]:
        written = at(self.side.value, call.pointer).get("requestBody")
        body = resolved(self.side.value, f"{call.pointer}/requestBody") if written is not None else ""
        for media in at(self.side.value, body).get("content", {}) if body else ():
            content = f"{body}/content/{escaped(media)}"
            if "schema" in at(self.side.value, content):
                yield media, self._judge(f"{content}/schema", "body")

    def _responses(self, call: SideOperation) -> Iterator[tuple[str, dict[str, str]]]:
        for status in at(self.side.value, call.pointer).get("responses", {}):
            pointer = resolved(self.side.value, f"{call.pointer}/responses/{escaped(status)}")
            content = at(self.side.value, pointer).get("content", {})
            yield status, {media: f"{pointer}/content/{escaped(media)}/schema" for media in content}

    # ------------------------------------------------------------------ judging

    def judged(self, answered: OperationJudge, recorded: RecordedCall) -> JudgedRequest:
        """The judgement of a recorded request."""
        refusals = [*self._of_parameters(answered, recorded), *self._of_key(answered, recorded)]
        body = self._of_body(answered, recorded)
        refusals += body.refusals
        return JudgedRequest(tuple(dict.fromkeys(refusals)), body.promised if not refusals else None)

    def _of_parameters(self, answered: OperationJudge, recorded: RecordedCall) -> Iterator[str]:
        for kind, name, required, judge in answered.parameters:
            if kind == "header" and lacks(recorded.exchange, "request-headers"):
                continue
            given = (recorded.query if kind == "query" else recorded.headers).get(name)
            if given is None:
                if required:
                    yield f"the {kind} parameter {name} is required"
            else:
                listed = recorded.repeated.get(name) if kind == "query" and is_list(judge) else None
                yield from (f"{kind} {name}: {_short(refusal.message)}" for refusal in judge.refusals(listed or given))

    def _of_key(self, answered: OperationJudge, recorded: RecordedCall) -> Iterator[str]:
        """A refusal if no accepted credential was sent; recordings keep the names of redacted ones."""
        alternatives = answered.credentials
        if not any(alternative <= recorded.sent for alternative in alternatives):
            wanted = " or ".join(sorted(" and ".join(sorted(alternative_names)) for alternative_names in alternatives))
            yield f"no credential that is accepted: {wanted}"

    def _of_body(self, answered: OperationJudge, recorded: RecordedCall) -> JudgedRequest:
        if _lacks_body(recorded.exchange):
            return JudgedRequest(())
        if not recorded.exchange.request_body:
            return JudgedRequest(("the body is required",) if answered.body_required else ())
        if recorded.body is _NOTHING or not answered.bodies:
            return JudgedRequest(())
        media = next((declared for declared, sent in media_types(answered.bodies, [recorded.media]) if sent), None)
        judge = answered.bodies.get(media or "")
        if judge is None:
            return JudgedRequest((f"{recorded.media or 'a body without Content-Type'} is not accepted",))
        refusals = tuple(_short(refusal.message) for refusal in judge.refusals(recorded.body))
        if refusals or not isinstance(judge, BodyJudge):
            return JudgedRequest(refusals)
        return JudgedRequest((), promised(judge, recorded.body))

    # ------------------------------------------------------------------ responses

    def examples(self, answered: OperationJudge, recorded: RecordedCall, judged: JudgedRequest) -> list[Json] | None:
        """The documented examples for such a request with the recorded status; None if there are none."""
        operation = answered.operation
        entry = answered.response(recorded)
        if operation is None or entry is None:
            return None
        body = judged.promised.body if judged.promised else recorded.body
        roots = ExpressionRoots(
            request=ExpressionRequest({}, recorded.query, recorded.headers, None if body is _NOTHING else body)
        )
        values = [
            example.value
            for response in operation.responses
            if response.status == entry[0]
            for media in response.media
            if media.name == entry[1] and _may_hold(media.when, roots)
            for example in media.examples
            if _may_hold(example.when, roots)
        ]
        return values or None

    def forbids(self, answered: OperationJudge, recorded: RecordedCall, value: Json) -> bool:
        """Whether this side's contract does not allow a response."""
        entry = answered.response(recorded)
        schema = answered.responses[entry[0]].get(entry[1]) if entry else None
        if schema is None:
            return True
        if schema not in answered.response_judges:
            answered.response_judges[schema] = SchemaJudge(self.both.plain(self.new, "response").of((schema,)))
        return bool(answered.response_judges[schema].refusals(value))


def _may_hold(condition: WhenCondition | None, roots: ExpressionRoots) -> bool:
    """Whether a condition can hold for a request; a test of anything else can always hold."""
    if condition is None:
        return True
    for expression, holds in condition.tests:
        if expression.root == "request":
            value = expression.evaluate(roots)
            if value is UNDEFINED or not holds(value):
                return False
    return not any(read.root == "request" and read.evaluate(roots) is not UNDEFINED for read in condition.absent)


def _short(message: str) -> str:
    """A message without the value, which may be private."""
    return message.partition("; got ")[0]


def _pattern(path: str) -> re.Pattern[str]:
    literal = [re.escape(part) for part in _PARAMETER.split(path)]
    return re.compile("([^/]+)".join(literal))
