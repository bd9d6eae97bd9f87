"""Billing check: the balance decreases by the cost of the task."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pixpact.contracts.checks.observation import Observation, kept, unjudged
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.contracts.traffic.case_images import delivering, places_are_clear, shown_images
from pixpact.specs.openapi.document import Json
from pixpact.wire.json_values import is_number

_BALANCE = "$account.balance"


def billing(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """Whether two balances differ by the cost of the one task between them."""
    polls: dict[str, list[ReadExchange]] = {}
    for step in case.steps:
        if step.accepted and step.exchange.note.get("balance") and _amount(step.says(_BALANCE)) is not None:
            polls.setdefault(step.operation.id, []).append(step)
    for operation, (before, *later) in polls.items():
        claim = claims.lives.balance.get(operation)
        if claim is None or not later:
            continue
        costs = _costs(case)
        if not costs:
            yield from unjudged("nothing shows what the task in between cost", claim)
            continue
        first, last = _amount(before.says(_BALANCE)), _amount(later[-1].says(_BALANCE))
        assert first is not None
        assert last is not None
        if first < 0 or last < 0:
            yield from unjudged("the account has no limit", claim)
        elif any(abs(first - last - cost) < Decimal("0.000001") for cost in costs):
            yield from kept(claim)
        else:
            observed = f"{first} before, {last} after"
            indices = (before.index, later[-1].index)
            yield Observation(
                (claim,),
                False,
                "balance",
                "warning",
                "",
                f"the balance decreases by {costs[0]}",
                observed,
                steps=indices,
                root=_BALANCE,
                chance=True,
            )


def _amount(value: Json) -> Decimal | None:
    return Decimal(str(value)) if is_number(value) else None


def _costs(case: TaskCase) -> list[Decimal]:
    """The possible costs of the task: as its response states it, and the images times their price.

    The `images` check reports where the two differ.
    """
    costs = [amount for step in reversed(case.steps) if (amount := _amount(step.says("$task.cost"))) is not None][:1]
    promise = case.start.exercise.promise if case.start and case.start.exercise else None
    response = delivering(case)
    if promise is not None and promise.price is not None and response is not None and places_are_clear(response):
        costs.append(promise.price * len(shown_images(case)))
    return costs
