"""Holds back a part of the image cap for narrowing down doubtful observations."""

from __future__ import annotations

from collections.abc import Iterable

from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.plan.probe import Probe

_SHARE, _MOST = 5, 4
"""The reserve is a fifth of the image cap, at most 4 images: narrowing down costs few."""


def hold_back_for_doubts(probes: Iterable[Probe], means: Capabilities) -> tuple[list[Probe], list[Probe]]:
    """Split probes into (those sent at once, those sent after doubts were narrowed down)."""
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
