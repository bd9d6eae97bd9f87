"""What a request asked, read with the contract: by whom, and where, it was sent or recorded makes no difference."""

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

# What recorders write in place of what must not, or need not, be kept: redaction's own words, and those of others.
_HIDDEN = re.compile(r"\[redacted\]|\[cut off\]|\[[0-9]+ bytes, sha256 [0-9a-f]{16,64}\]")
_HIDDEN_KEY = re.compile(r"redact|\*\*\*|removed|hidden|<[^<>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A request as the contract's vendor would understand it, and all that is wrong with it.

    `violations` are those that the mock finds: of parameters, media type and body, in this order. What a recording
    hides (an image's bytes, a secret) is not judged.
    """

    operation: Operation
    request: ExpressionRequest
    """Decoded parameters; the body after reading: defaults filled, numbers clamped."""
    reading: BodyReading | None
    """None where there is no body, or none that could be decoded."""
    violations: tuple[Violation, ...]
    promise: ImagePromise | None
    """The images that it must yield: of a valid request that starts or runs a task."""
    authenticated: bool | None
    """Whether a key was sent; None: the operation wants none, or the recording leaves keys out."""
    whole: bool = True
    """Whether the body was recorded as a whole; otherwise nothing is said of it."""
    bases: tuple[str, ...] = ()
    """The base URLs of the contract: that under which it was asked, and its servers."""

    @property
    def verb(self) -> str:
        """What it does with a task or an upload: start, run, show, store, end; `other` without one."""
        role = self.operation.role_for(ExpressionRoots(request=self.request))
        return role.verb if role else "other"

    @property
    def waits(self) -> bool:
        """Whether it waits for the outcome of the task that it begins."""
        roots = ExpressionRoots(request=self.request)
        role = self.operation.role_for(roots)
        return role is not None and role.patience(roots) is not None

    @property
    def valid(self) -> bool:
        """Whether the contract's vendor takes such a request, from somebody who may ask."""
        return self.whole and not self.violations


class RequestReader:
    """Reads the requests of one contract: everything about them is decided once.

    `bases` are further base URLs under which the contract is served, beside its servers and a mock's.
    """

    def __init__(self, contract: Contract, bases: Iterable[str] = ()) -> None:
        self.contract = contract
        self.places = BaseUrls(contract, bases)
        self._routes = RouteTable((operation, operation) for operation in contract.operations)
        readers = [_OperationReader(contract, operation) for operation in contract.operations]
        self._readers = {reader.operation.id: reader for reader in readers}

    def operation_of(self, method: str, url: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation that a request calls, and the values of its path's templates; None for any other URL."""
        for path in self.places.paths(url):
            if match := self._routes.find(method.upper(), path):
                return match.target, match.path
        return None

    def asked(self, exchange: Exchange, fetch: Fetch = no_fetch) -> ReadRequest | None:
        """What the exchange's request asked; None when the contract has no such operation.

        `fetch` gives the bytes of uploads to the server that the request mentions.
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
    """`RequestReader.asked` for those who keep no reader."""
    return _reader(contract, bases).asked(exchange, fetch)


def operation_of(
    contract: Contract, method: str, url: str, bases: Iterable[str] = ()
) -> tuple[Operation, dict[str, str]] | None:
    """`RequestReader.operation_of` for those who keep no reader."""
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
        """Read one request; `path` holds the values of the path's templates."""
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
        """What is wrong with the body. Raises _NotWhole where the recording lacks some of it."""
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
        if body.is_cut:  # the recording may lack a file rather than the request
            return list(body.reading.violations)
        roots = ExpressionRoots(request=body.request)
        no_file = self._rules.files(media, body.reading, roots, body.files, lambda text: body.hidden(text) is not None)
        return [*body.reading.violations, *no_file]


class _NotWhole(Exception):
    """The recording lacks some of a body."""


@dataclass(slots=True)
class _BodyReading:
    """A request's body on its way from bytes to a reading."""

    exchange: Exchange
    headers: Mapping[bytes, bytes]
    request: ExpressionRequest
    fetch: Fetch
    files: Mapping[str, FilePart]
    reading: BodyReading | None
    stores: bool
    """Whether the request hands over a file to be kept."""

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
        """Whether there was a body that the recording does not have at all."""
        length = self.headers.get(b"content-length", b"0")
        return self.is_cut or (length.isdigit() and int(length) > 0)

    @property
    def is_cut(self) -> bool:
        """Whether the recording says that it may lack some of the request's body."""
        return self.exchange.note.get("truncated", "response") != "response"

    def decoded(self, media: RequestMedia) -> Json:
        """The body's value, and the files in it. Raises UndecodableBody."""
        value, self.files = decoded(media, self.raw, self.headers[b"content-type"].decode("latin-1"))
        return value

    def image(self, url: str) -> bytes | ImageFacts | None:
        """The bytes of a file in a form, or of an upload; their facts where the recording has only these."""
        hidden = self.hidden(url)
        if hidden is None:
            return self.files[url].content if url in self.files else self.fetch(url) or self._stored(url)
        return facts_of(self.exchange, hidden)

    def _stored(self, text: str) -> bytes | None:
        """The bytes of an upload that is sent as base64."""
        return plain(text) if self.stores and not text.startswith("http") else None

    def hidden(self, text: str) -> str | None:
        """What stands in place of what the recording does not show; None where it shows all."""
        shown = self.files[text].content[:120].decode("latin-1") if text in self.files else text[-120:]
        match = _HIDDEN.search(shown)
        return match[0] if match else None


def _without_hidden(reading: BodyReading, body: _BodyReading, document: Json) -> BodyReading:
    """The reading without violations of values that the recording does not show."""
    if not reading.violations:
        return reading
    kept = tuple(violation for violation in reading.violations if not _is_unknown(violation, reading, body, document))
    return reading if len(kept) == len(reading.violations) else reading._replace(violations=kept)


def _is_unknown(violation: Violation, reading: BodyReading, body: _BodyReading, document: Json) -> bool:
    """Whether a violation is one of what a recorder wrote, and not of what was sent."""
    value = value_at(reading.body, steps(violation.pointer))
    if not isinstance(value, str) or (hidden := body.hidden(value)) is None:
        return False
    is_base64 = value.startswith("data:") or " bytes, sha256 " in hidden
    if violation.keyword == "pattern" and is_base64 and value.endswith(hidden):
        return re.search(at(document, violation.schema), value.removesuffix(hidden) + _ANY_BASE64) is not None
    return not violation.keyword.startswith("x-image") or image_in(body.exchange, hidden) is None


_ANY_BASE64 = "AAAA"
"""Stands for the base64 that a recorder left out: what comes before it, if anything, is all that tells its form."""


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
    """Whether a recorder, or who cleaned its file, may have taken a key out: the response does not speak of it."""
    recorder = exchange.note.get("recorder")
    missed = exchange.status in (401, 403)
    return recorder == "browser" or lacks(exchange, "request-headers") or (recorder == "other" and not missed)


def _has_hidden_key(credentials: Iterable[CredentialPlace], headers: Mapping[bytes, bytes]) -> bool:
    """Whether a header that holds a key is there with some recorder's word in place of its value."""
    fields = [
        headers.get(credential.name.lower().encode(), b"") for credential in credentials if credential.place == "header"
    ]
    return any(_HIDDEN_KEY.search(value.decode("latin-1")) for value in fields)
