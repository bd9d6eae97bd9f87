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
from pixpact.contracts.propose.evidence import with_evidence
from pixpact.contracts.propose.finding_context import ContractEdit, FindingContext
from pixpact.contracts.propose.operations import Operation, OverlayAction, actions
from pixpact.contracts.propose.repair_examples import example_edits, orphaned_components
from pixpact.contracts.propose.replay import ReplayedTraffic, TrafficReplay, key_of, keys_of
from pixpact.contracts.run.result import CheckResult
from pixpact.specs.contract.model import Contract
from pixpact.specs.export import as_yaml
from pixpact.specs.lint.lint import lint_document
from pixpact.specs.openapi import overlay
from pixpact.specs.openapi.document import Json, SpecDocument, parse
from pixpact.specs.openapi.problems import SpecError

_MOST = 100
"""Findings that are dealt with, those that come to light on the way included."""
_ROUNDS = 6
"""Times that examples are reported anew: one that is mended may still be wrong deeper down."""
_HERE = Path("the proposed overlay")


@dataclass(frozen=True, slots=True)
class FindingProposal:
    """What is proposed for one finding."""

    finding: Finding
    said: str
    """A sentence part: what the contract says afterwards."""
    actions: tuple[OverlayAction, ...]


@dataclass(frozen=True, slots=True)
class UnexpressedFinding:
    """A finding that no action expresses: why, and what a person should do."""

    finding: Finding
    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ProposedOverlay:
    """Everything that a proposal says. `contract` is the base with it applied."""

    base: Contract
    contract: Contract
    proposals: tuple[FindingProposal, ...] = ()
    left: tuple[UnexpressedFinding, ...] = ()

    @property
    def actions(self) -> tuple[OverlayAction, ...]:
        """Every action, in the order in which they apply."""
        return tuple(action for proposal in self.proposals for action in proposal.actions)


def propose(contract: Contract, result: CheckResult, trial: TrafficReplay) -> ProposedOverlay:
    """What makes the contract true again for everything that a run found. Pure: nothing is sent."""
    return _EditSearch(contract, result, trial, f"pixpact check on {day_of(result)}").run()


def day_of(result: CheckResult) -> str:
    """The day of a run in UTC, `2026-11-21`."""
    return datetime.fromtimestamp(result.started, UTC).date().isoformat()


@dataclass(frozen=True, slots=True)
class _HoldingEdit:
    """An edit that holds: the actions, and everything judged by the contract after them."""

    actions: tuple[OverlayAction, ...]
    seen: ReplayedTraffic


@dataclass(slots=True)
class _EditSearch:
    base: Contract
    result: CheckResult
    trial: TrafficReplay
    note: str
    proposals: list[FindingProposal] = field(default_factory=list)
    left: list[UnexpressedFinding] = field(default_factory=list)

    def run(self) -> ProposedOverlay:
        replayed = self.trial.judged(self.base)
        waiting = [keys_of(replayed.findings).get(key_of(reported), reported) for reported in self.result.findings]
        # What only shows offline, for want of what the run knew, is no finding of the run.
        foreign = {key_of(reported) for reported in replayed.findings} - {key_of(reported) for reported in waiting}
        tried: set[tuple[str, ...]] = set()
        while waiting and len(tried) < _MOST:
            finding = waiting.pop(0)
            if key_of(finding) in tried:
                continue
            tried.add(key_of(finding))
            before = keys_of(replayed.findings)
            held = self._dealt_with(finding, replayed)
            if held is not None:
                replayed = held.seen
            now = keys_of(replayed.findings)
            # What cannot be seen here at all is not gone because it cannot be seen.
            waiting = [
                now.get(key_of(reported), reported)
                for reported in waiting
                if key_of(reported) in now or key_of(reported) not in before
            ] + [
                reported
                for key, reported in now.items()
                if key not in foreign | tried and key not in map(key_of, waiting)
            ]
        return ProposedOverlay(self.base, replayed.contract, tuple(self.proposals), tuple(self.left))

    def _dealt_with(self, finding: Finding, replayed: ReplayedTraffic) -> _HoldingEdit | None:
        if key_of(finding) not in keys_of(replayed.findings):
            self.left.append(UnexpressedFinding(finding, *REMEDIES.get(finding.kind, UNSEEN)))
            return None
        context = FindingContext(finding, replayed)
        worse: list[tuple[ContractEdit, _HoldingEdit]] = []
        for candidate in _unique(edits(context)):
            held = self._tried(candidate, context)
            if held is None or key_of(finding) in keys_of(held.seen.findings):
                continue
            fresh = keys_of(held.seen.findings).keys() - keys_of(replayed.findings).keys()
            if not fresh:
                return self._taken(finding, candidate, held)
            if finding.kind == "accepted" and any(kind == "refused" for kind, *_ in fresh):
                continue  # what was seen refused would have to be taken
            worse.append((candidate, held))
        if worse:  # something else comes to light: it is dealt with next
            candidate, held = min(worse, key=lambda numbered: len(numbered[1].seen.findings))
            return self._taken(finding, candidate, held)
        self.left.append(UnexpressedFinding(finding, *REMEDIES.get(finding.kind, OTHERWISE)))
        return None

    def _taken(self, finding: Finding, candidate: ContractEdit, held: _HoldingEdit) -> _HoldingEdit:
        self.proposals.append(FindingProposal(finding, candidate.said, held.actions))
        return held

    def _tried(self, candidate: ContractEdit, context: FindingContext) -> _HoldingEdit | None:
        """The edit applied, its examples mended; None where the contract cannot be served then."""
        operations: list[Operation] = list(candidate.operations)
        for round_ in range(_ROUNDS):
            try:
                overlay_actions, after = actions(
                    context.document, with_evidence(context.document, operations, self.note)
                )
                checked = lint_document(apply_overlay(context.seen.contract.document, overlay_actions), self.base.name)
            except (KeyError, IndexError, SpecError):
                return None
            if checked.contract is None:
                return None
            renaming = round_ == 0 and candidate.renamed is not None
            if not checked.errors and not renaming:
                contract = replace(checked.contract, vendor=self.base.vendor)
                return _HoldingEdit(tuple(overlay_actions), self.trial.judged(contract))
            more = orphaned_components(context.document, after) + example_edits(
                checked.contract, context.shown, candidate.renamed
            )
            if not more and not renaming:
                return None
            operations += more
        return None


def _unique(candidates: Iterator[ContractEdit]) -> Iterator[ContractEdit]:
    yielded: list[tuple[Operation, ...]] = []
    for candidate in candidates:
        if candidate.operations and candidate.operations not in yielded:
            yielded.append(candidate.operations)
            yield candidate


def apply_overlay(document: SpecDocument, overlay_actions: list[OverlayAction]) -> SpecDocument:
    """A document after actions, through the very loader that will read them. Raises SpecError."""
    return overlay.apply_overlay(document, parse(as_yaml(plain(overlay_actions)), _HERE))


def plain(overlay_actions: list[OverlayAction], title: str = "proposed", version: str = "observed") -> Json:
    """An overlay document of these actions."""
    return {
        "overlay": "1.0.0",
        "info": {"title": title, "version": version},
        "actions": [action.plain() for action in overlay_actions],
    }
