"""Who sends a request, and under which address: the same few headers come again and again."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.core.addresses import authority, base_of
from pixpact.mockserver.core.hosts import canonical_host
from pixpact.mockserver.core.identity import account_of
from pixpact.mockserver.direct.exchange import ExchangeSubject
from pixpact.mockserver.requests.validation import FAULTY_KEYS
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.contract.parameters import HeaderValues, key_of, media_type_of
from pixpact.specs.dialect.request_body import BodyReader
from pixpact.specs.openapi.media import is_json

_MOST = 1000
"""Callers that are remembered."""
_OURS = frozenset({b"prefer", b"content-encoding"})
"""Headers that ask something of the mock, or that it does not read."""
Headers = tuple[tuple[bytes, bytes], ...]


class Caller(NamedTuple):
    """The account of a request with its opening balance, the server's address, and what reads its body."""

    account: str
    opening: Decimal
    base: str
    reader: BodyReader | None
    subject: ExchangeSubject


class RequestHead(NamedTuple):
    """What the header fields of a request say."""

    caller: Caller
    headers: Headers
    values: HeaderValues


class Callers:
    """The callers of one operation."""

    def __init__(self, contract: Contract, operation: Operation, context: MockContext) -> None:
        self._contract = contract
        self._operation = operation
        self._context = context
        usual = next((keyed.credentials for keyed in contract.operations if keyed.credentials), ())
        self._credentials = operation.credentials or usual
        fields = [credential.name.lower().encode() for credential in self._credentials if credential.place == "header"]
        self._telling = tuple(dict.fromkeys([b"host", b"content-type", *fields]))
        declared = [
            parameter.name.lower().encode() for parameter in operation.parameters if parameter.place == "header"
        ]
        self._special = _OURS.union(declared)
        self._readers = {media.name: media.reader for media in operation.body.media} if operation.body else {}
        self._callers: dict[tuple[bytes | str | None, ...], Caller | None] = {}

    def head(self, scheme: str, headers: Headers) -> RequestHead | None:
        """Who sends these headers; None for somebody, or something, that the plain way has to look at."""
        fields = dict(headers)
        if not self._special.isdisjoint(fields):
            return None
        caller = self._caller_of(scheme, fields)
        return None if caller is None else RequestHead(caller, headers, HeaderValues({}, fields))

    def _caller_of(self, scheme: str, fields: dict[bytes, bytes]) -> Caller | None:
        marks = (scheme, *map(fields.get, self._telling))
        try:
            return self._callers[marks]
        except KeyError:
            if len(self._callers) >= _MOST:
                self._callers.clear()
            caller = self._callers[marks] = self._recognized(scheme, fields)
            return caller

    def _recognized(self, scheme: str, headers: dict[bytes, bytes]) -> Caller | None:
        base, reader = self._base(scheme, headers.get(b"host", b"").decode("latin-1")), None
        if self._operation.body is not None:
            kind = media_type_of(headers)
            reader = self._readers.get(kind) if is_json(kind) else None
        key = key_of(self._credentials, headers, b"")
        if base is None or (self._operation.body is not None and reader is None):
            return None
        if key is None:
            return None if self._operation.credentials else self._caller("", "", base, reader)
        keys = self._context.settings.keys
        if self._operation.credentials and (key in FAULTY_KEYS or (keys is not None and key not in keys)):
            return None
        return self._caller(key, account_of(self._contract.vendor, key), base, reader)

    def _caller(self, key: str, account: str, base: str, reader: BodyReader | None) -> Caller:
        operation = self._operation
        subject = ExchangeSubject(operation.method, self._contract.name, operation.id, account, key, base)
        return Caller(account, self._context.settings.opening(key), base, reader, subject)

    def _base(self, scheme: str, host: str) -> str | None:
        """The address under which the server was reached; None where its own has to be looked up."""
        named, hosts = authority(host), self._context.vendor_hosts
        if named is None or named[0].removesuffix(".") in hosts or canonical_host(host) in hosts:
            return None
        return self._context.settings.public_url or base_of({"scheme": scheme}, host, hosts)
