"""Isolation: another account's key cannot read a task."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.checks.acceptance import why
from pixpact.contracts.checks.observation import Observation, kept, unjudged
from pixpact.contracts.claims.stated import ContractClaims
from pixpact.contracts.traffic.case import TaskCase


def isolation(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """Whether polls with the second account's key were refused."""
    for step in case.of("show"):
        if not step.exchange.note.get("isolation"):
            continue
        claim = claims.lives.isolation.get(step.operation.id)
        if claim is None:
            continue
        if step.accepted:
            observed = f"answered {step.exchange.status} with the task"
            yield Observation((claim,), False, "isolation", "breaking", "", claim.text, observed, steps=(step.index,))
        elif step.refused:
            yield from kept(claim)
        else:
            yield from unjudged(why(step), claim)
