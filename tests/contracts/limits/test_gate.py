"""How many requests may be under way."""

from __future__ import annotations

import pytest

from pixpact.contracts.limits.gate import max_in_flight


@pytest.mark.parametrize(
    ("live", "rate", "expected"),
    [(True, None, 2), (True, 0.5, 2), (True, 2.5, 3), (True, 10, 10), (False, None, 8), (False, 1, 8)],
)
def test_a_live_target_gets_two_at_a_time_unless_more_start_within_a_second(live, rate, expected):
    """A rate that the user asks for would otherwise never be reached: a response takes about a second."""
    assert expected == max_in_flight(live, rate)
