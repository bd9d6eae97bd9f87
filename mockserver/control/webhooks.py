"""The callbacks of a mock: what was sent where, how often, and what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.core.bodies import request_value
from pixpact.specs.dialect.expressions import UNDEFINED
from pixpact.specs.openapi.document import Json
from pixpact.wire.exchange import Exchange
from pixpact.wire.redaction import redacted_url

Outcome = Literal["pending", "delivered", "given up", "not sent"]
_OVER: dict[str, Outcome] = {"delivered": "delivered", "given up": "given up", "not sent": "not sent"}


@dataclass(frozen=True, slots=True)
class Webhook:
    """One callback of one task to one address, with every attempt so far, oldest first.

    `due`: when the next attempt is, in seconds since the epoch; None when none is planned, or it waits for a poll.
    """

    vendor: str
    operation: str
    callback: str
    task: str
    url: str
    outcome: Outcome
    attempts: tuple[Exchange, ...] = ()
    due: float | None = None

    @property
    def body(self) -> Json:
        """What the last attempt said; None before the first, and where nothing was sent."""
        body = request_value(self.attempts[-1]) if self.attempts else UNDEFINED
        return None if body is UNDEFINED else body

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.outcome != "pending"

    def written(self) -> dict[str, Json]:
        """It as JSON."""
        attempts = [
            {
                "started": attempt.started,
                "status": attempt.status,
                **{name: attempt.note[name] for name in _REPORTED if name in attempt.note},
            }
            for attempt in self.attempts
        ]
        names = ("vendor", "operation", "callback", "task", "url", "outcome", "due")
        return {**{name: getattr(self, name) for name in names}, "attempts": attempts, "body": self.body}


_REPORTED = ("attempt", "fault", "problem", "outcome")


async def webhooks_of(context: MockContext) -> list[Webhook]:
    """Every callback that the journal has an attempt of, oldest first, then those that wait for their first."""
    attempts: dict[tuple[str, ...], list[Exchange]] = {}
    for exchange in (await context.journal.kept()).exchanges:
        if "callback" in exchange.note:
            note = exchange.note
            key = (
                note["vendor"],
                note["operation"],
                note["callback"],
                note["task"],
                exchange.url,
                note.get("state", ""),
            )
            attempts.setdefault(key, []).append(exchange)
    due: dict[tuple[str, ...], float | None] = {}
    for delivery in await context.store.waiting_deliveries():
        task = await context.store.task_by_token(delivery.token)
        if task is not None:
            url = redacted_url(delivery.url)
            key = (delivery.contract, delivery.operation, delivery.callback, task.id, url, delivery.state)
            due.setdefault(key, delivery.due)
    keys = dict.fromkeys([*attempts, *due])
    return [_webhook(key, tuple(attempts.get(key, ())), waits=key in due, due=due.get(key)) for key in keys]


def _webhook(key: tuple[str, ...], attempts: tuple[Exchange, ...], *, waits: bool, due: float | None) -> Webhook:
    vendor, operation, callback, task, url, _ = key
    under_way = waits or any("pending" in exchange.note for exchange in attempts)
    ends = [_OVER[attempt.note["outcome"]] for attempt in attempts if attempt.note.get("outcome") in _OVER]
    outcome: Outcome = "pending" if under_way or not ends else ends[-1]
    return Webhook(vendor, operation, callback, task, url, outcome, attempts, due)


async def awaited(context: MockContext, task: str | None, vendor: str | None, seconds: float) -> Webhook:
    """The first callback that is over, of this task or vendor where one is named.

    On a standing clock the time moves on to whatever is due next. Raises TimeoutError after so many seconds of true
    time, with what is waiting.
    """

    def meant(webhook: Webhook) -> bool:
        return task in (None, webhook.task) and vendor in (None, webhook.vendor, webhook.vendor.partition("@")[0])

    try:
        return await _awaited(context, meant, seconds)
    except TimeoutError:
        pending = [f"{webhook.task} to {webhook.url}" for webhook in await webhooks_of(context) if not webhook.over]
        waits = "waiting are: " + ", ".join(pending) if pending else "none is pending"
        raise TimeoutError(f"no matching callback was finished within {seconds:g} seconds; {waits}") from None


async def _awaited(context: MockContext, meant: Callable[[Webhook], bool], seconds: float) -> Webhook:
    async with asyncio.timeout(seconds):
        while True:
            for webhook in await webhooks_of(context):
                if webhook.over and meant(webhook):
                    return webhook
            due = await context.store.next_delivery_due()
            if due is not None and context.clock.stands_still:
                await context.advance(max(0.0, due - context.clock.now()))
            else:
                await context.outbox.recorded()
