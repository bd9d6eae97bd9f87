"""The journal in a shared store: what one process has answered, every other one can tell.

An exchange is written when it begins and before its response leaves. The room is that of the journal of one process,
made in steps: what is beyond it is counted by kind and forgotten once in a while.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from heapq import merge

from pixpact.mockserver.state.evicted_exchanges import MOST_KINDS, EvictedGroup, first_of, kind_of
from pixpact.mockserver.state.journal import (
    MOST_BODY,
    MOST_EXCHANGES,
    STEP,
    JournalPlace,
    JournalSnapshot,
    WireExchange,
    discreet,
    in_time,
    shortened,
    without_long_files,
)
from pixpact.mockserver.state.recent_api_keys import RecentApiKeys
from pixpact.mockserver.stores.backend import StoreBackend, StoredRow, StoreTransaction
from pixpact.mockserver.stores.codec import pack, unpack
from pixpact.wire.exchange import Exchange

_MIXED = "mixed"


class SharedJournal:
    """The last exchanges of all processes, oldest first: half the room at least for polls, and half for all others."""

    def __init__(self, backend: StoreBackend, most: int = MOST_EXCHANGES) -> None:
        self._backend = backend
        self._most = most
        self.resets = 0
        """How often it was reset, when the store was last read."""
        self.report: Callable[[Exchange], None] | None = None
        self._keys = RecentApiKeys()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that this process was sent last: no store ever holds one."""
        return self._keys.read()

    async def arrive(self, under_way: Callable[[], Exchange], *, lasting: bool = False) -> JournalPlace:
        """The next place, for an exchange that begins now."""
        kind, resets = _kind(self.resets, lasting=lasting), self.resets
        number = await self._backend.count(f"journal:{resets}")
        entry = JournalPlace(number, under_way=under_way, lasting=lasting, epoch=resets)
        if (exchange := entry.read()) is not None:
            await self._backend.run(partial(_put, kind, number, _bounded(exchange)))
        if number % STEP == 0:
            await self._make_room(resets)
        return entry

    async def record(self, exchange: WireExchange, place: JournalPlace) -> None:
        """Put an exchange that is over at its place; one that has made room meanwhile is counted."""
        self._keys.note(exchange.key)
        safe = discreet(exchange.made(), exchange.key)
        kind, bounded = _kind(place.epoch, lasting=place.lasting), _bounded(safe)

        async def work(records: StoreTransaction) -> None:
            (stored,) = await records.get(kind, str(place.number))
            if stored is not None:
                await _put(kind, place.number, bounded, records)
            else:
                await _count(place.epoch, [bounded], records)

        await self._backend.run(work)
        place.exchange, place.under_way = bounded, None
        if self.report is not None:
            self.report(safe)

    async def _make_room(self, resets: int) -> None:
        """Forget the oldest of each kind; neither leaves the other less than half of the room."""
        passing, lasting = (_kind(resets, lasting=is_lasting) for is_lasting in (False, True))
        sizes = [await self._backend.reading.size(kind) for kind in (passing, lasting)]
        beyond = sum(sizes) - self._most
        of_passing = min(max(sizes[0] - self._most // 2, 0), max(beyond, 0))
        for kind, number in ((passing, of_passing), (lasting, beyond - of_passing)):
            if number > 0:
                await self._backend.run(partial(_forget, kind, resets, number))

    async def kept(self) -> JournalSnapshot:
        """What is held now."""
        rows = await self._backend.reading.rows(f"forgotten:{self.resets}")
        forgotten = tuple(unpack(EvictedGroup, row.value) for row in rows)
        exchanges = [self._keys.taken_out(exchange) for exchange in in_time(await self.following(0))]
        return JournalSnapshot(exchanges, forgotten, len(exchanges) + sum(kind.count for kind in forgotten))

    async def following(self, after: int, under_way: Collection[int] = ()) -> list[JournalPlace]:
        """The places beyond a number, and those of some numbers, in the order of arrival."""
        kinds = [_kind(self.resets, lasting=is_lasting) for is_lasting in (False, True)]
        rows = [await self._backend.reading.rows(kind) for kind in kinds]
        meant = ([row for row in some if row.score > after or int(row.score) in under_way] for some in rows)
        return [_journal_place(row) for row in merge(*meant, key=lambda row: row.score)]

    async def at(self, number: int) -> Exchange | None:
        """The exchange of a number, as it stands."""
        for lasting in (False, True):
            (record,) = await self._backend.reading.get(_kind(self.resets, lasting=lasting), str(number))
            if record is not None:
                return self._keys.taken_out(unpack(Exchange, record))
        return None

    async def forget(self) -> None:
        """Forget every exchange; what is under way belongs to what was before."""
        before = self.resets

        async def work(records: StoreTransaction) -> int:
            (resets,) = await records.get("state", "resets")
            after = int(resets or 0) + 1
            records.put("state", "resets", b"%d" % after)
            for kind in (_kind(before, lasting=False), _kind(before, lasting=True), f"forgotten:{before}"):
                records.clear(kind)
            return after

        self.resets = await self._backend.run(work)


def _kind(resets: int, *, lasting: bool) -> str:
    return f"{'lasting' if lasting else 'passing'}:{resets}"


def _journal_place(row: StoredRow) -> JournalPlace:
    return JournalPlace(int(row.score), unpack(Exchange, row.value))


def _bounded(exchange: Exchange) -> Exchange:
    """An exchange of a length that a store keeps."""
    if len(exchange.request_body) <= MOST_BODY and len(exchange.response_body) <= MOST_BODY:
        return exchange
    return shortened(without_long_files(exchange))


async def _put(kind: str, number: int, exchange: Exchange, records: StoreTransaction) -> None:
    records.put(kind, str(number), pack(exchange), number)


async def _forget(kind: str, resets: int, number: int, records: StoreTransaction) -> None:
    rows = await records.rows(kind, None, number)
    for row in rows:
        records.drop(kind, row.key)
    await _count(resets, [exchange for row in rows if not _pending(exchange := unpack(Exchange, row.value))], records)


def _pending(exchange: Exchange) -> bool:
    return "pending" in exchange.note  # it is counted when it is over


async def _count(resets: int, exchanges: list[Exchange], records: StoreTransaction) -> None:
    """Count exchanges that are forgotten now, by kind."""
    counted, evicted = f"forgotten:{resets}", dict[str, EvictedGroup]()
    full = await records.size(counted) >= MOST_KINDS
    for exchange in exchanges:
        key = repr(kind_of(exchange))
        if key not in evicted:
            (written,) = await records.get(counted, key)
            if written is None and full:
                key = _MIXED
                (written,) = await records.get(counted, key)
            before = unpack(EvictedGroup, written) if written is not None else first_of(exchange, mixed=key == _MIXED)
            evicted.setdefault(key, before)
        evicted[key] = evicted[key].with_another(exchange.started)
    for key, kind in evicted.items():
        records.put(counted, key, pack(kind), 0.0)
