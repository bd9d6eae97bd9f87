"""Builds the plan of a check: the smallest list of priced probes for the claims, and the claims beyond reach.

Requests that must be refused come first and are free; those that must be accepted cost as few images as possible.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from pixpact.contracts.claims.acceptance import AcceptanceClaims
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.contract_claims import INVALID, UNAUTHENTICATED, UNKNOWN_TASK, ContractClaims
from pixpact.contracts.claims.parameters import ParameterValue
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.cover import CandidateRequest, candidate_request, cover
from pixpact.contracts.plan.description import describe_request
from pixpact.contracts.plan.probe import MAKING, Probe
from pixpact.contracts.plan.provoked_responses import asking_for, in_mode, provoked_probes
from pixpact.contracts.plan.required_parameters import OptionalParameters, is_safe_to_poll, parameter_slot
from pixpact.contracts.plan.sendable import SendableBodies, bought_by, is_upload, texts_of
from pixpact.contracts.plan.task_probes import ending_probes, goes_on
from pixpact.contracts.samples.samples import ELSEWHERE, PLAIN, image_of
from pixpact.specs.contract.model import Operation
from pixpact.specs.openapi.document import Json
from pixpact.wire.bodies import STREAM

BEYOND = "beyond the caps"
NO_REQUEST = "no valid request shows it on its own"


@dataclass(frozen=True, slots=True)
class ProbePlan:
    """The probes in the order they are sent, and the claims that none of them exercises."""

    probes: tuple[Probe, ...]
    beyond: dict[str, str] = field(default_factory=dict)
    """Claim id → why it is not checkable."""
    generated: tuple[Probe, ...] = ()
    """Generated requests, sent after all others as far as the caps allow."""

    @property
    def images(self) -> int:
        """The maximum number of images, if every request that must be refused is refused."""
        return sum(probe.images for probe in self._bought)

    @property
    def cost(self) -> Decimal | None:
        """The maximum cost of these images; None if a price is unknown."""
        costs = [probe.cost for probe in self._bought if probe.images]
        return None if any(cost is None for cost in costs) else sum((cost for cost in costs if cost), Decimal(0))

    @property
    def _bought(self) -> list[Probe]:
        generated = [probe for probe in self.generated if not probe.expects]
        planned = (
            probe for probe in self.probes if probe.kind == "take" or (probe.kind == "provoke" and not probe.expects)
        )
        return [*planned, *generated]

    @property
    def unpriced(self) -> tuple[Probe, ...]:
        """The probes for images of unknown price."""
        return tuple(probe for probe in self.probes if probe.images and probe.price is None)


def plan(claims: ContractClaims, means: Capabilities) -> ProbePlan:
    """Plan a run."""
    return _PlanBuilder(claims, means).plan()


class _PlanBuilder:
    def __init__(self, claims: ContractClaims, means: Capabilities) -> None:
        self._claims = claims
        self._means = means
        self._count = 0
        self._beyond: dict[str, str] = dict(claims.unreachable())
        self._optional = OptionalParameters(claims, means)
        self._provoking = 0
        """The maximum number of images made by provoked responses."""
        self._sendable = SendableBodies(claims, means)
        self._prices: dict[str, str | None] = {}

    def plan(self) -> ProbePlan:
        operations = sorted(self._claims.contract.operations, key=goes_on)  # continuations come last
        probes = [probe for operation in operations for probe in self._polls(operation)]
        probes += [probe for operation in operations if is_upload(operation) for probe in self._taken(operation)]
        probes += self._affordable(probe for operation in operations for probe in self._refused(operation))
        asked_for = [probe for operation in operations if self._means.provokes for probe in self._provoked(operation)]
        probes += self._half_at_most(asked_for)
        bought = [probe for operation in operations if not is_upload(operation) for probe in self._taken(operation)]
        bought += [self._begun(start, end) for start, end in ending_probes(self._claims)]
        probes += (
            _with_one_alone(self._within_caps(bought)) if self._claims.lives.balance else self._within_caps(bought)
        )
        reached = {key for probe in probes for key in probe.claims}
        for accepted in self._claims.acceptance.values():
            reason = accepted.given_up or NO_REQUEST
            wanted = (want.claim.id for want in accepted.wants)
            self._beyond |= {key: reason for key in wanted if key not in reached | self._beyond.keys()}
        return ProbePlan(tuple(probes), {key: why for key, why in self._beyond.items() if key not in reached})

    def _probe(self, kind: str, operation: Operation, what: str, **more: object) -> Probe:
        self._count += 1
        return Probe(f"{kind}-{self._count:03}", kind, operation.id, what, **more)  # type: ignore[arg-type]  # fields

    # ---- free polls

    def _polls(self, operation: Operation) -> Iterator[Probe]:
        if operation.body is None and operation.role is None and is_safe_to_poll(operation):
            what = operation.summary or operation.id
            yield self._probe("look", operation, what)
            while (given := self._optional.next(operation)) is not None:
                yield self._probe("look", operation, what, claims=(given.claim.id,), **parameter_slot(given))

    # ---- what must be refused

    def _refused(self, operation: Operation) -> Iterator[Probe]:
        yield from self._unauthenticated(operation)
        claim = self._claims.responses.causes.get((operation.id, UNKNOWN_TASK))
        if operation.does("show") or (claim and (operation.does("end") or goes_on(operation))):
            usual = {**self._usual(operation), "claims": _ids(claim), "expects": UNKNOWN_TASK}
            yield self._probe("refuse", operation, "an unknown task", **usual)
        for given in self._claims.parameters[operation.id].given:
            if given.refused:
                yield self._with(operation, given.parameter.place, given.parameter.name, given.text, given.claim)
        yield from self._broken_bodies(operation)
        yield from self._broken_streams(operation)

    def _broken_streams(self, operation: Operation) -> Iterator[Probe]:
        """A request that asks for a stream and breaks a rule: it must be refused without a stream."""
        claim = self._claims.lives.stream.get((operation.id, "refusal"))
        media = next(
            (media for response in operation.responses for media in response.media if media.name == STREAM), None
        )
        if claim is None or media is None or operation.body is None:
            return
        first = operation.body.media[0].name
        refusals = self._claims.refusals[(operation.id, first)]
        usual = self._usual(operation)["body"]
        asked = asking_for(self._claims, operation, usual, media)
        added = {key: value for key, value in asked.items() if usual.get(key) != value}
        for fault in refusals.faults:
            body = {**fault.body, **added}
            if (
                refusals.broken(body) is fault.claim
                and not texts_of(body) & {ELSEWHERE, PLAIN}
                and not any(image_of(text) for text in texts_of(body))
            ):
                values = {"media": first, "body": body, "expects": INVALID, "images": 1, "axis": fault.claim.id}
                yield self._probe("refuse", operation, claim.text, claims=(claim.id, fault.claim.id), **values)
                return

    def _affordable(self, probes: Iterable[Probe]) -> Iterator[Probe]:
        """Yield the requests that must be refused and fit the caps, with their maximum cost if they are accepted."""
        for probe in probes:
            priced = replace(probe, price=self._dearest(probe.operation)) if probe.images else probe
            images, cost = self._means.images, self._means.cost
            if (images is not None and probe.images > images) or (cost is not None and (priced.cost or 0) > cost):
                for key in probe.claims:
                    self._beyond.setdefault(key, BEYOND)
            else:
                yield priced

    def _dearest(self, operation: str) -> str | None:
        """The highest known price of an image, because no price is stated for an invalid request."""
        if operation not in self._prices:
            stated = [
                price
                for (name, _), accepted in self._claims.acceptance.items()
                if name == operation
                for samples in accepted.samples.values()
                for statement in samples.statements
                if statement.keyword == "x-images"
                for price in _numbers(statement.value.get("price"))
            ]
            prices = [*stated, *([self._means.price] if self._means.price is not None else [])]
            self._prices[operation] = str(max(prices)) if prices else None
        return self._prices[operation]

    def _with(self, operation: Operation, location: str, name: str, text: str, claim: Claim) -> Probe:
        values = {"headers" if location == "header" else location: ((name, text),)}
        return self._probe(
            "refuse",
            operation,
            f"{name}: {text}",
            claims=(claim.id,),
            expects=INVALID,
            axis=claim.id,
            **self._usual(operation),
            **values,
        )

    def _usual(self, operation: Operation) -> dict[str, Any]:
        """The fields of a valid request, to be changed in one place."""
        for media in operation.body.media if operation.body else ():
            accepted = self._claims.acceptance[(operation.id, media.name)]
            body = accepted.base(media.reader.all_branches()[0])
            return {"media": media.name, "body": body, "images": bought_by(accepted, body)}
        return {}

    def _unauthenticated(self, operation: Operation) -> Iterator[Probe]:
        claim = self._claims.responses.causes.get((operation.id, UNAUTHENTICATED))
        if claim is None or not operation.credentials:
            return
        for key, what in (("none", "no key"), ("wrong", "a key that no account has")):
            yield self._probe(
                "refuse",
                operation,
                what,
                claims=(claim.id,),
                key=key,
                expects=UNAUTHENTICATED,
                axis=claim.id,
                **self._usual(operation),
            )

    def _broken_bodies(self, operation: Operation) -> Iterator[Probe]:
        for media in operation.body.media if operation.body else ():
            usual = self._usual(operation)
            for about, change in _WHOLE.items():
                if (claim := self._claims.whole.get((operation.id, about))) is not None:
                    text = json.dumps(usual["body"])
                    values = {**usual, "body": None, **change(text)}
                    yield self._probe(
                        "refuse", operation, claim.text, claims=(claim.id,), expects=INVALID, axis=claim.id, **values
                    )
            accepted = self._claims.acceptance[(operation.id, media.name)]
            for fault in self._claims.refusals[(operation.id, media.name)].faults:
                reason = self._unsendable(operation, fault.body, refused=True)
                if reason:
                    self._beyond.setdefault(fault.claim.id, reason)
                    continue
                yield self._probe(
                    "refuse",
                    operation,
                    fault.claim.text,
                    claims=(fault.claim.id,),
                    media=media.name,
                    body=fault.body,
                    expects=INVALID,
                    axis=fault.claim.id,
                    images=bought_by(accepted, fault.body),
                )

    # ---- provoked responses, of an endpoint in this process

    def _provoked(self, operation: Operation) -> Iterator[Probe]:
        for what, values in provoked_probes(self._claims, operation, {**self._usual(operation), "images": 0}):
            images = self._made_by(operation, values) if values["prefer"].startswith(MAKING) else 0
            price = self._dearest(operation.id) if images else None
            yield self._probe("provoke", operation, what, **{**values, "images": images, "price": price})

    def _half_at_most(self, probes: list[Probe]) -> Iterator[Probe]:
        """Yield provoked responses as long as they make at most half of the image cap."""
        for probe in probes:
            made = self._provoking + probe.images
            if probe.images and self._means.images is not None and made > self._means.images // 2:
                continue
            self._provoking = made
            yield probe

    def _made_by(self, operation: Operation, values: dict[str, Any]) -> int:
        """How many images a provoked request makes: the endpoint delivers and charges them like others."""
        accepted = self._claims.acceptance.get((operation.id, values.get("media", "")))
        return bought_by(accepted, values["body"]) if accepted else 0

    # ---- what must be accepted

    def _taken(self, operation: Operation) -> Iterator[Probe]:
        for media in operation.body.media if operation.body else ():
            accepted = self._claims.acceptance[(operation.id, media.name)]
            plain = candidate_request(accepted, accepted.base(accepted.media.reader.all_branches()[0]))
            for request in self._cover(operation, accepted) or ([plain] if plain and is_upload(operation) else []):
                yield self._take(operation, media.name, request)
            if plain and not self._unsendable(operation, plain.body):
                while (given := self._optional.next(operation)) is not None:
                    yield self._take(operation, media.name, plain, given)

    def _cover(self, operation: Operation, accepted: AcceptanceClaims) -> list[CandidateRequest]:
        """The covering requests without those that cannot be sent; other requests cover the claims of these."""
        without: set[str] = set(self._means.without)
        candidates: list[CandidateRequest] = []
        for _ in range(_ROUNDS):
            candidates = cover(accepted, without)
            bad = [(request, why) for request in candidates if (why := self._unsendable(operation, request.body))]
            if not bad:
                break
            for request, why in bad:
                for key in self._culprits(operation, accepted, request):
                    without.add(key)
                    self._beyond.setdefault(key, why)
        return [request for request in candidates if not self._unsendable(operation, request.body)]

    def _culprits(self, operation: Operation, accepted: AcceptanceClaims, request: CandidateRequest) -> Iterable[str]:
        """Yield the claims that make a request unsendable: those that do so by themselves."""
        for key in request.exercise.all:
            wants = [want for want in accepted.wants if want.claim.id == key]
            bodies = [change(accepted.base(want.branch)) for want in wants for change in want.changes]
            if bodies and all(self._unsendable(operation, accepted.valid(body)[0]) for body in bodies):
                yield key
        yield from (
            claim.id
            for claim, body in accepted.examples
            if claim.id in request.exercise.all and self._unsendable(operation, body)
        )

    def _unsendable(self, operation: Operation, body: Json, refused: bool = False) -> str:
        return self._sendable.why_not(operation, body, refused)

    def _take(
        self, operation: Operation, media: str, request: CandidateRequest, given: ParameterValue | None = None
    ) -> Probe:
        exercised = request.exercise
        price = exercised.price if exercised.price is not None else self._means.price
        claims: tuple[str, ...] = tuple(exercised.all)
        beside: dict[str, object] = {}
        if given := given or self._optional.next(operation):
            claims, beside = (*claims, given.claim.id), {**parameter_slot(given)}
        return self._probe(
            "upload" if is_upload(operation) else "take",
            operation,
            describe_request(request, operation),
            claims=claims,
            media=media,
            body=request.body,
            images=exercised.images,
            price=None if price is None else str(price),
            **beside,
        )

    def _begun(self, start: Operation, end: Operation) -> Probe:
        """A probe that starts a task in order to end it."""
        role = next(role for role in start.roles if role.verb == "start")
        values = in_mode(self._claims, start, role, self._usual(start))
        values |= {"claims": _ids(self._claims.lives.ended[end.id]), "ends": end.id}
        return self._probe("take", start, end.summary or end.id, price=self._dearest(start.id), **values)

    def _within_caps(self, probes: list[Probe]) -> list[Probe]:
        """As many probes as the caps allow, those with most new claims per image first."""
        if self._means.images is None and self._means.cost is None:
            return probes
        chosen: list[Probe] = []
        covered: set[str] = set()
        left, images, cost = list(probes), self._means.images, self._means.cost
        if images is not None:
            images = max(0, images - self._provoking)
        while left:
            best = max(left, key=lambda probe: len(set(probe.claims) - covered) / (probe.images or 0.01))
            left.remove(best)
            fits_images = images is None or best.images <= images
            if (
                not fits_images
                or (cost is not None and (best.cost or Decimal(0)) > cost)
                or set(best.claims) <= covered
            ):
                for key in best.claims:
                    self._beyond.setdefault(key, BEYOND)
                continue
            images = None if images is None else images - best.images
            cost = None if cost is None else cost - (best.cost or Decimal(0))
            chosen.append(best)
            covered |= set(best.claims)
        return [probe for probe in probes if probe in chosen]


_ROUNDS = 6


def _with_one_alone(probes: list[Probe]) -> list[Probe]:
    """The same probes; one of known price and few images is marked so that the balance is read before and after it."""
    priced = [probe for probe in probes if probe.images and probe.price is not None and not probe.ends]
    chosen = min(priced, key=lambda probe: probe.images, default=None)
    return [replace(probe, alone=True) if probe is chosen else probe for probe in probes]


def _numbers(price: Json) -> Iterator[Decimal]:
    """Every price in a price statement."""
    if isinstance(price, dict):
        for inner in price.values():
            yield from _numbers(inner)
    elif isinstance(price, (int, float)):
        yield Decimal(str(price))


def _ids(claim: Claim | None) -> tuple[str, ...]:
    return (claim.id,) if claim else ()


_WHOLE: dict[str, Callable[[str], dict[str, object]]] = {
    "media-type": lambda text: {"media": "text/plain", "text": text},
    "malformed": lambda text: {"text": text[:-1]},
}
