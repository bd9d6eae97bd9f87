"""What may happen to values in responses, and to the events of a stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .case import Odd
from .relay import (
    always,
    at,
    bytes_of,
    polls,
    relay,
    streams,
    success,
    value_of,
)

_HOUR = 3600


def _shift(path: str, seconds: float) -> Callable[[Any], Any]:
    return at(path, lambda value: value + seconds if isinstance(value, (int, float)) else value)


def _events(change: Callable[[list[bytes]], list[bytes]]) -> Any:
    def changed(body: bytes) -> bytes:
        events = [event for event in body.split(b"\n\n") if event]
        return b"".join(event + b"\n\n" for event in change(events))

    return bytes_of(changed)


def _all(seconds: float, *paths: str) -> Callable[[Any], Any]:
    def change(value: Any) -> Any:
        for path in paths:
            value = _shift(path, seconds)(value)
        return value

    return change


_PING = b'event: ping\ndata: {"type": "ping"}'

ROWS = (
    Odd(
        "apiyi-stream-pings",
        "apiyi",
        relay(always(streams), _events(lambda them: [_PING, *them])),
        1,
        ("createImage:answer/CompletedEvent/event/const",),
    ),
    Odd(
        "toapis-created-in-local-time",
        "toapis",
        relay(always(success), value_of(_shift("created_at", 8 * _HOUR))),
        1,
        (":answer/Task/created_at/x-value",),
    ),
    Odd(
        "apimart-created-in-local-time",
        "apimart",
        relay(always(polls), value_of(_shift("data/created", 8 * _HOUR))),
        1,
        ("getTask:answer/Task/created/x-value",),
    ),
    Odd(
        "toapis-all-in-local-time",
        "toapis",
        relay(always(success), value_of(_all(-8 * _HOUR, "created_at", "completed_at"))),
        1,
        (":answer/Task/created_at/x-value",),
    ),
    Odd(
        "toapis-expires-an-hour-early",
        "toapis",
        relay(always(success), value_of(_shift("expires_at", -_HOUR))),
        1,
        ("createImage:image/SeedreamRequest/allOf/0/lifetime",),
    ),
)
