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
from pixpact.mockserver.responses.model_advice import Advice
from pixpact.specs.contract import bodies
from pixpact.specs.contract.forms import without_file
from pixpact.specs.contract.model import Contract, Operation, RequestMedia
from pixpact.specs.contract.parameters import HeaderValues, ParameterReader, key_of, media_type_of
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRequest
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.media import is_form, is_json
from pixpact.specs.openapi.schemas import Violation, dotted, pointer_to, whole
from pixpact.wire.bodies import UndecodableBody, json_of

_FILE = FILES + r"/[A-Za-z0-9._-]+/([0-9a-f]{24})-"
_OWN_FILE = re.compile(_FILE.encode())
_OWN_URL = re.compile(rf"https?://[^/]+{_FILE}[^/?#]+")
_MENTIONS_FILE = f"{FILES}/".encode()
_FAULTY_KEYS = {f"sk-{name}": Fault(name) for name in NAMES}


class RequestValidation:
    """The rules of one operation, compiled."""

    def __init__(self, contract: Contract, operation: Operation, context: MockContext) -> None:
        self._advice = Advice(contract)
        self._vendor = contract.vendor
        self._operation = operation
        self._usual = next((it.credentials for it in contract.operations if it.credentials), ())
        self._context = context
        self._parameters = ParameterReader(operation.parameters, contract.schemas.violations)
        self._media = {media.name: media for media in operation.body.media} if operation.body else {}

    async def cause(self, call: RequestState, path: dict[str, str]) -> str | None:
        """Why the request is refused; None when it is taken. Decodes it on the way."""
        values, violations = self._parameters.read(path, call.scope["query_string"], call.headers)
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
        if key in _FAULTY_KEYS:
            call.asked = call.asked or _FAULTY_KEYS[key]
        elif (keys := self._context.settings.keys) is not None and key not in keys:
            return "unauthenticated"
        call.key, call.account = key, account_of(self._vendor, key)
        return None

    async def _read_body(self, call: RequestState) -> list[Violation]:
        assert self._operation.body is not None
        name = media_type_of(call.headers)
        if not call.raw and not name:
            return [self._wrong("required", "a request body is required", "")] if self._operation.body.required else []
        media = self._media.get(name)
        if media is None:
            known = " or ".join(self._media)
            return [self._wrong("content-type", f"Content-Type must be {known}; got {name or 'none'}", "Content-Type")]
        try:
            value = await self._decoded(call, media)
        except UndecodableBody as error:
            return [self._wrong("json", str(error), "")]
        call.reading = media.reader.read(value, call.fetch)
        call.request.body = call.reading.body
        return [*self._advised(call, media), *self._no_file(call), *self._not_as_file(call, media)]

    def _advised(self, call: RequestState, media: RequestMedia) -> tuple[Violation, ...]:
        """The violations of the body; the first with advice behind it where there is some."""
        assert call.reading is not None
        call.advice = self._advice.of(media.reader, call.reading)
        if not call.advice:
            return call.reading.violations
        first, *others = call.reading.violations
        return (replace(first, message=f"{first.message}; {call.advice}"), *others)

    async def _decoded(self, call: RequestState, media: RequestMedia) -> Json:
        """The body's value; `call.fetch` then gives the bytes that it refers to."""
        if not is_json(media.name):
            values, call.files = bodies.decoded(media, call.raw, call.headers[b"content-type"].decode("latin-1"))
            call.fetch = lambda url: call.files[url].content if url in call.files else None
            return values
        if self._operation.role and self._operation.role.verb == "store":
            call.fetch = bodies.plain
        if _MENTIONS_FILE in call.raw:
            call.fetch = await self._own_files(call.raw)
        return json_of(call.raw)

    def _wrong(self, keyword: str, message: str, name: str) -> Violation:
        assert self._operation.body is not None
        return Violation("media-type", "", keyword, message, self._operation.body.pointer, name)

    def _no_file(self, call: RequestState) -> list[Violation]:
        """An upload whose file is a mere text."""
        role = self._operation.role
        if role is None or role.verb != "store" or role.expression is None:
            return []
        if role.expression.evaluate(call.roots) is UNDEFINED or bodies.stored(role.expression, call.roots, call.files):
            return []
        name = role.expression.text.rpartition("/")[2]
        kind = "as a file, not as a text" if is_form(media_type_of(call.headers)) else "as base64 of a file"
        return [self._wrong("required", f"{name} is required {kind}", name)]

    def _not_as_file(self, call: RequestState, media: RequestMedia) -> list[Violation]:
        """What a form holds in place of the files that it must hold."""
        reading = call.reading
        if not is_form(media.name) or reading is None or reading.branch is None:
            return []
        judged = {violation.pointer for violation in reading.violations}
        return [
            Violation("body", pointer_to(path), "format", f"{whole(path)} {text}", reading.branch.pointer, dotted(path))
            for path, text in without_file(reading.branch, reading.body, call.files)
            if pointer_to(path) not in judged
        ]

    async def _own_files(self, raw: bytes) -> Callable[[str], bytes | None]:
        """The bytes of those uploads of this server that a body mentions; no other URL is ever fetched."""
        now = self._context.clock.now()
        found = {}
        for token in {match.decode() for match in _OWN_FILE.findall(raw)}:
            upload = await self._context.store.upload(token)
            if upload and (upload.expires_at is None or now < upload.expires_at):
                found[token] = upload.content

        def fetch(url: str) -> bytes | None:
            match = _OWN_URL.fullmatch(url)
            return found.get(match[1]) if match else None

        return fetch
