"""Downloads images shortly before they expire, where the run can move the server's clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pixpact.contracts.limits.budget import OverBudget
from pixpact.contracts.traffic.case import CaseReader, TaskCase
from pixpact.contracts.traffic.case_images import delivering, shown_images
from pixpact.contracts.traffic.instants import stated_instant
from pixpact.contracts.transport.transport import RequestSender
from pixpact.wire.clock import Clock
from pixpact.wire.exchange import Exchange, Trace

_BEFORE = 10.0
"""Seconds before the end of its lifetime at which an image is downloaded."""


@dataclass(frozen=True, slots=True)
class _ExpiringImage:
    case: TaskCase
    url: str
    until: float
    lifetime: float


class ExpiryCheck:
    """Keeps one image for each claim about how long images can be downloaded."""

    def __init__(self, reader: CaseReader, transport: RequestSender, clock: Clock) -> None:
        self._reader = reader
        self._transport = transport
        self._clock = clock
        self._late: dict[str, _ExpiringImage] = {}

    def noticed(self, case: TaskCase) -> None:
        """Remember a case whose images can be downloaded again; the last one of each claim counts."""
        start, response = case.start, delivering(case)
        if start is None or response is None or start.exercise is None or start.exercise.promise is None:
            return
        claim, lifetime = start.exercise.promised.get("available"), start.exercise.promise.lifetime
        urls = [
            shown.text
            for shown in shown_images(case)
            if not shown.encoded and shown.download and shown.download.accepted
        ]
        if claim is None or lifetime is None or not urls:
            return
        ended = stated_instant(response, "$task.completedAt")
        since = (
            ended if ended is not None and abs(ended - response.exchange.started) < lifetime else start.exchange.started
        )
        self._late[claim.id] = _ExpiringImage(case, urls[0], since + lifetime, lifetime)

    async def late(self, reported: Callable[[Exchange], None]) -> list[TaskCase]:
        """Move the clock and download each image again shortly before its end; return the cases with that download."""
        checks = []
        for late_check in sorted(self._late.values(), key=lambda late: late.until):
            rest = late_check.until - _BEFORE - self._clock.now()
            if rest > 0:
                self._clock.advance(rest)
            try:
                exchange = await self._transport.download(late_check.url)
            except OverBudget:
                break
            exchange = exchange.noted(
                role="download", requested=late_check.url, late=f"{(late_check.lifetime - _BEFORE) / 3600:.4g} h"
            )
            reported(exchange)
            start = late_check.case.start
            assert start is not None
            steps = tuple(step.exchange for step in late_check.case.steps if step.role in ("start", "run", "show"))
            checks.append(self._reader.case(Trace((*steps, exchange)), self._clock.stands_still))
        return checks
