"""An exchange as it was on the wire, for the journal: read as late as may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pixpact.mockserver.direct.response import DirectResponse
from pixpact.mockserver.requests.recording import exchange_from
from pixpact.mockserver.state.journal import discreet
from pixpact.wire.exchange import Exchange


class DirectRequest(NamedTuple):
    """A request as it came; `path` has no escapes, and begins with `root`, where its contract is mounted."""

    scheme: str
    root: str
    path: str
    headers: tuple[tuple[bytes, bytes], ...]
    raw: bytes


class ExchangeSubject(NamedTuple):
    """What exchanges are about that one caller has with one operation."""

    method: str
    vendor: str
    operation: str
    account: str
    key: str
    base: str


class DirectExchange:
    """One exchange that is over.

    It holds as few objects of its own as may be: a thousand of them are kept, and memory that is touched again after a
    thousand requests costs more than what is done with it.
    """

    __slots__ = (
        "_body",
        "_duration",
        "_head",
        "_headers",
        "_path",
        "_raw",
        "_request_id",
        "_subject",
        "_task",
        "started",
    )

    def __init__(
        self,
        started: float,
        duration: float,
        request: DirectRequest,
        response: DirectResponse,
        subject: ExchangeSubject,
        task: str,
    ) -> None:
        self.started, self._duration, self._subject, self._task = started, duration, subject, task
        _, _, self._path, self._headers, self._raw = request
        self._head, self._request_id, self._body, _ = response

    @property
    def key(self) -> str:
        """The API key that it carried."""
        return self._subject.key

    @property
    def kind(self) -> tuple[object, ...]:
        """What it is counted with, once it has made room."""
        method, vendor, operation, account, *_ = self._subject
        return (self._head.status, method, vendor, operation, account or None, None, None)

    @property
    def method(self) -> str:
        """Its method."""
        return self._subject.method

    @property
    def status(self) -> int:
        """The status of its response."""
        return self._head.status

    @property
    def size(self) -> int:
        """Bytes of its bodies."""
        return len(self._raw) + len(self._body)

    @property
    def note(self) -> Mapping[str, str]:
        """What its recorder knew."""
        _, vendor, operation, account, *_ = self._subject
        owner = {"account": account} if account else {}
        return {"vendor": vendor, "operation": operation, **owner, "task": self._task}

    def read(self) -> Exchange:
        """The exchange, without its secrets."""
        return discreet(self.made(), self.key)

    def made(self) -> Exchange:
        """The exchange, with its secrets."""
        return exchange_from(
            (self.method, self._subject.base, self._path, b""),
            self.started,
            self._duration,
            self.status,
            self._headers,
            self._head.fields(self._request_id, len(self._body)),
            self.note,
            (self._raw, self._body),
        )
