"""Follow-up requests of a response: polls of its task by the contract's links, downloads of its images by URL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pixpact.contracts.claims.responses import media_of
from pixpact.contracts.traffic.requests import ReadRequest
from pixpact.specs.contract.model import Contract, Link, Operation
from pixpact.specs.contract.parameters import HeaderValues
from pixpact.specs.dialect.applicators import AppliedKeyword, KeywordCollector
from pixpact.specs.dialect.expression_inverse import as_text
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRequest, ExpressionRoots
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.schemas import pointer_to
from pixpact.wire.exchange import Exchange, media_type

Key = tuple[str, tuple[tuple[str, str], ...]]
"""The identity of a poll: its operation id, and the parameters that a link sets (name, value), sorted."""


@dataclass(frozen=True, slots=True)
class FollowUps:
    """The follow-up requests that a response leads to."""

    keys: frozenset[Key] = frozenset()
    ids: frozenset[Key] = frozenset()
    """The keys whose parameters all come from the response: a task id is unique, a client's own value may be reused."""
    urls: dict[str, str] = field(default_factory=dict)
    """Image URL → JSON pointer of its field."""
    over: bool = False
    """Whether the task has reached its outcome."""


class FollowUpReader:
    """Reads follow-up requests from responses, with the links and bindings of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._walks = KeywordCollector(contract.document.value, ("x-value",), contract.schemas.test)
        self._outcomes = frozenset(
            state.word
            for lifecycle in contract.lifecycles.values()
            for state in lifecycle.states.values()
            if state.outcome
        )
        self._names: dict[str, set[tuple[str, ...]]] = {}
        for operation in contract.operations:
            for link in _links(operation):
                self._names.setdefault(link.operation, set()).add(tuple(sorted(map(plain, link.parameters))))

    def keys_of(self, asked: ReadRequest) -> list[Key]:
        """The keys that may identify a poll: one for each set of parameters that a link to its operation gives."""
        given = {**asked.request.path, **asked.request.query}
        for parameter in asked.operation.parameters:
            if parameter.place == "header" and parameter.name.lower() in asked.request.header:
                given[parameter.name] = asked.request.header[parameter.name.lower()]
        return [
            (asked.operation.id, tuple((name, _text(given[name])) for name in names))
            for names in sorted(self._names.get(asked.operation.id, ()))
            if all(name in given for name in names)
        ]

    def follow_ups(self, asked: ReadRequest, exchange: Exchange, value: Json) -> FollowUps:
        """The follow-ups of the response to a submit or a poll; `value` is the value of its body."""
        response = asked.operation.response(exchange.status)
        if response is None:
            return FollowUps()
        keys, ids = self._keys(response.links, asked, exchange, value)
        media = media_of(response, media_type(exchange.response_headers))
        marks = self._marks(media.schema, value) if media and media.schema else []
        texts = [(mark.value, mark.instance, mark.path) for mark in marks if isinstance(mark.instance, str)]
        urls = {text: pointer_to(path) for bound, text, path in texts if bound == "$image.url"}
        words = {as_text(mark.instance) for mark in marks if mark.value == "$task.status"}
        over = asked.verb == "run" or not words.isdisjoint(self._outcomes)
        return FollowUps(frozenset(keys), frozenset(ids), urls, over)

    def _marks(self, schema: str, value: Json) -> list[AppliedKeyword]:
        marks: list[AppliedKeyword] = []
        if walk := self._walks.compile(schema):
            walk(value, (), marks)
        return marks

    def _keys(
        self, links: tuple[Link, ...], asked: ReadRequest, exchange: Exchange, value: Json
    ) -> tuple[list[Key], list[Key]]:
        if not links:
            return [], []
        roots = _roots(asked, exchange, value)
        keys = [(link, key) for link in links if (key := _key(link, roots)) is not None]
        own = [key for link, key in keys if all(parameter.root == "response" for parameter in link.parameters.values())]
        return [key for _, key in keys], own


def _links(operation: Operation) -> Iterator[Link]:
    return (link for response in operation.responses for link in response.links)


def _key(link: Link, roots: ExpressionRoots) -> Key | None:
    values = {plain(name): expression.evaluate(roots) for name, expression in link.parameters.items()}
    if any(value is UNDEFINED or value is None or value == "" for value in values.values()):
        return None
    return link.operation, tuple(sorted((name, _text(value)) for name, value in values.items()))


def _roots(asked: ReadRequest, exchange: Exchange, value: Json) -> ExpressionRoots:
    fields = {name.lower().encode(): text.encode("latin-1", "replace") for name, text in exchange.response_headers}
    return ExpressionRoots(
        method=exchange.method,
        url=exchange.url,
        status=exchange.status,
        request=asked.request,
        response=ExpressionRequest(header=HeaderValues({}, fields), body=UNDEFINED if value is None else value),
    )


def plain(name: str) -> str:
    """A link parameter's name without its location prefix, as in `path.id` (OpenAPI 3.1.0, section 4.8.20.1)."""
    return name.partition(".")[2] if name.startswith(("path.", "query.", "header.")) else name


def _text(value: Json) -> str:
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
