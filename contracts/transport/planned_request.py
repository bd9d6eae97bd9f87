"""What a run wants to send, before it is known whether it may."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pixpact.wire.exchange import Headers

Key = Literal["own", "second", "wrong", "none"]
"""Whose API key goes with a request."""


class RequestForbidden(Exception):
    """A request that must not be sent; the reason is a sentence. Nothing was sent."""


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One request to make."""

    method: str
    path: str
    """Path with query, beginning with `/`, below the target's base URL."""
    headers: Headers = ()
    """Without credentials and without what HTTP itself needs (host, length, user agent)."""
    body: bytes = b""
    key: Key = "own"
    images: int = 0
    """The most images it may buy; above 0 it is paid, and never sent twice."""
    price: Decimal | None = None
    """Of one image, in the vendor's currency; None: unknown."""
    must_be_refused: bool = False
    operation: str = ""
    """Id of the operation, noted in the exchange; it also decides where the key stands."""

    @property
    def cost(self) -> Decimal | None:
        """The most it may cost; None: unknown."""
        return self.price * self.images if self.price is not None else None
