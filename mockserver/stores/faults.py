"""Standing faults in a shared store: all of them are one record, so that every request reads them at once."""

from __future__ import annotations

from collections.abc import Callable

from pixpact.mockserver.faults.fault import ActiveFault, Fault
from pixpact.mockserver.stores.backend import StoreReading, StoreTransaction
from pixpact.mockserver.stores.codec import pack, unpack

STRUCK = "struck"


async def add(records: StoreTransaction, fault: Fault) -> bytes:
    """Let a numbered fault stand; returns the record of all."""
    return _keep(records, (*await standing(records), fault))


async def remove(records: StoreTransaction, number: int | None) -> tuple[int, bytes]:
    """Remove the fault of a number, or all; returns how many, and the record of those that stay."""
    before = await standing(records)
    kept = tuple(fault for fault in before if number is not None and fault.number != number)
    gone = [str(fault.number) for fault in before if fault not in kept]
    for key, counted in zip(gone, await records.get(STRUCK, *gone) if gone else (), strict=True):
        if counted is not None:
            records.drop(STRUCK, key)
    return len(before) - len(kept), _keep(records, kept)


async def strike(records: StoreTransaction, fault: Fault, drawn: Callable[[int], float]) -> bool:
    """Count a request that a standing fault fits; whether it strikes. One that was removed meanwhile does not."""
    if all(standing_fault.number != fault.number for standing_fault in await standing(records)):
        return False
    key = str(fault.number)
    fitted, struck = (await _counts(records, [key]))[key]
    strikes = fault.strikes(fitted + 1, struck, drawn(fitted + 1))
    records.put(STRUCK, key, pack((fitted + 1, struck + strikes)))
    return strikes


async def counts(reading: StoreReading) -> tuple[ActiveFault, ...]:
    """The standing faults with how many requests each fitted and how many it struck."""
    faults = await standing(reading)
    counts_read = await _counts(reading, [str(fault.number) for fault in faults])
    return tuple(ActiveFault(fault, *counts_read[str(fault.number)]) for fault in faults)


async def standing(reading: StoreReading) -> tuple[Fault, ...]:
    """The faults that stand now."""
    (written,) = await reading.get("state", "faults")
    return of_record(written)


def of_record(written: bytes | None) -> tuple[Fault, ...]:
    """The faults of a record."""
    return () if written is None else unpack(tuple[Fault, ...], written)


def _keep(records: StoreTransaction, faults: tuple[Fault, ...]) -> bytes:
    written = pack(faults)
    records.put("state", "faults", written)
    return written


async def _counts(reading: StoreReading, keys: list[str]) -> dict[str, tuple[int, int]]:
    """By the number of a fault: how many requests it fitted, and how many it struck."""
    counts_read = await reading.get(STRUCK, *keys) if keys else []
    pairs = zip(keys, counts_read, strict=True)
    return {key: (0, 0) if kept is None else unpack(tuple[int, int], kept) for key, kept in pairs}
