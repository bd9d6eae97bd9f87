"""What the mock remembers, behind one interface of atomic operations.

Tasks, uploads, the ledger, idempotency keys, rate windows, standing faults and callbacks to come. Records are frozen;
what changes is counted or appended by the store. The operations are awaited, so that a store shared by several workers
can take the place of the one in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from pixpact.mockserver.core.pace import TaskPace
from pixpact.mockserver.faults.fault import ActiveFault, Fault
from pixpact.mockserver.faults.given_images import GivenImage
from pixpact.mockserver.state.forgotten_counts import ForgottenCounts
from pixpact.mockserver.state.ledger import AccountFunds, Charge, LedgerEntry
from pixpact.specs.dialect.expressions import ExpressionRequest
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.lifecycle import Route


@dataclass(frozen=True, slots=True)
class TaskOverrides:
    """What was asked of a task beyond what its contract says is usual.

    `state` is where its way leads; `queue` and `run` are seconds of the clock that it is held at its first and its last
    state under way; `withheld` are the images that are not delivered; `example` is the name of the example that tells
    its outcome; `word` is shown in place of its state once it is looked at.
    """

    state: str | None = None
    stuck: bool = False
    queue: float = 0.0
    run: float = 0.0
    withheld: tuple[int, ...] = ()
    example: str | None = None
    word: str | None = None
    takes: float | None = None
    """Seconds of the clock that the task takes in all."""
    given: tuple[GivenImage, ...] = ()
    """The user's own images, in turn, in place of painted ones."""

    def image(self, index: int) -> GivenImage | None:
        """The user's own image at an index; None where it is painted."""
        return self.given[index % len(self.given)] if self.given else None


USUAL = TaskOverrides()


@dataclass(frozen=True, slots=True)
class Task:
    """One accepted request: immutable.

    `created_at` in seconds since the epoch; `price` of what is paid for in the end, None when it is not known;
    `ends_after` seconds at this mock's pace, None when that depends on polls or it never ends.
    """

    id: str
    token: str
    contract: str
    operation: str
    account: str
    created_at: float
    route: Route
    request: ExpressionRequest
    promise: ImagePromise | None
    price: Decimal | None
    ends_after: float | None
    size: int
    """Bytes of the request as it is remembered."""
    pace: TaskPace
    recorded: int | None = None
    """Which recorded task it walks along, if any."""
    fate: TaskOverrides = USUAL


@dataclass(frozen=True, slots=True)
class Upload:
    """One stored file. `expires_at` is None where no lifetime is stated."""

    id: str
    token: str
    filename: str
    media_type: str
    content: bytes
    created_at: float
    expires_at: float | None


@dataclass(slots=True)
class PollCount:
    """How often a task was looked at, and when the poll came that completed it."""

    count: int = 0
    ended_at: float | None = None


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A response as it went out, to be given again. `task` is the vendor's id of what it told; empty when nothing."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    task: str = ""


@dataclass(frozen=True, slots=True)
class IdempotencyEntry:
    """One idempotency key in use, until a time. `response` is None while the first request is under way."""

    fingerprint: str
    until: float
    response: StoredResponse | None = None


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One callback of one task that is to be sent. `base` is the address under which the task was submitted."""

    token: str
    vendor: str
    contract: str
    operation: str
    callback: str
    url: str
    base: str
    state: str = ""
    """The state on the way that it tells; empty: the outcome."""
    attempt: int = 1
    """Which attempt comes next, from 1."""
    due: float | None = field(default=None, compare=False)
    """When that is; None while it waits for a poll."""
    fault: Fault | None = field(default=None, compare=False)
    """The fault that strikes it."""
    begun: bool = field(default=False, compare=False)
    """Whether it is as late by now as its fault asks for, or has been sent once already."""
    echo: bool = field(default=False, compare=False)
    """Whether it is the one that is sent although another was taken."""
    place: int = field(default=0, compare=False)
    """Where a store that lends it out keeps it; 0 where none does."""


class Store(Protocol):
    """The operations; each is atomic."""

    forgotten: ForgottenCounts
    """What made room."""

    async def next_task_number(self) -> int:
        """The next running number, from 1."""

    async def next_request_number(self, of: str) -> int:
        """Count a request of an operation; returns which it is, from 1. Never begins again."""

    async def add_task(self, task: Task, keys: Iterable[str]) -> None:
        """Remember a task under every value that leads to it."""

    async def task_by_key(self, contract: str, account: str, key: str) -> Task | None:
        """The task of this account that a value leads to."""

    async def task_by_token(self, token: str) -> Task | None:
        """The task whose images carry this token."""

    async def tasks(self) -> list[Task]:
        """Every task that is remembered, oldest first."""

    async def next_turn(self, name: str) -> int:
        """How often something was asked for before, under this name; counts it."""

    async def poll_count(self, task: Task) -> PollCount:
        """The polls taken so far."""

    async def record_poll(self, task: Task) -> int:
        """Count one poll; returns which it is, from 1."""

    async def complete_task(self, task: Task, now: float) -> float:
        """Complete a task that ends at a poll, once; returns when it was completed. What waits for it is due then."""

    async def replace_task(self, task: Task, kept: int, due: float | None) -> None:
        """Put a changed task in the place of the one with its token.

        It ends at `due` (None: when nobody knows), `kept` of its images are paid for then, and its callbacks are sent;
        what was to be told of a state on the way that it does not come to any more is not.
        """

    async def forget_task(self, task: Task) -> None:
        """Forget a task, whatever led to it, and what it would have sent."""

    async def add_delivery(self, delivery: WebhookDelivery, due: float | None) -> None:
        """Let a callback wait until a time; None: until its task is completed by a poll."""

    async def take_due_deliveries(self, now: float) -> list[WebhookDelivery]:
        """The callbacks that are due by now, earliest first: whoever takes one sends it."""

    async def finish_delivery(self, delivery: WebhookDelivery) -> None:
        """A callback that was taken has been sent, or never will be: nobody else has to send it."""

    async def is_delivering(self, now: float) -> bool:
        """Whether callbacks are due by now, or under way, that another process takes care of."""

    async def next_delivery_due(self) -> float | None:
        """When the next callback is due; None while none is."""

    async def waiting_deliveries(self) -> list[WebhookDelivery]:
        """The callbacks that wait, earliest first; those that wait for a poll last."""

    async def add_upload(self, upload: Upload) -> None:
        """Remember an uploaded file."""

    async def upload_by_token(self, token: str) -> Upload | None:
        """The upload of this token."""

    async def funds(self, account: str, opening: Decimal, now: float) -> AccountFunds:
        """What an account, opened with this balance when it is new, has left and has used."""

    async def charge(self, entry: LedgerEntry, opening: Decimal) -> bool:
        """Write an entry if the balance covers it; False, and nothing happens, when it does not."""

    async def end_charge(self, token: str, at: float) -> None:
        """Tell when the task of an entry came to its outcome, once."""

    async def charges(self, now: float) -> list[Charge]:
        """Every charge until now, in the order of time."""

    async def claim_key(self, scope: str, claim: IdempotencyEntry, now: float) -> IdempotencyEntry | None:
        """Take an idempotency key of a scope; the claim that is there when it is taken already."""

    async def keep_response(self, scope: str, response: StoredResponse) -> None:
        """Keep the response of the request that took the key."""

    async def release_key(self, scope: str) -> None:
        """Let go of a key whose request was not carried out."""

    async def check_rate_limit(self, account: str, most: int, seconds: float, now: float) -> float:
        """Count a request of an account: 0 when at most `most` came within `seconds`, else how long until the next."""

    async def add_fault(self, fault: Fault) -> Fault:
        """Let a fault stand; returns it with its number."""

    async def faults(self) -> tuple[Fault, ...]:
        """The standing faults in the order they were added."""

    async def match_fault(self, fault: Fault, drawn: Callable[[int], float]) -> bool:
        """Count a request that a standing fault fits; whether it strikes. `drawn` gives chance by that count."""

    async def fault_counts(self) -> tuple[ActiveFault, ...]:
        """The standing faults with how many requests each fitted and how many it struck."""

    async def remove_faults(self, number: int | None = None) -> int:
        """Remove the fault of a number, or all; returns how many."""

    async def reset(self, what: str) -> None:
        """Forget `tasks` (and uploads, idempotency keys, callbacks), the `ledger`, `faults`, a `recording`, or `all`.

        Of a recording it is the turns; running numbers go on, so that no id comes twice.
        """
