"""Advice for drifts that were not noticed: what a test should assert on, or what it should call."""

from __future__ import annotations

from collections.abc import Iterator

from pixpact.drill.result import DriftResult
from pixpact.drill.twins.response_diff import ABSENT
from pixpact.drill.twins.twin_log import DOWNLOAD, DriftSighting
from pixpact.specs.openapi.messages import listed

MOST = 3


def response_description(sighting: DriftSighting) -> str:
    """Describe a sighting: the operation, the place, and the two values."""
    drift_sighting = sighting
    if drift_sighting.was == ABSENT:
        return f"{drift_sighting.operation}: {drift_sighting.place} was new: {drift_sighting.now}"
    if drift_sighting.now == ABSENT:
        return f"{drift_sighting.operation}: {drift_sighting.place} was gone; it was {drift_sighting.was}"
    return (
        f"{drift_sighting.operation}: {drift_sighting.place} was {drift_sighting.now} instead of {drift_sighting.was}"
    )


def advice(drilled: DriftResult) -> tuple[str, ...]:
    """What to assert on for a drift that was let through; what to call for one that was not exercised."""
    if drilled.outcome.verdict == "let-through":
        return tuple(_asserting(drilled))
    if drilled.outcome.verdict == "not-exercised":
        return tuple(_calling(drilled))
    return ()


def _asserting(drilled: DriftResult) -> Iterator[str]:
    assertions: dict[str, list[str]] = {}
    for sighting in drilled.outcome.seen[:MOST]:
        assertions.setdefault(sighting.operation, []).append(sighting.place)
    for operation, locations in assertions.items():
        yield f"assert on {listed(list(dict.fromkeys(locations)))} of {operation}"


def _calling(drilled: DriftResult) -> Iterator[str]:
    means, called = drilled.meaning, drilled.outcome.called
    asked = [name for name in means.operations if name in called]
    if means.operations and not asked:
        yield f"call {listed(list(means.operations[:MOST]))}, which the suite never does"
    elif means.kind == "images" and DOWNLOAD not in called:
        yield f"fetch the images, which the suite never does, and inspect them: {means.says[0]}"
    elif means.says:
        yield (
            f"request it from {listed(asked[:MOST], 'or')}: {means.says[0]}"
            if asked
            else f"request it: {means.says[0]}"
        )
    else:
        yield "try other models and options: no response so far shows it"
