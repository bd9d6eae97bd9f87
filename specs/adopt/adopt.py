"""Adopts a foreign OpenAPI document: converts it to the dialect, with a note for each change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from pixpact.specs.adopt.contents import convert_bodies
from pixpact.specs.adopt.draft import DraftDocument
from pixpact.specs.adopt.lifecycles import LifecycleProposal, lifecycle_proposals
from pixpact.specs.adopt.repairs import HABITS, drop_unused_components, mend_draft
from pixpact.specs.adopt.shape import convert_operations
from pixpact.specs.adopt.wrong_shapes import drop_wrong_shapes
from pixpact.specs.openapi import grammar
from pixpact.specs.openapi.document import Json, SpecDocument
from pixpact.specs.openapi.openapi30 import upgrade_document
from pixpact.specs.openapi.problems import SpecError, SpecProblem


@dataclass(frozen=True, slots=True)
class AdoptedDocument:
    """A document that lints, with a note for everything that was left out, changed or made up."""

    document: SpecDocument
    notes: tuple[SpecProblem, ...]
    proposals: tuple[LifecycleProposal, ...]


def adopted_document(
    document: SpecDocument, name: str, operations: Iterable[str] = (), tighten: bool = True
) -> AdoptedDocument:
    """Convert the document, or only these operations of it, to the dialect.

    `tighten`: also apply rules that lint requires of authors but the document does not state. Raises SpecError if it
    is not OpenAPI 3.0 or 3.1, or has no operation; UnknownOperation for an operation that it lacks.
    """
    draft = DraftDocument(upgrade_document(document, []).root)
    drop_wrong_shapes(draft)
    convert_operations(draft, operations)
    if not any(True for _ in draft.operations()):
        message = "the document has no operation that can be served"
        raise SpecError([SpecProblem(draft.origin("/paths"), "no-operation", message, "describe one below `paths`")])
    drop_unused_components(draft)
    convert_bodies(draft)
    mend_draft(draft, name, () if tighten else HABITS)
    drop_unused_components(draft)
    _in_order(draft)
    return AdoptedDocument(draft.document(), tuple(draft.notes), tuple(lifecycle_proposals(draft)))


def _in_order(draft: DraftDocument) -> None:
    """Sort the fields of the document and its operations as in the grammar, and responses by status."""
    grammar_of = grammar.meta_schema()
    _sort(draft.value, list(grammar_of["properties"]))
    for _, _, _, operation in draft.operations():
        _sort(operation, list(grammar_of["$defs"]["operation"]["properties"]))
        _sort(operation["responses"], sorted(operation["responses"]))


def _sort(fields: dict[str, Json], order: list[str]) -> None:
    for name in [*(name for name in order if name in fields), *(name for name in fields if name not in order)]:
        fields[name] = fields.pop(name)


@cache
def _ours() -> frozenset[str]:
    """All `x-` keys of the dialect."""
    keys: set[str] = set()
    waiting: list[Json] = [grammar.meta_schema()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            keys |= {key for key in value.get("properties", {}) if str(key).startswith("x-")}
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return frozenset(keys)


def is_foreign(document: SpecDocument) -> bool:
    """Whether a document has none of the dialect's keys, so that it was not written for Pixpact."""
    waiting: list[Json] = [document.value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if not _ours().isdisjoint(value):
                return False
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return True
