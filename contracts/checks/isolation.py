"""Isolation check: another account's key cannot read a task."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.checks.acceptance import why_unjudged
from pixpact.contracts.checks.observation import Observation, kept, unjudged
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.traffic.case import ReadExchange, TaskCase


def isolation(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """Whether polls with the second account's key were refused."""
    for step in case.of("show"):
        if not step.exchange.note.get("isolation"):
            continue
        claim = claims.lives.isolation.get(step.operation.id)
        if claim is None:
            continue
        if step.accepted and not _shows_a_task(step):
            yield from unjudged(f"responded with {step.exchange.status}, without a task", claim)
        elif step.accepted:
            observed = f"responded with {step.exchange.status} and the task"
            yield Observation((claim,), False, "isolation", "breaking", "", claim.text, observed, steps=(step.index,))
        elif step.refused:
            yield from kept(claim)
        else:
            yield from unjudged(why_unjudged(step), claim)


def _shows_a_task(step: ReadExchange) -> bool:
    """Whether a response contains the id or status of a task, or matches its documented schema."""
    says = any(isinstance(step.says(name), str) for name in ("$task.id", "$task.status"))
    return says or (not step.problem and step.body is not None and not step.body.violations)
