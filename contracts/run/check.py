"""Checks an endpoint, or judges recorded traffic: contract and target in, CheckResult out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from pixpact.contracts.checks import CHECKS, Check
from pixpact.contracts.claims.claim import Judgement
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.findings import Finding
from pixpact.contracts.fuzzing.generate import generated
from pixpact.contracts.judging.attribution import NOT_SEEN, Repro, findings_of, judgements
from pixpact.contracts.judging.observation_log import ObservationLog
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.plan import BEYOND, ProbePlan, plan
from pixpact.contracts.plan.planfile import PlanFile
from pixpact.contracts.plan.selection import Selection
from pixpact.contracts.plan.unreachable import unreachable_claims
from pixpact.contracts.repro.curl import CredentialWriter, script
from pixpact.contracts.run.next_steps import next_steps
from pixpact.contracts.run.polling import PollingLimits
from pixpact.contracts.run.progress import RunProgress
from pixpact.contracts.run.result import CheckResult, RunSpending
from pixpact.contracts.run.runner import CheckRunner
from pixpact.contracts.run.timelines import MOST, TaskTimeline, timeline
from pixpact.contracts.traffic.case import LEFT_OUT, CaseReader, TaskCase
from pixpact.contracts.traffic.trace_builder import TraceBuilder
from pixpact.contracts.traffic.unrecorded import Unrecorded
from pixpact.contracts.traffic.uploads import SeenUploads
from pixpact.contracts.transport.transport import RequestSender
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.document import Json
from pixpact.wire.clock import Clock
from pixpact.wire.exchange import Exchange, Trace

Afterwards = Callable[["PreparedRun", tuple[Finding, ...], RequestSender], Awaitable[None]]
WITHIN_CAPS = "no response within the caps showed it"
NOT_RECORDED = "no recorded exchange shows it"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of a check; all except `means` have the usual values as defaults."""

    means: Capabilities = field(default_factory=Capabilities)
    patience: PollingLimits = field(default_factory=PollingLimits)
    concurrency: int = 1
    seed: int = 0
    checks: tuple[Check, ...] = CHECKS
    sender: CredentialWriter = field(default_factory=CredentialWriter)
    """Writes credentials in repro commands as variables."""
    target: str = ""
    """The name of the target in reports."""
    reported: Callable[[RunProgress], None] = lambda _: None
    recorded: Callable[[Exchange], None] = lambda _: None
    plan_file: PlanFile | None = None
    selection: Selection = field(default_factory=Selection)
    fuzz: int = 0
    """How many requests are generated in addition to the planned ones."""
    now: Callable[[], float] = lambda: 0.0
    """Real time, for the start and duration of the run; the target's clock may be stopped."""
    afterwards: Afterwards | None = None
    """Sends further requests within the same budget, once the findings are known."""
    timelines: bool = False
    """Whether the result contains tasks with thumbnails of their images."""


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A run before anything is sent: its claims, its plan, and the claims that it cannot check."""

    claims: ContractClaims
    plan: ProbePlan
    beyond: Mapping[str, str]
    means: Capabilities = field(default_factory=Capabilities)

    def ceiling(self, requests: int | None) -> RunSpending:
        """The maximum that the run can spend. `requests`: the cap on requests, which polls count against.

        Diagnosis, confirmation, and wrongly accepted requests stay within the caps, so the caps are the maximum;
        without a cap it is what the plan needs.
        """
        images, cost = self.plan.images, self.plan.cost
        if self.means.images is not None:
            images = self.means.images
        if cost is not None and self.means.cost is not None:
            cost = self.means.cost
        return RunSpending(requests or len(self.plan.probes), images, cost)


def prepare_run(contract: Contract, run: RunOptions) -> PreparedRun:
    """Plan a run, or load the plan of its plan file. Raises SpecError if that file has the plan of another run."""
    claims = ContractClaims(contract)
    if run.plan_file is not None and not run.plan_file.is_new:
        made = run.plan_file.plan(contract, run.target)
    else:
        made = plan(claims, run.means)
        made = replace(made, generated=tuple(generated(claims, run.means, run.fuzz, run.seed, made.probes)))
        if run.plan_file is not None:
            run.plan_file.begin(made, contract, run.target)
    made = run.selection.planned(made, claims)
    return PreparedRun(claims, made, {**unreachable_claims(claims, run.means), **made.beyond}, run.means)


async def check(ready: PreparedRun, transport: RequestSender, clock: Clock, run: RunOptions) -> CheckResult:
    """Carry out a prepared run. When cancelled, it returns the result so far."""
    started = run.now()
    runner = CheckRunner(
        ready.claims,
        transport,
        clock,
        run.means,
        run.patience,
        checks=run.checks,
        reported=run.reported,
        recorded=run.recorded,
        plan_file=run.plan_file,
        concurrency=run.concurrency,
    )
    outcome = await runner.run(ready.plan)
    contract = ready.claims.contract
    findings = run.selection.findings(findings_of(outcome.ledger, repro_commands(contract, run)))
    if run.afterwards is not None and not outcome.interrupted:
        await run.afterwards(ready, findings, transport)
    requests, images, cost = transport.budget.spent
    return CheckResult(
        contract=contract.name,
        vendor=contract.vendor,
        target=run.target,
        started=started,
        duration=run.now() - started,
        seed=run.seed,
        judgements=run.selection.judgements(
            judgements(outcome.ledger, findings, ready.beyond, _unseen(ready), outcome.cut)
        ),
        findings=findings,
        spent=RunSpending(requests, images, cost if _priced(contract, run) else None),
        ceiling=ready.ceiling(transport.budget.caps.requests),
        currency=currency(contract),
        failures=tuple(dict.fromkeys(outcome.failures)),
        notes=outcome.notes,
        again=outcome.again,
        cases=outcome.ledger.answered,
        interrupted=outcome.interrupted,
        exchanges=len(outcome.exchanges),
        timelines=tuple(_timelines(outcome.ledger, contract)) if run.timelines else (),
        next=next_steps(ready.claims, ready.plan, ready.means, outcome, transport.budget, run.plan_file is not None),
    )


def _timelines(ledger: ObservationLog, contract: Contract) -> Iterator[TaskTimeline]:
    """Yield the tasks of a run: those with a finding first."""
    broken = {id(entry.case) for entry in ledger.entries if entry.seen.kept is False}
    cases = sorted(ledger.cases, key=lambda pair: id(pair[1]) not in broken)
    made = (timeline(case, contract, probe.case if probe else "") for probe, case in cases)
    yield from islice((timeline for timeline in made if timeline is not None), MOST)


def _unseen(ready: PreparedRun) -> str:
    """Why a claim without a request of its own was not observed."""
    return WITHIN_CAPS if BEYOND in ready.beyond.values() else NOT_SEEN


def judge_recording(
    contract: Contract, exchanges: Iterable[Exchange], run: RunOptions, bases: Iterable[str] = ()
) -> CheckResult:
    """Judge recorded exchanges with the same checks; nothing is sent."""
    claims = ContractClaims(contract)
    ledger = ObservationLog(claims, run.checks)
    bases = tuple(bases)
    uploads = SeenUploads()
    traffic, reader = TraceBuilder(contract, bases), CaseReader(claims, bases, uploads.fetch)
    judged_claims, first, last = 0, 0.0, 0.0
    unrecorded, bodies = Unrecorded(), Counter[bool]()
    timelines: list[TaskTimeline] = []
    for trace in traffic.traces(exchanges):
        case = reader.case(trace)
        uploads.note(case.steps[0])
        ledger.judge(None, case)
        if run.timelines and len(timelines) < MOST and (made := timeline(case, contract)) is not None:
            timelines.append(made)
        _note(case, unrecorded, bodies)
        judged_claims += len(trace)
        first = min(first or trace.exchanges[0].started, trace.exchanges[0].started)
        last = max(last, trace.exchanges[-1].ended)
    findings = run.selection.findings(findings_of(ledger, repro_commands(contract, run)))
    reasons = {claim.id: NOT_RECORDED for claim in claims.all} | _reasons(ledger)
    verdicts = run.selection.judgements(judgements(ledger, findings, reasons))
    return CheckResult(
        contract=contract.name,
        vendor=contract.vendor,
        target=run.target,
        started=first,
        duration=last - first,
        seed=run.seed,
        judgements=verdicts,
        findings=findings,
        currency=currency(contract),
        failures=tuple(_unseen_in(verdicts, bodies)) if judged_claims else (_nothing(traffic),),
        notes=unrecorded.lines(),
        exchanges=judged_claims,
        timelines=tuple(timelines),
    )


def _reasons(ledger: ObservationLog) -> dict[str, str]:
    """Claim id → why the exchanges about it could not be judged."""
    entries = [entry.seen for entry in reversed(ledger.entries) if entry.seen.kept is None]
    return {claim.id: entry.reason for entry in entries for claim in entry.claims}


def _unseen_in(made: Iterable[Judgement], bodies: Counter[bool]) -> Iterator[str]:
    """Yield why a recording with exchanges of the contract still gives no result."""
    if not any(judgement.verdict in ("kept", "broken") for judgement in made):
        yield "nothing in the recording could be judged"
    elif bodies[False] and not bodies[True]:
        yield "no response body could be read, so no claim about responses was judged"


def _note(case: TaskCase, unrecorded: Unrecorded, bodies: Counter[bool]) -> None:
    """Count what the recording lacks in a case, and how many of its response bodies could be read."""
    for step in case.steps:
        wants_key = step.asked is not None and bool(step.operation.credentials)
        unrecorded.note(step.exchange, key=wants_key and step.asked is not None and step.asked.authenticated is None)
        if step.answered and step.media is not None:
            bodies[step.problem != LEFT_OUT] += 1


def _nothing(traffic: TraceBuilder) -> str:
    reasons = "; ".join(f"{count} {reason}" for reason, count in traffic.ignored.most_common(3))
    return f"no recorded exchange belongs to this contract ({reasons or 'the recording is empty'})"


def repro_commands(contract: Contract, run: RunOptions) -> Repro:
    """A function that writes the repro commands of a trace."""
    wanted = next((operation.credentials for operation in contract.operations if operation.credentials), ())
    sender = replace(run.sender, credentials=wanted)

    def written(trace: Trace) -> str:
        return script(trace, sender) if trace.exchanges else ""

    return written


def currency(contract: Contract) -> str:
    """The currency that the contract states; USD without one."""
    currencies = (operation.billing.currency for operation in contract.operations if operation.billing)
    return next((name for name in currencies if name), "USD")


def _priced(contract: Contract, run: RunOptions) -> bool:
    """Whether costs can be reported: the user or the contract states a price."""
    return run.means.price is not None or any(_states_price(part) for part in _parts(contract.document.value))


def _parts(value: Json) -> Iterator[dict[str, Json]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner)


def _states_price(part: Mapping[str, Json]) -> bool:
    return "price" in part.get("x-images", {})
