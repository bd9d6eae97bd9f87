"""The order in which recorded exchanges began."""

from __future__ import annotations

import pytest

from pixpact.mockserver.playback.order import in_time
from pixpact.wire.exchange import Exchange

UNTIMED = {"unrecorded": "response-headers time"}


def exchanges(*times: float | None) -> list[Exchange]:
    """Exchanges that began at these times; None for one whose time was not recorded."""
    return [Exchange(time or 0.0, "GET", "http://a/", note={} if time is not None else UNTIMED) for time in times]


@pytest.mark.parametrize(
    ("times", "order"),
    [
        ([], []),
        ([5.0], [1]),
        ([1.0, 2.0, 3.0], [1, 2, 3]),
        ([1.0, 3.0, 2.0], [1, 3, 2]),
        ([2.0, 1.0, 2.0], [2, 1, 3]),
        ([3.0, 2.0, 1.0], [3, 2, 1]),
        ([2.0, 2.0, 2.0], [1, 2, 3]),
        ([3.0, 2.0, 2.0, 1.0], [4, 3, 2, 1]),
        ([1.0, 3.0, None, 2.0, 4.0], [1, 4, 2, 3, 5]),
        ([1.0, 5.0, None, None, 6.0, 2.0], [1, 6, 2, 3, 4, 5]),
        ([None, None], [1, 2]),
        ([0.0, 0.0], [1, 2]),
    ],
)
def test_what_began_first_comes_first(times, order):
    """Equal times keep the direction of the recording; what has no time stays behind what it was written behind."""
    given = exchanges(*times)

    assert [(number, given[number - 1]) for number in order] == in_time(given)
