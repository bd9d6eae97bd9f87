"""Idempotency keys and rate windows in a shared store."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pixpact.mockserver.state.store import IdempotencyEntry, StoredResponse
from pixpact.mockserver.stores.backend import StoreTransaction
from pixpact.mockserver.stores.codec import pack, unpack

CLAIM, WINDOW = "claim", "window"
LEASE = 600.0
"""Seconds of true time after which a key is free whose request never came to a response: its process is gone."""


@dataclass(frozen=True, slots=True)
class TakenKey:
    """An idempotency key in use, taken at a true time."""

    entry: IdempotencyEntry
    taken: float


async def claim(
    records: StoreTransaction, scope: str, entry: IdempotencyEntry, now: float, true_time: float
) -> IdempotencyEntry | None:
    """Take a key of a scope; the entry that is there when it is taken already."""
    (kept,) = await records.get(CLAIM, scope)
    taken_key = None if kept is None else unpack(TakenKey, kept)
    if (
        taken_key is not None
        and now < taken_key.entry.until
        and (taken_key.entry.response or true_time < taken_key.taken + LEASE)
    ):
        return taken_key.entry
    records.put(CLAIM, scope, pack(TakenKey(entry, true_time)), entry.until)
    return None


async def settle(records: StoreTransaction, scope: str, response: StoredResponse) -> None:
    """Keep the response of the request that took the key."""
    (kept,) = await records.get(CLAIM, scope)
    if kept is not None:
        taken_key = unpack(TakenKey, kept)
        records.put(CLAIM, scope, pack(replace(taken_key, entry=replace(taken_key.entry, response=response))))


async def release(records: StoreTransaction, scope: str) -> None:
    """Let go of a key."""
    (kept,) = await records.get(CLAIM, scope)
    if kept is not None:
        records.drop(CLAIM, scope)


async def take(records: StoreTransaction, account: str, most: int, seconds: float, now: float) -> float:
    """Count a request of an account: 0 when at most `most` came within `seconds`, else how long until the next."""
    (kept,) = await records.get(WINDOW, account)
    window: list[float] = [] if kept is None else unpack(list[float], kept)
    if len(window) == most and window[0] > now - seconds:
        return window[0] + seconds - now
    records.put(WINDOW, account, pack([*window, now][-most:]), now)
    return 0.0
