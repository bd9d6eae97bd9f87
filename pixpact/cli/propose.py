"""`pixpact check … --propose`: writes an overlay that makes the contract match what a run has seen.

First, further requests find the new values of limits that have changed, within the run's caps. Then edits are tried on
the recorded exchanges, without sending anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from pixpact.contracts.findings import Finding
from pixpact.contracts.limits.budget import OverBudget
from pixpact.contracts.plan.build_request import build_request
from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.propose.bisection import bisect_limits, is_about_limit
from pixpact.contracts.propose.overlay_text import left_text, overlay_text
from pixpact.contracts.propose.propose import ProposedOverlay, day_of, propose
from pixpact.contracts.propose.replay import TrafficReplay
from pixpact.contracts.reports.destination import reason
from pixpact.contracts.reports.sanitize import TextSanitizer
from pixpact.contracts.run.check import PreparedRun
from pixpact.contracts.run.result import CheckResult
from pixpact.contracts.run.verdict import unseen_areas
from pixpact.contracts.samples.samples import SLOT
from pixpact.contracts.traffic.recording import compact
from pixpact.contracts.transport.planned_request import RequestForbidden
from pixpact.contracts.transport.transport import RequestSender
from pixpact.specs.catalogue import SpecSource
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.messages import plural
from pixpact.terminal.output import say
from pixpact.terminal.refusal import UsageRefused
from pixpact.wire.exchange import Exchange
from pixpact.wire.files import write_whole


@dataclass(slots=True)
class LimitWitness:
    """Keeps the exchanges of a run, and finds the new values of limits."""

    contract: Contract
    bases: tuple[str, ...] = ()
    """Base URLs of the target."""
    exchanges: list[Exchange] = field(default_factory=list)
    stands_still: bool = False
    """Whether the clock of the target only moves by hand."""

    def saw(self, exchange: Exchange) -> None:
        """Keep one exchange."""
        self.exchanges.append(compact(exchange))

    def passing(self, exchanges: Iterable[Exchange], bases: tuple[str, ...]) -> Iterator[Exchange]:
        """Pass exchanges on, recorded below `bases`, and keep each."""
        self.bases = bases
        for exchange in exchanges:
            self.saw(exchange)
            yield exchange

    async def afterwards(self, ready: PreparedRun, findings: tuple[Finding, ...], transport: RequestSender) -> None:
        """Find the new values of limits that have findings, within the budget of the run."""
        self.bases = (*self.bases, f"{transport.target.origin}{transport.target.target.rstrip('/')}")
        self.stands_still = transport.clock.stands_still
        if any(map(is_about_limit, findings)):
            judged = self._trial().judged(self.contract)
            asking = _LimitAsker(self.contract, transport)
            self.exchanges += await bisect_limits(judged, findings, ready.plan.probes, asking.ask)

    def proposed(self, result: CheckResult) -> ProposedOverlay:
        """The overlay that would make the contract match."""
        return propose(self.contract, result, self._trial())

    def _trial(self) -> TrafficReplay:
        return TrafficReplay(self.contract, self.exchanges, self.bases, stands_still=self.stands_still)


class _ImageSlots(dict[str, str]):
    """A placeholder URL for every image, which is never fetched: limits are about numbers, not images."""

    def __missing__(self, name: str) -> str:
        return SLOT + name


@dataclass(frozen=True, slots=True)
class _LimitAsker:
    contract: Contract
    transport: RequestSender

    async def ask(self, probe: Probe) -> Exchange | None:
        """Send a probe; None if the caps do not allow it, or there is no usable response."""
        operation = self.contract.operation(probe.operation)
        try:
            request = build_request(probe, operation, _ImageSlots())
            held = self.transport.reserve(request)
        except (OverBudget, RequestForbidden, ValueError):
            return None
        exchange = await self.transport.send(request, held)
        if exchange.status == 0 or "fault" in exchange.note:
            return None
        bought = probe.images if 200 <= exchange.status < 300 else 0
        held.settle(bought, (probe.cost or Decimal(0)) if bought else Decimal(0))
        verb = operation.role.verb if operation.role else "other"
        return exchange.noted(role=verb, expects="", probe=probe.id)


def write(
    path: Path, witness: LimitWitness, result: CheckResult, source: SpecSource, secrets: Iterable[str] = ()
) -> None:
    """Write the overlay for a result, and print what it cannot express. Raises UsageRefused."""
    proposed = witness.proposed(result)
    plain = TextSanitizer(tuple(secrets))
    if proposed.actions:
        extends = os.path.relpath(source.path.resolve(), path.resolve().parent)
        text = overlay_text(proposed, Path(extends).as_posix(), day_of(result), result.target, plain)
        try:
            write_whole(path, text)
        except OSError as error:
            raise UsageRefused(f"pixpact: {reason(error, path)}") from None
    for line in _reported(path, proposed, plain, result):
        say(line, err=True)


def _reported(path: Path, proposed: ProposedOverlay, plain: TextSanitizer, result: CheckResult) -> Iterator[str]:
    total = len(proposed.proposals) + len(proposed.left)
    if not total and (result.failures or result.interrupted or unseen_areas(result)):
        judged = result.count("kept") + result.count("broken")
        yield (
            f"{path} was not written: the check could not be carried out "
            f"({judged} of {plural(len(result.judgements), 'claim')} judged)"
        )
    elif not total:
        yield f"{path} was not written: there are no findings, so the contract is true as it is"
    elif proposed.proposals:
        yield f"{path}: {len(proposed.proposals)} of {total} finding{'s' if total != 1 else ''} expressed"
    else:
        yield f"{path} was not written: no finding can be expressed"
    yield from (f"not expressed: {left_text(unexpressed, plain)}" for unexpressed in proposed.left)
