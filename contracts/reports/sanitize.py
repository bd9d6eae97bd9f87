"""Sanitizes texts of responses for reports: no secrets, no control characters, no log commands, limited length.

Texts of an endpoint end up in terminals, CI logs, XML and web pages. Active characters become escapes
(`pixpact.wire.control_characters`), so that a reader still sees them.
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
"""Default maximum characters of a text in a report."""

_FIRST = re.compile(r"(?m)^(\s*)::")


@dataclass(frozen=True, slots=True)
class TextSanitizer:
    """Sanitizes texts. `secrets`: values to redact, besides those recognized by name."""

    secrets: tuple[str, ...] = ()

    def __call__(self, text: str, most: int = MOST) -> str:
        """The text on one line, cut to `most` characters; a cut text is followed by its length."""
        return cut_text(visible_text(self._scrubbed(text)), most)

    def block(self, text: str, most: int = 20_000) -> str:
        """The same for a text of several lines."""
        return cut_text(visible_text(self._scrubbed(text).replace("\r\n", "\n"), "\n\t"), most)

    def command(self, text: str) -> str:
        """The same for a shell command, which is neither cut nor has its URLs redacted."""
        return _FIRST.sub(r"\1: :", visible_text(without_secrets(text, self.secrets), "\n\t"))

    def _scrubbed(self, text: str) -> str:
        return COMMAND.sub(lambda match: " ".join(match[0]), redacted_url(without_secrets(text, self.secrets)))


_DATA = ("content", "operation", "written", "pointer", "path", "paths", "before", "after")
"""Fields that are not sentences: report writers escape them in their own format."""
Value = TypeVar("Value")


def sanitized(value: Value, plain: TextSanitizer = TextSanitizer()) -> Value:
    """A value with every text in it sanitized, uncut, on one line; the fields in `_DATA` stay unchanged."""
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
    """At most `most` characters, followed by the full length if the text was cut."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def secrets_of(exchanges: Iterable[Exchange]) -> tuple[str, ...]:
    """Values sent under secret names, without duplicates, the longest first."""
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
    except ValueError:  # not a URL: it has no query
        return []
