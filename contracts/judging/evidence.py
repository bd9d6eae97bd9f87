"""Which claims a refusal speaks of: those about the fields of the request that its message names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pixpact.contracts.checks.acceptance import message_of, names
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.stated import ContractClaims
from pixpact.contracts.judging.ledger import JudgementEntry
from pixpact.specs.openapi.document import at

_FIELD = re.compile(r"/properties/([^/]+)")


def named(suspects: Sequence[Claim], entry: JudgementEntry, claims: ContractClaims) -> tuple[Claim, ...]:
    """The suspects that are about most of the fields which the refusal names; none where it names no field of theirs.

    Of two suspects, the sum `n + image_urls` and the bound of `n`, a message that names both fields is about the sum.
    """
    step = entry.case.steps[entry.seen.steps[-1] if entry.seen.steps else 0]
    if entry.seen.kind != "refused" or step.asked is None or not isinstance(step.sent, dict):
        return ()
    message = message_of(step.value)
    if not any(names(message, name) for name in step.sent):
        return ()
    operation = step.asked.operation.id
    spoken_of = {it.id: sum(names(message, name) for name in _fields(it, operation, claims)) for it in suspects}
    most = max(spoken_of.values(), default=0)
    return tuple(claim for claim in suspects if most and spoken_of[claim.id] == most)


def _fields(claim: Claim, operation: str, claims: ContractClaims) -> set[str]:
    """The outermost fields of a request that a claim is about."""
    found = set(_FIELD.findall(claim.pointer)[:1])
    if claim.pointer.endswith("/x-total"):
        found |= {part.partition("/")[0] for part in at(claims.contract.document.value, claim.pointer)["of"]}
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
