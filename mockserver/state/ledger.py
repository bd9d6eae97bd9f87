"""What each account was charged, by intent: reserved at submission, captured or refunded at the outcome.

Amounts are decimals in the vendor's currency, times seconds since the epoch. One entry belongs to one task; which
charges it makes is a function of the entry and the time, so that nothing has to happen at the moment of an outcome.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from pixpact.mockserver.state.forgotten_counts import ForgottenCounts

OPENING = Decimal(100)
"""The balance of a key that was given none."""

MOST_ENTRIES = 100_000
"""Entries that are listed; the balance goes on counting older ones."""
MOST_ACCOUNTS = 100_000
"""Keys whose money is known; one that was not used for the longest time has its opening balance again."""

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


KnownCharge = tuple[tuple[Any, ...], tuple[Decimal, Decimal]]
"""The fields of an entry, and what leaves the balance at submission and at the outcome."""


@dataclass(frozen=True, slots=True)
class AccountFunds:
    """What an account has left and has used."""

    balance: Decimal
    used: Decimal


@dataclass(slots=True)
class AccountMoney:
    """The money behind one API key.

    `promised` is what successes to come will cost beyond `used`: it still stands in the balance, and buys nothing more.
    `due` is what outcomes to come will change, and when, earliest first.
    """

    opening: Decimal
    used: Decimal = NOTHING
    promised: Decimal = NOTHING
    due: list[tuple[float, Decimal]] = field(default_factory=list)

    def settle(self, change: Decimal) -> None:
        """Let the money of one outcome move."""
        self.used += change
        self.promised -= max(change, NOTHING)

    def settle_until(self, now: float) -> None:
        """Let the money of every outcome until now move."""
        passed = bisect_right(self.due, now, key=lambda change: change[0])
        for _, change in self.due[:passed]:
            self.settle(change)
        del self.due[:passed]

    def pay(self, at_once: Decimal, at_outcome: Decimal, *, priced: bool) -> bool:
        """Pay what is due at submission, and promise what will be at the outcome, if that is covered.

        What has no price is covered while anything is left at all.
        """
        left = self.opening - self.used - self.promised
        if not priced:
            return left > 0
        if (at_once + at_outcome if at_outcome > 0 else at_once) > left:
            return False
        self.used += at_once
        if at_outcome > 0:
            self.promised += at_outcome
        return True


_ACCOUNT = LedgerEntry._fields.index("account")


def in_order(entries: Iterable[LedgerEntry], now: float) -> list[Charge]:
    """The charges that entries have made until now, in the order of time."""
    return sorted((charge for entry in entries for charge in entry.charges(now)), key=lambda charge: charge.time)


class MoneyLedger:
    """The accounts of one mock, and their entries in the order they were made."""

    def __init__(
        self,
        most: int = MOST_ENTRIES,
        most_accounts: int = MOST_ACCOUNTS,
        forgotten: ForgottenCounts | None = None,
    ) -> None:
        """`forgotten` counts what makes room."""
        self._most = most
        self._most_accounts = most_accounts
        self._forgotten = forgotten or ForgottenCounts()
        self._accounts: OrderedDict[str, AccountMoney] = OrderedDict()
        """The one that was used last stands last."""
        self._entries: dict[str, tuple[Any, ...]] = {}
        """Plain tuples, which a collection of the interpreter passes over."""
        self._order: deque[str] = deque()
        """Their tokens: the dictionary would walk past every one that went before to find the oldest."""

    def charge(self, entry: LedgerEntry, opening: Decimal) -> bool:
        """Write an entry if the balance covers it; False, and nothing happens, when it does not."""
        return self.charge_parts(tuple(entry), entry.parts(), opening)

    def charge_parts(self, fields: tuple[Any, ...], parts: tuple[Decimal, Decimal], opening: Decimal) -> bool:
        """The same for the fields of an entry, whose `parts` are known."""
        token, _, owner, _, _, _, at, price, _, _, _, ends_at = fields
        account = self._settled(owner, opening, at)
        at_once, at_outcome = parts
        if not account.pay(at_once, at_outcome, priced=price is not None):
            return False
        if at_outcome and ends_at is not None:
            insort(account.due, (ends_at, at_outcome))
        entries = self._entries
        if token not in entries:
            self._order.append(token)
        entries[token] = fields
        if len(entries) > self._most:
            self._forget(entries.pop(self._order.popleft()))
        return True

    def _forget(self, fields: tuple[Any, ...]) -> None:
        """Forget an entry; what its outcome would change is changed now, for nobody could tell it later."""
        self._forgotten.add("charges")
        account = self._accounts.get(fields[_ACCOUNT])
        if account is None or not account.due:
            return
        entry, due = LedgerEntry._make(fields), account.due
        planned = entry.ends_at, entry.parts()[1]
        position = bisect_left(due, planned) if entry.ends_at is not None else len(due)
        if position < len(due) and due[position] == planned:
            account.settle(due.pop(position)[1])

    def _owe(self, entry: LedgerEntry) -> None:
        at_outcome = entry.parts()[1]
        if at_outcome and entry.ends_at is not None and entry.account in self._accounts:
            insort(self._accounts[entry.account].due, (entry.ends_at, at_outcome))

    def end(self, token: str, at: float) -> None:
        """Tell when the task of an entry came to its outcome; a second time changes nothing."""
        entry = self._entry(token)
        if entry is None or entry.ends_at is not None:
            return
        ended = entry._replace(ends_at=at)
        self._entries[token] = tuple(ended)
        self._owe(ended)

    def _entry(self, token: str) -> LedgerEntry | None:
        fields = self._entries.get(token)
        return None if fields is None else LedgerEntry._make(fields)

    def change(self, token: str, kept: int, ends_at: float | None) -> None:
        """Let the task of an entry end then, and pay for so many images; one that has ended stays as it is."""
        entry = self._entry(token)
        if entry is None:
            return
        account, planned = self._accounts.get(entry.account), entry.parts()[1]
        due = [] if account is None else account.due
        if planned and entry.ends_at is not None:
            if (entry.ends_at, planned) not in due:
                return
            due.remove((entry.ends_at, planned))
        changed = entry._replace(kept=kept, ends_at=ends_at)
        self._entries[token] = tuple(changed)
        if account is not None:
            account.promised += max(changed.parts()[1], NOTHING) - max(planned, NOTHING)
        self._owe(changed)

    def funds(self, account: str, opening: Decimal, now: float) -> AccountFunds:
        """What an account, opened with this balance when it is new, has left and has used by now."""
        funds = self._settled(account, opening, now)
        return AccountFunds(funds.opening - funds.used, funds.used)

    def charges(self, now: float) -> list[Charge]:
        """Every charge until now, in the order of time."""
        return in_order(map(LedgerEntry._make, self._entries.values()), now)

    def _open(self, name: str, opening: Decimal) -> AccountMoney:
        """A new account; the one that was not used for the longest time makes room."""
        if len(self._accounts) >= self._most_accounts:
            self._accounts.popitem(last=False)
            self._forgotten.add("accounts")
        account = self._accounts[name] = AccountMoney(opening)
        return account

    def _settled(self, name: str, opening: Decimal, now: float) -> AccountMoney:
        """The money of an account, with every outcome until now."""
        account = self._accounts.get(name)
        if account is None:
            return self._open(name, opening)
        self._accounts.move_to_end(name)
        if account.due and now >= account.due[0][0]:
            account.settle_until(now)
        return account
