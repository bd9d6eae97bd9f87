"""What a shared store is built on: values by kind and key, some of them in an order, changed in transactions.

A value of an ordered kind has a score; values of one score are in the order of their keys. A transaction reads first
and writes then: it does not see its own writes, and may be run again when others were faster.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol, TypeVar

T = TypeVar("T")
VERSION = 1
"""Of the kinds, keys and records: a store of another version is refused."""


class StoreUnavailable(Exception):
    """The store cannot be reached now; says which and why. It may come back."""


class StoreRefused(ValueError):
    """A store that cannot be used; says which, why, and what to do."""


class StoredRow(NamedTuple):
    """One value of an ordered kind."""

    key: str
    score: float
    value: bytes


class StoreReading(Protocol):
    """Reading of a store."""

    async def get(self, kind: str, *keys: str) -> Sequence[bytes | None]:
        """The values of some keys; None for each that there is not."""

    async def rows(self, kind: str, upto: float | None = None, most: int | None = None) -> list[StoredRow]:
        """The rows of an ordered kind up to a score, in order; `most` at most."""

    async def size(self, kind: str) -> int:
        """How many rows an ordered kind has."""


class StoreTransaction(StoreReading, Protocol):
    """Reading and writing that happens at once, or not at all."""

    def put(self, kind: str, key: str, value: bytes, score: float | None = None) -> None:
        """Write a value; `score` gives it its place in an ordered kind."""

    def drop(self, kind: str, key: str) -> None:
        """Remove a value; of two transactions that drop the same one, the later is run again."""

    def clear(self, kind: str) -> None:
        """Remove every value of a kind."""


class StoreBackend(Protocol):
    """One place where records are kept."""

    @property
    def name(self) -> str:
        """What users call it: the text that chose it, without a password."""

    @property
    def reading(self) -> StoreReading:
        """Reads single values outside of any transaction."""

    async def check(self) -> None:
        """See that it is there, and of this version. Raises StoreRefused or StoreUnavailable."""

    async def count(self, name: str) -> int:
        """Add one to a counter; returns what it says then, from 1."""

    async def run(self, work: Callable[[StoreTransaction], Awaitable[T]]) -> T:
        """Do some work as one transaction, again when others came between. Raises StoreUnavailable."""

    async def close(self) -> None:
        """Let go of files and connections."""
