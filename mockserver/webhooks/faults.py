"""What a fault does to a callback: lost, late, sent once more, signed wrongly."""

from __future__ import annotations

from pixpact.mockserver.core.identity import SeededChance, entropy
from pixpact.mockserver.faults.fault import Fault

LOST, LATE, FORGED = "webhook-lost", "webhook-late", "webhook-forged"
_SENT_ONCE_MORE = {"webhook-twice": 0.0, "webhook-again": 60.0}
_LATER = 60.0


def lateness(fault: Fault | None, *seed: object) -> float:
    """How many seconds later a callback is sent for the first time; a drawn delay comes from the seed."""
    return _seconds(fault, _LATER, *seed) if fault and fault.fault == LATE else 0.0


def echo(fault: Fault | None, *seed: object) -> float | None:
    """After how many seconds a callback that was taken is sent once more; None: not at all."""
    if fault is None or fault.fault not in _SENT_ONCE_MORE:
        return None
    return _seconds(fault, _SENT_ONCE_MORE[fault.fault], *seed)


def _seconds(fault: Fault, usual: float, *seed: object) -> float:
    return usual if fault.delay is None else fault.delay.drawn(SeededChance(entropy(*seed, "webhook", fault.number)))
