"""When a run gives up: the target does not answer, or does not take the key."""

from __future__ import annotations

from pixpact.contracts.checks.acceptance import message_of
from pixpact.contracts.traffic.images import value_of
from pixpact.contracts.transport.sending import Key
from pixpact.wire.exchange import Exchange

_SILENT = 5
"""Requests in a row that may go without a response; fewer as long as none was answered at all."""
_SILENT_AT_FIRST = 2
_TURNED_AWAY = 3
"""Requests that may be turned away with 401 before the key ever worked: more could lock an account and show nothing."""
_UNAUTHORIZED = 401


class RunGivenUp(Exception):
    """Further requests would show nothing; `str()` says why."""


class CircuitBreaker:
    """Counts, request by request, what a run gets for its pains."""

    def __init__(self) -> None:
        self._silent, self._spoke = 0, False
        self._turned_away, self._known = 0, False

    def answered(self, exchange: Exchange, key: Key) -> None:
        """A whole response came. Raises GaveUp when the user's key was turned away several times and never let in."""
        self._silent, self._spoke = 0, True
        if key != "own" or self._known:
            return
        if exchange.status != _UNAUTHORIZED:
            self._known = True
            return
        self._turned_away += 1
        if self._turned_away >= _TURNED_AWAY:
            said = message_of(value_of(exchange.response_headers, exchange.response_body))
            raise RunGivenUp(
                f"given up: the API key was turned away {self._turned_away} times ({_UNAUTHORIZED} {said}".rstrip()
                + "); see that the variable of --api-key-env holds a key for this URL"
            )

    def unanswered(self, fault: str) -> None:
        """No whole response came, for this reason. Raises GaveUp when too many in a row did not."""
        self._silent += 1
        if self._silent >= (_SILENT if self._spoke else _SILENT_AT_FIRST):
            raise RunGivenUp(f"given up after {self._silent} probes in a row without a response ({fault})")
