"""Which claims a refusal speaks of: those about the fields of the request that its message names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pixpact.contracts.checks.acceptance import message_of
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.stated import ContractClaims
from pixpact.contracts.judging.ledger import JudgementEntry

_FIELD = re.compile(r"/properties/([^/]+)")


def named(suspects: Iterable[Claim], entry: JudgementEntry, claims: ContractClaims) -> tuple[Claim, ...]:
    """The suspects that are about a field which the refusal names; none where it names no field that was sent."""
    step = entry.case.steps[entry.seen.steps[-1] if entry.seen.steps else 0]
    if entry.seen.kind != "refused" or step.asked is None or not isinstance(step.sent, dict):
        return ()
    message = message_of(step.value)
    spoken_of = {name for name in step.sent if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", message)}
    if not spoken_of:
        return ()
    return tuple(claim for claim in suspects if spoken_of & _fields(claim, step.asked.operation.id, claims))


def _fields(claim: Claim, operation: str, claims: ContractClaims) -> set[str]:
    """The outermost fields of a request that a claim is about."""
    found = set(_FIELD.findall(claim.pointer)[:1])
    for (name, _), accepted in claims.acceptance.items():
        if name != operation:
            continue
        for samples in accepted.samples.values():
            found |= {
                statement.path[0]
                for statement in samples.statements
                if statement.path
                and (claim.pointer == statement.pointer or claim.pointer.startswith(f"{statement.pointer}/"))
            }
    return found
