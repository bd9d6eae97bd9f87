"""The record of all observations that the checks make during a run."""

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
    """One observation with its case and probe. `probe` is None for recorded traffic."""

    seen: Observation
    case: TaskCase
    probe: Probe | None
    times: int = 1
    """How often the same observation was made; only the first is stored."""
    shown: Trace | None = None
    """The exchanges to show instead of the case's: a shorter request, which was not sent."""


def _kind(observation: Observation) -> tuple[str, tuple[str, ...], bool]:
    """The key under which two observations are the same, whatever their texts."""
    return observation.kind, tuple(claim.id for claim in observation.claims), observation.kept is False


class ObservationLog:
    """Records the observations of a run."""

    def __init__(self, claims: ContractClaims, checks: tuple[Check, ...]) -> None:
        self.claims = claims
        self._checks = checks
        self.entries: list[JudgementEntry] = []
        self.cases: list[tuple[Probe | None, TaskCase]] = []
        self.unsent: dict[str, str] = {}
        """Claim id → why the probe that exercises it was not sent."""
        self.kept: set[str] = set()
        self._first: dict[tuple[object, ...], int] = {}
        self._broken: set[str] = set()
        self._always: dict[str, list[JudgementEntry]] = {}

    def differs(self, case: TaskCase) -> bool:
        """Whether any check finds a broken claim in a case."""
        return any(observation.kept is False for observation in self.looked(case))

    def judge(
        self,
        probe: Probe | None,
        case: TaskCase,
        again: TaskCase | None = None,
        held: Callable[[Observation], bool] = lambda _: False,
        kept: TaskCase | None = None,
    ) -> list[Observation]:
        """Run all checks on a case and record their observations; return those for which `held` is true instead.

        `again` is the same case sent a second time: what it does not confirm may be a coincidence. `kept` is the same
        case in fewer bytes, which is stored in its place.
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
        """Yield the observations of all checks on a case, without recording them."""
        for check in self._checks:
            yield from check(case, self.claims)

    def add(self, observation: Observation, case: TaskCase, probe: Probe | None, shown: Trace | None = None) -> None:
        """Record one observation."""
        if observation.kept:
            self.kept |= {claim.id for claim in observation.claims}
            return
        if observation.kept is False and len(observation.claims) == 1:
            self._broken.add(observation.claims[0].id)
        self._enter(JudgementEntry(observation, case, probe, shown=shown))

    def _enter(self, entry: JudgementEntry) -> None:
        """Store an observation; recorded traffic may be long, so equal ones are stored once and counted."""
        if entry.probe is None:
            key = (*_kind(entry.seen), entry.seen.detail, entry.seen.reason)
            if key in self._first:
                earlier = self.entries[self._first[key]]
                self.entries[self._first[key]] = replace(earlier, times=earlier.times + 1)
                return
            self._first[key] = len(self.entries)
        self.entries.append(entry)

    def not_sent(self, probe: Probe, reason: str) -> None:
        """Record that a probe was not sent, and why."""
        for key in probe.claims:
            self.unsent.setdefault(key, reason)

    @property
    def answered(self) -> tuple[str, ...]:
        """The ids (`Probe.case`) of the requests that got a response."""
        return tuple(
            dict.fromkeys(
                probe.case for probe, case in self.cases if probe and any(step.answered for step in case.steps)
            )
        )

    def is_broken(self, claim: str) -> bool:
        """Whether a claim was seen broken, with no other claim in question."""
        return claim in self._broken

    @property
    def broken(self) -> int:
        """How many claims are certainly broken."""
        return len(self._broken)

    @property
    def lasting(self) -> list[JudgementEntry]:
        """Observations that count only when repeated (`Observation.always`), and were, without one to the contrary."""
        return [
            entry
            for claim, entries in self._always.items()
            if len(entries) > 1 and claim not in self.kept
            for entry in entries
        ]

    def doubtful(self) -> Iterator[JudgementEntry]:
        """Yield broken observations that name several claims, of which none is known to be broken."""
        for entry in self.entries:
            if (
                entry.seen.kept is False
                and len(entry.seen.claims) > 1
                and not any(self.is_broken(claim.id) for claim in entry.seen.claims)
            ):
                yield entry
