"""What a check says of one claim, from one case: kept, broken with the proof, or not to be judged."""

from __future__ import annotations

from dataclasses import dataclass

from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.findings import Severity


@dataclass(frozen=True, slots=True)
class Observation:
    """One judgement of a check. Where several claims could be at fault, all of them are named."""

    claims: tuple[Claim, ...]
    kept: bool | None
    """None: not to be judged, for `reason`."""
    kind: str = ""
    severity: Severity = "breaking"
    pointer: str = ""
    promised: str = ""
    observed: str = ""
    detail: str = ""
    reason: str = ""
    steps: tuple[int, ...] = ()
    """Which exchanges of the case show it, by index; the last is the one that differs."""
    root: str = ""
    """What is wrong behind it, where that can show at several places: judgements with the same one are one fault."""
    chance: bool = False
    """Whether it may be chance, such as a server that was busy."""
    always: bool = False
    """Whether it says something only when it is seen again and never otherwise: once, a server may have been busy."""


def kept(*claims: Claim | None) -> list[Observation]:
    """These claims were seen to be kept."""
    return [Observation((claim,), True) for claim in claims if claim is not None]


def unjudged(reason: str, *claims: Claim | None) -> list[Observation]:
    """These claims could not be judged."""
    return [Observation((claim,), None, reason=reason) for claim in claims if claim is not None]
