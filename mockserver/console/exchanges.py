"""Exchanges as the console shows them: a row of the list, and one opened, with what is wrong with its request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

import pixpact
from pixpact.mockserver.console.replies import as_json, not_there
from pixpact.mockserver.context import MockContext
from pixpact.mockserver.core.bodies import MULTIPART, request_value
from pixpact.mockserver.state.journal import JournalPlace, shown
from pixpact.specs import evidence
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.dialect.expressions import UNDEFINED
from pixpact.specs.dialect.request_body import BodyReading, FieldRule
from pixpact.wire.exchange import Exchange, media_type
from pixpact.wire.har import to_har
from pixpact.wire.redaction import REDACTED, REDACTED_IN_URL, redacted_body, redacted_url, shortened_body
from pixpact.wire.secret_values import secret_values

MOST_TEXT = 400
"""Bytes of a request that are in its row, for the model, the prompt and free search."""
MOST_KEY = 8192
"""Bytes of the longest API key, however it is written, that is found where a body is cut."""


def row(number: int, exchange: Exchange) -> dict[str, Any]:
    """One exchange in short: what happened, without its bodies."""
    return _row(number, exchange, exchange.url, exchange.request_body)


def row_of(entry: JournalPlace) -> dict[str, Any] | None:
    """The row of a place in the journal; None if nothing is known of its exchange yet.

    An exchange that nobody has read yet stays unread: only what its row shows loses its secrets, which is cheaper.
    """
    if (unread := entry.unread) is None:
        exchange = entry.read()
        return None if exchange is None else row(entry.number, exchange)
    wire, secrets = unread.made(), secret_values((unread.key,))
    url = secrets.in_text(redacted_url(wire.url), REDACTED_IN_URL)
    body = wire.request_body[: MOST_TEXT + MOST_KEY]  # half a key would not be recognised
    return _row(entry.number, wire, url, secrets.in_bytes(body, REDACTED) if body else b"")


def _row(number: int, exchange: Exchange, url: str, body: bytes) -> dict[str, Any]:
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return {
        "number": number,
        "started": exchange.started,
        "method": exchange.method,
        "path": url if "callback" in exchange.note else path,
        "status": exchange.status,
        "duration": exchange.duration,
        "note": dict(exchange.note),
        "text": _beginning(exchange, body) if body else "",
    }


def _beginning(exchange: Exchange, body: bytes) -> str:
    kind = media_type(exchange.request_headers)
    if kind == MULTIPART:
        return ""
    short, _ = shortened_body(body, MOST_TEXT)
    return redacted_body(short, kind).decode("utf-8", "replace")


class ExchangePages:
    """One exchange, opened."""

    def __init__(self, context: MockContext) -> None:
        self._context = context

    async def one(self, request: Request) -> Response:
        """Everything about it that is no secret."""
        number = request.path_params["number"]
        exchange = await self._context.journal.at(number)
        if exchange is None:
            return _gone(number)
        safe = shown(exchange)
        return as_json(
            {
                **row(number, exchange),
                "url": safe.url,
                "request": _message(safe.request_headers, safe.request_body),
                "response": _message(safe.response_headers, safe.response_body),
                "judgement": self._judgement(exchange),
            }
        )

    async def har(self, request: Request) -> Response:
        """It alone, as HAR 1.2."""
        exchange = await self._context.journal.at(request.path_params["number"])
        if exchange is None:
            return _gone(request.path_params["number"])
        return as_json(to_har([shown(exchange)], creator_version=pixpact.__version__))

    def _judgement(self, exchange: Exchange) -> dict[str, Any]:
        """What the contract says of the request's body: rules that it breaks, fields that nobody reads."""
        owner = _operation_of(exchange, self._context.faults.contracts)
        if owner is None or "truncated" in exchange.note or "callback" in exchange.note:
            return {}
        contract, operation = owner
        reading = _reading(exchange, operation)
        if reading is None:
            return {}
        body = request_value(exchange)
        unread = list(unread_fields(body, reading.branch.fields)) if reading.branch else []
        return {"violations": [_violation(contract, violation) for violation in reading.violations], "unread": unread}


def _gone(number: int) -> Response:
    return not_there(
        f"exchange {number} is not in the journal: it was dropped to make room for later ones, or the journal was reset"
    )


def _message(headers: tuple[tuple[str, str], ...], body: bytes) -> dict[str, Any]:
    return {"headers": headers, "body": body.decode("utf-8", "replace"), "type": media_type(headers)}


def _operation_of(exchange: Exchange, contracts: list[Contract]) -> tuple[Contract, Operation] | None:
    for contract in contracts:
        if contract.name == exchange.note.get("vendor"):
            for operation in contract.operations:
                if operation.id == exchange.note.get("operation"):
                    return contract, operation
    return None


def _reading(exchange: Exchange, operation: Operation) -> BodyReading | None:
    """The body as the contract reads it; None where there is none, or one of a media type that it does not know."""
    kind, value = media_type(exchange.request_headers), request_value(exchange)
    media = next((media for media in operation.body.media if media.name == kind), None) if operation.body else None
    # Files of a form are not in the value: what is said of them cannot be judged here.
    return None if media is None or value is UNDEFINED or kind == MULTIPART else media.reader.read(value)


def _violation(contract: Contract, violation: Any) -> dict[str, Any]:
    origin = contract.document.origin(violation.schema)
    source, note = evidence.evidence_at(contract.document.value, violation.schema)
    return {
        "field": violation.field,
        "message": violation.message,
        "file": origin.path.name,
        "line": origin.line,
        "source": source,
        "note": note,
    }


def unread_fields(body: Any, fields: Mapping[str, FieldRule], path: str = "") -> Iterator[str]:
    """The fields of a body that its contract does not name, by their dotted paths."""
    if not isinstance(body, dict) or not fields:
        return
    for name, value in body.items():
        if name not in fields:
            yield path + name
        else:
            yield from unread_fields(value, fields[name].fields, f"{path}{name}.")
