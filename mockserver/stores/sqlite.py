"""One file for several processes of one machine: SQLite with a write-ahead log.

What was written is in the hands of the operating system before anything is answered, so that it survives the end of
the process, `kill -9` included. No operation ever waits for anything but the lock of the file, and for that a few
microseconds: so it is done in the event loop itself.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pixpact.mockserver.stores.backend import (
    VERSION,
    StoredRow,
    StoreReading,
    StoreRefused,
    StoreTransaction,
    StoreUnavailable,
)

T = TypeVar("T")
_APPLICATION = 0x50495850  # "PIXP": what `file` and other programs tell such a file by
_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
  kind TEXT NOT NULL, key TEXT NOT NULL, score REAL, value BLOB NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS in_order ON records (kind, score, key) WHERE score IS NOT NULL;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
"""
_PUT = """
INSERT INTO records (kind, key, score, value) VALUES (?, ?, ?, ?)
ON CONFLICT (kind, key) DO UPDATE SET score = coalesce(excluded.score, score), value = excluded.value
"""
_COUNT = """
INSERT INTO counters (name, number) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET number = number + 1 RETURNING number
"""
_GET = "SELECT value FROM records WHERE kind = ? AND key = ?"
_SIZE = "SELECT count(*) FROM records WHERE kind = ? AND score IS NOT NULL"
_ROWS = "SELECT key, score, value FROM records WHERE kind = ? AND score <= ? ORDER BY score, key LIMIT ?"
_BUSY = 10.0
"""Seconds that a transaction waits for others to end."""


class SqliteBackend:
    """The records of one file. It belongs to the process, and to the thread, that opened it."""

    def __init__(self, path: Path) -> None:
        """Open a file, or make it. Raises StoreRefused for one that is something else, or of another version."""
        self.name = f"sqlite:{path}"
        try:
            # What clients sent stands in it: it is for its owner alone, as are the files that SQLite lays beside it.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._open = sqlite3.connect(path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
            self._prepare()
        except (sqlite3.Error, OSError) as error:
            remedy = "name a new file, or one that can be written"
            reason = getattr(error, "strerror", None) or error
            raise StoreRefused(f"{self.name} cannot be used: {reason}; {remedy}") from None
        self.reading: StoreReading = _SqliteReading(self._open)

    def _prepare(self) -> None:
        run = self._open.execute
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")
        run("BEGIN IMMEDIATE")
        (application,), (version,) = run("PRAGMA application_id").fetchone(), run("PRAGMA user_version").fetchone()
        empty = run("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
        if not empty and application != _APPLICATION:
            run("ROLLBACK")
            raise StoreRefused(f"{self.name} is a database of another program; name a new file")
        if not empty and version != VERSION:
            run("ROLLBACK")
            remedy = "remove it, or use the version of Pixpact that wrote it"
            raise StoreRefused(f"{self.name} has schema version {version}, and this Pixpact writes {VERSION}; {remedy}")
        for statement in _SCHEMA.split(";"):
            run(statement)
        run(f"PRAGMA application_id = {_APPLICATION}")
        run(f"PRAGMA user_version = {VERSION}")
        run("COMMIT")

    async def check(self) -> None:
        """It was checked when it was opened."""

    async def count(self, name: str) -> int:
        """Add one to a counter; returns what it says then."""
        with _available(self.name):
            (number,) = self._open.execute(_COUNT, (name,)).fetchone()
        return int(number)

    async def run(self, work: Callable[[StoreTransaction], Awaitable[T]]) -> T:
        """Do some work as one transaction."""
        transaction = _SqliteTransaction(self._open)
        with _available(self.name):
            self._open.execute("BEGIN IMMEDIATE")
            try:
                result = await work(transaction)
                transaction.write()
            except BaseException:
                self._open.execute("ROLLBACK")
                raise
            self._open.execute("COMMIT")
        return result

    async def close(self) -> None:
        """Close the file."""
        self._open.close()


@contextmanager
def _available(name: str) -> Iterator[None]:
    """Raises StoreUnavailable where the file cannot be read or written now."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{name}: {error}") from None


class _SqliteReading:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._open = connection

    async def get(self, kind: str, *keys: str) -> Sequence[bytes | None]:
        """The values of some keys."""
        rows = [self._open.execute(_GET, (kind, key)).fetchone() for key in keys]
        return [row and row[0] for row in rows]

    async def rows(self, kind: str, upto: float | None = None, most: int | None = None) -> list[StoredRow]:
        """The rows of an ordered kind up to a score, in order."""
        limits = (kind, float("inf") if upto is None else upto, -1 if most is None else most)
        return [StoredRow(*row) for row in self._open.execute(_ROWS, limits)]

    async def size(self, kind: str) -> int:
        """How many rows an ordered kind has."""
        (size,) = self._open.execute(_SIZE, (kind,)).fetchone()
        return int(size)


class _SqliteTransaction(_SqliteReading):
    """Collects what is to be written, and writes it at the end."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._writes: list[tuple[str, tuple[object, ...]]] = []

    def put(self, kind: str, key: str, value: bytes, score: float | None = None) -> None:
        """Write a value."""
        self._writes.append((_PUT, (kind, key, score, value)))

    def drop(self, kind: str, key: str) -> None:
        """Remove a value."""
        self._writes.append(("DELETE FROM records WHERE kind = ? AND key = ?", (kind, key)))

    def clear(self, kind: str) -> None:
        """Remove every value of a kind."""
        self._writes.append(("DELETE FROM records WHERE kind = ?", (kind,)))

    def write(self) -> None:
        """Carry the writes out."""
        for statement, values in self._writes:
            self._open.execute(statement, values)
