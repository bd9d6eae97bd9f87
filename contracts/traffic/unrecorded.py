"""Parts of exchanges that a recorder left out: they are not judged, but counted and listed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import plural
from pixpact.wire.exchange import Exchange

Part = Literal["request-headers", "response-headers", "time"]

BODY = "not recorded: the body of the response"
HEADERS = "not recorded: the headers of the response"
TIME = "not recorded: the time of the request"
MASKED = "not recorded: the recorder wrote something else in its place"
_WORDS: dict[str, str] = {
    "request-headers": "the headers of the request",
    "response-headers": "the headers of the response",
    "time": "the time of the request, or its time zone",
}
_MASK = re.compile(
    r"\[?<?(?:redacted|removed|hidden|filtered|masked|sanitized|cut off)>?\]?|\*{3,}|[xX]{8,}"
    r"|\[[0-9]+ bytes, sha256 [0-9a-f]{16,64}\]",
    re.IGNORECASE,
)
_MOST_NAMED = 5


def lacks(exchange: Exchange, part: Part) -> bool:
    """Whether the recorder left out this part of an exchange."""
    return part in exchange.note.get("unrecorded", "").split()


def is_of_others(exchange: Exchange) -> bool:
    """Whether another program than Pixpact recorded the exchange."""
    return "recorder" in exchange.note


def is_masked(exchange: Exchange, value: Json) -> bool:
    """Whether a recorder, or a later edit of its file, replaced the value by a mark."""
    return isinstance(value, str) and is_of_others(exchange) and _MASK.fullmatch(value) is not None


@dataclass(slots=True)
class Unrecorded:
    """Counts what the exchanges of one recording lack, by kind, with the first entries of each."""

    _counts: dict[str, int] = field(default_factory=dict)
    _entries: dict[str, set[int]] = field(default_factory=dict)

    def note(self, exchange: Exchange, *, key: bool = False) -> None:
        """Count what one exchange lacks; `key`: it lacks its API key too."""
        for sentence in (*_sentences(exchange), *(["not recorded: the API key of the request"] if key else [])):
            self._counts[sentence] = self._counts.get(sentence, 0) + 1
            named = self._entries.setdefault(sentence, set())
            if exchange.note.get("entry", "").isdecimal():
                named.add(int(exchange.note["entry"]))
                named.difference_update(sorted(named)[_MOST_NAMED + 1 :])

    def lines(self) -> tuple[str, ...]:
        """One sentence for each kind, the most frequent first."""
        order = sorted(self._counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return tuple(f"{sentence} ({_exchanges(count)}{self._named(sentence)})" for sentence, count in order)

    def _named(self, sentence: str) -> str:
        named = sorted(self._entries[sentence])
        more = ", …" if len(named) > _MOST_NAMED else ""
        return f": entries {', '.join(map(str, named[:_MOST_NAMED]))}{more}" if named else ""


def _exchanges(count: int) -> str:
    return plural(count, "exchange")


def _sentences(exchange: Exchange) -> Iterator[str]:
    cut = exchange.note.get("truncated", "").split()
    for name in ("request", "response"):
        if name in cut:
            why = exchange.note.get(f"lacks {name}", "only part of it was recorded")
            yield f"not recorded: the body of the {name}: {why}"
        elif read_as := exchange.note.get(f"read {name}"):
            yield f"read all the same: the body of the {name} {read_as}"
    of_download = exchange.note.get("role") == "download"  # its request has nothing but a URL
    for word in exchange.note.get("unrecorded", "").split():
        if word in _WORDS and not (of_download and word == "request-headers"):
            yield f"not recorded: {_WORDS[word]}"
