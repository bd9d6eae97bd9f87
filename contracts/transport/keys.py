"""The API keys of a run: which goes with a request, and that none of them stays in what is recorded."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from pixpact.contracts.transport.sending import Key, RequestForbidden
from pixpact.wire.exchange import Exchange, Headers
from pixpact.wire.redaction import REDACTED, REDACTED_IN_URL

_VISIBLE = re.compile(r"[\x21-\x7e]+")
_FEWEST = 6
"""Characters: a shorter key would black out ordinary words."""


@dataclass(frozen=True)
class ApiKeys:
    """The keys that the user gave, and one that no account has. Raises ValueError for what no header could carry."""

    own: str | None = field(default=None, repr=False)
    second: str | None = field(default=None, repr=False)
    wrong: str = "sk-pixpact-no-such-key"

    def __post_init__(self) -> None:
        for name, key in (("API key", self.own), ("second API key", self.second)):
            if key is not None and not _VISIBLE.fullmatch(key):
                raise ValueError(
                    f"the {name} cannot be sent: it is empty, or has a space or an unusual character in it"
                )

    def of(self, key: Key) -> str | None:
        """What is sent; None: no key. Raises Forbidden where the user gave none."""
        if key == "none":
            return None
        found = {"own": self.own, "second": self.second, "wrong": self.wrong}[key]
        if found is None:
            option = "--api-key-env" if key == "own" else "--second-api-key-env"
            raise RequestForbidden(
                f"there is no {'' if key == 'own' else 'second '}API key to send it with: give {option}"
            )
        return found

    def scrubbed(self, exchange: Exchange) -> Exchange:
        """The exchange without the user's keys, also where the server repeats them; the same bytes otherwise."""
        for form in self._forms:
            exchange = _without(exchange, form)
        return exchange

    @property
    def _forms(self) -> list[str]:
        """The keys in the ways they are written: as they are, in a URL, in JSON. The longest first."""
        keys = [key for key in (self.own, self.second) if key and len(key) >= _FEWEST]
        forms = {form for key in keys for form in (key, quote(key, safe=""), json.dumps(key)[1:-1])}
        forms |= {key.replace("/", "\\/") for key in keys}
        return sorted(forms, key=len, reverse=True)


def _without(exchange: Exchange, secret: str) -> Exchange:
    return replace(
        exchange,
        url=exchange.url.replace(secret, REDACTED_IN_URL),
        request_headers=_scrubbed(exchange.request_headers, secret),
        request_body=exchange.request_body.replace(secret.encode(), REDACTED.encode()),
        response_headers=_scrubbed(exchange.response_headers, secret),
        response_body=exchange.response_body.replace(secret.encode(), REDACTED.encode()),
        note={name: value.replace(secret, REDACTED) for name, value in exchange.note.items()},
    )


def _scrubbed(headers: Headers, secret: str) -> Headers:
    return tuple((name, value.replace(secret, REDACTED)) for name, value in headers)
