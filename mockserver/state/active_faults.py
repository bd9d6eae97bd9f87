"""The standing faults of a mock, and the ledger as a program in the same process reads it.

The vocabulary is in `rules`, what a fault does to a response in `injection`. Everything that changes is in the store.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from pixpact.mockserver.faults.fault import ActiveFault, BadFault, Fault
from pixpact.mockserver.faults.names import NAMES
from pixpact.mockserver.faults.parsing import read
from pixpact.mockserver.faults.validate import validate_fault
from pixpact.mockserver.state.ledger import Charge
from pixpact.mockserver.state.store import Store
from pixpact.specs.contract.model import Contract
from pixpact.wire.clock import Clock

__all__ = ["NAMES", "ActiveFault", "ActiveFaults", "BadFault", "Fault", "LedgerView"]

T = TypeVar("T")
MOST_FAULTS = 1000
"""Faults that stand at a time."""
MOST_FAULT_BYTES = 64 * 1024 * 1024
"""Bytes of the images and bodies in them."""


class ActiveFaults:
    """The faults that stand until they are removed. Call it in the event loop of the server."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.contracts: list[Contract] = []
        """What is served now: a fault that fits none of it is refused."""

    def add(self, fault: Mapping[str, Any]) -> Fault:
        """Let a fault stand. Raises BadFault, a ValueError that names the value and the remedy."""
        return run_sync(self.put(read(fault)))

    def clear(self) -> int:
        """Remove every standing fault; returns how many."""
        return run_sync(self._store.remove_faults())

    def standing(self) -> list[ActiveFault]:
        """The standing faults, how many requests each fitted and how many of them it struck."""
        return list(run_sync(self._store.fault_counts()))

    async def put(self, fault: Fault) -> Fault:
        """Let a fault stand. Raises BadFault where nothing that is served can ever meet it."""
        if self.contracts:
            validate_fault(fault, self.contracts)
        standing = await self._store.faults()
        if len(standing) >= MOST_FAULTS:
            raise BadFault(f"{MOST_FAULTS} faults are active, the maximum; remove some first")
        if sum(map(_size, (*standing, fault))) > MOST_FAULT_BYTES:
            raise BadFault(
                f"the faults that stand hold {MOST_FAULT_BYTES} bytes of images and bodies; remove some first"
            )
        return await self._store.add_fault(fault)


class LedgerView:
    """Who was charged what."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def charges(self) -> list[Charge]:
        """Every charge until now, in the order of time. Call it in the event loop of the server."""
        return run_sync(self._store.charges(self._clock.now()))


def run_sync(operation: Coroutine[Any, Any, T]) -> T:
    """The result of an operation of a store in this process, which never waits. Raises RuntimeError for any other."""
    try:
        operation.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    operation.close()
    raise RuntimeError("this store has to be awaited: use the operations of the store itself")


def _size(fault: Fault) -> int:
    return sum(len(image.content) for image in fault.image or ()) + len(str(fault.body or ""))
