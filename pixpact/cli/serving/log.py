"""The log of `pixpact serve`: one line for each request, and for each move of the clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pixpact.mockserver.core.observable_clock import ObservableClock
from pixpact.wire.control_characters import visible_text
from pixpact.wire.exchange import Exchange

_NOTES = ("operation", "callback", "task", "preference", "fault", "outcome", "problem")
_SAYING = ("message", "detail")
"""Fields that contain the message of an error, at any depth."""
_MOST = 300


def line_of(exchange: Exchange) -> str:
    """A line: the mock's time, request, status, duration, notes, and the reason of a refusal."""
    path = exchange.url.partition("://")[2].partition("/")[2]
    about = " ".join(exchange.note[name] for name in _NOTES if name in exchange.note)
    start = f"{utc_time(exchange.started)} {exchange.method} /{path} {exchange.status}"
    reason = f"  {reason_of(exchange)}" if exchange.status >= 400 else ""
    unread = f"  not read: {exchange.note['not-read']}" if "not-read" in exchange.note else ""
    return visible_text(f"{start} {exchange.duration * 1000:.0f} ms  {about}{unread}{reason}".rstrip())


def reason_of(exchange: Exchange) -> str:
    """The message in an error response; empty if there is none."""
    try:
        body = json.loads(exchange.response_body)
    except (ValueError, RecursionError):
        return ""
    text = " ".join((_message_of(body) or "").split())
    return text if len(text) <= _MOST else text[:_MOST] + "…"


def _message_of(value: Any) -> str | None:
    if isinstance(value, list):
        return next(filter(None, map(_message_of, value)), None)
    if not isinstance(value, dict):
        return None
    own = next((value[name] for name in _SAYING if isinstance(value.get(name), str) and value[name]), None)
    return own or next(filter(None, map(_message_of, value.values())), None)


def utc_time(time: float) -> str:
    """A time of the mock's clock as date and time in UTC."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def clock_log(clock: ObservableClock, say: Callable[[str], None]) -> Callable[[], None]:
    """A function that logs each move of a clock: its time, and by how much it was moved."""
    before = clock.advanced

    def moved() -> None:
        nonlocal before
        if clock.advanced > before:
            say(f"{utc_time(clock.now())} clock moved by {clock.advanced - before:g} s")
        before = clock.advanced

    return moved
