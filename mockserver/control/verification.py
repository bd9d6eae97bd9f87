"""What was sent, looked for and counted; and when it is not there, what came nearest and where it differs.

One vocabulary, for Python and for HTTP: the names in CRITERIA, and `times`, `at_least`, `at_most`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pixpact.mockserver.core.bodies import request_value
from pixpact.mockserver.core.identity import account_of
from pixpact.mockserver.core.json_diff import JsonDifference, differences
from pixpact.mockserver.state.evicted_exchanges import COUNTED, EvictedGroup
from pixpact.specs.dialect.expressions import UNDEFINED
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import listed, short_json
from pixpact.wire.clock import parse_instant
from pixpact.wire.exchange import Exchange, status_keys
from pixpact.wire.json_values import is_integer, same_json

MOST_SHOWN = 3
"""Requests that a message describes."""

COUNTS = ("times", "at_least", "at_most")


class BadRequestQuery(ValueError):
    """A criterion, a name or a count that makes no sense; says which there are."""


@dataclass(frozen=True, slots=True)
class ExpectedCount:
    """How often something is expected; `most` None: as often as you like."""

    least: int = 1
    most: int | None = None

    def holds(self, number: int) -> bool:
        """Whether this number is as expected."""
        return self.least <= number and (self.most is None or number <= self.most)

    def __str__(self) -> str:
        if self.most is None:
            return f"at least {_requests(self.least)}"
        if self.most == 0:
            return "no request"
        if self.least == self.most:
            return f"exactly {_requests(self.least)}"
        return f"at most {_requests(self.most)}" if not self.least else f"{self.least} to {_requests(self.most)}"


def _requests(number: int) -> str:
    return f"{number} request{'s' * (number != 1)}"


def count_of(times: Any = None, at_least: Any = None, at_most: Any = None) -> ExpectedCount:
    """The count that these say together; at least one when they say nothing. Raises BadRequestQuery."""
    given = {"times": times, "at_least": at_least, "at_most": at_most}
    for name, value in given.items():
        if value is not None and (not is_integer(value) or value < 0):
            raise BadRequestQuery(f"{name} is a whole number from 0; got {short_json(value)}")
    if times is not None and (at_least is not None or at_most is not None):
        raise BadRequestQuery("times is exact: leave out at_least and at_most")
    if times is not None:
        return ExpectedCount(times, times)
    if at_most is not None and at_most < (at_least or 0):
        raise BadRequestQuery(f"at_most={at_most} is less than at_least={at_least}")
    return ExpectedCount(at_least if at_least is not None else int(at_most is None), at_most)


@dataclass(frozen=True, slots=True)
class RequestQuery:
    """Which requests are meant: every criterion must hold."""

    criteria: Mapping[str, Any] = field(default_factory=dict)

    def differences(self, exchange: Exchange) -> list[JsonDifference]:
        """Where an exchange is not what is meant; empty when it is."""
        return [difference for name, wanted in self.criteria.items() for difference in CRITERIA[name](wanted, exchange)]

    def matches(self, exchange: Exchange) -> bool:
        """Whether every criterion holds."""
        return not any(True for name, wanted in self.criteria.items() for _ in CRITERIA[name](wanted, exchange))

    def of_forgotten(self, kind: EvictedGroup) -> tuple[int, int]:
        """How many exchanges of a kind that made room were meant, at least and at most."""
        since = self.criteria.get("since")
        if since is not None and kind.last < since:
            return 0, 0
        if kind.common is None or not kind.sure:
            return (kind.count if kind.sure and not self.criteria else 0), kind.count
        reported = {name: wanted for name, wanted in self.criteria.items() if name in COUNTED}
        if not RequestQuery(reported).matches(kind.common):
            return 0, 0
        sure = self.criteria.keys() <= (COUNTED if since is None or kind.first < since else COUNTED | {"since"})
        return (kind.count if sure else 0), kind.count

    def among_forgotten(self, kind: EvictedGroup) -> EvictedGroup | None:
        """Of a kind that made room those that were meant, or may have been; None when none was."""
        least, most = self.of_forgotten(kind)
        if not most:
            return None
        return kind if least == most else replace(kind, common=None, sure=False)

    def __str__(self) -> str:
        shown = {**self.criteria, **({"key": "…"} if "key" in self.criteria else {})}
        return " ".join(f"{name}={short_json(wanted)}" for name, wanted in shown.items())


def question(criteria: Mapping[str, Any], served: Mapping[str, Iterable[str]] | None = None) -> RequestQuery:
    """The question that these criteria ask; one of None is left out. `served`: operations by contract name.

    Raises BadRequestQuery for a name that there is not: a wrong one would be found "never", and be right by mistake.
    """
    given = {name: wanted for name, wanted in criteria.items() if wanted is not None}
    for name in given:
        if name not in CRITERIA:
            raise BadRequestQuery(_unknown("criterion", name, CRITERIA))
    if "status" in given:
        given["status"] = _status(given["status"])
    if "since" in given:
        given["since"] = _instant(given["since"])
    if served is not None:
        _check("vendor", given.get("vendor"), {word for name in served for word in (name, name.partition("@")[0])})
        _check("operation", given.get("operation"), {operation for them in served.values() for operation in them})
    return RequestQuery(given)


def _check(name: str, wanted: Any, names: set[str]) -> None:
    if wanted is None or (isinstance(wanted, str) and (wanted in names or wanted.startswith("("))):
        return
    raise BadRequestQuery(_unknown(name, str(wanted), names))


def _unknown(noun: str, name: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(names), 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {listed(sorted(names), 'and')}"
    return f"{noun} {name!r} does not exist here; {hint}"


def _status(wanted: Any) -> int | str:
    text = str(wanted).upper()
    if len(text) != 3 or not text[0].isdigit() or not (text[1:].isdigit() or text[1:] == "XX"):
        raise BadRequestQuery(f"status is a number or a class such as 4XX; got {short_json(wanted)}")
    return int(text) if text.isdigit() else text


def _instant(wanted: Any) -> float:
    try:
        moment = parse_instant(wanted) if isinstance(wanted, (int, float, str, datetime)) else None
    except ValueError as error:
        raise BadRequestQuery(f"since: {error}") from None
    if moment is None:
        raise BadRequestQuery(f"since is seconds since the epoch or an ISO 8601 text; got {short_json(wanted)}")
    return moment


# ---------------------------------------------------------------------- the criteria

Criterion = Callable[[Any, Exchange], Iterator[JsonDifference]]


def _noted(name: str) -> Criterion:
    def poll(wanted: Any, exchange: Exchange) -> Iterator[JsonDifference]:
        return _equal(name, wanted, exchange.note.get(name, UNDEFINED))

    return poll


def _equal(name: str, wanted: Any, actual: Any) -> Iterator[JsonDifference]:
    if not same_json(wanted, actual):
        yield JsonDifference(name, wanted, actual)


def _vendor(wanted: Any, exchange: Exchange) -> Iterator[JsonDifference]:
    """The contract's name, or the vendor's without its overlays."""
    name = exchange.note.get("vendor", "")
    if wanted not in (name, name.partition("@")[0]):
        yield JsonDifference("vendor", wanted, name or UNDEFINED)


def _fault(wanted: Any, exchange: Exchange) -> Iterator[JsonDifference]:
    """One of the faults that struck."""
    struck = exchange.note.get("fault", "")
    if wanted not in struck.split(", "):
        yield JsonDifference("fault", wanted, struck or UNDEFINED)


def _has_status(wanted: Any, exchange: Exchange) -> Iterator[JsonDifference]:
    if wanted not in (exchange.status, status_keys(exchange.status)[1]):
        yield JsonDifference("status", wanted, exchange.status)


def _key(wanted: Any, exchange: Exchange) -> Iterator[JsonDifference]:
    """The API key, told by the name of its account: the key itself is nowhere."""
    account = exchange.note.get("account")
    vendor = exchange.note.get("vendor", "").partition("@")[0]
    if account is None or account_of(vendor, str(wanted)) != account:
        yield JsonDifference("key", "the requested key", "another key" if account else UNDEFINED)


def _model(wanted: Any, exchange: Exchange) -> Iterator[JsonDifference]:
    body = request_value(exchange)
    return _equal("model", wanted, body.get("model", UNDEFINED) if isinstance(body, dict) else UNDEFINED)


def _body(wanted: Any, exchange: Exchange) -> Iterator[JsonDifference]:
    body = request_value(exchange)
    if body is UNDEFINED and "request" in exchange.note.get("truncated", ""):
        yield JsonDifference("body", wanted, "a body that was too long to keep")
    else:
        yield from differences(wanted, body, exact=False, pointer="body")


def _since(wanted: Any, exchange: Exchange) -> Iterator[JsonDifference]:
    if exchange.started < wanted:
        yield JsonDifference("since", _written(wanted), _written(exchange.started))


def _written(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


CRITERIA: dict[str, Criterion] = {
    "operation": _noted("operation"),
    "vendor": _vendor,
    "status": _has_status,
    "key": _key,
    "model": _model,
    "body": _body,
    "task": _noted("task"),
    "method": lambda wanted, exchange: _equal("method", str(wanted).upper(), exchange.method),
    "path": lambda wanted, exchange: _equal("path", wanted, urlsplit(exchange.url).path),
    "fault": _fault,
    "callback": _noted("callback"),
    "since": _since,
}


# ---------------------------------------------------------------------- the verdict


@dataclass(frozen=True, slots=True)
class Verification:
    """What was expected, the requests that were meant, and those that came nearest, with where they differ.

    Of those that made room in the journal `counted` were meant too, and `unsure` more may have been.
    """

    question: RequestQuery
    count: ExpectedCount
    found: tuple[Exchange, ...]
    others: int
    nearest: tuple[tuple[Exchange, tuple[JsonDifference, ...]], ...] = ()
    counted: int = 0
    unsure: int = 0

    @property
    def number(self) -> int:
        """How many were meant, at least."""
        return len(self.found) + self.counted

    @property
    def verified(self) -> bool:
        """Whether there were as many as expected, however many of the forgotten ones were meant."""
        return self.count.holds(self.number) and self.count.holds(self.number + self.unsure)

    @property
    def undecided(self) -> bool:
        """Whether that depends on requests that are forgotten."""
        most = self.number + self.unsure
        above = self.count.most is not None and self.number > self.count.most
        return not (self.verified or above or most < self.count.least)

    def __str__(self) -> str:
        meant = f" with {self.question}" if self.question.criteria else ""
        lines = [f"expected {self.count}{meant}; there {_were(self.number)}"]
        if self.undecided:
            lines = [f"cannot tell whether there was {self.count}{meant}: there {_were(self.number)}, and", _LOST]
            lines[0] += f" {_requests(self.unsure)} more may have been, but were dropped from the journal;"
        if self.found and not self.verified:
            lines += ["these were:", *(f"  {line(exchange)}" for exchange in self.found[:MOST_SHOWN])]
            more = self.number - min(len(self.found), MOST_SHOWN)
            lines += [f"  and {more} more"] if more else []
        elif not (self.others or self.number or self.unsure or self.verified):
            lines.append("nothing was sent to the mock")
        if self.nearest:
            lines.append(f"nearest of {self.others} other{'s' * (self.others != 1)}:")
        for exchange, unlike in self.nearest:
            lines += [f"  {line(exchange)}", *(f"    {difference}" for difference in unlike)]
        return "\n".join(lines)


_LOST = 'reset it before the requests to count: mock.reset("journal"), or POST /_pixpact/reset {"what": "journal"}'


def _were(number: int) -> str:
    return "was 1" if number == 1 else f"were {number}" if number else "was none"


def verdict(
    asked: RequestQuery, count: ExpectedCount, exchanges: Iterable[Exchange], forgotten: Iterable[EvictedGroup] = ()
) -> Verification:
    """Judge these exchanges, and those that made room before; where too few were found, say which came nearest.

    What the mock itself sent is no request to it: a callback counts where the question asks for callbacks.
    """
    callbacks = "callback" in asked.criteria
    matching, differing = [], []
    for exchange in exchanges:
        if "callback" in exchange.note and not callbacks:
            continue
        missed = asked.differences(exchange)
        if missed:
            differing.append((exchange, tuple(missed)))
        else:
            matching.append(exchange)
    ranges = [asked.of_forgotten(kind) for kind in forgotten if callbacks or not kind.is_callback]
    counted, most = sum(low for low, _ in ranges), sum(high for _, high in ranges)
    few = len(matching) + counted < count.least
    nearest = sorted(differing, key=lambda candidate: _distance(candidate[1]))[:MOST_SHOWN] if few else []
    return Verification(asked, count, tuple(matching), len(differing), tuple(nearest), counted, most - counted)


_WEIGHTS = {"operation": 100, "vendor": 50, "method": 20, "path": 20}


def _distance(missed: Iterable[JsonDifference]) -> int:
    """Another operation is farther away than another field."""
    return sum(_WEIGHTS.get(difference.place, 1) for difference in missed)


def line(exchange: Exchange) -> str:
    """One exchange in one line: method, path, status, operation, body."""
    status = str(exchange.status) if exchange.status else "pending" if "pending" in exchange.note else "no response"
    parts = [exchange.method, urlsplit(exchange.url).path, "→", status]
    parts += [exchange.note[name] for name in ("operation", "fault") if name in exchange.note]
    body = request_value(exchange)
    return " ".join(parts if body is UNDEFINED else [*parts, short_json(body)])


def written(exchange: Exchange) -> dict[str, Json]:
    """One exchange as JSON for people and programs; the bodies as values where they are such."""
    body = request_value(exchange)
    return {
        "started": exchange.started,
        "method": exchange.method,
        "url": exchange.url,
        "status": exchange.status,
        "duration": exchange.duration,
        **exchange.note,
        **({} if body is UNDEFINED else {"body": body}),
    }
