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
    """One exchange that is over."""

    __slots__ = ("_duration", "_request", "_response", "_subject", "_task", "started")

    def __init__(
        self,
        started: float,
        duration: float,
        request: DirectRequest,
        response: DirectResponse,
        subject: ExchangeSubject,
        task: str,
    ) -> None:
        self.started, self._duration = started, duration
        self._request, self._response, self._subject, self._task = request, response, subject, task

    @property
    def key(self) -> str:
        """The API key that it carried."""
        return self._subject.key

    @property
    def kind(self) -> tuple[object, ...]:
        """What it is counted with, once it has made room."""
        method, vendor, operation, account, *_ = self._subject
        return (self._response.head.status, method, vendor, operation, account or None, None, None)

    @property
    def method(self) -> str:
        """Its method."""
        return self._subject.method

    @property
    def status(self) -> int:
        """The status of its response."""
        return self._response.head.status

    @property
    def size(self) -> int:
        """Bytes of its bodies."""
        return len(self._request.raw) + len(self._response.body)

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
        request, response = self._request, self._response
        target = (self.method, self._subject.base, request.path, b"")
        bodies = (request.raw, response.body)
        return exchange_from(
            target,
            self.started,
            self._duration,
            self.status,
            request.headers,
            response.fields,
            self.note,
            bodies,
        )
