"""When a run gives up: the target does not answer, or does not take the key."""

from __future__ import annotations

from pixpact.contracts.checks.acceptance import message_of, why_unjudged
from pixpact.contracts.limits.backoff import is_busy, is_passing
from pixpact.contracts.traffic.case import TaskCase
from pixpact.contracts.traffic.images import value_of
from pixpact.contracts.transport.planned_request import Key
from pixpact.wire.exchange import Exchange

_SILENT = 5
"""Requests in a row that may go without a response; fewer as long as none was answered at all."""
_SILENT_AT_FIRST = 2
_TURNED_AWAY = 3
"""Requests that may be turned away with 401 before the key ever worked: more could lock an account and show nothing."""
_UNAUTHORIZED = 401


_LOST = 3
"""Tasks in a row that cannot be followed, or submits that a busy server turns away for good."""


class RunGivenUp(Exception):
    """Further requests would show nothing; `str()` says why."""


class CircuitBreaker:
    """Counts the responses of a run that tell nothing, to end it when only those still come."""

    def __init__(self) -> None:
        self._silent, self._spoke = 0, False
        self._turned_away, self._key_taken = 0, False
        self._lost = 0

    def answered(self, exchange: Exchange, key: Key) -> None:
        """A whole response came. Raises RunGivenUp when the user's key was refused several times and never taken."""
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
        """No whole response came, for this reason. Raises RunGivenUp when too many in a row did not."""
        self._silent += 1
        if self._silent >= (_SILENT if self._spoke else _SILENT_AT_FIRST):
            raise RunGivenUp(f"given up after {self._silent} probes in a row: {fault}")

    def lost(self, reason: str) -> None:
        """A task could not be followed, or a busy server took nothing, for this reason. Raises RunGivenUp."""
        self._lost += 1
        if self._lost >= _LOST:
            raise RunGivenUp(f"given up after {self._lost} in a row: {reason}; try again later, or with a lower --rate")

    def followed(self) -> None:
        """A task was followed."""
        self._lost = 0


def why_lost(case: TaskCase) -> str:
    """Why the task of a case was never seen, or not taken at all, by a server that may be better later; else empty."""
    own = [step for step in case.steps if not step.exchange.note.get("isolation")]
    polls = [step for step in own if step.role == "show" and "probe" not in step.exchange.note]
    if polls and not any(step.accepted or step.refused for step in polls) and is_passing(polls[-1].exchange):
        return f"the task could not be polled: {polls[-1].operation.id}: {why_unjudged(polls[-1])}"
    turned_away = next((step for step in own if "probe" in step.exchange.note and is_busy(step.exchange)), None)
    if turned_away is not None:
        return f"still {why_unjudged(turned_away)} after {turned_away.exchange.note.get('tries', '1')} tries"
    return ""
