"""The requests to a mock in a test: a filterable list, with assertions that explain failures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pixpact.mockserver.control.verification import Verification, count_of, line, question, verdict
from pixpact.mockserver.state.evicted_exchanges import EvictedGroup
from pixpact.wire.exchange import Exchange

MOST_SAID = 300
"""Maximum characters of a refusal in a message."""


class RequestLog(list[Exchange]):
    """The exchanges so far, oldest first, without secrets; a snapshot.

    Criteria are named: `operation`, `vendor`, `model`, `status` (429 or "4XX"), `key` (the API key), `body` (fields it
    must contain, as sent), `method`, `path`, `task`, `fault`, `callback` (requests of the mock itself, which count only
    if selected), and `since` (epoch seconds or ISO 8601). A name of nothing that is served raises ValueError.

    Of exchanges dropped from the journal, only the number per operation, status, key, method and fault is known; an
    assertion that depends on more fails, and says so.
    """

    def __init__(
        self,
        exchanges: Iterable[Exchange],
        served: Mapping[str, Iterable[str]],
        forgotten: Iterable[EvictedGroup] = (),
    ) -> None:
        super().__init__(exchanges)
        self._served = served
        self._forgotten = tuple(forgotten)

    def __str__(self) -> str:
        lines = [*map(_reported, self)]
        if older := sum(kind.count for kind in self._forgotten):
            lines.insert(0, f"({older} older, dropped from the journal)")
        return "\n".join(lines) or "none"

    def where(self, **criteria: Any) -> RequestLog:
        """The exchanges that meet every criterion."""
        asked = question(criteria, self._served)
        meant = (exchange for exchange in self if asked.matches(exchange))
        return RequestLog(meant, self._served, filter(None, map(asked.among_forgotten, self._forgotten)))

    def assert_called(
        self, *, times: int | None = None, at_least: int | None = None, at_most: int | None = None, **criteria: Any
    ) -> None:
        """Assert how many exchanges meet every criterion; at least one by default. Raises AssertionError."""
        __tracebackhide__ = True
        _hold(self._verdict(criteria, times=times, at_least=at_least, at_most=at_most))

    def assert_called_once(self, **criteria: Any) -> Exchange:
        """Assert that exactly one exchange meets every criterion, and return it. Raises AssertionError."""
        __tracebackhide__ = True
        verification = self._verdict(criteria, times=1)
        _hold(verification)
        if not verification.found:
            raise AssertionError(
                f"there was one with {verification.question}; it was dropped from the journal and is only counted"
            )
        return verification.found[0]

    def assert_not_called(self, **criteria: Any) -> None:
        """Assert that no exchange meets every criterion. Raises AssertionError."""
        __tracebackhide__ = True
        _hold(self._verdict(criteria, times=0))

    def _verdict(self, criteria: Mapping[str, Any], **counts: int | None) -> Verification:
        return verdict(question(criteria, self._served), count_of(**counts), self, self._forgotten)


def _reported(exchange: Exchange) -> str:
    """One exchange in one line; unread fields and the message of a refusal on lines of their own."""
    lines = [line(exchange)]
    if "not-read" in exchange.note:
        lines.append(f"not read: {exchange.note['not-read']}")
    if exchange.status >= 400 and exchange.response_body:
        body = " ".join(exchange.response_body.decode(errors="replace").split())
        lines.append(f"{body[:MOST_SAID]}{'…' * (len(body) > MOST_SAID)}")
    return "\n  ".join(lines)


def _hold(verification: Verification) -> None:
    __tracebackhide__ = True
    if not verification.verified:
        raise AssertionError(str(verification))
