"""What tasks have in common that are asked for the same images."""

from __future__ import annotations

from pixpact.mockserver.core.identity import RANGE, numbers_of
from pixpact.mockserver.core.pace import TaskPace
from pixpact.mockserver.requests.tasks import paid
from pixpact.mockserver.state.compact_tasks import TaskShape
from pixpact.mockserver.state.ledger import NOTHING, KnownCharge, LedgerEntry
from pixpact.mockserver.state.store import USUAL
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.lifecycle import FOREVER, LifecycleState

_TURNS = range(7, -1, -1)
"""The numbers of a seed in the order in which they are drawn (`SeededChance`)."""


class TaskKind:
    """What all tasks with one promise, at one pace, have in common."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        way: tuple[LifecycleState, ...],
        promise: ImagePromise,
        pace: TaskPace,
    ) -> None:
        price = None if promise.price is None else promise.price * promise.count
        self.pace = pace
        self.shape = TaskShape(contract.name, operation.id, way, promise, promise.row, price, pace, None, USUAL)
        self._promise, self._billing = promise, operation.billing
        self._vendor, self._operation = contract.vendor, operation.id
        spans = [state.after or (0.0, 0.0) for state in way[:-1]]
        self._least: list[float | None] = [*(low for low, _ in spans), None]
        varied = [(position, low, high - low) for position, (low, high) in enumerate(spans) if low != high]
        self._drawn = [(*state, turn) for state, turn in zip(varied, _TURNS, strict=False)]
        """Which states last for a time that is drawn, the least of it and its width, and which number decides."""
        self._ends = way[-1].outcome is not None
        failed = way[-1].outcome == "failure"
        self._kept = 0 if operation.billing is None else paid(failed, promise, USUAL, operation.billing)
        self._parts = NOTHING, NOTHING
        if (charge := self.charge("", "", "", 0.0, None)) is not None:
            self._parts = LedgerEntry._make(charge[0]).parts()

    def lasts(self, seed: bytes) -> tuple[list[float | None], float | None]:
        """Seconds in each state, and until the end; None: for ever."""
        numbers, seconds = numbers_of(seed), self._least.copy()
        for position, low, width, turn in self._drawn:
            seconds[position] = round(low + width * numbers[turn] / RANGE, 3)
        lasts = self.pace.lasts(sum(filter(None, seconds))) if self._ends else FOREVER
        return seconds, None if lasts == FOREVER else lasts

    def charge(
        self, token: str, task: str, account: str, created_at: float, ends_after: float | None
    ) -> KnownCharge | None:
        """What one of them costs; None where nothing is charged."""
        billing, promise = self._billing, self._promise
        if billing is None:
            return None
        entry = (
            token,
            task,
            account,
            self._vendor,
            self._operation,
            billing.currency,
            created_at,
            promise.price,
            promise.count,
            self._kept,
            billing.charge == "on-submit",
            None if ends_after is None else created_at + ends_after,
        )
        return entry, self._parts
