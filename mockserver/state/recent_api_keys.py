"""The API keys that clients use: known by value, so that they are in nothing that is shown, whoever sent them where."""

from __future__ import annotations

from dataclasses import replace

from pixpact.wire.exchange import Exchange
from pixpact.wire.redaction import REDACTED, REDACTED_IN_URL
from pixpact.wire.secret_values import secret_values

MOST_KEYS = 50
"""API keys that are remembered."""


class RecentApiKeys:
    """The API keys that were used last. They never leave their process."""

    def __init__(self) -> None:
        self._keys: dict[str, None] = {}
        self.last: str | None = None

    def note(self, key: str) -> None:
        """A key was used."""
        if key == self.last:
            return
        self.last = key
        self._keys.pop(key, None)
        self._keys[key] = None
        if len(self._keys) > MOST_KEYS:
            del self._keys[next(iter(self._keys))]

    def read(self) -> tuple[str, ...]:
        """The keys, the last one last."""
        return tuple(self._keys)

    def taken_out(self, exchange: Exchange) -> Exchange:
        """An exchange without any of them in its URL and its bodies: a key may stand in another key's request.

        Key by key, since what finds one is made once; microseconds for each.
        """
        url, asked, answered = exchange.url, exchange.request_body, exchange.response_body
        for key in self._keys:
            secret = secret_values((key,))
            url = secret.in_text(url, REDACTED_IN_URL)
            asked, answered = secret.in_bytes(asked, REDACTED), secret.in_bytes(answered, REDACTED)
        if (url, asked, answered) == (exchange.url, exchange.request_body, exchange.response_body):
            return exchange
        return replace(exchange, url=url, request_body=asked, response_body=answered)
