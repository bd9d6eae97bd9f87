"""What a request bought, told from its response, and settled with the budget."""

from __future__ import annotations

from decimal import Decimal

from pixpact.contracts.limits.budget import BudgetReservation
from pixpact.contracts.plan.probe import Probe
from pixpact.wire.exchange import Exchange


def settle_reservation(reservation: BudgetReservation, bought: int | None, probe: Probe) -> None:
    """Say what a probe bought; None: nobody knows, so that it stays at its maximum."""
    if bought is None:
        reservation.keep()
    else:
        reservation.settle(bought, (probe.cost or Decimal(0)) if bought else Decimal(0))


def bought_by(exchange: Exchange, probe: Probe) -> int | None:
    """How many images a request bought at most; None when nobody knows."""
    if exchange.note.get("sent") == "no":
        return 0
    if exchange.status == 0 or "fault" in exchange.note or exchange.status >= 500:
        return None if probe.images else 0
    return probe.images if 200 <= exchange.status < 300 else 0
