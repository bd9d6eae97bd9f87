"""Callbacks that wait in the memory of one process: for a time, or for the poll that completes their task."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from pixpact.mockserver.state.store import WebhookDelivery

_FEW = 1000
"""Callbacks of forgotten tasks that may lie among the others before they are taken out."""


class WaitingDeliveries:
    """The callbacks to come. Those of a task go with it, so that there are never more than its contract has."""

    def __init__(self) -> None:
        self._posted = itertools.count()
        self._due: list[tuple[float, int, WebhookDelivery]] = []
        self._due_of: Counter[str] = Counter()
        self._gone: set[str] = set()
        self._at_poll: dict[str, list[WebhookDelivery]] = {}

    def post(self, delivery: WebhookDelivery, due: float | None) -> None:
        """Let a callback wait until a time; None: until its task is completed by a poll."""
        if delivery.token in self._gone:
            return
        if due is None:
            self._at_poll.setdefault(delivery.token, []).append(delivery)
        else:
            heapq.heappush(self._due, (due, next(self._posted), delivery))
            self._due_of[delivery.token] += 1

    def take_due(self, now: float) -> list[WebhookDelivery]:
        """Those that are due by now, earliest first."""
        taken = []
        while self._due and self._due[0][0] <= now:
            delivery = heapq.heappop(self._due)[2]
            if delivery.token not in self._gone:
                taken.append(delivery)
                self._count_off(delivery.token)
        return taken

    def _count_off(self, token: str) -> None:
        self._due_of[token] -= 1
        if not self._due_of[token]:
            del self._due_of[token]

    def next_due(self) -> float | None:
        """When the next one is due; None while none is."""
        return self._due[0][0] if self._due else None

    def all(self) -> list[WebhookDelivery]:
        """Those that wait, earliest first; those that wait for a poll last."""
        due = [replace(waiting, due=due) for due, _, waiting in sorted(self._due) if waiting.token not in self._gone]
        return [*due, *(delivery for some in self._at_poll.values() for delivery in some)]

    def take_at_poll(self, token: str) -> list[WebhookDelivery]:
        """Those that wait for a task to be completed by a poll."""
        return self._at_poll.pop(token, [])

    def take_of(self, token: str) -> list[WebhookDelivery]:
        """Every one of a task."""
        taken = self.take_at_poll(token)
        if self._due_of.pop(token, 0):
            taken += [delivery for _, _, delivery in self._due if delivery.token == token]
            self._keep(lambda waiting_token: waiting_token != token)
        return taken

    def forget(self, token: str) -> int:
        """Forget those of a task; returns how many there were."""
        if not self._due_of and not self._at_poll:
            return 0
        number = len(self.take_at_poll(token))
        if waiting := self._due_of.pop(token, 0):
            self._gone.add(token)  # taken out together with others: a list of many is not gone through for each
            if len(self._gone) > max(_FEW, len(self._due_of)):
                self._keep(lambda waiting_token: waiting_token not in self._gone)
                self._gone.clear()
        return number + waiting

    def _keep(self, meant: Callable[[str], bool]) -> None:
        self._due = [item for item in self._due if meant(item[2].token)]
        heapq.heapify(self._due)

    def clear(self) -> None:
        """Forget every one."""
        for kept in (self._due, self._due_of, self._gone, self._at_poll):
            kept.clear()
