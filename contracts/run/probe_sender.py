"""Sends one probe and polls its task: settles its cost with the budget, logs it in the plan file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

from pixpact.contracts.checks.refusal import statuses
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.limits.backoff import is_busy
from pixpact.contracts.limits.budget import BudgetReservation, OverBudget
from pixpact.contracts.plan.build_request import build_request, role_of
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.image_uploads import ReferenceImages
from pixpact.contracts.plan.planfile import PlanFile, ProbeRecord
from pixpact.contracts.plan.probe import MAKING, Probe
from pixpact.contracts.plan.task_probes import with_finished_task
from pixpact.contracts.run.give_up import CircuitBreaker
from pixpact.contracts.run.outcome import RunOutcome
from pixpact.contracts.run.polling import PollingLimits, TaskPolling
from pixpact.contracts.run.retrying import RetryingSender
from pixpact.contracts.traffic.case import CaseReader, silence_of
from pixpact.contracts.transport.planned_request import PlannedRequest, RequestForbidden
from pixpact.contracts.transport.transport import RequestSender
from pixpact.wire.clock import Clock
from pixpact.wire.exchange import Exchange, Trace

_STILL_THERE = 3600.0
"""Seconds for which the task of an interrupted run is still polled; later, the server may have deleted it."""
_TOO_MANY = 429


class ProbeSender:
    """Sends the probes of one run, one per call, and polls their tasks.

    `keep` is called with each exchange; `cut_off` with the trace of a probe when the run is interrupted.
    """

    def __init__(
        self,
        claims: ContractClaims,
        transport: RequestSender,
        clock: Clock,
        means: Capabilities,
        patience: PollingLimits,
        outcome: RunOutcome,
        plan_file: PlanFile | None,
        keep: Callable[[Exchange], None],
        cut_off: Callable[[Probe, Trace], object],
    ) -> None:
        self._claims = claims
        self._contract = claims.contract
        self._transport = transport
        self._clock = clock
        self._means = means
        self._patience = patience
        self._outcome = outcome
        self._file = plan_file
        self._keep = keep
        self._cut_off = cut_off
        images_by_url = dict(plan_file.images) if plan_file else {}
        self.references = ReferenceImages(claims, transport, means.reference_url, self._uploaded, images_by_url)
        self.reader = CaseReader(claims, (_base(transport),), self.references.fetch)
        self.retrying = RetryingSender(transport, clock, keep)
        self._polling = TaskPolling(self.reader, self.retrying, patience)
        self._glancing = TaskPolling(self.reader, self.retrying, patience.seldom)
        self.breaker = CircuitBreaker()
        self.stopped: set[str] = set()
        """Axes (claim ids) of probes that cost an image although they should have been refused."""
        self.finished_task: str | None = None
        """Id of a finished task, for probes that continue one."""

    def earlier(self, probe: Probe) -> Trace | None:
        """The trace of a probe that an earlier run with the same plan file completed; its cost is counted.

        Raises OverBudget if the cost exceeds the caps of this run.
        """
        record = self._file.completed(probe) if self._file else None
        if record is None:
            return None
        self._count(probe, record)
        return record.trace

    async def send(self, probe: Probe) -> Trace | None:
        """Send a probe and poll its task; None if an earlier run may have paid for it, so that it is not sent again.

        If an earlier run sent it, and its task can still be polled, polling continues. Raises OverBudget,
        RequestForbidden or ValueError where it cannot be sent, RunGivenUp where further probes would show nothing.
        """
        if not (self._file and self._file.is_incomplete(probe) and probe.images):
            before, exchange = await self._begun(probe)
        elif (response := self._file.response_to(probe)) is not None and self._is_there_still(response):
            before, exchange = (), response
            self._count(probe, ProbeRecord(Trace((response,))))
        else:
            self._left(probe, response)
            return None
        trace = await self._followed(probe, Trace((*before, exchange)))
        if before:
            trace = Trace((*trace, *await self._balances(probe)))
        if self._file and "fault" not in exchange.note and not (is_busy(exchange) and not probe.prefer):
            self._file.record_completion(probe, ProbeRecord(trace))
        return trace

    def _is_there_still(self, response: Exchange) -> bool:
        """Whether the task of an earlier run can still be polled: not on a restarted mock, nor after an hour."""
        return not self._clock.stands_still and self._clock.now() - response.ended < _STILL_THERE

    def _left(self, probe: Probe, response: Exchange | None) -> None:
        """Count a probe that an earlier run may have paid for, but whose task can no longer be polled."""
        if response is not None:
            reason = "an earlier run sent it but was interrupted before its end: it was bought, and is not sent again"
            self._count(probe, ProbeRecord(Trace((response,))))
        else:
            reason = "an earlier run sent it and got no response: it may have been bought, and is not sent again"
            self._transport.budget.reserve(probe.images, probe.cost).keep()
        self._outcome.ledger.not_sent(probe, reason)
        self._outcome.failures.append(f"{probe.what}: {reason}")

    async def _begun(self, probe: Probe) -> tuple[tuple[Exchange, ...], Exchange]:
        """Send a probe; return (the balance requests before it, its exchange)."""
        operation = self._contract.operation(probe.operation)
        await self.references.prepare(probe)
        request = build_request(
            with_finished_task(probe, operation, self.finished_task), operation, self.references.given
        )
        before = await self._balances(probe)
        if probe.prefer:
            exchange = await self._attempt(probe, request)
            exchange = exchange.noted(provoked=exchange.response_header("preference-applied") or "")
        else:
            exchange = await self.retrying.sent(
                lambda: self._attempt(probe, request), self._patience.deadline, free=not probe.images
            )
        self._keep(exchange)
        self._heard(exchange, probe)
        return before, exchange

    async def _attempt(self, probe: Probe, request: PlannedRequest) -> Exchange:
        """Send a probe once, and settle its cost."""
        reservation = await self._transport.reserved(request)
        if self._file:
            self._file.record_sending(probe)
        try:
            exchange = await self._transport.send(request, reservation)
        except BaseException:
            reservation.keep()  # an open reservation would block others
            raise
        role = self.reader.verb(exchange, role_of(self._contract.operation(probe.operation)))
        exchange = exchange.noted(role=role, expects=probe.expects, probe=probe.id)
        bought = self._bought(exchange, probe)
        _settle(reservation, bought, probe)
        if self._file and (exchange.note.get("sent") == "no" or exchange.status == _TOO_MANY):
            self._file.record_failed_sending(probe)
        elif self._file and bought:
            self._file.record_response(probe, exchange)
        return exchange

    async def _followed(self, probe: Probe, trace: Trace) -> Trace:
        """The trace of a probe with the polls and downloads that follow its response.

        Where a cap or an interrupt stops them, the exchanges so far are still judged.
        """
        exchange = trace.exchanges[-1]
        if probe.images and probe.expects and self._bought(exchange, probe):
            self.stopped.add(probe.axis)
        following: list[Exchange] = []

        def keep(exchange: Exchange) -> None:
            following.append(exchange)
            self._keep(exchange)

        try:
            if probe.ends:
                return await self._polling.ended(trace, self._contract.operation(probe.ends), keep)
            if (
                probe.kind in ("take", "upload")
                or probe.prefer.startswith(MAKING)
                or (probe.expects and 200 <= exchange.status < 300 and probe.images and probe.key == "own")
            ):
                return await self._polling.followed(trace, self._means.second_key, keep)
            if probe.kind == "fuzz" and not probe.expects:
                return await self._glancing.followed(trace, False, keep, probe.fetched)
        except (OverBudget, RequestForbidden) as error:
            self._outcome.failed(probe.what, error)
            return Trace((*trace, *following))
        except asyncio.CancelledError:
            self._cut_off(probe, Trace((*trace, *following)))
            raise
        return trace

    def _count(self, probe: Probe, earlier: ProbeRecord) -> None:
        """Count the cost of an earlier run against this budget."""
        first = next((exchange for exchange in earlier.trace if exchange.note.get("probe") == probe.id), None)
        bought = None if first is None else self._bought(first, probe)
        _settle(self._transport.budget.reserve(probe.images, probe.cost), bought, probe)

    def _bought(self, exchange: Exchange, probe: Probe) -> int | None:
        """The maximum number of images that a request cost; None: unknown, the reserved maximum stays."""
        if probe.expects:
            step = self.reader.step(exchange)
            refuses_so = exchange.status >= 500 and step.asked is not None and str(exchange.status) in statuses(step)
            if refuses_so or step.disguised:
                return 0  # the vendor refuses in this way
        return _bought_by_response(exchange, probe)

    async def _balances(self, probe: Probe) -> tuple[Exchange, ...]:
        """Read the balance before and after a probe that runs alone; no exchange for other probes."""
        if not probe.alone:
            return ()
        balances = []
        for name in self._claims.lives.balance:
            operation = self._contract.operation(name)
            poll = build_request(Probe("balance", "look", name, "the balance"), operation, {})
            exchange = (await self._transport.send(poll)).noted(role="other", expects="", balance="yes")
            self._keep(exchange)
            balances.append(exchange)
        return tuple(balances)

    async def _uploaded(self, probe: Probe, image: str) -> str | None:
        """Upload an image; return its URL, or None."""
        exchange = await self._transport.send(build_request(probe, self._contract.operation(probe.operation), {}))
        exchange = exchange.noted(role="store", expects="")
        self._keep(exchange)
        step = self.reader.step(exchange)
        url = step.says("$upload.url") if step.accepted else None
        if isinstance(url, str) and self._file:
            self._file.record_upload(image, url)
        return url if isinstance(url, str) else None

    def _heard(self, exchange: Exchange, probe: Probe) -> None:
        """Count the response. Raises RunGivenUp if further probes would show nothing."""
        if exchange.status and "fault" not in exchange.note:
            self.breaker.answered(exchange, probe.key)
            return
        self._outcome.failures.append(f"{probe.what}: {silence_of(exchange)}")
        self.breaker.unanswered(silence_of(exchange))


def _base(transport: RequestSender) -> str:
    return f"{transport.target.origin}{transport.target.target.rstrip('/')}"


def _settle(reservation: BudgetReservation, bought: int | None, probe: Probe) -> None:
    """Settle a reservation with the number of images bought; None: unknown, so the reserved maximum stays."""
    if bought is None:
        reservation.keep()
    else:
        reservation.settle(bought, (probe.cost or Decimal(0)) if bought else Decimal(0))


def _bought_by_response(exchange: Exchange, probe: Probe) -> int | None:
    """The maximum number of images that a request cost; None if its response does not show it."""
    if exchange.note.get("sent") == "no":
        return 0
    if exchange.status == 0 or "fault" in exchange.note or exchange.status >= 500:
        return None if probe.images else 0
    return probe.images if 200 <= exchange.status < 300 else 0
