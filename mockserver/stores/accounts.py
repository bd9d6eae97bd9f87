"""Money in a shared store: the same sums as in `state/ledger.py`, each account and each entry a record."""

from __future__ import annotations

from decimal import Decimal

from pixpact.mockserver.state.ledger import NOTHING, AccountFunds, AccountMoney, LedgerEntry
from pixpact.mockserver.stores.backend import StoredRow, StoreTransaction
from pixpact.mockserver.stores.codec import pack, unpack

ACCOUNT, ENTRY = "account", "entry"


def owed(account: str) -> str:
    """The kind of what outcomes to come will change in an account: by the token of the task, in the order of time."""
    return f"owed:{account}"


async def funds(records: StoreTransaction, account: str, opening: Decimal, now: float) -> AccountFunds:
    """What an account, opened with this balance when it is new, has left and has used by now."""
    money = await _settled(records, account, opening, now)
    _keep(records, account, money, now)
    return AccountFunds(money.opening - money.used, money.used)


async def charge(records: StoreTransaction, entry: LedgerEntry, opening: Decimal, order: int) -> bool:
    """Write an entry if the balance covers it; one that is there already is not charged again."""
    (record,) = await records.get(ENTRY, entry.token)
    if record is not None:
        return True
    money = await _settled(records, entry.account, opening, entry.at)
    if not money.pay(*entry.parts(), priced=entry.price is not None):
        return False
    _keep(records, entry.account, money, entry.at)
    _owe(records, entry)
    records.put(ENTRY, entry.token, pack(entry), order)
    return True


async def end(records: StoreTransaction, token: str, at: float) -> None:
    """Tell when the task of an entry came to its outcome; a second time changes nothing."""
    (record,) = await records.get(ENTRY, token)
    entry = None if record is None else unpack(LedgerEntry, record)
    if entry is not None and entry.ends_at is None:
        ended = entry._replace(ends_at=at)
        records.put(ENTRY, token, pack(ended))
        _owe(records, ended)


async def change(records: StoreTransaction, token: str, kept: int, ends_at: float | None) -> None:
    """Let the task of an entry end then, and pay for so many images; one that has ended stays as it is."""
    (record,) = await records.get(ENTRY, token)
    if record is None:
        return
    entry = unpack(LedgerEntry, record)
    (account,), planned = await records.get(ACCOUNT, entry.account), entry.parts()[1]
    if planned and entry.ends_at is not None:
        (waits,) = await records.get(owed(entry.account), token)
        if waits is None:
            return
        records.drop(owed(entry.account), token)
    changed = entry._replace(kept=kept, ends_at=ends_at)
    records.put(ENTRY, token, pack(changed))
    if account is not None:
        money = unpack(AccountMoney, account)
        money.promised += max(changed.parts()[1], NOTHING) - max(planned, NOTHING)
        _keep(records, entry.account, money)
    _owe(records, changed)


async def _settled(records: StoreTransaction, account: str, opening: Decimal, now: float) -> AccountMoney:
    """The money of an account, with every outcome until now."""
    (record,) = await records.get(ACCOUNT, account)
    money = AccountMoney(opening) if record is None else unpack(AccountMoney, record)
    for row in await records.rows(owed(account), now):
        money.settle(Decimal(row.value.decode()))
        records.drop(owed(account), row.key)
    return money


async def forget_entry(records: StoreTransaction, row: StoredRow) -> None:
    """Forget the oldest entry; what its outcome would change comes at its time all the same."""
    records.drop(ENTRY, row.key)


async def forget_account(records: StoreTransaction, row: StoredRow) -> None:
    """Forget the account that was not used for the longest time; it has its opening balance again."""
    records.drop(ACCOUNT, row.key)
    records.clear(owed(row.key))


def _keep(records: StoreTransaction, account: str, money: AccountMoney, now: float | None = None) -> None:
    records.put(ACCOUNT, account, pack(money), now)


def _owe(records: StoreTransaction, entry: LedgerEntry) -> None:
    at_outcome = entry.parts()[1]
    if at_outcome and entry.ends_at is not None:
        records.put(owed(entry.account), entry.token, str(at_outcome).encode(), entry.ends_at)
