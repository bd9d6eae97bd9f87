"""Content type check: a response declares the documented media type, and its body can be read as that."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.checks.observation import Observation, kept, unjudged
from pixpact.contracts.checks.streaming import asks_stream
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.traffic.case import LEFT_OUT, ReadExchange, TaskCase, condition_holds
from pixpact.contracts.traffic.unrecorded import HEADERS, lacks
from pixpact.specs.contract.model import MediaType
from pixpact.wire.bodies import STREAM
from pixpact.wire.exchange import media_type


def content_type(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """Whether each response has the media type documented for the request, and a body that can be read as that type."""
    for step in case.steps:
        if step.asked is None or step.response is None or not step.answered or step.media is None:
            continue
        if step.exchange.status in _WITHOUT_BODY:
            continue  # judged by `status`
        claim = claims.responses.types[step.media.pointer]
        wanted = _wanted(step)
        declared = media_type(step.exchange.response_headers)
        if (step.refused and declared == STREAM and asks_stream(step)) or _is_of_a_gateway(step, declared):
            continue  # `streaming` judges the first; the second is not documented
        if lacks(step.exchange, "response-headers"):
            yield from unjudged(HEADERS, claim)
        elif declared != wanted.name.lower():
            observed = f"the content type is {declared or 'not stated'}"
            yield Observation(
                (claim,),
                False,
                "content-type",
                "breaking",
                "",
                f"the content type is {wanted.name}",
                observed,
                declared,
                steps=(step.index,),
                root=f"{declared or 'nothing'} for {wanted.name}",
            )
        elif step.problem == LEFT_OUT:
            yield from unjudged(LEFT_OUT, claim)
        elif problem := step.problem or step.flaw:
            yield Observation(
                (claim,),
                False,
                "unreadable",
                "breaking",
                "",
                f"a body of type {wanted.name}",
                problem,
                steps=(step.index,),
                root=problem.partition(" (line")[0],
            )
        else:
            yield from kept(claim)


def _is_of_a_gateway(step: ReadExchange, declared: str) -> bool:
    """Whether the response of a busy or failing server comes from a gateway, to which the contract does not apply."""
    status = step.exchange.status
    is_gateways = status == _TOO_MANY or 502 <= status < 600
    return is_gateways and declared in _OF_GATEWAYS and not step.exchange.note.get("provoked")


_WITHOUT_BODY = (204, 205, 304)
_TOO_MANY = 429
_OF_GATEWAYS = ("text/html", "text/plain", "")


def _wanted(step: ReadExchange) -> MediaType:
    """The documented media type for this request: the first whose condition holds, else one without a condition."""
    assert step.response is not None
    roots = step.roots
    for media in step.response.media:
        if media.when is not None and condition_holds(media.when, roots):
            return media
    return next((media for media in step.response.media if media.when is None), step.response.media[0])
