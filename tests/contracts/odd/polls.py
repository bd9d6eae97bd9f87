"""What may happen to the polls of a task."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..proxying import Answered, Asked, Change
from .case import Odd
from .relay import (
    always,
    every,
    finished,
    first,
    instead,
    polls,
    put,
    relay,
    reset,
    silence,
    submits,
    through,
    value_of,
)

_ERROR = {"error": {"code": 500, "message": "Internal server error", "type": "server_error"}}
_LIMITED = {"error": {"code": 429, "message": "Too many requests", "type": "rate_limit_error"}}
_DATE = "Thu, 01 Jan 2026 00:00:05 GMT"
BUSY = {
    "429-after-1": instead(429, _LIMITED, retry_after="1"),
    "429-after-40": instead(429, _LIMITED, retry_after="40"),
    "429-at-a-date": instead(429, _LIMITED, retry_after=_DATE, date="Thu, 01 Jan 2026 00:00:00 GMT"),
    "429-silent-about-when": instead(429, _LIMITED),
    "429-nonsense": instead(429, _LIMITED, retry_after="soon"),
    "503-after-2": instead(503, _ERROR, retry_after="2"),
    "503-html": instead(503, b"<html>busy</html>", "text/html"),
    "500": instead(500, _ERROR),
    "502-html": instead(502, b"<html>bad gateway</html>", "text/html"),
    "504-empty": instead(504, b"", ""),
    "524": instead(524, b"timeout", "text/plain"),
    "reset": reset,
    "silent": silence,
}
TASK = {"toapis": "", "apimart": "data/"}
SHOWS = {"toapis": "getImage", "apimart": "getTask"}
_VENDORS = ("toapis", "apimart")


def reopened(at: int = 1) -> Change:
    """A task that is over is, some polls later, as it was before."""
    before: dict[str, Any] = {}
    seen = Counter[str]()

    def change(asked: Asked, response: Answered) -> Answered:
        if "prefer" in asked.headers or not polls(asked, response):
            return response
        if not finished(asked, response):
            before[asked.path] = response.json()
        else:
            seen[asked.path] += 1
            if seen[asked.path] > at and asked.path in before:
                return response.saying(before[asked.path])
        return response

    return change


def word_at(vendor: str, new: str) -> Any:
    return put(f"{TASK[vendor]}status", new)


def capital(vendor: str) -> Any:
    def change(asked: Asked, response: Answered) -> Answered:
        if "prefer" in asked.headers or not polls(asked, response):
            return response
        value = response.json()
        task = value if vendor == "toapis" else value["data"]
        task["status"] = task["status"].upper()
        return response.saying(value)

    return change


_GONE = instead(404, {"error": {"code": 404, "message": "Task not found", "type": "not_found_error"}})

ROWS = (
    *(
        Odd(f"{_VENDORS[index % 2]}-first-poll-{name}", _VENDORS[index % 2], relay(first(polls), alter))
        for index, (name, alter) in enumerate(BUSY.items())
    ),
    *(
        Odd(f"{_VENDORS[index % 2]}-second-poll-{name}", _VENDORS[index % 2], relay(every(polls, 2), alter))
        for index, (name, alter) in enumerate(BUSY.items())
        if name != "429-after-40"
    ),
    *(
        Odd(f"{vendor}-last-polls-{name}", vendor, relay(first(finished), BUSY[name]))
        for vendor in _VENDORS
        for name in ("429-after-1", "503-html", "reset")
    ),
    *(
        Odd(f"{vendor}-polls-always-{name}", vendor, relay(always(polls), BUSY[name]), 3)
        for vendor, name in (
            ("toapis", "429-after-1"),
            ("apimart", "503-html"),
            ("toapis", "reset"),
            ("apimart", "500"),
            ("toapis", "silent"),
        )
    ),
    *(
        Odd(
            f"{vendor}-reopens-{name}",
            vendor,
            through(lambda at=at: reopened(at)),  # type: ignore[misc]  # a value of the loop
            1,
            (claim,),
        )
        for vendor in _VENDORS
        for name, at, claim in (
            ("at-once", 1, ":lifecycle/image/completed/terminal"),
            ("never-over", 0, ":lifecycle/image/outcome"),
        )
    ),
    *(
        Odd(f"{vendor}-status-in-capitals", vendor, through(lambda vendor=vendor: capital(vendor)), 1, (claim,))
        for vendor, claim in (("toapis", ":answer/Task/status/enum"), ("apimart", "getTask:answer/Task/status/enum"))
    ),
    Odd("toapis-polls-404-at-first", "toapis", relay(first(polls), _GONE), 1, ("createImage:answer/link/task",)),
    Odd("toapis-polls-404-always", "toapis", relay(always(polls), _GONE), 1, ("createImage:answer/link/task",)),
    Odd("apimart-polls-404-always", "apimart", relay(always(polls), _GONE), 1, ("createImage:answer/link/task",)),
    Odd(
        "toapis-id-empty",
        "toapis",
        relay(submits, value_of(put("id", ""))),
        1,
        ("createImage:answer/link/task",),
    ),
)
