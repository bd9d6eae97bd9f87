"""Generates requests: half are valid, half break exactly one rule of the contract.

Proposals of hypothesis and schemathesis are repaired, or dropped, with the contract's own validator. Nothing is sent
from here.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from pixpact.contracts.claims.acceptance import AcceptanceClaims
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.contract_claims import INVALID, ContractClaims
from pixpact.contracts.claims.effort import GENERATED
from pixpact.contracts.claims.exercise import exercise
from pixpact.contracts.claims.refusals import RefusalClaims
from pixpact.contracts.fuzzing.body_description import body_in_words
from pixpact.contracts.fuzzing.sendable_bodies import sendable_body, shape
from pixpact.contracts.plan.build_request import build_request
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.probe import Kind, Probe
from pixpact.contracts.plan.sendable import SendableBodies, bought_by, texts_of
from pixpact.contracts.samples.bodies import put, value_in, with_guards_met, without_field
from pixpact.contracts.samples.samples import RequestSamples, image_of
from pixpact.contracts.samples.similar_requests import similarity_key
from pixpact.contracts.samples.statements import ITEM, SchemaStatement
from pixpact.contracts.transport import live_target
from pixpact.contracts.transport.planned_request import RequestForbidden
from pixpact.specs.contract.model import Operation, RequestMedia
from pixpact.specs.dialect.expressions import UNDEFINED
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.request_body import BodyBranch, BodyReading
from pixpact.specs.openapi.document import Json, steps
from pixpact.specs.openapi.media import is_form
from pixpact.specs.openapi.messages import plural
from pixpact.specs.openapi.schemas import Violation

if TYPE_CHECKING:
    from pixpact.contracts.fuzzing.from_schema import ExportedSchema
    from pixpact.contracts.fuzzing.strategies import Change, RequestSpace

KIND: Kind = "fuzz"
"""The probe kind of generated requests."""
_CHEAP = 3
"""A generated request may always ask for this many images, or this multiple of the smallest request's pixels."""
_MANY, _MANY_LIVE, _LARGE = 8, 33, 10
"""One request in so many may ask for more images (at most `_MOST`), one in `_LARGE` for larger ones."""
_MOST = 40
_ROUNDS = 6
_PIXELS = 500_000
"""Average pixels to download for each generated request; new kinds of images until they are used up."""
_MOST_RULES = 200
"""The most rules of a branch that gets generated requests: drawing takes longer with more rules."""
_MOST_RULES_FOREIGN = 60
"""The most rules of a branch for schemathesis: its memory grows with the square of conditions."""
_FOREIGN = 5
"""One request in so many comes from schemathesis, if it generates suitable ones."""
_ALIKE = 2
"""The most requests that differ in texts only."""
_OFTEN = 2
"""How often a rule may be broken in the first round, so that other rules get a turn."""


def generated(
    claims: ContractClaims, means: Capabilities, count: int, seed: int, planned: Iterable[Probe] = ()
) -> list[Probe]:
    """About `count` probes, the free ones first, equal for equal seeds; none resembles another or a planned one.

    `planned`: bodies to start from, besides the documented examples. Importing hypothesis and schemathesis takes half a
    second, so it is done only here.
    """
    if count < 1:
        return []
    used_already = "hypothesis" in sys.modules
    from pixpact.contracts.fuzzing.strategies import keep_elsewhere

    if not used_already:  # otherwise the user's own tests keep their place for examples
        keep_elsewhere()
    return _RequestGenerator(claims, means, seed, tuple(planned)).probes(count)


@dataclass(frozen=True)
class _BranchTarget:
    """One branch of the body of one operation."""

    operation: Operation
    media: RequestMedia
    branch: BodyBranch
    accepted: AcceptanceClaims
    refusals: RefusalClaims
    ours: bool

    @property
    def samples(self) -> RequestSamples:
        return self.accepted.samples[self.branch.pointer]

    @cached_property
    def base(self) -> Json:
        return self.accepted.base(self.branch)

    @cached_property
    def space(self) -> RequestSpace:
        from pixpact.contracts.fuzzing.strategies import RequestSpace

        return RequestSpace(self.samples, self.ours)


class _BranchBudget:
    """Limits how many requests of a branch may ask for many, or large, images."""

    def __init__(self, plainest: ImagePromise | None, count: int, live: bool) -> None:
        self._usual = plainest.width * plainest.height if plainest else 0
        self._many = count // (_MANY_LIVE if live else _MANY)
        self._large = count // _LARGE

    def pays(self, promise: ImagePromise | None) -> bool:
        """Whether one more request may ask for these images; if so, they are counted."""
        if promise is None:
            return True
        if promise.count > _CHEAP:
            self._many -= 1
            return self._many >= 0 and promise.count <= _MOST
        if promise.count * promise.width * promise.height > _CHEAP * self._usual:
            self._large -= 1
            return self._large >= 0
        return True


class _RequestGenerator:
    def __init__(self, claims: ContractClaims, means: Capabilities, seed: int, planned: tuple[Probe, ...]) -> None:
        self._claims = claims
        self._means = means
        self._seed = seed
        self._planned = planned
        self._sendable = SendableBodies(claims, means)
        self._sent_shapes: set[Json] = set()
        self._alike: Counter[Json] = Counter()
        self._kinds: set[tuple[object, ...]] = set()
        self._pixels = 0
        self._document = claims.contract.document.value

    def probes(self, count: int) -> list[Probe]:
        aims = list(self._aims())
        for accepted in self._claims.acceptance.values():
            accepted.effort.allow(GENERATED)
        self._pixels = count * _PIXELS
        free: list[Probe] = []
        bought: list[Probe] = []
        for index, aim in enumerate(aims):
            share = (count * (index + 1)) // len(aims) - (count * index) // len(aims)
            if aim.accepted.effort.is_spent:
                continue
            bodies = self._positives(aim, share - share // 2)
            bought += [self._taken(aim, *body) for body in bodies]
            free += self._negatives(aim, share - len(bodies), [body for body, _ in bodies])
        bought.sort(key=lambda probe: probe.images)
        return [replace(probe, id=f"{KIND}-{number:03}") for number, probe in enumerate([*free, *bought], 1)]

    def _aims(self) -> Iterator[_BranchTarget]:
        """The branches of operations that make images, except those with too many rules to draw from."""
        for operation in self._claims.contract.operations:
            if operation.body and operation.does("start", "run"):
                for media in operation.body.media:
                    key = (operation.id, media.name)
                    accepted, refusals = self._claims.acceptance[key], self._claims.refusals[key]
                    for branch in media.reader.all_branches():
                        if len(accepted.samples[branch.pointer].statements) <= _MOST_RULES:
                            yield _BranchTarget(operation, media, branch, accepted, refusals, self._means.live)

    def _number(self, aim: _BranchTarget, what: str, turn: int) -> int:
        """A separate seed for each draw."""
        text = f"{self._seed} {aim.operation.id} {aim.media.name} {aim.branch.pointer} {what} {turn}"
        return int.from_bytes(sha256(text.encode()).digest()[:6])

    # ---- valid requests

    def _positives(self, aim: _BranchTarget, count: int) -> list[tuple[Json, BodyReading]]:
        begun = self._begun(aim)
        readings: list[tuple[Json, BodyReading]] = []
        purse = _BranchBudget(self._promise(aim, aim.base), count, self._means.live)
        for proposed in self._proposed(aim, count, begun):
            kept = self._put_right(aim, proposed)
            if kept is None or not self._differs(aim, kept[1].body) or not self._may_go(aim, kept[0], ""):
                continue
            if self._is_free_of(aim, *kept) and purse.pays(self._promise(aim, kept[0])):
                readings.append(kept)
            if len(readings) == count or aim.accepted.effort.is_spent:
                break
        return readings

    def _is_free_of(self, aim: _BranchTarget, body: Json, reading: BodyReading) -> bool:
        """Whether a body exercises none of the claims that no request may exercise."""
        return not (self._means.without and self._means.without & exercise(aim.accepted, body, reading).all.keys())

    def _promise(self, aim: _BranchTarget, body: Json) -> ImagePromise | None:
        reading = aim.accepted.read(body)
        if reading.violations or self._has_no_promise(aim):
            return None
        return aim.accepted.promise(reading)

    def _has_no_promise(self, aim: _BranchTarget) -> bool:
        return aim.branch.pointer not in aim.accepted.promises

    def _begun(self, aim: _BranchTarget) -> list[Json]:
        """Bodies to change: the smallest, the documented and the planned ones; similar bodies will not be generated."""
        planned = [
            probe.body for probe in self._planned if probe.operation == aim.operation.id and probe.kind == "take"
        ]
        bodies = [aim.base]
        for body in [*(body for _, body in aim.accepted.examples), *planned]:
            reading = aim.accepted.read(body)
            if reading.branch is aim.branch and not reading.violations:
                bodies.append(body)
        for body in [aim.base, *planned]:
            reading = aim.accepted.read(body)
            if reading.branch is aim.branch and not reading.violations:
                self._is_new(aim, reading.body)
                promise = self._promise(aim, body)
                self._kinds |= {_kind(promise)} if promise else set()
        return bodies

    def _proposed(self, aim: _BranchTarget, count: int, begun: list[Json]) -> Iterator[Json]:
        from pixpact.contracts.fuzzing.strategies import draw_values

        if not is_form(aim.media.name) and len(aim.samples.statements) <= _MOST_RULES_FOREIGN:
            number = self._number(aim, "foreign", 0)
            yield from self._exported.bodies(aim.branch.pointer, count // _FOREIGN, number)
        for turn in range(_ROUNDS):
            for body, changes in draw_values(aim.space.proposals(begun), count + 5, self._number(aim, "kept", turn)):
                yield _changed(body, changes)

    @cached_property
    def _exported(self) -> ExportedSchema:
        from pixpact.contracts.fuzzing.from_schema import ExportedSchema

        return ExportedSchema(self._document)

    def _put_right(self, aim: _BranchTarget, body: Json) -> tuple[Json, BodyReading] | None:
        """(the body without the fields that break rules, its reading); None if it cannot be repaired."""
        if not isinstance(body, dict):
            return None
        body = sendable_body(body, aim.samples, ours=aim.ours)
        if aim.accepted.read(body).branch is not aim.branch:
            body = {**body, **aim.base}
        for _ in range(_ROUNDS):
            body, reading = aim.accepted.valid(body)
            if reading.branch is not aim.branch:
                return None
            if not reading.violations:
                return body, reading
            for violation in reading.violations:
                body = _without(body, violation, aim.base)
        return None

    def _taken(self, aim: _BranchTarget, body: Json, reading: BodyReading) -> Probe:
        exercised = exercise(aim.accepted, body, reading)
        price = exercised.price if exercised.price is not None else self._means.price
        probe = self._probe(aim, body, images=exercised.images, price=None if price is None else str(price))
        return replace(probe, fetched=self._fetched(exercised.promise))

    def _fetched(self, promise: ImagePromise | None) -> int:
        """How many of its images to download: one, if none of its kind was downloaded before."""
        if promise is None or _kind(promise) in self._kinds or promise.width * promise.height > self._pixels:
            return 0
        self._kinds.add(_kind(promise))
        self._pixels -= promise.width * promise.height
        return 1

    # ---- requests that break exactly one rule

    def _negatives(self, aim: _BranchTarget, count: int, kept: list[Json]) -> list[Probe]:
        from pixpact.contracts.fuzzing.strategies import draw_values

        probes: list[Probe] = []
        faults = aim.space.faults([aim.base, *kept], is_form(aim.media.name))
        often: Counter[str] = Counter()
        for turn in range(_ROUNDS if faults is not None and count else 0):
            assert faults is not None
            for body, rule, change in draw_values(faults, 2 * count + 10, self._number(aim, "broken", turn)):
                if often[rule.pointer] >= _OFTEN + turn:
                    continue
                if (probe := self._refused(aim, body, rule, change)) is not None:
                    probes.append(probe)
                    often[rule.pointer] += 1
                if len(probes) == count or aim.accepted.effort.is_spent:
                    return probes
        return probes

    def _refused(self, aim: _BranchTarget, body: Json, rule: SchemaStatement, change: Change) -> Probe | None:
        """The probe, if the changed body breaks one rule and no other: in this context, or in the smallest body."""
        for context in (body, aim.base):
            broken = sendable_body(
                _changed(with_guards_met(context, rule.guards, aim.samples, self._document), [change]),
                aim.samples,
                ours=False,
                kept=change[0],
            )
            claim = aim.refusals.broken(broken)
            if claim is None:
                continue
            images = bought_by(aim.accepted, broken)
            if images > _MOST or not self._is_new(aim, broken, claim) or not self._may_go(aim, broken, INVALID):
                return None
            price = self._means.price
            return self._probe(aim, broken, claim=claim, images=images, price=None if price is None else str(price))
        return None

    # ---- common

    def _probe(
        self, aim: _BranchTarget, body: Json, *, claim: Claim | None = None, images: int = 0, price: str | None = None
    ) -> Probe:
        return Probe(
            id=KIND,
            kind=KIND,
            operation=aim.operation.id,
            what=f"generated: {body_in_words(body)}" if claim is None else f"generated: {claim.text}",
            claims=() if claim is None else (claim.id,),
            media=aim.media.name,
            body=body,
            expects="" if claim is None else INVALID,
            axis="" if claim is None else claim.id,
            images=images,
            price=price,
        )

    def _differs(self, aim: _BranchTarget, body: Json) -> bool:
        """Whether a body is new in more than its texts, or one of a few that are new in texts only."""
        key = (aim.media.name, similarity_key(body, aim.samples))
        if self._alike[key] >= _ALIKE or not self._is_new(aim, body):
            return False
        self._alike[key] += 1
        return True

    def _is_new(self, aim: _BranchTarget, body: Json, claim: Claim | None = None) -> bool:
        key = (aim.media.name, claim.id if claim else "", shape(body, aim.samples))
        if key in self._sent_shapes:
            return False
        self._sent_shapes.add(key)
        return True

    def _may_go(self, aim: _BranchTarget, body: Json, expects: str) -> bool:
        if self._sendable.why_not(aim.operation, body, bool(expects)):
            return False
        if self._means.live:
            names = {name: f"https://pixpact.invalid/own/{name}" for text in texts_of(body) if (name := image_of(text))}
            probe = Probe(KIND, KIND, aim.operation.id, "", media=aim.media.name, body=body, expects=expects)
            try:
                live_target.check_live_request(build_request(probe, aim.operation, names), set(names.values()))
            except RequestForbidden:
                return False
        return True


def describe_generated(probes: Sequence[Probe]) -> list[str]:
    """A sentence about the number and cost of generated probes, as a list; empty without any."""
    bought = [probe.images for probe in probes if not probe.expects]
    counted = f"{plural(len(probes), 'generated request')} in addition, as far as the caps allow"
    return (
        [f"{counted}: {len(bought)} buy at most {plural(sum(bought), 'image')}, the others must be refused."]
        if probes
        else []
    )


def _kind(promise: ImagePromise) -> tuple[object, ...]:
    """The key of the kind of image that is promised."""
    return promise.width, promise.height, promise.promised, promise.format, promise.transparent, promise.watermark


def _changed(body: Json, changes: Iterable[Change]) -> Json:
    for path, value in changes:
        body = without_field(body, path) if value is UNDEFINED else put(body, path, value)
    return body


def _without(body: Json, violation: Violation, base: Json) -> Json:
    """The body without the field that breaks a rule; a required one gets its plainest value."""
    path = tuple(steps(violation.pointer)) or tuple(violation.field.split("."))
    listed = next((index for index, step in enumerate(path) if step.isdecimal() or step == ITEM), len(path))
    path = path[:listed]
    usual = value_in(base, path)
    return without_field(body, path) if usual is UNDEFINED else put(body, path, usual)
