"""Repeats requests that were refused for a missing field, with that field added.

A vendor that requires one more field refuses all requests without it, and hides which other rules it enforces.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from pixpact.contracts.checks.refusal import absent_field
from pixpact.contracts.claims.contract_claims import INVALID, ContractClaims
from pixpact.contracts.judging.observation_log import ObservationLog
from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.samples.bodies import put
from pixpact.contracts.traffic.case import TaskCase

_ROUNDS = 2
"""How many missing fields, one after the other, are added to a request."""


async def completed(claims: ContractClaims, ledger: ObservationLog, send: Callable[[Probe], Awaitable[None]]) -> None:
    """Send such requests again, with the field that the refusal named. Refused requests cost nothing."""
    judged = 0
    for _ in range(_ROUNDS):
        cases, judged = ledger.cases[judged:], len(ledger.cases)
        made = [again for probe, case in cases if probe and (again := _again(probe, case, claims, ledger)) is not None]
        for probe in made:
            await send(probe)


def _again(probe: Probe, case: TaskCase, claims: ContractClaims, ledger: ObservationLog) -> Probe | None:
    """The same request with the field that its refusal named; None for any other refusal."""
    step = case.steps[0]
    if probe.expects != INVALID or probe.body is None or not step.refused or step.asked is None:
        return None
    accepted = claims.acceptance.get((probe.operation, probe.media))
    refusals = claims.refusals.get((probe.operation, probe.media))
    branch = step.asked.reading.branch if step.asked.reading else None
    if accepted is None or refusals is None or branch is None or not (field := absent_field(step, claims)):
        return None
    body = put(probe.body, (field,), accepted.samples[branch.pointer].of((field,))[0])
    claim = refusals.broken(body)
    if claim is None or claim.id not in probe.claims or claim.id in ledger.kept:
        return None
    return replace(probe, id=f"{probe.id}-whole", what=f"with {field}: {probe.what}"[:120], body=body)
