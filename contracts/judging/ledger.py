"""What the checks said, case by case, while a run goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pixpact.contracts.checks import Check
from pixpact.contracts.checks.observation import Observation
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.traffic.case import TaskCase
from pixpact.wire.exchange import Trace

NOT_GIVEN = "it was requested, but another response came"


@dataclass(frozen=True, slots=True)
class JudgementEntry:
    """One judgement, and where it was made. `probe` is None for recorded traffic."""

    seen: Observation
    case: TaskCase
    probe: Probe | None
    times: int = 1
    """How often it was made in the same way, where only the first time was kept."""
    shown: Trace | None = None
    """What to show in place of the exchanges: a shorter request that was not sent."""


def _kind(observation: Observation) -> tuple[str, tuple[str, ...], bool]:
    """What makes two judgements the same, whatever the words."""
    return observation.kind, tuple(claim.id for claim in observation.claims), observation.kept is False


class JudgementLedger:
    """Every judgement of a run."""

    def __init__(self, claims: ContractClaims, checks: tuple[Check, ...]) -> None:
        self.claims = claims
        self._checks = checks
        self.entries: list[JudgementEntry] = []
        self.cases: list[tuple[Probe | None, TaskCase]] = []
        self.unsent: dict[str, str] = {}
        """Id of a claim → why the probe that exercises it was not sent."""
        self.kept: set[str] = set()
        self._first: dict[tuple[object, ...], int] = {}
        self._broken: set[str] = set()
        self._always: dict[str, list[JudgementEntry]] = {}

    def differs(self, case: TaskCase) -> bool:
        """Whether any check finds something in a case."""
        return any(observation.kept is False for observation in self.looked(case))

    def judge(
        self,
        probe: Probe | None,
        case: TaskCase,
        again: TaskCase | None = None,
        held: Callable[[Observation], bool] = lambda _: False,
        kept: TaskCase | None = None,
    ) -> list[Observation]:
        """Let every check judge a case. `again` is the same once more: what it does not show may be chance.

        What is `held` is given back instead of entered. `kept` is the same case in fewer bytes, to be remembered.
        """
        kept = case if kept is None else kept
        if probe is not None:
            self.cases.append((probe, kept))
        if probe and probe.prefer and not any(step.exchange.note.get("provoked") for step in case.steps):
            self.not_sent(probe, NOT_GIVEN)
            return []
        confirmed = {_kind(observation) for observation in self.looked(again)} if again else set()
        back = []
        for observation in self.looked(case):
            chance = again is not None and observation.kept is False and _kind(observation) not in confirmed
            if observation.always:
                self._always.setdefault(observation.claims[0].id, []).append(JudgementEntry(observation, kept, probe))
            elif held(observation):
                back.append(observation)
            else:
                self.add(replace(observation, chance=True) if chance else observation, kept, probe)
        return back

    def looked(self, case: TaskCase) -> Iterator[Observation]:
        """What the checks say of a case; nothing is entered."""
        for check in self._checks:
            yield from check(case, self.claims)

    def add(self, observation: Observation, case: TaskCase, probe: Probe | None, shown: Trace | None = None) -> None:
        """One more judgement."""
        if observation.kept:
            self.kept |= {claim.id for claim in observation.claims}
            return
        if observation.kept is False and len(observation.claims) == 1:
            self._broken.add(observation.claims[0].id)
        self._enter(JudgementEntry(observation, case, probe, shown=shown))

    def _enter(self, entry: JudgementEntry) -> None:
        """Of recorded traffic, which may be long, the same judgement is entered once and counted."""
        if entry.probe is None:
            key = (*_kind(entry.seen), entry.seen.detail, entry.seen.reason)
            if key in self._first:
                earlier = self.entries[self._first[key]]
                self.entries[self._first[key]] = replace(earlier, times=earlier.times + 1)
                return
            self._first[key] = len(self.entries)
        self.entries.append(entry)

    def not_sent(self, probe: Probe, reason: str) -> None:
        """A probe could not be carried out."""
        for key in probe.claims:
            self.unsent.setdefault(key, reason)

    @property
    def answered(self) -> tuple[str, ...]:
        """The requests that were judged, see `Probe.case`."""
        return tuple(
            dict.fromkeys(
                probe.case for probe, case in self.cases if probe and any(step.answered for step in case.steps)
            )
        )

    def is_broken(self, claim: str) -> bool:
        """Whether a claim was seen to be broken, beyond doubt which one it is."""
        return claim in self._broken

    @property
    def broken(self) -> int:
        """How many claims are broken beyond doubt."""
        return len(self._broken)

    @property
    def lasting(self) -> list[JudgementEntry]:
        """What says something because it was seen more than once, and nothing else was."""
        return [
            entry
            for claim, entries in self._always.items()
            if len(entries) > 1 and claim not in self.kept
            for entry in entries
        ]

    def doubtful(self) -> Iterator[JudgementEntry]:
        """The broken judgements for which several claims could be at fault, and none is known to be."""
        for entry in self.entries:
            if (
                entry.seen.kept is False
                and len(entry.seen.claims) > 1
                and not any(self.is_broken(claim.id) for claim in entry.seen.claims)
            ):
                yield entry
