"""The bounded, redacted record of every exchange.

Headers and URLs lose their secrets before anything is kept; bodies are cut to a fixed length. Members of bodies
that name a secret are taken out when the record is read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from pixpact.wire.exchange import Exchange
from pixpact.wire.redaction import redacted, redacted_headers, redacted_url, shortened_body

MOST_EXCHANGES = 1000
MOST_BODY = 16 * 1024
FEWEST_KEY = 6  # characters: a shorter key would black out ordinary words


class Journal:
    """The last exchanges, oldest first."""

    def __init__(self, most: int = MOST_EXCHANGES) -> None:
        self._kept: deque[Exchange] = deque(maxlen=most)
        self.total = 0
        self.tell: Callable[[Exchange], None] | None = None
        """Who is told of each exchange, without its secrets, as it is recorded."""

    def add(self, exchange: Exchange, key: str = "") -> None:
        """Record one exchange, without its secrets; `key` is the API key it carried, wherever it comes back."""
        self.total += 1
        bounded = _bounded(exchange, key.encode("utf-8", "replace"))
        self._kept.append(bounded)
        if self.tell is not None:
            self.tell(bounded)

    def __iter__(self) -> Iterator[Exchange]:
        return (redacted(exchange) for exchange in tuple(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    def reset(self) -> None:
        """Forget every exchange."""
        self._kept.clear()
        self.total = 0


def _bounded(exchange: Exchange, key: bytes) -> Exchange:
    request_body, cut_request = shortened_body(exchange.request_body, MOST_BODY)
    response_body, cut_response = shortened_body(exchange.response_body, MOST_BODY)
    note = exchange.note
    if cut_request or cut_response:
        note = {**note, "truncated": "true"}
    url = redacted_url(exchange.url)
    if len(key) >= FEWEST_KEY and (key in request_body or key in response_body or key in url.encode()):
        request_body, response_body = (body.replace(key, b"[redacted]") for body in (request_body, response_body))
        url = url.replace(key.decode("utf-8", "replace"), "redacted")
    return Exchange(
        started=exchange.started,
        method=exchange.method,
        url=url,
        request_headers=redacted_headers(exchange.request_headers),
        request_body=request_body,
        status=exchange.status,
        response_headers=redacted_headers(exchange.response_headers),
        response_body=response_body,
        duration=exchange.duration,
        note=note,
    )
