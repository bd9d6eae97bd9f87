"""`pixpact diff`: what it reads, what it compares, where its reports go, how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pixpact.contracts.changes.changes import Comparison, judged
from pixpact.contracts.changes.compare import Compared
from pixpact.contracts.changes.impact import Impact, impact, json_of_comparison
from pixpact.contracts.changes.rules import Severity
from pixpact.contracts.changes.sides import Side, side_of
from pixpact.refusal import Refused
from pixpact.specs.catalogue import Catalogue
from pixpact.specs.document import Document, parse, read
from pixpact.wire.har import HarError
from pixpact.wire.har_stream import exchanges_of

GIT = "git:"


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that a report may tell of a comparison."""

    base: Side
    revision: Side
    comparison: Comparison
    impact: Impact | None = None


def _as_json(told: Told) -> str:
    return json.dumps(json_of_comparison(told.comparison, told.impact), ensure_ascii=False, indent=2) + "\n"


REPORTS: Mapping[str, Callable[[Told], str]] = {"json": _as_json}
"""Format of a report → how it is written."""


def diff(
    base: str,
    revision: str,
    folders: Iterable[Path],
    traffic: Path | None,
    quiet: bool,
    reports: tuple[str, ...],
    fail_on: Severity,
) -> int:
    """Compare two contracts and tell; the exit code. Raises Refused, SpecError, UnknownVendor."""
    wanted = [_report(report) for report in reports]
    catalogue = Catalogue(folders)
    both = Compared(_side(base, catalogue), _side(revision, catalogue))
    comparison = judged(both)
    told = Told(both.base, both.revision, comparison, _impact(both, comparison, traffic) if traffic else None)
    _tell(told, quiet or any(path == "-" for _, path in wanted), quiet)
    for form, path in wanted:
        _write(REPORTS[form](told), path)
    if told.impact is not None:
        return 1 if told.impact.breaking else 0
    return 1 if comparison.at_least(fail_on) else 0


def _tell(told: Told, no_page: bool, quiet: bool) -> None:
    from pixpact.pages import diff as page  # rich costs start-up time that a report to a program need not pay

    if not no_page:
        page.tell(told.comparison, told.impact, told.base)
    elif quiet:
        sys.stdout.write(page.line(told.comparison, told.impact) + "\n")


def _report(text: str) -> tuple[str, str]:
    form, separator, path = text.partition("=")
    if form not in REPORTS or not separator or not path:
        known = ", ".join(f"{name}=PATH" for name in REPORTS)
        raise Refused(f"pixpact: --report {text!r} is not understood; write one of {known} (PATH - is standard output)")
    return form, path


def _write(text: str, path: str) -> None:
    if path == "-":
        sys.stdout.write(text)
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"pixpact: the report {path!r} cannot be written: {error.strerror}") from None


def _impact(both: Compared, comparison: Comparison, traffic: Path) -> Impact:
    try:
        found = impact(both, comparison, exchanges_of(traffic))
    except HarError as error:
        raise Refused(f"pixpact: {traffic}: {error}") from None
    except OSError as error:
        raise Refused(f"pixpact: the recording {str(traffic)!r} cannot be read: {error.strerror}") from None
    if not found.calls:
        raise Refused(f"pixpact: {traffic} holds no calls; record some, or leave --traffic out")
    if found.count("unknown") == found.calls:
        raise Refused(
            f"pixpact: none of the {found.calls} calls in {traffic} is one of {both.base.name}; check the base"
        )
    return found


def _side(reference: str, catalogue: Catalogue) -> Side:
    """The side that a user names: `VENDOR[@OVERLAY]`, the path of any OpenAPI file, or `git:REV:PATH`."""
    if reference.startswith(GIT):
        return side_of(_from_git(reference), reference)
    path = Path(reference)
    if path.is_file():
        return side_of(read(path), path.stem)
    source = catalogue.source(reference)
    return side_of(source.document(), source.name)


def _from_git(reference: str) -> Document:
    revision, separator, path = reference.removeprefix(GIT).partition(":")
    if not separator or not revision or not path or revision.startswith("-"):
        raise Refused(f"pixpact: {reference!r} is not understood; write git:REVISION:PATH, such as git:HEAD~1:api.yaml")
    # `./` makes git read the path from here, as every other path is read.
    place = path if path.startswith(("./", "../", "/")) else f"./{path}"
    try:
        done = subprocess.run(  # noqa: S603  # the words are arguments, no shell reads them
            ["git", "show", f"{revision}:{place}"],  # noqa: S607  # the git of the user
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise Refused(f"pixpact: git cannot be run: {error.strerror}") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise Refused(f"pixpact: {reference}: {said[-1] if said else 'git does not know it'}")
    try:
        return parse(done.stdout.decode("utf-8"), Path(f"{revision}:{path}"))
    except UnicodeDecodeError:
        raise Refused(f"pixpact: {reference} is not UTF-8; save it as UTF-8") from None
