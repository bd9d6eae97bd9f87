"""Finds which value is at fault when a request was refused, by bisecting towards an accepted request.

Refused requests cost nothing; the images held back for doubts pay for the few that are accepted. The difference between
an accepted and a refused request is halved until one field decides.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from pixpact.contracts.claims.acceptance import AcceptanceClaims
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.judging.missing_fields import completed
from pixpact.contracts.judging.observation_log import JudgementEntry, ObservationLog
from pixpact.contracts.judging.refusal_suspects import is_of_no_field, named_suspects
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.cover import candidate_request, cover
from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.samples.bodies import put, without_field
from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.specs.openapi.document import Json

Send = Callable[[Probe], Awaitable[None]]
_ROUNDS = 4
_MISSING = object()


class DoubtDiagnosis:
    """Resolves the doubtful observations of a check."""

    def __init__(self, claims: ContractClaims, ledger: ObservationLog, means: Capabilities) -> None:
        self._claims = claims
        self._ledger = ledger
        self._means = means
        self._count = 0
        self._done: set[int] = set()

    async def run(self, send: Send) -> None:
        """Send the requests that show which claims are at fault, and those for claims that the faults blocked."""
        for _ in range(_ROUNDS):
            before = self._count
            while (
                entry := next((entry for entry in self._ledger.doubtful() if id(entry) not in self._done), None)
            ) is not None:
                self._done.add(id(entry))
                await self._resolve(entry, send)
            await self._again(send)
            if self._count == before:
                break
        await completed(self._claims, self._ledger, send)

    async def _resolve(self, entry: JudgementEntry, send: Send) -> None:
        if entry.probe is None or entry.probe.kind not in ("take", "upload"):
            return
        together = self._claims.valid.get(entry.probe.operation)
        if entry.seen.kind == "refused" and together is not None and together.id not in self._ledger.kept:
            return  # no request is accepted: no single value is at fault
        if is_of_no_field(entry, self._claims):
            return
        accepted = self._claims.acceptance.get((entry.probe.operation, entry.probe.media))
        suspects = [claim for claim in entry.seen.claims if claim.id not in self._ledger.kept]
        suspects = list(named_suspects(suspects, entry, self._claims)) or suspects
        if accepted is None or len(suspects) == 1:
            return
        if entry.seen.kind == "refused":
            await self._between(entry, entry.probe, accepted, send)
        else:
            await self._apart(entry, accepted, suspects, send)

    # ---- a refused request

    async def _between(self, entry: JudgementEntry, probe: Probe, accepted: AcceptanceClaims, send: Send) -> None:
        near = self._nearest_taken(probe, accepted)
        if near is None:
            return
        ways = _field_changes(near, probe.body)
        low, high = 0, len(ways)
        while high - low > 1:
            middle = (low + high) // 2
            body = _along(near, ways[:middle])
            if candidate_request(accepted, body) is None:
                del ways[middle - 1 : middle]  # this step alone breaks a rule: it is combined with the next
                high -= 1
                ways = _joined(near, probe.body, ways)
                continue
            taken = await self._is_taken(probe, body, accepted, send)
            if taken is None:
                return
            low, high = (middle, high) if taken else (low, middle)
        await self._blame(entry, accepted, _along(near, ways[:low]), _along(near, ways[:high]), send)

    def _nearest_taken(self, probe: Probe, accepted: AcceptanceClaims) -> Json:
        """The body of the accepted request of the same branch that differs least."""
        branch = accepted.read(probe.body).branch
        taken = [
            sent_probe.body
            for sent_probe, case in self._ledger.cases
            if sent_probe
            and (sent_probe.operation, sent_probe.media) == (probe.operation, probe.media)
            and sent_probe.body is not None
            and not sent_probe.expects
            and (step := _asked(case)) is not None
            and step.accepted
            and accepted.read(sent_probe.body).branch is branch
        ]
        return min(taken, key=lambda body: len(_field_changes(body, probe.body)), default=None)

    async def _is_taken(self, probe: Probe, body: Json, accepted: AcceptanceClaims, send: Send) -> bool | None:
        made = self._probe(probe, body, accepted)
        if made is None:
            return None
        await send(made)
        case = next((case for sent_probe, case in self._ledger.cases if sent_probe is made), None)
        step = _asked(case) if case else None
        return None if step is None or not step.answered else step.accepted

    def _probe(self, like: Probe, body: Json, accepted: AcceptanceClaims) -> Probe | None:
        request = candidate_request(accepted, body)
        if request is None:
            return None
        self._count += 1
        exercised = request.exercise
        price = exercised.price if exercised.price is not None else self._means.price
        return replace(
            like,
            id=f"diagnosis-{self._count:03}",
            what=f"narrowing down: {like.what}"[:120],
            body=request.body,
            claims=tuple(exercised.all),
            images=exercised.images,
            price=None if price is None else str(price),
            alone=False,
        )

    async def _blame(
        self, entry: JudgementEntry, accepted: AcceptanceClaims, taken: Json, refused: Json, send: Send
    ) -> None:
        """Blame the claims that only the refused body exercises; if there are none, the claim on combined values."""
        one, second = candidate_request(accepted, taken), candidate_request(accepted, refused)
        if one is None or second is None or entry.probe is None:
            return
        new = [claim for key, claim in second.exercise.claims.items() if key not in one.exercise.claims]
        suspects = [claim for claim in new if claim.id not in self._ledger.kept and "/example/" not in claim.id]
        suspects.sort(key=lambda claim: claim.id.endswith("/left-out"))  # a value explains more than an omitted field
        if await self._one_by_one(entry, accepted, suspects, second.body, send):
            return
        left = tuple(claim for claim in suspects if claim.id not in self._ledger.kept)
        together = self._claims.valid.get(accepted.operation.id)
        if left or together is not None:
            self._enter(left or ((together,) if together else ()), entry, self._case_of(refused) or entry.case)

    async def _one_by_one(
        self, entry: JudgementEntry, accepted: AcceptanceClaims, suspects: list[Claim], refused: Json, send: Send
    ) -> bool:
        """Whether a request that exercises only one of the suspects is refused: then that one is at fault."""
        assert entry.probe is not None
        for suspect in suspects:
            made = self._alone(suspect, accepted, suspects)
            if made is None:
                continue
            if made == refused or await self._is_taken(entry.probe, made, accepted, send) is False:
                self._enter((suspect,), entry, self._case_of(made) or entry.case)
                return True
        return False

    def _alone(self, suspect: Claim, accepted: AcceptanceClaims, suspects: list[Claim]) -> Json:
        """A body that exercises this suspect and none of the others; None if there is none."""
        rivals = {claim.id for claim in suspects} - {suspect.id}
        every = {want.claim.id for want in accepted.wants} | {claim.id for claim, _ in accepted.examples}
        covered = cover(accepted, rivals | self._means.without, every - {suspect.id})
        return next((request.body for request in covered if suspect.id in request.exercise.all), None)

    def _enter(self, claims: tuple[Claim, ...], entry: JudgementEntry, case: TaskCase) -> None:
        """Record that one of these claims is at fault, if no affordable request can tell which."""
        step = _asked(case)
        observation = replace(entry.seen, claims=claims, steps=(step.index,) if step else ())
        self._ledger.add(observation, case, entry.probe)
        self._done |= {id(entry) for entry in self._ledger.entries if entry.seen is observation}

    def _case_of(self, body: Json) -> TaskCase | None:
        return next((case for probe, case in self._ledger.cases if probe and probe.body == body), None)

    # ---- a result that several claims could explain

    async def _apart(
        self, entry: JudgementEntry, accepted: AcceptanceClaims, suspects: list[Claim], send: Send
    ) -> None:
        """Send one request for each suspect, without the others; the last one that is not kept is at fault."""
        assert entry.probe is not None
        for suspect in suspects:
            body = self._alone(suspect, accepted, suspects)
            if body is not None and (made := self._probe(entry.probe, body, accepted)) is not None:
                await send(made)
            if any(self._ledger.is_broken(claim.id) for claim in suspects):
                return
            left = [claim for claim in suspects if claim.id not in self._ledger.kept]
            if len(left) == 1:
                self._ledger.add(replace(entry.seen, claims=(left[0],)), entry.case, entry.probe)
                return

    # ---- claims that the faults blocked

    async def _again(self, send: Send) -> None:
        """Send requests for claims that so far were exercised only by requests refused for another reason."""
        refused = {probe.operation for probe, case in self._ledger.cases if probe and _is_refused(probe, case)}
        broken = {
            entry.seen.claims[0].id
            for entry in self._ledger.entries
            if entry.seen.kept is False and len(entry.seen.claims) == 1
        }
        for (operation, media), accepted in self._claims.acceptance.items():
            together = self._claims.valid.get(operation)
            if operation not in refused or (together is not None and together.id not in self._ledger.kept):
                continue
            like = next(
                probe
                for probe, _ in self._ledger.cases
                if probe and probe.operation == operation and probe.kind in ("take", "upload")
            )
            for request in cover(
                accepted, broken | self._means.without, self._ledger.kept | broken | self._hopeless(operation)
            ):
                made = self._probe(replace(like, media=media, headers=()), request.body, accepted)
                if made is not None:
                    await send(made)

    def _hopeless(self, operation: str) -> set[str]:
        """The claims for which a request of the diagnosis was already sent."""
        return {
            key
            for probe, _ in self._ledger.cases
            if probe and probe.operation == operation and probe.id.startswith("diagnosis")
            for key in probe.claims
        }


def _is_refused(probe: Probe, case: TaskCase) -> bool:
    step = _asked(case)
    return probe.kind in ("take", "upload") and not probe.expects and step is not None and step.refused


def _asked(case: TaskCase) -> ReadExchange | None:
    """The step of the probe itself; the other steps follow from it."""
    return next((step for step in case.steps if "probe" in step.exchange.note), None)


@dataclass(frozen=True, slots=True)
class _FieldChange:
    """A field to set, or to drop, on the way to another body."""

    path: tuple[str, ...]
    value: Json


def _field_changes(one: Json, second: Json, path: tuple[str, ...] = ()) -> list[_FieldChange]:
    """The fields to set and drop to change one body into the other."""
    if not isinstance(one, dict) or not isinstance(second, dict):
        return [] if one == second else [_FieldChange(path, second)]
    parts = []
    for key in dict.fromkeys((*one, *second)):
        old, new = one.get(key, _MISSING), second.get(key, _MISSING)
        if isinstance(old, dict) and isinstance(new, dict):
            parts += _field_changes(old, new, (*path, key))
        elif old is _MISSING or new is _MISSING or old != new:
            parts.append(_FieldChange((*path, key), new))
    return parts


def _along(body: Json, ways: list[_FieldChange]) -> Json:
    for way in ways:
        body = without_field(body, way.path) if way.value is _MISSING else put(body, way.path, way.value)
    return body


def _joined(near: Json, far: Json, ways: list[_FieldChange]) -> list[_FieldChange]:
    """The same changes, with those that were removed appended again."""
    left = [way for way in _field_changes(near, far) if way not in ways]
    return [*ways, *left]
