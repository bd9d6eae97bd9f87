"""Runs a drill: the suite once without a drift, then once with each drift, several in parallel."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from pixpact.contracts.diff.read.contract_version import ContractVersion, read_version
from pixpact.contracts.reports.sanitize import TextSanitizer
from pixpact.drill.drift_effect import effect_of_drift
from pixpact.drill.drifts import VendorDrift
from pixpact.drill.environment import DRIFT, url_variable
from pixpact.drill.result import CleanRun, DriftMeaning, DriftOutcome, DriftResult, DrillResult
from pixpact.drill.source import NOTHING_KNOWN, SourceWords
from pixpact.drill.state import DrillState, fingerprint
from pixpact.drill.suite import CannotRun, SuiteCommand, SuiteRun
from pixpact.drill.twins.twin import TwinnedApp
from pixpact.drill.twins.twin_log import FOLDER, DriftSighting, SightingLog, SightingRecord, record
from pixpact.mockserver.background import background
from pixpact.mockserver.context import MockSettings
from pixpact.mockserver.local import clock_for, serving
from pixpact.specs.catalogue import SpecSource
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.messages import listed
from pixpact.wire.redaction import is_secret

SHORTEST, FACTOR = 20.0, 5.0
"""The time limit of a drifted run: SHORTEST seconds, or FACTOR times the clean run if that is longer."""
_KNOWN = frozenset(("noticed", "let-through", "not-exercised"))
"""Verdicts that are kept in the state file, and not found out again."""
_TAIL = 40
"""How many lines of the suite's output are shown if it fails without a drift."""


class CouldNotCheck(Exception):
    """The drill cannot begin: the suite fails, or does not use the mock. The message says what to do."""


@dataclass(frozen=True)
class DrillPlan:
    """What is drilled. `limit`: seconds for each run; None: derived from the clean run, which has no limit."""

    source: SpecSource
    contract: Contract
    drifts: Sequence[tuple[VendorDrift, Contract]]
    command: Sequence[str]
    settings: MockSettings
    jobs: int = 1
    limit: float | None = None
    unfit: Sequence[tuple[VendorDrift, str]] = ()
    words: SourceWords = NOTHING_KNOWN
    """The words in the source of the program under test."""

    @property
    def vendor(self) -> str:
        """The name of the vendor."""
        return self.contract.vendor

    def mark(self, drift: VendorDrift) -> str:
        """The fingerprint under which the outcome of a drift is kept."""
        options = (self.contract.name, self.settings.pace.text, self.settings.seed, self.limit)
        return fingerprint(drift, self.contract.document.value, self.command, options)


@dataclass
class DrillRun:
    """One drill. `reported` is called with each result, in the thread that runs the drill."""

    plan: DrillPlan
    suite: SuiteCommand
    state: DrillState | None = None
    reported: Callable[[DriftResult], None] = lambda _: None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    noise: frozenset[DriftSighting] = frozenset()
    """Differences that occur even without a drift; they are ignored."""

    def __post_init__(self) -> None:
        contract = self.plan.contract
        self._base: ContractVersion = read_version(contract.document, contract.name)

    def clean(self) -> CleanRun:
        """Run the suite without a drift. Raises CouldNotCheck if it fails, or sends nothing to the mock."""
        try:
            ended, reported = self._run(None, self.plan.limit)
        except CannotRun as error:
            raise CouldNotCheck(f"{self.suite.name!r} cannot be started: {error}") from None
        if not ended.passed:
            raise CouldNotCheck(self._failing(ended))
        if not reported.requests:
            name, vendor = url_variable(self.plan.vendor), self.plan.vendor
            raise CouldNotCheck(
                f"the suite sent nothing to the mock of {vendor}. Let your tests take its base URL from the "
                f'environment variable {name}, or use the fixture `pixpact_mock` or `pixpact.mock("{vendor}")`'
            )
        self.noise = frozenset(reported.seen)
        limit = self.plan.limit if self.plan.limit is not None else max(SHORTEST, FACTOR * ended.seconds)
        return CleanRun(reported.called, ended.seconds, limit)

    def _failing(self, ended: SuiteRun) -> str:
        """The message for a suite that does not pass without a drift."""
        secrets = tuple(value for name, value in self.environ.items() if is_secret(name))
        tail = TextSanitizer(secrets).block("\n".join(ended.output.splitlines()[-_TAIL:]))
        why = f"does not pass without a drift ({ended.how}), so there is nothing to compare with"
        if ended.code is None:
            why = f"does not end within {self.plan.limit:g} s without a drift: raise --time-limit, or leave it out"
        return f"{self.suite.name!r} {why}. The end of what it printed:\n\n{tail}"

    def result(self, clean: CleanRun) -> DrillResult:
        """Run the suite with every drift. Ctrl-C ends the drill; the result has what is known until then."""
        plan, results = self.plan, dict[str, DriftResult]()
        interrupted = False
        with ThreadPoolExecutor(plan.jobs, "drill") as threads:
            futures = [threads.submit(self._drilled, drift, contract, clean.limit) for drift, contract in plan.drifts]
            try:
                for done in _finished(futures):
                    results[done.drift.name] = done
                    self.reported(done)
            except KeyboardInterrupt:
                interrupted = True
                for future in futures:
                    future.cancel()
                self.suite.stop()
        drills = tuple(results.get(drift.name) or self._not_run(drift, contract) for drift, contract in plan.drifts)
        name, settings = plan.contract.name, plan.settings
        return DrillResult(
            name, plan.vendor, settings.pace.text, settings.seed, clean, drills, tuple(plan.unfit), interrupted
        )

    # ------------------------------------------------------------------ one drift

    def _drilled(self, drift: VendorDrift, contract: Contract, limit: float) -> DriftResult:
        means = effect_of_drift(self._base, contract.document, self.plan.contract)
        mark = self.plan.mark(drift) if self.state is not None else ""
        outcome = self.state.outcome_of(mark) if self.state is not None else None
        if outcome is None:
            outcome = self._outcome(drift, contract, limit)
            if self.state is not None and outcome.verdict in _KNOWN:
                self.state.add(mark, drift, outcome)
        return DriftResult(drift, means, self._unread(means, outcome))

    def _unread(self, means: DriftMeaning, outcome: DriftOutcome) -> DriftOutcome:
        """Change `let-through` to `not-read` if no source file names a field that the drift changes."""
        if outcome.verdict != "let-through" or not means.counts or not means.fields:
            return outcome
        if self.plan.words.reads(means.fields):
            return outcome
        return replace(outcome, verdict="not-read", reason=f"no source file names {listed(list(means.fields))}")

    def _not_run(self, drift: VendorDrift, contract: Contract) -> DriftResult:
        return DriftResult(
            drift, effect_of_drift(self._base, contract.document, self.plan.contract), DriftOutcome("not-run")
        )

    def _outcome(self, drift: VendorDrift, contract: Contract, limit: float) -> DriftOutcome:
        ended, reported = self._run((drift, contract), limit)
        called, sightings = (
            tuple(reported.called),
            tuple(sighting for sighting in reported.seen if sighting not in self.noise),
        )
        outcome = DriftOutcome("noticed", ended.how, round(ended.seconds, 3), ended.failed, sightings, called)
        if reported.unfit:
            return replace(outcome, verdict="unfit", reason=reported.unfit)
        if ended.passed:
            return replace(outcome, verdict="let-through" if sightings else "not-exercised")
        if sightings:
            return outcome
        return self._once_more(drift, contract, limit, outcome)

    def _once_more(self, drift: VendorDrift, contract: Contract, limit: float, outcome: DriftOutcome) -> DriftOutcome:
        """Run a suite again that failed although no response differed.

        The drift was noticed if the suite fails again with it, and passes again without it. Otherwise the suite is
        flaky.
        """
        again, _ = self._run((drift, contract), limit)
        if again.passed or not self._run(None, limit)[0].passed:
            return replace(outcome, verdict="unsteady")
        return replace(outcome, reason="no response changed; it failed twice, and passed without the drift")

    def _run(
        self, drifted: tuple[VendorDrift, Contract] | None, limit: float | None
    ) -> tuple[SuiteRun, SightingRecord]:
        """Run the suite against its own mock. Raises CannotRun."""
        with tempfile.TemporaryDirectory(prefix="pixpact-drill-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            with self._served(drifted[1] if drifted else self.plan.contract, folder) as url:
                ended = self.suite.run(self._environ(drifted[0] if drifted else None, url, folder), limit)
            return ended, record(folder, self.plan.vendor)

    @contextmanager
    def _served(self, contract: Contract, folder: Path) -> Iterator[str]:
        settings = self.plan.settings
        clock = clock_for(settings.pace.text, None)
        app = TwinnedApp([contract], [self.plan.contract], settings, clock, SightingLog(folder))
        try:
            with serving(app) as server:
                yield f"{server.url}/{contract.vendor}"
        finally:
            background().call(app.close)

    def _environ(self, drift: VendorDrift | None, url: str, folder: Path) -> dict[str, str]:
        own = {url_variable(self.plan.vendor): url, FOLDER: str(folder)}
        if drift is not None:
            own[DRIFT] = f"{self.plan.vendor}={drift.path}"
        return {**self.environ, **own}


def _finished(futures: Sequence[Future[DriftResult]]) -> Iterator[DriftResult]:
    for future in as_completed(futures):
        yield future.result()
