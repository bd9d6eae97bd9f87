"""Acceptance claims: the requests that an operation must accept."""

from pixpact.contracts.claims.acceptance.branch import BOUNDS
from pixpact.contracts.claims.acceptance.claims import AcceptanceClaims, fetch_slot

__all__ = ["BOUNDS", "AcceptanceClaims", "fetch_slot"]
