"""Joins recorded exchanges into traces: each submit with the polls of its task and the downloads of its images.

Recordings of Pixpact, of a browser and of a proxy are joined alike, by the contract: a poll belongs to the submit whose
response gives its parameters by a link; a download belongs to the response that has its URL as `$image.url`.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

from pixpact.contracts.traffic.base_urls import canonical
from pixpact.contracts.traffic.images import value_of
from pixpact.contracts.traffic.next_requests import FollowUpReader, FollowUps, Key
from pixpact.contracts.traffic.recording import recorded_exchange
from pixpact.contracts.traffic.requests import ReadRequest, RequestReader
from pixpact.specs.contract.model import Contract
from pixpact.wire.exchange import Exchange, Trace

MOST_OPEN = 256
"""Maximum number of traces that wait for further polls and downloads."""
MOST_BYTES = 64 * 1024 * 1024
"""Maximum number of bytes in the bodies of open traces."""
MOST_REASONS = 200


@dataclass(slots=True, eq=False)
class _OpenTrace:
    """A trace that further exchanges may join."""

    number: int
    exchanges: list[Exchange] = field(default_factory=list)
    keys: set[Key] = field(default_factory=set)
    urls: set[str] = field(default_factory=set)
    awaited: set[str] = field(default_factory=set)
    """URLs of images that were not downloaded yet."""
    begun: bool = False
    """Whether the submit was seen."""
    over: bool = False
    size: int = 0

    @property
    def complete(self) -> bool:
        """Whether the outcome and all downloads were seen."""
        return self.over and not self.awaited

    def trace(self) -> Trace:
        """The exchanges in the order they began; a recorder may write them in the order they ended."""
        return Trace(tuple(sorted(self.exchanges, key=lambda exchange: exchange.started)))


class TraceBuilder:
    """Joins the exchanges of one contract into traces.

    `bases` are further base URLs under which it was served. The exchanges of a trace are redacted, with the notes
    `operation` (empty for a download) and `role` (start, run, show, store, download, other); a download also has
    `pointer`, the JSON pointer of its URL in the response. `ignored` counts the exchanges that belong to no operation,
    by reason; `seen` counts all.

    A trace is yielded at the end, or sooner when more than `most_open` are open: first the complete ones (they stay
    open at first, because a client may poll again), then those without an exchange for longest.
    """

    def __init__(self, contract: Contract, bases: Iterable[str] = (), most_open: int = MOST_OPEN) -> None:
        self._reader = RequestReader(contract, bases)
        self._follow_up_reader = FollowUpReader(contract)
        self._most_open = most_open
        self._open: OrderedDict[int, _OpenTrace] = OrderedDict()  # by number; the one that grew last comes last
        self._keys: dict[Key, _OpenTrace] = {}
        self._urls: dict[str, tuple[_OpenTrace, str]] = {}
        self._size = 0
        self._touched: list[_OpenTrace] = []  # the trace that the last exchange joined
        self.seen = 0
        self.ignored: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """The number of open traces."""
        return len(self._open)

    def traces(self, exchanges: Iterable[Exchange]) -> Iterator[Trace]:
        """Yield the traces of these exchanges; a trace of a single exchange comes at once."""
        for exchange in exchanges:
            self.seen += 1
            alone = self._take(exchange)
            if alone is not None:
                yield Trace((alone,))
            yield from self._overflow()
        for waiting in sorted(self._open.values(), key=lambda open_trace: open_trace.number):
            yield self._closed(waiting)

    def take(self, exchange: Exchange) -> tuple[Trace, int] | None:
        """Join one exchange as it arrives: (the trace of its task so far, the index of the exchange in it).

        None when it belongs to no operation and to no image; `ignored` then counts it.
        """
        self.seen += 1
        self._touched.clear()
        alone = self._take(exchange)
        if alone is not None:
            return Trace((alone,)), 0
        if not self._touched:
            return None
        last, trace = self._touched[-1].exchanges[-1], self._touched[-1].trace()
        for _ in self._overflow():
            pass
        return trace, next(index for index, exchange in enumerate(trace) if exchange is last)

    def _overflow(self) -> Iterator[Trace]:
        """Yield the traces that exceed the limits."""
        while len(self._open) > self._most_open or (self._size > MOST_BYTES and self._open):
            yield self._closed(self._next_to_close())

    def _take(self, exchange: Exchange) -> Exchange | None:
        """Join an exchange to its trace; return it when it is a trace by itself."""
        asked = self._reader.asked(exchange)
        if asked is None:
            self._take_download(exchange)
            return None
        verb = asked.verb
        kept = recorded_exchange(exchange, most=MOST_BYTES).noted(operation=asked.operation.id, role=verb)
        if verb not in ("start", "run", "show", "end"):
            return kept
        # The unredacted response is read: redaction may hide the values that join exchanges.
        follow_ups = self._follow_up_reader.follow_ups(
            asked, exchange, value_of(exchange.response_headers, exchange.response_body)
        )
        return (
            self._take_poll(asked, kept, follow_ups) if verb in ("show", "end") else self._take_submit(kept, follow_ups)
        )

    # ---- submits

    def _take_submit(self, exchange: Exchange, follow_ups: FollowUps) -> Exchange | None:
        if not follow_ups.keys and not follow_ups.urls:
            return exchange
        waiting = self._of_submit(exchange, follow_ups)
        if waiting is None:
            waiting = self._begin()
        waiting.begun = True
        self._add(waiting, exchange, follow_ups)
        for key in follow_ups.keys:
            self._lead(key, waiting)
        return None

    def _of_submit(self, exchange: Exchange, follow_ups: FollowUps) -> _OpenTrace | None:
        """The open trace of the same task: of a repeated submit, or of polls that were recorded before their submit."""
        candidates = [self._keys[key] for key in follow_ups.keys if key in self._keys]
        again = next(
            (candidate for candidate in candidates if candidate.begun and candidate.keys & follow_ups.ids), None
        )
        early = [
            candidate
            for candidate in dict.fromkeys(candidates)
            if not candidate.begun and candidate.exchanges[0].started >= exchange.started
        ]
        if again or not early:
            return again
        for later in early[1:]:
            self._merge(early[0], later)
        return early[0]

    def _merge(self, waiting: _OpenTrace, later: _OpenTrace) -> None:
        waiting.exchanges += later.exchanges
        waiting.size += later.size
        waiting.over |= later.over
        waiting.awaited |= later.awaited
        for key in tuple(later.keys):
            self._lead(key, waiting)
        for url in later.urls:
            self._urls[url] = (waiting, self._urls[url][1])
            waiting.urls.add(url)
        del self._open[later.number]

    # ---- polls and downloads

    def _take_poll(self, asked: ReadRequest, exchange: Exchange, follow_ups: FollowUps) -> Exchange | None:
        keys = self._follow_up_reader.keys_of(asked)
        waiting = next((self._keys[key] for key in keys if key in self._keys), None)
        if waiting is None and not keys and not follow_ups.urls:
            return exchange
        if waiting is None:
            waiting = self._begin()
            for key in keys:
                self._lead(key, waiting)
        self._add(waiting, exchange, follow_ups)
        return None

    def _take_download(self, exchange: Exchange) -> None:
        url, method = canonical(exchange.url), exchange.method.upper()
        if method not in ("GET", "HEAD") or url not in self._urls:
            self._ignore(exchange)
            return
        waiting, pointer = self._urls[url]
        kept = recorded_exchange(exchange, most=MOST_BYTES).noted(operation="", role="download", pointer=pointer)
        self._add(waiting, kept, FollowUps())
        if exchange.status and method == "GET":
            waiting.awaited.discard(url)
        target = exchange.response_header("location")
        if 300 <= exchange.status < 400 and target:
            self._await(waiting, canonical(urljoin(exchange.url, target)), pointer)

    def _ignore(self, exchange: Exchange) -> None:
        reason = self._reason(exchange)
        is_noted = reason in self.ignored or len(self.ignored) < MOST_REASONS
        self.ignored[reason if is_noted else "other reasons"] += 1

    def _reason(self, exchange: Exchange) -> str:
        method = exchange.method.upper()
        if method == "OPTIONS" and exchange.request_header("access-control-request-method"):
            return "a browser's preflight"
        if method == "CONNECT":
            return "a proxy's tunnel"
        addresses = self._reader.places
        if not addresses.knows(exchange.url):
            return f"another host: {addresses.host(exchange.url)}"
        return f"no operation: {method} {addresses.path(exchange.url)}"

    # ---- bookkeeping

    def _begin(self) -> _OpenTrace:
        waiting = self._open[self.seen] = _OpenTrace(self.seen)
        return waiting

    def _add(self, waiting: _OpenTrace, exchange: Exchange, follow_ups: FollowUps) -> None:
        waiting.exchanges.append(exchange)
        self._touched[:] = [waiting]
        waiting.over |= follow_ups.over
        size = len(exchange.request_body) + len(exchange.response_body)
        waiting.size += size
        self._size += size
        for url, pointer in follow_ups.urls.items():
            self._await(waiting, canonical(url), pointer)
        self._open.move_to_end(waiting.number)

    def _lead(self, key: Key, waiting: _OpenTrace) -> None:
        """From now on, polls with this key join this trace."""
        if (before := self._keys.get(key)) is not None:
            before.keys.discard(key)
        self._keys[key] = waiting
        waiting.keys.add(key)

    def _await(self, waiting: _OpenTrace, url: str, pointer: str) -> None:
        if url in waiting.urls:
            return
        if url in self._urls:  # the same URL in the response of another task
            before = self._urls[url][0]
            before.urls.discard(url)
            before.awaited.discard(url)
        self._urls[url] = (waiting, pointer)
        waiting.urls.add(url)
        waiting.awaited.add(url)

    def _next_to_close(self) -> _OpenTrace:
        return next(
            (open_trace for open_trace in self._open.values() if open_trace.complete), next(iter(self._open.values()))
        )

    def _closed(self, waiting: _OpenTrace) -> Trace:
        del self._open[waiting.number]
        self._size -= waiting.size
        for key in waiting.keys:
            del self._keys[key]
        for url in waiting.urls:
            del self._urls[url]
        return waiting.trace()


def build_traces(contract: Contract, exchanges: Iterable[Exchange], bases: Iterable[str] = ()) -> Iterator[Trace]:
    """Yield the traces of these exchanges, see `TraceBuilder.traces`."""
    return TraceBuilder(contract, bases).traces(exchanges)
