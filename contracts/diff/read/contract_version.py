"""One side of a comparison: any OpenAPI document, prepared as far as it can be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pixpact.contracts.diff.read.readable import without_faulty_parts
from pixpact.contracts.diff.read.schema_digests import SchemaDigests
from pixpact.contracts.diff.read.unfolding import check_unfolding
from pixpact.specs.adopt.adopt import is_foreign
from pixpact.specs.contract.model import Contract
from pixpact.specs.lint import lint
from pixpact.specs.openapi import openapi30
from pixpact.specs.openapi.document import DocumentNode, SpecDocument
from pixpact.specs.openapi.problems import SpecError, SpecProblem


@dataclass(frozen=True)
class ContractVersion:
    """A document whose references all resolve.

    `contract`: the model, if the document is written in our dialect and valid. `notes`: what could not be read.
    """

    name: str
    document: SpecDocument
    contract: Contract | None = None
    notes: tuple[SpecProblem, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    """Pointer of a part that could not be read → what is wrong with it."""

    @cached_property
    def value(self) -> dict[str, Any]:
        """The document as plain JSON."""
        return self.document.value

    @cached_property
    def contents(self) -> SchemaDigests:
        """Digests of its schemas."""
        return SchemaDigests(self.value)


def read_version(document: SpecDocument, name: str) -> ContractVersion:
    """Prepare one document; its faults become notes.

    Raises SpecError if it is not OpenAPI 3.0 or 3.1, or if a schema doubles without end.
    """
    rewrites, version = openapi30.rewrites_of(document)
    made = without_faulty_parts(document, rewrites)
    document = made.document
    check_unfolding(document)
    if version == "3.0":
        fields = {**document.root.value, "openapi": DocumentNode("3.1.0", document.root.value["openapi"].origin)}
        document = SpecDocument(DocumentNode(fields, document.root.origin))
    contract, unread = _contract(document, name)
    return ContractVersion(name, document, contract, (*made.notes, *unread), made.faults)


def _contract(document: SpecDocument, name: str) -> tuple[Contract | None, tuple[SpecProblem, ...]]:
    """The contract, if the document uses the dialect; a note if it does but cannot be read."""
    if is_foreign(document):
        return None, ()
    try:
        checked = lint.lint_document(document, name)
        if checked.contract is not None:
            return checked.contract, ()
        first = checked.errors[0]
    except SpecError as error:
        first = error.problems[0]
    message = f"read as plain OpenAPI, because its x- keys cannot be: {first.message}"
    return None, (SpecProblem(first.origin, "dialect-unread", message, "pixpact lint shows all problems", note=True),)
