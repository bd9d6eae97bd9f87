"""The log of `pixpact serve` says when, what, and why not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from pixpact.cli.serving.log import clock_log, line_of, reason_of
from pixpact.mockserver.core.observable_clock import ObservableClock
from pixpact.wire.clock import ManualClock, SystemClock
from pixpact.wire.exchange import Exchange

NOON = 1_790_000_000.0


def refused(body, **changes):
    values = {"started": NOON, "method": "POST", "url": "http://mock.test/toy/v1", "status": 400, "duration": 0.0123}
    return Exchange(**(values | {"response_body": body} | changes))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"error": {"code": 400, "message": "n must be at least 1"}}', "n must be at least 1"),
        (b'{"detail": "nothing is served here", "by": "pixpact"}', "nothing is served here"),
        (b'{"errors": [{"code": 1}, {"message": "of the\\n  second"}]}', "of the second"),
        (b'{"message": {"text": "no text itself"}}', ""),
        (b"<html>", ""),
        (b"", ""),
        (b"[" * 100_000, ""),
        (json.dumps({"message": "x" * 500}).encode(), "x" * 300 + "…"),
    ],
)
def test_a_refusal_is_reported_in_its_own_words(body, reason):
    """Whatever the vendor's shape is; nothing where it says nothing."""
    assert reason == reason_of(refused(body))


@pytest.mark.parametrize(("seconds", "shown"), [(0.0004, "0 ms"), (0.0123, "12 ms"), (2.0, "2000 ms")])
def test_a_duration_is_in_whole_milliseconds(seconds, shown):
    """Whatever its length."""
    assert f" {shown}" in line_of(refused(b"", duration=seconds))


def test_what_was_not_read_stands_in_the_line():
    """A field that the mock passed over may be why a response is another one."""
    note = {"operation": "createImage", "not-read": "seed"}

    assert line_of(refused(b"", status=200, note=note)).endswith("createImage  not read: seed")


def test_a_response_that_is_no_refusal_has_no_reason():
    """Its message is not why something failed."""
    assert line_of(refused(b'{"message": "done"}', status=200)).endswith(" 200 12 ms")


def test_a_line_has_the_date_of_the_mocks_clock_and_the_reason():
    """The status alone tells nobody what to change."""
    note = {"operation": "createImage", "fault": "latency"}
    line = line_of(refused(b'{"message": "no"}', note=note))

    assert "2026-09-21 14:13:20Z POST /toy/v1 400 12 ms  createImage latency  no" == line


def test_nothing_in_a_line_reaches_the_terminal_as_a_command():
    """Escapes, line ends and marks that turn text around are written out."""
    line = line_of(refused(b"", url="http://mock.test/a\x1b[31m\n\u202eb é"))

    assert "2026-09-21 14:13:20Z POST /a\\x1b[31m\\n\\u202eb é 400 12 ms" == line


def test_moves_of_the_clock_are_reported_once():
    """Where it stands, and by how much it moved; letting it stand or run moves it by nothing."""
    clock, lines = ObservableClock(ManualClock(NOON)), []
    clock.moved.append(clock_log(clock, lines.append))
    clock.advance(90)
    clock.stand(True)
    clock.advance(0)

    assert ["2026-09-21 14:14:50Z clock moved by 90 s"] == lines


def test_moves_of_a_clock_that_runs_are_reported():
    """Only what was moved by hand, not the time that passed meanwhile."""
    clock, lines = ObservableClock(SystemClock()), []
    clock.moved.append(clock_log(clock, lines.append))
    clock.advance(90_000)

    assert [True] == [line.endswith("Z clock moved by 90000 s") for line in lines]


def test_the_log_of_a_server():
    """A wrong request, a path that is nearly right, a path with control characters, and a move of the clock."""
    words = [sys.executable, "-m", "pixpact", "serve", "toapis", "--port", "0", "--start-time", "2026-03-01", "--log"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        url = next(word for line in iter(process.stdout.readline, "") for word in line.split() if "://" in word)
        headers = {"Authorization": "Bearer sk-x", "Content-Type": "application/json"}
        for path in ("images/generations", "images/generation", "%1b[31m%0afake"):
            with pytest.raises(HTTPError):
                urlopen(Request(f"{url}/toapis/v1/{path}", b'{"model": "nope"}', headers))
        urlopen(Request(f"{url}/_pixpact/clock", b'{"advance": "25h"}')).close()
    finally:
        process.terminate()
    reported = process.communicate(timeout=30)[0]

    assert "2026-03-01 00:00:00Z POST /toapis/v1/images/generations 400" in reported
    assert "createImage  model must be" in reported
    assert "the nearest operation is POST /v1/images/generations" in reported
    assert "2026-03-02 01:00:00Z clock moved by 90000 s" in reported
    assert "\x1b" not in reported
    assert r"/toapis/v1/\x1b[31m\nfake 404" in reported
