"""`--store` as users write it, and the store that it names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pixpact.mockserver.stores.backend import StoreRefused
from pixpact.mockserver.stores.shared_clock import SharedMoment
from pixpact.wire.clock import Clock, true_time
from pixpact.wire.redaction import without_user

if TYPE_CHECKING:
    from pixpact.mockserver.stores.shared_store import SharedStore


@dataclass(frozen=True, slots=True)
class StoreChoice:
    """A store as it was asked for: `memory`, `sqlite` with a file, `redis` with an address."""

    kind: str
    place: str = ""

    @property
    def shown(self) -> str:
        """It as users write it, without a password."""
        if self.kind == "redis":
            return without_user(self.place)
        return f"{self.kind}:{self.place}" if self.place else self.kind

    def opened(self) -> SharedStore:
        """The store, opened by this process and for the event loop that uses it first. Raises StoreRefused."""
        from pixpact.mockserver.stores.shared_store import SharedStore  # a mock of one process never needs it

        if self.kind == "sqlite":
            from pixpact.mockserver.stores.sqlite import SqliteBackend

            return SharedStore(SqliteBackend(Path(self.place)), true_time)
        try:
            from pixpact.mockserver.stores.redis import RedisBackend
        except ModuleNotFoundError:
            raise StoreRefused("Redis needs the extra `redis`: pip install 'pixpact[redis]'") from None
        return SharedStore(RedisBackend(self.place), true_time)


MEMORY = StoreChoice("memory")


def chosen(text: str) -> StoreChoice:
    """`memory`, `sqlite:FILE` or `redis://HOST:PORT/0`. Raises ValueError that names the text and no password."""
    kind, colon, location = text.partition(":")
    if text == "memory":
        return MEMORY
    if kind == "sqlite" and colon and location:
        return StoreChoice(kind, location)
    if kind in ("redis", "rediss") and location.startswith("//") and len(location) > 2:
        return StoreChoice("redis", text)
    shown = text if "@" not in text else f"{kind}:…"
    raise ValueError(f"{shown!r} is not a store: write memory, sqlite:FILE or redis://HOST:6379/0")


async def open_moment(store: SharedStore, clock: Clock, pace: str) -> SharedMoment:
    """The moment of a store: that of a clock and a pace where it is new.

    A pace that is asked for holds for a store that was there before, too; its time goes on. Raises StoreRefused or
    StoreUnavailable.
    """
    await store.check()
    moment = await store.ensure_moment(first_moment(clock, pace))
    if moment.pace == pace:
        return moment
    from pixpact.mockserver.stores.clock_follower import StoreFollower

    follower = StoreFollower(store, moment)
    await follower.keep_pace(pace)
    await follower.stand(still=pace == "manual" or clock.stands_still)
    return follower.clock.moment


def first_moment(clock: Clock, pace: str) -> SharedMoment:
    """The moment of a clock that has just begun."""
    if clock.stands_still:
        return SharedMoment(clock.started, pace, stood=clock.now(), fixed=True)
    return SharedMoment(clock.started, pace)
