"""`/_pixpact/events`: exchanges as they happen, and the clock, as server-sent events that can be resumed.

Each connection reads the journal a few times a second and sends what is new in one event, with a bounded number of
exchanges. So a burst costs a few writes, the list catches up after it, and a mock without an open console pays nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pixpact.mockserver.console.exchanges import row_of
from pixpact.mockserver.console.replies import written
from pixpact.mockserver.context import MockContext

TICK = 0.15
"""Seconds between two polls: what happens is seen at once, to the eye."""
MOST_ROWS = 40
"""Exchanges in one event: 260 a second. A list that comes seconds late hurts nobody, a mock that is slowed does."""
BEAT = 20
"""Ticks until something is sent anyway, so that a connection that is gone is noticed."""
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class EventStream:
    """Opens one stream for each console."""

    def __init__(self, context: MockContext) -> None:
        self._context = context

    async def open(self, request: Request) -> Response:
        """The stream, from the event that `Last-Event-ID` names, else from the oldest exchange that is kept."""
        following = Following(self._context, request.headers.get("last-event-id", ""))
        return StreamingResponse(self._stream(following), headers=HEADERS, media_type="text/event-stream")

    async def _stream(self, following: Following) -> AsyncIterator[bytes]:
        yield b"retry: 1000\n\n"
        quiet = 0
        while True:
            events = await following.events()
            quiet = 0 if events else quiet + 1
            if events:
                yield b"".join(events)
            elif quiet % BEAT == 0:
                yield b": still here\n\n"
            with suppress(TimeoutError):
                await asyncio.wait_for(self._context.closing.wait(), TICK)
                return


class Following:
    """What one console has been sent. Its event ids are `RESETS-NUMBER`: every exchange up to there is over."""

    def __init__(self, context: MockContext, last_id: str = "") -> None:
        self._context = context
        self._resets = context.journal.resets
        self._last = 0
        self._under_way: set[int] = set()
        self._clock: dict[str, Any] = {}
        resets, _, number = last_id.partition("-")
        self._resumed = resets == str(self._resets) and number.isdecimal()
        if self._resumed:
            self._last = int(number)
        self._fresh = not self._resumed

    async def events(self) -> list[bytes]:
        """What is new since the last time."""
        await self._context.sync()
        journal, new_events = self._context.journal, []
        if journal.resets != self._resets:
            self._resets, self._last, self._under_way, self._fresh = journal.resets, 0, set(), True
        if self._fresh:
            new_events.append(_event("reset", {"journal": self._resets}))
            self._fresh = False
        if clock := self._clock_if_changed():
            new_events.append(_event("clock", clock))
        if rows := await self._new_rows():
            new_events.append(_event("exchanges", rows, self._id()))
        return new_events

    async def _new_rows(self) -> list[dict[str, Any]]:
        """What came or ended since the last time, the oldest first; of a burst, as much as one event may hold."""
        entries = await self._context.journal.following(self._last, self._under_way)
        changed = [entry for entry in entries if not (entry.pending and entry.number in self._under_way)]
        rows = []
        for entry in changed if self._last == 0 else changed[:MOST_ROWS]:
            if (row := row_of(entry)) is not None:
                rows.append(row)
            (self._under_way.add if entry.pending else self._under_way.discard)(entry.number)
            self._last = max(self._last, entry.number)
        return rows

    def _id(self) -> str:
        over = min(self._under_way) - 1 if self._under_way else self._last
        return f"{self._resets}-{over}"

    def _clock_if_changed(self) -> dict[str, Any]:
        """The clock, when it stands elsewhere, and about every second while it runs."""
        clock, tempo = self._context.clock, self._context.tempo
        now, still = clock.now(), clock.stands_still
        shown = {"now": now if still else int(now), "standing": still, "pace": tempo.pace.text}
        if shown == self._clock:
            return {}
        self._clock = shown
        return {**shown, "now": now}


def _event(name: str, data: Any, number: str = "") -> bytes:
    lines = [f"id: {number}".encode()] if number else []
    return b"\n".join([*lines, b"event: " + name.encode(), b"data: " + written(data)]) + b"\n\n"
