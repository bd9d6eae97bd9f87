"""Lints a spec: reports every problem at once, each with file, line and remedy.

There are three stages, each run only if the one before found nothing: grammar and references; parts (schemas,
expressions, operations, lifecycles); their meaning together (examples, defaults, bindings, refusals). A rule is a
function; its name is the rule's id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from pixpact.specs.contract.loader import build
from pixpact.specs.contract.model import Contract
from pixpact.specs.lint.rules import (
    callbacks,
    defaults,
    expressions,
    lifecycles,
    limits,
    operations,
    references,
    responses,
    structure,
)
from pixpact.specs.lint.rules.subject import CompiledSpec, LintFault, SpecParts
from pixpact.specs.openapi import document as documents
from pixpact.specs.openapi import grammar, overlay
from pixpact.specs.openapi.document import SpecDocument
from pixpact.specs.openapi.problems import SpecError, SpecProblem
from pixpact.specs.openapi.references import with_plain_references

Subject = TypeVar("Subject", SpecParts, CompiledSpec)

REFERENCES: tuple[Callable[[SpecParts], Iterator[LintFault]], ...] = (references.unresolved_ref,)
PARTS: tuple[Callable[[SpecParts], Iterator[LintFault]], ...] = (
    structure.bad_schema,
    structure.portable_pattern,
    structure.too_large,
    structure.derived_keyword,
    structure.image_table,
    expressions.expression,
    expressions.image_item,
    expressions.image_file,
    expressions.time_form,
    operations.duplicate_operation,
    operations.path_parameter,
    operations.security_scheme,
    operations.link,
    operations.role,
    operations.mode,
    lifecycles.state_graph,
)
MEANING: tuple[Callable[[CompiledSpec], Iterator[LintFault]], ...] = (
    expressions.unknown_field,
    operations.branch,
    operations.role_expression,
    operations.optional_body,
    operations.unreachable_task,
    callbacks.idempotency,
    callbacks.callback,
    lifecycles.state_example,
    lifecycles.status_word,
    responses.example,
    responses.missing_response,
    responses.missing_refusal,
    responses.cause_twice,
    responses.undefined_binding,
    responses.image_format,
    defaults.default,
    defaults.list_required,
    limits.unread_keyword,
    limits.unreachable_limit,
)
NOTES = (limits.unreachable_limit,)
"""Rules whose problems are notes to the author, and stop nothing."""
Broken = tuple[str, LintFault]
"""(rule id, fault)."""


@dataclass(frozen=True, slots=True)
class CheckedSpec:
    """The problems of a spec, and its contract if no problem stops it."""

    contract: Contract | None
    problems: tuple[SpecProblem, ...]

    @property
    def errors(self) -> list[SpecProblem]:
        """The problems that stop the spec from being served."""
        return [problem for problem in self.problems if not problem.note]


def name_of(rule: Any) -> str:
    """The id of a rule."""
    return str(rule.__name__).replace("_", "-")


NOTED = frozenset(map(name_of, NOTES))
RULES = (
    *documents.RULES,
    *overlay.RULES,
    *grammar.RULES,
    *(name_of(rule) for rule in (*REFERENCES, *PARTS, *MEANING)),
)
"""The ids of all rules."""


def lint_document(document: SpecDocument, name: str) -> CheckedSpec:
    """Lint a document under the name it will be served as."""
    document = with_plain_references(document)
    parts = SpecParts(document)
    if problems := [*grammar.problems(document), *_problems(document, _broken(REFERENCES, parts))]:
        return CheckedSpec(None, _sorted(problems))
    contract, broken = faults(document, name, parts)
    return CheckedSpec(contract, _sorted(_problems(document, broken)))


def faults(document: SpecDocument, name: str, parts: SpecParts | None = None) -> tuple[Contract | None, list[Broken]]:
    """(contract, faults) of a document that the grammar accepts; the contract is None if its parts are broken.

    Only the faults of the first stage that finds any are returned.
    """
    parts = parts or SpecParts(document)
    if broken := _broken(REFERENCES, parts) or _broken(PARTS, parts):
        return None, broken
    contract = build(document, name, parts.schemas)
    broken = _broken(MEANING, CompiledSpec(parts, contract))
    parts.schemas.release()
    return contract, broken


def contract_of(document: SpecDocument, name: str) -> Contract:
    """The contract of a document. Raises SpecError with all problems if there is an error."""
    checked = lint_document(document, name)
    if checked.errors or checked.contract is None:
        raise SpecError(checked.errors)
    return checked.contract


def _broken(rules: Iterable[Callable[[Subject], Iterator[LintFault]]], subject: Subject) -> list[Broken]:
    return [(name_of(rule), fault) for rule in rules for fault in rule(subject)]


def _problems(document: SpecDocument, broken: Iterable[Broken]) -> list[SpecProblem]:
    return [
        SpecProblem(document.origin(fault.pointer), rule, fault.message, fault.remedy, rule in NOTED)
        for rule, fault in broken
    ]


def _sorted(problems: list[SpecProblem]) -> tuple[SpecProblem, ...]:
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda problem: (problem.note, problem.origin, problem.rule, problem.message)))
