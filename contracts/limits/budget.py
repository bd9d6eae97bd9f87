"""The budget of a run: requests, images, money. Every purchase is reserved before it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class SpendingCaps:
    """The caps of a run; None: unlimited. `cost` is in the vendor's currency."""

    requests: int | None = 500
    images: int | None = None
    cost: Decimal | None = None


class SpentSoFar(NamedTuple):
    """What was spent, or may have been: open reservations count at their maximum."""

    requests: int
    images: int
    cost: Decimal


class OverBudget(Exception):
    """A cap does not allow what was requested; nothing was spent on it. `asked` None: its price is unknown."""

    def __init__(self, cap: str, most: int | Decimal, spent: int | Decimal, asked: int | Decimal | None) -> None:
        self.cap = cap
        self.most = most
        self.spent = spent
        self.asked = asked
        wanted = "images of unknown price" if asked is None else f"{asked} more"
        super().__init__(f"over budget: --max-{cap} is {most}, {spent} spent, {wanted} asked for")


class BudgetReservation:
    """One request that may be sent, and its maximum cost."""

    def __init__(self, images: int, cost: Decimal, correct: Callable[[SpentSoFar, SpentSoFar], None]) -> None:
        self._correct = correct
        self._counted: SpentSoFar | None = SpentSoFar(1, images, cost)
        self._used = False

    @property
    def settled(self) -> bool:
        """Whether its real cost is known."""
        return self._counted is None

    def use(self, images: int) -> None:
        """Use the reservation for a request that may cost `images`.

        Raises ValueError the second time, because a reservation pays for one request, and for more than was reserved.
        """
        if self._used or self._counted is None:
            raise ValueError("a reservation is for one request: reserve again before sending again")
        if images > self._counted.images:
            raise ValueError(f"{self._counted.images} images were reserved for a request that may buy {images}")
        self._used = True

    def settle(self, images: int, cost: Decimal = _NOTHING) -> None:
        """Set what was really bought: 0 for a refusal; a faulty server may charge more than the maximum.

        Raises ValueError if the reservation is already settled.
        """
        _refuse_less_than_nothing(images, cost)
        self._replace(SpentSoFar(1, images, cost))

    def keep(self) -> None:
        """Count a purchase without a response at its maximum; a settled reservation stays unchanged."""
        if self._counted is not None:
            self._replace(self._counted)

    def withdraw(self) -> None:
        """Return everything, including the request: it was not sent."""
        self._replace(SpentSoFar(0, 0, _NOTHING))

    def _replace(self, real: SpentSoFar) -> None:
        if self._counted is None:
            raise ValueError("this reservation is already settled")
        self._correct(self._counted, real)
        self._counted = None


class Budget:
    """The remaining budget. Exact under concurrency: it is read and changed without awaiting (one event loop)."""

    def __init__(self, caps: SpendingCaps) -> None:
        self.caps = caps
        self._spent = SpentSoFar(0, 0, _NOTHING)
        self._open = 0
        self._closed = asyncio.Event()

    @property
    def spent(self) -> SpentSoFar:
        """Requests, images and money so far, open reservations at their maximum."""
        return self._spent

    def reserve(self, images: int = 0, cost: Decimal | None = _NOTHING) -> BudgetReservation:
        """Reserve one request and its maximum: `images` for `cost` together, None if unknown.

        Raises OverBudget, also for images of unknown cost under a cap on money; then nothing is spent.
        """
        if images and cost is None and self.caps.cost is not None:
            raise OverBudget("cost", self.caps.cost, self._spent.cost, None)
        asked = SpentSoFar(1, images, cost or _NOTHING)
        _refuse_less_than_nothing(images, asked.cost)
        after = _sum(self._spent, asked)
        for name in SpentSoFar._fields:
            most, more = getattr(self.caps, name), getattr(asked, name)
            if most is not None and more and getattr(after, name) > most:
                raise OverBudget(name, most, getattr(self._spent, name), more)
        self._spent = after
        self._open += images > 0
        return BudgetReservation(images, asked.cost, self._correct)

    async def reserved(self, images: int = 0, cost: Decimal | None = _NOTHING) -> BudgetReservation:
        """Reserve as soon as it fits: open reservations count at their maximum, and may turn out to cost less.

        Raises OverBudget when it does not fit and no reservation is open.
        """
        while True:
            try:
                return self.reserve(images, cost)
            except OverBudget as error:
                if not self._open or error.cap == "requests" or error.asked is None:
                    raise
            await self._closed.wait()

    def _correct(self, counted: SpentSoFar, real: SpentSoFar) -> None:
        less = SpentSoFar(-counted.requests, -counted.images, -counted.cost)
        self._spent = _sum(_sum(self._spent, less), real)
        self._open -= counted.images > 0
        self._closed.set()
        self._closed = asyncio.Event()


def _refuse_less_than_nothing(images: int, cost: Decimal) -> None:
    if images < 0 or not (cost.is_finite() and cost >= 0):
        raise ValueError(f"nothing below zero can be bought: got {images} images for {cost}")


def _sum(one: SpentSoFar, second: SpentSoFar) -> SpentSoFar:
    return SpentSoFar(one.requests + second.requests, one.images + second.images, one.cost + second.cost)
