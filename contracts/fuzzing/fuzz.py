"""Sends generated requests, judges them, and shortens failing ones at no cost.

A failure of a claim that a planned request already broke is counted with that claim.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

from pixpact.contracts.checks.observation import Observation
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.fuzzing.shrink_body import body_extent
from pixpact.contracts.fuzzing.shrink_failures import FailureNarrowing, ShortestRequest, severity_of
from pixpact.contracts.judging.observation_log import ObservationLog
from pixpact.contracts.limits.budget import OverBudget
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.traffic.case import TaskCase
from pixpact.contracts.transport.planned_request import PlannedRequest, RequestForbidden

Send = Callable[[Probe], Awaitable[TaskCase | None]]
"""Sends a probe and polls its task. Raises OverBudget, RequestForbidden or ValueError before sending."""
Abreast = Callable[[Iterable[list[Probe]], Callable[[list[Probe]], Awaitable[None]]], Awaitable[None]]
"""Sends rows of probes, as many concurrently as the target allows."""


@dataclass(frozen=True, slots=True)
class _FailedJudgement:
    """A broken observation that is recorded once its request was shortened."""

    seen: Observation
    case: TaskCase
    probe: Probe


class FuzzRun:
    """The generated part of a run. Afterwards, `notes` lists what was not sent."""

    def __init__(
        self,
        claims: ContractClaims,
        means: Capabilities,
        ledger: ObservationLog,
        send: Send,
        written: Callable[[Probe], PlannedRequest],
        abreast: Abreast,
    ) -> None:
        self._claims = claims
        self._ledger = ledger
        self._send = send
        self._abreast = abreast
        self._failed: list[_FailedJudgement] = []
        self._refused: list[ShortestRequest] = []
        self._unsent: Counter[str] = Counter()
        self._narrowing = FailureNarrowing(claims, means, ledger, self._tried, written)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was not sent and why, one sentence each."""
        return tuple(
            f"{count} generated request{'s were' if count != 1 else ' was'} not sent: {reason}"
            for reason, count in self._unsent.items()
        )

    async def run(self, probes: Iterable[Probe]) -> None:
        """Send and judge the probes, then explain failures. When interrupted, failures are recorded unexplained."""
        rows: dict[str, list[Probe]] = {}
        for probe in probes:
            rows.setdefault(probe.axis or probe.id, []).append(probe)
        try:
            await self._abreast(rows.values(), self._row)
            self._failed.sort(
                key=lambda judgement: body_extent(judgement.probe.body)
            )  # the short ones may explain the long ones
            while self._failed:
                await self._explained(self._failed[0])
                self._failed.pop(0)
        finally:
            self._settle()
            for judgement in self._failed:
                self._ledger.add(judgement.seen, judgement.case, judgement.probe)

    async def _row(self, probes: list[Probe]) -> None:
        """Send the probes of one rule in order: once it is broken, further ones would only cost images."""
        for probe in probes:
            if not (probe.axis and (self._ledger.is_broken(probe.axis) or self._waits(probe.axis))):
                case = await self._tried(probe)
                if case is not None:
                    self._judged(probe, case)

    def _waits(self, axis: str) -> bool:
        return any(judgement.probe.axis == axis for judgement in self._failed)

    async def _tried(self, probe: Probe) -> TaskCase | None:
        """Send a probe if it is allowed and fits the caps; else count it as not sent."""
        try:
            return await self._send(probe)
        except OverBudget as error:
            self._unsent[f"--max-{error.cap} is {error.most}"] += probe.kind == "fuzz"
        except (RequestForbidden, ValueError) as error:
            self._unsent[str(error)] += probe.kind == "fuzz"
        return None

    def _judged(self, probe: Probe, case: TaskCase) -> None:
        for observation in self._ledger.judge(probe, case, held=lambda observation: observation.kept is False):
            self._failed.append(
                _FailedJudgement(replace(observation, severity=severity_of(observation, case, probe)), case, probe)
            )

    async def _explained(self, judgement: _FailedJudgement) -> None:
        """Record a failure with the shortest request that shows it."""
        observation = judgement.seen
        broken = [claim for claim in observation.claims if self._ledger.is_broken(claim.id)]
        if broken and (observation.kind != "refused" or judgement.probe.expects):
            self._ledger.add(replace(observation, claims=tuple(broken[:1])), judgement.case, judgement.probe)
            return
        if observation.kind == "refused" and not judgement.probe.expects and observation.steps == (0,):
            self._refused.append(await self._narrowing.refused(observation, judgement.case, judgement.probe))
            return
        small = await self._small(observation, judgement)
        self._ledger.add(small.seen, small.case, small.probe, small.shown)

    def _settle(self) -> None:
        """Record refused requests, the shortest first: the finding shows that one."""
        for small in sorted(
            map(self._narrowing.settled, self._refused), key=lambda judgement: body_extent(judgement.probe.body)
        ):
            self._ledger.add(small.seen, small.case, small.probe)
        self._refused.clear()

    async def _small(self, observation: Observation, judgement: _FailedJudgement) -> ShortestRequest:
        if observation.kind == "accepted" and judgement.probe.expects:
            return await self._narrowing.accepted(observation, judgement.case, judgement.probe)
        return await self._narrowing.wrong(observation, judgement.case, judgement.probe)
