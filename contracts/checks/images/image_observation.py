"""Builds the observation of a broken claim about images."""

from __future__ import annotations

from pixpact.contracts.checks.observation import Observation
from pixpact.contracts.claims.claim import Claim


def broken_claim(
    claims: tuple[Claim, ...],
    kind: str,
    promised: str,
    observed: str,
    steps: tuple[int, ...],
    pointer: str = "",
    detail: str = "",
    root: str = "",
) -> Observation:
    """The observation that claims about images are broken; always breaking."""
    return Observation(claims, False, kind, "breaking", pointer, promised, observed, detail, steps=steps, root=root)
