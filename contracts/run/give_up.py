"""Gives up a run when the target does not respond, or refuses the key."""

from __future__ import annotations

from pixpact.contracts.checks.acceptance import message_of, why_unjudged
from pixpact.contracts.limits.backoff import is_busy, is_transient
from pixpact.contracts.traffic.case import TaskCase
from pixpact.contracts.traffic.images import value_of
from pixpact.contracts.transport.planned_request import Key
from pixpact.wire.exchange import Exchange

_SILENT = 5
"""Maximum number of consecutive requests without a response; lower until the first response came."""
_SILENT_AT_FIRST = 2
_TURNED_AWAY = 3
"""Maximum number of 401 responses before the key ever worked: more could lock an account, and show nothing."""
_UNAUTHORIZED = 401


_LOST = 3
"""Maximum number of consecutive tasks that cannot be polled, or submits that a busy server refuses."""


class RunGivenUp(Exception):
    """Further requests would show nothing; `str()` gives the reason."""


class CircuitBreaker:
    """Counts failed exchanges, and raises RunGivenUp when only those still come."""

    def __init__(self) -> None:
        self._silent, self._spoke = 0, False
        self._turned_away, self._key_taken = 0, False
        self._lost = 0

    def answered(self, exchange: Exchange, key: Key) -> None:
        """Count a complete response. Raises RunGivenUp when the key was refused repeatedly and never accepted."""
        self._silent, self._spoke = 0, True
        if key != "own" or self._key_taken:
            return
        if exchange.status != _UNAUTHORIZED:
            self._key_taken = True
            return
        self._turned_away += 1
        if self._turned_away >= _TURNED_AWAY:
            message = message_of(value_of(exchange.response_headers, exchange.response_body))
            raise RunGivenUp(
                f"given up: the API key was refused {self._turned_away} times ({_UNAUTHORIZED} {message}".rstrip()
                + "); check that the variable of --api-key-env holds a key for this URL"
            )

    def unanswered(self, fault: str) -> None:
        """Count an exchange without a complete response. Raises RunGivenUp after too many in a row."""
        self._silent += 1
        if self._silent >= (_SILENT if self._spoke else _SILENT_AT_FIRST):
            raise RunGivenUp(f"given up after {self._silent} probes in a row: {fault}")

    def lost(self, reason: str) -> None:
        """Count a task that could not be polled, or that a busy server refused. Raises RunGivenUp after several."""
        self._lost += 1
        if self._lost >= _LOST:
            raise RunGivenUp(f"given up after {self._lost} in a row: {reason}; try again later, or with a lower --rate")

    def followed(self) -> None:
        """Reset the count of lost tasks."""
        self._lost = 0


def why_lost(case: TaskCase) -> str:
    """Why the task of a case could not be polled or submitted, if that may be temporary; else empty."""
    own = [step for step in case.steps if not step.exchange.note.get("isolation")]
    polls = [step for step in own if step.role == "show" and "probe" not in step.exchange.note]
    if polls and not any(step.accepted or step.refused for step in polls) and is_transient(polls[-1].exchange):
        return f"the task could not be polled: {polls[-1].operation.id}: {why_unjudged(polls[-1])}"
    turned_away = next((step for step in own if "probe" in step.exchange.note and is_busy(step.exchange)), None)
    if turned_away is not None:
        return f"still {why_unjudged(turned_away)} after {turned_away.exchange.note.get('tries', '1')} tries"
    return ""
