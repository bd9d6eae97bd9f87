"""Reads a plain OpenAPI document as a contract, as far as possible, without writing a converted file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from pixpact.specs.adopt.adopt import adopted_document, is_foreign
from pixpact.specs.contract.model import Contract
from pixpact.specs.lint.lint import faults
from pixpact.specs.openapi.bundle import document_of
from pixpact.specs.openapi.problems import SpecError, SpecProblem, relative_path

_MOST_SHOWN = 3
_TITLES = {"placeholder": "made up", "left-out": "left out", "changed": "read otherwise", "renamed": "renamed"}


def foreign_contract(path: Path, overlays: Iterable[Path], name: str) -> Contract | None:
    """The contract of a document without any key of the dialect, with notes; None for any other document.

    Raises SpecError if it is not OpenAPI 3.0 or 3.1, or not readable.
    """
    document = document_of(path, overlays, aliases=True)
    if not is_foreign(document):
        return None
    draft = adopted_document(document, name, tighten=False)
    contract, broken = faults(draft.document, name)
    if contract is None:
        raise SpecError(
            [SpecProblem(draft.document.origin(problem.pointer), rule, *problem[1:]) for rule, problem in broken]
        )
    return replace(contract, notes=draft.notes)


def summary(notes: Iterable[SpecProblem], path: Path) -> Iterator[str]:
    """Yield what a plain document lacks, in a few lines; nothing if it lacks nothing."""
    ordered = sorted(notes, key=lambda note: (list(_TITLES).index(note.rule), note.message))
    if not ordered:
        return
    yield f"{relative_path(path)} is plain OpenAPI, taken as it is:"
    for rule, group in groupby(ordered, key=lambda note: note.rule):
        kinds = groupby(dict.fromkeys(note.message for note in group), key=lambda text: text.partition(": ")[0])
        yield f"  {_TITLES[rule]}: {'; '.join(_kind(kind, list(problems)) for kind, problems in kinds)}"
    yield f"pixpact adopt {relative_path(path)} prints it as a spec of ours, with what is left to do."


def _kind(kind: str, messages: list[str]) -> str:
    subjects = [message.partition(": ")[2] for message in messages]
    more = f" and {len(subjects) - _MOST_SHOWN} more" if len(subjects) > _MOST_SHOWN else ""
    return f"{kind}: {', '.join(subjects[:_MOST_SHOWN])}{more}"
