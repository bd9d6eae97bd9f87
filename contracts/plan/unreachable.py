"""Finds the claims that no probe can exercise with the given capabilities, each with the reason."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.claims.contract_claims import INVALID, UNAUTHENTICATED, UNKNOWN_TASK, ContractClaims
from pixpact.contracts.claims.responses import reads_violation
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.specs.contract.model import Contract, Example, MediaType, Operation

NOT_PROVOKED = "not provoked: no request may cause it"
NEVER_SHOWN = "in no documented example: it is optional"
NEVER_TOLD = "no documented response shows it"
_PROGRESS = {"$task.progress", "$task.fraction"}
_CAUSED = (None, INVALID, UNAUTHENTICATED, UNKNOWN_TASK)


def unreachable_claims(claims: ContractClaims, means: Capabilities) -> dict[str, str]:
    """Claim id → why it is not checkable."""
    reasons: dict[str, str] = {}
    reasons.update(_causes(claims, means))
    reasons.update(_responses(claims, means))
    reasons.update(_lives(claims, means))
    reasons.update(_images(claims, means))
    return reasons


def _causes(claims: ContractClaims, means: Capabilities) -> Iterator[tuple[str, str]]:
    for (_, cause), claim in claims.responses.causes.items():
        if cause not in _CAUSED and not means.provokes:
            yield claim.id, NOT_PROVOKED


def _responses(claims: ContractClaims, means: Capabilities) -> Iterator[tuple[str, str]]:
    """Yield the claims about responses that no reachable response exercises, with the reason."""
    reached: set[str] = set()
    shown: set[str] = set()
    for operation in claims.contract.operations:
        for status, media, example in _examples(operation):
            body = claims.responses.body(media, example.value)
            own = {claim.id for claim in body.kept} | {bound.claim.id for bound in body.bound if bound.claim}
            own |= {claim.id for claim in claims.responses.objects_in(media, example.value)}
            own.add(claims.responses.types[media.pointer].id)
            shown |= own
            if means.provokes or _comes_up(claims.contract, example, status):
                reached |= own
    headers = set(_headers(claims, means))
    links = {claim.id for claim in (*claims.responses.statuses.values(), *claims.responses.links.values())}
    for claim in claims.all:
        if claim.area == "answer" and claim.id not in reached | headers | links:
            yield claim.id, NOT_PROVOKED if claim.id in shown else NEVER_SHOWN


def _headers(claims: ContractClaims, means: Capabilities) -> Iterator[str]:
    """Yield the ids of claims about headers of reachable responses."""
    for operation in claims.contract.operations:
        for response in operation.responses:
            examples = [example for media in response.media for example in media.examples]
            if means.provokes or any(_comes_up(claims.contract, example, response.status) for example in examples):
                yield from (claims.responses.header(operation, header).id for header in response.headers)


def _examples(operation: Operation) -> Iterator[tuple[str, MediaType, Example]]:
    for response in operation.responses:
        for media in response.media:
            for example in media.examples:
                yield response.status, media, example


def _comes_up(contract: Contract, example: Example, status: str) -> bool:
    """Whether a response follows from valid requests, or from those that are invalid on purpose."""
    states = {state.name: state for life in contract.lifecycles.values() for state in life.states.values()}
    state = states.get(example.subject or "")
    if state is not None:
        return state.outcome != "failure"
    if status.startswith("2"):
        return example.subject is None
    return example.subject in _CAUSED[1:] or (example.subject is None and reads_violation(example))


def _lives(claims: ContractClaims, means: Capabilities) -> Iterator[tuple[str, str]]:
    bound = set(_bound(claims.contract))
    for (_, about), claim in claims.lives.task.items():
        if (about == "created" and "$task.createdAt" not in bound) or (about == "rising" and not bound & _PROGRESS):
            yield claim.id, NEVER_TOLD
    for (_, _, about), claim in claims.lives.state.items():
        if about == "progress" and not bound & _PROGRESS:
            yield claim.id, NEVER_TOLD
    for (life, word, _), claim in claims.lives.state.items():
        state = claims.contract.lifecycles[life].states[word]
        if state.outcome == "failure" and not means.provokes:
            yield claim.id, NOT_PROVOKED
    for claim in claims.lives.isolation.values():
        if not means.second_key:
            yield claim.id, "no second key: give --second-api-key-env"


def _images(claims: ContractClaims, means: Capabilities) -> Iterator[tuple[str, str]]:
    bound = set(_bound(claims.contract))
    for claim in claims.all:
        if claim.id.endswith("/available") and claim.area == "image" and "$image.url" not in bound:
            yield claim.id, "no response links to an image"
        elif claim.id.endswith("/available") and claim.area == "image" and not means.can_wait:
            yield claim.id, "needs a wait of a day"
        elif claim.id.endswith("/lifetime") and not {"$image.expiresAt", "$task.expiresAt"} & bound:
            yield claim.id, "no response states an expiry"
        elif claim in claims.lives.balance.values() and not _prices(claims, means):
            yield claim.id, "no price is stated: give --price"
        elif claim.area == "billing" and claim.id.endswith("/price") and "$task.cost" not in bound:
            yield claim.id, "no response states a cost"


def _prices(claims: ContractClaims, means: Capabilities) -> bool:
    """Whether any price of an image is known."""
    return means.price is not None or any(
        claim.area == "billing" and claim.id.endswith("/price") for claim in claims.all
    )


def _bound(contract: Contract) -> Iterator[str]:
    for operation in contract.operations:
        for _, example in operation.examples():
            for binding in example.bindings:
                yield from (expression.text for expression in binding.expression.embedded or (binding.expression,))
