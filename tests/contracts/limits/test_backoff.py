from __future__ import annotations

import pytest

from pixpact.contracts.limits.backoff import is_busy, is_transient, retry_after, retry_delay
from pixpact.contracts.limits.gate import RequestGate
from pixpact.wire.clock import ManualClock
from pixpact.wire.exchange import Exchange

NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z


def answered(status: int, **headers: str) -> Exchange:
    pairs = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    return Exchange(NOW, "GET", "https://api.example/", status=status, response_headers=pairs)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "Thu, 01 Jan 2026 00:00:30 GMT"}, 30.0),
        ({"retry_after": "Thu, 01 Jan 2026 01:00:30 GMT", "date": "Thu, 01 Jan 2026 01:00:00 GMT"}, 30.0),
        ({"retry_after": "Wed, 31 Dec 2025 00:00:00 GMT"}, 0.0),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "-5"}, None),
        ({}, None),
    ],
)
def test_both_forms_of_retry_after_are_read(headers: dict[str, str], seconds: float | None) -> None:
    """A number of seconds, or a date, which is read against the server's own clock."""
    assert seconds == retry_after(answered(429, **headers))


def test_without_a_time_each_wait_is_longer_up_to_half_a_minute() -> None:
    """1, 2, 4 … seconds; what the server says counts before that."""
    assert [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] == [retry_delay(answered(503), tries) for tries in range(1, 8)]
    assert 90.0 == retry_delay(answered(503, retry_after="90"), 1)


def test_what_may_pass_is_reported_from_what_will_not() -> None:
    """A busy server, a gateway and a lost connection may be better a moment later; a refusal or a bad URL not."""
    assert is_busy(answered(429))
    assert is_busy(answered(503))
    assert not is_busy(answered(500))
    assert all(is_transient(answered(status)) for status in (408, 429, 500, 502, 503, 504, 524))
    assert not any(is_transient(answered(status)) for status in (200, 304, 400, 401, 404, 501))
    assert is_transient(answered(0).noted(fault="reset"))
    assert not is_transient(answered(0).noted(fault="forbidden-url"))


async def _starts(gate: RequestGate, clock: ManualClock, count: int) -> list[float]:
    found = []
    for _ in range(count):
        async with gate.open():
            found.append(clock.now() - NOW)
    return found


def test_the_pace_is_halved_when_a_server_asks_for_patience() -> None:
    """Nothing starts for as long as it asks, and then half as often as before."""
    import asyncio

    clock = ManualClock(NOW)
    gate = RequestGate(clock, 1.0, 1)

    async def run() -> list[float]:
        before = await _starts(gate, clock, 2)
        gate.slow_down(10.0)
        gate.slow_down(10.0)
        return [*before, *await _starts(gate, clock, 3)]

    assert [0.0, 1.0, 11.0, 13.0, 15.0] == asyncio.run(run())
