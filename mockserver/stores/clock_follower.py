"""One process among those that share a store: it moves the moment for all, and follows it when others do."""

from __future__ import annotations

from dataclasses import replace

from pixpact.mockserver.stores.journal import SharedJournal
from pixpact.mockserver.stores.shared_clock import SharedMoment, StoredClock
from pixpact.mockserver.stores.shared_store import SharedStore


class StoreFollower:
    """The store, the clock and the journal of this process, kept in step with all others."""

    def __init__(self, store: SharedStore, moment: SharedMoment) -> None:
        self.store = store
        self.clock = StoredClock(moment, store.true_time)
        self.clock.sync = self._sync
        self.journal = SharedJournal(store.backend)

    async def sync(self) -> bool:
        """See what others have done; whether the moment is another since. Raises StoreUnavailable."""
        update = await self.store.sync(self.clock.moment)
        self.journal.resets = update.resets
        return self.clock.follow(update.moment)

    async def _sync(self) -> None:
        await self.sync()

    @property
    def pace(self) -> str:
        """How fast tasks live that are submitted from now on."""
        return self.clock.moment.pace

    async def advance(self, seconds: float) -> None:
        """Move the time forward for all. Raises ValueError for a negative number."""
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"time only moves forward, by a finite number of seconds: got {seconds}")
        moved = await self.store.change(
            lambda present: replace(present, ahead=present.ahead + seconds), self.clock.moment
        )
        self.clock.follow(moved)

    async def stand(self, still: bool) -> None:
        """Let the time stand still for all, or run on."""
        now = self.store.true_time()
        self.clock.follow(
            await self.store.change(lambda present: present.standing_still(still, now), self.clock.moment)
        )

    async def keep_pace(self, pace: str) -> None:
        """Let the tasks of all live at this pace that are submitted from now on."""
        self.clock.follow(await self.store.change(lambda present: replace(present, pace=pace), self.clock.moment))
