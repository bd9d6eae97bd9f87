"""Findings → the overlay that makes the contract true again: never more than was seen, never silent about the rest.

For each finding the edits of `edits.TABLE` are tried in their order: applied, linted, and everything that was seen is
judged again. An edit holds when its finding is gone and nothing else comes instead; then the next finding is looked at
by the contract as it is by then. What a fault had hidden comes to light on the way, and is dealt with alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from pixpact.contracts.findings import Finding
from pixpact.contracts.propose.edits import OTHERWISE, REMEDIES, UNSEEN, edits
from pixpact.contracts.propose.evidence import vouched
from pixpact.contracts.propose.finding_context import Edit, Scene
from pixpact.contracts.propose.operations import Action, Operation, actions
from pixpact.contracts.propose.repair_examples import mended, orphaned
from pixpact.contracts.propose.replay import Judged, Trial, key_of, keys_of
from pixpact.contracts.run.result import Result
from pixpact.specs.contract.model import Contract
from pixpact.specs.export import as_yaml
from pixpact.specs.lint.lint import check
from pixpact.specs.openapi import overlay
from pixpact.specs.openapi.document import Document, Json, parse
from pixpact.specs.openapi.problems import SpecError

_MOST = 100
"""Findings that are dealt with, those that come to light on the way included."""
_ROUNDS = 6
"""Times that examples are told anew: one that is mended may still be wrong deeper down."""
_HERE = Path("the proposed overlay")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for one finding."""

    finding: Finding
    said: str
    """A sentence part: what the contract says afterwards."""
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """A finding that no action expresses: why, and what a person should do."""

    finding: Finding
    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """Everything that a proposal says. `contract` is the base with it applied."""

    base: Contract
    contract: Contract
    proposals: tuple[Proposal, ...] = ()
    left: tuple[Left, ...] = ()

    @property
    def actions(self) -> tuple[Action, ...]:
        """Every action, in the order in which they apply."""
        return tuple(action for proposal in self.proposals for action in proposal.actions)


def propose(contract: Contract, result: Result, trial: Trial) -> Proposed:
    """What makes the contract true again for everything that a run found. Pure: nothing is sent."""
    return _Search(contract, result, trial, f"pixpact check on {day_of(result)}").run()


def day_of(result: Result) -> str:
    """The day of a run in UTC, `2026-11-21`."""
    return datetime.fromtimestamp(result.started, UTC).date().isoformat()


@dataclass(frozen=True, slots=True)
class _Held:
    """An edit that holds: the actions, and everything judged by the contract after them."""

    actions: tuple[Action, ...]
    seen: Judged


@dataclass(slots=True)
class _Search:
    base: Contract
    result: Result
    trial: Trial
    note: str
    proposals: list[Proposal] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    def run(self) -> Proposed:
        seen = self.trial.judged(self.base)
        waiting = [keys_of(seen.findings).get(key_of(it), it) for it in self.result.findings]
        # What only shows offline, for want of what the run knew, is no finding of the run.
        foreign = {key_of(it) for it in seen.findings} - {key_of(it) for it in waiting}
        tried: set[tuple[str, ...]] = set()
        while waiting and len(tried) < _MOST:
            finding = waiting.pop(0)
            if key_of(finding) in tried:
                continue
            tried.add(key_of(finding))
            before = keys_of(seen.findings)
            held = self._dealt_with(finding, seen)
            if held is not None:
                seen = held.seen
            now = keys_of(seen.findings)
            # What cannot be seen here at all is not gone because it cannot be seen.
            waiting = [now.get(key_of(it), it) for it in waiting if key_of(it) in now or key_of(it) not in before] + [
                it for key, it in now.items() if key not in foreign | tried and key not in map(key_of, waiting)
            ]
        return Proposed(self.base, seen.contract, tuple(self.proposals), tuple(self.left))

    def _dealt_with(self, finding: Finding, seen: Judged) -> _Held | None:
        if key_of(finding) not in keys_of(seen.findings):
            self.left.append(Left(finding, *REMEDIES.get(finding.kind, UNSEEN)))
            return None
        scene = Scene(finding, seen)
        worse: list[tuple[Edit, _Held]] = []
        for found in _unique(edits(scene)):
            held = self._tried(found, scene)
            if held is None or key_of(finding) in keys_of(held.seen.findings):
                continue
            if not keys_of(held.seen.findings).keys() - keys_of(seen.findings).keys():
                return self._taken(finding, found, held)
            worse.append((found, held))
        if worse:  # something else comes to light: it is dealt with next
            found, held = min(worse, key=lambda it: len(it[1].seen.findings))
            return self._taken(finding, found, held)
        self.left.append(Left(finding, *REMEDIES.get(finding.kind, OTHERWISE)))
        return None

    def _taken(self, finding: Finding, found: Edit, held: _Held) -> _Held:
        self.proposals.append(Proposal(finding, found.said, held.actions))
        return held

    def _tried(self, found: Edit, scene: Scene) -> _Held | None:
        """The edit applied, its examples mended; None where the contract cannot be served then."""
        operations: list[Operation] = list(found.operations)
        for round_ in range(_ROUNDS):
            try:
                said, after = actions(scene.document, vouched(scene.document, operations, self.note))
                checked = check(applied(scene.seen.contract.document, said), self.base.name)
            except (KeyError, IndexError, SpecError):
                return None
            if checked.contract is None:
                return None
            renaming = round_ == 0 and found.renamed is not None
            if not checked.errors and not renaming:
                contract = replace(checked.contract, vendor=self.base.vendor)
                return _Held(tuple(said), self.trial.judged(contract))
            more = orphaned(scene.document, after) + mended(checked.contract, scene.shown, found.renamed)
            if not more and not renaming:
                return None
            operations += more
        return None


def _unique(found: Iterator[Edit]) -> Iterator[Edit]:
    seen: list[tuple[Operation, ...]] = []
    for it in found:
        if it.operations and it.operations not in seen:
            seen.append(it.operations)
            yield it


def applied(document: Document, said: list[Action]) -> Document:
    """A document after actions, through the very loader that will read them. Raises SpecError."""
    return overlay.applied(document, parse(as_yaml(plain(said)), _HERE))


def plain(said: list[Action], title: str = "proposed", version: str = "observed") -> Json:
    """An overlay document of these actions."""
    return {"overlay": "1.0.0", "info": {"title": title, "version": version}, "actions": [it.plain() for it in said]}
