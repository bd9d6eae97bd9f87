"""What all endpoints of one mock share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from pixpact.mockserver.core.body_memory import BodyMemory
from pixpact.mockserver.core.observable_clock import ObservableClock
from pixpact.mockserver.core.pace import CurrentPace, TaskPace, parse
from pixpact.mockserver.core.rate_limit import RateLimit
from pixpact.mockserver.faults.connection import ServerClosing
from pixpact.mockserver.images.cache import ImageCache
from pixpact.mockserver.playback.recording import RecordedGallery, Recording
from pixpact.mockserver.state.active_faults import ActiveFaults, LedgerView
from pixpact.mockserver.state.journal import ExchangeJournal, ExchangeRecord
from pixpact.mockserver.state.ledger import OPENING
from pixpact.mockserver.state.memory import MemoryStore
from pixpact.mockserver.state.store import Store
from pixpact.mockserver.stores.backend import StoreUnavailable
from pixpact.mockserver.webhooks.outbox import WebhookOutbox, WebhookReceiver
from pixpact.wire.clock import Clock

if TYPE_CHECKING:
    from pixpact.mockserver.stores.clock_follower import StoreFollower

SYNC_SECONDS = 0.25
"""Seconds between two looks at what other processes have done, while no request asks for it."""
FILES = "/_files"
"""Where images and uploads are served."""


Responses = Literal["usual", "extreme"]
"""As the examples of the contract, or as unusual as it allows."""
Images = Literal["drawing", "photo", "outline"]


@dataclass(frozen=True, slots=True)
class MockSettings:
    """How a mock behaves. `keys` gives each accepted API key its opening balance; None: any key will do.

    `rate_limit` counts for each key by itself; `webhooks` gives each vendor the receiver of its callbacks; `responses`
    are as the contract's examples, or as unusual as it allows.
    """

    pace: TaskPace
    seed: int = 0
    keys: Mapping[str, Decimal] | None = None
    public_url: str | None = None
    rate_limit: RateLimit | None = None
    webhooks: Mapping[str, WebhookReceiver] = field(default_factory=dict)
    responses: Responses = "usual"
    strict: bool = False
    """Whether a request with fields that its contract does not read is refused."""
    images: Images = "drawing"
    """What images are: drawings that say what they stand for, photographs, or, where nobody looks, mere outlines that
    are only as large, and of the format, that was promised."""
    token: str | None = None
    """What the control side asks for; None: everybody who reaches it may use it."""

    def opening(self, key: str) -> Decimal:
        """The opening balance of a key."""
        return (self.keys or {}).get(key, OPENING)


@dataclass(frozen=True, slots=True)
class MockContext:
    """The settings, and everything that changes."""

    settings: MockSettings
    clock: ObservableClock
    store: Store
    journal: ExchangeRecord
    gallery: ImageCache
    outbox: WebhookOutbox
    faults: ActiveFaults
    ledger: LedgerView
    tempo: CurrentPace
    recording: Recording | None = None
    moved: list[Callable[[], None]] = field(default_factory=list)
    """Who is told that the clock was moved by hand."""
    closing: ServerClosing = field(default_factory=ServerClosing)
    vendor_hosts: set[str] = field(default_factory=set)
    room: BodyMemory = field(default_factory=BodyMemory)
    """For bodies that are on their way."""
    served: list[str] = field(default_factory=list)
    """The names of the contracts served now."""
    shared: StoreFollower | None = None
    """What is shared with other processes; None where everything is in this one."""

    @classmethod
    def new(
        cls, settings: MockSettings, clock: Clock, recording: Recording | None = None, store: Store | None = None
    ) -> MockContext:
        """A mock's context; it remembers in this process, unless it is given the store of other mocks too."""
        store = MemoryStore() if store is None else store
        return cls._of(settings, ObservableClock(clock), recording, store, ExchangeJournal(), None)

    @classmethod
    def following(
        cls, settings: MockSettings, shared: StoreFollower, recording: Recording | None = None
    ) -> MockContext:
        """The context of a mock that shares store, clock and journal with other processes."""
        ticking = ObservableClock(shared.clock, shared)
        return cls._of(settings, ticking, recording, shared.store, shared.journal, shared)

    @classmethod
    def _of(
        cls,
        settings: MockSettings,
        ticking: ObservableClock,
        recording: Recording | None,
        store: Store,
        journal: ExchangeRecord,
        shared: StoreFollower | None,
    ) -> MockContext:
        outbox = WebhookOutbox(ticking, store, journal, settings.webhooks)
        outbox.seed = settings.seed
        ticking.moved.append(outbox.wake)
        faults, ledger, tempo = ActiveFaults(store), LedgerView(store, ticking), CurrentPace(settings.pace)
        gallery = (
            RecordedGallery(settings.seed, recording)
            if recording is not None
            else ImageCache(settings.seed, settings.images)
        )
        return cls(
            settings,
            ticking,
            store,
            journal,
            gallery,
            outbox,
            faults,
            ledger,
            tempo,
            recording,
            moved=ticking.moved,
            shared=shared,
        )

    @property
    def operations(self) -> dict[str, tuple[str, ...]]:
        """The operations of each contract that is served now."""
        return {
            contract.name: tuple(operation.id for operation in contract.operations)
            for contract in self.faults.contracts
        }

    async def keep_pace(self, pace: TaskPace) -> None:
        """Let the tasks that come live at this pace; under `manual` the clock stands until it is advanced."""
        if self.shared is not None:
            await self.shared.keep_pace(pace.text)
        self.tempo.pace = pace
        await self.clock.hold(pace.manual)

    async def sync(self) -> None:
        """See what other processes that share the store have done. Raises StoreUnavailable."""
        if self.shared is not None and await self.shared.sync():
            self.tempo.pace = parse(self.shared.pace)
            self.clock.report()

    async def follow(self) -> None:
        """Go on seeing it until cancelled, and send the callbacks that nobody else sends."""
        while not self.closing.closed:
            with suppress(StoreUnavailable):
                await self.sync()
                await self.outbox.completed()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.closing.wait(), SYNC_SECONDS)

    async def advance(self, seconds: float) -> None:
        """Move the clock, and return when everything that is due by then has been sent. Raises ValueError."""
        await self.clock.forward(seconds)
        await self.outbox.settled()

    async def settled(self) -> None:
        """On a standing clock, return when what is due by now has been sent: what is read then is all there is."""
        if self.clock.stands_still:
            await self.outbox.settled()

    def release(self) -> None:
        """Let every client that waits go: the server is about to end."""
        self.closing.close()
        self.clock.release()
        self.outbox.close()
