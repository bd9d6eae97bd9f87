"""`pixpact check`: checks the mock in this process, a URL, or a recording against a contract."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pixpact.cli.check_output import ProgressDisplay, report
from pixpact.cli.check_setup import (
    check_selection,
    connection_options,
    each_listener,
    interruptible,
    plan_file,
    recorder,
)
from pixpact.cli.flags import contradictions
from pixpact.cli.in_process import IN_PROCESS, MOST_REQUESTS, OWN, SECOND, against_mock
from pixpact.cli.propose import LimitWitness
from pixpact.cli.propose import write as write_overlay
from pixpact.cli.targets import KEY_VARIABLE, CheckTarget, is_ours, keys, keys_in_commands, reference, target
from pixpact.contracts.findings import Severity
from pixpact.contracts.fuzzing.generate import describe_generated
from pixpact.contracts.judging.known_by_overlay import label_known, overlay_contracts
from pixpact.contracts.limits.budget import Budget, SpendingCaps
from pixpact.contracts.limits.gate import max_in_flight
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.selection import Selection
from pixpact.contracts.reports import FORMATS
from pixpact.contracts.reports import baseline as baselines
from pixpact.contracts.reports.annotation_file import annotation_file
from pixpact.contracts.reports.destination import ReportDestination, ReportError, destinations
from pixpact.contracts.reports.destination import check_writable as check_place
from pixpact.contracts.reports.view import view
from pixpact.contracts.run.check import PreparedRun, RunOptions, check, currency, judge_recording, prepare_run
from pixpact.contracts.run.polling import PollingLimits
from pixpact.contracts.run.result import CheckResult
from pixpact.contracts.run.verdict import CleanDemands
from pixpact.contracts.transport.keys import ApiKeys
from pixpact.contracts.transport.response_reader import ResponseLimits
from pixpact.contracts.transport.transport import RequestSender, credentials_of
from pixpact.mockserver.playback.files import SkippedEntries, ordered
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract
from pixpact.terminal.amounts import parse_amount
from pixpact.terminal.plain_openapi_note import say_what_is_missing
from pixpact.terminal.refusal import UsageRefused
from pixpact.wire.clock import SystemClock
from pixpact.wire.exchange import Exchange
from pixpact.wire.har import HarError

_GENERATED = 200
"""The default number of generated requests for a mock in this process."""
_MOST_REQUESTS_THERE = 500
"""The default maximum of requests to a URL."""
_SILENCE = 120.0
"""Seconds a response may pause before or in its body; synchronous vendors generate images meanwhile."""
_AT_ONCE = 6
"""The most probes that run in parallel."""


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """Options of `pixpact check`; times in seconds, money in the vendor's currency."""

    url: str | None = None
    api_key_env: str | None = None
    second_api_key_env: str | None = None
    max_images: int | None = None
    max_requests: int | None = None
    max_cost: str | None = None
    price: str | None = None
    plan: bool = False
    plan_file: Path | None = None
    fuzz: int | None = None
    seed: int = 0
    rate: float | None = None
    poll_every: float | None = None
    deadline: float = 300.0
    reference_url: str | None = None
    reports: tuple[str, ...] = ()
    record: Path | None = None
    record_images: bool = False
    traffic: tuple[Path, ...] = ()
    baseline: Path | None = None
    update_baseline: bool = False
    fail_on: Severity = "warning"
    min_coverage: float = 80.0
    strict_coverage: bool = False
    propose: Path | None = None
    quiet: bool = False
    headers: tuple[str, ...] = ()
    user_agent: str | None = None
    cookies: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    cacert: Path | None = None
    insecure: bool = False

    @property
    def selection(self) -> Selection:
        """The claims that are checked."""
        return Selection(self.include, self.exclude)

    @property
    def demands(self) -> CleanDemands:
        """What is required of the run for exit code 0."""
        return CleanDemands(self.fail_on, self.min_coverage / 100, self.strict_coverage)


def run_check(vendor: str, specs: Iterable[Path], options: CheckOptions) -> int:
    """Check, report, and return the exit code. Raises UsageRefused, SpecError or UnknownVendor."""
    catalogue = SpecCatalogue(specs)
    source = catalogue.source(vendor)
    contract = source.contract()
    say_what_is_missing(contract)
    contradictions(options)
    check_selection(contract, options.selection)
    reports = _reports(options)
    baseline = baselines.load(options.baseline, may_be_missing=options.update_baseline) if options.baseline else None
    if options.plan:
        return _planned(contract, options)
    secrets: list[str] = []
    began = SystemClock().now()
    witness = LimitWitness(contract) if options.propose else None
    result = _recorded(contract, options, witness) if options.traffic else _run(contract, options, secrets, witness)
    if not options.traffic:  # the duration includes planning, as the user waits for it too
        result = replace(result, started=began, duration=SystemClock().now() - began)
    bases = (options.url,) if options.url else ()
    result = replace(result, findings=label_known(result.findings, overlay_contracts(catalogue, contract), bases))
    if baseline is not None:
        today = datetime.fromtimestamp(SystemClock().now(), UTC).date()
        if options.update_baseline:
            baseline = baselines.update_baseline(result, baseline, today)
            baseline.write()
        result = baselines.apply_baseline(result, baseline, today)
    shown = view(result, options.demands, secrets, annotation_file(options.traffic, os.environ, Path.cwd()))
    report(shown, reports, options.quiet)
    if witness and options.propose:
        write_overlay(options.propose, witness, result, source, secrets)
    return shown.outcome.code


# ------------------------------------------------------------------------------------------ before


def _reports(options: CheckOptions) -> tuple[ReportDestination, ...]:
    try:
        for output_path in (options.baseline if options.update_baseline else None, options.propose):
            if output_path:
                check_place(output_path)
        return destinations(options.reports, FORMATS)
    except ReportError as error:
        raise UsageRefused(f"pixpact: {error}") from None


def _means(options: CheckOptions, server: CheckTarget | None, second: bool) -> Capabilities:
    price, cost = parse_amount(options.price, "--price"), parse_amount(options.max_cost, "--max-cost")
    usual = IN_PROCESS if server is None else Capabilities(live=server.live, second_key=second, provokes=server.mock)
    return replace(
        usual, reference_url=reference(options.reference_url), price=price, images=options.max_images, cost=cost
    )


def _checked_means(ready: PreparedRun, options: CheckOptions) -> None:
    """Raises UsageRefused if --max-cost is given, but the price of an image is unknown."""
    unpriced = [probe for probe in ready.plan.unpriced if probe.kind == "take"]
    if options.max_cost is None or not unpriced:
        return
    models = sorted(
        {str(probe.body.get("model", probe.operation)) for probe in unpriced if isinstance(probe.body, dict)}
    )
    raise UsageRefused(
        "pixpact: --max-cost needs to know what an image costs: "
        f"no price is known for {', '.join(models)}; give --price"
    )


def _planned(contract: Contract, options: CheckOptions) -> int:
    from pixpact.cli.pages.plan import PlanPage, PlanRow, page
    from pixpact.terminal.console import prose_console

    server = target(options.url) if options.url else None
    second = bool(options.second_api_key_env) or (server is not None and server.mock)
    run = RunOptions(
        means=_means(options, server, second), seed=options.seed, fuzz=_fuzz(options), selection=options.selection
    )
    ready = prepare_run(contract, run)
    _checked_means(ready, options)
    rows = tuple(
        PlanRow(
            number,
            probe.operation,
            probe.what,
            probe.claims,
            probe.images if probe.kind == "take" else 0,
            probe.cost if probe.kind == "take" else None,
            None if probe.kind == "take" else probe.body,  # the name of a `take` probe says what it sends
        )
        for number, probe in enumerate(ready.plan.probes, 1)
    )
    reasons = Counter(ready.beyond.values())
    where = options.url or "the mock in this process"
    page(
        PlanPage(
            contract.name,
            where,
            rows,
            ready.ceiling(_most_requests(options)),
            len(ready.claims.all),
            currency(contract),
            dict(reasons),
            (*describe_generated(ready.plan.generated), *_NOTES),
        ),
        prose_console(),
    )
    return 0


_NOTES = (
    "Polls and downloads are not included; they are free.",
    "A request that is accepted although it must be refused is paid for, and ends the tries of its kind.",
)


# ----------------------------------------------------------------------------------------- a run


def _run(contract: Contract, options: CheckOptions, secrets: list[str], witness: LimitWitness | None) -> CheckResult:
    server = target(options.url) if options.url else None
    if server and server.live and options.max_images is None and options.max_cost is None:
        raise UsageRefused(
            f"pixpact: {options.url} is not on this machine: limit what it may cost with --max-images or --max-cost"
        )
    api_keys = keys(server, options.api_key_env, options.second_api_key_env) if server else ApiKeys(OWN, SECOND)
    if server and server.live and api_keys.own is None:
        raise UsageRefused(
            f"pixpact: there is no API key: set {KEY_VARIABLE}, or name another variable with --api-key-env"
        )
    secrets += [key for key in (api_keys.own, api_keys.second) if key and not is_ours(key)]
    means = _means(options, server, api_keys.second is not None)
    with ExitStack() as stack:
        shown = stack.enter_context(ProgressDisplay(contract, options.quiet))
        kept = stack.enter_context(recorder(options.record, options.record_images)) if options.record else None
        progress = stack.enter_context(closing(plan_file(options.plan_file))) if options.plan_file else None
        run = RunOptions(
            means=means,
            patience=PollingLimits(_poll_every(options, server), options.deadline),
            concurrency=1 if server is None else min(_AT_ONCE, max_in_flight(server.live, options.rate)),
            seed=options.seed,
            fuzz=_fuzz(options),
            selection=options.selection,
            sender=keys_in_commands(api_keys, options.api_key_env, options.second_api_key_env),
            target=options.url or "the mock in this process",
            reported=shown,
            recorded=each_listener(kept.add if kept else None, witness.saw if witness else None),
            plan_file=progress,
            now=SystemClock().now,
            afterwards=witness.afterwards if witness else None,
            timelines=_shows_tasks(options),
        )
        ready = prepare_run(contract, run)
        _checked_means(ready, options)
        caps = SpendingCaps(_most_requests(options), options.max_images, means.cost)
        if server is None:
            return asyncio.run(interruptible(lambda: against_mock(ready, contract, run, caps)))
        return asyncio.run(interruptible(lambda: _against(server, ready, run, caps, api_keys, options)))


def _shows_tasks(options: CheckOptions) -> bool:
    """Whether a report shows tasks with their images: then a mock in this process paints them."""
    return any(report.startswith("html=") for report in options.reports)


def _most_requests(options: CheckOptions) -> int:
    return options.max_requests or (MOST_REQUESTS if options.url is None else _MOST_REQUESTS_THERE)


def _fuzz(options: CheckOptions) -> int:
    """How many requests are generated; by default none for a URL, where they may cost money."""
    usual = _GENERATED if options.url is None else 0
    return usual if options.fuzz is None else options.fuzz


def _poll_every(options: CheckOptions, server: CheckTarget | None) -> float:
    if options.poll_every is not None and (options.poll_every or server is not None):
        return options.poll_every  # in this process, time only passes between polls, and 0 would stop it
    return 2.0 if server is None or server.live else 0.2


async def _against(
    server: CheckTarget,
    ready: PreparedRun,
    run: RunOptions,
    caps: SpendingCaps,
    api_keys: ApiKeys,
    options: CheckOptions,
) -> CheckResult:
    clock = SystemClock()
    beside, tls = connection_options(
        options.headers, options.user_agent, options.cookies, options.query, options.cacert, options.insecure
    )
    transport = RequestSender(
        server.url,
        budget=Budget(caps),
        clock=clock,
        credentials=credentials_of(ready.claims.contract),
        keys=api_keys,
        rate=options.rate,
        live=server.live,
        reference_url=options.reference_url,
        tls=tls,
        around=beside,
        limits=ResponseLimits(silence=min(_SILENCE, options.deadline), total=options.deadline),
    )
    async with transport:
        return await check(ready, transport, clock, run)


# ------------------------------------------------------------------------------------ a recording


def _recorded(contract: Contract, options: CheckOptions, witness: LimitWitness | None) -> CheckResult:
    run = RunOptions(
        seed=options.seed,
        selection=options.selection,
        target=", ".join(str(path) for path in options.traffic),
        timelines=_shows_tasks(options),
    )
    odd = SkippedEntries()
    exchanges = (exchange for path in options.traffic for exchange in _read(path, odd))
    bases = (options.url,) if options.url else ()
    result = judge_recording(contract, witness.passing(exchanges, bases) if witness else exchanges, run, bases)
    return replace(result, notes=(*odd.lines(), *result.notes))


def _read(path: Path, odd: SkippedEntries) -> Iterator[Exchange]:
    try:
        yield from ordered(path, odd)
    except HarError as error:
        raise UsageRefused(f"pixpact: {path}: {error}") from None
    except OSError as error:
        raise UsageRefused(f"pixpact: {path} cannot be read: {error.strerror}") from None
