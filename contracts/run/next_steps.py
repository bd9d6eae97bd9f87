"""Advice after an incomplete run: how to continue it, and with which caps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from math import ceil

from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.limits.budget import Budget
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.plan import BEYOND, ProbePlan, plan
from pixpact.contracts.run.outcome import RunOutcome

_MARGIN = 1.1
_ROUND = 10
"""Estimated requests are rounded up to a multiple of this."""
_FOLLOWED = 10.0
"""Estimated requests of a task, with polls and downloads, before any task was completed."""
_CENT = Decimal("0.01")


def next_steps(
    claims: ContractClaims,
    made: ProbePlan,
    means: Capabilities,
    outcome: RunOutcome,
    budget: Budget,
    has_plan_file: bool,
) -> tuple[str, ...]:
    """Sentences without a full stop, for a run that was interrupted or ran into a cap after the first response."""
    got_somewhere = any(step.answered for _, case in outcome.ledger.cases for step in case.steps)
    if not got_somewhere or not (outcome.interrupted or outcome.failures):
        return ()
    goes_on = (
        "run the same command to continue: nothing is sent or bought twice"
        if has_plan_file
        else "with --plan-file FILE the same command continues where it stopped; without it, it starts over"
    )
    return (goes_on, *_caps(claims, made, means, outcome, budget))


def _caps(
    claims: ContractClaims, made: ProbePlan, means: Capabilities, outcome: RunOutcome, budget: Budget
) -> Iterator[str]:
    if "requests" in outcome.caps:
        enough = ceil(_MARGIN * (budget.spent.requests + _left(made, outcome)) / _ROUND) * _ROUND
        yield f"--max-requests {enough} should be enough for the rest"
    is_beyond = BEYOND in made.beyond.values() and not outcome.cut
    if not (outcome.caps & {"images", "cost"} or is_beyond):
        return
    whole = plan(claims, replace(means, images=None, cost=None))
    if means.images is not None and whole.images > means.images:
        yield f"--max-images {whole.images} is enough for the whole plan"
    if means.cost is not None and whole.cost is not None and whole.cost > means.cost:
        yield f"--max-cost {whole.cost.quantize(_CENT, ROUND_CEILING)} is enough for the whole plan"


def _left(made: ProbePlan, outcome: RunOutcome) -> float:
    """Estimate the requests of the probes still to be sent: one each; for tasks, the average so far."""
    done = {probe.id: len(case.steps) for probe, case in outcome.ledger.cases if probe is not None}
    followed = [done[probe.id] for probe in made.probes if probe.kind == "take" and probe.id in done]
    each = sum(followed) / len(followed) if followed else _FOLLOWED
    left = [probe for probe in (*made.probes, *made.generated) if probe.id not in done]
    return sum(each if probe.kind == "take" else 1.0 for probe in left)
