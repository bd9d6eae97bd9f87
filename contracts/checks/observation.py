"""Observations: what a check states about a claim, from one case: kept, broken with proof, or not judged."""

from __future__ import annotations

from dataclasses import dataclass

from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.findings import Severity


@dataclass(frozen=True, slots=True)
class Observation:
    """The result of one check for one statement. Where any of several claims may be broken, it names them all."""

    claims: tuple[Claim, ...]
    kept: bool | None
    """None: could not be judged, see `reason`."""
    kind: str = ""
    severity: Severity = "breaking"
    pointer: str = ""
    promised: str = ""
    observed: str = ""
    detail: str = ""
    reason: str = ""
    steps: tuple[int, ...] = ()
    """Indices of the exchanges in the case that show it; the last one differs from the promise."""
    root: str = ""
    """The underlying fault, where it can show in several fields: observations with the same root are one fault."""
    chance: bool = False
    """Whether it may be a coincidence, for example of a busy server."""
    always: bool = False
    """Whether it counts only if it occurs every time: once, a server may have been busy."""


def kept(*claims: Claim | None) -> list[Observation]:
    """Observations that these claims were kept."""
    return [Observation((claim,), True) for claim in claims if claim is not None]


def unjudged(reason: str, *claims: Claim | None) -> list[Observation]:
    """Observations that these claims could not be judged."""
    return [Observation((claim,), None, reason=reason) for claim in claims if claim is not None]
