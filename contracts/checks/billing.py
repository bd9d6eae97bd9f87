"""Billing: the balance falls by what was charged."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pixpact.contracts.checks.observation import Seen, kept, unjudged
from pixpact.contracts.claims.stated import Claims
from pixpact.contracts.traffic.case import Case, Step
from pixpact.contracts.traffic.shown import delivering, pictures, places_are_clear
from pixpact.specs.openapi.document import Json

_BALANCE = "$account.balance"


def billing(case: Case, claims: Claims) -> Iterator[Seen]:
    """Whether two looks at the balance differ by the cost of the one task between them."""
    looks: dict[str, list[Step]] = {}
    for step in case.steps:
        if step.accepted and step.exchange.note.get("balance") and _amount(step.says(_BALANCE)) is not None:
            looks.setdefault(step.operation.id, []).append(step)
    for operation, (before, *later) in looks.items():
        claim = claims.lives.balance.get(operation)
        if claim is None or not later:
            continue
        costs = _costs(case)
        if not costs:
            yield from unjudged("nothing tells what the task between cost", claim)
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
            yield Seen(
                (claim,),
                False,
                "balance",
                "warning",
                "",
                f"the balance falls by {costs[0]}",
                observed,
                steps=indices,
                root=_BALANCE,
                chance=True,
            )


def _amount(value: Json) -> Decimal | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return Decimal(str(value)) if is_number else None


def _costs(case: Case) -> list[Decimal]:
    """What the task cost: as its answers state, and its pictures times their price; `images` tells if these differ."""
    found = [amount for step in reversed(case.steps) if (amount := _amount(step.says("$task.cost"))) is not None][:1]
    promise = case.start.exercise.promise if case.start and case.start.exercise else None
    answer = delivering(case)
    if promise is not None and promise.price is not None and answer is not None and places_are_clear(answer):
        found.append(promise.price * len(pictures(case)))
    return found
