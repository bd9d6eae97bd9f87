"""A request that a run plans to send, before the rules for sending it apply."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pixpact.wire.exchange import Headers

Key = Literal["own", "second", "wrong", "none"]
"""Which API key is sent."""


class RequestForbidden(Exception):
    """The request must not be sent; the reason is a sentence. Nothing was sent."""


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One request to send."""

    method: str
    path: str
    """Path with query, starting with `/`, below the target's base URL."""
    headers: Headers = ()
    """Without credentials and without the headers that the transport sets (host, length, user agent)."""
    body: bytes = b""
    key: Key = "own"
    images: int = 0
    """The maximum number of images it may cost; above 0, it is never sent twice."""
    price: Decimal | None = None
    """The price of one image, in the vendor's currency; None: unknown."""
    must_be_refused: bool = False
    operation: str = ""
    """Id of the operation: noted in the exchange, and decides where the key is sent."""

    @property
    def cost(self) -> Decimal | None:
        """The maximum cost; None: unknown."""
        return self.price * self.images if self.price is not None else None
