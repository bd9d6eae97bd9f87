"""One request on its way through the walk: what was sent, and what has been found out about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

from pixpact.mockserver.faults.fault import Fault, FaultInjection
from pixpact.mockserver.requests.expression_values import TaskView
from pixpact.mockserver.responses.response_choice import NO_PREFERENCE, RequestPreference
from pixpact.mockserver.state.journal import JournalPlace
from pixpact.mockserver.state.store import USUAL, TaskOverrides
from pixpact.specs.contract.model import LifecycleRole
from pixpact.specs.dialect.expressions import ExpressionRequest, ExpressionRoots
from pixpact.specs.dialect.request_body import BodyReading, no_fetch
from pixpact.wire.bodies import FilePart


@dataclass(slots=True)
class RequestState:
    """The request as sent (`scope`, `raw`), as decoded (`request`, `reading`), and as acted upon (`view`, `wait`)."""

    scope: Scope
    receive: Receive
    send: Send
    started: float
    headers: Mapping[bytes, bytes]
    raw: bytes
    base: str
    """The address under which the client reached this server."""
    wish: RequestPreference = NO_PREFERENCE
    key: str = ""
    account: str = ""
    request: ExpressionRequest = field(default_factory=ExpressionRequest)
    reading: BodyReading | None = None
    files: dict[str, FilePart] = field(default_factory=dict)
    fetch: Callable[[str], bytes | None] = no_fetch
    roots: ExpressionRoots = field(default_factory=ExpressionRoots)
    role: LifecycleRole | None = None
    """What it does with a task or an upload."""
    view: TaskView | None = None
    wait: float = 0.0
    """Seconds that a synchronous response takes."""
    asked: Fault | None = None
    """The fault that the request asks for itself, by a header or by its key."""
    fate: TaskOverrides = USUAL
    """What becomes of the task that it begins."""
    injection: FaultInjection | None = None
    """The faults that strike it."""
    instead: Callable[[], tuple[int, list[tuple[bytes, bytes]], bytes]] | None = None
    """What is sent in place of the response of a request that is carried out: status, headers, body."""
    repeated: str = ""
    """The task that an earlier request with the same idempotency key began."""
    recorded: str = ""
    """The place of the recorded exchange that answers it."""
    claim: str = ""
    """The idempotency key that it took."""
    place: JournalPlace | None = None
    """Where it stands in the journal."""
    unread: str = ""
    """The fields that the contract does not read, and what it reads in their place."""
    retry_after: int | None = None
    """Seconds after which it is worth another try."""

    advice: str = ""
    """How the mock would take what it refuses; in the header `X-Pixpact-Advice`, whatever words the vendor has."""

    @property
    def applied(self) -> str:
        """What was asked for and what struck, as `Preference-Applied` tells it."""
        if self.injection is None:
            return self.wish.applied
        return ", ".join(filter(None, [self.wish.applied, *(f"fault={name}" for name in self.injection.names)]))
