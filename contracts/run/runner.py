"""One run: plan → send → follow → judge. What it knows of a vendor comes from the contract."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from pixpact.contracts.checks import CHECKS, Check
from pixpact.contracts.checks.images import images
from pixpact.contracts.checks.refusal import statuses
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.fuzzing.fuzz import FuzzRun
from pixpact.contracts.judging.diagnosis import DoubtDiagnosis
from pixpact.contracts.judging.ledger import JudgementLedger
from pixpact.contracts.limits.backoff import is_busy
from pixpact.contracts.limits.budget import OverBudget
from pixpact.contracts.plan.build_request import build_request, role_of
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.doubt_reserve import hold_back_for_doubts
from pixpact.contracts.plan.plan import ProbePlan
from pixpact.contracts.plan.planfile import PlanFile, ProbeRecord
from pixpact.contracts.plan.probe import MAKING, Probe
from pixpact.contracts.plan.references import ReferenceImages
from pixpact.contracts.plan.task_probes import finished, with_finished_task
from pixpact.contracts.run.billing import bought_by, settle_reservation
from pixpact.contracts.run.concurrency import run_concurrently
from pixpact.contracts.run.expiry import ExpiryCheck
from pixpact.contracts.run.give_up import CircuitBreaker, RunGivenUp, why_lost
from pixpact.contracts.run.outcome import RunOutcome
from pixpact.contracts.run.polling import PollingLimits, TaskPolling
from pixpact.contracts.run.preflight import why_misplaced
from pixpact.contracts.run.progress import RunProgress
from pixpact.contracts.run.retrying import RetryingSender
from pixpact.contracts.traffic.case import CaseReader, TaskCase, silence_of
from pixpact.contracts.traffic.recording import compact
from pixpact.contracts.transport.planned_request import PlannedRequest, RequestForbidden
from pixpact.contracts.transport.transport import RequestSender
from pixpact.wire.clock import Clock
from pixpact.wire.exchange import Exchange, Trace

_STILL_THERE = 3600.0
"""Seconds for which a task of a run that was cut off is looked at; what comes later may be gone by the contract."""
_TOO_MANY = 429
_ORDER = ("look", "upload", "refuse", "provoke", "take")


class CheckRunner:
    """Carries out one plan against one target."""

    def __init__(
        self,
        claims: ContractClaims,
        transport: RequestSender,
        clock: Clock,
        means: Capabilities,
        patience: PollingLimits | None = None,
        *,
        checks: Iterable[Check] = CHECKS,
        reported: Callable[[RunProgress], None] = lambda _: None,
        recorded: Callable[[Exchange], None] = lambda _: None,
        plan_file: PlanFile | None = None,
        concurrency: int = 1,
    ) -> None:
        self._claims = claims
        self._contract = claims.contract
        self._transport = transport
        self._clock = clock
        self._means = means
        self._reported = reported
        self._recorded = recorded
        self._file = plan_file
        self._concurrency = concurrency
        images_by_url = dict(plan_file.images) if plan_file else {}
        self._references = ReferenceImages(claims, transport, means.reference_url, self._uploaded, images_by_url)
        self._reader = CaseReader(claims, (_base(transport),), self._references.fetch)
        self._patience = patience = patience or PollingLimits()
        self._retrying = RetryingSender(transport, clock, self._keep)
        self._polling = TaskPolling(self._reader, self._retrying, patience)
        self._glancing = TaskPolling(self._reader, self._retrying, patience.seldom)
        self._waiting = ExpiryCheck(self._reader, transport, clock)
        self.outcome = RunOutcome(JudgementLedger(claims, tuple(checks)))
        self._diagnosis = DoubtDiagnosis(claims, self.outcome.ledger, means)
        self._stopped: set[str] = set()
        self._finished: str | None = None
        self._endurance = CircuitBreaker()
        self._done = 0
        self._planned = 0

    async def run(self, plan: ProbePlan) -> RunOutcome:
        """Send everything, follow it, judge it. Cancelled, it still gives what it has seen."""
        self._planned = len(plan.probes) + len(plan.generated)
        try:
            if not self._transport.in_process and (reason := await why_misplaced(self._transport, self._reader)):
                raise RunGivenUp(reason)
            early, late = hold_back_for_doubts(plan.probes, self._means)
            for kind in _ORDER:
                await self._send_all([probe for probe in early if probe.kind == kind])
            await self._diagnosis.run(self._tried)
            if late:
                await self._send_all(late)
                await self._diagnosis.run(self._tried)
            if self._means.can_wait:
                await self._wait()
            await self._generated(plan.generated)
        except asyncio.CancelledError:
            self.outcome.interrupted, self.outcome.cut = True, "the run was interrupted before it was sent"
        except (RunGivenUp, OverBudget) as error:
            self.outcome.failed("", error)
            self.outcome.cut = "the run was given up before it was sent"
        self.outcome.again = self._retrying.notes
        return self.outcome

    # ---- sending

    async def _send_all(self, probes: list[Probe]) -> None:
        alone = [probe for probe in probes if probe.alone]
        for probe in alone:
            await self._probed(probe)
        rows: dict[str, list[Probe]] = {}
        for probe in probes:
            if not probe.alone:
                rows.setdefault(probe.axis or probe.id, []).append(probe)
        await run_concurrently(rows.values(), self._row, self._concurrency)

    async def _row(self, probes: list[Probe]) -> None:
        """Probes of one claim, one after the other: once it is broken, further tries would only buy."""
        for probe in probes:
            if probe.axis and (probe.axis in self._stopped or self.outcome.ledger.is_broken(probe.axis)):
                self._report(probe)
                continue
            await self._probed(probe)

    async def _probed(self, probe: Probe) -> None:
        await asyncio.sleep(0)  # an application in this process need not yield, and an interrupt must get through
        self._report(probe)
        earlier = self._answered(probe)
        try:
            if earlier is not None:
                self._count(probe, earlier)
            trace = earlier.trace if earlier is not None else await self._sent(probe)
        except (OverBudget, RequestForbidden, ValueError) as error:
            self.outcome.failed(probe.what, error)
            self.outcome.ledger.not_sent(probe, str(error))
            return
        if trace is None:
            return
        case = self._reader.case(trace, self._clock.standing)
        self._finished = finished(case) or self._finished
        kept = self._compact(case)
        again = await self._again(probe, case) if earlier is None else None
        self.outcome.ledger.judge(probe, case, again, kept=kept)
        self._endured(probe, case)
        if earlier is None:  # the images of an earlier run may be gone with the mock that made them
            self._waiting.noticed(kept)

    def _compact(self, case: TaskCase) -> TaskCase:
        """The case as it is remembered: long responses are read again as a recording keeps them."""
        exchanges = tuple(step.exchange for step in case.steps)
        short = tuple(map(compact, exchanges))
        return case if short == exchanges else self._reader.case(Trace(short), self._clock.standing)

    def _answered(self, probe: Probe) -> ProbeRecord | None:
        """What an earlier run with the same plan file heard of a probe."""
        return self._file.answered(probe) if self._file else None

    async def _generated(self, probes: tuple[Probe, ...]) -> None:
        """The generated part: requests that nobody thought of."""
        if not probes:
            return
        self._references.hand_over_anew()  # the clock may have been moved by a day
        ledger = self.outcome.ledger
        fuzz = FuzzRun(self._claims, self._means, ledger, self._case, self._written, self._abreast)
        try:
            await fuzz.run(probes)
        finally:
            self.outcome.notes = fuzz.notes

    async def _case(self, probe: Probe) -> TaskCase | None:
        """One generated probe, sent and followed. Raises OverBudget, RequestForbidden or ValueError."""
        self._report(probe)
        earlier = self._answered(probe)
        if earlier is not None:
            self._count(probe, earlier)
        trace = earlier.trace if earlier is not None else await self._sent(probe)
        return None if trace is None else self._reader.case(trace, self._clock.standing)

    def _written(self, probe: Probe) -> PlannedRequest:
        return build_request(probe, self._contract.operation(probe.operation), self._references.given)

    async def _abreast(self, rows: Iterable[list[Probe]], act: Callable[[list[Probe]], Awaitable[None]]) -> None:
        await run_concurrently(rows, act, self._concurrency)

    async def _again(self, probe: Probe, case: TaskCase) -> TaskCase | None:
        """The same once more, where something differs and asking again is free: a refusal, or a mere look."""
        first = next((step for step in case.steps if step.exchange.note.get("probe") == probe.id), None)
        if first is None or probe.alone or len(case.steps) > 1:
            return None
        if probe.images and not 400 <= first.exchange.status < 500:
            return None  # it was bought, or may have been
        if not self.outcome.ledger.differs(case):
            return None
        try:
            trace = await self._sent(replace(probe, id=f"{probe.id}-again"))
        except (OverBudget, RequestForbidden, ValueError):
            return None
        return None if trace is None else self._reader.case(trace, self._clock.standing)

    def _count(self, probe: Probe, earlier: ProbeRecord) -> None:
        """What an earlier run bought counts in this one."""
        first = next((exchange for exchange in earlier.trace if exchange.note.get("probe") == probe.id), None)
        bought = None if first is None else self._bought(first, probe)
        settle_reservation(self._transport.budget.reserve(probe.images, probe.cost), bought, probe)

    def _bought(self, exchange: Exchange, probe: Probe) -> int | None:
        """What a request bought at most; None when nobody knows: it stays at its maximum."""
        if probe.expects:
            step = self._reader.step(exchange)
            refuses_so = exchange.status >= 500 and step.asked is not None and str(exchange.status) in statuses(step)
            if refuses_so or step.disguised:
                return 0  # that is how this vendor refuses
        return bought_by(exchange, probe)

    async def _sent(self, probe: Probe) -> Trace | None:
        """Send a probe and follow it; or go on where an earlier run was cut off. None: it may not be sent again."""
        if not (self._file and self._file.unanswered(probe) and probe.images):
            before, exchange = await self._begun(probe)
        elif (heard := self._file.heard(probe)) is not None and self._is_there_still(heard):
            before, exchange = (), heard
            self._count(probe, ProbeRecord(Trace((heard,))))
        else:
            self._left(probe, heard)
            return None
        trace = await self._followed(probe, Trace((*before, exchange)))
        if before:
            trace = Trace((*trace, *await self._balances(probe)))
        if self._file and "fault" not in exchange.note and not (is_busy(exchange) and not probe.prefer):
            self._file.answered_with(probe, ProbeRecord(trace))
        return trace

    def _is_there_still(self, heard: Exchange) -> bool:
        """Whether a task of an earlier run can be looked at: not in a mock that began anew, nor after too long."""
        return not self._clock.standing and self._clock.now() - heard.ended < _STILL_THERE

    def _left(self, probe: Probe, heard: Exchange | None) -> None:
        """What an earlier run bought, or may have, and nobody can look at now: it counts, and is not sent again."""
        if heard is not None:
            reason = "an earlier run sent it but was interrupted before its end: it was bought, and is not sent again"
            self._count(probe, ProbeRecord(Trace((heard,))))
        else:
            reason = "an earlier run sent it and got no response: it may have been bought, and is not sent again"
            self._transport.budget.reserve(probe.images, probe.cost).keep()
        self.outcome.ledger.not_sent(probe, reason)
        self.outcome.failures.append(f"{probe.what}: {reason}")

    async def _begun(self, probe: Probe) -> tuple[tuple[Exchange, ...], Exchange]:
        """Send a probe: what was looked at before it, and its exchange."""
        operation = self._contract.operation(probe.operation)
        await self._references.prepare(probe)
        request = build_request(with_finished_task(probe, operation, self._finished), operation, self._references.given)
        before = await self._balances(probe)
        if probe.prefer:
            exchange = await self._attempt(probe, request)
            exchange = exchange.noted(provoked=exchange.response_header("preference-applied") or "")
        else:
            exchange = await self._retrying.sent(
                lambda: self._attempt(probe, request), self._patience.deadline, free=not probe.images
            )
        self._keep(exchange)
        self._heard(exchange, probe)
        return before, exchange

    async def _attempt(self, probe: Probe, request: PlannedRequest) -> Exchange:
        """Send a probe once, and settle what it bought."""
        reservation = await self._transport.reserved(request)
        if self._file:
            self._file.sent(probe)
        try:
            exchange = await self._transport.send(request, reservation)
        except BaseException:
            reservation.keep()  # whoever waits for room must not wait for this one
            raise
        role = self._reader.verb(exchange, role_of(self._contract.operation(probe.operation)))
        exchange = exchange.noted(role=role, expects=probe.expects, probe=probe.id)
        bought = self._bought(exchange, probe)
        settle_reservation(reservation, bought, probe)
        if self._file and (exchange.note.get("sent") == "no" or exchange.status == _TOO_MANY):
            self._file.unsent(probe)
        elif self._file and bought:
            self._file.heard_of(probe, exchange)
        return exchange

    async def _followed(self, probe: Probe, trace: Trace) -> Trace:
        """The trace of a probe with the polls and downloads that follow from its response.

        Where a cap or an interrupt ends them, what came until then is still judged.
        """
        exchange = trace.exchanges[-1]
        if probe.images and probe.expects and self._bought(exchange, probe):
            self._stopped.add(probe.axis)
        heard: list[Exchange] = []

        def seen(exchange: Exchange) -> None:
            heard.append(exchange)
            self._keep(exchange)

        try:
            if probe.ends:
                return await self._polling.ended(trace, self._contract.operation(probe.ends), seen)
            if (
                probe.kind in ("take", "upload")
                or probe.prefer.startswith(MAKING)
                or (probe.expects and 200 <= exchange.status < 300 and probe.images and probe.key == "own")
            ):
                return await self._polling.followed(trace, self._means.second_key, seen)
            if probe.kind == "fuzz" and not probe.expects:
                return await self._glancing.followed(trace, False, seen, probe.fetched)
        except (OverBudget, RequestForbidden) as error:
            self.outcome.failed(probe.what, error)
            return Trace((*trace, *heard))
        except asyncio.CancelledError:
            self._judge(probe, Trace((*trace, *heard)))
            raise
        return trace

    def _endured(self, probe: Probe, case: TaskCase) -> None:
        """Tells of a task that could not be followed. Raises RunGivenUp after several."""
        reason = why_lost(case)
        if reason and not probe.prefer:
            self.outcome.failures.append(f"{probe.what}: {reason}")
            self._endurance.lost(reason)
        elif case.of("show"):
            self._endurance.followed()

    def _judge(self, probe: Probe, trace: Trace) -> TaskCase:
        case = self._reader.case(trace, self._clock.standing)
        self.outcome.ledger.judge(probe, case, kept=self._compact(case))
        return case

    async def _balances(self, probe: Probe) -> tuple[Exchange, ...]:
        """Looks at the balance, before and after a task that nothing else comes between."""
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
        """Hand over one image: the URL that the vendor gives it; None without one."""
        exchange = await self._transport.send(build_request(probe, self._contract.operation(probe.operation), {}))
        exchange = exchange.noted(role="store", expects="")
        self._keep(exchange)
        step = self._reader.step(exchange)
        url = step.says("$upload.url") if step.accepted else None
        if isinstance(url, str) and self._file:
            self._file.uploaded(image, url)
        return url if isinstance(url, str) else None

    # ---- afterwards

    async def _tried(self, probe: Probe) -> None:
        self._planned += 1
        await self._probed(probe)

    async def _wait(self) -> None:
        """Fetch images once more, just before their time is over."""
        for case in await self._waiting.late(self._keep):
            for observation in images(case, self._claims):
                if observation.kind in ("", "expired") and all(
                    claim.id.endswith("/available") for claim in observation.claims
                ):
                    self.outcome.ledger.add(observation, case, None)

    def _keep(self, exchange: Exchange) -> None:
        self.outcome.exchanges.append(compact(exchange))
        self._recorded(exchange)

    def _heard(self, exchange: Exchange, probe: Probe) -> None:
        """Raises RunGivenUp where further probes would show nothing."""
        if exchange.status and "fault" not in exchange.note:
            self._endurance.answered(exchange, probe.key)
            return
        self.outcome.failures.append(f"{probe.what}: {silence_of(exchange)}")
        self._endurance.unanswered(silence_of(exchange))

    def _report(self, probe: Probe) -> None:
        self._done += 1
        requests, images, cost = self._transport.budget.spent
        findings = self.outcome.ledger.broken
        self._reported(RunProgress(self._done, self._planned, requests, images, cost, findings, probe.what))


def _base(transport: RequestSender) -> str:
    return f"{transport.target.origin}{transport.target.target.rstrip('/')}"
