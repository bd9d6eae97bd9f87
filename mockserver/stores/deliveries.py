"""Callbacks to come in a shared store: they wait for a time or for a poll, and are leased to whoever sends them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pixpact.mockserver.state.store import Task, WebhookDelivery
from pixpact.mockserver.state.task_snapshot import entered
from pixpact.mockserver.stores.backend import StoreReading, StoreTransaction
from pixpact.mockserver.stores.codec import pack, unpack

DUE, AT_POLL, TAKEN = "due", "at poll", "taken"


@dataclass(frozen=True, slots=True)
class LeasedDelivery:
    """A callback that somebody sends now; it is taken again after `until`, of true time, if nobody reports it."""

    delivery: WebhookDelivery
    until: float


async def put_off(records: StoreTransaction, delivery: WebhookDelivery, order: int, due: float | None) -> None:
    """Let a callback wait until a time, or for a poll; one that was taken is taken no more."""
    if delivery.place:
        await dismiss(records, delivery.place)
    _wait(records, replace(delivery, place=order), due)


async def dismiss(records: StoreTransaction, number: int) -> None:
    """End the lease of a callback: it has been sent, or never will be."""
    (kept,) = await records.get(TAKEN, _name(number))
    if kept is not None:
        records.drop(TAKEN, _name(number))


async def lease(records: StoreTransaction, now: float, true_time: float, seconds: float) -> list[WebhookDelivery]:
    """Take what is due by now, and what was taken by somebody who is gone."""
    leased = []
    for row in await records.rows(TAKEN, true_time):
        (kept,) = await records.get(TAKEN, row.key)
        if kept is not None:
            leased.append(unpack(LeasedDelivery, kept).delivery)
    for row in await records.rows(DUE, now):
        records.drop(DUE, row.key)
        leased.append(unpack(WebhookDelivery, row.value))
    for delivery in leased:
        until = true_time + seconds
        records.put(TAKEN, _name(delivery.place), pack(LeasedDelivery(delivery, until)), until)
    return sorted(leased, key=lambda delivery: (delivery.due or 0.0, delivery.place))


async def is_sending(reading: StoreReading, now: float) -> bool:
    """Whether callbacks are due by now, or leased to whoever sends them."""
    return bool(await reading.rows(TAKEN, None, 1) or await reading.rows(DUE, now, 1))


async def next_due(reading: StoreReading, true_time: float) -> float | None:
    """When the next callback is due; None while none is."""
    left = [unpack(LeasedDelivery, row.value).delivery.due for row in await reading.rows(TAKEN, true_time, 1)]
    due = [row.score for row in await reading.rows(DUE, None, 1)]
    return min([*due, *(time for time in left if time is not None)], default=None)


async def waiting(reading: StoreReading) -> list[WebhookDelivery]:
    """What waits, earliest first, and what somebody sends now: it may not be in the journal yet. At a poll: last."""
    taken = [unpack(LeasedDelivery, row.value).delivery for row in await reading.rows(TAKEN)]
    due, at_poll = [[unpack(WebhookDelivery, row.value) for row in await reading.rows(kind)] for kind in (DUE, AT_POLL)]
    return [*sorted([*taken, *due], key=lambda delivery: delivery.due or 0.0), *at_poll]


async def repost(records: StoreTransaction, token: str, due: float | None, task: Task | None = None) -> None:
    """Let the callbacks of a task that wait be due at another time.

    Of a `task` that changed those that tell a state on its way are due when it comes to it, and dropped if it does not.
    """
    for kind in (AT_POLL, DUE):
        for row in await records.rows(kind):
            delivery = unpack(WebhookDelivery, row.value)
            if delivery.token == token:
                records.drop(kind, row.key)
                passing = entered(task, delivery.state) if task and delivery.state else due
                if not (task and delivery.state) or passing is not None:
                    _wait(records, delivery, passing)


def _wait(records: StoreTransaction, delivery: WebhookDelivery, due: float | None) -> None:
    kind, score = (AT_POLL, float(delivery.place)) if due is None else (DUE, due)
    records.put(kind, _name(delivery.place), pack(replace(delivery, due=due)), score)


def _name(number: int) -> str:
    return f"{number:016d}"
