"""The bounded, redacted record of every exchange, from the moment that its request has come.

Polls, downloads and the like make room for each other, and what begins or changes something for its own kind, so that
a thousand polls do not push out the submission they belong to. Of what made room a count is kept.

Headers and URLs lose their secrets before anything is kept. Long bodies are kept whole while there is room, so that
an image in one can be counted and hashed; when they are read, or have to make room, they are cut to a fixed length.
Fields of bodies that name a secret are taken out when the record is read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import merge
from itertools import takewhile
from typing import Protocol

from pixpact.mockserver.core.bodies import MULTIPART, without_files
from pixpact.mockserver.state.evicted_exchanges import CountedExchange, EvictedGroup, Tally, kind_of
from pixpact.mockserver.state.recent_api_keys import RecentApiKeys
from pixpact.wire.exchange import Exchange, Headers, media_type
from pixpact.wire.redaction import (
    REDACTED,
    REDACTED_IN_URL,
    redacted,
    redacted_headers,
    redacted_url,
    shortened_body,
)
from pixpact.wire.secret_values import secret_values

MOST_EXCHANGES = 1000
STEP = 32
"""Exchanges that come between two times that room is made."""
MOST_BODY = 16 * 1024
MOST_WHOLE = 32 * 1024 * 1024
"""Bytes of longer bodies that are kept whole, all together."""


@dataclass(frozen=True, slots=True)
class WireExchange:
    """An exchange that is over, as it was on the wire: nobody has read it yet, and most are never read.

    `made` gives it whole, with its secrets; `key` is the one that it carried. What it is counted by is at hand.
    """

    made: Callable[[], Exchange]
    key: str
    started: float
    method: str
    status: int
    note: Mapping[str, str]
    size: int
    """Bytes of its bodies."""

    @property
    def kind(self) -> tuple[object, ...]:
        """What it is counted with, once it has made room."""
        return kind_of(self)


class UnreadExchange(CountedExchange, Protocol):
    """An exchange that is over, and that nobody has read yet: what it is counted by, and how it is read."""

    @property
    def key(self) -> str:
        """The API key that it carried."""

    @property
    def size(self) -> int:
        """Bytes of its bodies."""

    @property
    def kind(self) -> tuple[object, ...]:
        """What it is counted with, once it has made room."""

    @property
    def made(self) -> Callable[[], Exchange]:
        """Gives it whole, with its secrets."""


@dataclass(slots=True)
class JournalPlace:
    """Where one exchange stands; it is replaced by a shorter one when there is no room.

    `exchange` is None until it is over and somebody reads it; `under_way` gives what is known of it meanwhile, and
    `over` what was recorded. `number` is its turn, from 1.
    """

    number: int
    exchange: Exchange | None = None
    over: UnreadExchange | None = None
    under_way: Callable[[], Exchange] | None = None
    evicted: bool = False
    lasting: bool = False
    epoch: int = 0
    """The number of resets before it."""

    @property
    def unread(self) -> UnreadExchange | None:
        """Its exchange, if that is over and nobody has read it yet."""
        return self.over

    @property
    def pending(self) -> bool:
        """Whether its exchange is not over yet."""
        return self.over is None and (self.exchange is None or "pending" in self.exchange.note)

    def read(self) -> Exchange | None:
        """The exchange as it stands, without its secrets."""
        if self.over is not None:
            self.exchange, self.over = discreet(self.over.made(), self.over.key), None
        if self.exchange is None and self.under_way is not None:
            return discreet(self.under_way().noted(pending="true"), "")
        return self.exchange


@dataclass(frozen=True, slots=True)
class JournalSnapshot:
    """What a journal holds at one moment: exchanges, oldest first, and how many of each kind made room before.

    `total` is how many there were since the last reset, those that made room included.
    """

    exchanges: list[Exchange]
    forgotten: tuple[EvictedGroup, ...] = ()
    total: int = 0

    @property
    def gone(self) -> int:
        """How many exchanges made room."""
        return sum(kind.count for kind in self.forgotten)


class ExchangeRecord(Protocol):
    """A journal, of one process or of several."""

    report: Callable[[Exchange], None] | None
    """Who is told of each exchange that this process has answered."""
    resets: int
    """How often it was reset: what its numbers belong to."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that were used last, for whoever shows what they may stand in."""

    async def arrive(self, under_way: Callable[[], Exchange], *, lasting: bool = False) -> JournalPlace:
        """The place of an exchange that begins now; `lasting`: one that polls and the like do not push out."""

    async def record(self, exchange: WireExchange, place: JournalPlace) -> None:
        """Put an exchange that is over at its place; nobody ever reads its secrets, or the key that it carried."""

    async def kept(self) -> JournalSnapshot:
        """What is held now."""

    async def following(self, after: int, under_way: Collection[int] = ()) -> list[JournalPlace]:
        """The places beyond a number, and those of some numbers, in the order of arrival."""

    async def at(self, number: int) -> Exchange | None:
        """The exchange of a number, as it stands; None when it is not held."""

    async def forget(self) -> None:
        """Forget every exchange."""


class ExchangeJournal:
    """The last exchanges, oldest first: half the room at least for polls and the like, and half for all others."""

    def __init__(self, most: int = MOST_EXCHANGES, most_whole: int = MOST_WHOLE) -> None:
        self._passing: deque[JournalPlace] = deque()
        self._lasting: deque[JournalPlace] = deque()
        self._long: deque[JournalPlace] = deque()
        self._forgotten = Tally()
        self._most = most
        self._full = most + STEP
        """The number of the place with which room is made."""
        self._most_whole = most_whole
        self._whole = 0
        self.total = 0
        self.resets = 0
        """How often it was reset: what its numbers belong to."""
        self._keys = RecentApiKeys()
        self.report: Callable[[Exchange], None] | None = None
        """Who is told of each exchange, without its secrets, once it is over."""

    def add(self, exchange: Exchange, key: str = "", place: JournalPlace | None = None) -> None:
        """Record one exchange, without its secrets; `key` is the API key it carried, wherever it comes back.

        It stands last, or at the place that was kept for it.
        """
        self.keep(wire_exchange(exchange, key), self.keep_place() if place is None else place)

    def put(self, place: JournalPlace, key: str, size: int) -> None:
        """Record an exchange that began and was over at once, and stands unread at a place of its own.

        `key` is the API key that it carried, `size` the bytes of its bodies.
        """
        if self.report is not None and (unread := place.unread) is not None:
            return self.keep(unread, self.keep_place(lasting=place.lasting))
        if key != self._keys.last:
            self._keys.note(key)
        self._append(place)
        if size > MOST_BODY:
            self._keep_whole(place, size)
        return None

    def keep(self, over: UnreadExchange, place: JournalPlace) -> None:
        """Record one exchange at the place that was kept for it."""
        self._keys.note(over.key)
        place.over, place.under_way = over, None
        if place.evicted:
            self._forgotten.add(over)
        elif over.size > MOST_BODY:
            self._keep_whole(place, over.size)
        if self.report is not None and (exchange := place.read()) is not None:
            self.report(exchange)

    def _keep_whole(self, place: JournalPlace, size: int) -> None:
        """Let a long exchange be whole while there is room; older ones are cut."""
        self._long.append(place)
        self._whole += size
        while self._whole > self._most_whole:
            self._shorten(self._long.popleft())

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that were used last, for whoever shows what they may stand in."""
        return self._keys.read()

    def keep_place(self, under_way: Callable[[], Exchange] | None = None, *, lasting: bool = False) -> JournalPlace:
        """The next place, for an exchange that begins now; `lasting`: one that polls and the like do not push out."""
        place = JournalPlace(0, under_way=under_way, lasting=lasting)
        self._append(place)
        return place

    def _append(self, place: JournalPlace) -> None:
        """Number a place, and let it stand last of its kind."""
        self.total = place.number = self.total + 1
        (self._lasting if place.lasting else self._passing).append(place)
        if place.number >= self._full:
            self._make_room()

    def _make_room(self) -> None:
        """Forget the oldest of each kind beyond the room; neither kind leaves the other less than half of it.

        While nobody reads there may be a few more, so that not every exchange has to make room for itself.
        """
        passing, lasting = self._passing, self._lasting
        for _ in range(len(passing) + len(lasting) - self._most):
            place = (passing if len(passing) > self._most // 2 else lasting).popleft()
            place.evicted = True
            if (unread := place.unread) is not None:
                self._forgotten.add_one(unread.kind, unread)
            elif place.exchange is not None:
                self._forgotten.add(place.exchange)
        self._full = self.total + STEP

    @property
    def forgotten(self) -> int:
        """How many exchanges made room."""
        return self.read().gone

    def read(self) -> JournalSnapshot:
        """What is held now."""
        exchanges = [self._keys.taken_out(exchange) for exchange in self]
        return JournalSnapshot(exchanges, self._forgotten.read(), self.total)

    async def arrive(self, under_way: Callable[[], Exchange], *, lasting: bool = False) -> JournalPlace:
        """The next place, for an exchange that begins now."""
        return self.keep_place(under_way, lasting=lasting)

    async def record(self, exchange: WireExchange, place: JournalPlace) -> None:
        """Put an exchange that is over at its place."""
        self.keep(exchange, place)

    async def kept(self) -> JournalSnapshot:
        """What is held now."""
        return self.read()

    async def following(self, after: int, under_way: Collection[int] = ()) -> list[JournalPlace]:
        """The places beyond a number, and those of some numbers, in the order of arrival."""
        self._make_room()
        oldest = min([after + 1, *under_way])
        newest = (
            takewhile(lambda place: place.number >= oldest, reversed(it)) for it in (self._passing, self._lasting)
        )
        places = [place for some in newest for place in some if place.number > after or place.number in under_way]
        return sorted(places, key=lambda place: place.number)

    async def at(self, number: int) -> Exchange | None:
        """The exchange of a number, as it stands."""
        found = next((place.read() for place in self.places() if place.number == number), None)
        return None if found is None else self._keys.taken_out(found)

    async def forget(self) -> None:
        """Forget every exchange."""
        self.reset()

    def _shorten(self, place: JournalPlace) -> None:
        if (exchange := place.read()) is not None:
            self._whole -= _size(exchange)
            place.exchange = shortened(exchange)

    def places(self) -> Iterator[JournalPlace]:
        """What is kept, in the order of arrival, for whoever follows it: numbers, and exchanges as they stand."""
        self._make_room()
        return merge(self._passing, self._lasting, key=lambda place: place.number)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(in_time(self.places()))

    def __len__(self) -> int:
        return sum(place.read() is not None for place in self.places())

    def reset(self) -> None:
        """Forget every exchange."""
        self._passing.clear()
        self._lasting.clear()
        self._long.clear()
        self._forgotten.clear()
        self._whole = self.total = 0
        self._full = self._most + STEP
        self.resets += 1


def in_time(places: Iterable[JournalPlace]) -> list[Exchange]:
    """The exchanges of some places as they are shown, in the order of time."""
    exchanges = [exchange for place in places if (exchange := place.read()) is not None]
    exchanges.sort(key=lambda exchange: exchange.started)  # a callback may have been due while others were answered
    return [shown(exchange) for exchange in exchanges]


def shown(exchange: Exchange) -> Exchange:
    """An exchange as it is shown: without secrets, its bodies cut."""
    return shortened(without_long_files(redacted(exchange)))


def shortened(exchange: Exchange) -> Exchange:
    """An exchange with bodies of a bounded length; its note `truncated` says which was cut, `request` or `response`."""
    request, cut_request = shortened_body(exchange.request_body, MOST_BODY)
    response, cut_response = shortened_body(exchange.response_body, MOST_BODY)
    cut = [name for name, was_cut in (("request", cut_request), ("response", cut_response)) if was_cut]
    if not cut:
        return exchange
    before = exchange.note.get("truncated", "").split()
    note = {**exchange.note, "truncated": " ".join(dict.fromkeys([*before, *cut]))}
    return replace(exchange, request_body=request, response_body=response, note=note)


def without_long_files(exchange: Exchange) -> Exchange:
    """A long form without the bytes of its files, so that its other parts are seen."""
    if len(exchange.request_body) <= MOST_BODY or media_type(exchange.request_headers) != MULTIPART:
        return exchange
    kind = exchange.request_header("content-type") or ""
    return replace(exchange, request_body=without_files(exchange.request_body, kind))


def wire_exchange(exchange: Exchange, key: str) -> WireExchange:
    """An exchange that is at hand already, as one that nobody has read yet."""
    size = _size(exchange)
    return WireExchange(lambda: exchange, key, exchange.started, exchange.method, exchange.status, exchange.note, size)


def _size(exchange: Exchange) -> int:
    return len(exchange.request_body) + len(exchange.response_body)


def discreet(exchange: Exchange, key: str) -> Exchange:
    """The exchange without what its headers, its URL and the key it was sent with would give away."""
    secrets = secret_values((key,))

    def without_key(headers: Headers) -> Headers:
        return tuple([(name, secrets.in_text(value, REDACTED)) for name, value in redacted_headers(headers)])

    return Exchange(
        started=exchange.started,
        method=exchange.method,
        url=secrets.in_text(redacted_url(exchange.url), REDACTED_IN_URL),
        request_headers=without_key(exchange.request_headers),
        request_body=secrets.in_bytes(exchange.request_body, REDACTED),
        status=exchange.status,
        response_headers=without_key(exchange.response_headers),
        response_body=secrets.in_bytes(exchange.response_body, REDACTED),
        duration=exchange.duration,
        note=exchange.note,
    )
