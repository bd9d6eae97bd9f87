"""`pixpact drill`: prepares the drill, runs it, writes the reports, and returns the exit code."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from pixpact.contracts.reports.destination import ReportDestination, ReportError, destinations, write_all
from pixpact.drill.baseline import BadDrillBaseline, DrillBaseline, load
from pixpact.drill.drifts import UnknownDrift, VendorDrift, drifts_except, drifts_named, drifts_of
from pixpact.drill.environment import DRIFT
from pixpact.drill.report import FORMATS, DrillReport
from pixpact.drill.result import DrillResult, exit_code
from pixpact.drill.run import CouldNotCheck, DrillPlan, DrillRun
from pixpact.drill.source import words_of
from pixpact.drill.state import BadDrillState, DrillState
from pixpact.drill.suite import CannotRun, SuiteCommand
from pixpact.mockserver.context import MockSettings
from pixpact.mockserver.core.pace import parse as parse_pace
from pixpact.specs.catalogue import SpecCatalogue, SpecSource
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.problems import SpecError
from pixpact.terminal.output import say
from pixpact.terminal.refusal import UsageRefused
from pixpact.wire.clock import SystemClock, duration


@dataclass(frozen=True, slots=True)
class DrillOptions:
    """Options of `pixpact drill`. `time_limit` is a duration for each run."""

    command: tuple[str, ...] = ()
    drift: tuple[str, ...] = ()
    drifts: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    except_: tuple[str, ...] = ()
    source: tuple[Path, ...] = ()
    baseline: Path | None = None
    update_baseline: bool = False
    list_: bool = False
    jobs: int | None = None
    pace: str = "instant"
    seed: int = 0
    time_limit: str | None = None
    resume: Path | None = None
    fail_under: float | None = None
    reports: tuple[str, ...] = ()
    quiet: bool = False


def drill(vendor: str, specs: Sequence[Path], options: DrillOptions) -> int:
    """Drill a suite and return the exit code. Raises UsageRefused, SpecError or UnknownVendor."""
    catalogue = SpecCatalogue(specs)
    source = catalogue.source(vendor)
    wanted = _wanted(catalogue, source, options)
    if options.list_:
        from pixpact.drill.page import print_drifts

        print_drifts(wanted)
        return 0
    reports, baseline = _reports(options), _baseline(options)
    plan = _plan(source, wanted, options)
    suite = SuiteCommand(options.command, SystemClock().now)
    if suite.missing():
        raise UsageRefused(
            f"pixpact: there is no program {suite.name!r}; write the command that runs your tests after --"
        )
    try:
        state = DrillState(options.resume) if options.resume else None
    except BadDrillState as error:
        raise UsageRefused(f"pixpact: --resume: {error}") from None
    try:
        with _interrupted_by_sigterm():
            result = _drilled(DrillRun(plan, suite, state), options)
    except (CouldNotCheck, CannotRun) as error:
        say(f"pixpact: {error}", err=True)
        return 3
    except KeyboardInterrupt:
        say("pixpact: interrupted before anything was known", err=True)
        return 130
    return _reported(_accepting(result, baseline, options), reports, options)


def _baseline(options: DrillOptions) -> DrillBaseline | None:
    if options.update_baseline and options.baseline is None:
        raise UsageRefused("pixpact: --update-baseline needs --baseline FILE, the file to write")
    try:
        return load(options.baseline, may_be_missing=options.update_baseline) if options.baseline else None
    except BadDrillBaseline as error:
        raise UsageRefused(f"pixpact: --baseline: {error}") from None


def _accepting(result: DrillResult, baseline: DrillBaseline | None, options: DrillOptions) -> DrillResult:
    """Add the baseline to a result; with --update-baseline, update and write the file first."""
    if baseline is None or not options.update_baseline or result.interrupted:
        return replace(result, baseline=baseline)
    through = [drilled.drift.name for drilled in result.of("let-through", counting=True)]
    baseline = baseline.updated(through, [drilled.drift.name for drilled in result.of("noticed")])
    try:
        baseline.write()
    except OSError as error:
        raise UsageRefused(f"pixpact: --baseline: {baseline.path} cannot be written: {error.strerror}") from None
    return replace(result, baseline=baseline)


def _wanted(catalogue: SpecCatalogue, source: SpecSource, options: DrillOptions) -> list[VendorDrift]:
    try:
        wanted = drifts_except(
            drifts_named(drifts_of(catalogue, source, options.drift, options.drifts), options.only), options.except_
        )
    except UnknownDrift as error:
        raise UsageRefused(f"pixpact: {error}") from None
    if not wanted:
        name = source.path.stem
        raise UsageRefused(
            f"pixpact: there are no drifts for {name}; name your own with --drift FILE or --drifts FOLDER"
        )
    return wanted


def _reports(options: DrillOptions) -> tuple[ReportDestination, ...]:
    try:
        return destinations(options.reports, FORMATS)
    except ReportError as error:
        raise UsageRefused(f"pixpact: {error}") from None


def _plan(source: SpecSource, wanted: Sequence[VendorDrift], options: DrillOptions) -> DrillPlan:
    if os.environ.get(DRIFT):
        raise UsageRefused(f"pixpact: {DRIFT} is set in the environment; unset it: the drill sets it for each run")
    try:
        limit = duration(options.time_limit) if options.time_limit is not None else None
    except ValueError as error:
        raise UsageRefused(f"pixpact: --time-limit: {error}") from None
    try:
        settings = MockSettings(parse_pace(options.pace), seed=options.seed)
    except ValueError as error:
        raise UsageRefused(f"pixpact: --pace: {error}") from None
    if limit == 0:
        raise UsageRefused("pixpact: --time-limit 0 leaves no time to run; write seconds (90) or 5m")
    fitting: list[tuple[VendorDrift, Contract]] = []
    unfit: list[tuple[VendorDrift, str]] = []
    contract = source.contract()
    for drift in wanted:
        try:
            fitting.append((drift, drift.applied(source).contract()))
        except SpecError as error:
            if drift.own or not source.overlays:
                raise
            unfit.append((drift, str(error).partition("\n")[0]))  # made for the contract without its overlays
    jobs = options.jobs or _cores()
    words = words_of(options.source or (Path(),))
    return DrillPlan(source, contract, fitting, options.command, settings, jobs, limit, unfit, words)


def _cores() -> int:
    available = getattr(os, "sched_getaffinity", None)
    return len(available(0)) if available else os.cpu_count() or 1


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """Raise KeyboardInterrupt on SIGTERM, which CI systems send to cancel a job; only works in a main thread."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _drilled(drill_run: DrillRun, options: DrillOptions) -> DrillResult:
    if options.quiet:
        return drill_run.result(drill_run.clean())
    from pixpact.drill.page import DrillLines

    lines = DrillLines(len(drill_run.plan.drifts))
    drill_run.reported = lines.done
    lines.begins(drill_run.suite.name)
    clean = drill_run.clean()
    lines.began(clean)
    return drill_run.result(clean)


def _reported(result: DrillResult, reports: tuple[ReportDestination, ...], options: DrillOptions) -> int:
    reported = DrillReport(result, options.fail_under)
    if not options.quiet and not _printed(reports):
        from pixpact.drill.page import page

        page(result)
    try:
        write_all(reports, lambda form: FORMATS[form](reported))
    except ReportError as error:
        raise UsageRefused(f"pixpact: {error}") from None
    code, reasons = exit_code(result, options.fail_under)
    if code:
        say("\n".join(f"pixpact: {reason}" for reason in reasons), err=True)
    return code


def _printed(reports: tuple[ReportDestination, ...]) -> bool:
    return any(report.path is None for report in reports)
