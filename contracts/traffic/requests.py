"""Reads requests with the contract: operation, decoded parameters and body, violations, promised images."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from pixpact.contracts.traffic.base_urls import BaseUrls
from pixpact.contracts.traffic.images import facts_of, image_in
from pixpact.contracts.traffic.unrecorded import lacks
from pixpact.specs.contract.bodies import decoded, plain
from pixpact.specs.contract.model import Contract, CredentialPlace, Operation, RequestMedia
from pixpact.specs.contract.parameters import HeaderValues, key_of, media_type_of
from pixpact.specs.contract.request_rules import RequestRules
from pixpact.specs.contract.routes import RouteTable
from pixpact.specs.dialect.expressions import ExpressionRequest, ExpressionRoots, value_at
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.keyword_checks import Fetch
from pixpact.specs.dialect.request_body import BodyReading, no_fetch
from pixpact.specs.openapi.document import Json, at, steps
from pixpact.specs.openapi.schemas import Violation
from pixpact.wire.bodies import FilePart, UndecodableBody
from pixpact.wire.exchange import Exchange
from pixpact.wire.images import ImageFacts

# What recorders write in place of values that are secret or too long: Pixpact's own marks, and those of others.
_HIDDEN = re.compile(r"\[redacted\]|\[cut off\]|\[[0-9]+ bytes, sha256 [0-9a-f]{16,64}\]")
_HIDDEN_KEY = re.compile(r"redact|\*\*\*|removed|hidden|<[^<>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A request, read as the contract's vendor would read it, with all its violations.

    `violations` are those that the mock would report: of parameters, media type and body, in this order. A value that
    the recording hides (an image's bytes, a secret) causes none.
    """

    operation: Operation
    request: ExpressionRequest
    """Decoded parameters, and the body with defaults filled in and numbers clamped."""
    reading: BodyReading | None
    """None if the body is absent or cannot be decoded."""
    violations: tuple[Violation, ...]
    promise: ImagePromise | None
    """The images that the request must yield; None unless it is valid and starts or runs a task."""
    authenticated: bool | None
    """Whether a key was sent; None if the operation requires none, or the recording leaves keys out."""
    whole: bool = True
    """Whether the whole body was recorded; otherwise the body is not judged."""
    bases: tuple[str, ...] = ()
    """The base URL of the request, then those of the contract's servers."""

    @property
    def verb(self) -> str:
        """What the request does with a task or an upload: start, run, show, store, end; else `other`."""
        role = self.operation.role_for(ExpressionRoots(request=self.request))
        return role.verb if role else "other"

    @property
    def waits(self) -> bool:
        """Whether the response waits for the outcome of the task that the request starts."""
        roots = ExpressionRoots(request=self.request)
        role = self.operation.role_for(roots)
        return role is not None and role.wait_seconds(roots) is not None

    @property
    def valid(self) -> bool:
        """Whether the vendor must accept the request, given a valid key."""
        return self.whole and not self.violations


class RequestReader:
    """Reads the requests of one contract; compiled once.

    `bases` are base URLs under which the contract is served, beside its servers and a mock's mounts.
    """

    def __init__(self, contract: Contract, bases: Iterable[str] = ()) -> None:
        self.contract = contract
        self.places = BaseUrls(contract, bases)
        self._routes = RouteTable((operation, operation) for operation in contract.operations)
        readers = [_OperationReader(contract, operation) for operation in contract.operations]
        self._readers = {reader.operation.id: reader for reader in readers}

    def operation_of(self, method: str, url: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation that a request calls, and its path parameters; None for any other URL."""
        for path in self.places.paths(url):
            if match := self._routes.find(method.upper(), path):
                return match.target, match.path
        return None

    def asked(self, exchange: Exchange, fetch: Fetch = no_fetch) -> ReadRequest | None:
        """Read the exchange's request; None when the contract has no such operation.

        `fetch` returns the bytes of uploads that the request refers to.
        """
        for path in self.places.paths(exchange.url):
            if match := self._routes.find(exchange.method.upper(), path):
                asked = self._readers[match.target.id].read(exchange, match.path, fetch)
                base = exchange.url.partition("?")[0].removesuffix(path)
                servers = (url.rstrip("/") for url in self.contract.servers)
                return replace(asked, bases=tuple(dict.fromkeys((base, *servers))))
        return None


_READERS: dict[int, RequestReader] = {}
_MOST_READERS = 32


def asked(
    contract: Contract, exchange: Exchange, fetch: Fetch = no_fetch, bases: Iterable[str] = ()
) -> ReadRequest | None:
    """Read one request, see `RequestReader.asked`; readers without `bases` are cached by contract."""
    return _reader(contract, bases).asked(exchange, fetch)


def operation_of(
    contract: Contract, method: str, url: str, bases: Iterable[str] = ()
) -> tuple[Operation, dict[str, str]] | None:
    """The operation of one request, see `RequestReader.operation_of`; readers without `bases` are cached."""
    return _reader(contract, bases).operation_of(method, url)


def _reader(contract: Contract, bases: Iterable[str]) -> RequestReader:
    if bases := tuple(bases):
        return RequestReader(contract, bases)
    reader = _READERS.get(id(contract))
    if reader is None or reader.contract is not contract:
        if len(_READERS) >= _MOST_READERS:
            _READERS.clear()
        reader = _READERS[id(contract)] = RequestReader(contract)
    return reader


class _OperationReader:
    """Reads the requests of one operation."""

    def __init__(self, contract: Contract, operation: Operation) -> None:
        self.operation = operation
        self._rules = RequestRules(contract, operation)
        self._document = contract.document.value
        self._makes_images = operation.does("start", "run")

    def read(self, exchange: Exchange, path: dict[str, str], fetch: Fetch) -> ReadRequest:
        """Read one request; `path` holds its path parameters."""
        headers = {
            name.lower().encode(): value.encode("latin-1", "replace") for name, value in exchange.request_headers
        }
        query = urlsplit(exchange.url).query.encode("latin-1", "replace")
        values, violations = self._rules.parameters.read(path, query, headers)
        if lacks(exchange, "request-headers"):
            violations = [violation for violation in violations if violation.kind != "header"]
        request = ExpressionRequest(values["path"], values["query"], HeaderValues(values["header"], headers))
        body = _BodyReading(exchange, headers, request, fetch)
        body.stores = self.operation.does("store")
        whole = True
        if self.operation.body:
            try:
                violations += self._read_body(body)
            except _NotWhole:
                whole = False
        valid = whole and not violations
        return ReadRequest(
            operation=self.operation,
            request=request,
            reading=body.reading,
            violations=tuple(violations),
            promise=self._promise(body) if valid else None,
            authenticated=_authenticated(self.operation.credentials, headers, query, exchange),
            whole=whole,
        )

    def _promise(self, body: _BodyReading) -> ImagePromise | None:
        reading = body.reading
        if not self._makes_images or reading is None or reading.branch is None:
            return None
        return reading.branch.promise(reading, body.request, body.image)

    def _read_body(self, body: _BodyReading) -> list[Violation]:
        """The violations of the body. Raises _NotWhole if the recording lacks a part of it."""
        if (not body.raw and body.is_left_out) or (
            not media_type_of(body.headers) and lacks(body.exchange, "request-headers")
        ):
            raise _NotWhole
        choice = self._rules.media_type(body.raw, body.headers)
        media = choice.media
        if media is None:
            return [choice.violation] if choice.violation else []
        try:
            value = body.decoded(media)
        except UndecodableBody as error:
            if body.is_cut:
                raise _NotWhole from None
            return [self._rules.undecodable(str(error))]
        body.reading = _without_hidden(media.reader.read(value, body.image), body, self._document)
        body.request.body = body.reading.body
        if body.is_cut:  # the file may be missing in the recording, not in the request
            return list(body.reading.violations)
        roots = ExpressionRoots(request=body.request)
        no_file = self._rules.files(media, body.reading, roots, body.files, lambda text: body.hidden(text) is not None)
        return [*body.reading.violations, *no_file]


class _NotWhole(Exception):
    """The recording lacks a part of the body."""


@dataclass(slots=True)
class _BodyReading:
    """A request's body while it is decoded and validated."""

    exchange: Exchange
    headers: Mapping[bytes, bytes]
    request: ExpressionRequest
    fetch: Fetch
    files: Mapping[str, FilePart]
    reading: BodyReading | None
    stores: bool
    """Whether the request uploads a file."""

    def __init__(
        self, exchange: Exchange, headers: Mapping[bytes, bytes], request: ExpressionRequest, fetch: Fetch
    ) -> None:
        self.exchange, self.headers, self.request, self.fetch = exchange, headers, request, fetch
        self.files, self.reading, self.stores = {}, None, False

    @property
    def raw(self) -> bytes:
        return self.exchange.request_body

    @property
    def is_left_out(self) -> bool:
        """Whether there was a body that the recording lacks entirely."""
        length = self.headers.get(b"content-length", b"0")
        return self.is_cut or (length.isdigit() and int(length) > 0)

    @property
    def is_cut(self) -> bool:
        """Whether the recording may lack a part of the request's body."""
        return self.exchange.note.get("truncated", "response") != "response"

    def decoded(self, media: RequestMedia) -> Json:
        """The body's value; sets `files`. Raises UndecodableBody."""
        value, self.files = decoded(media, self.raw, self.headers[b"content-type"].decode("latin-1"))
        return value

    def image(self, url: str) -> bytes | ImageFacts | None:
        """The bytes of a form's file or of an upload; their facts where the recording has no bytes."""
        hidden = self.hidden(url)
        if hidden is None:
            return self.files[url].content if url in self.files else self.fetch(url) or self._stored(url)
        return facts_of(self.exchange, hidden)

    def _stored(self, text: str) -> bytes | None:
        """The bytes of an upload that is sent as base64."""
        return plain(text) if self.stores and not text.startswith("http") else None

    def hidden(self, text: str) -> str | None:
        """The mark in place of a value that the recording hides; None if it hides nothing."""
        shown = self.files[text].content[:120].decode("latin-1") if text in self.files else text[-120:]
        match = _HIDDEN.search(shown)
        return match[0] if match else None


def _without_hidden(reading: BodyReading, body: _BodyReading, document: Json) -> BodyReading:
    """The reading without violations of values that the recording hides."""
    if not reading.violations:
        return reading
    kept = tuple(violation for violation in reading.violations if not _is_unknown(violation, reading, body, document))
    return reading if len(kept) == len(reading.violations) else reading._replace(violations=kept)


def _is_unknown(violation: Violation, reading: BodyReading, body: _BodyReading, document: Json) -> bool:
    """Whether a violation is of a recorder's mark, not of the value that was sent."""
    value = value_at(reading.body, steps(violation.pointer))
    if not isinstance(value, str) or (hidden := body.hidden(value)) is None:
        return False
    is_base64 = value.startswith("data:") or " bytes, sha256 " in hidden
    if violation.keyword == "pattern" and is_base64 and value.endswith(hidden):
        return re.search(at(document, violation.schema), value.removesuffix(hidden) + _ANY_BASE64) is not None
    return not violation.keyword.startswith("x-image") or image_in(body.exchange, hidden) is None


_ANY_BASE64 = "AAAA"
"""Stands for the base64 that a recorder left out: only the text before it shows whether the pattern can match."""


def _authenticated(
    credentials: Iterable[CredentialPlace], headers: Mapping[bytes, bytes], query: bytes, exchange: Exchange
) -> bool | None:
    credentials = tuple(credentials)
    if not credentials:
        return None
    if key_of(credentials, headers, query) is not None or _has_hidden_key(credentials, headers):
        return True
    return None if _leaves_keys_out(exchange) else False


def _leaves_keys_out(exchange: Exchange) -> bool:
    """Whether a recorder, or a later edit of its file, may have removed the key: no 401 or 403 contradicts that."""
    recorder = exchange.note.get("recorder")
    missed = exchange.status in (401, 403)
    return recorder == "browser" or lacks(exchange, "request-headers") or (recorder == "other" and not missed)


def _has_hidden_key(credentials: Iterable[CredentialPlace], headers: Mapping[bytes, bytes]) -> bool:
    """Whether a header for a key is present with a recorder's mark as its value."""
    fields = [
        headers.get(credential.name.lower().encode(), b"") for credential in credentials if credential.place == "header"
    ]
    return any(_HIDDEN_KEY.search(value.decode("latin-1")) for value in fields)
