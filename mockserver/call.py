"""One request on its way through the walk: what was sent, and what has been found out about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Scope, Send

from pixpact.mockserver.decoding import FilePart
from pixpact.mockserver.negotiation import NO_PREFERENCE, Preference
from pixpact.mockserver.views import TaskView
from pixpact.specs.expressions import Request, Roots
from pixpact.specs.reading import Reading, no_fetch


@dataclass(slots=True)
class Call:
    """The request as sent (`scope`, `raw`), as decoded (`request`, `reading`), and as acted upon (`view`, `wait`)."""

    scope: Scope
    send: Send
    started: float
    headers: Mapping[bytes, bytes]
    raw: bytes
    base: str
    """The address under which the client reached this server."""
    wish: Preference = NO_PREFERENCE
    key: str = ""
    account: str = ""
    request: Request = field(default_factory=Request)
    reading: Reading | None = None
    files: dict[str, FilePart] = field(default_factory=dict)
    fetch: Callable[[str], bytes | None] = no_fetch
    roots: Roots = field(default_factory=Roots)
    view: TaskView | None = None
    wait: float = 0.0
    """Seconds that a synchronous answer takes."""


class HeaderValues(dict[str, Any]):
    """Declared header values with their types; any other header is looked up as it was sent."""

    __slots__ = ("_sent",)

    def __init__(self, declared: dict[str, Any], sent: Mapping[bytes, bytes]) -> None:
        super().__init__(declared)
        self._sent = sent

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a header by lower-case name."""
        if name in self:
            return self[name]
        raw = self._sent.get(name.encode("latin-1", "replace"))
        return default if raw is None else raw.decode("latin-1")
