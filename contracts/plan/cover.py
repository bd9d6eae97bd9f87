"""Finds the fewest and cheapest requests that exercise all acceptance claims of an operation: a greedy set cover.

A request that costs an image should exercise as many claims as possible. Claims that cost several images come first,
combined with whatever makes them cheaper.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pixpact.contracts.claims.acceptance import AcceptanceClaims
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.claim_requests import ClaimRequest
from pixpact.contracts.claims.exercise import ExercisedClaims, exercise, most_images
from pixpact.specs.dialect.request_body import BodyBranch
from pixpact.specs.openapi.document import Json


@dataclass(frozen=True, slots=True)
class CandidateRequest:
    """A valid body, and what it exercises."""

    body: Json
    exercise: ExercisedClaims
    branch: BodyBranch


def candidate_request(
    acceptance: AcceptanceClaims, body: Json, most: int | None = None, keep: frozenset[str] = frozenset()
) -> CandidateRequest | None:
    """The body as a request; None if it is invalid, costs more than `most` images, or does not exercise all `keep`."""
    body, reading = acceptance.valid(body)
    if reading.violations or reading.branch is None:
        return None
    # Computing all claims of a request is slower than these two tests.
    makes = reading.branch.pointer in acceptance.promises
    if most is not None and makes and most_images(acceptance, body, reading, acceptance.promise(reading)) > most:
        return None
    if keep and not acceptance.exercises(body, reading, keep):
        return None
    return CandidateRequest(body, exercise(acceptance, body, reading), reading.branch)


def cover(
    acceptance: AcceptanceClaims, without: Iterable[str] = (), covered: Iterable[str] = ()
) -> list[CandidateRequest]:
    """Requests that together exercise every claim that any request can, except those in `covered`.

    No request exercises a claim in `without`.
    """
    return _CoverSearch(acceptance, frozenset(without), set(covered)).run()


class _CoverSearch:
    def __init__(self, acceptance: AcceptanceClaims, without: frozenset[str], covered: set[str]) -> None:
        self._acceptance = acceptance
        self._without = without
        self._wants: dict[str, list[ClaimRequest]] = {}
        # Changes of several fields come first: those of one field or none fit in later.
        for want in sorted(acceptance.wants, key=lambda want: -want.fields):
            self._wants.setdefault(want.claim.id, []).append(want)
        self._apart = {key: {want.apart for want in wants if want.apart} for key, wants in self._wants.items()}
        self._branches = {key: {want.branch.pointer for want in wants} for key, wants in self._wants.items()}
        self._covered = covered
        self._cheapest: dict[int, CandidateRequest | None] = {}
        self._plain: dict[int, CandidateRequest | None] = {}

    def run(self) -> list[CandidateRequest]:
        candidates = [*self._examples()]
        while not self._acceptance.effort.is_spent and (seed := self._seed()):
            request = self._filled(seed)
            self._covered |= request.exercise.all.keys()
            candidates.append(request)
        return candidates

    def _examples(self) -> Iterable[CandidateRequest]:
        """The documented examples; of examples that differ only in defaults, the longest."""
        for claim, body in sorted(self._acceptance.examples, key=lambda example: -len(str(example[1]))):
            request = None if claim.id in self._covered else candidate_request(self._acceptance, body)
            if request and claim.id in request.exercise.all and not self._without & request.exercise.all.keys():
                request = self._filled(request, grow=False)
                self._covered |= request.exercise.all.keys()
                yield request

    def _seed(self) -> CandidateRequest | None:
        """A request for the most expensive claim that is still open; None when none is left."""
        best: CandidateRequest | None = None
        for wants in [wants for key, wants in self._wants.items() if key not in self._covered | self._without]:
            if self._acceptance.effort.is_spent:
                break
            made = [request for want in wants if (request := self._alone(want))]
            cheapest = min(made, key=lambda request: request.exercise.images, default=None)
            if cheapest is None:
                self._covered.add(wants[0].claim.id)
            elif best is None or cheapest.exercise.images > best.exercise.images:
                best = cheapest
        return best

    def _alone(self, want: ClaimRequest) -> CandidateRequest | None:
        """The cheapest request for one claim: by itself, or combined with another one."""
        if id(want) not in self._cheapest:
            self._cheapest[id(want)] = self._sought(want)
        return self._cheapest[id(want)]

    def _sought(self, want: ClaimRequest) -> CandidateRequest | None:
        plain = self._by_itself(want)
        if plain is None or plain.exercise.images <= 1:
            return plain
        for wanted in self._acceptance.wants:
            if wanted.branch is want.branch and wanted is not want and not self._acceptance.effort.is_spent:
                company = self._by_itself(wanted)
                together = company and self._made(want, company.body, plain.exercise.images - 1)
                plain = together or plain
        return plain

    def _by_itself(self, want: ClaimRequest) -> CandidateRequest | None:
        if id(want) not in self._plain:
            self._plain[id(want)] = self._made(want, self._acceptance.base(want.branch), None)
        return self._plain[id(want)]

    def _made(
        self, want: ClaimRequest, body: Json, most: int | None, keep: frozenset[str] = frozenset()
    ) -> CandidateRequest | None:
        for change in want.changes:
            request = candidate_request(self._acceptance, change(body), most, keep | {want.claim.id})
            if request:
                claims = request.exercise.all.keys()
                if want.claim.id in claims and keep <= claims and not self._without & claims:
                    return request
        return None

    def _leaves(self, keys: Iterable[str], branch: BodyBranch) -> bool:
        """Whether a request of this branch can exercise all these claims."""
        return all(branch.pointer in self._branches[key] for key in keys if key in self._branches)

    def _filled(self, request: CandidateRequest, grow: bool = True) -> CandidateRequest:
        """The request with as many other open claims as fit at the same cost."""
        if not grow:
            return request
        for wants in list(self._wants.values()):
            claim = wants[0].claim
            if self._acceptance.effort.is_spent:
                break
            if claim.id in self._covered | self._without or claim.id in request.exercise.all:
                continue
            new = frozenset(request.exercise.all.keys() - self._covered)
            if any(self._apart[claim.id] & self._apart.get(claim_id, set()) for claim_id in new):
                continue  # it would replace a value that is already set
            for want in wants:
                if not self._leaves(new, want.branch):
                    continue
                if better := self._made(want, request.body, request.exercise.images, new):
                    request = better
                    break
        return request


def claims_of(requests: Iterable[CandidateRequest]) -> dict[str, Claim]:
    """All claims that the requests exercise, by id."""
    return {key: claim for request in requests for key, claim in request.exercise.all.items()}
