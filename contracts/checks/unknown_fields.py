"""Unknown fields check: a response has documented fields only."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.checks.observation import Observation, kept
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.specs.dialect.expressions import value_at
from pixpact.specs.openapi.document import steps
from pixpact.specs.openapi.messages import short_json


def unknown_fields(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """Observe undocumented fields; a field in place of a missing one is part of that finding."""
    for step in case.steps:
        if step.body is None or not step.answered or step.media is None:
            continue
        broken = set()
        for claim, pointer in step.body.unknown:
            broken.add(claim.id)
            if not _stands_in(step, pointer):
                yield Observation(
                    claims=(claim,),
                    kept=False,
                    kind="unknown-member",
                    severity="info",
                    pointer=pointer,
                    promised=claim.text,
                    observed=f"{steps(pointer)[-1]}: {short_json(value_at(step.value, steps(pointer)))}",
                    steps=(step.index,),
                )
        if not step.body.violations:
            claimed = claims.responses.objects_in(step.media, step.value)
            yield from kept(*(claim for claim in claimed if claim.id not in broken))


def _stands_in(step: ReadExchange, pointer: str) -> bool:
    """Whether an undocumented field belongs to another form of the object, which `body` reports."""
    assert step.body is not None
    parent = pointer.rpartition("/")[0]
    violations = [violation for _, violation in step.body.violations]
    beside = [violation for violation in violations if violation.pointer.rpartition("/")[0] == parent]
    return (
        any(violation.keyword == "required" for violation in beside)
        or any(
            violation.keyword == "type" and isinstance(value_at(step.value, steps(violation.pointer)), dict)
            for violation in beside
        )
        or any(
            violation.keyword in ("oneOf", "anyOf") and parent.startswith(violation.pointer) for violation in violations
        )
    )
