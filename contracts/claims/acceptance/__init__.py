"""What an operation must take, as claims."""

from pixpact.contracts.claims.acceptance.branch import BOUNDS
from pixpact.contracts.claims.acceptance.claims import AcceptanceClaims, fetch_slot

__all__ = ["BOUNDS", "AcceptanceClaims", "fetch_slot"]
