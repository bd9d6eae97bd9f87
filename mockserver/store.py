"""What the mock remembers: tasks, uploads and accounts, behind one interface of atomic operations.

Records are frozen; what changes is counted or appended by the store. The operations are awaited, so that a store
shared by several workers can take the place of this one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from pixpact.mockserver.ledger import Account, Entry
from pixpact.specs.expressions import Request
from pixpact.specs.images import Promise
from pixpact.specs.lifecycle import Route

MOST_TASKS = 100_000
MOST_TASK_BYTES = 64 * 1024 * 1024
MOST_UPLOAD_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Task:
    """One accepted request: immutable.

    `created_at` in seconds since the epoch; `price` of all its images, None when it is not known; `ends_after`
    seconds at this mock's pace, None when that depends on looks or it never ends.
    """

    id: str
    token: str
    contract: str
    operation: str
    account: str
    created_at: float
    route: Route
    request: Request
    promise: Promise | None
    price: Decimal | None
    ends_after: float | None
    size: int
    """Bytes of the request as it is remembered."""


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
class Looks:
    """How often a task was looked at, and when the look came that completed it."""

    count: int = 0
    ended_at: float | None = None


class Store(Protocol):
    """The operations; each is atomic."""

    async def number(self) -> int:
        """The next running number, from 1."""

    async def add(self, task: Task, keys: Iterable[str]) -> None:
        """Remember a task under every value that leads to it."""

    async def find(self, contract: str, account: str, key: str) -> Task | None:
        """The task of this account that a value leads to."""

    async def by_token(self, token: str) -> Task | None:
        """The task whose images carry this token."""

    async def looks(self, task: Task) -> Looks:
        """The looks taken so far."""

    async def look(self, task: Task, now: float, last: int) -> Looks:
        """Count one look; the first beyond `last` completes the task."""

    async def add_upload(self, upload: Upload) -> None:
        """Remember an uploaded file."""

    async def upload(self, token: str) -> Upload | None:
        """The upload of this token."""

    async def account(self, account: str, opening: Decimal) -> Account:
        """The account, opened with this balance when it is new."""

    async def charge(self, account: str, opening: Decimal, entry: Entry) -> bool:
        """Append an entry if the balance covers it; False, and nothing happens, when it does not."""

    async def refund(self, account: str, task: str, at: float) -> None:
        """Give the charge for a task back, once."""

    async def reset(self, what: str) -> None:
        """Forget `tasks` (with uploads), the `ledger`, or `all`."""


class MemoryStore:
    """The store of one process. The oldest tasks and uploads make room for new ones."""

    def __init__(
        self,
        most_tasks: int = MOST_TASKS,
        most_task_bytes: int = MOST_TASK_BYTES,
        most_upload_bytes: int = MOST_UPLOAD_BYTES,
    ) -> None:
        self._most_tasks = most_tasks
        self._most_task_bytes = most_task_bytes
        self._most_upload_bytes = most_upload_bytes
        self._number = 0
        self._tasks: dict[str, tuple[Task, tuple[str, ...]]] = {}
        self._keys: dict[tuple[str, str, str], str] = {}
        self._looks: dict[str, Looks] = {}
        self._task_bytes = 0
        self._uploads: dict[str, Upload] = {}
        self._upload_bytes = 0
        self._accounts: dict[str, Account] = {}

    async def number(self) -> int:
        """The next running number, from 1."""
        self._number += 1
        return self._number

    async def add(self, task: Task, keys: Iterable[str]) -> None:
        """Remember a task under every value that leads to it."""
        kept = tuple(keys)
        self._tasks[task.token] = (task, kept)
        for key in kept:
            self._keys[task.contract, task.account, key] = task.token
        self._task_bytes += task.size
        while len(self._tasks) > 1 and (
            len(self._tasks) > self._most_tasks or self._task_bytes > self._most_task_bytes
        ):
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        token = next(iter(self._tasks))  # a dictionary keeps the order of insertion
        task, keys = self._tasks.pop(token)
        self._task_bytes -= task.size
        self._looks.pop(token, None)
        for key in keys:
            if self._keys.get((task.contract, task.account, key)) == token:
                del self._keys[task.contract, task.account, key]

    async def find(self, contract: str, account: str, key: str) -> Task | None:
        """The task of this account that a value leads to."""
        token = self._keys.get((contract, account, key))
        return None if token is None else self._tasks[token][0]

    async def by_token(self, token: str) -> Task | None:
        """The task whose images carry this token."""
        found = self._tasks.get(token)
        return found[0] if found else None

    async def looks(self, task: Task) -> Looks:
        """The looks taken so far."""
        return self._looks.get(task.token) or Looks()

    async def look(self, task: Task, now: float, last: int) -> Looks:
        """Count one look; the first beyond `last` completes the task."""
        looks = self._looks.setdefault(task.token, Looks())
        looks.count += 1
        if looks.count > last and looks.ended_at is None:
            looks.ended_at = now
        return looks

    async def add_upload(self, upload: Upload) -> None:
        """Remember an uploaded file, forgetting the oldest ones when there is no room."""
        self._uploads[upload.token] = upload
        self._upload_bytes += len(upload.content)
        while self._upload_bytes > self._most_upload_bytes and len(self._uploads) > 1:
            oldest = self._uploads.pop(next(iter(self._uploads)))
            self._upload_bytes -= len(oldest.content)

    async def upload(self, token: str) -> Upload | None:
        """The upload of this token."""
        return self._uploads.get(token)

    async def account(self, account: str, opening: Decimal) -> Account:
        """The account, opened with this balance when it is new."""
        return self._accounts.setdefault(account, Account(opening))

    async def charge(self, account: str, opening: Decimal, entry: Entry) -> bool:
        """Append an entry if the balance covers it; False, and nothing happens, when it does not."""
        return self._accounts.setdefault(account, Account(opening)).charge(entry)

    async def refund(self, account: str, task: str, at: float) -> None:
        """Give the charge for a task back, once."""
        if account in self._accounts:
            self._accounts[account].refund(task, at)

    async def reset(self, what: str) -> None:
        """Forget `tasks` (with uploads), the `ledger`, or `all`. Running numbers go on, so that no id comes twice."""
        if what in ("tasks", "all"):
            self._tasks.clear()
            self._keys.clear()
            self._looks.clear()
            self._uploads.clear()
            self._upload_bytes = self._task_bytes = 0
        if what in ("ledger", "all"):
            self._accounts.clear()
