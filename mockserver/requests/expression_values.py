"""What expressions read while a response is written: `$task`, `$image`, `$usage`, `$account`, `$upload`, `$exchange`.

Times are seconds since the epoch; what does not exist (yet) is UNDEFINED.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Any

from pixpact.mockserver.context import FILES
from pixpact.mockserver.core.identity import IdShape, entropy
from pixpact.mockserver.faults.given_images import GivenImage
from pixpact.mockserver.images.cache import extension
from pixpact.mockserver.state.store import Task, Upload
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRequest
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.lifecycle import TaskSnapshot


@dataclass(slots=True)
class ImageView:
    """`$image`: one image of a finished task."""

    task: Task
    index: int
    base: str
    expires_at: Any
    withheld: bool = False
    content: bytes | None = None

    @property
    def _promise(self) -> ImagePromise | GivenImage:
        assert self.task.promise is not None
        return self.task.fate.image(self.index) or self.task.promise

    @property
    def url(self) -> str:
        """Where the image can be downloaded."""
        name = f"{self.task.token}-{self.index}.{extension(self._promise.format)}"
        return f"{self.base}{FILES}/{self.task.contract.partition('@')[0]}/{name}"

    @property
    def base64(self) -> Any:
        """The painted bytes as plain base64; undefined until they are painted."""
        return UNDEFINED if self.content is None else base64.b64encode(self.content).decode("ascii")

    @property
    def bytes(self) -> Any:
        """The painted bytes themselves; undefined until they are painted."""
        return UNDEFINED if self.content is None else self.content

    @property
    def width(self) -> int:
        """Pixels."""
        return self._promise.width

    @property
    def height(self) -> int:
        """Pixels."""
        return self._promise.height

    @property
    def size(self) -> str:
        """WxH."""
        return f"{self.width}x{self.height}"

    @property
    def format(self) -> str:
        """jpeg, png or webp."""
        return self._promise.format


@dataclass(slots=True)
class TaskView:
    """`$task`: a task as it stands. Times are instants; what does not exist yet is UNDEFINED.

    `word` is shown in place of its state's, where something else is to be seen.
    """

    task: Task
    snapshot: TaskSnapshot
    ended_at: float | None
    now: float
    speed: float
    word: str | None = None

    @property
    def id(self) -> str:
        """The vendor-shaped id."""
        return self.task.id

    @property
    def request(self) -> ExpressionRequest:
        """The request that made it."""
        return self.task.request

    @property
    def created_at(self) -> float:
        """When it was submitted."""
        return self.task.created_at

    @property
    def status(self) -> str:
        """The word that is shown for its state."""
        return self.word or self.snapshot.state.word

    @property
    def state(self) -> str:
        """The state it is in."""
        return self.snapshot.state.name

    @property
    def progress(self) -> Any:
        """Percent."""
        return UNDEFINED if self.snapshot.progress is None else self.snapshot.progress

    @property
    def fraction(self) -> Any:
        """Progress from 0 to 1."""
        return UNDEFINED if self.snapshot.progress is None else self.snapshot.progress / 100

    @property
    def started_at(self) -> Any:
        """When it left its first state; undefined while it is in it, and where nobody knows the time."""
        first = self.task.route[0]
        if len(self.task.route) < 2 or first.state is self.snapshot.state:
            return UNDEFINED
        began = self.created_at + first.seconds / self.speed
        return min(began, self.now if self.ended_at is None else self.ended_at)

    @property
    def completed_at(self) -> Any:
        """When it ended."""
        return UNDEFINED if self.ended_at is None else self.ended_at

    @property
    def elapsed(self) -> int:
        """Whole seconds from creation to the outcome, or to now; always the difference of the two times written."""
        return int(self.now if self.ended_at is None else self.ended_at) - int(self.created_at)

    @property
    def estimate(self) -> int:
        """Whole seconds that it may take at most, by the contract's durations at this pace."""
        longest = sum((stage.state.after or (0.0, 0.0))[1] for stage in self.task.route)
        return ceil(longest / self.speed)

    @property
    def expires_at(self) -> Any:
        """When its images go."""
        lifetime = self.task.promise.lifetime if self.task.promise else None
        return UNDEFINED if self.ended_at is None or lifetime is None else self.ended_at + lifetime

    @property
    def cost(self) -> Any:
        """What it cost: its price when it succeeded, nothing when it failed; undefined where no price is known."""
        if self.task.price is None or not self.snapshot.over:
            return UNDEFINED
        return self.task.price if self.snapshot.state.outcome == "success" else Decimal(0)


@dataclass(frozen=True, slots=True)
class UsageView:
    """`$usage`: images made and the tokens they count as."""

    images: int
    tokens: int


@dataclass(frozen=True, slots=True)
class AccountView:
    """`$account`: what is left and what was used."""

    balance: Decimal
    used: Decimal


@dataclass(frozen=True, slots=True)
class UploadView:
    """`$upload`: a stored file."""

    upload: Upload
    url: str

    @property
    def id(self) -> str:
        """The vendor-shaped id."""
        return self.upload.id

    @property
    def bytes(self) -> int:
        """How long the file is."""
        return len(self.upload.content)

    @property
    def media_type(self) -> str:
        """What the file is."""
        return self.upload.media_type

    @property
    def filename(self) -> str:
        """What the file is called."""
        return self.upload.filename

    @property
    def created_at(self) -> float:
        """When it was stored."""
        return self.upload.created_at


class ExchangeView:
    """`$exchange`: its id is written when something asks for it.

    `seed` is what its chance depends on; `replayed` is True for a response that an earlier request was given.
    """

    __slots__ = ("_id", "_shape", "replayed", "seed")

    def __init__(self, shape: IdShape, seed: tuple[Any, ...]) -> None:
        self._shape, self.seed = shape, seed
        self._id = ""
        self.replayed: Any = UNDEFINED

    @property
    def id(self) -> str:
        """The request id, the same wherever it stands in one response."""
        self._id = self._id or self._shape.write(entropy(*self.seed))
        return self._id
