"""Shortens failing generated requests, by requests that cost nothing.

The contract's validator is asked first. Refused requests are free to repeat; the first accepted one ends the search,
unless images are free. A request is not sent if a longer one that contains it was accepted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace

from pixpact.contracts.checks.observation import Observation
from pixpact.contracts.claims.acceptance import AcceptanceClaims
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.contract_claims import INVALID, ContractClaims
from pixpact.contracts.findings import Severity
from pixpact.contracts.fuzzing.body_description import body_in_words, speaks_of
from pixpact.contracts.fuzzing.shrink_body import common_body, differing_paths, fields, is_within, paths_text, reduced
from pixpact.contracts.judging.observation_log import ObservationLog
from pixpact.contracts.judging.refusal_suspects import named_suspects as named_in
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.cover import candidate_request
from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.samples.bodies import value_in
from pixpact.contracts.samples.statements import Path
from pixpact.contracts.traffic.case import TaskCase
from pixpact.contracts.transport.planned_request import PlannedRequest
from pixpact.specs.dialect.expressions import value_at
from pixpact.specs.dialect.request_body import BodyBranch
from pixpact.specs.openapi.document import Json, escaped, steps
from pixpact.wire.exchange import Trace
from pixpact.wire.json_values import is_number

_MOST, _ALTOGETHER = 40, 200
"""Maximum number of requests for one failure, and for all."""
_JUMPS = 6
"""Maximum number of other refused requests to compare with."""
_MOST_FOLLOWED = 15
"""Maximum number of requests for images, where images are free."""


@dataclass(frozen=True, slots=True)
class ShortestRequest:
    """An observation with the shortest request that shows it."""

    seen: Observation
    case: TaskCase
    probe: Probe
    shown: Trace | None = None
    """The exchanges to show instead: with a shorter request, which was not sent because it would cost images."""


@dataclass(slots=True)
class _NarrowingBudget:
    """How many more requests may be sent for one failure, and how many of them may be accepted."""

    requests: int
    taken: int


@dataclass(frozen=True, slots=True)
class _ExplainedRefusal:
    """A shortened refused request, and the claim that it breaks."""

    operation: str
    body: Json
    paths: tuple[Path, ...]
    """The paths of the fields that cause the refusal."""
    claim: Claim
    detail: str

    def explains(self, probe: Probe) -> bool:
        """Whether a refused request has the same cause as this one."""
        if not self.paths:
            return is_within(self.body, probe.body)
        same = all(_goes_as_far(value_in(probe.body, path), value_in(self.body, path)) for path in self.paths)
        return same and self.operation == probe.operation


class FailureNarrowing:
    """Shortens failures of generated requests. `send` returns None for what cannot be sent any more."""

    def __init__(
        self,
        claims: ContractClaims,
        means: Capabilities,
        ledger: ObservationLog,
        send: Callable[[Probe], Awaitable[TaskCase | None]],
        written: Callable[[Probe], PlannedRequest],
    ) -> None:
        self._claims = claims
        self._means = means
        self._ledger = ledger
        self._send = send
        self._written = written
        self._free = means.can_wait
        self._count = 0
        self._left = _ALTOGETHER
        self._explained: list[_ExplainedRefusal] = []
        self._wrong: set[tuple[object, ...]] = set()

    # ---- a valid request that was refused

    async def refused(self, observation: Observation, case: TaskCase, probe: Probe) -> ShortestRequest:
        """Repeat the request to rule out a coincidence, then shorten it as long as it is refused."""
        accepted, branch = self._accepted(probe)
        if (explained := self._explaining(probe, case)) is not None:
            claim, detail = explained
            return ShortestRequest(replace(observation, claims=(claim,), detail=detail), case, probe)
        again = await self._send(self._narrow(probe, probe.body, probe.images))
        if again is None or not again.steps or not _is_refused(again, observation):
            if again is not None:
                self._ledger.judge(None, again, held=lambda observation: observation.kept is False)
            return self._blamed(replace(observation, chance=True), case, probe, accepted, branch)
        small = await self._shortest(observation, again, probe, accepted, branch)
        return self._blamed(small.seen, small.case, small.probe, accepted, branch)

    async def _shortest(
        self, observation: Observation, case: TaskCase, probe: Probe, accepted: AcceptanceClaims, branch: BodyBranch
    ) -> ShortestRequest:
        purse = _NarrowingBudget(max(0, min(_MOST, self._left)), _MOST if self._free else 1)
        best = ShortestRequest(replace(observation, steps=(0,)), case, probe)
        taken = list(self._taken(probe, accepted, branch))

        async def holds(body: Json) -> bool:
            nonlocal best
            request = candidate_request(accepted, body)
            if request is None or request.body != body or accepted.read(body).branch is not branch:
                return False
            if not purse.requests or not purse.taken or any(is_within(body, accepted_body) for accepted_body in taken):
                return False
            purse.requests -= 1
            sent = self._narrow(probe, body, request.exercise.images)
            case = await self._send(sent)
            if case is None or not case.steps:
                purse.requests = 0
                return False
            if not _is_refused(case, observation):
                purse.taken -= case.steps[0].accepted
                taken.append(body)
                return False
            best = ShortestRequest(replace(best.seen, observed=_observed(case, observation)), case, sent)
            return True

        body, base = probe.body, accepted.base(branch)
        for refused_body in self._refused_like(probe, accepted, branch):
            shared = common_body(body, refused_body, base)
            if shared != body and differing_paths(shared, base) and await holds(shared):
                body = shared
        often = {
            path: sum(value_in(accepted_body, path) == value_in(body, path) for accepted_body in taken)
            for path in fields(body)
        }
        await reduced(body, accepted.samples[branch.pointer], holds, often)
        return best

    def _refused_like(self, probe: Probe, accepted: AcceptanceClaims, branch: BodyBranch) -> list[Json]:
        """Other valid bodies of the branch that were refused, the most similar first."""
        bodies = [judgement.body for judgement in self._explained if judgement.operation == probe.operation]
        bodies += [
            similar.body
            for similar, case in self._ledger.cases
            if similar and (similar.operation, similar.media, similar.expects) == (probe.operation, probe.media, "")
            if similar.kind == "fuzz" and case.steps[0].refused and similar.body != probe.body
        ]
        bodies = [body for body in bodies if accepted.read(body).branch is branch]
        base = accepted.base(branch)
        return sorted(bodies, key=lambda similar: -len(differing_paths(common_body(probe.body, similar, base), base)))[
            :_JUMPS
        ]

    def _taken(self, probe: Probe, accepted: AcceptanceClaims, branch: BodyBranch) -> Iterator[Json]:
        """Yield the bodies of accepted requests of the same branch."""
        for sent_probe, case in self._ledger.cases:
            if (
                sent_probe
                and (sent_probe.operation, sent_probe.media) == (probe.operation, probe.media)
                and not sent_probe.expects
            ):
                started = case.start
                if started and started.accepted and accepted.read(sent_probe.body).branch is branch:
                    yield sent_probe.body

    def _explaining(self, probe: Probe, case: TaskCase) -> tuple[Claim, str] | None:
        """(claim, detail) of a broken claim that also explains this refusal; None without one."""
        for judgement in self._explained:
            if judgement.explains(probe):
                return judgement.claim, judgement.detail
        step = case.steps[0]
        broken = {claim.id: detail for claim, detail in self._refused_before(probe.operation)}
        for claim in step.exercise.all.values() if step.exercise else ():
            if claim.id in broken:
                return claim, broken[claim.id]
        return None

    def settled(self, small: ShortestRequest) -> ShortestRequest:
        """The refusal attributed to the shortest explanation found meanwhile."""
        explaining = [judgement for judgement in self._explained if judgement.explains(small.probe)]
        if not explaining:
            return small
        least = min(explaining, key=lambda judgement: len(judgement.paths))
        return replace(small, seen=replace(small.seen, claims=(least.claim,), detail=least.detail))

    def _refused_before(self, operation: str) -> Iterator[tuple[Claim, str]]:
        """Yield (claim, detail) of the operation's claims that are broken because a request was refused."""
        for entry in self._ledger.entries:
            observation = entry.seen
            if (
                observation.kept is False
                and observation.kind == "refused"
                and observation.claims[0].operation == operation
            ):
                doubtful = [claim for claim in observation.claims if claim.id not in self._ledger.kept]
                blamed = observation.claims if len(observation.claims) == 1 else named_in(doubtful, entry, self._claims)
                if len(blamed) == 1:
                    yield blamed[0], observation.detail

    def _blamed(
        self, observation: Observation, case: TaskCase, probe: Probe, accepted: AcceptanceClaims, branch: BodyBranch
    ) -> ShortestRequest:
        paths = differing_paths(probe.body, accepted.base(branch))
        claim = self._claim(probe, case, paths)
        detail = paths_text(paths) if claim is self._claims.valid[probe.operation] else ""
        before = list(self._refused_before(probe.operation))
        for blamed_claim, earlier_probe in before:
            if blamed_claim is claim and (not earlier_probe or claim is not self._claims.valid[probe.operation]):
                detail = earlier_probe
        self._explained.append(_ExplainedRefusal(probe.operation, probe.body, tuple(paths), claim, detail))
        promised = f"a request with {body_in_words(probe.body, paths)} is accepted" if paths else observation.promised
        # Findings of planned requests keep their fingerprint.
        is_new = len(paths) == 1 and not any(blamed_claim is claim for blamed_claim, _ in before)
        pointer = "/" + "/".join(map(escaped, paths[0])) if is_new else ""
        return ShortestRequest(
            replace(observation, claims=(claim,), promised=promised, pointer=pointer, detail=detail), case, probe
        )

    def _claim(self, probe: Probe, case: TaskCase, paths: list[Path]) -> Claim:
        """A broken claim about the fields at fault, else a claim never seen kept, else that on combined values."""
        together = self._claims.valid[probe.operation]
        document = self._claims.contract.document.value
        for claim, _ in self._refused_before(probe.operation):
            if claim is not together and speaks_of(document, claim.pointer, paths):
                return claim
        exercised = case.steps[0].exercise
        fresh = [
            claim for claim in (exercised.claims.values() if exercised else ()) if claim.id not in self._ledger.kept
        ]
        reporting = [claim for claim in fresh if "/example/" not in claim.id and not claim.id.endswith("/left-out")]
        return reporting[0] if reporting else together

    # ---- a request that breaks one rule and was accepted

    async def accepted(self, observation: Observation, case: TaskCase, probe: Probe) -> ShortestRequest:
        """Shorten the request as long as it breaks the same rule only, and was not seen refused."""
        accepted, branch = self._accepted(probe)
        refusals = self._claims.refusals[(probe.operation, probe.media)]
        refused = [
            sent_probe.body
            for sent_probe, sent_case in self._ledger.cases
            if sent_probe and sent_probe.expects == INVALID and sent_case.steps[:1] and sent_case.steps[0].refused
        ]
        best = ShortestRequest(observation, case, probe)
        wrong = steps(observation.pointer)
        purse = _NarrowingBudget(max(0, min(_MOST, self._left)), _MOST)

        async def holds(body: Json) -> bool:
            nonlocal best
            if refusals.broken(body) is not observation.claims[0] or body in refused or not purse.requests:
                return False
            made = replace(probe, body=body)
            if not self._free:  # only the wrong value is known to be accepted: it is kept
                same = bool(value_at(body, wrong) == value_at(probe.body, wrong))
                best = replace(best, shown=self._instead(case, made)) if same else best
                return same
            purse.requests -= 1
            sent = self._narrow(made, body, 0)
            case_sent = await self._send(sent)
            if case_sent is None or not case_sent.steps or not case_sent.steps[0].accepted:
                return False
            best = ShortestRequest(replace(observation, steps=(0,)), case_sent, replace(sent, images=probe.images))
            return True

        at_fault = {path: -1 for path in fields(probe.body) if wrong[: len(path)] == path}
        await reduced(probe.body, accepted.samples[branch.pointer], holds, at_fault)
        return best

    def _instead(self, case: TaskCase, probe: Probe) -> Trace:
        """The exchange with the shorter request in it."""
        exchange = case.steps[0].exchange
        return Trace((replace(exchange, request_body=self._written(probe).body),))

    # ---- an accepted request with a wrong response

    async def wrong(self, observation: Observation, case: TaskCase, probe: Probe) -> ShortestRequest:
        """Shorten the request where that is free, as long as the same fault occurs; once for each kind of fault."""
        kind = (observation.kind, observation.detail, *(claim.id for claim in observation.claims))
        best = ShortestRequest(observation, case, probe)
        if not self._free or probe.expects or kind in self._wrong or not case.steps[0].accepted:
            return best
        self._wrong.add(kind)
        accepted, branch = self._accepted(probe)
        purse = _NarrowingBudget(max(0, min(_MOST_FOLLOWED, self._left)), _MOST_FOLLOWED)

        async def holds(body: Json) -> bool:
            nonlocal best
            request = candidate_request(accepted, body)
            if (
                request is None
                or request.body != body
                or accepted.read(body).branch is not branch
                or not purse.requests
            ):
                return False
            purse.requests -= 1
            sent = replace(self._narrow(probe, body, request.exercise.images), kind="take")
            case_sent = await self._send(sent)
            alike = (
                next((another for another in self._ledger.looked(case_sent) if _is_alike(another, observation)), None)
                if case_sent
                else None
            )
            if case_sent is None or alike is None:
                return False
            best = ShortestRequest(alike, case_sent, sent)
            return True

        await reduced(probe.body, accepted.samples[branch.pointer], holds)
        return best

    # ---- common

    def _accepted(self, probe: Probe) -> tuple[AcceptanceClaims, BodyBranch]:
        accepted = self._claims.acceptance[(probe.operation, probe.media)]
        branch = accepted.read(probe.body).branch
        return accepted, branch or accepted.media.reader.all_branches()[0]

    def _narrow(self, probe: Probe, body: Json, images: int) -> Probe:
        """A shorter request, whose task is not polled."""
        self._count += 1
        self._left -= 1
        return replace(
            probe,
            id=f"narrow-{self._count:03}",
            kind="narrow",
            body=body,
            images=images,
            what=f"shorter: {probe.what}"[:120],
        )


def _goes_as_far(value: Json, least: Json) -> bool:
    """Whether a value is the least one refused, or a number beyond it: if -1 is refused, so is -7."""
    numbers = all(is_number(number) for number in (value, least))
    if not numbers:
        return bool(value == least)
    return bool((value < 0) == (least < 0) and abs(value) >= abs(least))


def severity_of(observation: Observation, case: TaskCase, probe: Probe) -> Severity:
    """The severity for clients: a rule that is not enforced matters only where breaking it costs money."""
    if observation.kind != "accepted" or not probe.expects:
        return observation.severity
    return "warning" if case.steps[0].operation.billing is not None else "info"


def _is_refused(case: TaskCase, like: Observation) -> bool:
    """Whether the request was refused with the same status."""
    return case.steps[0].refused and like.observed.startswith(str(case.steps[0].exchange.status))


def _observed(case: TaskCase, observation: Observation) -> str:
    from pixpact.contracts.checks.acceptance import message_of

    step = case.steps[0]
    return f"{step.exchange.status} {message_of(step.value)}".strip() or observation.observed


def _is_alike(one: Observation, second: Observation) -> bool:
    shared = {claim.id for claim in one.claims} & {claim.id for claim in second.claims}
    return one.kept is False and bool(shared) and (one.kind, one.detail) == (second.kind, second.detail)
