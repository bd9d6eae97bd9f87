"""What a run may still spend: requests, images, money. Nothing is bought that was not reserved first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class SpendingCaps:
    """The most that a run may spend; None: without limit. `cost` is in the vendor's currency."""

    requests: int | None = 500
    images: int | None = None
    cost: Decimal | None = None


class SpentSoFar(NamedTuple):
    """What was spent, or may have been: open reservations count at their maximum."""

    requests: int
    images: int
    cost: Decimal


class OverBudget(Exception):
    """Something was asked for that a cap does not allow; nothing was spent on it. `asked` None: at an unknown price."""

    def __init__(self, cap: str, most: int | Decimal, spent: int | Decimal, asked: int | Decimal | None) -> None:
        self.cap = cap
        self.most = most
        self.spent = spent
        self.asked = asked
        wanted = "images of unknown price" if asked is None else f"{asked} more"
        super().__init__(f"over budget: --max-{cap} is {most}, {spent} spent, {wanted} asked for")


class BudgetReservation:
    """One request that may be sent, and the most that it may buy."""

    def __init__(self, images: int, cost: Decimal, correct: Callable[[SpentSoFar, SpentSoFar], None]) -> None:
        self._correct = correct
        self._counted: SpentSoFar | None = SpentSoFar(1, images, cost)
        self._used = False

    @property
    def settled(self) -> bool:
        """Whether it is known what was bought."""
        return self._counted is None

    def use(self, images: int) -> None:
        """A request that may buy so many images is sent with it.

        Raises ValueError the second time, for no reservation pays for two requests, and for more than was reserved.
        """
        if self._used or self._counted is None:
            raise ValueError("a reservation is for one request: reserve again before sending again")
        if images > self._counted.images:
            raise ValueError(f"{self._counted.images} images were reserved for a request that may buy {images}")
        self._used = True

    def settle(self, images: int, cost: Decimal = _NOTHING) -> None:
        """Say what was really bought: 0 for a refusal. It may be more than the maximum: then the server went too far.

        Raises ValueError if that was said before.
        """
        _refuse_less_than_nothing(images, cost)
        self._replace(SpentSoFar(1, images, cost))

    def keep(self) -> None:
        """Count a purchase whose response was lost at its maximum; one that is settled stays as it is."""
        if self._counted is not None:
            self._replace(self._counted)

    def withdraw(self) -> None:
        """Give everything back, the request as well: it was not sent."""
        self._replace(SpentSoFar(0, 0, _NOTHING))

    def _replace(self, real: SpentSoFar) -> None:
        if self._counted is None:
            raise ValueError("this reservation is already settled")
        self._correct(self._counted, real)
        self._counted = None


class Budget:
    """What may still be spent. Exact under concurrency: nothing waits between a poll and a change (one event loop)."""

    def __init__(self, caps: SpendingCaps) -> None:
        self.caps = caps
        self._spent = SpentSoFar(0, 0, _NOTHING)
        self._open = 0
        self._closed = asyncio.Event()

    @property
    def spent(self) -> SpentSoFar:
        """Requests, images and money until now, open reservations at their maximum."""
        return self._spent

    def reserve(self, images: int = 0, cost: Decimal | None = _NOTHING) -> BudgetReservation:
        """Set aside one request and the most that it may buy: `images` for `cost` together, None if unknown.

        Raises OverBudget, also for images at an unknown cost under a cap on money; then nothing is spent.
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
        """The same, once it fits: what is under way counts at its most, and may turn out to have bought less.

        Raises OverBudget when it does not fit though nothing is under way.
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
