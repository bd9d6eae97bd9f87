"""Streaming check: events come in the documented order, and a refusal is plain JSON."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.contracts.checks.observation import Observation, kept, unjudged
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.traffic.case import ReadExchange, TaskCase, condition_holds
from pixpact.specs.contract.model import Example, MediaType
from pixpact.specs.openapi.document import Json
from pixpact.wire.bodies import STREAM
from pixpact.wire.exchange import media_type


def streaming(case: TaskCase, claims: ContractClaims) -> Iterator[Observation]:
    """Whether streams have the documented order, and refusals of streams are not streams."""
    for step in case.steps:
        if step.asked is None or not step.answered:
            continue
        order = claims.lives.stream.get((step.operation.id, "order"))
        refusal = claims.lives.stream.get((step.operation.id, "refusal"))
        if order and step.accepted and step.media and step.media.name == STREAM and isinstance(step.value, list):
            yield from _order(step, order)
        elif refusal and step.refused and asks_stream(step):
            declared = media_type(step.exchange.response_headers)
            if declared != STREAM:
                yield from kept(refusal)
            else:
                yield Observation(
                    (refusal,),
                    False,
                    "content-type",
                    "breaking",
                    "",
                    refusal.text,
                    f"the content type is {declared}",
                    steps=(step.index,),
                )


def asks_stream(step: ReadExchange) -> bool:
    """Whether the request asks for a stream, by the condition of a documented stream."""
    media = [media for response in step.operation.responses for media in response.media if media.name == STREAM]
    return any(example.when is not None and condition_holds(example.when, step.roots) for example in media)


def _order(step: ReadExchange, claim: Claim) -> Iterator[Observation]:
    assert step.media is not None
    if step.body and step.body.violations:
        yield from unjudged("its events are not the documented ones", claim)
        return
    example = _shown(step, step.media)
    needed = set.intersection(*({_name(event) for event in example.value} for example in step.media.examples))
    documented = list(dict.fromkeys(_name(event) for event in example.value))
    of_images = {_name(example.value[image.path[0]]) for image in example.images}
    names = [name for event in step.value if (name := _name(event)) in documented]
    ends = bool(names) and names[-1] == documented[-1]
    if ends and _in_order(names, documented, of_images) and not needed - of_images - set(names):
        yield from kept(claim)
    else:
        observed = " → ".join(dict.fromkeys(names)) or "no event"
        promised = " → ".join(documented)
        yield Observation((claim,), False, "order", "breaking", "", promised, observed, steps=(step.index,))


def _shown(step: ReadExchange, media: MediaType) -> Example:
    """The documented stream for the request: the first whose condition holds, else one without a condition."""
    fitting = [
        example
        for example in media.examples
        if example.when is None or (not example.when.never and example.when.holds(step.roots))
    ]
    return min(fitting or media.examples, key=lambda example: example.when is None)


def _in_order(names: list[str], documented: list[str], of_images: set[str]) -> bool:
    """Whether events come in the documented order; events of images may come in any order among themselves."""
    first = min((documented.index(name) for name in of_images), default=0)
    ranks = [first if name in of_images else documented.index(name) for name in names]
    return ranks == sorted(ranks)


def _name(event: Json) -> str:
    if not isinstance(event, dict):
        return ""
    name = event.get("event") or event.get("data")
    return name if isinstance(name, str) else ""
