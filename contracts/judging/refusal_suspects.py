"""Narrows the suspects of a refusal to the claims about the fields that its message names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pixpact.contracts.checks.acceptance import message_of, names
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.judging.observation_log import JudgementEntry
from pixpact.specs.openapi.document import at

_DEMANDED = re.compile(r"\b(\w+)['\"`]? (?:is|are) (?:required|missing)\b")
"""Matches the name of a field that a refusal requires."""
_WORDS = frozenset({"field", "parameter", "value", "key", "it", "this", "argument", "input", "property"})
"""Words that name no field, as in `This field is required`."""
_FIELD = re.compile(r"/properties/([^/]+)")


def named_suspects(suspects: Sequence[Claim], entry: JudgementEntry, claims: ContractClaims) -> tuple[Claim, ...]:
    """The suspects about most of the fields that the refusal names; none if it names no field of theirs.

    A message that names both `n` and `image_urls` is about the suspect `n + image_urls`, not about the bound of `n`.
    """
    step = entry.case.steps[entry.seen.steps[-1] if entry.seen.steps else 0]
    if entry.seen.kind != "refused" or step.asked is None or not isinstance(step.sent, dict):
        return ()
    message = message_of(step.value)
    if not any(names(message, name) for name in step.sent):
        return ()
    operation = step.asked.operation.id
    spoken_of = {
        claim.id: sum(names(message, name) for name in _fields(claim, operation, claims)) for claim in suspects
    }
    most = max(spoken_of.values(), default=0)
    return tuple(claim for claim in suspects if most and spoken_of[claim.id] == most)


def is_of_no_field(entry: JudgementEntry, claims: ContractClaims) -> bool:
    """Whether a refusal is for a field that the contract lacks: then no value of the request is at fault."""
    step = entry.case.steps[entry.seen.steps[-1] if entry.seen.steps else 0]
    if entry.seen.kind != "refused" or step.asked is None or step.body is None:
        return False
    named_fields = _DEMANDED.findall(message_of(step.value))
    named_fields += [
        bound.value
        for bound in step.body.bound
        if bound.expression == "$violation.field" and isinstance(bound.value, str)
    ]
    stated_fields = {
        part
        for (name, _), accepted in claims.acceptance.items()
        if name == step.asked.operation.id
        for samples in accepted.samples.values()
        for statement in samples.statements
        for part in statement.path[:1]
    }
    return any(
        name.isidentifier() and name.lower() not in _WORDS and name not in stated_fields for name in named_fields
    )


def _fields(claim: Claim, operation: str, claims: ContractClaims) -> set[str]:
    """The top-level request fields that a claim is about."""
    names = set(_FIELD.findall(claim.pointer)[:1])
    if claim.pointer.endswith("/x-total"):
        names |= {part.partition("/")[0] for part in at(claims.contract.document.value, claim.pointer)["of"]}
    for (name, _), accepted in claims.acceptance.items():
        if name != operation:
            continue
        for samples in accepted.samples.values():
            names |= {
                statement.path[0]
                for statement in samples.statements
                if statement.path
                and (claim.pointer == statement.pointer or claim.pointer.startswith(f"{statement.pointer}/"))
            }
    return names
