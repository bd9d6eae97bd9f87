"""What each account was charged, by intent: reserved at submission, captured or refunded at the outcome.

Amounts are decimals in the vendor's currency, times seconds since the epoch. One entry belongs to one task; which
charges it makes is a function of the entry and the time, so that nothing has to happen at the moment of an outcome.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

OPENING = Decimal(100)
"""The balance of a key that was given none."""

MOST_ENTRIES = 100_000
"""Entries that are listed; the balance goes on counting older ones."""

NOTHING = Decimal(0)
Intent = Literal["reserve", "capture", "refund"]


@dataclass(frozen=True, slots=True)
class Charge:
    """One movement of money. `amount` is None where no price is known; `account` names a key without telling it."""

    time: float
    account: str
    vendor: str
    operation: str
    task: str
    intent: Intent
    amount: Decimal | None
    currency: str | None
    images: int


class LedgerEntry(NamedTuple):
    """What one task costs. `token` is the store's name of the task, `task` the vendor's.

    `images` were asked for at `price` each (None: not known), `kept` of them are paid for in the end; `reserved` tells
    that all are paid at submission. `ends_at` is None while the time of the outcome is not known.
    """

    token: str
    task: str
    account: str
    vendor: str
    operation: str
    currency: str | None
    at: float
    price: Decimal | None
    images: int
    kept: int
    reserved: bool
    ends_at: float | None

    def parts(self) -> tuple[Decimal, Decimal]:
        """What leaves the balance at submission, and at the outcome; negative when something comes back."""
        if self.price is None:
            return NOTHING, NOTHING
        if not self.reserved:
            return NOTHING, self.price * self.kept
        at_once = self.price * self.images
        return at_once, NOTHING if self.kept == self.images else self.price * self.kept - at_once

    def charges(self, now: float) -> Iterator[Charge]:
        """The charges made until now."""
        if self.reserved:
            yield self._charge(self.at, "reserve", self.images)
        if self.ends_at is None or self.ends_at > now:
            return
        if self.kept:
            yield self._charge(self.ends_at, "capture", self.kept)
        if self.reserved and self.kept < self.images:
            yield self._charge(self.ends_at, "refund", self.images - self.kept)

    def _worth(self, images: int) -> Decimal | None:
        return None if self.price is None else self.price * images

    def _charge(self, time: float, intent: Intent, images: int) -> Charge:
        amount = self._worth(images)
        return Charge(time, self.account, self.vendor, self.operation, self.task, intent, amount, self.currency, images)


@dataclass(frozen=True, slots=True)
class AccountFunds:
    """What an account has left and has used."""

    balance: Decimal
    used: Decimal


@dataclass(slots=True)
class _AccountMoney:
    """The money behind one API key; `due` holds what outcomes to come will change, earliest first.

    `promised` is what successes to come will cost beyond `used`: it still stands in the balance, and buys nothing more.
    """

    opening: Decimal
    used: Decimal = NOTHING
    due: list[tuple[float, Decimal]] = field(default_factory=list)
    promised: Decimal = NOTHING

    def used_by(self, now: float) -> Decimal:
        while self.due and self.due[0][0] <= now:
            change = self.due.pop(0)[1]
            self.used += change
            self.promised -= max(change, NOTHING)
        return self.used

    def covers(self, entry: LedgerEntry) -> bool:
        """Whether it can pay; where the price is not known, whether anything is left at all."""
        left = self.opening - self.used_by(entry.at) - self.promised
        at_once, at_outcome = entry.parts()
        return left > 0 if entry.price is None else max(at_once, at_once + at_outcome) <= left


class MoneyLedger:
    """The accounts of one mock, and their entries in the order they were made."""

    def __init__(self, most: int = MOST_ENTRIES) -> None:
        self._most = most
        self._accounts: dict[str, _AccountMoney] = {}
        self._entries: dict[str, LedgerEntry] = {}

    def charge(self, entry: LedgerEntry, opening: Decimal) -> bool:
        """Write an entry if the balance covers it; False, and nothing happens, when it does not."""
        account = self._account(entry.account, opening)
        if not account.covers(entry):
            return False
        at_once, at_outcome = entry.parts()
        account.used += at_once
        account.promised += max(at_outcome, NOTHING)
        if at_outcome and entry.ends_at is not None:
            insort(account.due, (entry.ends_at, at_outcome))
        self._entries[entry.token] = entry
        if len(self._entries) > self._most:
            del self._entries[next(iter(self._entries))]
        return True

    def end(self, token: str, at: float) -> None:
        """Tell when the task of an entry came to its outcome; a second time changes nothing."""
        entry = self._entries.get(token)
        if entry is None or entry.ends_at is not None:
            return
        self._entries[token] = entry._replace(ends_at=at)
        if at_outcome := entry.parts()[1]:
            insort(self._accounts[entry.account].due, (at, at_outcome))

    def change(self, token: str, kept: int, ends_at: float | None) -> None:
        """Let the task of an entry end then, and pay for so many images; one that has ended stays as it is."""
        entry = self._entries.get(token)
        if entry is None:
            return
        account, planned = self._accounts[entry.account], entry.parts()[1]
        if planned and entry.ends_at is not None:
            if (entry.ends_at, planned) not in account.due:
                return
            account.due.remove((entry.ends_at, planned))
        changed = self._entries[token] = entry._replace(kept=kept, ends_at=ends_at)
        at_outcome = changed.parts()[1]
        account.promised += max(at_outcome, NOTHING) - max(planned, NOTHING)
        if at_outcome and ends_at is not None:
            insort(account.due, (ends_at, at_outcome))

    def funds(self, account: str, opening: Decimal, now: float) -> AccountFunds:
        """What an account, opened with this balance when it is new, has left and has used by now."""
        found = self._account(account, opening)
        used = found.used_by(now)
        return AccountFunds(found.opening - used, used)

    def charges(self, now: float) -> list[Charge]:
        """Every charge until now, in the order of time."""
        found = [charge for entry in self._entries.values() for charge in entry.charges(now)]
        return sorted(found, key=lambda charge: charge.time)

    def _account(self, name: str, opening: Decimal) -> _AccountMoney:
        account = self._accounts.get(name)
        if account is None:
            account = self._accounts[name] = _AccountMoney(opening)
        return account
