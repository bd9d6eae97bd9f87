"""Carries out rows of probes concurrently; the probes of one row stay in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from pixpact.contracts.plan.probe import Probe


async def run_concurrently(
    rows: Iterable[list[Probe]], act: Callable[[list[Probe]], Awaitable[None]], most: int
) -> None:
    """Call `act` for every row, at most `most` at a time. The first error cancels all others, and is raised."""
    if most <= 1:
        for row in rows:
            await act(row)
        return
    slots = asyncio.Semaphore(most)

    async def one(row: list[Probe]) -> None:
        async with slots:
            await act(row)

    try:
        async with asyncio.TaskGroup() as group:
            for row in rows:
                group.create_task(one(row))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
