"""The baseline: a file of accepted findings, each with a reason and a last day, that people edit.

```yaml
accepted:
- fingerprint: 0a1b2c3d4e5f6071
  claim: vendor:operation:request/Model/n/maximum
  reason: The vendor fixes it with their next release.
  expires: 2026-12-31
```

An accepted finding is shown and does not count. After its last day it counts again. An entry whose claim was judged
kept is unused, and reported so; an entry whose claim was not judged is neither used nor unused.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pixpact.contracts.run.result import CheckResult
from pixpact.specs.export import as_yaml
from pixpact.specs.openapi.document import DocumentNode, read
from pixpact.specs.openapi.messages import short_json
from pixpact.specs.openapi.problems import SourcePlace, SpecError, SpecProblem
from pixpact.wire.files import write_whole

UNEXPLAINED = "not yet explained"
"""The reason of a new entry until somebody writes one."""
DAYS = 90
"""Days until a new entry expires."""

_FIELDS = ("fingerprint", "claim", "reason", "expires")
_FINGERPRINT = re.compile("[0-9a-f]{16}")
_HEAD = """\
# Findings of `pixpact check` that are known and accepted. `--update-baseline` writes this file: it adds what is new,
# takes out what is no longer found, and keeps reasons and days. Comments are not kept: write into `reason`.
"""


class BaselineError(SpecError):
    """The baseline cannot be used; carries every problem."""


@dataclass(frozen=True, slots=True)
class BaselineEntry:
    """One accepted finding; valid up to and including the day `expires`."""

    fingerprint: str
    claim: str
    reason: str
    expires: date
    origin: SourcePlace


@dataclass(frozen=True, slots=True)
class Baseline:
    """The entries of a baseline file, in its order."""

    path: Path
    entries: tuple[BaselineEntry, ...] = ()

    def write(self) -> None:
        """Write the file, sorted by claim. Raises OSError."""
        write_whole(self.path, baseline_text(self))


def load(path: Path, *, may_be_missing: bool = False) -> Baseline:
    """Read a baseline, YAML or JSON. Raises BaselineError with every problem, each with its file and line."""
    if may_be_missing and not path.exists():
        return Baseline(path)
    try:
        text = path.read_text(encoding="utf-8")
        if not re.sub(r"(?m)^\s*#.*$", "", text).strip():
            return Baseline(path)
        root = read(path).root
    except FileNotFoundError:
        remedy = "check the path, or let --update-baseline write it"
        raise BaselineError([SpecProblem(SourcePlace(path, 0), "baseline", "there is no such file", remedy)]) from None
    except (OSError, UnicodeDecodeError):
        raise BaselineError(
            [SpecProblem(SourcePlace(path, 0), "baseline", "cannot be read", "save it as UTF-8")]
        ) from None
    except SpecError as error:
        raise BaselineError(map(_of_baselines, error.problems)) from None
    problems: list[SpecProblem] = []
    entries = [entry for node in _items(root, problems) if (entry := _entry(node, problems))]
    problems += _twice(entries)
    if problems:
        raise BaselineError(problems)
    return Baseline(path, tuple(entries))


def apply_baseline(result: CheckResult, baseline: Baseline, today: date) -> CheckResult:
    """The result with the findings that the baseline accepts on that day, and notes on its entries."""
    fingerprints = {finding.fingerprint for finding in result.findings}
    holding = {entry.fingerprint: entry.reason for entry in baseline.entries if today <= entry.expires}
    accepted = {fingerprint: reason for fingerprint, reason in holding.items() if fingerprint in fingerprints}
    notes = tuple(_notes(result, baseline, fingerprints, today))
    return replace(result, accepted=accepted, baseline_notes=notes)


def update_baseline(result: CheckResult, baseline: Baseline, today: date) -> Baseline:
    """The baseline that accepts all findings of the result, without entries that no longer occur.

    Reasons stay; a last day stays unless it has passed. Entries whose claim was not judged stay unchanged.
    """
    found_now = {finding.fingerprint: finding for finding in result.findings}
    judged = _judged(result)
    last = today + timedelta(days=DAYS)
    kept = [
        replace(entry, expires=last) if entry.fingerprint in found_now and entry.expires < today else entry
        for entry in baseline.entries
        if entry.fingerprint in found_now or entry.claim not in judged
    ]
    fingerprints = {entry.fingerprint for entry in kept}
    fresh = [
        BaselineEntry(fingerprint, finding.claim.id, UNEXPLAINED, last, SourcePlace(baseline.path, 0))
        for fingerprint, finding in found_now.items()
        if fingerprint not in fingerprints
    ]
    return Baseline(baseline.path, tuple(sorted([*kept, *fresh], key=lambda entry: (entry.claim, entry.fingerprint))))


def baseline_text(baseline: Baseline) -> str:
    """The text of the file: JSON if its name ends in `.json`, else YAML."""
    entries = [
        {
            "fingerprint": entry.fingerprint,
            "claim": entry.claim,
            "reason": entry.reason,
            "expires": entry.expires.isoformat(),
        }
        for entry in baseline.entries
    ]
    if baseline.path.suffix == ".json":
        return json.dumps({"accepted": entries}, ensure_ascii=False, indent=2) + "\n"
    return _HEAD + as_yaml({"accepted": entries})


# --------------------------------------------------------------------------------------- judging


def _judged(result: CheckResult) -> frozenset[str]:
    return frozenset(judgement.claim.id for judgement in result.judgements if judgement.verdict in ("kept", "broken"))


def _notes(result: CheckResult, baseline: Baseline, fingerprints: set[str], today: date) -> Iterator[str]:
    judged = _judged(result)
    for entry in baseline.entries:
        what = f"{str(entry.origin).removesuffix(':0')}: {entry.claim}"
        if entry.fingerprint not in fingerprints:
            if entry.claim in judged:
                yield f"{what} is unused: this was not found; remove it, or run with --update-baseline"
        elif entry.expires < today:
            yield f"{what} expired on {entry.expires} and counts again"
        elif entry.reason == UNEXPLAINED:
            yield f"{what} has no reason yet; write one"


# --------------------------------------------------------------------------------------- reading


def _of_baselines(problem: SpecProblem) -> SpecProblem:
    """The spec reader's problem with a file without a mapping, reworded for baselines."""
    if problem.message != "holds no mapping":
        return problem
    return replace(problem, remedy="write `accepted:` and a list below it")


def _items(root: DocumentNode, problems: list[SpecProblem]) -> list[DocumentNode]:
    problems += [
        _problem(node, f"{name!r} is unknown here", "write one list, `accepted`")
        for name, node in root.value.items()
        if name != "accepted"
    ]
    accepted = root.value.get("accepted")
    if accepted is not None and accepted.value is None:
        return []
    if accepted is None or not isinstance(accepted.value, list):
        problems.append(
            _problem(accepted or root, "there is no list `accepted`", "write `accepted: []`, or entries in it")
        )
        return []
    return list(accepted.value)


def _entry(node: DocumentNode, problems: list[SpecProblem]) -> BaselineEntry | None:
    """The entry at a node; None for an invalid one, whose problems are added."""
    if not isinstance(node.value, dict):
        problems.append(_problem(node, "an entry is not a mapping", f"write {', '.join(_FIELDS)}"))
        return None
    wrong = [*_unknown(node), *_missing(node), *_misspelt(node)]
    problems += wrong
    if wrong:
        return None
    values: dict[str, Any] = node.plain()
    expires = date.fromisoformat(values["expires"])
    return BaselineEntry(str(values["fingerprint"]), values["claim"], values["reason"].strip(), expires, node.origin)


def _unknown(node: DocumentNode) -> Iterator[SpecProblem]:
    for name, value in node.value.items():
        if name not in _FIELDS:
            near = difflib.get_close_matches(name, _FIELDS, 1)
            remedy = f"did you mean `{near[0]}`?" if near else f"an entry has {', '.join(_FIELDS)}"
            yield _problem(value, f"{name!r} is unknown here", remedy.rstrip("?"))


def _missing(node: DocumentNode) -> Iterator[SpecProblem]:
    for name in _FIELDS:
        value = node.value.get(name)
        if value is None or value.value is None or value.value == "":
            yield _problem(value or node, f"the entry has no {name}", _REMEDIES[name])


_REMEDIES = {
    "fingerprint": "write the 16 digits that the report gives, in quotes",
    "claim": "write the id of the claim, as the report gives it",
    "reason": "write why the finding is accepted",
    "expires": "write the last day, such as 2026-12-31",
}


def _misspelt(node: DocumentNode) -> Iterator[SpecProblem]:
    for name in _FIELDS:
        value = node.value.get(name)
        if value is None or value.value in (None, ""):
            continue
        if not isinstance(value.value, _TYPES[name]) or not _VALID[name](str(value.value)):
            yield _problem(value, f"{name} is {short_json(value.plain())}", _REMEDIES[name])


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


# Unquoted, a fingerprint of decimal digits only is a number in YAML.
_TYPES: dict[str, type | tuple[type, ...]] = {"fingerprint": (str, int), "claim": str, "reason": str, "expires": str}
_VALID: dict[str, Callable[[str], bool]] = {
    "fingerprint": lambda text: bool(_FINGERPRINT.fullmatch(text)),
    "claim": lambda text: bool(text.strip()),
    "reason": lambda text: bool(text.strip()),
    "expires": _is_day,
}


def _twice(entries: list[BaselineEntry]) -> Iterator[SpecProblem]:
    first: dict[str, BaselineEntry] = {}
    for entry in entries:
        before = first.setdefault(entry.fingerprint, entry)
        if before is not entry:
            message = f"the fingerprint {entry.fingerprint} occurs twice (first in line {before.origin.line})"
            yield SpecProblem(entry.origin, "baseline", message, "keep one of them")


def _problem(node: DocumentNode, message: str, remedy: str) -> SpecProblem:
    return SpecProblem(node.origin, "baseline", message, remedy)
