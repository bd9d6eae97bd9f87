"""A mock on this machine: its clock, and a socket on 127.0.0.1 for as long as a block of the program runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pixpact.mockserver.app import MockApp
from pixpact.mockserver.background import background
from pixpact.mockserver.server import MockServer, listen
from pixpact.wire.clock import Clock, ManualClock, SystemClock

MANUAL_START = 1_767_225_600.0
"""Where a clock that only moves by hand begins unless told otherwise: 2026-01-01T00:00:00Z."""


def clock_for(pace: str, start: float | None) -> Clock:
    """True time; or, with a start or the pace `manual`, a clock that only moves by hand."""
    if start is not None:
        return ManualClock(start)
    return ManualClock(MANUAL_START) if pace == "manual" else SystemClock()


@contextlib.contextmanager
def serving(app: MockApp) -> Iterator[MockServer]:
    """Serve an application on a free port of 127.0.0.1, in the background of this process, until the block ends."""
    server, home = MockServer(app, listen("127.0.0.1", 0)), background()
    home.run(server.open())
    try:
        yield server
    finally:
        if home.here:  # a forked child would take the socket away from its parent
            home.run(server.close())
