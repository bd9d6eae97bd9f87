"""Formats the violations of a request as a header: a list of strings (RFC 9651, section 3.1)."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.reports.sanitize import TextSanitizer, secrets_of
from pixpact.contracts.traffic.requests import ReadRequest
from pixpact.specs.openapi.schemas import Violation
from pixpact.wire.exchange import Exchange

HEADER = b"pixpact-violations"
LATE = b'"not judged in time: see /_pixpact/findings"'
NO_KEY = "no API key was sent"
_MOST_SHOWN = 5
_MOST_TEXT = 160


def wrong_with(asked: ReadRequest) -> Iterator[str]:
    """Yield the violations, one line each."""
    if asked.authenticated is False:
        yield NO_KEY
    yield from map(violation_text, asked.violations)


def violation_text(violation: Violation) -> str:
    """Location, keyword and message of a violation."""
    return f"{violation.kind}{violation.pointer} {violation.keyword}: {violation.message}"


def header_of(asked: ReadRequest | None, exchange: Exchange) -> bytes:
    """The value of the header; empty without violations. `asked` is None for an unknown operation."""
    plain = TextSanitizer(secrets_of([exchange]))
    if asked is None:
        problems = (
            [] if exchange.method == "OPTIONS" else [f"not in the contract: {exchange.method} {_path(exchange.url)}"]
        )
    else:
        problems = list(wrong_with(asked))
    shown = [plain(text, _MOST_TEXT) for text in problems[:_MOST_SHOWN]]
    if len(problems) > _MOST_SHOWN:
        shown.append(f"and {len(problems) - _MOST_SHOWN} more")
    return b", ".join(map(_quoted, shown))


def _path(url: str) -> str:
    return "/" + url.partition("://")[2].partition("/")[2].partition("?")[0]


def _quoted(text: str) -> bytes:
    plain = text.encode("ascii", "backslashreplace").decode()
    return b'"' + plain.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'
