"""Which operation ends the tasks of which other one: a task is only ended where it was begun for that."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.claims.stated import ContractClaims
from pixpact.specs.contract.model import Contract, Operation


def ended(claims: ContractClaims) -> Iterator[tuple[Operation, Operation]]:
    """Each operation that ends tasks, after one that begins such a task."""
    contract = claims.contract
    for end in contract.operations:
        start = next((it for it in contract.operations if _is_of(contract, it, end)), None)
        if end.does("end") and start is not None:
            yield start, end


def _is_of(contract: Contract, start: Operation, end: Operation) -> bool:
    becomes = end.role.becomes if end.role else None
    lives = [contract.lifecycles[role.lifecycle or ""] for role in start.roles if role.verb == "start"]
    return any(becomes is None or becomes in life.states for life in lives)
