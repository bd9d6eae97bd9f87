"""Claims about the responses of an operation: schemas, headers, links and statuses.

A statement that several responses share (an error body, a task) is one claim.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pixpact.contracts.claims.alternatives import AlternativeReader
from pixpact.contracts.claims.book import ClaimBook
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.samples.statements import (
    ASSERTIONS,
    FALSE,
    ITEM,
    Path,
    SchemaStatement,
    short_pointer,
    statements,
)
from pixpact.specs.contract.model import CAUSES, Contract, Example, Link, MediaType, Operation, Response, ResponseHeader
from pixpact.specs.dialect.applicators import AppliedKeyword, KeywordCollector
from pixpact.specs.openapi.document import Json, at, escaped, steps
from pixpact.specs.openapi.messages import short_json as shown
from pixpact.specs.openapi.schemas import Violation, pointer_to

_SAID = (*ASSERTIONS, "x-value", "properties")
_IDLE = ("not", "propertyNames", "minContains", "additionalProperties")


@dataclass(frozen=True, slots=True)
class BoundField:
    """A response field that is bound to an expression."""

    expression: str
    value: Json
    path: tuple[str | int, ...]
    types: tuple[str, ...]
    """The JSON types that its schema allows; empty: any."""
    format: str | None
    claim: Claim | None

    @property
    def pointer(self) -> str:
        """The JSON pointer of the field."""
        return pointer_to(self.path)


@dataclass(frozen=True, slots=True)
class ResponseBodyClaims:
    """The claims that the body of one response keeps and breaks."""

    kept: tuple[Claim, ...]
    violations: tuple[tuple[Claim | None, Violation], ...]
    bound: tuple[BoundField, ...]
    """The bindings that apply to the body."""
    unknown: tuple[tuple[Claim, str], ...]
    """(claim, JSON pointer) of each undocumented field."""


class ResponseClaims:
    """The claims about the responses of one contract."""

    def __init__(self, book: ClaimBook) -> None:
        self._book = book
        contract = book.contract
        self._contract: Contract = contract
        self._document: Mapping[str, Json] = contract.document.value
        self._walks = KeywordCollector(self._document, _SAID, contract.schemas.test)
        self._alternatives = AlternativeReader(self._document, contract.schemas)
        self._claims: dict[tuple[str, str], Claim] = {}
        self._fields: dict[str, dict[Path, tuple[Claim, frozenset[str]]]] = {}
        self._users = self._users_of_schemas()
        self.success: dict[str, Claim] = {}
        self.statuses: dict[tuple[str, str], Claim] = {}
        """(operation, documented 2XX status) → the claim on that status."""
        self.types: dict[str, Claim] = {}
        self.headers: dict[str, Claim] = {}
        """Pointer of a documented header → the claim about it."""
        self.links: dict[str, Claim] = {}
        self.causes: dict[tuple[str, str], Claim] = {}
        self.wrongs: dict[str, Claim] = {}
        """Pointer of an example that is only for certain violations → the claim on its status."""
        for operation in contract.operations:
            self._enter(operation)

    # ---- entering the claims

    def _users_of_schemas(self) -> Counter[str]:
        """How many operations use each statement: the claims of a single user carry its id."""
        users: Counter[str] = Counter()
        for operation in self._contract.operations:
            schemas = [media.schema for response in operation.responses for media in response.media if media.schema]
            users.update(
                {statement.pointer for schema in schemas for statement in statements(self._document, schema, _SAID)}
            )
        return users

    def _enter(self, operation: Operation) -> None:
        for response in operation.responses:
            for media in response.media:
                self._enter_media(operation, response, media)
            for header in response.headers:
                self._enter_header(operation, response, header)
            if response.status.startswith("2"):
                self._enter_success(operation, response)
            for link in response.links:
                text = f"the link {link.name} leads to the task"
                self.links[link.pointer] = self._book.enter(
                    "answer", operation.id, link.pointer, text, name=f"link/{link.name}"
                )
        for cause in CAUSES:
            self._enter_cause(operation, cause)
        for status, example in operation.examples():
            if reads_violation(example):
                text = f"{example.name} has status {status}"
                claim = self._book.enter("refusal", operation.id, example.pointer, text, name=example.name)
                self.wrongs[example.pointer] = claim

    def _enter_success(self, operation: Operation, response: Response) -> None:
        pointer = f"{operation.pointer}/responses/{response.status}"
        text = f"success has status {response.status}"
        claim = self._book.enter("answer", operation.id, pointer, text, name=response.status)
        self.success.setdefault(operation.id, claim)
        self.statuses[(operation.id, response.status)] = claim

    def _enter_header(self, operation: Operation, response: Response, header: ResponseHeader) -> None:
        wording = f"the header {header.name} is as documented" + ("" if header.required else ", if it is present")
        shared = header.pointer.startswith("/components/responses/")
        name = None if shared else f"{response.status}/header/{header.name}"
        pointer = header.pointer if shared else f"{response.pointer}/headers/{escaped(header.name)}"
        owner = "" if shared else operation.id
        self.headers[_header_key(operation, header)] = self._book.enter("answer", owner, pointer, wording, name=name)

    def _enter_cause(self, operation: Operation, cause: str) -> None:
        for status, example in operation.examples():
            if example.subject == cause:
                text = f"{cause} has status {status}"
                claim = self._book.enter("refusal", operation.id, example.pointer, text, name=cause)
                self.causes.setdefault((operation.id, cause), claim)

    def _enter_media(self, operation: Operation, response: Response, media: MediaType) -> None:
        kinds = " or ".join(media.name for media in response.media)
        shared = media.pointer.startswith("/components/")
        response_pointer = media.pointer.rpartition("/")[0]
        self.types[media.pointer] = self._book.enter(
            "answer",
            "" if shared else operation.id,
            response_pointer,
            f"the content type is {kinds}",
            tail="content-type",
        )
        if media.schema is None:
            return
        fields: dict[Path, tuple[Claim, frozenset[str]]] = self._fields.setdefault(media.schema, {})
        for statement in statements(self._document, media.schema, ("x-value", "properties")):
            if statement.keyword == "properties":
                self._enter_fields(operation, statement, fields)
            elif statement.keyword not in _IDLE:
                self._enter_statement(operation, statement)

    def _enter_fields(
        self, operation: Operation, statement: SchemaStatement, fields: dict[Path, tuple[Claim, frozenset[str]]]
    ) -> None:
        names = frozenset(statement.value)
        if statement.path in fields:
            claim, named = fields[statement.path]
            fields[statement.path] = (claim, named | names)
            return
        name = _field_name(statement.path)
        fields[statement.path] = (
            self._claim(operation, statement, f"{name} has only documented fields", "members"),
            names,
        )

    def _enter_statement(self, operation: Operation, statement: SchemaStatement) -> None:
        if statement.keyword == "required":
            for name in statement.value:
                text = f"{_field_name((*statement.path, name))} is there" + _condition(statement)
                self._claims[(statement.pointer, name)] = self._claim(operation, statement, text, name)
        else:
            self._claims[(statement.pointer, "")] = self._claim(
                operation, statement, _text(statement) + _condition(statement), ""
            )

    def _claim(self, operation: Operation, statement: SchemaStatement, text: str, tail: str) -> Claim:
        alone = self._users[statement.pointer] < 2
        name = f"{statement.pointer}/absent" if statement.keyword == FALSE else statement.pointer
        within = f"{operation.pointer}/responses"
        named = None if not name.startswith(within) else _local(name, within)
        return self._book.enter("answer", operation.id if alone else "", statement.pointer, text, tail=tail, name=named)

    def header(self, operation: Operation, header: ResponseHeader) -> Claim:
        """The claim about a documented header of an operation's response."""
        return self.headers[_header_key(operation, header)]

    # ---- judging

    def body(self, media: MediaType, instance: Json) -> ResponseBodyClaims:
        """The claims that a decoded body keeps and breaks, by the schema of its media type."""
        if media.schema is None:
            return ResponseBodyClaims((), (), (), ())
        schemas = self._contract.schemas
        closest = [
            closer
            for violation in schemas.violations(media.schema, instance, "answer", closer=False)
            for closer in self._alternatives.closer(violation, instance)
        ]
        violations = tuple((self._claim_of(violation), violation) for violation in closest)
        marks: list[AppliedKeyword] = []
        if walk := self._walks.compile(media.schema):
            walk(instance, (), marks)
        broken = {claim.id for claim, _ in violations if claim}
        kept = [claim for mark in marks for claim in self._exercised(mark) if claim.id not in broken]
        bound = tuple(self._bound(mark) for mark in marks if mark.keyword == "x-value")
        return ResponseBodyClaims(tuple(kept), violations, bound, tuple(self._unknown(media.schema, instance)))

    def _bound(self, mark: AppliedKeyword) -> BoundField:
        schema = at(self._document, mark.schema)
        types = schema.get("type", ())
        listed = (types,) if isinstance(types, str) else tuple(types)
        claim = self._claims.get((f"{mark.schema}/x-value", ""))
        return BoundField(mark.value, mark.instance, mark.path, listed, schema.get("format"), claim)

    def objects_in(self, media: MediaType, instance: Json) -> list[Claim]:
        """The claims that the objects of a response have no undocumented fields."""
        by_path = self._fields.get(media.schema or "", {})
        return [by_path[path][0] for path, _, _ in objects(instance) if path in by_path]

    def _claim_of(self, violation: Violation) -> Claim | None:
        name = steps(violation.pointer)[-1] if violation.keyword == "required" and violation.pointer else ""
        return self._claims.get((violation.schema, name))

    def _exercised(self, mark: AppliedKeyword) -> Iterator[Claim]:
        pointer = f"{mark.schema}/{mark.keyword}"
        if mark.keyword == "x-value":
            return
        if mark.keyword == "properties":  # a field whose schema is `false` is rightly absent
            forbidden = [name for name, inner in mark.value.items() if inner is False]
            keys = [(f"{pointer}/{escaped(name)}", "") for name in forbidden]
        else:
            keys = [(pointer, name) for name in (mark.value if mark.keyword == "required" else [""])]
        yield from (self._claims[key] for key in keys if key in self._claims)

    def _unknown(self, schema: str, instance: Json) -> Iterator[tuple[Claim, str]]:
        fields_by_path = self._fields.get(schema, {})
        for path, pointer, value in objects(instance):
            if path in fields_by_path:
                claim, names = fields_by_path[path]
                for name in value:
                    if name not in names:
                        yield claim, f"{pointer}/{escaped(name)}"


def _header_key(operation: Operation, header: ResponseHeader) -> str:
    """The index key of a header: with the operation, unless the whole response is shared."""
    return header.pointer if header.pointer.startswith("/components/responses/") else f"{operation.id} {header.pointer}"


def reads_violation(example: Example) -> bool:
    """Whether an example is only for certain violations."""
    return example.when is not None and "violation" in example.when.roots


def media_of(response: Response, name: str) -> MediaType | None:
    """The documented media type with this name; None without one."""
    return next((media for media in response.media if media.name.lower() == name), None)


def links_of(operation: Operation) -> list[Link]:
    """The links of an operation's 2XX responses."""
    return [link for response in operation.responses if response.status.startswith("2") for link in response.links]


def objects(instance: Json, path: Path = (), pointer: str = "") -> Iterator[tuple[Path, str, dict[str, Json]]]:
    """Yield every object in a value: (path with `*` for items, JSON pointer, the object)."""
    if isinstance(instance, dict):
        yield path, pointer, instance
        for name, inner in instance.items():
            yield from objects(inner, (*path, name), f"{pointer}/{escaped(name)}")
    elif isinstance(instance, list):
        for index, inner in enumerate(instance):
            yield from objects(inner, (*path, ITEM), f"{pointer}/{index}")


def _field_name(path: Path) -> str:
    return ".".join(path).replace(f".{ITEM}", "[]") or "the response"


def _condition(statement: SchemaStatement) -> str:
    return " if its condition holds" if statement.guards else ""


_WORDS = {
    "type": "is of type",
    "enum": "is one of",
    "const": "is",
    "pattern": "matches",
    "minimum": "is at least",
    "maximum": "is at most",
    "minItems": "has at least as many items as",
    "maxItems": "has at most as many items as",
    "oneOf": "has exactly one of its documented forms",
    "anyOf": "has one of its documented forms",
    "x-value": "is",
}


def _text(statement: SchemaStatement) -> str:
    name = _field_name(statement.path)
    if statement.keyword == FALSE:
        return f"{name} is absent"
    if statement.keyword in ("oneOf", "anyOf"):
        return f"{name} {_WORDS[statement.keyword]}"
    value = statement.value if isinstance(statement.value, str) else shown(statement.value)
    return f"{name} {_WORDS.get(statement.keyword, f'keeps {statement.keyword}')} {value}"


def _local(pointer: str, within: str) -> str:
    """The pointer relative to the operation's responses: the status, then the short pointer."""
    return short_pointer(pointer, within)
