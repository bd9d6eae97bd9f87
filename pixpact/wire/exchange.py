"""One request with its response, as it was on the wire; and the exchanges that make up one task.

Values only: who recorded them (the mock's journal, the runner, a HAR of a browser) makes no
difference to who judges them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

#: Header fields in the order they were sent, names as sent; a name may come more than once.
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request and its response.

    `started` is in seconds since the epoch (UTC), `duration` in seconds from the first byte sent to
    the last one received. Bodies are as their readers saw them: after any transfer or content
    coding was undone. `status` 0 means that no response came. `note` says what the recorder knew,
    under names such as vendor, operation, task, preference, truncated.
    """

    started: float
    method: str
    url: str
    request_headers: Headers = ()
    request_body: bytes = b""
    status: int = 0
    response_headers: Headers = ()
    response_body: bytes = b""
    duration: float = 0.0
    note: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def ended(self) -> float:
        """When the last byte had come, in seconds since the epoch."""
        return self.started + self.duration

    def request_header(self, name: str) -> str | None:
        """The first value of a request header, whatever the case of its name."""
        return header(self.request_headers, name)

    def response_header(self, name: str) -> str | None:
        """The first value of a response header, whatever the case of its name."""
        return header(self.response_headers, name)

    def noted(self, **facts: str) -> Exchange:
        """The same exchange with more notes; a name that was there gets the new value."""
        return replace(self, note={**self.note, **facts})


@dataclass(frozen=True, slots=True)
class Trace:
    """The exchanges of one task in the order they began: submit, polls, downloads."""

    exchanges: tuple[Exchange, ...]

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.exchanges)

    def __len__(self) -> int:
        return len(self.exchanges)

    def followed_by(self, exchange: Exchange) -> Trace:
        """The trace with one more exchange at its end."""
        return Trace((*self.exchanges, exchange))

    def of(self, operation: str) -> tuple[Exchange, ...]:
        """The exchanges noted as calls of one operation."""
        return tuple(e for e in self.exchanges if e.note.get("operation") == operation)


def header(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """The first value under a name, whatever its case (RFC 9110, section 5.1); None if none."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def media_type(headers: Iterable[tuple[str, str]]) -> str:
    """The media type of a body in lower case, without parameters; empty if no header says it."""
    return (header(headers, "content-type") or "").partition(";")[0].strip().lower()


def status_keys(status: int) -> tuple[str, str, str]:
    """The keys of OpenAPI's Responses Object that stand for a status, the most specific first: 404, 4XX, default."""
    return str(status), f"{status // 100}XX", "default"
