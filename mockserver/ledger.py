"""What each account was charged, was refunded, and has left. Amounts are decimals in the vendor's currency."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

OPENING = Decimal(100)
"""The balance of a key that was given none."""

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One charge for one task. `refund_at` is when it comes back; None: not known, or never. Times since the epoch."""

    at: float
    task: str
    amount: Decimal
    refund_at: float | None = None


@dataclass(slots=True)
class Account:
    """The money behind one API key."""

    opening: Decimal
    entries: dict[str, Entry] = field(default_factory=dict)
    charged: Decimal = NOTHING
    refunds: dict[str, Entry] = field(default_factory=dict)

    def charge(self, entry: Entry) -> bool:
        """Append an entry if the balance at its time covers it."""
        if entry.amount > self.balance(entry.at):
            return False
        self.entries[entry.task] = entry
        self.charged += entry.amount
        if entry.refund_at is not None:
            self.refunds[entry.task] = entry
        return True

    def refund(self, task: str, at: float) -> None:
        """Give the charge for a task back at this time; a second refund of the same task changes nothing."""
        if task in self.entries and task not in self.refunds:
            self.refunds[task] = replace(self.entries[task], refund_at=at)

    def used(self, now: float) -> Decimal:
        """What was charged less what has come back by now."""
        back = (
            entry.amount for entry in self.refunds.values() if entry.refund_at is not None and entry.refund_at <= now
        )
        return self.charged - sum(back, NOTHING)

    def balance(self, now: float) -> Decimal:
        """What is left now."""
        return self.opening - self.used(now)
