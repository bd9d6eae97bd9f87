"""`pixpact check … --propose`: from what a run has seen to the overlay that makes the contract true again.

A limit that has moved is looked for with further requests, within what the caps of the run leave; then nothing is sent
any more, and edits are tried on what was seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from pixpact.contracts.budget import Caps, OverBudget
from pixpact.contracts.changes.narrowing import narrowed
from pixpact.contracts.changes.propose import Proposed, propose
from pixpact.contracts.changes.trial import Trial
from pixpact.contracts.hands import sending
from pixpact.contracts.probe import Probe
from pixpact.contracts.result import Result
from pixpact.contracts.samples import SLOT
from pixpact.contracts.sending import Forbidden
from pixpact.contracts.transport import Transport
from pixpact.specs.model import Contract
from pixpact.wire.exchange import Exchange

Connect = Callable[[Caps], Transport]
"""A transport to the target of a run that may send and cost so much."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run has seen, and how to ask for more. `standing`: whether the clock only moved by hand."""

    exchanges: list[Exchange]
    bases: tuple[str, ...] = ()
    standing: bool = False
    probes: tuple[Probe, ...] = ()


async def proposed(contract: Contract, result: Result, seen: Seen, transport: Transport | None = None) -> Proposed:
    """The overlay that makes a contract true again. With a transport, limits that have moved are looked for."""
    trial = Trial(contract, seen.exchanges, seen.bases, standing=seen.standing)
    if transport is not None and result.findings:
        asked = _Asking(contract, transport)
        more = await narrowed(trial.judged(contract), result.findings, seen.probes, asked.ask)
        trial = Trial(contract, [*seen.exchanges, *more], seen.bases, standing=seen.standing) if more else trial
    return propose(contract, result, trial)


class _Slots(dict[str, str]):
    """Stands for every picture by an address that nobody fetches: limits are about numbers, not pictures."""

    def __missing__(self, name: str) -> str:
        return SLOT + name


@dataclass(frozen=True, slots=True)
class _Asking:
    contract: Contract
    transport: Transport

    async def ask(self, probe: Probe) -> Exchange | None:
        """Send one probe, if the caps allow it."""
        operation = self.contract.operation(probe.operation)
        try:
            request = sending(probe, operation, _Slots())
            held = self.transport.reserve(request)
        except (OverBudget, Forbidden, ValueError):
            return None
        exchange = await self.transport.send(request, held)
        if exchange.status == 0 or "fault" in exchange.note:
            return None
        bought = probe.images if 200 <= exchange.status < 300 else 0
        held.settle(bought, (probe.cost or Decimal(0)) if bought else Decimal(0))
        verb = operation.role.verb if operation.role else "other"
        return exchange.noted(role=verb, expects="", probe=probe.id)


def left_of(caps: Caps, result: Result) -> Caps:
    """What a run left of its caps."""
    spent = result.spent
    return replace(
        caps,
        requests=None if caps.requests is None else max(0, caps.requests - spent.requests),
        images=None if caps.images is None else max(0, caps.images - spent.images),
        cost=None if caps.cost is None else max(Decimal(0), caps.cost - (spent.cost or Decimal(0))),
    )
