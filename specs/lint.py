"""Whether a spec can be served: every problem at once, each with file, line and remedy.

Three stages, each needing the one before: the grammar, the parts (references, schemas, expressions, operations,
lifecycles), and what they mean together (examples, defaults, bindings, refusals).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pixpact.specs import grammar
from pixpact.specs.document import Document
from pixpact.specs.loader import build
from pixpact.specs.model import Contract
from pixpact.specs.problems import Problem, SpecError
from pixpact.specs.rules import answers, defaults, expressions, lifecycles, limits, operations, references, structure
from pixpact.specs.rules.subject import Meaning, Parts
from pixpact.specs.schemas import Schemas

PARTS: tuple[Callable[[Parts], Iterator[Problem]], ...] = (
    structure.bad_schema,
    structure.portable_pattern,
    structure.derived_keyword,
    expressions.expression,
    expressions.image_item,
    operations.duplicate_operation,
    operations.path_parameter,
    operations.security_scheme,
    operations.link,
    operations.role,
    lifecycles.state_graph,
)
MEANING: tuple[Callable[[Meaning], Iterator[Problem]], ...] = (
    operations.branch,
    lifecycles.state_example,
    lifecycles.status_word,
    answers.example,
    answers.missing_refusal,
    answers.cause_twice,
    answers.undefined_binding,
    defaults.default,
    defaults.list_required,
    limits.unreachable_limit,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A spec's problems, and the contract it makes when none of them stops it."""

    contract: Contract | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> list[Problem]:
        """The problems that stop the spec from being served."""
        return [problem for problem in self.problems if not problem.note]


def check(document: Document, name: str) -> Checked:
    """Check one document under the name it will be served as."""
    found = [*grammar.problems(document), *references.unresolved(document)]
    if found:
        return Checked(None, _sorted(found))
    parts = Parts(document, Schemas(document.value))
    found = [problem for rule in PARTS for problem in rule(parts)]
    if found:
        return Checked(None, _sorted(found))
    contract = build(document, name, parts.schemas)
    meaning = Meaning(parts, contract)
    found = [problem for rule in MEANING for problem in rule(meaning)]
    return Checked(contract, _sorted(found))


def contract_of(document: Document, name: str) -> Contract:
    """The contract of a document. Raises SpecError with all problems when there is a fault."""
    checked = check(document, name)
    if checked.errors or checked.contract is None:
        raise SpecError(checked.errors)
    return checked.contract


def _sorted(problems: list[Problem]) -> tuple[Problem, ...]:
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda problem: (problem.note, problem.origin, problem.rule, problem.message)))
