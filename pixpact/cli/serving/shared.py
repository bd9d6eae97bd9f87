"""`pixpact serve` on a store that several processes share, with one or more workers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pixpact.mockserver.app import MockApp
from pixpact.mockserver.context import MockContext, MockSettings
from pixpact.mockserver.playback.recording import Recording
from pixpact.mockserver.server import MockServer
from pixpact.mockserver.state.active_faults import BadFault, Fault
from pixpact.mockserver.stores.backend import StoreRefused, StoreUnavailable
from pixpact.mockserver.stores.choice import StoreChoice, open_moment
from pixpact.mockserver.stores.clock_follower import StoreFollower
from pixpact.mockserver.stores.shared_clock import SharedMoment
from pixpact.mockserver.workers import NoWorkers, WorkerGroup, WorkerLost
from pixpact.specs.contract.model import Contract
from pixpact.terminal.output import say
from pixpact.terminal.refusal import UsageRefused
from pixpact.wire.clock import Clock


@dataclass(frozen=True, slots=True)
class SharedMock:
    """What all workers share: contracts, settings, the store, and the shared moment."""

    choice: StoreChoice
    contracts: Sequence[Contract]
    settings: MockSettings
    moment: SharedMoment
    play: Callable[[], Recording | None]

    def app(self) -> MockApp:
        """The application of one worker; call it in the worker's process."""
        follower = StoreFollower(self.choice.opened(), self.moment)
        return MockApp(self.contracts, MockContext.following(self.settings, follower, self.play()))


def shared_mock(
    choice: StoreChoice,
    contracts: Sequence[Contract],
    settings: MockSettings,
    clock: Clock,
    play: Callable[[], Recording | None],
    faults: Sequence[Fault],
) -> SharedMock:
    """The mock on an existing store, with these faults. Raises UsageRefused."""
    try:
        moment = asyncio.run(_open_moment(choice, contracts, settings, clock, faults))
    except StoreRefused as error:
        raise UsageRefused(f"pixpact: --store: {error}") from None
    except StoreUnavailable as error:
        raise UsageRefused(f"pixpact: --store: {error}; start it, or name another") from None
    except BadFault as error:
        raise UsageRefused(f"pixpact: --fault: {error}") from None
    return SharedMock(choice, contracts, settings, moment, play)


async def _open_moment(
    choice: StoreChoice, contracts: Sequence[Contract], settings: MockSettings, clock: Clock, faults: Sequence[Fault]
) -> SharedMoment:
    store = choice.opened()
    try:
        moment = await open_moment(store, clock, settings.pace.text)
        context = MockContext.following(settings, StoreFollower(store, moment))
        context.faults.contracts[:] = contracts
        await context.sync()
        standing = {replace(fault, number=0) for fault in await store.faults()}
        for fault in faults:
            if fault not in standing:  # another process may have added the same fault
                await context.faults.put(fault)
        return moment
    finally:
        await store.backend.close()


def run_workers(number: int, work: Callable[[Callable[[], None]], None], ready: Callable[[], None]) -> None:
    """Serve with `number` processes, each calling `work`. Raises UsageRefused."""
    if number == 1:
        return work(ready)
    try:
        WorkerGroup(number, work, partial(say, err=True)).run(ready)
    except (NoWorkers, WorkerLost) as error:
        raise UsageRefused(f"pixpact: --workers: {error}") from None


def orphan_watch(server: MockServer, parent: int, watch: Callable[[], None] | None) -> Callable[[], None]:
    """A function for a worker to call regularly: stops the server if its parent is gone; calls `watch`."""

    def look() -> None:
        if os.getppid() != parent:
            server.stop()
        if watch is not None:
            watch()

    return look
