"""Whether a request is one the vendor would take: its key, media type, parameters and body.

Every violation is found; the first, in the order of the contract's properties, decides the response.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from pixpact.mockserver.context import FILES, MockContext
from pixpact.mockserver.core.identity import account_of
from pixpact.mockserver.faults.fault import Fault
from pixpact.mockserver.faults.names import NAMES
from pixpact.mockserver.requests.call import RequestState
from pixpact.mockserver.responses.model_advice import OverlayAdvice
from pixpact.specs.contract import bodies
from pixpact.specs.contract.model import Contract, Operation, RequestMedia
from pixpact.specs.contract.parameters import HeaderValues, key_of
from pixpact.specs.contract.request_rules import RequestRules
from pixpact.specs.dialect.expressions import ExpressionRequest
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.media import is_json
from pixpact.specs.openapi.schemas import Violation
from pixpact.wire.bodies import UndecodableBody, json_of

_FILE = FILES + r"/[A-Za-z0-9._-]+/([0-9a-f]{24})-"
_OWN_FILE = re.compile(_FILE.encode())
_OWN_URL = re.compile(rf"https?://[^/]+{_FILE}[^/?#]+")
_MENTIONS_FILE = f"{FILES}/".encode()
FAULTY_KEYS = {f"sk-{name}": Fault(name) for name in NAMES}


class RequestValidation:
    """The rules of one operation, compiled."""

    def __init__(self, contract: Contract, operation: Operation, context: MockContext) -> None:
        self._advice = OverlayAdvice(contract)
        self._vendor = contract.vendor
        self._operation = operation
        self._usual = next((operation.credentials for operation in contract.operations if operation.credentials), ())
        self._context = context
        self._rules = RequestRules(contract, operation)

    async def cause(self, call: RequestState, path: dict[str, str]) -> str | None:
        """Why the request is refused; None when it is taken. Decodes it on the way."""
        values, violations = self._rules.parameters.read(path, call.scope["query_string"], call.headers)
        call.request = ExpressionRequest(values["path"], values["query"], HeaderValues(values["header"], call.headers))
        call.roots.request = call.request
        if (refused := self._refused_key(call)) is not None:
            return refused
        if self._operation.body:
            violations += await self._read_body(call)
        if not violations:
            return None
        call.roots.violation = violations[0]
        return "invalid-request"

    def _refused_key(self, call: RequestState) -> str | None:
        if not self._operation.credentials:
            # Where no key is asked for, one that is sent still tells whose tasks are meant.
            key = key_of(self._usual, call.headers, call.scope["query_string"])
            if key is not None:
                call.key, call.account = key, account_of(self._vendor, key)
            return None
        key = key_of(self._operation.credentials, call.headers, call.scope["query_string"])
        if key is None:
            return "unauthenticated"
        if key in FAULTY_KEYS:
            call.asked = call.asked or FAULTY_KEYS[key]
        elif (keys := self._context.settings.keys) is not None and key not in keys:
            return "unauthenticated"
        call.key, call.account = key, account_of(self._vendor, key)
        return None

    async def _read_body(self, call: RequestState) -> list[Violation]:
        choice = self._rules.media_type(call.raw, call.headers)
        media = choice.media
        if media is None:
            return [choice.violation] if choice.violation else []
        try:
            value = await self._decoded(call, media)
        except UndecodableBody as error:
            return [self._rules.undecodable(str(error))]
        call.reading = media.reader.read(value, call.fetch)
        call.request.body = call.reading.body
        return [*self._advised(call, media), *self._rules.files(media, call.reading, call.roots, call.files)]

    def _advised(self, call: RequestState, media: RequestMedia) -> tuple[Violation, ...]:
        """The violations of the body; the first with advice behind it where there is some."""
        assert call.reading is not None
        call.advice = self._advice.of(media.reader, call.reading)
        if not call.advice:
            return call.reading.violations
        first, *rest = call.reading.violations
        return (replace(first, message=f"{first.message}; {call.advice}"), *rest)

    async def _decoded(self, call: RequestState, media: RequestMedia) -> Json:
        """The body's value; `call.fetch` then gives the bytes that it refers to."""
        if not is_json(media.name):
            values, call.files = bodies.decoded(media, call.raw, call.headers[b"content-type"].decode("latin-1"))
            call.fetch = lambda url: call.files[url].content if url in call.files else None
            return values
        if self._operation.does("store"):
            call.fetch = bodies.plain
        if _MENTIONS_FILE in call.raw:
            call.fetch = await self._own_files(call.raw)
        return json_of(call.raw)

    async def _own_files(self, raw: bytes) -> Callable[[str], bytes | None]:
        """The bytes of those uploads of this server that a body mentions; no other URL is ever fetched."""
        now = self._context.clock.now()
        files = {}
        for token in {match.decode() for match in _OWN_FILE.findall(raw)}:
            upload = await self._context.store.upload_by_token(token)
            if upload and (upload.expires_at is None or now < upload.expires_at):
                files[token] = upload.content

        def fetch(url: str) -> bytes | None:
            match = _OWN_URL.fullmatch(url)
            return files.get(match[1]) if match else None

        return fetch
