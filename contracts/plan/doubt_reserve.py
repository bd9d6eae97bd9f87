"""Room for narrowing: the last of what a cap allows is spent once it is known what is in doubt."""

from __future__ import annotations

from collections.abc import Iterable

from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.probe import Probe

_SHARE, _MOST = 5, 4
"""The room is a fifth of the cap on images, and at most so many: what narrows a doubt down buys few."""


def hold_back_for_doubts(probes: Iterable[Probe], means: Capabilities) -> tuple[list[Probe], list[Probe]]:
    """What is sent at once, and the requests for images that wait until what is in doubt was narrowed down."""
    if means.images is None:
        return list(probes), []
    left = means.images - min(means.images // _SHARE, _MOST)
    early: list[Probe] = []
    late: list[Probe] = []
    for probe in probes:
        if probe.kind in ("take", "provoke"):
            left -= probe.images
        (late if probe.kind == "take" and left < 0 and not probe.alone else early).append(probe)
    return early, late
