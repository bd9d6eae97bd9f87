"""An exchange that is answered straight through: its response, and its place in the journal, in one object.

A thousand of them are kept, and memory that is touched again after a thousand requests costs more than what is done
with it: so they hold as few objects of their own as possible, and are read as late as possible.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pixpact.mockserver.direct.response import Fields, ResponseHead
from pixpact.mockserver.requests.journaling import exchange_from
from pixpact.mockserver.state.journal import JournalPlace, discreet
from pixpact.wire.exchange import Exchange


class ExchangeSubject(NamedTuple):
    """What exchanges are about that one caller has with one operation."""

    method: str
    vendor: str
    operation: str
    account: str
    key: str
    base: str


class DirectExchange(JournalPlace):
    """One exchange that is over: its response is ready to be sent, and nobody has read it yet.

    `request_id` is empty where the head has no such field; `started` is the mock's time when the request was taken up.
    """

    __slots__ = ("_duration", "_headers", "_path", "_raw", "_subject", "_task", "body", "head", "request_id", "started")

    def __init__(
        self,
        started: float,
        duration: float,
        subject: ExchangeSubject,
        request: tuple[str, tuple[tuple[bytes, bytes], ...], bytes],
        response: tuple[ResponseHead, str, bytes],
        task: str,
        lasting: bool,
    ) -> None:
        """`request`: path, header fields and body. `response`: head, request id and body."""
        self.number, self.epoch, self.evicted, self.lasting = 0, 0, False, lasting
        self.exchange = self.over = self.under_way = None
        self.started, self._duration, self._subject, self._task = started, duration, subject, task
        self._path, self._headers, self._raw = request
        self.head, self.request_id, self.body = response

    @property
    def unread(self) -> DirectExchange | None:
        """Itself, until somebody has read it."""
        return self if self.exchange is None else None

    @property
    def pending(self) -> bool:
        """It is over."""
        return False

    @property
    def fields(self) -> Fields:
        """The header fields of the response."""
        return self.head.fields(self.request_id, len(self.body))

    @property
    def key(self) -> str:
        """The API key that it carried."""
        return self._subject.key

    @property
    def kind(self) -> tuple[object, ...]:
        """What it is counted with, once it has made room."""
        method, vendor, operation, account, *_ = self._subject
        return (self.head.status, method, vendor, operation, account or None, None, None)

    @property
    def method(self) -> str:
        """Its method."""
        return self._subject.method

    @property
    def status(self) -> int:
        """The status of its response."""
        return self.head.status

    @property
    def size(self) -> int:
        """Bytes of its bodies."""
        return len(self._raw) + len(self.body)

    @property
    def note(self) -> Mapping[str, str]:
        """What its recorder knew."""
        _, vendor, operation, account, *_ = self._subject
        owner = {"account": account} if account else {}
        return {"vendor": vendor, "operation": operation, **owner, "task": self._task}

    def read(self) -> Exchange:
        """The exchange, without its secrets."""
        if self.exchange is None:
            self.exchange = discreet(self.made(), self.key)
            self._headers, self._raw, self.body = (), b"", b""  # what was read is kept without its secrets only
        return self.exchange

    def made(self) -> Exchange:
        """The exchange, with its secrets."""
        return exchange_from(
            (self.method, self._subject.base, self._path, b""),
            self.started,
            self._duration,
            self.status,
            self._headers,
            self.fields,
            self.note,
            (self._raw, self.body),
        )
