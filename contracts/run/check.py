"""Checking an endpoint, and judging recorded traffic: contract + target → result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pixpact.contracts.checks import CHECKS, Check
from pixpact.contracts.claims.stated import Claims
from pixpact.contracts.findings import Finding
from pixpact.contracts.fuzzing.generate import generated
from pixpact.contracts.judging.attribution import NOT_SEEN, Repro, findings_of, judgements
from pixpact.contracts.judging.ledger import Ledger
from pixpact.contracts.plan.means import Means
from pixpact.contracts.plan.plan import BEYOND, Plan, plan
from pixpact.contracts.plan.planfile import PlanFile
from pixpact.contracts.plan.reach import unreachable
from pixpact.contracts.run.events import Progress
from pixpact.contracts.run.polling import Patience
from pixpact.contracts.run.result import Result, Spending
from pixpact.contracts.run.runner import Runner
from pixpact.contracts.traffic.case import CaseReader
from pixpact.contracts.traffic.joining import Traffic
from pixpact.contracts.traffic.repro import Key, Sender, script
from pixpact.contracts.traffic.uploads import Uploads
from pixpact.contracts.transport.transport import Transport
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.document import Json
from pixpact.wire.clock import Clock
from pixpact.wire.exchange import Exchange, Trace

Afterwards = Callable[["Prepared", tuple[Finding, ...], Transport], Awaitable[None]]
WITHIN_CAPS = "no answer of what the caps leave in the plan showed it"
NOT_RECORDED = "no recorded exchange shows it"


@dataclass(frozen=True, slots=True)
class Run:
    """How a run is carried out. All of it but the means has usual values."""

    means: Means = field(default_factory=Means)
    patience: Patience = field(default_factory=Patience)
    concurrency: int = 1
    seed: int = 0
    checks: tuple[Check, ...] = CHECKS
    key_variable: str = "PIXPACT_API_KEY"
    """The environment variable that stands for the key in commands."""
    target: str = ""
    """What the user calls the target."""
    public_base: str = ""
    """The base URL in commands; empty: that of the target."""
    told: Callable[[Progress], None] = lambda _: None
    recorded: Callable[[Exchange], None] = lambda _: None
    plan_file: PlanFile | None = None
    fuzz: int = 0
    """How many requests are generated beside the planned ones."""
    now: Callable[[], float] = lambda: 0.0
    """True time, for what is told of the run itself; the target's clock may stand."""
    afterwards: Afterwards | None = None
    """What may still be asked, within the same budget, once the findings are known."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run before anything is sent: its claims, its plan, and what it cannot reach."""

    claims: Claims
    plan: Plan
    beyond: Mapping[str, str]
    means: Means = field(default_factory=Means)

    def ceiling(self, requests: int | None) -> Spending:
        """The most that the run can take: `requests` is the cap on them, which looks at tasks count against."""
        images, cost = self.plan.images, self.plan.cost
        if self.means.images is not None:
            images = min(images, self.means.images)
        if cost is not None and self.means.cost is not None:
            cost = min(cost, self.means.cost)
        return Spending(requests or len(self.plan.probes), images, cost)


def prepared(contract: Contract, run: Run) -> Prepared:
    """Plan a run, or take up the plan of its plan file. Raises SpecError for the plan of another run."""
    claims = Claims(contract)
    if run.plan_file is not None and not run.plan_file.is_new:
        made = run.plan_file.plan(contract, run.target)
    else:
        made = plan(claims, run.means)
        made = replace(made, generated=tuple(generated(claims, run.means, run.fuzz, run.seed, made.probes)))
        if run.plan_file is not None:
            run.plan_file.begin(made, contract, run.target)
    return Prepared(claims, made, {**unreachable(claims, run.means), **made.beyond}, run.means)


async def check(ready: Prepared, transport: Transport, clock: Clock, run: Run) -> Result:
    """Carry out a prepared run. Cancelled, it gives the result of what it has seen."""
    started = run.now()
    runner = Runner(
        ready.claims,
        transport,
        clock,
        run.means,
        run.patience,
        checks=run.checks,
        told=run.told,
        recorded=run.recorded,
        plan_file=run.plan_file,
        concurrency=run.concurrency,
    )
    outcome = await runner.run(ready.plan)
    contract = ready.claims.contract
    found = findings_of(outcome.ledger, repro(contract, run))
    if run.afterwards is not None and not outcome.interrupted:
        await run.afterwards(ready, found, transport)
    requests, images, cost = transport.budget.spent
    return Result(
        contract=contract.name,
        vendor=contract.vendor,
        target=run.target,
        started=started,
        duration=run.now() - started,
        seed=run.seed,
        judgements=judgements(outcome.ledger, found, ready.beyond, _unseen(ready), outcome.cut),
        findings=found,
        spent=Spending(requests, images, cost if _priced(contract, run) else None),
        ceiling=ready.ceiling(transport.budget.caps.requests),
        currency=currency(contract),
        failures=tuple(dict.fromkeys(outcome.failures)),
        notes=outcome.notes,
        interrupted=outcome.interrupted,
        exchanges=len(outcome.exchanges),
    )


def _unseen(ready: Prepared) -> str:
    """Why a claim that no request aims at by itself was not seen."""
    return WITHIN_CAPS if BEYOND in ready.beyond.values() else NOT_SEEN


def judged(contract: Contract, exchanges: Iterable[Exchange], run: Run, bases: Iterable[str] = ()) -> Result:
    """Judge recorded exchanges with the same checks; nothing is sent."""
    claims = Claims(contract)
    ledger = Ledger(claims, run.checks)
    bases = tuple(bases)
    uploads = Uploads()
    traffic, reader = Traffic(contract, bases), CaseReader(claims, bases, uploads.fetch)
    seen, first, last = 0, 0.0, 0.0
    for trace in traffic.traces(exchanges):
        case = reader.case(trace)
        uploads.note(case.steps[0])
        ledger.judge(None, case)
        seen += len(trace)
        first = min(first or trace.exchanges[0].started, trace.exchanges[0].started)
        last = max(last, trace.exchanges[-1].ended)
    found = findings_of(ledger, repro(contract, run))
    beyond = {claim.id: NOT_RECORDED for claim in claims.all}
    return Result(
        contract=contract.name,
        vendor=contract.vendor,
        target=run.target,
        started=first,
        duration=last - first,
        seed=run.seed,
        judgements=judgements(ledger, found, beyond),
        findings=found,
        currency=currency(contract),
        failures=() if seen else (_nothing(traffic),),
        exchanges=seen,
    )


def _nothing(traffic: Traffic) -> str:
    reasons = "; ".join(f"{count} {reason}" for reason, count in traffic.ignored.most_common(3))
    return f"no recorded exchange belongs to this contract ({reasons or 'the recording is empty'})"


def repro(contract: Contract, run: Run) -> Repro:
    """What writes the commands that show a finding again."""
    wanted = next((operation.credentials for operation in contract.operations if operation.credentials), ())
    sender = Sender(wanted, Key(run.key_variable))

    def written(trace: Trace) -> str:
        return script(trace, sender) if trace.exchanges else ""

    return written


def currency(contract: Contract) -> str:
    """What the vendor charges in, as far as the contract says."""
    found = (operation.billing.currency for operation in contract.operations if operation.billing)
    return next((name for name in found if name), "USD")


def _priced(contract: Contract, run: Run) -> bool:
    """Whether money can be told at all: the user says a price, or the contract does for some request."""
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
