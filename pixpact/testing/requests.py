"""What was sent to a mock, in a test: a list to look through, and assertions that tell what came nearest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pixpact.mockserver.control.verification import Verification, count_of, line, question, verdict
from pixpact.mockserver.state.evicted_exchanges import EvictedGroup
from pixpact.wire.exchange import Exchange

MOST_SAID = 300
"""Characters of a refusal that are shown."""


class RequestLog(list[Exchange]):
    """The exchanges so far, oldest first, without secrets: a list as it was when it was asked for.

    Criteria are named: `operation`, `vendor`, `model`, `status` (429 or "4XX"), `key` (the API key), `body` (the
    fields it must hold, as they were sent), `method`, `path`, `task`, `fault`, `callback` (what the mock sent itself,
    which counts only where it is asked for), and `since` (seconds since the epoch or ISO 8601). A name of nothing that
    is served raises ValueError.

    Of exchanges that made room in the journal assertions know how many there were of each operation, status, key,
    method and fault; one that depends on more than that fails, and says so.
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
        """Those of them that meet every criterion."""
        asked = question(criteria, self._served)
        meant = (exchange for exchange in self if asked.matches(exchange))
        return RequestLog(meant, self._served, filter(None, map(asked.among_forgotten, self._forgotten)))

    def assert_called(
        self, *, times: int | None = None, at_least: int | None = None, at_most: int | None = None, **criteria: Any
    ) -> None:
        """That so many meet every criterion, at least one unless told otherwise. Raises AssertionError."""
        __tracebackhide__ = True
        _hold(self._verdict(criteria, times=times, at_least=at_least, at_most=at_most))

    def assert_called_once(self, **criteria: Any) -> Exchange:
        """That exactly one meets every criterion, which is given back. Raises AssertionError."""
        __tracebackhide__ = True
        verification = self._verdict(criteria, times=1)
        _hold(verification)
        if not verification.found:
            raise AssertionError(
                f"there was one with {verification.question}; it was dropped from the journal and is only counted"
            )
        return verification.found[0]

    def assert_not_called(self, **criteria: Any) -> None:
        """That none meets every criterion. Raises AssertionError."""
        __tracebackhide__ = True
        _hold(self._verdict(criteria, times=0))

    def _verdict(self, criteria: Mapping[str, Any], **counts: int | None) -> Verification:
        return verdict(question(criteria, self._served), count_of(**counts), self, self._forgotten)


def _reported(exchange: Exchange) -> str:
    """One exchange in one line; what was not read, and the words of a refusal, on lines of their own."""
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
