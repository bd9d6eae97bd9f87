"""What a test should look at, so that a drift is noticed."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.drilling.answers import ABSENT
from pixpact.drilling.result import Drilled
from pixpact.drilling.sightings import Sighting
from pixpact.specs.messages import listed

MOST = 3


def seen(sighting: Sighting) -> str:
    """What the suite was answered, in words."""
    it = sighting
    if it.was == ABSENT:
        return f"{it.operation}: {it.place} came in, {it.now}"
    if it.now == ABSENT:
        return f"{it.operation}: {it.place} was gone; it was {it.was}"
    return f"{it.operation}: {it.place} was {it.now} instead of {it.was}"


def advice(drilled: Drilled) -> tuple[str, ...]:
    """What to assert on where the suite saw the drift and passed; what to call where it never saw it."""
    if drilled.outcome.verdict == "let-through":
        return tuple(_asserting(drilled))
    if drilled.outcome.verdict == "not-exercised":
        return tuple(_calling(drilled))
    return ()


def _asserting(drilled: Drilled) -> Iterator[str]:
    found: dict[str, list[str]] = {}
    for sighting in drilled.outcome.seen[:MOST]:
        found.setdefault(sighting.operation, []).append(sighting.place)
    for operation, places in found.items():
        yield f"assert on {listed(list(dict.fromkeys(places)))} of {operation}"


def _calling(drilled: Drilled) -> Iterator[str]:
    never = [name for name in drilled.meaning.operations if name not in drilled.outcome.called]
    if never:
        yield f"call {' or '.join(never[:MOST])}: the suite never does"
    elif drilled.meaning.says:
        where = ", ".join(drilled.meaning.operations[:MOST]) or "the contract"
        yield f"ask {where} for it: {drilled.meaning.says[0]}"
    else:
        yield "ask for what the change is about"
