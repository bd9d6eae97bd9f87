"""Recorded exchanges in the order in which they began: recorders write them as they end, or the newest first."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pixpact.wire.exchange import Exchange


def in_time(exchanges: Iterable[Exchange]) -> list[tuple[int, Exchange]]:
    """(place in the recording from 1, exchange), the first to begin first.

    What began at the same time stays as it was written, or the other way round where the recording as a whole is; what
    has no time stays behind what it was written behind.
    """
    placed = list(enumerate(exchanges, 1))
    if sum(later.started < before.started for (_, before), (_, later) in pairwise(placed)) * 2 > len(placed) - 1:
        placed.reverse()
    times: list[float] = []
    for _, exchange in placed:
        is_known = exchange.started > 0 or "time" not in exchange.note.get("unrecorded", "").split()
        times.append(exchange.started if is_known or not times else times[-1])
    order = sorted(range(len(placed)), key=times.__getitem__)
    return [placed[index] for index in order]
