"""The API keys of a run: selects the key of a request, and removes keys from what is recorded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pixpact.contracts.transport.planned_request import Key, RequestForbidden
from pixpact.wire.exchange import Exchange, Headers
from pixpact.wire.redaction import REDACTED, REDACTED_IN_URL
from pixpact.wire.secret_values import SecretValues, secret_values

_VISIBLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class ApiKeys:
    """The user's keys, and one that no account has. Raises ValueError for a key that no header can carry."""

    own: str | None = field(default=None, repr=False)
    second: str | None = field(default=None, repr=False)
    wrong: str = "sk-pixpact-no-such-key"

    def __post_init__(self) -> None:
        for name, key in (("API key", self.own), ("second API key", self.second)):
            if key is not None and not _VISIBLE.fullmatch(key):
                raise ValueError(f"the {name} cannot be sent: it is empty, or has a space or an invalid character")

    def of(self, key: Key) -> str | None:
        """The key to send; None: no key. Raises RequestForbidden if the user gave none."""
        if key == "none":
            return None
        key_text = {"own": self.own, "second": self.second, "wrong": self.wrong}[key]
        if key_text is None:
            option = "--api-key-env" if key == "own" else "--second-api-key-env"
            raise RequestForbidden(
                f"there is no {'' if key == 'own' else 'second '}API key to send it with: give {option}"
            )
        return key_text

    def scrubbed(self, exchange: Exchange, more: Iterable[str] = ()) -> Exchange:
        """The exchange without the user's keys, also where the server repeats them; otherwise unchanged.

        `more`: further secrets that were sent with it.
        """
        secrets = secret_values(tuple(dict.fromkeys(filter(None, (self.own, self.second, *more)))))
        return replace(
            exchange,
            url=secrets.in_text(exchange.url, REDACTED_IN_URL),
            request_headers=_without(exchange.request_headers, secrets),
            request_body=secrets.in_bytes(exchange.request_body, REDACTED),
            response_headers=_without(exchange.response_headers, secrets),
            response_body=secrets.in_bytes(exchange.response_body, REDACTED),
            note={name: secrets.in_text(value, REDACTED) for name, value in exchange.note.items()},
        )


def _without(headers: Headers, secrets: SecretValues) -> Headers:
    return tuple((name, secrets.in_text(value, REDACTED)) for name, value in headers)
