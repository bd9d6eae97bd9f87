"""What answers the usual requests of one operation."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from pixpact.mockserver.direct.caller import Headers, RequestHead
from pixpact.mockserver.direct.exchange import DirectExchange


class DirectOperation(Protocol):
    """The usual requests of one operation, straight through."""

    def head(self, scheme: str, headers: Headers) -> RequestHead | None:
        """What header fields say; None where the plain way has to look at them."""

    def __call__(self, head: RequestHead, root: str, path: str, raw: bytes) -> DirectExchange | None:
        """Carry a request out; None, and nothing has been done, where the plain way has to look at it.

        `path` has no escapes, and begins with `root`, where its contract is mounted; `raw` is the body.
        """


class DirectRoute(NamedTuple):
    """Where an operation is served: below `root`."""

    root: str
    operation: DirectOperation
    reads_body: bool
    keyed: bool
    """Whether its path ends with a parameter."""
