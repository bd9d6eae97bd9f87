"""Carries out a planned check: sends, polls and judges every probe. All facts about a vendor come from the contract."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from pixpact.contracts.checks import CHECKS, Check
from pixpact.contracts.checks.images import images
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.fuzzing.fuzz import FuzzRun
from pixpact.contracts.judging.diagnosis import DoubtDiagnosis
from pixpact.contracts.judging.observation_log import ObservationLog
from pixpact.contracts.limits.budget import OverBudget
from pixpact.contracts.plan.build_request import build_request
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.doubt_reserve import hold_back_for_doubts
from pixpact.contracts.plan.plan import ProbePlan
from pixpact.contracts.plan.planfile import PlanFile
from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.plan.task_probes import finished
from pixpact.contracts.run.concurrency import run_concurrently
from pixpact.contracts.run.expiry import ExpiryCheck
from pixpact.contracts.run.give_up import RunGivenUp, why_lost
from pixpact.contracts.run.outcome import RunOutcome
from pixpact.contracts.run.polling import PollingLimits
from pixpact.contracts.run.preflight import why_misplaced
from pixpact.contracts.run.probe_sender import ProbeSender
from pixpact.contracts.run.progress import RunProgress
from pixpact.contracts.traffic.case import TaskCase
from pixpact.contracts.traffic.recording import compact
from pixpact.contracts.transport.planned_request import PlannedRequest, RequestForbidden
from pixpact.contracts.transport.transport import RequestSender
from pixpact.wire.clock import Clock
from pixpact.wire.exchange import Exchange, Trace

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
        self._transport = transport
        self._clock = clock
        self._means = means
        self._reported = reported
        self._recorded = recorded
        self._concurrency = concurrency
        self.outcome = RunOutcome(ObservationLog(claims, tuple(checks)))
        self._sender = ProbeSender(
            claims,
            transport,
            clock,
            means,
            patience or PollingLimits(),
            self.outcome,
            plan_file,
            self._keep,
            self._judge,
        )
        self._reader = self._sender.reader
        self._expiry = ExpiryCheck(self._reader, transport, clock)
        self._diagnosis = DoubtDiagnosis(claims, self.outcome.ledger, means)
        self._done = 0
        self._planned = 0

    async def run(self, plan: ProbePlan) -> RunOutcome:
        """Send, poll and judge every probe. A cancelled run returns what it has judged so far."""
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
        self.outcome.again = self._sender.retrying.notes
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
        """Send the probes of one claim in order: once it is broken, further ones would only cost images."""
        for probe in probes:
            if probe.axis and (probe.axis in self._sender.stopped or self.outcome.ledger.is_broken(probe.axis)):
                self._report(probe)
                continue
            await self._probed(probe)

    async def _probed(self, probe: Probe) -> None:
        await asyncio.sleep(0)  # lets an interrupt through: an application in this process need not yield
        self._report(probe)
        try:
            earlier = self._sender.earlier(probe)
            trace = earlier if earlier is not None else await self._sender.send(probe)
        except (OverBudget, RequestForbidden, ValueError) as error:
            self.outcome.failed(probe.what, error)
            self.outcome.ledger.not_sent(probe, str(error))
            return
        if trace is None:
            return
        case = self._reader.case(trace, self._clock.stands_still)
        self._sender.finished_task = finished(case) or self._sender.finished_task
        kept = self._compact(case)
        again = await self._again(probe, case) if earlier is None else None
        self.outcome.ledger.judge(probe, case, again, kept=kept)
        self._endured(probe, case)
        if earlier is None:  # images of an earlier run may be gone
            self._expiry.noticed(kept)

    def _compact(self, case: TaskCase) -> TaskCase:
        """The case with long responses shortened, as in a recording."""
        exchanges = tuple(step.exchange for step in case.steps)
        short = tuple(map(compact, exchanges))
        return case if short == exchanges else self._reader.case(Trace(short), self._clock.stands_still)

    async def _generated(self, probes: tuple[Probe, ...]) -> None:
        """Send the generated probes."""
        if not probes:
            return
        self._sender.references.forget_uploads()  # the clock may have moved by a day
        ledger = self.outcome.ledger
        fuzz = FuzzRun(self._claims, self._means, ledger, self._case, self._written, self._abreast)
        try:
            await fuzz.run(probes)
        finally:
            self.outcome.notes = fuzz.notes

    async def _case(self, probe: Probe) -> TaskCase | None:
        """Send one generated probe and poll its task. Raises OverBudget, RequestForbidden or ValueError."""
        self._report(probe)
        earlier = self._sender.earlier(probe)
        trace = earlier if earlier is not None else await self._sender.send(probe)
        return None if trace is None else self._reader.case(trace, self._clock.stands_still)

    def _written(self, probe: Probe) -> PlannedRequest:
        return build_request(probe, self._claims.contract.operation(probe.operation), self._sender.references.given)

    async def _abreast(self, rows: Iterable[list[Probe]], act: Callable[[list[Probe]], Awaitable[None]]) -> None:
        await run_concurrently(rows, act, self._concurrency)

    async def _again(self, probe: Probe, case: TaskCase) -> TaskCase | None:
        """The case of the same probe sent again, where a check found a fault and sending is free; else None."""
        first = next((step for step in case.steps if step.exchange.note.get("probe") == probe.id), None)
        if first is None or probe.alone or len(case.steps) > 1:
            return None
        if probe.images and not 400 <= first.exchange.status < 500:
            return None  # it cost images, or may have
        if not self.outcome.ledger.differs(case):
            return None
        try:
            trace = await self._sender.send(replace(probe, id=f"{probe.id}-again"))
        except (OverBudget, RequestForbidden, ValueError):
            return None
        return None if trace is None else self._reader.case(trace, self._clock.stands_still)

    def _endured(self, probe: Probe, case: TaskCase) -> None:
        """Record whether the task could be polled. Raises RunGivenUp after several that could not."""
        reason = why_lost(case)
        if reason and not probe.prefer:
            self.outcome.failures.append(f"{probe.what}: {reason}")
            self._sender.breaker.lost(reason)
        elif case.of("show"):
            self._sender.breaker.followed()

    def _judge(self, probe: Probe, trace: Trace) -> TaskCase:
        case = self._reader.case(trace, self._clock.stands_still)
        self.outcome.ledger.judge(probe, case, kept=self._compact(case))
        return case

    # ---- afterwards

    async def _tried(self, probe: Probe) -> None:
        self._planned += 1
        await self._probed(probe)

    async def _wait(self) -> None:
        """Download images again shortly before they expire."""
        for case in await self._expiry.late(self._keep):
            for observation in images(case, self._claims):
                if observation.kind in ("", "expired") and all(
                    claim.id.endswith("/available") for claim in observation.claims
                ):
                    self.outcome.ledger.add(observation, case, None)

    def _keep(self, exchange: Exchange) -> None:
        self.outcome.exchanges.append(compact(exchange))
        self._recorded(exchange)

    def _report(self, probe: Probe) -> None:
        self._done += 1
        requests, images, cost = self._transport.budget.spent
        findings = self.outcome.ledger.broken
        self._reported(RunProgress(self._done, self._planned, requests, images, cost, findings, probe.what))
