"""Exchange and Trace: one HTTP request with its response, and the exchanges of one task.

Plain values: it makes no difference whether the mock's journal, a check or a browser's HAR recorded them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

#: Header fields in the order they were sent, names as sent; a name may repeat.
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request and its response.

    `started` is in seconds since the epoch (UTC), `duration` in seconds from the first byte sent to the last one
    received. Bodies are decoded: without transfer and content codings. `status` 0 means that no response came. `note`
    has facts from the recorder, under names such as vendor, operation, task, preference, truncated.
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
        """When the last byte was received, in seconds since the epoch."""
        return self.started + self.duration

    def request_header(self, name: str) -> str | None:
        """The first value of a request header; names are case-insensitive. None without one."""
        return header(self.request_headers, name)

    def response_header(self, name: str) -> str | None:
        """The first value of a response header; names are case-insensitive. None without one."""
        return header(self.response_headers, name)

    def noted(self, **facts: str) -> Exchange:
        """The exchange with more notes; existing names get the new value."""
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
        """The trace with one more exchange at the end."""
        return Trace((*self.exchanges, exchange))

    def of(self, operation: str) -> tuple[Exchange, ...]:
        """The exchanges whose note names this operation."""
        return tuple(e for e in self.exchanges if e.note.get("operation") == operation)


def header(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """The first value under a name, case-insensitive (RFC 9110, section 5.1); None without one."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def media_type(headers: Iterable[tuple[str, str]]) -> str:
    """The media type of a body in lower case, without parameters; empty without a Content-Type."""
    return (header(headers, "content-type") or "").partition(";")[0].strip().lower()


def status_keys(status: int) -> tuple[str, str, str]:
    """The keys for a status in OpenAPI's Responses Object, the most specific first: 404, 4XX, default."""
    return str(status), f"{status // 100}XX", "default"
