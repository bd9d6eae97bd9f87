"""Acceptance check: a request that breaks no rule is accepted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pixpact.contracts.checks.observation import Observation, kept, unjudged
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.contract_claims import INVALID, ContractClaims
from pixpact.contracts.traffic.case import ReadExchange, TaskCase, silence_of
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.messages import short_json

_OTHER_REASONS = {401, 402, 403, 408, 409, 425, 429}


def acceptance(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """Whether valid requests were accepted; otherwise one of the claims they exercise is broken."""
    for step in case.steps:
        if step.asked is None or step.expects != "":
            continue
        exercised = _claims(step, claims)
        if not exercised and step.operation.id not in claims.responses.success:
            continue  # no success is documented
        if step.accepted:
            yield from kept(*exercised)
        elif step.refused and not _for_another_reason(step):
            yield Observation(
                claims=tuple(exercised) or (claims.responses.success[step.operation.id],),
                kept=False,
                kind="refused",
                promised="the request is accepted",
                observed=f"{step.exchange.status} {message_of(step.value)}".strip(),
                steps=(step.index,),
            )
        else:
            yield from unjudged(why_unjudged(step), *exercised)


def _claims(step: ReadExchange, claims: ContractClaims) -> list[Claim]:
    assert step.asked is not None
    exercised = list(step.exercise.claims.values()) if step.exercise else []
    is_usual = step.accepted and not step.exchange.note.get("provoked")
    if is_usual and step.exercise and (together := claims.valid.get(step.operation.id)):
        exercised.append(together)
    given = claims.parameters[step.operation.id]
    for location in ("query", "header"):
        for name in given.names(location):
            sent = getattr(step.asked.request, location).get(name) is not None
            if sent and (claim := given.taken(location, name)):
                exercised.append(claim)
    return exercised


def _for_another_reason(step: ReadExchange) -> bool:
    """Whether a refusal is about something else than validity: the key, the balance, the rate, the depicted content."""
    if step.disguised:
        return False  # its status is 2XX
    causes = {example.subject for status, example in step.operation.examples() if status == str(step.exchange.status)}
    causes.discard(None)
    return step.exchange.status in _OTHER_REASONS or (bool(causes) and INVALID not in causes)


def why_unjudged(step: ReadExchange) -> str:
    """Why a step cannot be judged, for a report."""
    if not step.answered:
        return silence_of(step.exchange)
    return f"returned {step.exchange.status} {message_of(step.value)}".strip()


def message_of(value: Json) -> str:
    """The message of an error body: its first field with a usual name for a message, else its first text."""
    if isinstance(value, dict):
        for name in ("message", "msg", "error", "detail"):
            if name in value and (text := message_of(value[name])):
                return text
        return next((text for inner in value.values() if (text := message_of(inner))), "")
    return short_json(value) if isinstance(value, str) and value else ""


def names(message: str, field: str) -> bool:
    """Whether a message contains a field's name as a whole word."""
    return re.search(rf"(?<![\w-]){re.escape(field)}(?![\w-])", message) is not None
