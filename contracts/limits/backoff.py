"""How long to wait before a request is sent again: as the server says, else longer each time."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from pixpact.wire.exchange import Exchange

_BUSY = frozenset({429, 503})
"""Statuses by which a server asks for patience (RFC 6585, section 4; RFC 9110, section 15.6.4)."""
_GATEWAY = frozenset({408, 425, 500, 502, 504, 520, 521, 522, 523, 524, 530})
"""Statuses that may be over a moment later, beside those; 52x and 530 are a CDN's own."""
_FIRST = 1.0
_LONGEST = 30.0
NEVER_BETTER = ("forbidden-url", "forbidden-address", "redirects", "too-large")
"""Faults that a second try cannot change."""


def is_busy(exchange: Exchange) -> bool:
    """Whether a server asks to come again later."""
    return exchange.status in _BUSY and "fault" not in exchange.note


def is_passing(exchange: Exchange) -> bool:
    """Whether what went wrong may be over a moment later: a fault on the way, or a failure of the server."""
    fault = exchange.note.get("fault")
    if fault is not None:
        return fault not in NEVER_BETTER
    return exchange.status in _BUSY | _GATEWAY


def pause(exchange: Exchange, tries: int) -> float:
    """Seconds to wait after so many tries: what `Retry-After` says, else 1, 2, 4 … up to 30."""
    asked = retry_after(exchange)
    return min(_FIRST * 2 ** (tries - 1), _LONGEST) if asked is None else max(asked, 0.1)


def retry_after(exchange: Exchange) -> float | None:
    """Seconds that a response asks to wait (RFC 9110, section 10.2.3: a number, or a date); None where it says none.

    A date is read against the server's own `Date`, for its clock need not be ours.
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
    """Seconds since the epoch of an HTTP date (RFC 9110, section 5.6.7); None for any other text."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
