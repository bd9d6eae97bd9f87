"""Status: success is answered with the documented status."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.checks.observation import Observation, kept
from pixpact.contracts.claims.stated import ContractClaims
from pixpact.contracts.traffic.case import TaskCase


def status(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """Whether each response that is a success has the status that the contract gives it."""
    for step in case.steps:
        if step.asked is None or not step.accepted or step.expects not in ("", "?"):
            continue
        status = step.response.status if step.response else ""
        claim = claims.responses.statuses.get(
            (step.operation.id, status), claims.responses.success.get(step.operation.id)
        )
        if claim is None:
            continue
        if step.documented:
            yield from kept(claim)
        else:
            seen = str(step.exchange.status)
            yield Observation(
                (claim,), False, "status", "breaking", "", claim.text, f"answered {seen}", seen, steps=(step.index,)
            )
