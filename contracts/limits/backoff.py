"""Retry delays: as the server says in Retry-After, else doubling each time."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from pixpact.wire.exchange import Exchange

_BUSY = frozenset({429, 503})
"""Statuses of a busy server (RFC 6585, section 4; RFC 9110, section 15.6.4)."""
_GATEWAY = frozenset({408, 425, 500, 502, 504, 520, 521, 522, 523, 524, 530})
"""Further statuses that may be temporary; 52x and 530 are a CDN's own."""
_FIRST = 1.0
_LONGEST = 30.0
NEVER_BETTER = ("forbidden-url", "forbidden-address", "redirects", "too-large")
"""Faults that a retry cannot change."""


def is_busy(exchange: Exchange) -> bool:
    """Whether the server is busy and asks to retry later."""
    return exchange.status in _BUSY and "fault" not in exchange.note


def is_transient(exchange: Exchange) -> bool:
    """Whether the failure may be temporary: a fault on the way, or of the server."""
    fault = exchange.note.get("fault")
    if fault is not None:
        return fault not in NEVER_BETTER
    return exchange.status in _BUSY | _GATEWAY


def retry_delay(exchange: Exchange, tries: int) -> float:
    """Seconds to wait after `tries` tries: as `Retry-After` says, else 1, 2, 4 … up to 30."""
    asked = retry_after(exchange)
    return min(_FIRST * 2 ** (tries - 1), _LONGEST) if asked is None else max(asked, 0.1)


def retry_after(exchange: Exchange) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, section 10.2.3: a number, or a date); None without one.

    A date is compared with the server's own `Date` header, because its clock may differ from ours.
    """
    text = (exchange.response_header("retry-after") or "").strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return float(text)
    when = instant_of(text)
    if when is None:
        return None
    now = instant_of(exchange.response_header("date") or "")
    return max(0.0, when - (exchange.ended if now is None else now))


def instant_of(text: str) -> float | None:
    """Epoch seconds of an HTTP date (RFC 9110, section 5.6.7); None for any other text."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
