"""One Redis for processes on any number of machines. The door to redis-py.

A transaction reads first, each value as it stands, and sends its writes together with what it has read: a script of
Redis carries them out if all of that still stands, and else the transaction is run again. Values of one kind are the
fields of one hash; the order of a kind is a sorted set.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as TimedOut

from pixpact.mockserver.stores.backend import (
    VERSION,
    StoredRow,
    StoreReading,
    StoreRefused,
    StoreTransaction,
    StoreUnavailable,
)
from pixpact.wire.redaction import without_user

T = TypeVar("T")
PREFIX = "pixpact:"
"""What the names of all keys begin with; a path in the address of the store names another."""
_PATIENCE = 2.0
"""Seconds that a response of Redis is waited for."""
_ATTEMPTS = 200
"""How often a transaction is run while others are faster."""
_COMMIT = """
local name, place = KEYS[1], 0
local function following() place = place + 1; return ARGV[place] end
local function named() return name .. following() end
local drops = {}
for _ = 1, tonumber(following()) do
  local found, there, value = redis.call('HGET', named(), following()), following(), following()
  if there == '1' and found ~= value or there == '0' and found then return 0 end
end
for _ = 1, tonumber(following()) do
  if redis.call('ZCARD', named() .. ':order') ~= tonumber(following()) then return 0 end
end
for _ = 1, tonumber(following()) do
  local row = {named(), following()}
  if redis.call('HEXISTS', row[1], row[2]) == 0 then return 0 end
  table.insert(drops, row)
end
for _ = 1, tonumber(following()) do
  local kind = named()
  redis.call('UNLINK', kind, kind .. ':order')
end
for _, row in ipairs(drops) do
  redis.call('HDEL', row[1], row[2])
  redis.call('ZREM', row[1] .. ':order', row[2])
end
for _ = 1, tonumber(following()) do
  local kind, key, value, score = named(), following(), following(), following()
  redis.call('HSET', kind, key, value)
  if score ~= '' then redis.call('ZADD', kind .. ':order', score, key) end
end
return 1
"""
"""Carries out what a transaction writes if all that it has read still stands; says whether it did.

Its arguments are five lists, each with its length before it: values (kind, key, whether it was there, value), sizes
(kind, size), rows that are dropped (kind, key), kinds that are cleared, rows that are put (kind, key, value, score).
"""


class RedisBackend:
    """The records of one database of Redis. It belongs to the event loop that uses it first."""

    def __init__(self, url: str) -> None:
        """Name a server: `redis://HOST:6379/0`, `rediss://USER:PASSWORD@HOST`. Raises StoreRefused."""
        self.name = without_user(url)
        try:
            self._client = redis.asyncio.Redis.from_url(
                url,
                socket_timeout=_PATIENCE,
                socket_connect_timeout=_PATIENCE,
                retry=Retry(NoBackoff(), 1),
                retry_on_error=[NotConnected],
            )
        except ValueError:
            raise StoreRefused(
                f"{self.name} is not an address of a Redis: write redis://HOST:6379/0, and in a password / ? # @ and : "
                "percent-encoded"
            ) from None
        self._commit = self._client.register_script(_COMMIT)
        self.reading: StoreReading = _RedisReading(self._client, self.name)

    async def check(self) -> None:
        """See that the store is there, and of this version; makes it where it is empty. Raises StoreRefused."""
        with _available(self.name):
            try:
                await self._client.hsetnx(PREFIX + "state", "version", str(VERSION))
                version = await self._client.hget(PREFIX + "state", "version")
            except ResponseError as error:
                raise StoreRefused(f"{self.name} cannot be used: {error}; name another in --store") from None
        if version != str(VERSION).encode():
            remedy = "name another database in --store, or remove its keys that begin with " + PREFIX
            raise StoreRefused(
                f"{self.name} has schema version {_text(version)}, and this Pixpact writes {VERSION}; {remedy}"
            )

    async def count(self, name: str) -> int:
        """Add one to a counter; returns what it says then."""
        with _available(self.name):
            return int(await self._client.hincrby(PREFIX + "counters", name, 1))

    async def run(self, work: Callable[[StoreTransaction], Awaitable[T]]) -> T:
        """Do some work as one transaction, again when others came between."""
        for _ in range(_ATTEMPTS):
            transaction = _RedisTransaction(self._client, self.name)
            result = await work(transaction)
            if not transaction.writes:
                return result
            with _available(self.name):
                if await self._commit(keys=[PREFIX], args=transaction.arguments()):
                    return result
        raise StoreUnavailable(f"{self.name}: others changed the same records {_ATTEMPTS} times in a row")

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


def _text(stored: bytes | str | None) -> str:
    return stored.decode() if isinstance(stored, bytes) else str(stored)


@contextmanager
def _available(name: str) -> Iterator[None]:
    """Raises StoreUnavailable where Redis does not answer, or cannot do what it is asked for now."""
    try:
        yield
    except (NotConnected, TimedOut, OSError) as error:
        raise StoreUnavailable(f"{name} does not respond: {error}") from None
    except ResponseError:
        raise
    except RedisError as error:
        raise StoreUnavailable(f"{name}: {error}") from None


class _RedisReading:
    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    async def get(self, kind: str, *keys: str) -> Sequence[bytes | None]:
        """The values of some keys."""
        with _available(self._name):
            values: list[bytes | None] = await self._client.hmget(PREFIX + kind, keys)
        return values

    async def rows(self, kind: str, upto: float | None = None, most: int | None = None) -> list[StoredRow]:
        """The rows of an ordered kind up to a score, in order."""
        end = "+inf" if upto is None else repr(upto)
        part = {} if most is None else {"start": 0, "num": most}
        with _available(self._name):
            order = await self._client.zrangebyscore(PREFIX + kind + ":order", "-inf", end, withscores=True, **part)
        if not order:
            return []
        values = await self.get(kind, *(key for key, _ in order))
        rows = zip(order, values, strict=True)
        return [StoredRow(key.decode(), score, value) for (key, score), value in rows if value is not None]

    async def size(self, kind: str) -> int:
        """How many rows an ordered kind has."""
        with _available(self._name):
            return int(await self._client.zcard(PREFIX + kind + ":order"))


class _RedisTransaction(_RedisReading):
    """Remembers what was read, and collects what is to be written if all of it still stands."""

    def __init__(self, client: Any, name: str) -> None:
        super().__init__(client, name)
        self._values: list[tuple[str, str, bytes | None]] = []
        self._sizes: list[tuple[str, int]] = []
        self._dropped: list[tuple[str, str]] = []
        self._cleared: list[str] = []
        self._put: list[tuple[str, str, bytes, str]] = []

    async def get(self, kind: str, *keys: str) -> Sequence[bytes | None]:
        """The values of some keys."""
        values = await super().get(kind, *keys)
        self._values += [(kind, key, value) for key, value in zip(keys, values, strict=True)]
        return values

    async def rows(self, kind: str, upto: float | None = None, most: int | None = None) -> list[StoredRow]:
        """The rows of an ordered kind; those that are dropped then have to be there still."""
        before = len(self._values)
        rows = await super().rows(kind, upto, most)
        del self._values[before:]
        return rows

    async def size(self, kind: str) -> int:
        """How many rows an ordered kind has."""
        size = await super().size(kind)
        self._sizes.append((kind, size))
        return size

    def put(self, kind: str, key: str, value: bytes, score: float | None = None) -> None:
        """Write a value."""
        self._put.append((kind, key, value, "" if score is None else repr(score)))

    def drop(self, kind: str, key: str) -> None:
        """Remove a value."""
        self._dropped.append((kind, key))

    def clear(self, kind: str) -> None:
        """Remove every value of a kind."""
        self._cleared.append(kind)

    @property
    def writes(self) -> bool:
        """Whether anything is to be written."""
        return bool(self._dropped or self._cleared or self._put)

    def arguments(self) -> list[str | bytes | int]:
        """What the script is asked for."""
        values = [(*row[:2], int(row[2] is not None), row[2] or b"") for row in self._values]
        lists: tuple[Sequence[tuple[str | bytes | int, ...]], ...] = (
            values,
            self._sizes,
            self._dropped,
            [(kind,) for kind in self._cleared],
            self._put,
        )
        return [value for some in lists for value in (len(some), *(value for row in some for value in row))]
