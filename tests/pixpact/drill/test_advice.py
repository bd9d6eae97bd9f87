"""What a user is told to do about a drift."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixpact.drill.advice import advice, response_description
from pixpact.drill.drifts import VendorDrift
from pixpact.drill.result import CleanRun, DriftMeaning, DriftOutcome, DriftResult, DrillResult, exit_code
from pixpact.drill.twins.twin_log import DOWNLOAD, DriftSighting

SAYS = ("n may no longer be 4",)


def drilled(
    verdict, *, severity="breaking", kind="send", says=SAYS, operations=("create", "show"), called=(), places=()
):
    sightings = tuple(DriftSighting("create", place, "1", "2") for place in places)
    means = DriftMeaning(severity, kind, says, (), operations)
    return DriftResult(VendorDrift("it", Path("it.yaml")), means, DriftOutcome(verdict, seen=sightings, called=called))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (drilled("let-through", places=("status", "data[].url")), ["assert on status or data[].url of create"]),
        (drilled("not-exercised"), ["call create or show, which the suite never does"]),
        (drilled("not-exercised", called=("show",)), ["request it from show: n may no longer be 4"]),
        (
            drilled("not-exercised", kind="images", called=("create",)),
            ["fetch the images, which the suite never does, and inspect them: n may no longer be 4"],
        ),
        (
            drilled("not-exercised", kind="images", called=("create", DOWNLOAD)),
            ["request it from create: n may no longer be 4"],
        ),
        (drilled("not-exercised", operations=()), ["request it: n may no longer be 4"]),
        (
            drilled("not-exercised", operations=(), says=()),
            ["try other models and options: no response so far shows it"],
        ),
        (drilled("noticed", places=("status",)), []),
    ],
)
def test_advice(given, expected):
    """What to assert on where the drift was seen, what to call or ask for where it was not."""
    assert expected == list(advice(given))


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("1", "2", "create: n was 2 instead of 1"),
        ("absent", "2", "create: n was new: 2"),
        ("1", "absent", "create: n was gone; it was 1"),
    ],
)
def test_what_was_seen(was, now, expected):
    """In words."""
    assert expected == response_description(DriftSighting("create", "n", was, now))


def result(*drills, interrupted=False):
    return DrillResult("toy", "toy", "instant", 0, CleanRun({"create": 1}, 1.0, 20.0), drills, (), interrupted)


@pytest.mark.parametrize(
    ("given", "fail_under", "expected"),
    [
        (result(drilled("noticed"), drilled("let-through")), None, 0),
        (result(drilled("noticed"), drilled("let-through")), 50.0, 0),
        (result(drilled("noticed"), drilled("let-through")), 50.1, 1),
        (result(drilled("noticed"), drilled("let-through", severity="info")), 100.0, 0),
        (result(drilled("noticed"), drilled("not-exercised")), 100.0, 0),
        (result(drilled("not-exercised")), None, 0),
        (result(drilled("not-exercised")), 1.0, 3),
        (result(drilled("noticed"), drilled("unsteady")), None, 3),
        (result(drilled("noticed"), drilled("unfit")), 100.0, 3),
        (result(drilled("let-through"), drilled("unfit")), 100.0, 1),
        (result(drilled("let-through"), drilled("not-run"), interrupted=True), 100.0, 130),
    ],
)
def test_exit_codes(given, fail_under, expected):
    """A score below the one asked for wins over what could not be checked."""
    assert expected == exit_code(given, fail_under)[0]
