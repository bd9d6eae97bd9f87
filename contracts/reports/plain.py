"""Texts from elsewhere, made harmless: no secret, no control character, no command, not too long.

What an endpoint answers ends up in terminals, in logs of CI systems, in XML and on web pages. Characters that do
something are shown as escapes instead (`pixpact.wire.control_characters`), so that a reader still sees what was there.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from pixpact.wire.control_characters import COMMAND, visible_text
from pixpact.wire.exchange import Exchange
from pixpact.wire.redaction import REDACTED, is_secret_in, redacted_url, without_secrets

MOST = 400
"""Characters of a text in a report, unless told otherwise."""

_FIRST = re.compile(r"(?m)^(\s*)::")


@dataclass(frozen=True, slots=True)
class PlainText:
    """Makes texts harmless; knows secrets by value, beside those that are known by their names."""

    secrets: tuple[str, ...] = ()

    def __call__(self, text: str, most: int = MOST) -> str:
        """One line of at most so many characters, and how long the text was if that cut it off."""
        return cut_text(visible_text(self._scrubbed(text)), most)

    def block(self, text: str, most: int = 20_000) -> str:
        """The same for a text of several lines."""
        return cut_text(visible_text(self._scrubbed(text).replace("\r\n", "\n"), "\n\t"), most)

    def command(self, text: str) -> str:
        """The same for a shell command, which must stay as long as it is and keep its URLs."""
        return _FIRST.sub(r"\1: :", visible_text(without_secrets(text, self.secrets), "\n\t"))

    def _scrubbed(self, text: str) -> str:
        return COMMAND.sub(lambda match: " ".join(match[0]), redacted_url(without_secrets(text, self.secrets)))


_DATA = ("content", "operation", "written", "pointer", "path", "paths", "before", "after")
"""Fields that are no sentences: whoever writes them out makes them harmless in the language they are written in."""
Value = TypeVar("Value")


def sanitized(value: Value, plain: PlainText = PlainText()) -> Value:
    """A value with every sentence in it made harmless, whole, on one line; JSON, pointers and places stay."""
    plain_value: Any = value
    if isinstance(value, str):
        plain_value = plain(value, sys.maxsize)
    elif type(plain_value) is tuple:
        plain_value = tuple(sanitized(item, plain) for item in plain_value)
    elif is_dataclass(value) and not isinstance(value, type):
        texts = [item.name for item in fields(value) if item.init and item.name not in _DATA]
        plain_value = replace(value, **{name: sanitized(getattr(value, name), plain) for name in texts})
    return plain_value  # type: ignore[no-any-return]  # the same kind of value


def cut_text(text: str, most: int) -> str:
    """At most so many characters, then how many there were."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def secrets_of(exchanges: Iterable[Exchange]) -> tuple[str, ...]:
    """The values that were sent under secret names, each once, the longest first."""
    secrets = {value for exchange in exchanges for value in _sent(exchange) if value and not value.endswith(REDACTED)}
    return tuple(sorted(secrets, key=lambda value: (-len(value), value)))


def _sent(exchange: Exchange) -> Iterator[str]:
    for name, value in exchange.request_headers:
        if is_secret_in("header", name):
            yield from (value, value.partition(" ")[2])
    for name, value in _query(exchange.url):
        if is_secret_in("query", name):
            yield value


def _query(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query)
    except ValueError:  # no URL at all: nothing was sent in its query
        return []
