"""`pixpact diff`: reads two contracts, compares them, writes the reports and returns the exit code."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pixpact.contracts.diff.compare.compare import ComparedContracts
from pixpact.contracts.diff.read.contract_version import ContractVersion, read_version
from pixpact.contracts.diff.report import ContractComparison, judged
from pixpact.contracts.diff.traffic.impact import CallImpact, impact
from pixpact.contracts.findings import Severity
from pixpact.contracts.reports.destination import ReportError, destinations, write_all
from pixpact.contracts.reports.diff_formats import COMPARED
from pixpact.contracts.reports.diff_formats import DiffReport as Reported
from pixpact.contracts.reports.sanitize import sanitized
from pixpact.mockserver.playback.files import SkippedEntries
from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.openapi.document import SpecDocument, parse, read
from pixpact.terminal.output import say
from pixpact.terminal.refusal import UsageRefused
from pixpact.wire.clock import SystemClock
from pixpact.wire.har import HarError
from pixpact.wire.har_stream import exchanges_of

GIT = "git:"


@dataclass(frozen=True, slots=True)
class ReportedDiff:
    """Everything that the reports of a comparison need."""

    base: ContractVersion
    revision: ContractVersion
    comparison: ContractComparison
    impact: CallImpact | None = None


def diff(
    base: str,
    revision: str,
    folders: Iterable[Path],
    traffic: Path | None,
    quiet: bool,
    reports: tuple[str, ...],
    fail_on: Severity,
) -> int:
    """Compare two contracts and report; returns the exit code. Raises UsageRefused, SpecError, UnknownVendor."""
    try:
        wanted = destinations(reports, COMPARED)
    except ReportError as error:
        raise UsageRefused(f"pixpact: {error}") from None
    catalogue = SpecCatalogue(folders)
    both = ComparedContracts(_side(base, catalogue), _side(revision, catalogue))
    comparison = judged(both)
    impacted = _impact(both, comparison, traffic) if traffic else None
    comparison = sanitized(comparison)  # everything below is printed, and the documents may come from strangers
    reported = ReportedDiff(both.base, both.revision, comparison, impacted)
    bad = bool(reported.impact.breaking) if reported.impact is not None else bool(comparison.at_least(fail_on))
    _report(reported, quiet or any(report.path is None for report in wanted), quiet and bad)
    now = datetime.fromtimestamp(SystemClock().now(), UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    try:
        write_all(wanted, lambda form: COMPARED[form](Reported(comparison, reported.impact, int(bad), now)))
    except ReportError as error:
        raise UsageRefused(f"pixpact: {error}") from None
    return int(bad)


def _report(reported: ReportedDiff, no_page: bool, in_short: bool) -> None:
    from pixpact.cli.pages import diff as page

    if not no_page:
        page.report(reported.comparison, reported.impact, reported.base)
    elif in_short:
        say(page.line(reported.comparison, reported.impact), err=True)


def _impact(both: ComparedContracts, comparison: ContractComparison, traffic: Path) -> CallImpact:
    odd = SkippedEntries()
    try:
        impacted = impact(both, comparison, exchanges_of(traffic, odd.of(traffic)))
    except HarError as error:
        raise UsageRefused(f"pixpact: {traffic}: {error}") from None
    except OSError as error:
        raise UsageRefused(f"pixpact: the recording {str(traffic)!r} cannot be read: {error.strerror}") from None
    for line in odd.lines():
        say(f"pixpact: {line}", err=True)
    if not impacted.calls:
        raise UsageRefused(f"pixpact: {traffic} holds no calls; record some, or leave --traffic out")
    if impacted.count("unknown") == impacted.calls:
        raise UsageRefused(
            f"pixpact: none of the {impacted.calls} calls in {traffic} is one of {both.base.name}; check the base"
        )
    return impacted


def _side(reference: str, catalogue: SpecCatalogue) -> ContractVersion:
    """One side, as named by the user: `VENDOR[@OVERLAY]`, the path of an OpenAPI file, or `git:REV:PATH`."""
    if reference.startswith(GIT):
        return read_version(_from_git(reference), reference)
    path = Path(reference)
    if path.is_file():
        return read_version(read(path, aliases=True), path.stem)
    source = catalogue.source(reference)
    return read_version(source.document(), source.name)


def _from_git(reference: str) -> SpecDocument:
    revision, separator, path = reference.removeprefix(GIT).partition(":")
    if not separator or not revision or not path or revision.startswith("-"):
        raise UsageRefused(
            f"pixpact: {reference!r} is not understood; write git:REVISION:PATH, such as git:HEAD~1:api.yaml"
        )
    # With `./`, git reads the path relative to the current folder, like all other paths.
    relative = path if path.startswith(("./", "../", "/")) else f"./{path}"
    try:
        done = subprocess.run(  # noqa: S603  # the words are arguments, no shell reads them
            ["git", "show", f"{revision}:{relative}"],  # noqa: S607  # the git of the user
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise UsageRefused(f"pixpact: git cannot be run: {error.strerror}") from None
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise UsageRefused(f"pixpact: {reference}: {lines[-1] if lines else 'git does not know it'}")
    try:
        return parse(done.stdout.decode("utf-8"), Path(f"{revision}:{path}"), aliases=True)
    except UnicodeDecodeError:
        raise UsageRefused(f"pixpact: {reference} is not UTF-8; save it as UTF-8") from None
